"""When each address was rung within the last hour."""

import sqlalchemy as sa
from alembic import op

from quorate.store.schema import UtcTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "rings",
        sa.Column("address", sa.Text(), primary_key=True),
        sa.Column("at", UtcTime(), primary_key=True),
    )
