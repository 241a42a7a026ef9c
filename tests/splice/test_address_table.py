"""The table is a dict of bare addresses, whatever is done with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.model.address import Jid, parse_jid
from quorate.splice.address_table import FEW, MANY, AddressTable

NAMES = [f"person{n}@example.org" for n in range(3 * FEW)]
JIDS = [parse_jid(name) for name in (*NAMES, "example.org", "irc.example.org", "bød@example.org", "1@a.b")]
# an address that is the end or the beginning of another is another
JIDS += [parse_jid(name) for name in ("person1@example.or", "erson1@example.org", "son1@example.org")]
CHANGES = st.lists(st.tuples(st.sampled_from(JIDS), st.sampled_from([None, *range(12)])), max_size=120)


@given(CHANGES, st.sets(st.integers(0, 120)))
def test_it_is_a_dict_whatever_is_done_with_it(
    changes: list[tuple[Jid, int | None]], folds: set[int]
) -> None:
    table, plain = AddressTable[int](), dict[Jid, int]()
    for number, (jid, value) in enumerate(changes):
        if value is None:
            assert table.pop(jid, None) == plain.pop(jid, None)
        else:
            table[jid] = plain[jid] = value
        if number in folds:
            table.fold()
        assert len(table) == len(plain)
        assert table.get(jid) == plain.get(jid)
    assert dict(table) == plain
    assert [jid in table for jid in JIDS] == [jid in plain for jid in JIDS]
    table.clear()
    assert not table


def test_what_is_not_there_cannot_be_had_or_removed() -> None:
    table = AddressTable[int]()
    with pytest.raises(KeyError):
        table[JIDS[0]]
    with pytest.raises(KeyError):
        del table[JIDS[0]]


def test_folded_it_keeps_its_order() -> None:
    table = AddressTable[int]()
    for number, jid in enumerate(JIDS):
        table[jid] = number
    table.fold()
    assert list(table) == JIDS


def test_a_big_one_is_the_same_and_small_again_later() -> None:
    table, plain = AddressTable[int](), dict[Jid, int]()
    people = [Jid(f"p{n}", "example.org") for n in range(2 * MANY)]
    for number, jid in enumerate(people):
        table[jid] = plain[jid] = number % 3
    table.fold()
    assert dict(table.items()) == plain
    for jid in people[: 2 * MANY - 10]:
        del table[jid]
        del plain[jid]
    assert dict(table.items()) == plain
    assert (len(table), table.get(people[0]), table[people[-1]]) == (10, None, plain[people[-1]])
