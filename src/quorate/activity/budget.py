"""How often one person may be rung, whoever asks."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

PERIOD: Final = timedelta(hours=1)
RINGS: Final = 6
"""At most so many in any PERIOD, unless the settings say otherwise."""


def again_at(rings: Sequence[datetime], limit: int, now: datetime) -> datetime | None:
    """When somebody rung at these times (oldest first) may be rung again; None: now. A limit of 0 is none."""
    recent = [at for at in rings if at > now - PERIOD]
    return recent[-limit] + PERIOD if limit and len(recent) >= limit else None
