"""The first tables."""

import sqlalchemy as sa
from alembic import op

from quorate.store.schema import UtcTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    _activities()
    _people()
    _requests()


def _activities() -> None:
    op.create_table(
        "counters",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("value", sa.Integer(), nullable=False),
    )
    op.create_table(
        "activities",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("organiser", sa.Text(), nullable=False),
        sa.Column("created", UtcTime(), nullable=False),
        sa.Column("deadline", UtcTime()),
        sa.Column("ended_at", UtcTime()),
        sa.Column("format", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
    )
    op.create_index("activities_state_created", "activities", ["state", "created"])
    op.create_table(
        "outbox",
        sa.Column("position", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("effect_id", sa.Text(), nullable=False, unique=True),
        sa.Column(
            "activity_id", sa.Text(), sa.ForeignKey("activities.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("created", UtcTime(), nullable=False),
        sa.Column("dispatched_to", sa.Text()),
        sa.Column("done_at", UtcTime()),
        sa.Column("reason", sa.Text()),
    )
    op.create_index("outbox_done_at", "outbox", ["done_at"])


def _people() -> None:
    op.create_table(
        "statements",
        sa.Column("subject", sa.Text(), primary_key=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("until", UtcTime()),
    )
    op.create_table(
        "blocks",
        sa.Column("organiser", sa.Text(), primary_key=True),
        sa.Column("address", sa.Text(), primary_key=True),
        sa.Column("at", UtcTime(), nullable=False),
    )
    op.create_table(
        "asked",
        sa.Column("address", sa.Text(), primary_key=True),
        sa.Column("at", UtcTime(), nullable=False),
    )
    op.create_table(
        "watches",
        sa.Column("account", sa.Text(), primary_key=True),
        sa.Column("person", sa.Text(), primary_key=True),
        sa.Column("at", UtcTime(), nullable=False),
    )


def _requests() -> None:
    op.create_table(
        "tokens",
        sa.Column("hash", sa.Text(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("activity_id", sa.Text()),
        sa.Column("person", sa.Text()),
        sa.Column("created", UtcTime(), nullable=False),
        sa.Column("expires", UtcTime()),
        sa.Column("revoked_at", UtcTime()),
    )
    op.create_index("tokens_activity_person", "tokens", ["activity_id", "person"])
    op.create_table(
        "executed",
        sa.Column("message", sa.Text(), primary_key=True),
        sa.Column("at", UtcTime(), nullable=False),
    )
    op.create_index("ix_executed_at", "executed", ["at"])
    op.create_table(
        "idempotency",
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("response", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
    )
    op.create_index("ix_idempotency_at", "idempotency", ["at"])
