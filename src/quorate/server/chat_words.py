"""What the companion answers, in words."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from quorate.errors import QuorateError
from quorate.model.activity import Activity
from quorate.model.availability import Verdict
from quorate.model.command import MeState
from quorate.model.person import Person


def error_text(error: QuorateError) -> str:
    return f"{error.problem} {error.remedy}"


def who_text(people: Sequence[tuple[Person, Verdict]], now: datetime, zone: tzinfo) -> str:
    return "\n".join(f"{person.name}: {verdict.availability}" for person, verdict in people)


def status_list(activities: Sequence[Activity]) -> str:
    return "\n".join(f"{a.id}: {a.state}" for a in activities) or "Nothing is under way."


def cancelled(activity: Activity) -> str:
    return f"{activity.id} is cancelled."


def extended(activity: Activity) -> str:
    return f"{activity.id} is extended."


def me_text(state: MeState) -> str:
    return f"You are {state}."


def help_text(about: str | None) -> str:
    return f"help {about or ''}"
