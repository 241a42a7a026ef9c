"""What one activity sees of the world when it decides."""

from collections.abc import Callable
from datetime import datetime

from quorate.activity.budget import PERIOD, again_at
from quorate.activity.view import View
from quorate.clock import Clock
from quorate.model.activity import Activity
from quorate.model.address import Address
from quorate.model.availability import Availability, Verdict
from quorate.model.person import Person
from quorate.server.agents import Agents
from quorate.server.asking import Asker
from quorate.server.config import Settings
from quorate.server.directory import Directory
from quorate.server.evidence_book import EvidenceBook
from quorate.server.manners import Manners
from quorate.server.streams import Streams
from quorate.server.zones import zone_or
from quorate.store.open import Store

Held = Callable[[str, str], str | None]
"""(person key, id of the activity that asks) -> the other activity that holds the person."""


class World:
    """Keeps blocks and last asked times at hand; the store has them for the next start."""

    def __init__(
        self,
        *,
        store: Store,
        directory: Directory,
        book: EvidenceBook,
        asker: Asker,
        agents: Agents,
        streams: Streams,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._store = store
        self._directory = directory
        self._book = book
        self._asker = asker
        self._agents = agents
        self._streams = streams
        self._blocks = set(store.blocks.all())
        self._asked = store.asked.all()
        self._clock = clock
        self._limit = settings.rings_per_hour
        self._tz = settings.tz
        self._manners = Manners(settings, clock, directory.accounts)
        self._rings: dict[Address, list[datetime]] = {}
        for address, at in store.asked.rings(clock.now() - PERIOD):
            self._rings.setdefault(address, []).append(at)

    def block(self, organiser: Address, address: Address) -> None:
        """The person said ``stop`` to this organiser."""
        self._store.blocks.add(organiser, address)
        self._blocks.add((organiser, address))

    def rang(self, address: Address, at: datetime) -> None:
        self._store.asked.note(address, at)
        self._asked[address] = at
        recent = [ring for ring in self._rings.get(address, ()) if ring > at - PERIOD]
        self._rings[address] = [*recent, at]

    def left_alone(self, key: str) -> bool:
        """True while nobody may ring this person: rung enough, or in quiet hours."""
        person = self._directory.person(key)
        if person is None:
            return False
        return self.again_at(person) is not None or self._manners.quiet_until(person) is not None

    def again_at(self, person: Person) -> datetime | None:
        """When somebody rung as often as may be, by whomever, may be rung again; None: now."""
        rings = sorted(at for address in person.addresses for at in self._rings.get(address, ()))
        return again_at(rings, self._limit, self._clock.now())

    def present(self, activity: Activity, key: str) -> bool:
        """As ``View.present``, for one person."""
        person = self._person(activity, key)
        if not self._book.heard_of(person.addresses):
            return False
        verdict = self._book.verdict(person, activity.organiser_via)
        there = verdict.availability is Availability.AVAILABLE
        there = there or (verdict.do_not_disturb and self._may_disturb(activity, person))
        return there and verdict.reachable and not self._is_blocked(activity, person)

    def look(self, activity: Activity, held: Held) -> View:
        """Answers are remembered for the length of one decision."""
        verdicts: dict[str, Verdict] = {}

        def person(key: str) -> Person:
            return self._person(activity, key)

        def availability(key: str) -> Verdict:
            if key not in verdicts:
                verdicts[key] = self._book.verdict(person(key), activity.organiser_via)
            return verdicts[key]

        def last_asked(key: str) -> datetime | None:
            times = (self._asked.get(address) for address in person(key).addresses)
            return max((time for time in times if time is not None), default=None)

        return View(
            availability=availability,
            held=lambda key: held(key, activity.id),
            blocked=lambda key: self._is_blocked(activity, person(key)),
            last_asked=last_asked,
            again_at=lambda key: self.again_at(person(key)),
            quiet_until=lambda key: self._manners.quiet_until(person(key)),
            may_disturb=lambda key: self._may_disturb(activity, person(key)),
            reachable_at=lambda key: self._book.best_address(
                (a for a in person(key).addresses if a.network == activity.organiser_via.network),
                activity.organiser_via,
            ),
            zone=self._tz if activity.window is None else zone_or(activity.window.zone, self._tz),
            asking=lambda key: not self._agents.any_ready or self._asker.asking(person(key).addresses),
            organiser_ready=self._ready(activity, availability(activity.organiser.key)),
        )

    def _person(self, activity: Activity, key: str) -> Person:
        found = activity.person(key) or self._directory.person(key, activity.organiser_via)
        return found or Person(key=key, name=key, addresses=())

    def _may_disturb(self, activity: Activity, person: Person) -> bool:
        return activity.urgent and self._manners.may_disturb(person, activity.organiser)

    def _is_blocked(self, activity: Activity, person: Person) -> bool:
        return any((activity.organiser_via, address) in self._blocks for address in person.addresses)

    def _ready(self, activity: Activity, organiser: Verdict) -> bool:
        if self._streams.live(activity.organiser_via) is None:
            return False
        return not activity.with_organiser or organiser.availability is Availability.AVAILABLE
