from datetime import UTC, datetime

from quorate.agent.knowledge import MANY, MAX_GONE, Knowledge
from quorate.model.address import Address
from quorate.model.evidence import Evidence, Presence, Source
from quorate.model.person import Contact

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BOB, CAROL = Address("xmpp", "bob@example.org"), Address("xmpp", "carol@example.org")


def saw(subject: Address, resource: str, presence: Presence) -> Evidence:
    return Evidence(
        subject=subject, source=Source.STREAM, presence=presence, at=NOW, heard=NOW, resource=resource
    )


def test_the_latest_of_each_device_is_kept_in_the_order_heard() -> None:
    known = Knowledge()
    for resource, presence in (("a", Presence.ONLINE), ("b", Presence.AWAY), ("a", Presence.BUSY)):
        known.saw(saw(BOB, resource, presence))
    assert [(e.resource, e.presence) for e in known.evidence] == [
        ("b", Presence.AWAY),
        ("a", Presence.BUSY),
    ]


def test_devices_that_come_and_go_do_not_pile_up() -> None:
    known = Knowledge()
    known.saw(saw(BOB, "here", Presence.ONLINE))
    for n in range(3 * MAX_GONE):
        known.saw(saw(BOB, f"gone{n}", Presence.OFFLINE))
    assert len(known.evidence) == MAX_GONE + 1
    assert known.evidence[0].resource == "here"
    assert known.evidence[-1].resource == f"gone{3 * MAX_GONE - 1}"


def test_a_contact_removed_is_forgotten() -> None:
    known = Knowledge()
    known.roster([Contact(address=BOB), Contact(address=CAROL)], [], full=True)
    known.saw(saw(BOB, "a", Presence.ONLINE))
    known.roster([Contact(address=CAROL, name="Carol")], [BOB], full=False)
    assert known.contacts == (Contact(address=CAROL, name="Carol"),)
    assert known.evidence == ()
    known.roster([Contact(address=BOB)], [], full=True)
    assert known.contacts == (Contact(address=BOB),)


def test_what_a_blind_stream_has_said_is_stale() -> None:
    known = Knowledge()
    known.saw(saw(BOB, "a", Presence.ONLINE))
    known.stale()
    assert [e.stale for e in known.evidence] == [True]


def test_what_is_packed_is_told_again_unchanged() -> None:
    packed, plain = Knowledge(), Knowledge()
    contacts = [Contact(address=BOB, name="Bøb", groups=("Friends",)), Contact(address=CAROL, pending=True)]
    seen = [
        *(saw(Address("xmpp", f"c{n}@example.org"), "phone", Presence.AWAY) for n in range(2 * MANY)),
        saw(BOB, "a", Presence.ONLINE),
        saw(BOB, "a", Presence.OFFLINE),
    ]
    for known in (packed, plain):
        known.roster(contacts, [], full=True)
    for evidence in seen:
        for known in (packed, plain):
            known.saw(evidence)
        packed.settled(at_rest=evidence.subject is BOB)
    for known in (packed, plain):
        known.roster([Contact(address=CAROL)], [], full=False)
    packed.settled(at_rest=True)
    assert packed.evidence == plain.evidence
    assert packed.evidence[-1] == seen[-1]
    assert packed.contacts == plain.contacts == (contacts[0], Contact(address=CAROL))
    assert packed.count == 2
