"""The JSON of `check`: what would happen, nobody is asked."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from quorate.server.api.schemas import AvailabilityName, NewActivity, Schema

Verdict = Literal["yes", "no", "unknown"]


class CheckQuestion(NewActivity):
    """``who`` may be the whole line as people type it: ``bob at 14:00 within 10m else carol``."""

    given: dict[str, AvailabilityName] = Field(default={})
    groups: dict[str, list[str]] = Field(default={})


class CheckTrace(Schema):
    """One line per node of the requirement, depth first."""

    path: str
    """``1.2``: second part of the first clause."""
    text: str
    says: Verdict
    why: str


class CheckInstead(Schema):
    """``else WHO``, as things are now."""

    who: str
    at: datetime
    """When they are asked instead."""
    verdict: Verdict
    ring: list[str]
    missing: list[str]


class CheckAnswer(Schema):
    verdict: Verdict
    """Whether it could work now; "no" before it begins and outside of its hours: nobody is rung then."""
    ring: list[str]
    missing: list[str]
    trace: list[CheckTrace]
    then: list[str] = Field(default=[])
    """Who would be asked next if those of ``ring`` say no, in order."""
    candidates: int = 0
    """How many people could be asked at all …"""
    of: int = 0
    """… of so many the requirement names."""
    opens: datetime | None = None
    """When somebody may be rung, if not now."""
    rings_then: list[str] = Field(default=[])
    """Whom it would ring then, as things are now."""
    ends: datetime | None = None
    else_: list[CheckInstead] = Field(default=[], alias="else")
