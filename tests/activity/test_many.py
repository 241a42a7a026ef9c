"""Several activities over the same few people, whatever they do: what must never happen does not."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from quorate.activity.effects import ActivityEffect, Notice, OpenRoom, Ring, Tell
from quorate.activity.inputs import (
    ActivityInput,
    CancelAsked,
    ExtendAsked,
    Joined,
    Left,
    Replied,
    RingSent,
    WorldChanged,
)
from quorate.activity.step import next_deadline
from quorate.model.activity import Activity, ActivityState, Invitation, InvitationState
from quorate.model.availability import Availability
from quorate.model.command import Answer, Reply, When
from quorate.model.person import Person
from quorate.model.reasons import Reason
from quorate.rules.choose import met
from tests.activity.world import World, meet, person

PEOPLE = ("raj", "ines", "kofi", "mum", "dad", "eve")
WHO = (
    "raj",
    "2 of @dba",
    "raj and (ines or kofi)",
    "any of @dba and mum",
    "@pair",
    "mum or dad",
    "(raj and mum) or (ines and dad)",
    "2 of (raj, mum, dad)",
    "dad, optional eve",
    "half of @dba, optional @pair",
)
AT_MOST = 4
END = {Notice.LINK, Notice.COVERED, Notice.CANCELLED, Notice.EXPIRED}

people = st.sampled_from(PEOPLE)
numbers = st.integers(1, AT_MOST)
replies = st.sampled_from(Answer).map(
    lambda answer: Reply(
        answer=answer,
        delay=timedelta(minutes=2) if answer is Answer.LATER else None,
        name="kim" if answer is Answer.SUBSTITUTE else None,
    )
)


class Heard(World):
    """Looks at every effect at the moment it is decided."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.told: list[tuple[str, str, Notice]] = []
        self.on_the_way: list[tuple[str, str]] = []

    def give(self, activity: str, given: ActivityInput) -> list[ActivityEffect]:
        before = self.activities[activity]
        effects = super().give(activity, given)
        after = self.activities[activity]
        if before.state.over:
            assert after.state is before.state
            assert not any(isinstance(effect, Ring | OpenRoom) for effect in effects)
        return effects

    def note(self, effects: list[ActivityEffect], activity: str) -> None:
        for effect in effects:
            self.ids.append(effect.id)
            if isinstance(effect, OpenRoom):
                said_yes = frozenset(self.activities[activity].accepted)
                assert met(self.activities[activity].requirement, said_yes.__contains__)
            if isinstance(effect, Tell):
                self.told.append((activity, effect.person, effect.notice))
            if isinstance(effect, Ring) and self.holding_back:
                self.on_the_way.append((activity, effect.invitation))


class Many(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.world = Heard()

    @initialize(away=st.sets(people))
    def world_begins(self, away: set[str]) -> None:
        for key in PEOPLE:
            self.world.set(key, Availability.AWAY if key in away else Availability.AVAILABLE)

    @precondition(lambda self: len(self.world.activities) < AT_MOST)
    @rule(who=st.sampled_from(WHO), now=st.booleans(), minutes=st.none() | st.integers(1, 20))
    def somebody_is_wanted(self, who: str, now: bool, minutes: int | None) -> None:
        number = len(self.world.activities) + 1
        deadline = None if minutes is None else self.world.now + timedelta(minutes=minutes)
        when = When.NOW if now else When.ASAP
        activity = meet(who, number=number, now=self.world.now, deadline=deadline, when=when)
        self.world.note(self.world.start(activity), activity.id)

    @rule(key=people, state=st.sampled_from([Availability.AVAILABLE, Availability.AWAY]))
    def presence_changes(self, key: str, state: Availability) -> None:
        self.world.set(key, state)
        self._look_again()

    @rule(ready=st.sampled_from([True, True, False]))
    def the_organiser_comes_or_goes(self, ready: bool) -> None:
        self.world.ready = ready
        self._look_again()

    @rule(seconds=st.sampled_from([1, 10, 30, 60, 150, 700]))
    def time_passes(self, seconds: int) -> None:
        end = self.world.now + timedelta(seconds=seconds)
        while due := self.world._next(end):
            self.world.now = max(self.world.now, due[0])
            self._give(due[1], WorldChanged())
        self.world.now = end
        self._look_again()

    @rule(number=numbers, key=people, reply=replies, substitute=st.none() | st.just(person("kim")))
    def somebody_answers(self, number: int, key: str, reply: Reply, substitute: Person | None) -> None:
        self._give(f"Q{number}", Replied(key, reply, substitute))

    @rule(number=numbers, reply=replies)
    def somebody_who_is_rung_answers(self, number: int, reply: Reply) -> None:
        activity = self.world.activities.get(f"Q{number}")
        rung = [i for i in activity.invitations if i.open] if activity else []
        if rung:
            self._give(f"Q{number}", Replied(rung[0].person, reply))

    @rule(number=numbers)
    def everybody_says_yes(self, number: int) -> None:
        activity = self.world.activities.get(f"Q{number}")
        for invitation in activity.invitations if activity else ():
            if invitation.open:
                self._give(f"Q{number}", Replied(invitation.person, Reply(answer=Answer.YES)))

    @rule(number=numbers, key=people, entering=st.booleans())
    def somebody_comes_or_goes(self, number: int, key: str, entering: bool) -> None:
        self._give(f"Q{number}", Joined(key) if entering else Left(key))

    @rule(number=numbers)
    def the_organiser_gives_up_or_more_time(self, number: int) -> None:
        activity = self.world.activities.get(f"Q{number}")
        if activity is not None and not activity.state.over and activity.deadline != self.world.now:
            cancelled = activity.deadline is None or activity.state is ActivityState.LIVE
            self._give(activity.id, CancelAsked() if cancelled else ExtendAsked(timedelta(minutes=1)))

    @rule(reason=st.sampled_from([None, None, Reason.NO_STREAM, Reason.UNREACHABLE]), slow=st.booleans())
    def the_wire_changes(self, reason: Reason | None, slow: bool) -> None:
        self.world.unsendable, self.world.holding_back = reason, slow and reason is None

    @precondition(lambda self: self.world.on_the_way)
    @rule()
    def news_from_the_wire(self) -> None:
        activity, invitation = self.world.on_the_way.pop(0)
        self._give(activity, RingSent(invitation))

    def _give(self, activity: str, given: ActivityInput) -> None:
        before = self.world.activities.get(activity)
        if before is None:
            return
        effects = self.world.give(activity, given)
        self.world.note(effects, activity)
        self._look_again()

    def _look_again(self) -> None:
        for id in self.world.activities:
            self.world.note(self.world.give(id, WorldChanged()), id)

    @invariant()
    def nobody_has_two_open_rings(self) -> None:
        ringing = [i.person for a in self.world.activities.values() for i in a.invitations if i.open]
        assert len(ringing) == len(set(ringing))

    @invariant()
    def nobody_is_rung_twice_for_the_same_wave(self) -> None:
        for activity in self.world.activities.values():
            for key in {i.person for i in activity.invitations}:
                mine = [i for i in activity.invitations if i.person == key]
                for earlier, later in pairwise(mine):
                    assert _may_follow(earlier, later)

    @invariant()
    def every_effect_has_an_id_of_its_own(self) -> None:
        assert len(self.world.ids) == len(set(self.world.ids))

    @invariant()
    def who_was_rung_hears_the_end(self) -> None:
        for activity in self.world.activities.values():
            for invitation in activity.invitations:
                if invitation.state is InvitationState.WITHDRAWN and invitation.sent_at is not None:
                    told = {n for a, p, n in self.world.told if (a, p) == (activity.id, invitation.person)}
                    assert told & END, f"{invitation.person} was left ringing"

    @invariant()
    def nobody_is_rung_for_what_is_over(self) -> None:
        for activity in self.world.activities.values():
            open_ones = [i for i in activity.invitations if i.open]
            if activity.state.over:
                assert open_ones == []
                assert activity.reason is not None
            if activity.state is ActivityState.LIVE:
                assert all(i.optional for i in open_ones)

    @invariant()
    def the_next_timer_is_ahead(self) -> None:
        for activity in self.world.activities.values():
            _assert_ahead(activity, self.world)


def _may_follow(earlier: Invitation, later: Invitation) -> bool:
    rung = later.queued_at
    if earlier.state is InvitationState.WITHDRAWN:
        return True
    if earlier.state is InvitationState.LATER:
        return earlier.until is not None and earlier.until <= rung
    if earlier.state is not InvitationState.SILENT or earlier.answered_at is None:
        return False
    failed = earlier.reason is Reason.NO_STREAM
    return rung - earlier.answered_at >= (timedelta(seconds=10) if failed else timedelta(minutes=10))


def _assert_ahead(activity: Activity, world: World) -> None:
    timer = next_deadline(activity, world.now)
    assert timer is None or timer > world.now
    if activity.state.over:
        assert timer is None


TestMany = Many.TestCase
TestMany.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
