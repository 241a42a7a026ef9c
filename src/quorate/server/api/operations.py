"""Ways in, health, numbers, and the end."""

from fastapi import APIRouter, Request, status
from starlette.responses import JSONResponse, PlainTextResponse, Response

from quorate.server.api.deps import DoorDep, HubDep
from quorate.server.api.schemas import DoctorLine, EnterKey, Readiness
from quorate.server.doctor import examine, store_answers
from quorate.server.metrics import CONTENT_TYPE, exposition

router = APIRouter(tags=["operations"])
"""Below /api/v1, for the owner."""

root_router = APIRouter(tags=["operations"])
"""At the root, for whoever watches the installation: no names, no texts."""


@router.post("/enter-keys", status_code=status.HTTP_201_CREATED)
async def enter_key(hub: HubDep, door: DoorDep) -> EnterKey:
    """A link that lets one browser in, once, within ten minutes."""
    key, expires = door.mint_key()
    return EnterKey(url=f"{hub.settings.url}/enter?key={key}", expires=expires)


@router.get("/doctor")
async def doctor(hub: HubDep) -> list[DoctorLine]:
    """What is missing for a client to connect and be read."""
    return await examine(hub)


@router.post("/down", status_code=status.HTTP_202_ACCEPTED)
async def down(request: Request) -> dict[str, bool]:
    """End the agent and the server; activities go on at the next start."""
    request.app.state.on_down()
    return {"ending": True}


@root_router.get("/healthz")
async def healthz() -> dict[str, bool]:
    """The process answers."""
    return {"ok": True}


@root_router.get("/readyz", response_model=Readiness)
async def readyz(hub: HubDep, request: Request) -> Response:
    """Per part. Not ready is answered with 503."""
    parts = {"store": store_answers(hub), "agent": hub.link_connected, "page": request.app.state.page.built}
    ready = parts["store"] and parts["agent"]
    code = status.HTTP_200_OK if ready else status.HTTP_503_SERVICE_UNAVAILABLE
    return JSONResponse(Readiness(ready=ready, parts=parts).model_dump(), code)


@root_router.get("/metrics", response_class=PlainTextResponse)
async def metrics(hub: HubDep) -> Response:
    """Prometheus text format; scrape it with the bearer token."""
    return Response(exposition(hub), media_type=CONTENT_TYPE)
