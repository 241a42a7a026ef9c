"""`quorate check`: what would happen; nobody is asked."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from quorate.cli.client import Api, find_server, gone
from quorate.cli.options import From, Json, complete_who
from quorate.cli.show import as_json
from quorate.errors import Refused
from quorate.model.availability import Availability


def check(
    who: Annotated[str, typer.Argument(metavar="WHO", autocompletion=complete_who)],
    given: Annotated[
        list[str] | None,
        typer.Option("--given", metavar="NAME=STATE,…", help="States to assume; names need not exist."),
    ] = None,
    group: Annotated[
        list[str] | None, typer.Option("--group", metavar="G=NAME,…", help="Members to assume for a group.")
    ] = None,
    from_: From = None,
    json: Json = False,
) -> None:
    """Say whether it could work now, whom Quorate would ring, and what is missing."""
    states = parse_given(given or [])
    groups = parse_groups(group or [])
    server = find_server()
    answer: dict[str, Any]
    if server is not None:
        answer = Api(server).post("/check", {"who": who, "given": states, "groups": groups, "from": from_})
    elif states or groups:
        from quorate.rules.check import offline_check

        known = {name: Availability(state) for name, state in states.items()}
        answer = offline_check(who, known, groups).as_json()
    else:
        raise gone()
    if json:
        as_json({key: answer[key] for key in ("verdict", "ring", "missing", "trace")})
    else:
        _print(answer)


def _print(answer: dict[str, Any]) -> None:
    heads = {"yes": "Yes, this could work now.", "no": "Not now.", "unknown": "Cannot tell yet."}
    typer.echo(heads[answer["verdict"]])
    if answer["ring"]:
        typer.echo(f"Would ring {', '.join(answer['ring'])}. Nobody is asked yet.")
    for line in answer["missing"]:
        typer.echo(line)


def parse_given(items: Sequence[str]) -> dict[str, str]:
    """``["bob=available,carol=busy"]`` to a map; raises Refused."""
    states: dict[str, str] = {}
    for item in ",".join(items).split(","):
        if not item.strip():
            continue
        name, equals, state = (part.strip() for part in item.partition("="))
        if not equals or not name or state not in list(Availability):
            raise Refused(
                f"“{item.strip()}” is not NAME=STATE.",
                remedy=f"STATE is one of {', '.join(Availability)}: --given bob=available,carol=busy",
            )
        states[name] = state
    return states


def parse_groups(items: Sequence[str]) -> dict[str, list[str]]:
    """``["dba=raj,kofi"]`` to a map; raises Refused."""
    groups: dict[str, list[str]] = {}
    for item in items:
        name, equals, members = (part.strip() for part in item.partition("="))
        found = [m.strip() for m in members.split(",") if m.strip()]
        if not equals or not name or not found:
            raise Refused(f"“{item}” is not GROUP=NAME,….", remedy="For example: --group dba=raj,kofi")
        groups[name.removeprefix("@")] = found
    return groups


def add_to(app: typer.Typer) -> None:
    app.command()(check)
