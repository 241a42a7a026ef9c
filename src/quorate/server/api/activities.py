"""Activities: see, start, cancel, extend, explain; and what would happen."""

from datetime import timedelta

from fastapi import APIRouter, status

from quorate.model.availability import Availability
from quorate.server.api.deps import HubDep, vantage_or_none
from quorate.server.api.schemas import (
    Activity,
    ActivityStateName,
    CheckAnswer,
    CheckQuestion,
    Explanation,
    Extension,
    NewActivity,
    Revocation,
)
from quorate.server.present import present_activity, present_check, present_explanation
from quorate.server.wanted import wanted

router = APIRouter(tags=["activities"])


@router.get("/activities")
async def activities(hub: HubDep, state: ActivityStateName | None = None) -> list[Activity]:
    """Newest first: those not over, and the recent ended ones."""
    return [present_activity(hub, a) for a in hub.activities() if state in (None, a.state.value)]


@router.post("/activities", status_code=status.HTTP_201_CREATED)
async def start(hub: HubDep, asked: NewActivity) -> Activity:
    """Who is needed, and for what. Refused at once, and nobody messaged, if it makes no sense."""
    meeting = wanted(asked, hub.clock.now(), hub.settings.tz)
    vantage = hub.vantage(asked.from_)
    return present_activity(hub, await hub.meet(meeting, vantage))


@router.get("/activities/{id}")
async def activity(hub: HubDep, id: str) -> Activity:
    return present_activity(hub, hub.activity(id))


@router.post("/activities/{id}/cancel")
async def cancel(hub: HubDep, id: str) -> Activity:
    """Call it off; a live one ends. Everybody who was asked is told."""
    return present_activity(hub, await hub.cancel(id))


@router.post("/activities/{id}/extend")
async def extend(hub: HubDep, id: str, extension: Extension) -> Activity:
    """Move the deadline; what has none cannot be extended."""
    return present_activity(hub, await hub.extend(id, timedelta(seconds=extension.by_s)))


@router.post("/activities/{id}/revoke")
async def revoke(hub: HubDep, id: str, revocation: Revocation) -> Activity:
    """End one person's room link at once; a link sent to them later is another one."""
    return present_activity(hub, hub.revoke(id, revocation.person))


@router.get("/activities/{id}/explain")
async def explain(hub: HubDep, id: str) -> Explanation:
    """Why, or why not: sentences, the requirement with its evidence, the time line, the next step."""
    return present_explanation(hub.explain(id))


@router.post("/activities/{id}/explain", operation_id="explain_again")
async def explain_again(hub: HubDep, id: str) -> Explanation:
    """The same as GET."""
    return present_explanation(hub.explain(id))


@router.post("/check")
async def check(hub: HubDep, question: CheckQuestion) -> CheckAnswer:
    """What would happen if this were asked now; nobody is asked."""
    given = {name: Availability(state) for name, state in question.given.items()}
    vantage = vantage_or_none(hub, question.from_)
    return present_check(hub.check(question.who, vantage, given, question.groups))
