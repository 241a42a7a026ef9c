"""The table is a dict of dicts, whatever is done with it and however often it is folded."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quorate.model.address import Jid, parse_jid
from quorate.model.evidence import Presence
from quorate.splice.resource_table import MAX_FOLDED, MAX_TEXT, Resource, ResourceTable

# an address that is the end or the beginning of another is another
JIDS = [parse_jid(name) for name in ("bob@a.org", "kbob@a.org", "bob@a.or", "bød@a.org", "a.org", "1@a.b")]
NAMES = ["", "x", "pc/ß [1]", "x,y"]
TIMES = st.sampled_from(
    [
        None,
        datetime(2026, 1, 1, 12, tzinfo=UTC),
        datetime(2026, 1, 1, 1, 2, 3, 4, timezone(timedelta(hours=5))),
    ]
)
SECONDS = st.floats(0, 1e9)
MARKS = st.integers(0, 2**63).map(lambda n: int.from_bytes(sha256(b"%d" % n).digest()[:8], signed=True))
"""Spread like those of a hash: chosen at will, the bytes of two make a third."""
RESOURCES = st.builds(
    Resource,
    st.sampled_from(Presence),
    st.integers(-128, 127),
    TIMES,
    TIMES,
    st.sampled_from([b"", b"<presence/>"]),
    st.booleans(),
    st.integers(0, 2**32 - 1),
    st.none() | MARKS,
    SECONDS,
    st.none() | SECONDS,
    st.sampled_from([b"", bytes(16)]),
)
Change = tuple[str, Jid, str, Resource]
CHANGES: st.SearchStrategy[list[Change]] = st.lists(
    st.tuples(
        st.sampled_from(["note", "note", "note", "remove", "pop", "fold"]),
        st.sampled_from(JIDS),
        st.sampled_from(NAMES),
        RESOURCES,
    ),
    max_size=40,
    unique_by=lambda change: change[3].mark,
)
Plain = dict[Jid, dict[str, Resource]]


def looks(stanza: bytes) -> bytes:
    return stanza[:5]


def folded(resource: Resource) -> Resource:
    return resource._replace(stanza=b"", looks=looks(resource.stanza) if resource.stanza else resource.looks)


def change(table: ResourceTable, plain: Plain, what: str, jid: Jid, name: str, resource: Resource) -> None:
    if what == "note":
        table.note(jid, name, resource)
        plain.setdefault(jid, {})[name] = resource
    elif what == "remove":
        table.remove(jid, name)
        plain.get(jid, {}).pop(name, None)
    elif what == "pop":
        assert table.pop(jid) == plain.pop(jid, {})
    else:
        assert table.fold(looks)
        for known in plain.values():
            known.update({name: folded(resource) for name, resource in known.items()})


@settings(max_examples=50)
@given(CHANGES)
def test_it_is_a_dict_of_dicts_whatever_is_done_with_it(changes: list[Change]) -> None:
    table, plain = ResourceTable(), Plain()
    for what, jid, name, resource in changes:
        change(table, plain, what, jid, name, resource)
        known = {of: resources for of, resources in plain.items() if resources}
        assert dict(table.items()) == known
        for contact in JIDS:
            assert table.of(contact) == known.get(contact, {})
            assert (contact in table) == (contact in known)
        marks = {r.mark for resources in known.values() for r in resources.values()} - {None}
        assert {r.mark for *_, r in changes if r.mark is not None and table.marked(r.mark)} == marks


def many(count: int, size: int = 1) -> tuple[ResourceTable, Mapping[Jid, Mapping[str, Resource]]]:
    table = ResourceTable()
    seen = Resource(Presence.AWAY, 0, None, None, b"<presence/>", False, 1, None, 2.0, None)
    people = [Jid(f"p{n}", "example.org") for n in range(count)]
    for number, jid in enumerate(people):
        table.note(jid, "x" * size, seen._replace(mark=number))
    return table, {jid: {"x" * size: folded(seen)._replace(mark=n)} for n, jid in enumerate(people)}


def until_folded(table: ResourceTable) -> int:
    calls = 1
    while not table.fold(looks):
        calls += 1
    return calls


@pytest.mark.parametrize(("count", "calls"), [(MAX_FOLDED, 1), (MAX_FOLDED + 1, 2), (3 * MAX_FOLDED, 3)])
def test_many_are_folded_in_parts(count: int, calls: int) -> None:
    table, people = many(count)
    assert until_folded(table) == calls
    assert dict(table.items()) == people


def test_what_would_be_too_long_to_search_stays_and_is_no_reason_to_try_again() -> None:
    table, people = many(MAX_TEXT // 1000 + 10, 1000)
    until_folded(table)
    assert {jid: {n: folded(r) for n, r in of.items()} for jid, of in table.items()} == people
    assert all(table.marked(n) for n in range(len(people)))


@pytest.mark.parametrize(
    "clear", [ResourceTable.clear, lambda table: [table.pop(jid) for jid, _ in table.items()]]
)
def test_nothing_is_left(clear: Callable[[ResourceTable], object]) -> None:
    table, people = many(20)
    table.fold(looks)
    clear(table)
    assert table.items() == []
    assert not any(table.marked(n) for n in range(len(people)))
