"""People and whether they are available; requests for their presence."""

from typing import Annotated

from fastapi import APIRouter, Query

from quorate.server.api.deps import HubDep, vantage_or_none
from quorate.server.api.schemas import AskQuestion, PersonVerdict
from quorate.server.present import present_people

router = APIRouter(tags=["people"])

From = Annotated[str | None, Query(alias="from", description="Own address whose knowledge it is.")]


@router.get("/people")
async def people(hub: HubDep, state: str | None = None, from_: From = None) -> list[PersonVerdict]:
    """Everybody Quorate knows, as it knows them now; nobody is asked. ``state`` keeps one availability."""
    vantage = vantage_or_none(hub, from_)
    shown = present_people(hub, hub.people(vantage), vantage)
    return [person for person in shown if state in (None, person.availability)]


@router.get("/presence")
async def presence(
    hub: HubDep, who: str | None = None, ask: bool = True, state: str | None = None, from_: From = None
) -> list[PersonVerdict]:
    """Verdicts about the people ``who`` names; whom the streams do not mention is asked first."""
    vantage = vantage_or_none(hub, from_)
    people = hub.select(who, vantage)
    if ask:
        await hub.ask(people, vantage)
    shown = present_people(hub, people, vantage)
    return [person for person in shown if state in (None, person.availability)]


@router.post("/presence/ask")
async def ask_again(hub: HubDep, question: AskQuestion) -> list[PersonVerdict]:
    """Ask again by hand, whatever is known already."""
    vantage = hub.vantage(question.from_)
    people = hub.select(question.who, vantage)
    await hub.ask(people, vantage, force=True)
    return present_people(hub, people, vantage)
