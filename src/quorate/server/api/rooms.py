"""A personal room link: what it shows, answering from the page, and the room itself over a WebSocket."""

from fastapi import APIRouter, WebSocket

from quorate.errors import NotFound, Refused
from quorate.model.activity import Activity
from quorate.model.command import Answer, Reply
from quorate.rooms.tokens import Holder
from quorate.server.api.deps import HubDep
from quorate.server.api.room_socket import RoomSocket
from quorate.server.api.schemas_rooms import RoomAnswer, RoomView
from quorate.server.hub import Hub
from quorate.server.present_room import present_room
from quorate.server.problems import Forbidden

router = APIRouter(prefix="/rooms/{token}", tags=["rooms"])


def whose(hub: Hub, token: str) -> tuple[Activity, Holder]:
    """Whose link it is and to what; raises NotFound with the same words for every link that is none."""
    holder: Holder | None = hub.links.holder(token)
    dead = NotFound(
        "This link does not work.",
        remedy="It is mistyped, or it has ended: ask whoever sent it for a new one, "
        "or write `yes` in your own chat.",
    )
    if holder is None:
        raise dead
    try:
        return hub.activity(holder.activity), holder
    except NotFound as error:
        raise dead from error


@router.get("")
async def room(hub: HubDep, token: str) -> RoomView:
    """What the holder of this link may see. Works without an account."""
    return present_room(hub, *whose(hub, token))


@router.post("/answer")
async def answer(hub: HubDep, token: str, given: RoomAnswer) -> RoomView:
    """Come (also late), not after all, or never be asked by this organiser again."""
    activity, holder = whose(hub, token)
    if holder.revoked:
        raise Forbidden("This link was taken back.", remedy="Ask whoever sent it for a new one.")
    if holder.person == activity.organiser.key:
        raise Refused("The organiser is not asked.", remedy="Cancel the activity, or end the room.")
    if given.answer != "yes":
        await hub.rooms.leave(activity.id, holder.person)
    reply = Reply(answer=Answer(given.answer))
    await hub.answer(activity.id, holder.person, reply, anyway=given.anyway)
    return present_room(hub, hub.activity(activity.id), holder)


@router.websocket("/ws")
async def room_socket(hub: HubDep, websocket: WebSocket, token: str) -> None:
    await websocket.accept()
    try:
        activity, holder = whose(hub, token)
    except NotFound as error:
        await RoomSocket.refuse(websocket, error)
        return
    await RoomSocket(hub, websocket, activity.id, holder, token).run()
