"""Activities: see, start, cancel, extend, explain; and what would happen."""

from datetime import datetime, timedelta, tzinfo
from functools import partial

from fastapi import APIRouter, status

from quorate.errors import Refused
from quorate.model.availability import Availability
from quorate.server.api.deps import HubDep, vantage_or_none
from quorate.server.api.schemas import (
    Activity,
    ActivityStateName,
    Explanation,
    Extension,
    NewActivity,
    Revocation,
    Taking,
)
from quorate.server.api.schemas_check import CheckAnswer, CheckQuestion
from quorate.server.checking import is_line, judged, line_of
from quorate.server.meetings import NewMeeting
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


@router.post("/activities/{id}/take")
async def take(hub: HubDep, id: str, taking: Taking) -> Activity:
    """Take somebody who said that they can later at their word, now."""
    return present_activity(hub, await hub.take(id, taking.person))


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
    now, zone = hub.clock.now(), hub.settings.tz
    meeting = _line(question, now, zone) if is_line(question.who) else wanted(question, now, zone)
    judge = partial(hub.check, vantage=vantage, given=given, groups=question.groups)
    return present_check(judged(meeting, judge, now, zone))


def _line(question: CheckQuestion, now: datetime, zone: tzinfo) -> NewMeeting:
    apart = question.model_fields_set - {"who", "given", "groups", "from_"}
    if apart:
        names = ", ".join(sorted(name.rstrip("_") for name in apart))
        raise Refused(
            f"`who` says more than who, and there is {names} beside it.", remedy="Say all of it in one place."
        )
    return line_of(question.who, now, zone)
