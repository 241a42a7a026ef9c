"""The IM clients of this machine: which there are, how to capture each, and attaching to one."""

from fastapi import APIRouter

from quorate.errors import NotFound, NotPossible
from quorate.link import attaching
from quorate.server.api.deps import HubDep
from quorate.server.api.schemas_clients import Attached, ImClient

router = APIRouter(tags=["clients"])


@router.get("/clients")
async def clients(hub: HubDep) -> list[ImClient]:
    """Running ones first; looked for anew each time."""
    return [ImClient(**found) for found in await attaching.clients(hub.settings.data)]


@router.post("/clients/{pid}/attach")
async def attach(hub: HubDep, pid: int) -> Attached:
    """Attach to a running client, as `quorate attach PID` does; only to one that the list offers it for."""
    listed = await attaching.clients(hub.settings.data)
    client = next((found for found in listed if found["pid"] == pid), None)
    if client is None:
        raise NotFound(
            f"No IM client runs as process {pid} (any more).",
            remedy="GET /api/v1/clients lists those that do.",
        )
    if not client["one_click"]:
        raise NotPossible(
            f"{client['title']} is not attached to. {client['why']}",
            remedy=f"Type: {client['command']}" if client["command"] else "See `quorate clients`.",
        )
    return Attached(**await attaching.attach(hub.settings.data, str(pid)))
