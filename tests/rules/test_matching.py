from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from quorate.rules.forms import Places
from quorate.rules.matching import Seating, seat

PEOPLE = "abcde"


def test_people_move_so_that_more_can_be_seated() -> None:
    assert seat([Places(("a", "b"), 1), Places(("a",), 1)], "ab") == [("b",), ("a",)]


def test_who_is_offered_first_is_kept() -> None:
    assert seat([Places(("a", "b", "c"), 2)], "cab") == [("c", "a")]


def test_too_few() -> None:
    table = Seating([Places(("a", "b"), 2)])
    assert table.offer("a")
    assert not table.offer("c")
    assert table.free == 1
    assert seat([Places(("a",), 1), Places(("a",), 1)], "a") is None


_places = st.builds(
    Places,
    st.lists(st.sampled_from(PEOPLE), unique=True, min_size=1, max_size=4).map(tuple),
    st.integers(0, 2),
)


@given(st.lists(_places, max_size=3), st.permutations(PEOPLE))
def test_everybody_is_seated_if_that_is_possible(places: list[Places], people: list[str]) -> None:
    seats = [p.members for p in places for _ in range(p.need)]
    possible = any(
        all(who in members for who, members in zip(order, seats, strict=True))
        for order in permutations(people, min(len(seats), len(people)))
        if len(order) == len(seats)
    )
    found = seat(places, people)
    assert (found is not None) == possible
    if found is not None:
        seated = [who for row in found for who in row]
        assert len(set(seated)) == len(seated)
        assert [len(row) for row in found] == [p.need for p in places]
        assert all(who in p.members for row, p in zip(found, places, strict=True) for who in row)
