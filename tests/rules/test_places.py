import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quorate.model.requirement import Requirement
from quorate.rules.parser import parse_who
from quorate.rules.places import could_fill, missing, places
from quorate.rules.resolve import resolve
from tests.rules.book import Book, person
from tests.rules.requirements import PEOPLE, meets, requirements

BOOK = Book(
    [person(k) for k in ["raj", "ines", "kofi", "lena", "omar", "eve"]], {"dba": ("raj", "ines", "kofi")}
)
INCIDENT = resolve(parse_who("2 of @dba and (lena or omar), optional eve"), BOOK, organiser_key=None)


def test_places_show_who_is_in_then_who_could_be() -> None:
    dba, choice, extra = places(INCIDENT, frozenset({"kofi"}), {"ines", "omar"}.__contains__)
    assert (dba.clause, dba.need, dba.taken, dba.people) == ("2 of @dba", 2, 1, ("kofi", "ines", "raj"))
    assert (choice.clause, choice.need, choice.taken, choice.people) == (
        "lena or omar",
        1,
        0,
        ("omar", "lena"),
    )
    assert (extra.clause, extra.need, extra.taken, extra.optional) == ("eve", 1, 0, True)


def test_a_named_person_is_not_shown_in_a_counted_place() -> None:
    both = resolve(parse_who("2 of @dba and raj"), BOOK, organiser_key=None)
    dba, raj = places(both, frozenset({"raj"}))
    assert (dba.need, dba.taken) == (2, 0)
    assert (raj.need, raj.taken) == (1, 1)


def test_what_is_missing() -> None:
    (lack,) = missing(INCIDENT, {"raj", "lena"}.__contains__)
    assert (lack.clause, lack.need, lack.missing) == ("2 of @dba", 2, 1)
    assert (lack.could, lack.cannot) == (("raj",), ("ines", "kofi"))


def test_clauses_that_can_be_filled_are_known_while_others_wait() -> None:
    assert could_fill(INCIDENT, {"raj", "omar"}.__contains__) == ("omar",)


def test_two_clauses_that_need_the_same_person() -> None:
    both = resolve(parse_who("1 of @dba and 1 of (raj, ines)"), BOOK, organiser_key=None)
    lacks = missing(both, {"raj"}.__contains__)
    assert [(lack.index, lack.missing) for lack in lacks] == [(0, 0), (1, 0)]


@given(requirements, st.frozensets(st.sampled_from(PEOPLE)))
@settings(max_examples=120, deadline=None)
def test_something_is_missing_exactly_if_it_is_not_met(requirement: Requirement, can: frozenset[str]) -> None:
    assert bool(missing(requirement, can.__contains__)) != meets(can, requirement)


@given(requirements, st.frozensets(st.sampled_from(PEOPLE)))
@settings(max_examples=120, deadline=None)
def test_all_places_are_taken_exactly_if_it_is_met(
    requirement: Requirement, accepted: frozenset[str]
) -> None:
    if not meets(frozenset(PEOPLE), requirement):
        return
    shown = [p for p in places(requirement, accepted) if not p.optional]
    assert all(p.taken == p.need for p in shown) == meets(accepted, requirement)


@pytest.mark.parametrize("accepted", [frozenset[str](), frozenset({"raj", "ines", "lena"})])
def test_nobody_is_shown_twice_in_a_clause(accepted: frozenset[str]) -> None:
    for place in places(INCIDENT, accepted, lambda _: True):
        assert len(set(place.people)) == len(place.people)
