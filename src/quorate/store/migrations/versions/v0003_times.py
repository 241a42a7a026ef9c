"""Activities may begin at a time, have windows and fall-backs: an older Quorate would ring too early.

Nothing in a document changes, the new fields have defaults; only its format says that they may be there.
"""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("UPDATE activities SET format = 2 WHERE format = 1")
