"""Who keeps a requirement from being met: no set of blockers may lie, checked by brute force."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.model.requirement import Requirement
from quorate.rules.clauses import blocking, clauses_of
from tests.activity.world import meet
from tests.brute import meets
from tests.rules.requirements import PEOPLE, requirements

BLOCKING: dict[str, dict[str, tuple[str, ...] | None]] = {
    # who: those present -> who keeps it from being met
    "bob": {"": ("bob",), "bob": None},
    "bob and kim": {"": ("bob",), "bob": ("kim",), "bob kim": None},
    "bob or kim": {"": ("bob", "kim"), "kim": None},
    "2 of @dba": {"": ("raj", "ines"), "kofi": ("raj", "ines"), "kofi raj": None},
    "any of @dba": {"": ("raj", "ines", "kofi"), "ines": None},
    "@pair": {"": ("mum",), "mum": ("dad",), "mum dad": None},
    "2 of (bob, kim or omar, mum)": {"": ("bob", "mum"), "bob": ("mum", "kim", "omar"), "bob omar": None},
    "bob, optional kim": {"": ("bob",), "bob": None},
    "1 of @dba and raj": {"": ("raj",), "raj": None},
}


@pytest.mark.parametrize(
    ("who", "present", "expected"),
    [(who, present, expected) for who, cases in BLOCKING.items() for present, expected in cases.items()],
)
def test_who_keeps_it_from_being_met(who: str, present: str, expected: tuple[str, ...] | None) -> None:
    clauses = clauses_of(meet(who).requirement)
    assert blocking(clauses, frozenset(present.split()).__contains__, {}) == expected


@given(
    requirements,
    st.sets(st.sampled_from(PEOPLE)),
    st.dictionaries(st.sampled_from(PEOPLE), st.text(max_size=9)),
)
def test_while_they_are_away_it_cannot_be_met(
    requirement: Requirement, present: set[str], watched: dict[str, str]
) -> None:
    blockers = blocking(clauses_of(requirement), present.__contains__, watched)
    if blockers is None:
        return
    assert blockers
    assert not set(blockers) & present
    assert not meets(requirement, set(PEOPLE) - set(blockers))


@given(requirements, st.sets(st.sampled_from(PEOPLE)))
def test_what_is_met_is_not_kept_from_it(requirement: Requirement, present: set[str]) -> None:
    if meets(requirement, present):
        assert blocking(clauses_of(requirement), present.__contains__, {}) is None


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("bob and kim", ("kim",)),
        ("2 of @dba", ("ines", "kofi")),
        ("bob and any of @dba", ("bob",)),
        ("raj and any of @pair", ("mum", "dad")),
    ],
)
def test_of_several_the_one_with_the_fewest_watchers(who: str, expected: tuple[str, ...]) -> None:
    watched = {"bob": "two", "raj": "four", "kim": "a", "mum": "a"}
    clauses = clauses_of(meet(who).requirement)
    found = blocking(clauses, lambda _: False, watched)
    assert found is not None
    assert sorted(found) == sorted(expected)
