from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.errors import NotSyntax
from quorate.model.command import (
    Cancel,
    Command,
    Explain,
    Extend,
    Help,
    Kind,
    Me,
    Meet,
    MeState,
    Status,
    Take,
    TimeOfDay,
    Watch,
    When,
    Who,
)
from quorate.rules.commands import VERBS, parse_command

FRIDAY = TimeOfDay(hour=18, minute=0, weekday=4)
MINUTES_10 = timedelta(minutes=10)

READ: dict[str, Command] = {
    "meet bob": Meet(who="bob", who_column=6),
    "  MEET  bob ": Meet(who="bob", who_column=9),
    "meet 2 of @dba and (lena or omar) about “orders DB down” within 10m": Meet(
        who="2 of @dba and (lena or omar)", who_column=6, about="orders DB down", within=MINUTES_10
    ),
    "meet bob now": Meet(who="bob", who_column=6, when=When.NOW),
    "meet bob asap urgent": Meet(who="bob", who_column=6, urgent=True),
    "meet bob at 14:00": Meet(who="bob", who_column=6, when=When.AT, at=TimeOfDay(hour=14, minute=0)),
    "meet bob before fri 18:00 as call": Meet(who="bob", who_column=6, before=FRIDAY, kind=Kind.CALL),
    "meet bob as review contract.pdf about NDA, sign 17:00": Meet(
        who="bob", who_column=6, kind=Kind.REVIEW, target="contract.pdf", about="NDA, sign 17:00"
    ),
    'meet bob as link "https://x/y z" urgent': Meet(
        who="bob", who_column=6, kind=Kind.LINK, target="https://x/y z", urgent=True
    ),
    "meet bob urgent within 1h30m without me as video": Meet(
        who="bob",
        who_column=6,
        urgent=True,
        within=timedelta(minutes=90),
        without_me=True,
        kind=Kind.VIDEO,
    ),
    "meet bob, carol, within 10 min": Meet(who="bob, carol", who_column=6, within=MINUTES_10),
    'meet "now" and ("as" or bob) now': Meet(who='"now" and ("as" or bob)', who_column=6, when=When.NOW),
    "who": Who(None),
    "who bob?": Who("bob"),
    "who bob and @dba": Who("bob and @dba"),
    "status": Status(None),
    "status q7": Status("Q7"),
    "list": Status(None),
    "show q7": Status("Q7"),
    "explain 7": Explain("Q7"),
    "cancel Q07": Cancel("Q7"),
    "cancel": Cancel(None),
    "extend Q7 10 min": Extend("Q7", MINUTES_10),
    "extend Q7 by 10m": Extend("Q7", MINUTES_10),
    "extend 10 min": Extend(None, MINUTES_10),
    "extend 7 10m": Extend("Q7", MINUTES_10),
    "take Q7 jan": Take("Q7", "jan"),
    "take 7 jan": Take("Q7", "jan"),
    'take "Anna Lee"': Take(None, "Anna Lee"),
    'watch "Anna Lee"': Watch("Anna Lee"),
    "me busy until 14:00": Me(state=MeState.BUSY, until=TimeOfDay(hour=14, minute=0)),
    "me away for 2h": Me(state=MeState.AWAY, lasts=timedelta(hours=2)),
    "me available": Me(state=MeState.AVAILABLE),
    "help": Help(None),
    "help meet": Help("meet"),
    "?": Help(None),
}


@pytest.mark.parametrize(("text", "command"), READ.items(), ids=READ)
def test_commands_are_read(text: str, command: Command) -> None:
    assert parse_command(text) == command


REFUSED: dict[str, tuple[int, str | None]] = {
    "": (1, None),
    "met bob": (1, "meet bob"),
    "hello there": (1, None),
    "meet": (5, None),
    "meet 2 off @dba about x": (8, "meet 2 of @dba about x"),
    "meet bob withn 10m": (10, "meet bob within 10m"),
    "meet bob within 10": (17, "meet bob within 10m"),
    "meet bob within soon": (17, None),
    "meet bob within 1000 days": (17, None),
    "meet bob as vidio": (13, "meet bob as video"),
    "meet bob as": (10, None),
    "meet bob as review": (13, None),
    "meet bob as link now": (13, None),
    'meet bob about "x': (16, 'meet bob about "x"'),
    "meet bob about": (10, None),
    "meet bob urgent carol": (17, None),
    "meet bob now asap": (14, None),
    "meet bob urgent urgent": (17, None),
    "meet bob at noon": (13, None),
    "meet bob before 25:00": (17, None),
    "meet bob without you": (10, None),
    'meet about "x"': (6, None),
    "who bob carol": (9, "who bob and carol"),
    "status soon": (8, None),
    "extend": (7, None),
    "extend Q7": (10, None),
    "extend Q7 soon": (11, None),
    "take": (5, None),
    "take Q7": (8, None),
    "take Q7 2 of @dba": (9, None),
    "tkae Q7 jan": (1, "take Q7 jan"),
    "yes": (1, None),
    "watch": (6, None),
    "watch bob, carol": (7, None),
    "watch @dba": (7, None),
    "me": (3, None),
    "me free": (4, "me available"),
    "me bussy until 14:00": (4, "me busy until 14:00"),
    "me busy till": (14, None),
    "me busy whenever": (9, None),
    "help mete": (6, "help meet"),
    "help cooking": (6, None),
}


@pytest.mark.parametrize(("text", "column", "mended"), [(t, *r) for t, r in REFUSED.items()], ids=REFUSED)
def test_other_lines_are_refused_at_their_column(text: str, column: int, mended: str | None) -> None:
    with pytest.raises(NotSyntax) as refused:
        parse_command(text)
    assert refused.value.column == column
    assert refused.value.suggestion == mended
    if mended:
        parse_command(mended)


@given(st.one_of(st.text(max_size=80), st.tuples(st.sampled_from(VERBS), st.text(max_size=40)).map(" ".join)))
def test_any_line_is_a_command_or_refused(text: str) -> None:
    try:
        parse_command(text)
    except NotSyntax as refused:
        complete = refused.column is not None and bool(refused.remedy)
    else:
        complete = True
    assert complete


_words = st.sampled_from(
    [
        "bob",
        "now",
        "at",
        "14:00",
        "as",
        "call",
        "review",
        "about",
        '"x',
        '"',
        "within",
        "10m",
        "before",
        "fri",
        "(",
        "urgent",
        ",",
    ]
)


@given(st.lists(_words, max_size=10).map(lambda words: "meet " + " ".join(words)))
def test_any_order_of_options_is_read_or_refused(text: str) -> None:
    command = read(text)
    if command is not None:
        assert isinstance(command, Meet)
        assert text[command.who_column - 1 :].startswith(command.who)


def read(text: str) -> Command | None:
    try:
        return parse_command(text)
    except NotSyntax:
        return None


def test_a_very_long_line_is_refused() -> None:
    with pytest.raises(NotSyntax, match="characters"):
        parse_command("meet " + "a" * 30_000)
