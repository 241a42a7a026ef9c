"""The HTTP application: API, events, rooms and the page, behind the guard."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI

from quorate import __version__
from quorate.server import pages, problems
from quorate.server.api import activities, clients, events, operations, owner, people, rooms
from quorate.server.auth import Door
from quorate.server.config import Settings, split_endpoint
from quorate.server.document import document_problems
from quorate.server.guard import Guard
from quorate.server.hub import Hub
from quorate.server.idempotency import Idempotency
from quorate.server.ledgers import SessionLedger
from quorate.server.pages import Assets, Page
from quorate.server.present_asks import AnsweredHere

_DESCRIPTION = (
    "Says who is available, from which source and how old; gets the right people into one conversation. "
    "Errors are problem+json with a remedy. POST takes an Idempotency-Key."
)


def create_app(
    hub: Hub,
    *,
    token: str,
    static_dir: Path = pages.STATIC,
    on_down: Callable[[], None] = lambda: None,
) -> FastAPI:
    """``token`` is the bearer token of run.json; ``on_down`` is called when somebody asks for the end."""
    app = _bare()
    door = Door(token=token, sessions=SessionLedger(hub.store), clock=hub.clock)
    app.state.hub = hub
    app.state.door = door
    app.state.answered_here = AnsweredHere(hub.clock.now())
    app.state.on_down = on_down
    app.state.page = Page(static_dir)
    app.mount("/assets", Assets(static_dir / "assets"))
    app.include_router(pages.router)
    app.add_middleware(Idempotency, answers=hub.store.idempotency)
    app.add_middleware(Guard, door=door, hosts=_hosts(hub.settings))
    return app


def openapi_document() -> dict[str, object]:
    """The OpenAPI 3.1 document, which needs no running server."""
    return _bare().openapi()


def _bare() -> FastAPI:
    app = FastAPI(
        title="Quorate",
        version=__version__,
        description=_DESCRIPTION,
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    problems.install(app)
    api = APIRouter(prefix="/api/v1")
    for part in (people, activities, owner, clients, events, rooms, operations):
        api.include_router(part.router)
    app.include_router(api)
    app.include_router(operations.root_router)
    document_problems(app)
    return app


def _hosts(settings: Settings) -> set[str]:
    """Host names this server answers for, beside loopback."""
    public = urlsplit(settings.url).hostname
    bound = split_endpoint(settings.web)[0]
    return {host for host in (public, bound) if host}
