"""Activities and effects as values, for the tests of the store."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from quorate.activity.effects import (
    ActivityEffect,
    Block,
    CloseRoom,
    Notice,
    OpenRoom,
    RevokeLink,
    Ring,
    Tell,
    TellOrganiser,
)
from quorate.model.activity import (
    Activity,
    ActivityState,
    Fallback,
    Happened,
    Invitation,
    InvitationState,
    LogLine,
)
from quorate.model.address import xmpp
from quorate.model.command import Kind, When, Window
from quorate.model.person import Person
from quorate.model.reasons import Reason
from quorate.model.requirement import (
    AllOf,
    Count,
    CountOf,
    CountWord,
    Group,
    Name,
    OneOf,
    Optional,
    Part,
    Requirement,
    Unit,
)

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
ALICE = Person(key="alice", name="Alice", addresses=(xmpp("alice@example.org"),))
BOB = Person(key="bob", name="Bob", addresses=(xmpp("bob@example.org"),))

keys = st.sampled_from(["bob", "carol", "dave", "élodie"])
times = st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2027, 1, 1)).map(
    lambda at: at.replace(tzinfo=UTC)
)
names = st.builds(Name, keys, st.integers(0, 200))
groups = st.builds(Group, st.just("dba"), st.integers(0, 9), st.lists(keys, unique=True).map(tuple))
counts = st.one_of(
    st.integers(1, 5).map(lambda n: Count(number=n)),
    st.sampled_from(CountWord).map(lambda word: Count(word=word)),
    st.integers(1, 100).map(lambda percent: Count(percent=percent)),
)


def _parts(units: st.SearchStrategy[Unit]) -> st.SearchStrategy[Part]:
    choice = units | st.lists(units, min_size=2, max_size=3).map(lambda many: OneOf(tuple(many)))
    return choice | choice.map(Optional)


def _all_of(units: st.SearchStrategy[Unit]) -> st.SearchStrategy[AllOf]:
    return st.lists(_parts(units), min_size=1, max_size=3).map(lambda many: AllOf(tuple(many)))


units: st.SearchStrategy[Unit] = st.recursive(
    names | groups | st.builds(CountOf, counts, groups),
    lambda inner: _all_of(inner) | st.builds(CountOf, counts, _all_of(inner)),
    max_leaves=6,
)
requirements: st.SearchStrategy[Requirement] = _all_of(units)
invitations = st.builds(
    Invitation,
    id=st.integers(1, 99).map(lambda n: f"Q7-{n}"),
    person=keys,
    via=st.just(xmpp("bob@example.org")),
    state=st.sampled_from(InvitationState),
    queued_at=times,
    sent_at=st.none() | times,
    answered_at=st.none() | times,
    until=st.none() | times,
    optional=st.booleans(),
    reason=st.none() | st.sampled_from(Reason),
)
log_lines = st.builds(
    LogLine,
    at=times,
    what=st.sampled_from(Happened),
    people=st.lists(keys, max_size=2).map(tuple),
    reason=st.none() | st.sampled_from(Reason),
    by=st.none() | keys,
)
windows = st.builds(
    Window,
    start=st.times(),
    end=st.times(),
    days=st.lists(st.integers(0, 6), unique=True).map(tuple),
    zone=st.sampled_from(["", "Europe/Berlin"]),
)
fallbacks = st.builds(
    Fallback,
    requirement=requirements,
    who=st.text(max_size=20),
    people=st.just((BOB,)),
    within=st.timedeltas(timedelta(seconds=1), timedelta(days=366)),
    deadline=st.none() | times,
)
activities = st.builds(
    Activity,
    id=st.integers(1, 99).map(lambda n: f"Q{n}"),
    state=st.sampled_from(ActivityState),
    requirement=requirements,
    who=st.text(max_size=20),
    organiser=st.just(ALICE),
    organiser_via=st.just(xmpp("alice@example.org")),
    people=st.just((BOB,)),
    created=times,
    kind=st.sampled_from(Kind),
    target=st.none() | st.text(max_size=9),
    about=st.none() | st.text(max_size=9),
    when=st.sampled_from(When),
    starts=st.none() | times,
    window=st.none() | windows,
    deadline=st.none() | times,
    fallbacks=st.lists(fallbacks, max_size=2).map(tuple),
    fell_back_at=st.none() | times,
    first_who=st.text(max_size=20),
    invitations=st.lists(invitations, max_size=3).map(tuple),
    joined=st.frozensets(keys),
    told_over=st.frozensets(keys),
    tally=st.lists(keys, unique=True).map(tuple),
    reason=st.none() | st.sampled_from(Reason),
    log=st.lists(log_lines, max_size=3).map(tuple),
)


def activity(number: int = 7, **changes: object) -> Activity:
    """``meet bob``, one minute after the one before."""
    fields: dict[str, object] = {
        "id": f"Q{number}",
        "state": ActivityState.WAITING,
        "requirement": AllOf((Name("bob", 1),)),
        "who": "bob",
        "organiser": ALICE,
        "organiser_via": xmpp("alice@example.org"),
        "people": (BOB,),
        "created": NOON + timedelta(minutes=number),
        **changes,
    }
    return Activity(**fields)  # type: ignore[arg-type]


def every_effect() -> tuple[ActivityEffect, ...]:
    via = xmpp("bob@example.org")
    return (
        Ring(id="Q7-1", invitation="Q7-1", person="bob", via=via),
        Tell(id="Q7-n1", person="bob", via=via, notice=Notice.LINK),
        TellOrganiser(id="Q7-n2", notice=Notice.SUGGESTED, person="bob", text="kim"),
        OpenRoom(id="Q7-n3"),
        RevokeLink(id="Q7-n4", person="bob"),
        Block(id="Q7-n5", person="bob", via=via),
        CloseRoom(id="Q7-n6"),
    )
