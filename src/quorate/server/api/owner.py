"""The owner of the page: their own state, who asks them, streams, how to connect a client."""

from datetime import timedelta
from typing import Final

from fastapi import APIRouter

from quorate import __version__
from quorate.errors import NotFound, Refused
from quorate.model.command import Answer, MeState, Reply
from quorate.model.stream import StreamState
from quorate.server.api.deps import AnsweredHereDep, HubDep
from quorate.server.api.schemas import AnswerGiven, AskForYou, Connection, Me, MeStatement, Stream
from quorate.server.config import split_endpoint
from quorate.server.meetings import Asked
from quorate.server.present import present_me, present_stream
from quorate.server.present_asks import present_ask

CA_FILE: Final = "ca.pem"

router = APIRouter(tags=["owner"])


@router.get("/me")
async def me(hub: HubDep) -> Me:
    return present_me(hub.me())


@router.post("/me")
async def say(hub: HubDep, statement: MeStatement) -> Me:
    """``me busy until 14:00``: counts above everything a client says."""
    return present_me(hub.say_me(None, MeState(statement.state), statement.until))


@router.get("/asks")
async def asks(hub: HubDep, here: AnsweredHereDep, state: str | None = None) -> list[AskForYou]:
    """Who asks the owner, newest first."""
    shown = [present_ask(hub, asked, here) for asked in hub.asks()]
    return [ask for ask in shown if state in (None, ask.state)]


@router.post("/asks/{invitation}/answer")
async def answer(hub: HubDep, here: AnsweredHereDep, invitation: str, given: AnswerGiven) -> AskForYou:
    """The same as writing the answer in a client."""
    asked = _asked(hub.asks(), invitation)
    if given.answer == "later" and given.delay_s is None:
        raise Refused("later needs a time.", remedy="Send delay_s, the seconds until you can.")
    here.note(invitation)
    await hub.answer(asked.activity.id, asked.invitation.person, _reply(given))
    return present_ask(hub, _asked(hub.asks(), invitation, otherwise=asked), here)


@router.get("/streams")
async def streams(hub: HubDep, state: str | None = None) -> list[Stream]:
    return [present_stream(s) for s in hub.streams() if state in (None, s.state.value)]


@router.get("/connection")
async def connection(hub: HubDep) -> Connection:
    """Where an IM client connects to, for the connect panel."""
    host, port = split_endpoint(hub.im)
    return Connection(
        im_host=host,
        im_port=port,
        ca_path=str(hub.settings.data / CA_FILE),
        routes=[
            f"{domain}={target}"
            for domain, targets in sorted(hub.settings.routes.items())
            for target in targets
        ],
        streams=sum(stream.state is StreamState.LIVE for stream in hub.streams()),
        version=__version__,
    )


def _asked(asks: list[Asked], invitation: str, *, otherwise: Asked | None = None) -> Asked:
    found = next((asked for asked in asks if asked.invitation.id == invitation), otherwise)
    if found is None:
        raise NotFound("Nobody asks you that (any more).", remedy="GET /api/v1/asks lists who asks you now.")
    return found


def _reply(given: AnswerGiven) -> Reply:
    delay = timedelta(seconds=given.delay_s) if given.delay_s and given.answer == "later" else None
    return Reply(answer=Answer(given.answer), delay=delay)
