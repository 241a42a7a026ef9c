from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quorate.model.requirement import Requirement
from quorate.rules.evaluate import NodeTrace, Ternary, evaluate, value_of
from quorate.rules.parser import parse_who
from quorate.rules.resolve import resolve
from tests.rules.book import Book, person
from tests.rules.requirements import PEOPLE, meets, requirements

YES, NO, UNKNOWN = Ternary.YES, Ternary.NO, Ternary.UNKNOWN
BOOK = Book([person(k) for k in PEOPLE], {"g": ("a", "b", "c")})

CASES = {
    # name: (who, who is there, who is unknown, value)
    "named": ("a and b", "ab", "", YES),
    "named unknown": ("a and b", "a", "b", UNKNOWN),
    "no beats unknown in and": ("a and b", "", "b", NO),
    "yes beats unknown in or": ("a or b", "a", "b", YES),
    "unknown beats no in or": ("a or b", "", "b", UNKNOWN),
    "counted": ("2 of @g", "ab", "", YES),
    "counted perhaps": ("2 of @g", "a", "c", UNKNOWN),
    "a named person fills no place": ("2 of @g and a", "ab", "", NO),
    "unknown could fill the place": ("2 of @g and a", "ab", "c", UNKNOWN),
    "optional never gates": ("a, optional b", "a", "b", YES),
}


def there(present: str, unknown: str, person: str) -> Ternary:
    return YES if person in present else UNKNOWN if person in unknown else NO


@pytest.mark.parametrize(("who", "present", "unknown", "value"), CASES.values(), ids=CASES)
def test_the_value(who: str, present: str, unknown: str, value: Ternary) -> None:
    requirement = resolve(parse_who(who), BOOK, organiser_key=None)
    judged = evaluate(requirement, lambda key: there(present, unknown, key))
    assert judged.value is value
    assert value_of(requirement, lambda key: there(present, unknown, key)) is value


def test_the_trace_names_every_node() -> None:
    requirement = resolve(parse_who("2 of @g and (d or e), optional f"), BOOK, organiser_key=None)
    judged = evaluate(requirement, lambda key: there("ae", "b", key))
    assert judged.nodes == (
        NodeTrace(
            path="",
            text="2 of @g and (d or e), optional f",
            value=UNKNOWN,
            why="1 of 2 parts not known",
        ),
        NodeTrace(path="1", text="2 of @g", value=UNKNOWN, why="1 of 3 available, 2 needed, 1 not known"),
        NodeTrace(path="2", text="d or e", value=YES, why="by e"),
        NodeTrace(path="2.1", text="d", value=NO, why="not available"),
        NodeTrace(path="2.2", text="e", value=YES, why="available"),
        NodeTrace(path="3", text="f", value=NO, why="not available", optional=True),
    )


def test_people_needed_twice_are_the_reason() -> None:
    requirement = resolve(parse_who("1 of @g and a"), BOOK, organiser_key=None)
    judged = evaluate(requirement, lambda key: there("a", "", key))
    assert judged.value is NO
    assert judged.nodes[0].why == "each part could be met alone, but not by different people"


@given(requirements, st.dictionaries(st.sampled_from(PEOPLE), st.sampled_from(Ternary)))
@settings(max_examples=80, deadline=None)
def test_unknown_means_it_depends_on_them(requirement: Requirement, known: dict[str, Ternary]) -> None:
    """Every way the unknown people could turn out is tried."""
    sure = {p for p in PEOPLE if known.get(p, NO) is YES}
    unknown = [p for p in PEOPLE if known.get(p, NO) is UNKNOWN]
    results = {
        meets(frozenset(sure | {p for p, here in zip(unknown, turn, strict=True) if here}), requirement)
        for turn in product((False, True), repeat=len(unknown))
    }
    expected = UNKNOWN if len(results) == 2 else YES if results == {True} else NO
    assert value_of(requirement, lambda key: known.get(key, NO)) is expected
