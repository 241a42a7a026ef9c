"""`quorate clients`: which IM clients there are on this machine, and what to type to have each read."""

from typing import Any

import typer

from quorate.cli.client import Api, ServerGone
from quorate.cli.options import Json
from quorate.cli.show import as_json, columns


def clients(json: Json = False) -> None:
    """List the IM clients of this machine. How each is read, or the best way to that and its command."""
    try:
        found: list[dict[str, Any]] = Api().get("/clients")
        running = True
    except ServerGone:
        found, running = _look(), False
    if json:
        as_json(found)
        return
    columns((_where(c), c["tls"] or "", c["command"] or "", c["why"]) for c in found)
    if not found:
        typer.echo("No client Quorate knows runs or is installed. Any other: docs/clients.md.", err=True)
    elif not running:
        typer.echo("Quorate does not run: start it first, `quorate up`.", err=True)


def _where(client: dict[str, Any]) -> str:
    return f"{client['title']} ({client['pid']})" if client["pid"] is not None else client["title"]


def _look() -> list[dict[str, Any]]:
    """Without a server nothing is captured."""
    from quorate.capture.client_search import ability_here, look
    from quorate.server.config import DEFAULT_IM

    return [client.as_json() for client in look({}, ability_here(DEFAULT_IM))]


def add_to(app: typer.Typer) -> None:
    app.command()(clients)
