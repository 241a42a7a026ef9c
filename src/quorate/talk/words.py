"""The words of replies, by language. A language is one more table; all tables are understood at once."""

from collections.abc import Mapping

from quorate.model.command import Answer

Table = Mapping[Answer, tuple[str, ...]]

SIGNS: Table = {
    Answer.YES: ("1", "+", "+1", "👍", "👌", "✅", "✔", "☑", "🆗", "🙋"),
    Answer.NO: ("2", "-", "-1", "−1", "−", "👎", "❌", "✖", "⛔", "🚫"),
}
"""Understood in every language."""

LANGUAGES: Mapping[str, Table] = {
    "en": {
        Answer.YES: ("yes", "y", "yes please", "yep", "yeah", "join", "ok", "okay", "sure", "i'm in"),
        Answer.NO: ("no", "n", "no thanks", "nope", "can't", "cannot", "decline"),
        Answer.WHY: ("why", "why me"),
        Answer.STOP: ("stop",),
        Answer.CONFLICT: ("conflict", "conflict of interest"),
        Answer.LATER: ("in {}", "yes in {}", "later in {}"),
        Answer.DONE: ("done",),
        Answer.SUBSTITUTE: ("sub {}", "ask {} instead"),
    },
    "de": {
        Answer.YES: ("ja", "j", "ja bitte", "jo", "gern", "gerne", "klar", "bin dabei"),
        Answer.NO: ("nein", "nee", "ne", "nein danke", "geht nicht"),
        Answer.WHY: ("warum", "wieso", "warum ich"),
        Answer.STOP: ("stopp",),
        Answer.CONFLICT: ("befangen", "interessenkonflikt"),
        Answer.LATER: ("in {}", "ja in {}"),
        Answer.DONE: ("fertig", "erledigt"),
        Answer.SUBSTITUTE: ("ersatz {}", "frag {}"),
    },
}
