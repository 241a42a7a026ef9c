"""The built page: two documents and their hashed assets, and the one-time way in."""

import re
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from quorate.errors import NotFound
from quorate.server.api.deps import DoorDep, HubDep
from quorate.server.auth import SESSION_LASTS
from quorate.server.guard import SESSION_COOKIE
from quorate.server.problems import Unauthorised

STATIC: Final = Path(__file__).parent / "static"
_PAGES: Final = ("/", "/activities", "/activities/{rest:path}", "/people", "/streams", "/history")
_STYLE: Final = re.compile(r'href="(/assets/[^"]+\.css)"')
_ICONS: Final = ("favicon.svg", "favicon.ico")

router = APIRouter(include_in_schema=False)


class Page:
    """The directory the page was built into; it may still be empty."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @property
    def built(self) -> bool:
        return (self.directory / "index.html").is_file()

    @property
    def icon(self) -> Path | None:
        """The logo under the name the build gave it."""
        return next((self.directory / "assets").glob("logo-*.svg"), None)

    @property
    def styles(self) -> tuple[str, ...]:
        """Where the built page keeps its style sheets."""
        if not self.built:
            return ()
        return tuple(_STYLE.findall((self.directory / "index.html").read_text(encoding="utf-8")))

    def document(self, name: str, status: int = 200) -> Response:
        if not self.built:
            return _plain(
                self,
                503,
                "The page is not built",
                "Build it once with <code>script/up</code>, or with <code>npm ci && npm run build</code> "
                "in the folder <code>web</code>. The command line and the API work without it.",
            )
        return FileResponse(self.directory / name, status, media_type="text/html; charset=utf-8")


class Assets(StaticFiles):
    """Hashed files; whoever has one has it for ever. The directory may appear after the start."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory, check_dir=False)
        self._expected = directory

    async def get_response(self, path: str, scope: Scope) -> Response:
        if not self._expected.is_dir():
            raise HTTPException(404)
        return await super().get_response(path, scope)


def _plain(page: Page, status: int, title: str, body: str) -> HTMLResponse:
    """A page of ours that needs no built file, in the built page's looks; ``body`` is HTML written here."""
    styles = "".join(f'<link rel="stylesheet" href="{style}">' for style in page.styles)
    return HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f'<link rel="icon" href="/favicon.svg" type="image/svg+xml">{styles}'
        f"<title>{title} · Quorate</title></head>"
        '<body><main class="door stack"><p class="row strong">'
        '<img src="/favicon.svg" alt="" width="26" height="26">Quorate</p>'
        f'<div class="card inner stack-s"><h1>{title}</h1><p>{body}</p></div></main></body></html>',
        status,
    )


async def _index(request: Request) -> Response:
    page: Page = request.app.state.page
    if not request.state.owner:
        return _plain(
            page,
            401,
            "Come in",
            "This page belongs to whoever started Quorate here. Run <code>quorate page</code> on that "
            "machine: it prints a link that lets this browser in.",
        )
    return page.document("index.html")


for _path in _PAGES:
    router.add_api_route(_path, _index, methods=["GET", "HEAD"])


def _nowhere(request: Request, page: Page) -> Response:
    """For a person who mistyped an address; programs get a problem."""
    if request.state.owner:
        return page.document("index.html", 404)
    return _plain(page, 404, "There is no such page", 'Quorate’s own page is at <a href="/">/</a>.')


@router.get("/r/{token}")
async def room(request: Request, hub: HubDep, token: str) -> Response:
    """The room page; what it may show it asks the API."""
    page: Page = request.app.state.page
    return page.document("room.html", 200 if hub.links.holder(token) else 404)


@router.get("/enter")
async def enter(request: Request, door: DoorDep, hub: HubDep, key: str = "") -> Response:
    """Turns a one-time key into this browser's session."""
    if request.state.owner and "authorization" not in request.headers:
        return RedirectResponse("/", 303)
    try:
        session = door.enter(key)
    except Unauthorised as error:
        says = f"{error.problem} <code>quorate page</code> prints a new one."
        return _plain(request.app.state.page, 401, "This way in is closed", says)
    response = RedirectResponse("/", 303)
    response.set_cookie(
        SESSION_COOKIE,
        session,
        max_age=int(SESSION_LASTS.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=hub.settings.url.startswith("https:"),
    )
    return response


@router.get("/{icon}")
async def icon(request: Request, icon: str) -> Response:
    """The logo also for what names none: our plain pages, and documents of the API in a browser."""
    page: Page = request.app.state.page
    path = page.icon if icon in _ICONS else None
    if path is None:
        if "text/html" in request.headers.get("accept", ""):
            return _nowhere(request, page)
        raise NotFound(f"There is nothing at /{icon}.", remedy="The page is at /.")
    return FileResponse(path, media_type="image/svg+xml")
