import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quorate.model.requirement import Requirement
from quorate.rules.choose import choose, met, same_rank
from quorate.rules.parser import parse_who
from quorate.rules.resolve import resolve
from quorate.rules.spare import spares
from tests.rules.book import Book, person
from tests.rules.requirements import PEOPLE, requirements

BOOK = Book(
    [person(k) for k in ["raj", "ines", "kofi", "vera", "lena", "omar", "bob", "carol", "dave"]],
    {"dba": ("raj", "ines", "kofi", "vera"), "ops": ("kofi", "vera")},
)
people_sets = st.frozensets(st.sampled_from(PEOPLE))

CASES = {
    # name: (who, chosen, of them said yes, who cannot, spare)
    "one for a clause that counts": ("2 of @dba and (lena or omar)", "raj ines lena", "", "", "kofi"),
    "one for each": ("1 of @dba and 1 of @ops", "raj kofi", "", "", "ines vera"),
    "one for two of them if there is only one": ("1 of @dba and 1 of @ops", "raj kofi", "", "ines", "vera"),
    "nobody for somebody named": ("bob", "bob", "", "", ""),
    "an order is kept": ("lena or omar", "lena", "", "", ""),
    "nobody for all of a group": ("@ops", "kofi vera", "", "", ""),
    "nobody for all of a count": ("all of @ops", "kofi vera", "", "", ""),
    "a percentage": ("50% of @dba", "raj ines", "", "", "kofi"),
    "of a list": ("1 of (bob, carol)", "bob", "", "", "carol"),
    "of a list of pairs one is not enough": ("1 of (bob, (carol and dave))", "bob", "", "", ""),
    "who is named elsewhere is no spare": ("1 of @ops and vera", "kofi vera", "", "", ""),
    "no longer once the places are taken": ("2 of @dba and bob", "raj ines bob", "raj ines", "", ""),
    "still while one is open": ("2 of @dba", "raj ines", "raj", "", "kofi"),
    "not where another branch was chosen": ("bob or 1 of @dba", "bob", "", "", ""),
    "where this branch was chosen": ("bob or 1 of @dba", "raj", "", "", "ines"),
    "nobody left": ("2 of @dba", "raj ines", "", "kofi vera", ""),
    "who frees another for the open place": ("1 of @dba and 1 of @ops", "raj kofi", "kofi", "ines", "vera"),
}


def wanted(text: str) -> Requirement:
    return resolve(parse_who(text), BOOK, organiser_key="alice")


@pytest.mark.parametrize(("who", "chosen", "yes", "cannot", "spare"), CASES.values(), ids=CASES)
def test_who_is_spare(who: str, chosen: str, yes: str, cannot: str, spare: str) -> None:
    people, said_yes = frozenset(chosen.split()), frozenset(yes.split())
    found = spares(wanted(who), people, people - said_yes, lambda p: p not in cannot.split(), same_rank)
    assert found == tuple(spare.split())


def test_the_best_rank_is_the_spare() -> None:
    found = spares(
        wanted("1 of @dba"), frozenset({"raj"}), frozenset({"raj"}), lambda _: True, lambda p: (p != "vera",)
    )
    assert found == ("vera",)


@given(requirements, people_sets, people_sets)
@settings(max_examples=150, deadline=None)
def test_each_spare_could_take_the_place_of_somebody(
    requirement: Requirement, can: frozenset[str], yes: frozenset[str]
) -> None:
    choice = choose(requirement, can.__contains__, taken=yes)
    if choice is None:
        return
    chosen = frozenset(choice.people)
    found = spares(requirement, chosen, chosen - yes, can.__contains__, same_rank)
    assert len(set(found)) == len(found)
    for spare in found:
        assert spare in can - chosen
        assert any(met(requirement, (chosen - {one} | {spare}).__contains__) for one in chosen - yes)
