"""`quorate meet` and what one does with an activity afterwards."""

import time
from typing import Annotated, Any

import typer

from quorate.cli.client import Api
from quorate.cli.options import From, Id, Json, complete_who
from quorate.cli.parsing import moment, option, seconds
from quorate.cli.show import activity_line, activity_text, as_json, clock, columns, say
from quorate.errors import NotPossible, NotSyntax
from quorate.model.command import Kind, Meet
from quorate.rules.commands import parse_command
from quorate.rules.options import MAX_OTHERWISE

TIMED_OUT = 3
OVER = ("ended", "expired", "cancelled", "failed")
POLL_S = 0.2

KindOption = Annotated[
    str, typer.Option("--as", metavar="KIND", help='chat, call, video, board, "review URL", "link URL"')
]
About = Annotated[str | None, typer.Option("--about", help="What it is about; the invited people read it.")]
Urgent = Annotated[
    bool, typer.Option("--urgent", help="Say that it is urgent, and ring one spare where several can.")
]
At = Annotated[str | None, typer.Option("--at", metavar="TIME", help="Ring nobody before: 14:00, fri 18:00.")]
Before = Annotated[
    str | None, typer.Option("--before", metavar="TIME", help="Give up then: 18:00, fri 18:00.")
]
Within = Annotated[str | None, typer.Option("--within", metavar="DURATION", help="Give up after that long.")]
Between = Annotated[
    str | None, typer.Option("--between", metavar="TIMES", help='Only in these hours: "18:00 and 20:30".')
]
On = Annotated[
    str | None, typer.Option("--on", metavar="DAYS", help='Only on these days: weekdays, "mon, wed".')
]
Else = Annotated[
    list[str] | None,
    typer.Option("--else", metavar="WHO", help="Who is asked instead when --within is over; repeatable."),
]
ElseWithin = Annotated[
    str | None, typer.Option("--else-within", metavar="DURATION", help="How long each --else has.")
]
Duration = Annotated[str, typer.Argument(metavar="DURATION", help="10m, 1h30m, 90s")]


def meet(
    who: Annotated[
        str, typer.Argument(metavar="WHO", help='e.g. "bob and (carol or dave)"', autocompletion=complete_who)
    ],
    now: Annotated[bool, typer.Option("--now", help="Now or not at all.")] = False,
    at: At = None,
    kind: KindOption = "chat",
    about: About = None,
    within: Within = None,
    before: Before = None,
    between: Between = None,
    on: On = None,
    else_: Else = None,
    else_within: ElseWithin = None,
    urgent: Urgent = False,
    from_: From = None,
    without_me: Annotated[bool, typer.Option("--without-me", help="You do not take part.")] = False,
    json: Json = False,
) -> None:
    """Ask these people, and open the room when enough said yes. Now, or as soon as it can work."""
    _refuse(who, at if now else None, else_ or [])
    each_s = None if else_within is None else seconds(else_within, "--else-within")
    body = {
        "who": who,
        "when": "now" if now else None,
        "at": None if at is None else moment(at, "--at"),
        "window": _window(on, between),
        "else": [{"who": instead, "within_s": each_s} for instead in else_ or []],
        **_kind(kind),
        "about": about,
        "within_s": None if within is None else seconds(within, "--within"),
        "before": None if before is None else moment(before, "--before"),
        "urgent": urgent,
        "from": from_,
        "without_me": without_me,
    }
    activity = Api().post("/activities", body)
    _show(activity, json)
    if activity["state"] == "failed":
        raise _over(activity)


def _refuse(who: str, at: str | None, instead: list[str]) -> None:
    """What is wrong by itself; ``at``: a time although it is to be now."""
    if at is not None:
        raise typer.BadParameter("it cannot be now and at a time.", param_hint="--at")
    _check_who(who)
    if len(instead) > MAX_OTHERWISE:
        raise typer.BadParameter(f"it can be given at most {MAX_OTHERWISE} times.", param_hint="--else")


def _check_who(who: str) -> None:
    """Refuses what says nobody, and what says more than who: typed like to the companion."""
    if not who.strip():
        raise typer.BadParameter("say who you need, e.g. bob and (carol or dave).", param_hint="WHO")
    try:
        command = parse_command(f"meet {who}")
    except NotSyntax:
        return  # the server says what is wrong, with the names it knows
    rest = who.strip().removeprefix(command.who).strip(" ,") if isinstance(command, Meet) else ""
    if rest:
        raise typer.BadParameter(
            f"“{rest}” goes into options: --at, --about, --within and so on.", param_hint="WHO"
        )


def _window(on: str | None, between: str | None) -> str | None:
    """As it is typed to the companion."""
    given = {"on": on, "between": between}
    return " ".join(option(word, text) for word, text in given.items() if text is not None) or None


def _kind(typed: str) -> dict[str, str | None]:
    """``link https://…`` as the API wants it."""
    kind, _, target = typed.strip().partition(" ")
    if kind not in list(Kind):
        raise typer.BadParameter(f"“{kind}” is not one of {', '.join(Kind)}.", param_hint="--as")
    return {"kind": kind, "target": target.strip() or None}


def _show(activity: dict[str, Any], json: bool) -> None:
    if json:
        as_json(activity)
    else:
        activity_text(activity)


def list_(
    json: Json = False,
    everything: Annotated[bool, typer.Option("--all", help="Also what is over.")] = False,
) -> None:
    """List what is waiting, ringing or live. As JSON also what is over."""
    known = Api().get("/activities")
    if json:
        as_json(known)
        return
    found = [a for a in known if everything or a["state"] not in OVER]
    if found:
        columns((*activity_line(a), f"since {clock(a['created'])}") for a in found)
    else:
        typer.echo('Nobody is being asked. Try: quorate meet "any of @dba" --about "disk full"')
    if len(found) < len(known):
        typer.echo(f"Over: {len(known) - len(found)}. To see them too: quorate list --all")


def show(id: Id, json: Json = False) -> None:
    """Show one activity."""
    _show(Api().get(f"/activities/{id}"), json)


def explain(id: Id, json: Json = False) -> None:
    """Say why an activity is where it is, and what happens next."""
    found = Api().get(f"/activities/{id}/explain")
    if json:
        as_json(found)
        return
    for line in found["lines"]:
        say(line)
    for entry in found["log"]:
        say(f"  {clock(entry['at'])}  {entry['text']}")


def cancel(id: Id, json: Json = False) -> None:
    """Call it off; whoever was asked is told. Ends the room of a live one."""
    _show(Api().post(f"/activities/{id}/cancel"), json)


def extend(id: Id, by: Duration, json: Json = False) -> None:
    """Give it more time."""
    body = {"by_s": seconds(by, "DURATION")}
    _show(Api().post(f"/activities/{id}/extend", body), json)


def take(
    id: Id,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who said “in 5m”.")],
    json: Json = False,
) -> None:
    """Take somebody who can later at their word, now."""
    _show(Api().post(f"/activities/{id}/take", {"person": name}), json)


def revoke(
    id: Id,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose link it is.")],
    json: Json = False,
) -> None:
    """End one person's room link. For one in the wrong hands; the next they are sent is another."""
    activity = Api().post(f"/activities/{id}/revoke", {"person": name})
    if json:
        as_json(activity)
    else:
        typer.echo(f"The link of {name} to {id} no longer works. The next one they are sent is another.")


def wait(
    id: Id,
    state: Annotated[str, typer.Option("--state", help="The state to wait for.")] = "live",
    timeout: Annotated[float, typer.Option("--timeout", metavar="SECONDS", min=0)] = 30.0,
    json: Json = False,
) -> None:
    """Wait until an activity is in a state. Exit code 3 if it takes too long, 1 if it ends otherwise."""
    if state not in ("waiting", "ringing", "live", *OVER):
        raise typer.BadParameter(f"“{state}” is not a state of an activity.", param_hint="--state")
    api, end = Api(), time.monotonic() + timeout
    while (found := api.get(f"/activities/{id}"))["state"] != state:
        is_over, is_late = found["state"] in OVER, time.monotonic() >= end
        if json and (is_over or is_late):
            as_json(found)
        if is_over:
            raise _over(found)
        if is_late:
            typer.echo(f"quorate: {id} is still {found['state']} after {timeout:g} s.", err=True)
            raise typer.Exit(TIMED_OUT)
        time.sleep(POLL_S)
    _show(found, json)


def _over(activity: dict[str, Any]) -> NotPossible:
    """It ended otherwise than was wished for."""
    why = activity.get("reason_text") or activity.get("reason") or "it is over"
    id, state = activity["id"], activity["state"]
    return NotPossible(f"{id} is {state}: {why}", remedy=f"See `quorate explain {id}`.")


def add_to(app: typer.Typer) -> None:
    app.command()(meet)
    app.command("list")(list_)
    app.command()(show)
    app.command()(explain)
    app.command()(cancel)
    app.command()(extend)
    app.command()(take)
    app.command()(revoke)
    app.command()(wait)
