"""What people type to Quorate: ``meet 2 of @dba about "DB down" within 10m``, ``who bob``, ``cancel Q7``.

The verbs are the contract of design section 6. Every refusal has a column and, where one is likely, the
whole line mended.
"""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from difflib import get_close_matches

from quorate.errors import NotSyntax
from quorate.model.command import (
    Cancel,
    Command,
    Explain,
    Extend,
    Help,
    Me,
    Meet,
    MeState,
    Status,
    Take,
    Watch,
    When,
    Who,
)
from quorate.model.requirement import Name
from quorate.rules.durations import parse_duration as parse_duration
from quorate.rules.options import OptionReader
from quorate.rules.parser import MAX_CHARACTERS, parse_who
from quorate.rules.times import parse_time
from quorate.rules.who_span import check_who, who_span

MAX_LINE = MAX_CHARACTERS + 4_000

_ID = re.compile(r"q?([0-9]{1,12})", re.IGNORECASE)
_MEANT = {
    "free": "available",
    "online": "available",
    "back": "available",
    "here": "available",
    "dnd": "busy",
    "gone": "away",
    "offline": "away",
}


def parse_command(text: str) -> Command:
    """Read one line typed to the companion; raises NotSyntax."""
    if len(text) > MAX_LINE:
        raise NotSyntax(
            f"This is {len(text):,} characters long; at most {MAX_LINE:,} are read.",
            remedy="Put people into a group and name the group.",
            column=MAX_LINE,
        )
    found = re.match(r"\s*([^\s,:]+)[,:]?", text)
    if found is None:
        raise NotSyntax("Nothing was typed.", remedy="Write help to see what I understand.", column=1)
    word = found[1].lower().removeprefix("/")
    parser = _VERBS.get(word) or _ALSO.get(word)
    if parser is None:
        raise _unknown_verb(text, found)
    return parser(text, found.end())


def _unknown_verb(text: str, found: re.Match[str]) -> NotSyntax:
    word, at = found[1], found.start(1)
    if word.lower() in _ANSWERS:
        return NotSyntax(
            f"Column {at + 1}: “{word}” is an answer, and I have not asked you anything.",
            remedy="Write it in your chat with whoever asks you.",
            column=at + 1,
        )
    near = get_close_matches(word.lower(), VERBS, n=1, cutoff=0.7)
    if near:
        mended = text[:at] + near[0] + text[at + len(word) :]
        return NotSyntax(
            f"Column {at + 1}: “{word}” is no command.",
            remedy=f"Did you mean: {mended.strip()}",
            column=at + 1,
            suggestion=mended.strip(),
        )
    return NotSyntax(
        f"Column {at + 1}: “{word[:40]}” is no command.",
        remedy="Write help to see what I understand.",
        column=at + 1,
    )


def _meet(text: str, at: int) -> Meet:
    start, end = who_span(text, at)
    who = text[start:end]
    check_who(text, start, who)
    options = OptionReader(text, end).read()
    return Meet(
        who=who,
        who_column=start + 1,
        when=options.when or When.ASAP,
        at=options.at,
        kind=options.kind,
        target=options.target,
        about=options.about,
        within=options.within,
        before=options.before,
        window=options.window,
        otherwise=tuple(options.otherwise),
        urgent=options.urgent,
        without_me=options.without_me,
    )


def _who(text: str, at: int) -> Who:
    who = text[at:].strip().rstrip("?").rstrip()
    if not who:
        return Who(None)
    check_who(text, text.index(who, at), who)
    return Who(who)


def _watch(text: str, at: int) -> Watch:
    return Watch(_one_person(text, at, "watch", "watch bob"))


def _take(text: str, at: int) -> Take:
    found = re.compile(r"\s*(?:q([0-9]{1,12})\b|([0-9]{1,12})\s+(?!of\b))", re.IGNORECASE).match(text, at)
    id = None if found is None else f"Q{int(found[1] or found[2])}"
    name = _one_person(text, at if found is None else found.end(), "take", f"take {id or 'Q7'} bob")
    return Take(id, name)


def _one_person(text: str, at: int, verb: str, example: str) -> str:
    name = text[at:].strip()
    if not name:
        raise _needs(text, verb, "the name of somebody", example)
    start = text.index(name, at)
    check_who(text, start, name)
    parts = parse_who(name, column=start + 1).parts
    if len(parts) != 1 or not isinstance(parts[0], Name):
        raise _fault(start, f"“{verb}” is for one person.", f"Write it once for each: {example}")
    return parts[0].text


def _status(text: str, at: int) -> Status:
    return Status(_id(text, at, "status"))


def _explain(text: str, at: int) -> Explain:
    return Explain(_id(text, at, "explain"))


def _cancel(text: str, at: int) -> Cancel:
    return Cancel(_id(text, at, "cancel"))


def _id(text: str, at: int, verb: str) -> str | None:
    word = text[at:].strip()
    if not word:
        return None
    found = _ID.fullmatch(word)
    if found is None:
        start = text.index(word, at)
        raise _fault(start, f"“{word[:40]}” is no number of an activity.", f"Write it like: {verb} Q7")
    return f"Q{int(found[1])}"


def _extend(text: str, at: int) -> Extend:
    rest = text[at:].strip()
    if not rest:
        raise _needs(text, "extend", "how long", "extend Q7 10m")
    start = text.index(rest, at)
    first, _, more = rest.partition(" ")
    found = _ID.fullmatch(first)
    if found and (first[0] in "qQ" or re.match(r"\s*(by\s+)?[0-9]", more)):
        if not more.strip():
            raise _needs(text, "extend", "how long", f"extend Q{int(found[1])} 10m")
        at = text.index(more, start + len(first))
        return Extend(f"Q{int(found[1])}", _duration(text, at))
    return Extend(None, _duration(text, start))


def _duration(text: str, at: int) -> timedelta:
    typed = re.sub(r"^\s*by\s+", "", text[at:])
    return parse_duration(typed, column=len(text) - len(typed.lstrip()) + 1)


def _me(text: str, at: int) -> Me:
    found = re.compile(r"\s*(\S+)").match(text, at)
    states = ", ".join(MeState)
    if found is None:
        raise _needs(text, "me", f"one of {states}", "me busy until 14:00")
    word = found[1].lower().rstrip(",.!")
    if word not in list(MeState):
        near = _MEANT.get(word) or next(iter(get_close_matches(word, list(MeState), n=1)), None)
        start = found.start(1)
        raise NotSyntax(
            f"Column {start + 1}: “{found[1][:40]}” is not one of {states}.",
            remedy=f"Did you mean {near}?" if near else "For example: me busy until 14:00",
            column=start + 1,
            suggestion=text[:start] + near + text[found.end() :] if near else None,
        )
    return _me_until(text, found.end(), MeState(word))


def _me_until(text: str, at: int, state: MeState) -> Me:
    rest = text[at:].strip()
    if not rest:
        return Me(state=state)
    start = text.index(rest, at)
    word, _, value = rest.partition(" ")
    column = start + len(word) + 2
    match word.lower():
        case "until" | "till" | "til":
            return Me(state=state, until=parse_time(value, column=column))
        case "for":
            return Me(state=state, lasts=parse_duration(value, column=column))
    raise _fault(start, f"“{word[:40]}” cannot stand here.", "For example: me busy until 14:00, or: for 2h")


def _help(text: str, at: int) -> Help:
    word = text[at:].strip().lower().rstrip("?!.")
    if not word:
        return Help(None)
    if word not in VERBS:
        near = get_close_matches(word, VERBS, n=1)
        start = text.lower().index(word, at)
        raise NotSyntax(
            f"Column {start + 1}: there is no command “{word[:40]}”.",
            remedy=f"Did you mean: help {near[0]}" if near else f"There are: {', '.join(VERBS)}.",
            column=start + 1,
            suggestion=f"help {near[0]}" if near else None,
        )
    return Help(word)


def _needs(text: str, verb: str, what: str, example: str) -> NotSyntax:
    column = len(text.rstrip()) + 1
    return NotSyntax(
        f"Column {column}: “{verb}” needs {what}.", remedy=f"For example: {example}", column=column
    )


def _fault(at: int, problem: str, remedy: str) -> NotSyntax:
    return NotSyntax(f"Column {at + 1}: {problem}", remedy=remedy, column=at + 1)


_VERBS: Mapping[str, Callable[[str, int], Command]] = {
    "meet": _meet,
    "who": _who,
    "status": _status,
    "explain": _explain,
    "cancel": _cancel,
    "extend": _extend,
    "take": _take,
    "watch": _watch,
    "me": _me,
    "help": _help,
}
VERBS = tuple(_VERBS)
_ANSWERS = frozenset(
    {"yes", "y", "no", "n", "ok", "join", "in", "sub", "why", "stop", "conflict", "done", "ja", "nein"}
)
"""What people who are asked write, in another chat than this one."""
_ALSO: Mapping[str, Callable[[str, int], Command]] = {"?": _help, "list": _status, "show": _status}
"""What else is understood: the command line's words for the same."""
