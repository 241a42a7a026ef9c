from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.model.command import Answer, Reply
from quorate.talk.replies import parse_reply

YES = [
    "yes",
    "Yes!",
    "y",
    " YES. ",
    "join",
    "ok",
    "OK",
    "1",
    "+",
    "+1",
    "👍",
    "👍🏽",
    "👍👍",
    "yes 👍",
    '"yes"',
    "„ja“",
    "ja",
]
NO = ["no", "No.", "n", "2", "-", "-1", "👎", "nein", "Nein!", "no 🙁", "'no'"]
LATER = {
    "in 5m": 300,
    "in 10 min": 600,
    "In 10 minutes.": 600,
    "in 1h30m": 5400,
    "in 5": 300,
    "in an hour": 3600,
    "in einer Stunde": 3600,
    "yes, in 5m": 300,
}
DONE = [
    "done",
    "Done.",
    "done: ok with 2 comments",
    "done: ok with 2 comments\n1. page 3\n2. page 4",
    "> [Quorate] reviewed?\nDone: ok",
    "fertig: zwei Anmerkungen",
    "erledigt",
]
QUOTED = [
    "> [Quorate] I'd like to talk now with you. Reply yes, no, or: in 10m\nyes",
    '[Quorate] I\'d like to talk now with you: "x". Reply yes\nyes',
    "> no\n> no\n\nyes",
]
NOTHING = [
    "no idea, ask Kim",
    "done with that, see you",
    "all done: yes",
    "yes but not today",
    "",
    "   ",
    "> yes",
    "yes\nno",
    "why not",
    "in a meeting",
    "in Berlin",
    "in 5m or so",
    "in 400 days",
    "nobody",
    "okay then let us talk",
    "stop it",
    "sub",
    "10",
    "yes" * 100,
    "sub kim and lee and joe",
]


@pytest.mark.parametrize("text", YES)
def test_yes(text: str) -> None:
    assert parse_reply(text) == Reply(answer=Answer.YES)


@pytest.mark.parametrize("text", NO)
def test_no(text: str) -> None:
    assert parse_reply(text) == Reply(answer=Answer.NO)


@pytest.mark.parametrize(("text", "seconds"), LATER.items())
def test_later(text: str, seconds: int) -> None:
    assert parse_reply(text) == Reply(answer=Answer.LATER, delay=timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("text", "name"),
    [("sub kim", "kim"), ("Sub Anna Lee", "Anna Lee"), ("sub @kim!", "kim"), ("ersatz Kim", "Kim")],
)
def test_substitute(text: str, name: str) -> None:
    assert parse_reply(text) == Reply(answer=Answer.SUBSTITUTE, name=name)


@pytest.mark.parametrize(
    ("text", "answer"),
    [("why?", Answer.WHY), ("Warum?", Answer.WHY), ("STOP", Answer.STOP), ("stopp!", Answer.STOP)],
)
def test_why_and_stop(text: str, answer: Answer) -> None:
    assert parse_reply(text) == Reply(answer=answer)


@pytest.mark.parametrize("text", DONE)
def test_done_carries_nothing_of_what_is_written_after_it(text: str) -> None:
    assert parse_reply(text) == Reply(answer=Answer.DONE)


@pytest.mark.parametrize("text", QUOTED)
def test_quoted_lines_are_left_out(text: str) -> None:
    assert parse_reply(text) == Reply(answer=Answer.YES)


@pytest.mark.parametrize("text", NOTHING)
def test_only_a_whole_message_counts(text: str) -> None:
    assert parse_reply(text) is None


@given(st.text())
def test_never_raises(text: str) -> None:
    reply = parse_reply(text)
    assert reply is None or isinstance(reply.answer, Answer)


@given(st.sampled_from(["yes", "no", "why", "stop"]), st.text(alphabet=" .!?\"'…", max_size=5))
def test_punctuation_around_does_not_matter(word: str, around: str) -> None:
    assert parse_reply(around + word.upper() + around) == parse_reply(word)
