"""`quorate run`, `attach` and `detach`: read the stream of a client that was told nothing about Quorate."""

import asyncio
import os
import shutil
from pathlib import Path
from typing import Annotated

import typer

from quorate.cli.client import default_data
from quorate.cli.options import DataOption, Json
from quorate.cli.show import as_json
from quorate.errors import NotFound, NotPossible
from quorate.link import attaching

Target = Annotated[str, typer.Argument(metavar="PID|NAME", help="The client's process or its name.")]


def run(context: typer.Context, data: DataOption = None) -> None:
    """Start a client with Quorate in it: quorate run -- CLIENT ARGS. It needs no setting, no certificate."""
    words = context.args
    if not words:
        raise typer.BadParameter("Name the client: quorate run -- profanity")
    from quorate.capture.clients import also_called

    program = next(filter(None, map(shutil.which, (words[0], *also_called(words[0])))), None)
    if program is None:
        raise NotFound(f"There is no program “{words[0]}”.", remedy="Check its name, or give its path.")
    found = Path(program).resolve()
    told = asyncio.run(attaching.prepare(data or default_data(), found))
    environment = dict(os.environ)
    for name, value in told["environment"].items():
        before = environment.get(name) if name == "LD_PRELOAD" else None
        environment[name] = f"{value}:{before}" if before else value
    # the client takes this process over: terminal, signals and exit code are its own
    try:
        os.execve(program, words, environment)
    except OSError as error:
        raise NotPossible(
            f"The system cannot start “{program}” ({error.strerror}).",
            remedy="If it is a script, its first line must name a program that is there.",
        ) from error


def attach(target: Target, data: DataOption = None, json: Json = False) -> None:
    """Read a client that is running. Its TLS and its settings stay as they are."""
    done = asyncio.run(attaching.attach(data or default_data(), target))
    if json:
        as_json(done)
        return
    typer.echo(f"Attached to {done['name']} (process {done['pid']}). {done['text']}".rstrip())


def detach(target: Target, data: DataOption = None, json: Json = False) -> None:
    """Let go of a client; it goes on as if nothing had been."""
    done = asyncio.run(attaching.detach(data or default_data(), target))
    if json:
        as_json(done)
        return
    typer.echo(f"Detached from {done['name']} (process {done['pid']}).")


def add_to(app: typer.Typer) -> None:
    app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(run)
    app.command()(attach)
    app.command()(detach)
