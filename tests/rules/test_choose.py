from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quorate.model.requirement import AllOf, CountOf, OneOf, Optional, Part, Requirement
from quorate.rules import choose as choose_module
from quorate.rules.choose import choose, choose_optional, met
from quorate.rules.count import needed
from quorate.rules.forms import Places
from quorate.rules.matching import seat
from quorate.rules.parser import parse_who
from quorate.rules.resolve import resolve
from tests.rules.book import Book, person
from tests.rules.requirements import PEOPLE, Chosen, branches, gating, meets, requirements

BOOK = Book(
    [person(k) for k in ["raj", "ines", "kofi", "vera", "lena", "omar", "eve", "bob", "carol", "dave"]],
    {"dba": ("raj", "ines", "kofi", "vera"), "ops": ("kofi", "vera"), "board": ("lena", "omar", "eve")},
)
people_sets = st.frozensets(st.sampled_from(PEOPLE))


def wanted(text: str) -> Requirement:
    return resolve(parse_who(text), BOOK, organiser_key="alice")


CASES = {
    # name: (who, who cannot, taken, chosen, of them new)
    "named": ("bob and carol", "", "", "bob carol", "bob carol"),
    "first branch": ("lena or omar", "", "", "lena", "lena"),
    "second branch": ("lena or omar", "lena", "", "omar", "omar"),
    "taken branch stays": ("lena or omar", "", "omar", "omar", ""),
    "taken branch stays while another clause is open": (
        "(lena or omar) and bob",
        "",
        "omar",
        "omar bob",
        "bob",
    ),
    "earlier branch beats fewer people": ("(bob and carol) or dave", "", "", "bob carol", "bob carol"),
    "fewer people in a list": ("1 of ((bob and carol), dave)", "", "", "dave", "dave"),
    "count": ("2 of @dba", "ines", "", "raj kofi", "raj kofi"),
    "named is no counted place": ("2 of @dba and raj", "", "", "ines kofi raj", "ines kofi raj"),
    "overlap": ("1 of @dba and 2 of @ops", "", "", "raj kofi vera", "raj kofi vera"),
    "one person, named twice": ("bob and (bob or carol)", "", "", "bob", "bob"),
    "taken fills a place": ("2 of @dba", "", "vera", "raj vera", "raj"),
    "nobody more": ("2 of @dba", "", "vera kofi", "kofi vera", ""),
    "taken without being able": ("bob and carol", "bob", "bob", "bob carol", "carol"),
    "optional does not gate": ("bob, optional carol", "carol", "", "bob", "bob"),
    "half, most, percent": (
        "half of @board and most of @ops",
        "",
        "",
        "lena omar kofi vera",
        "lena omar kofi vera",
    ),
    "a whole group": ("@ops", "", "", "kofi vera", "kofi vera"),
}


@pytest.mark.parametrize(("who", "cannot", "taken", "people", "new"), CASES.values(), ids=CASES)
def test_the_best_set_is_chosen(who: str, cannot: str, taken: str, people: str, new: str) -> None:
    choice = choose(wanted(who), lambda k: k not in cannot.split(), taken=frozenset(taken.split()))
    assert choice is not None
    assert set(choice.people) == set(people.split())
    assert set(choice.new) == set(new.split())


@pytest.mark.parametrize(
    ("who", "cannot"), [("bob and carol", "bob"), ("3 of @dba", "raj vera"), ("lena or omar", "lena omar")]
)
def test_nothing_is_chosen_when_it_cannot_be_met(who: str, cannot: str) -> None:
    assert choose(wanted(who), lambda k: k not in cannot.split()) is None


def test_the_least_recently_asked_come_first() -> None:
    asked = {"raj": 30, "ines": 10, "kofi": 20, "vera": 40}
    choice = choose(wanted("2 of @dba"), lambda _: True, rank=lambda k: (asked[k],))
    assert choice is not None
    assert choice.new == ("ines", "kofi")


def test_people_are_given_to_their_clause() -> None:
    choice = choose(wanted("2 of @dba and (lena or omar)"), lambda k: k != "lena")
    assert choice is not None
    assert choice.assignment == {0: ("raj", "ines"), 1: ("omar",)}


OPTIONAL = {
    # name: (who, who cannot, taken, asked besides)
    "chosen apart": ("bob, optional (lena or omar), optional carol", "lena", "bob", "omar carol"),
    "whoever of a group can": ("bob, optional @dba", "ines", "bob", "raj kofi vera"),
    "whoever of a list can": ("bob, optional (carol and (lena or omar))", "carol", "bob", "lena"),
    "some of a group": ("bob, optional 2 of @dba", "", "bob", "raj ines"),
    "as many of them as can": ("bob, optional 3 of @dba", "raj kofi", "bob", "ines vera"),
    "not more than were wanted": ("bob, optional 2 of @dba", "", "bob raj", "ines"),
    "who is in already": ("kofi, optional @ops", "", "kofi", "vera"),
    "nobody can": ("bob, optional 2 of @ops, optional lena", "kofi vera lena", "bob", ""),
}


@pytest.mark.parametrize(("who", "cannot", "taken", "asked"), OPTIONAL.values(), ids=OPTIONAL)
def test_optional_people_do_not_wait_for_each_other(who: str, cannot: str, taken: str, asked: str) -> None:
    found = choose_optional(wanted(who), lambda k: k not in cannot.split(), taken=frozenset(taken.split()))
    assert found == tuple(asked.split())


def test_two_thousand_names_are_no_problem() -> None:
    keys = [f"p{i}" for i in range(2000)]
    book = Book([person(k) for k in keys], {"all": keys})
    everybody = resolve(parse_who(" and ".join(keys)), book, organiser_key=None)
    choice = choose(everybody, lambda _: True)
    assert choice is not None
    assert choice.people == tuple(keys)
    half = choose(resolve(parse_who("half of @all"), book, organiser_key=None), lambda _: True)
    assert half is not None
    assert len(half.people) == 1000


def test_of_very_many_ways_that_count_only_some_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """6 of 16 counts is 8,008 ways; to seat people in all of them took five seconds."""
    keys = [f"p{i}" for i in range(60)]
    book = Book([person(k) for k in keys], {f"g{i}": keys[i : i + 40] for i in range(16)})
    who = f"6 of ({', '.join(f'2 of @g{i}' for i in range(16))})"
    seated, original = [], seat

    def counted(places: Sequence[Places], people: Iterable[str]) -> list[tuple[str, ...]] | None:
        seated.append(places)
        return original(places, people)

    monkeypatch.setattr(choose_module, "seat", counted)
    choice = choose(resolve(parse_who(who), book, organiser_key=None), lambda _: True)
    assert choice is not None
    assert len(choice.people) == 12
    assert len(seated) <= choose_module.MAX_COMPARED + 1


@given(requirements, people_sets)
@settings(max_examples=120, deadline=None)
def test_met_agrees_with_the_definition(requirement: Requirement, people: frozenset[str]) -> None:
    assert met(requirement, people.__contains__) == meets(people, requirement)


@given(requirements, people_sets, people_sets)
@settings(max_examples=120, deadline=None)
def test_a_choice_meets_the_requirement_with_nobody_to_spare(
    requirement: Requirement, can: frozenset[str], taken: frozenset[str]
) -> None:
    choice = choose(requirement, can.__contains__, taken=taken)
    assert (choice is not None) == meets(can | taken, requirement)
    if choice is None:
        return
    chosen = frozenset(choice.people)
    assert meets(chosen, requirement)
    assert chosen <= can | taken
    assert frozenset(choice.new) == chosen - taken
    assert frozenset(p for inside in choice.assignment.values() for p in inside) == chosen
    if meets(taken, requirement):
        assert choice.new == ()


@given(requirements, people_sets)
@settings(max_examples=50, deadline=None)
def test_the_choice_is_the_same_each_time(requirement: Requirement, can: frozenset[str]) -> None:
    first = choose(requirement, can.__contains__, rank=lambda k: (-ord(k),))
    assert first == choose(requirement, can.__contains__, rank=lambda k: (-ord(k),))


def _walk(part: Part, path: tuple[int, ...]) -> Iterator[tuple[dict[tuple[int, ...], int], Chosen]]:
    """Every way as (branch taken at each ``or``, what it needs), written out naively."""
    match part:
        case OneOf(choices):
            for i, choice in enumerate(choices):
                for turns, chosen in _walk(choice, (*path, i)):
                    yield {path: i, **turns}, chosen
        case CountOf(count, AllOf() as listed):
            inner = list(enumerate(gating(listed)))
            for some in combinations(inner, needed(count, len(inner))):
                yield from _together(list(some), path)
        case AllOf(parts):
            yield from _together([(i, p) for i, p in enumerate(parts) if not isinstance(p, Optional)], path)
        case _:
            yield from (({}, chosen) for chosen in branches(part))


def _together(
    parts: list[tuple[int, Part]], path: tuple[int, ...]
) -> Iterator[tuple[dict[tuple[int, ...], int], Chosen]]:
    for way in product(*(list(_walk(p, (*path, i))) for i, p in parts)):
        turns = {at: i for turn, _ in way for at, i in turn.items()}
        named = frozenset[str]().union(*(n for _, (n, _) in way))
        yield turns, (named, tuple(place for _, (_, places) in way for place in places))


def _fillings(chosen: Chosen, can: frozenset[str]) -> Iterator[frozenset[str]]:
    named, counted = chosen
    seats = [members for members, need in counted for _ in range(need)]
    if named <= can and len(seats) <= len(can - named):
        for order in permutations(sorted(can - named), len(seats)):
            if all(who in seat for who, seat in zip(order, seats, strict=True)):
                yield named | frozenset(order)


@given(requirements, people_sets, st.permutations(PEOPLE))
@settings(max_examples=120, deadline=None)
def test_no_other_set_is_preferred(requirement: Requirement, can: frozenset[str], asked: list[str]) -> None:
    """Earlier branches, then fewer people, then those asked least recently: all sets are compared."""
    ways = list(_walk(requirement, ()))
    paths = sorted({path for turns, _ in ways for path in turns})
    keys = [
        (tuple(turns.get(p, 0) for p in paths), len(people), sorted(asked.index(p) for p in people))
        for turns, chosen in ways
        for people in _fillings(chosen, can)
    ]
    choice = choose(requirement, can.__contains__, rank=lambda k: (asked.index(k),))
    assert (choice is None) == (not keys)
    if choice is not None:
        best = min(keys)
        assert (len(choice.people), sorted(asked.index(p) for p in choice.people)) == best[1:]
