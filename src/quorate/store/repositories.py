"""Activities with what they decided (outbox), and the tokens that open rooms and sessions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from operator import attrgetter
from typing import Final, cast

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update

from quorate.activity.effects import ActivityEffect
from quorate.clock import Clock
from quorate.model.activity import OVER, Activity
from quorate.model.reasons import Reason
from quorate.store.database import Database, put
from quorate.store.documents import FORMAT, activity_from, activity_text, effect_from, effect_text
from quorate.store.schema import ActivityRow, Counter, ExecutedRow, OutboxRow, TokenRow

_OVER: Final = tuple(state.value for state in OVER)
_NUMBERS: Final = "activity"
RECENT: Final = 50

_OUTBOX: Final = cast(Table, OutboxRow.__table__)
_QUEUE: Final = insert(_OUTBOX)
_CHANGE: Final = update(_OUTBOX).where(
    _OUTBOX.c.effect_id == bindparam("of_effect"), _OUTBOX.c.done_at.is_(None)
)


class Activities:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def load(self, recent: int = RECENT) -> tuple[Activity, ...]:
        """All that are not over, and the ``recent`` latest that are; oldest first."""
        rows = select(ActivityRow.document, ActivityRow.format)
        over = rows.where(ActivityRow.state.in_(_OVER)).order_by(ActivityRow.ended_at.desc()).limit(recent)
        with self._database.transaction() as connection:
            found = connection.execute(rows.where(ActivityRow.state.not_in(_OVER))).all()
            found = [*found, *connection.execute(over)]
        return tuple(sorted((activity_from(*row) for row in found), key=attrgetter("created")))

    def find(self, activity: str) -> Activity | None:
        row = select(ActivityRow.document, ActivityRow.format).where(ActivityRow.id == activity)
        with self._database.transaction() as connection:
            found = connection.execute(row).first()
        return None if found is None else activity_from(found.document, found.format)

    def save(
        self, activity: Activity, effects: Iterable[ActivityEffect] = (), message: str | None = None
    ) -> None:
        """The state and what it decided, in one transaction; an effect stored before is an IntegrityError.

        ``message``: what made it so, for ``Executed.known``.
        """
        with self._database.transaction() as connection:
            put(connection, ActivityRow, {"id": activity.id}, _columns(activity))
            self._queue(connection, activity, effects)
            if message is not None:
                put(connection, ExecutedRow, {"message": message}, {"at": self._clock.now()})

    def _queue(self, connection: Connection, activity: Activity, effects: Iterable[ActivityEffect]) -> None:
        rows = []
        for effect in effects:
            kind, document = effect_text(effect)
            row = {"effect_id": effect.id, "kind": kind, "document": document}
            rows.append({**row, "activity_id": activity.id, "created": self._clock.now()})
        if rows:
            connection.execute(_QUEUE, rows)

    def next_number(self) -> int:
        """1, 2, 3 …; one given is not given again, whatever becomes of it."""
        with self._database.transaction() as connection:
            last = connection.scalar(select(Counter.value).where(Counter.name == _NUMBERS)) or 0
            put(connection, Counter, {"name": _NUMBERS}, {"value": last + 1})
        return last + 1

    def prune(self, before: datetime) -> int:
        """Forget what ended before, with its outbox; returns how many."""
        old = delete(ActivityRow).where(ActivityRow.state.in_(_OVER), ActivityRow.ended_at < before)
        with self._database.transaction() as connection:
            return connection.execute(old).rowcount


def _columns(activity: Activity) -> dict[str, object]:
    return {
        "state": activity.state.value,
        "organiser": str(activity.organiser_via),
        "created": activity.created,
        "deadline": activity.deadline,
        "ended_at": activity.ended_at,
        "format": FORMAT,
        "document": activity_text(activity),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """An effect not known to be done."""

    effect: ActivityEffect
    activity: str
    created: datetime
    dispatched_to: str | None
    """Link id of the agent that was given it; its fate is unknown if that is another one now."""


class Outbox:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def pending(self, activity: str | None = None) -> tuple[Pending, ...]:
        """In the order they were decided."""
        rows = select(OutboxRow.__table__).where(OutboxRow.done_at.is_(None)).order_by(OutboxRow.position)
        if activity is not None:
            rows = rows.where(OutboxRow.activity_id == activity)
        with self._database.transaction() as connection:
            found = connection.execute(rows).all()
        return tuple(
            Pending(
                effect=effect_from(row.kind, row.document),
                activity=row.activity_id,
                created=row.created,
                dispatched_to=row.dispatched_to,
            )
            for row in found
        )

    def dispatched(self, effect: str, agent: str) -> None:
        """Before it is handed over: what was not marked has certainly not been sent."""
        self._update(effect, dispatched_to=agent)

    def done(self, effect: str, reason: Reason | None = None) -> None:
        """It is on the wire (no reason), or will never be."""
        self._update(effect, done_at=self._clock.now(), reason=reason and reason.value)

    def prune(self, keep: timedelta = timedelta(days=1)) -> int:
        """Forget what was done longer ago than ``keep``; returns how many."""
        old = delete(OutboxRow).where(OutboxRow.done_at < self._clock.now() - keep)
        with self._database.transaction() as connection:
            return connection.execute(old).rowcount

    def _update(self, effect: str, **values: object) -> None:
        with self._database.transaction() as connection:
            connection.execute(_CHANGE, {**values, "of_effect": effect})


class TokenKind(StrEnum):
    ROOM = "room"  # a personal link of one person to one activity
    SESSION = "session"  # the owner's browser
    API = "api"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    kind: TokenKind
    activity: str | None
    person: str | None
    created: datetime
    expires: datetime | None
    revoked_at: datetime | None

    def valid(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires is None or now < self.expires)


class Tokens:
    """Takes and gives only SHA-256 hashes (hex): what is in the store opens nothing."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def issue(
        self,
        token_hash: str,
        kind: TokenKind,
        *,
        activity: str | None = None,
        person: str | None = None,
        expires: datetime | None = None,
    ) -> None:
        """The same hash again keeps its subject, is valid again and gets the new end."""
        subject = {"kind": kind.value, "activity_id": activity, "person": person}
        values = {**subject, "created": self._clock.now(), "expires": expires, "revoked_at": None}
        with self._database.transaction() as connection:
            put(connection, TokenRow, {"hash": token_hash}, values)

    def find(self, token_hash: str) -> Token | None:
        """Also if it is expired or revoked: the reader is told which."""
        with self._database.transaction() as connection:
            row = connection.execute(select(TokenRow.__table__).where(TokenRow.hash == token_hash)).first()
        if row is None:
            return None
        return Token(
            kind=TokenKind(row.kind),
            activity=row.activity_id,
            person=row.person,
            created=row.created,
            expires=row.expires,
            revoked_at=row.revoked_at,
        )

    def revoke(self, activity: str, person: str | None = None) -> int:
        """Every link of the activity, or those of one person; returns how many were valid till now."""
        change = update(TokenRow).where(TokenRow.activity_id == activity, TokenRow.revoked_at.is_(None))
        if person is not None:
            change = change.where(TokenRow.person == person)
        with self._database.transaction() as connection:
            return connection.execute(change.values(revoked_at=self._clock.now())).rowcount

    def forget(self, token_hash: str) -> None:
        """A session that was ended."""
        with self._database.transaction() as connection:
            connection.execute(delete(TokenRow).where(TokenRow.hash == token_hash))

    def prune(self, before: datetime) -> int:
        """Forget sessions that expired before, and links of activities that are forgotten; returns how many.

        A link of a known activity stays, also if it was revoked: made anew it would be the same one.
        """
        is_link = TokenRow.activity_id.is_not(None)
        forgotten = is_link & TokenRow.activity_id.not_in(select(ActivityRow.id))
        expired = ~is_link & (TokenRow.expires < before)
        old = delete(TokenRow).where(forgotten | expired)
        with self._database.transaction() as connection:
            return connection.execute(old).rowcount
