"""Evidence from streams and elsewhere, and the verdicts that follow."""

from dataclasses import replace
from datetime import timedelta

import pytest

from quorate.clock import ManualClock
from quorate.model.address import xmpp
from quorate.model.availability import Availability, Verdict
from quorate.model.evidence import Evidence, Presence, Source
from quorate.model.person import Contact, Person, Subscription
from quorate.model.reasons import Reason
from quorate.server.directory import Directory
from quorate.server.evidence_book import EvidenceBook

ALICE, CAROL, BOB = (xmpp(f"{name}@example.org") for name in ("alice", "carol", "bob"))
ONLINE, OFFLINE = Presence.ONLINE, Presence.OFFLINE
AVAILABLE, UNKNOWN = Availability.AVAILABLE, Availability.UNKNOWN


class Scene:
    def __init__(self, settle_s: float = 0) -> None:
        self.clock = ManualClock()
        self.directory = Directory()
        self.directory.own(ALICE)
        self.directory.own(CAROL)
        self.changed: list[set[str]] = []
        self.book = EvidenceBook(
            self.clock,
            self.directory,
            settle_s=settle_s,
            ask_timeout_s=3,
            zone=self.clock.now().tzinfo,  # type: ignore[arg-type]
            changed=self.changed.append,
        )

    def evidence(self, presence: Presence, resource: str = "phone", **fields: object) -> Evidence:
        now = self.clock.now()
        plain = Evidence(
            subject=BOB,
            source=Source.STREAM,
            presence=presence,
            at=now,
            heard=now,
            vantage=ALICE,
            resource=resource,
        )
        return replace(plain, **fields)  # type: ignore[arg-type]

    def sees(self, presence: Presence, resource: str = "phone", stream: str = "s1", **fields: object) -> None:
        assert self.book.saw(stream, [self.evidence(presence, resource, **fields)]) == {"bob"}

    def bob(self, vantage: object = ALICE) -> Availability:
        person = Person(key="bob", name="Bob", addresses=(BOB,))
        return self.book.verdict(person, vantage).availability  # type: ignore[arg-type]

    def verdict(self) -> Verdict:
        return self.book.verdict(Person(key="bob", name="Bob", addresses=(BOB,)), ALICE)

    def reason(self) -> str | None:
        return self.verdict().reason


async def test_each_vantage_sees_its_own() -> None:
    scene = Scene()
    scene.sees(ONLINE)
    assert (scene.bob(ALICE), scene.bob(CAROL), scene.bob(None)) == (AVAILABLE, UNKNOWN, AVAILABLE)


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        ([(ONLINE, "phone"), (OFFLINE, "phone")], Availability.OFFLINE),
        ([(ONLINE, "phone"), (ONLINE, "desk"), (OFFLINE, "phone")], AVAILABLE),
        ([(ONLINE, "phone"), (ONLINE, "desk"), (OFFLINE, "")], Availability.OFFLINE),
        ([(OFFLINE, ""), (ONLINE, "phone")], AVAILABLE),
        ([(ONLINE, "phone"), (Presence.UNKNOWN, "")], AVAILABLE),
        ([(Presence.UNKNOWN, "")], UNKNOWN),
        ([(OFFLINE, "a"), (OFFLINE, "b"), (Presence.AWAY, "c")], Availability.AWAY),
    ],
)
async def test_devices_come_and_go(story: list[tuple[Presence, str]], expected: Availability) -> None:
    scene = Scene()
    for presence, resource in story:
        scene.clock.advance(1)
        scene.sees(presence, resource)
    assert scene.bob() is expected


async def test_of_devices_that_left_only_the_last_is_kept() -> None:
    scene = Scene()
    for number in range(50):
        scene.sees(ONLINE, f"r{number}")
        scene.sees(OFFLINE, f"r{number}")
    assert len(scene.book.about([BOB], ALICE)) == 1


async def test_a_stream_that_ends_takes_its_word_along() -> None:
    scene = Scene()
    scene.sees(ONLINE)
    assert scene.book.stream_ended("s1") == {"bob"}
    assert (scene.bob(), scene.reason()) == (UNKNOWN, Reason.STREAM_ENDED)
    scene.sees(ONLINE, "desk", stream="s2")
    assert scene.bob() is AVAILABLE
    assert len(scene.book.about([BOB], ALICE)) == 1, "what is stale is replaced by anything new"


async def test_what_two_streams_reported_lives_as_long_as_one_of_them() -> None:
    scene = Scene()
    scene.sees(ONLINE, stream="s1")
    scene.sees(ONLINE, stream="s2")
    assert scene.book.stream_ended("s1") == set()
    assert scene.bob() is AVAILABLE
    assert scene.book.stream_ended("s2") == {"bob"}
    assert scene.bob() is UNKNOWN


@pytest.mark.parametrize("resource", ["phone", "desk", ""])
async def test_what_one_stream_does_not_know_any_more_another_still_knows(resource: str) -> None:
    scene = Scene()
    scene.sees(ONLINE, stream="s1")
    scene.sees(ONLINE, stream="s2")
    for gone in {"phone", resource}:
        scene.sees(ONLINE, gone, stream="s1", stale=True)
    assert scene.bob() is AVAILABLE
    scene.sees(ONLINE, stream="s2", stale=True)
    assert scene.bob() is UNKNOWN


async def test_implied_offline_gives_way_to_what_was_seen() -> None:
    scene = Scene()
    scene.sees(OFFLINE, "", implied=True)
    assert not scene.book.knows(ALICE, BOB)
    scene.sees(ONLINE)
    scene.sees(OFFLINE, "", implied=True)
    assert scene.bob() is AVAILABLE
    assert scene.book.knows(ALICE, BOB)
    assert not scene.book.knows(CAROL, BOB)


async def test_a_server_that_could_not_be_reached_is_worth_another_question() -> None:
    scene = Scene()
    scene.sees(Presence.UNREACHABLE, "")
    assert not scene.book.knows(ALICE, BOB)


async def test_what_was_said_counts_everywhere_until_it_is_over() -> None:
    scene = Scene()
    scene.sees(ONLINE)
    until = scene.clock.now() + timedelta(hours=1)
    said = scene.evidence(Presence.BUSY, "", source=Source.SAID, vantage=None, until=until)
    assert scene.book.note(said) == {"bob"}
    assert (scene.bob(ALICE), scene.bob(CAROL)) == (Availability.BUSY, Availability.BUSY)
    scene.clock.advance(3601)
    scene.book.on_time()
    assert scene.changed == [{"bob"}]
    assert scene.bob() is AVAILABLE


async def test_what_was_noted_can_be_taken_back() -> None:
    scene = Scene()
    scene.sees(ONLINE)
    scene.book.note(scene.evidence(Presence.BUSY, "Q1", source=Source.ROOM, vantage=None))
    assert scene.bob() is Availability.BUSY
    assert scene.book.forget(BOB, Source.ROOM, "Q1") == {"bob"}
    assert scene.bob() is AVAILABLE


@pytest.mark.parametrize("subscription", [Subscription.BOTH, Subscription.FROM])
async def test_an_answer_lasts_where_changes_are_told(subscription: Subscription) -> None:
    scene = Scene()
    contact = Contact(address=BOB, subscription=subscription)
    scene.directory.roster(ALICE, [contact], (), True)
    scene.sees(ONLINE, asked=True)
    scene.clock.advance(3600)
    scene.book.on_time()
    assert scene.bob() is (AVAILABLE if contact.pushes_presence else UNKNOWN)
    scene.book.stream_ended("s1")
    assert scene.bob() is UNKNOWN


@pytest.mark.parametrize("again", [True, False])
async def test_a_change_counts_once_it_has_held(again: bool) -> None:
    scene = Scene(settle_s=2)
    scene.sees(ONLINE)
    assert scene.bob() is AVAILABLE, "the first word counts at once"
    scene.clock.advance(10)
    scene.sees(Presence.AWAY)
    assert scene.bob() is AVAILABLE
    assert [line.says for line in scene.verdict().trace if line.used] == ["away, too recently to count yet"]
    scene.clock.advance(1)
    if again:
        scene.sees(ONLINE)
    scene.clock.advance(1.5)
    scene.book.on_time()
    assert scene.bob() is (AVAILABLE if again else Availability.AWAY)
    assert [line.says for line in scene.verdict().trace if line.used] == ["available" if again else "away"]
    assert scene.changed == ([] if again else [{"bob"}])


async def test_what_somebody_said_counts_at_once_however_long_presence_must_hold() -> None:
    scene = Scene(settle_s=30)
    scene.sees(ONLINE)
    said = scene.evidence(Presence.BUSY, "", source=Source.SAID, vantage=None)
    assert scene.book.note(said) == {"bob"}
    assert scene.bob() is Availability.BUSY
    assert scene.book.forget(BOB, Source.SAID) == {"bob"}
    assert scene.bob() is AVAILABLE


async def test_busy_that_becomes_do_not_disturb_by_time_alone_is_told() -> None:
    """Something urgent may ring them from then on."""
    scene = Scene()
    scene.sees(Presence.BUSY)
    scene.sees(Presence.BUSY, stream="s2", vantage=CAROL)
    until = scene.clock.now() + timedelta(hours=1)
    scene.book.note(scene.evidence(Presence.BUSY, "", source=Source.SAID, vantage=None, until=until))
    assert not scene.verdict().do_not_disturb
    scene.changed.clear()
    scene.clock.advance(3601)
    scene.book.on_time()
    assert scene.bob() is Availability.BUSY
    assert scene.verdict().do_not_disturb
    assert scene.changed == [{"bob"}]
