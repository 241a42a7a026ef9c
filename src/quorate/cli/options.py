"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from quorate.cli.client import Api
from quorate.errors import QuorateError

DataOption = Annotated[Path | None, typer.Option("--data", help="Data directory.")]
Json = Annotated[bool, typer.Option("--json", help="Print exactly one JSON document, nothing else.")]


def complete_ids(incomplete: str) -> list[str]:
    """Ids for the shell's completion; nothing if no server runs."""
    try:
        found = Api().get("/activities")
    except QuorateError:
        return []
    return [a["id"] for a in found if a["id"].lower().startswith(incomplete.lower())]


def complete_who(incomplete: str) -> list[str]:
    """Names and groups for the last word of a WHO."""
    head, _, last = incomplete.rpartition(" ")
    try:
        people = Api().get("/people")
    except QuorateError:
        return []
    words = {p["person"] for p in people} | {f"@{g}" for p in people for g in p["groups"]}
    return [f"{head} {w}".strip() for w in sorted(words) if w.lower().startswith(last.lower())]


Id = Annotated[str, typer.Argument(metavar="ID", help="The activity, e.g. Q7.", autocompletion=complete_ids)]
From = Annotated[
    str | None,
    typer.Option("--from", metavar="OWN-ADDRESS", help="Which of your accounts asks, if several are open."),
]
