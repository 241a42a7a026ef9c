"""`quorate who` and `quorate streams`: what is known about people, and through which connections."""

from typing import Annotated, Any

import typer

from quorate.cli.client import Api
from quorate.cli.options import From, Json, complete_who
from quorate.cli.show import age, as_json, columns, since, stream_text
from quorate.model.reasons import Reason
from quorate.talk.reasons import beside_text


def who(
    who: Annotated[
        str | None,
        typer.Argument(metavar="WHO", help="A name, @group or requirement.", autocompletion=complete_who),
    ] = None,
    json: Json = False,
    watch: Annotated[bool, typer.Option("--watch", help="Go on and print every change.")] = False,
    from_: From = None,
) -> None:
    """Say who is available, since when, and how Quorate knows. Asks where the stream does not say."""
    if json and watch:
        raise typer.BadParameter("--json prints one document and --watch never ends: choose one.")
    api = Api()
    people = api.get("/presence", who=who, **{"from": from_})
    if json:
        as_json(people)
        return
    _print(people)
    if not people:
        typer.echo(
            "Nobody yet: people appear when a client is connected. `quorate clients` says how.", err=True
        )
    if watch:
        _watch(api, {p["person"] for p in people} if who else None)


def _print(people: list[dict[str, Any]]) -> None:
    columns((p["name"], p["availability"], since(p["since"]), _source(p)) for p in people)


def _source(person: dict[str, Any]) -> str:
    """The evidence that counted, with its age; else why nothing did."""
    used = next((line for line in person["trace"] if line["used"]), None)
    if used is None:
        reason = person.get("reason")
        return beside_text(Reason(reason)) if reason in set(Reason) else str(reason or "nothing known")
    how = "asked on" if used["asked"] else "told by"
    origin = f"{how} {used['source']}" if "stream" in used["source"] else used["source"]
    return f"{used['says']} · {origin} {age(used['age_s'])} ago"


def _watch(api: Api, wanted: set[str] | None) -> None:
    try:
        for kind, thing in api.events():
            if kind == "person" and (wanted is None or thing["person"] in wanted):
                _print([thing])
    except KeyboardInterrupt:
        return


def streams(json: Json = False) -> None:
    """List the connections Quorate reads, and what it may do on each."""
    found = Api().get("/streams")
    if json:
        as_json(found)
        return
    if not found:
        typer.echo("No client is connected. `quorate clients` says how to connect yours.")
        return
    columns(
        (
            s["account"] or "(not logged in)",
            s["mode"],
            s["state"],
            s["client"],
            f"{s['contacts']} contact{'' if s['contacts'] == 1 else 's'}",
            since(s["since"]),
            stream_text(s),
        )
        for s in found
    )


def add_to(app: typer.Typer) -> None:
    app.command()(who)
    app.command()(streams)
