"""The tables. Times are UTC; documents are JSON text written by `quorate.store.documents`."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, ForeignKey, Index, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcTime(TypeDecorator[datetime]):
    """Aware in, aware UTC out, also where the database keeps no zone (SQLite)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _: Dialect) -> datetime | None:
        if value is None or value.tzinfo is None:
            return value and value.replace(tzinfo=UTC)
        return value.astimezone(UTC)


class Base(DeclarativeBase):
    type_annotation_map = {datetime: UtcTime(), str: Text()}  # noqa: RUF012 (SQLAlchemy reads it from the class)


class Counter(Base):
    """Numbers that are never given twice."""

    __tablename__ = "counters"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]


class ActivityRow(Base):
    __tablename__ = "activities"
    __table_args__ = (Index("activities_state_created", "state", "created"),)
    id: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    organiser: Mapped[str]
    """Own address in whose stream it travels."""
    created: Mapped[datetime]
    deadline: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    format: Mapped[int]
    """Version of the document's shape."""
    document: Mapped[str]


class OutboxRow(Base):
    """An effect that was decided; it goes with the state that decided it."""

    __tablename__ = "outbox"
    __table_args__ = (Index("outbox_done_at", "done_at"),)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    effect_id: Mapped[str] = mapped_column(unique=True)
    activity_id: Mapped[str] = mapped_column(ForeignKey("activities.id", ondelete="CASCADE"))
    kind: Mapped[str]
    document: Mapped[str]
    created: Mapped[datetime]
    dispatched_to: Mapped[str | None]
    """Link id of the agent that was given it."""
    done_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    """Why it was not done, for good."""


class TokenRow(Base):
    """What opens something: only its SHA-256 is kept."""

    __tablename__ = "tokens"
    __table_args__ = (Index("tokens_activity_person", "activity_id", "person"),)
    hash: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    activity_id: Mapped[str | None]
    person: Mapped[str | None]
    created: Mapped[datetime]
    expires: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class StatementRow(Base):
    """The latest thing a person said about themselves."""

    __tablename__ = "statements"
    subject: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    at: Mapped[datetime]
    until: Mapped[datetime | None]


class BlockRow(Base):
    """``stop``: this address is never asked for this organiser again."""

    __tablename__ = "blocks"
    organiser: Mapped[str] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class AskedRow(Base):
    """When an address was last rung, for fairness."""

    __tablename__ = "asked"
    address: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class RingRow(Base):
    """One ring, for the limit of rings an hour."""

    __tablename__ = "rings"
    address: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)


class WatchRow(Base):
    """``watch NAME``: tell this account once when that person is available."""

    __tablename__ = "watches"
    account: Mapped[str] = mapped_column(primary_key=True)
    person: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class ExecutedRow(Base):
    """Messages of a stream whose command was carried out."""

    __tablename__ = "executed"
    message: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)


class IdempotencyRow(Base):
    """The answer a key of ``Idempotency-Key`` got."""

    __tablename__ = "idempotency"
    key: Mapped[str] = mapped_column(primary_key=True)
    response: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)
