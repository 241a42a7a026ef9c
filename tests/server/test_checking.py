"""`check` of a whole line: its hours, its beginning, its deadline and who is asked instead."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from quorate.errors import Refused
from quorate.model.availability import Availability
from quorate.rules.check import offline_check
from quorate.server.checking import is_line, judged, line_of

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)  # a Thursday
STATES = {"bob": Availability.AVAILABLE, "carol": Availability.AVAILABLE, "dave": Availability.AWAY}
GROUPS = {"dba": ("bob", "carol", "dave")}
judge = partial(offline_check, given=STATES, groups=GROUPS)


def answer(line: str) -> dict[str, Any]:
    return judged(line_of(line, NOON, UTC), judge, NOON, UTC).as_json()


@pytest.mark.parametrize(
    ("line", "verdict", "ring", "missing", "rings_then", "opens", "ends"),
    [
        ("bob within 10m", "yes", ["bob"], [], [], None, "12:10"),
        ("meet bob before 13:00", "yes", ["bob"], [], [], None, "13:00"),
        ("bob at 14:00", "no", [], ["nobody is asked before 14:00"], ["bob"], "14:00", "15:00"),
        (
            *("bob between 18:00 and 20:30 within 1d", "no", []),
            *(["nobody is asked but between 18:00 and 20:30, next 18:00"], ["bob"], "18:00", "12:00"),
        ),
        ("bob between 9:00 and 12:30", "yes", ["bob"], [], [], None, None),
        ("dave on thu", "no", [], ["dave is away"], [], None, None),
        ("dave at 14:00", "no", [], ["nobody is asked before 14:00", "dave is away"], [], "14:00", "15:00"),
        ("zed on thu", "unknown", [], ["zed is unknown"], [], None, None),
        ("1 of @dba urgent", "yes", ["bob", "carol"], [], [], None, None),
    ],
)
def test_the_times_of_the_line_count(
    line: str,
    verdict: str,
    ring: list[str],
    missing: list[str],
    rings_then: list[str],
    opens: str | None,
    ends: str | None,
) -> None:
    told = answer(line)
    assert is_line(line)
    assert (told["verdict"], told["ring"], told["missing"]) == (verdict, ring, missing)
    assert told["rings_then"] == rings_then
    assert [told[key] and f"{told[key]:%H:%M}" for key in ("opens", "ends")] == [opens, ends]


def test_who_is_asked_instead_is_judged_too() -> None:
    told = answer("dave within 10m else carol within 5m else 2 of @dba")
    assert [(e["who"], f"{e['at']:%H:%M}", e["verdict"], e["ring"]) for e in told["else"]] == [
        ("carol", "12:10", "yes", ["carol"]),
        ("2 of @dba", "12:15", "yes", ["bob", "carol"]),
    ]


@pytest.mark.parametrize(
    ("line", "column", "problem", "suggestion"),
    [
        ("bob abuot x", 5, "Column 5: ", "bob about x"),
        ("bob at 25:00", 8, "Column 8: ", None),
        ("bob within 10m else 5 of @dba", 21, "Column 21: ", "3 of @dba"),
        ("meet bob as vidoe", 13, "Column 13: ", "meet bob as video"),
        ("bob else carol", 5, "Column 5: ", "bob within 10m else carol"),
        ("bob between 9:00 and 10:00 before 13:00", None, "It would end before", None),
    ],
)
def test_what_makes_no_sense_is_refused_in_the_columns_of_what_was_typed(
    line: str, column: int | None, problem: str, suggestion: str | None
) -> None:
    with pytest.raises(Refused) as refused:
        answer(line)
    assert refused.value.column == column
    assert refused.value.problem.startswith(problem)
    assert refused.value.suggestion == suggestion


@pytest.mark.parametrize("who", ["bob", "bob and (carol or dave)", "2 of @dba, optional eve", "meeta"])
def test_who_alone_is_no_line(who: str) -> None:
    assert not is_line(who)
