"""`quorate capture`: connections of named processes go through Quorate; the clients are told nothing."""

import asyncio
import contextlib
import os
import pwd
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quorate.cli.client import default_data
from quorate.errors import NotPossible

if TYPE_CHECKING:
    from quorate.capture.redirect import Event

SAYS = {
    "found": "{name} ({pid}) runs already: from its next connection on",
    "taken": "{name} ({pid}) connects to {destination}, through Quorate",
    "live": "{name} ({pid}) has come through",
    "distrust": (
        "{name} ({pid}) does not accept Quorate's certificate: from now on it is left alone."
        " Where it insists on its server's own, use: quorate attach {pid}"
    ),
    "failing": (
        "{name} ({pid}) did not get through several times: from now on it is left alone."
        " `quorate streams` says why."
    ),
}


def capture(
    names: Annotated[list[str], typer.Argument(metavar="NAME", help="Processes: names or numbers.")],
    data: Annotated[
        Path | None, typer.Option("--data", help="Data directory of the Quorate that runs.")
    ] = None,
    port: Annotated[
        list[int] | None, typer.Option("--port", metavar="PORT", help="Of IM servers; else 5222 and 5223.")
    ] = None,
) -> None:
    """Lead new connections of these programs through Quorate. Only those to IM servers; Linux, root."""
    from quorate.capture.clients import also_called
    from quorate.capture.destination import IM_PORTS
    from quorate.capture.redirect import Redirect
    from quorate.capture.redirect_needs import lacks, look_around

    home = data or _data_of_user()
    found = look_around(home)
    missing = lacks(found)
    if missing:
        raise NotPossible(
            "Nothing was captured. " + " ".join(lack.says for lack in missing),
            remedy="\n  ".join(lack.remedy for lack in missing),
        )
    assert found.cgroup2 is not None
    ports = tuple(port or IM_PORTS)
    others = (other for name in names for other in also_called(name))
    redirect = Redirect(home, found.cgroup2, (*names, *others), ports, _say)
    listed = ", ".join(map(str, ports))
    typer.echo(
        f"Capturing {', '.join(names)}: new connections to port {listed}, nothing else. Ctrl-C ends it;"
        " what stands then goes on through Quorate."
    )
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(redirect.run())
        raise NotPossible(
            "Quorate does not run any more: connections go to their servers again.",
            remedy="Start it again: quorate up",
        )


def _say(event: "Event") -> None:
    text = SAYS[event.kind]
    typer.echo(text.format(name=event.name, pid=event.pid, destination=event.destination))


def _data_of_user() -> Path:
    """With sudo it is the data directory of the one who called it."""
    user = os.environ.get("SUDO_UID", "")
    if os.geteuid() == 0 and user.isdecimal() and not os.environ.get("QUORATE_DATA"):
        with contextlib.suppress(KeyError):
            return Path(pwd.getpwuid(int(user)).pw_dir) / ".local" / "share" / "quorate"
    return default_data()


def add_to(app: typer.Typer) -> None:
    app.command()(capture)
