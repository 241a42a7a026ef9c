"""`quorate check`: what would happen; nobody is asked."""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic_core import to_jsonable_python

from quorate.cli.client import Api, find_server, gone
from quorate.cli.options import From, Json, complete_who
from quorate.cli.show import as_json, clock
from quorate.errors import Refused
from quorate.model.availability import Availability

if TYPE_CHECKING:
    from quorate.server.meetings import NewMeeting

SHOWN = ("verdict", "ring", "missing", "trace")
TIMES = ("opens", "rings_then", "ends", "else")
"""Shown beside them if the line has times."""


def check(
    who: Annotated[
        str,
        typer.Argument(
            metavar="WHO", help="As for `meet`, or its whole line: bob at 14:00.", autocompletion=complete_who
        ),
    ],
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
    """Say whether it could work now, and whom Quorate would ring. And what is missing; nobody is asked."""
    states = parse_given(given or [])
    groups = parse_groups(group or [])
    server = find_server()
    answer: dict[str, Any]
    if server is not None:
        answer = Api(server).post("/check", {"who": who, "given": states, "groups": groups, "from": from_})
    elif states or groups:
        answer = _without_server(who, states, groups)
    else:
        _refuse_mistakes(who)  # they are told also while no Quorate runs
        raise gone()
    if json:
        as_json({key: answer[key] for key in SHOWN} | {key: answer[key] for key in TIMES if answer.get(key)})
    else:
        _print(answer)


def _without_server(who: str, states: dict[str, str], groups: dict[str, list[str]]) -> dict[str, Any]:
    """As the server would answer, about the people that are given."""
    from quorate.rules.check import offline_check
    from quorate.server.checking import judged

    known = {name: Availability(state) for name, state in states.items()}
    judge = partial(offline_check, given=known, groups=groups)
    meeting, now, zone = _read(who)
    answer: dict[str, Any] = to_jsonable_python(judged(meeting, judge, now, zone).as_json())
    return answer


def _read(who: str) -> "tuple[NewMeeting, datetime, tzinfo]":
    """What is asked for, as of now, in this machine's time zone; raises Refused."""
    from quorate.server.checking import is_line, line_of
    from quorate.server.meetings import NewMeeting
    from quorate.server.zones import system_zone

    now, zone = datetime.now(UTC), system_zone()
    return line_of(who, now, zone) if is_line(who) else NewMeeting(who=who), now, zone


def _refuse_mistakes(who: str) -> None:
    from quorate.rules.parser import parse_who

    meeting, _, _ = _read(who)
    parse_who(meeting.who, column=meeting.who_column)


def _print(answer: dict[str, Any]) -> None:
    heads = {"yes": "Yes, this could work now.", "no": "Not now.", "unknown": "Cannot tell yet."}
    typer.echo(heads[answer["verdict"]])
    if answer["ring"]:
        typer.echo(f"Would ring {', '.join(answer['ring'])}. Nobody is asked yet.")
    for line in answer["missing"]:
        typer.echo(line)
    if answer.get("rings_then"):
        typer.echo(f"As things are now it would ring {', '.join(answer['rings_then'])} then.")
    for instead in answer.get("else") or ():
        would = [f"would ring {', '.join(instead['ring'])}"] if instead["ring"] else instead["missing"]
        typer.echo(f"Else, at {clock(instead['at'])}: {instead['who']}: {'; '.join(would)}.")
    if answer.get("ends") and not answer.get("else"):
        typer.echo(f"Ends {clock(answer['ends'])}.")


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
