"""What the endpoints are given: the hub, the door, the vantage to act from."""

from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from quorate.errors import QuorateError
from quorate.model.address import Address
from quorate.server.auth import Door
from quorate.server.hub import Hub
from quorate.server.present_asks import AnsweredHere


def _hub(connection: HTTPConnection) -> Hub:
    hub: Hub = connection.app.state.hub
    return hub


def _door(connection: HTTPConnection) -> Door:
    door: Door = connection.app.state.door
    return door


def _answered_here(connection: HTTPConnection) -> AnsweredHere:
    here: AnsweredHere = connection.app.state.answered_here
    return here


HubDep = Annotated[Hub, Depends(_hub)]
DoorDep = Annotated[Door, Depends(_door)]
AnsweredHereDep = Annotated[AnsweredHere, Depends(_answered_here)]


def vantage_or_none(hub: Hub, from_: str | None) -> Address | None:
    """The named own address; without a name the only one, or None: reading needs no single vantage."""
    if from_ is not None:
        return hub.vantage(from_)
    try:
        return hub.vantage(None)
    except QuorateError:
        return None
