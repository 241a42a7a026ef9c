"""Who is who: keys that stay, names that are found, groups of the roster and the config."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.model.address import xmpp
from quorate.model.person import Contact, Person
from quorate.server.config import ConfiguredPerson
from quorate.server.directory import Directory

ALICE = xmpp("alice@example.org")


def contact(jid: str, name: str = "", *groups: str) -> Contact:
    return Contact(address=xmpp(jid), name=name, groups=groups)


def book(*contacts: Contact, directory: Directory | None = None) -> Directory:
    found = directory or Directory()
    found.own(ALICE)
    found.roster(ALICE, contacts, (), True)
    return found


def keys(directory: Directory, typed: str) -> list[str]:
    return [person.key for person in directory.book(ALICE).find(typed)]


def test_a_key_is_the_local_part_or_the_whole_address() -> None:
    directory = book(contact("bob@example.org"), contact("bob@other.org"), contact("gateway.example.org"))
    assert directory.key_of(xmpp("bob@example.org")) == "bob"
    assert directory.key_of(xmpp("bob@other.org")) == "bob@other.org"
    assert directory.key_of(xmpp("gateway.example.org")) == "gateway.example.org"


def test_keys_of_stored_activities_come_first() -> None:
    directory = Directory()
    directory.remember(Person(key="bob", name="Bob", addresses=(xmpp("bob@other.org"),)))
    book(contact("bob@example.org"), contact("bob@other.org"), directory=directory)
    assert directory.key_of(xmpp("bob@other.org")) == "bob"
    assert directory.key_of(xmpp("bob@example.org")) == "bob@example.org"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("anna", ["anna"]),
        ("ANNA", ["anna"]),
        ("Anna Lee", ["anna"]),
        ("bob", ["bob", "bob@other.org"]),
        ("bob@other.org", ["bob@other.org"]),
        ("xmpp:bob@other.org", ["bob@other.org"]),
        ("stranger@example.org", ["stranger"]),
        ("nobody", []),
        ("@@", []),
        ("not an@address@", []),
    ],
)
def test_what_is_typed_finds(typed: str, expected: list[str]) -> None:
    directory = book(
        contact("anna@example.org", "Anna Lee"), contact("bob@example.org"), contact("bob@other.org")
    )
    assert keys(directory, typed) == expected


def test_a_configured_key_means_nobody_else() -> None:
    people = {"bob": ConfiguredPerson(name="Robert", addresses=("bob@work.org", "rob@home.org"))}
    directory = book(contact("bob@example.org"), directory=Directory(people))
    assert keys(directory, "bob") == ["bob"]
    assert directory.key_of(xmpp("rob@home.org")) == "bob"
    assert directory.key_of(xmpp("bob@example.org")) == "bob@example.org"
    person = directory.person("bob", ALICE)
    assert person is not None
    assert (person.name, len(person.addresses)) == ("Robert", 2)


def test_groups_come_from_roster_and_config() -> None:
    directory = book(
        contact("raj@example.org", "Raj", "DBA", "Friends"),
        contact("kofi@example.org", "", "dba"),
        directory=Directory(groups={"dba": ["raj", "ines@example.org"]}),
    )
    assert directory.book(ALICE).group("DBA") == ("raj", "ines", "kofi")
    assert directory.book(ALICE).group("@friends") == ("raj",)
    assert directory.book(ALICE).group("none") is None
    assert directory.groups_of("raj", ALICE) == ["Friends", "dba"]
    directory.roster(ALICE, [contact("raj@example.org", "Raj", "DBA")], (), False)
    assert directory.groups_of("raj", ALICE) == ["dba"]


def test_groups_of_the_config_may_name_groups_of_both() -> None:
    directory = book(
        contact("kofi@example.org", "Kofi", "dba"),
        directory=Directory(groups={"all": ["@DBA", "@Ops", "@nobody", "raj"], "ops": ["vera", "kofi"]}),
    )
    assert directory.book(ALICE).group("all") == ("kofi", "vera", "raj")


@pytest.mark.parametrize("jids", [("zoe", "ines", "kofi"), ("kofi", "zoe", "ines")])
def test_members_of_a_roster_group_are_in_the_same_order_however_the_server_sends_them(
    jids: tuple[str, ...],
) -> None:
    directory = book(
        *(contact(f"{jid}@example.org", "", "dba", "ops") for jid in jids),
        directory=Directory(groups={"ops": ["zoe@example.org", "ada@example.org"]}),
    )
    assert directory.book(ALICE).group("dba") == ("ines", "kofi", "zoe")
    assert directory.book(ALICE).group("ops") == ("zoe", "ada", "ines", "kofi")


def test_each_vantage_has_its_own_book() -> None:
    directory = book(contact("bob@example.org", "Bobby"))
    other = xmpp("carol@example.org")
    directory.own(other)
    directory.roster(other, [contact("dave@example.org"), contact("bob@example.org", "Robert")], (), True)
    assert [p.key for p in directory.people(ALICE)] == ["alice", "bob"]
    assert [p.key for p in directory.people(other)] == ["carol", "dave", "bob"]
    assert {p.key for p in directory.people()} == {"alice", "bob", "carol", "dave"}
    assert keys(directory, "dave") == []


def test_a_roster_push_adds_renames_and_removes() -> None:
    directory = book(contact("bob@example.org", "Bob"), contact("carol@example.org"))
    directory.roster(ALICE, [contact("bob@example.org", "Bobby")], ("carol@example.org",), False)
    assert [(p.key, p.name) for p in directory.people(ALICE)] == [("alice", "alice"), ("bob", "Bobby")]
    directory.roster(ALICE, [], (), True)
    assert [p.key for p in directory.people(ALICE)] == ["alice"]


@given(st.lists(st.sampled_from(["bob", "eve", "x.y"]), max_size=4), st.data())
def test_no_two_addresses_share_a_key_by_accident(names: list[str], data: st.DataObject) -> None:
    directory = Directory()
    addresses = {xmpp(f"{n}@{data.draw(st.sampled_from(['a.org', 'b.org', 'c.org']))}") for n in names}
    found = {directory.key_of(address) for address in addresses}
    assert len(found) == len(addresses)
