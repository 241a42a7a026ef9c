"""How the CLI prints: one JSON document, or short lines for people."""

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import typer

STATES = {"candidate": "not asked", "sent": "being asked", "queued": "being asked", "accepted": "said yes"}
REASONS = {"held": "asked for something else", "organiser-away": "you are away"}
STREAMS = {"frozen": "reads on, adds nothing", "blind": "forwards only"}
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86400


_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")
"""What a name or a subject may not do to the terminal it is printed on."""


def say(text: str) -> None:
    """A line for people, in which nothing that others wrote moves the cursor, colours or turns round."""
    typer.echo(_CONTROL.sub("�", text))


def as_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def age(seconds: float) -> str:
    """``8 s``, ``25 min``, ``4 h``, ``3 d``."""
    seconds = max(0, seconds)
    if seconds < MINUTE_S:
        return f"{seconds:.0f} s"
    if seconds < HOUR_S:
        return f"{seconds / MINUTE_S:.0f} min"
    if seconds < DAY_S:
        return f"{seconds / HOUR_S:.0f} h"
    return f"{seconds / DAY_S:.0f} d"


def since(moment: str | None) -> str:
    """How long ago an RFC 3339 time was."""
    if moment is None:
        return ""
    return age((datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds())


def clock(moment: str | None) -> str:
    """An RFC 3339 time as local clock time, with the day if it is not today."""
    if moment is None:
        return ""
    local = datetime.fromisoformat(moment).astimezone()
    today = datetime.now().astimezone().date()
    return local.strftime("%H:%M:%S" if local.date() == today else "%a %H:%M")


def columns(rows: Iterable[Sequence[str]]) -> None:
    """Aligned columns, the last one free."""
    rows = [tuple(row) for row in rows]
    if not rows:
        return
    widths = [max(_cells(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        filled = (cell + " " * (width - _cells(cell)) for cell, width in zip(row, widths, strict=True))
        say("  ".join(filled).rstrip())


def _cells(text: str) -> int:
    """How many cells of a terminal it takes: East Asian letters and emoji two (UAX #11), accents none."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


def _beside(person: dict[str, Any]) -> str:
    """Why somebody is not asked, else how available they are; nothing that the state says already."""
    said = person.get("reason") or person.get("availability") or ""
    return "" if said == person["state"] else REASONS.get(said, said)


def stream_text(stream: dict[str, Any]) -> str:
    """What the stream does less than it could, why, and the name of the reason."""
    reason = stream["reason"]
    why = f"{stream.get('reason_text') or ''} ({reason})".lstrip() if reason else ""
    less = STREAMS.get(stream["state"])
    return f"{less}: {why}" if less and why else less or why


def activity_line(activity: dict[str, Any]) -> tuple[str, str, str, str]:
    taken = sum(p["taken"] for p in activity.get("places", []) if not p.get("optional"))
    need = sum(p["need"] for p in activity.get("places", []) if not p.get("optional"))
    about = f"“{activity['about']}”" if activity.get("about") else activity["who"]
    return activity["id"], activity["state"], f"{taken}/{need}", about


def activity_text(activity: dict[str, Any]) -> None:
    """One activity for people: what, who, what comes next."""
    ident, state, tally, about = activity_line(activity)
    say(f"{ident} {about}: {state}, {tally}. Needs {activity['who']}.")
    if activity.get("reason_text"):
        say(f"  {activity['reason_text']}")
    columns(
        ("  " + p["name"], STATES.get(p["state"], p["state"]), _beside(p), clock(p["at"]))
        for p in activity["people"]
    )
    if upcoming := activity.get("next"):
        when = f" at {clock(upcoming['at'])}" if upcoming.get("at") else ""
        say(f"  Next{when}: {upcoming['reason']}")
    if activity["state"] in ("waiting", "ringing"):
        _times(activity)
    if activity.get("room"):
        say(f"  Your link: {activity['room']['url']}")


def _times(activity: dict[str, Any]) -> None:
    """Its hours, when it ends, and who is asked instead then."""
    if window := activity.get("window"):
        say(f"  Only {window['text']}.")
    if not activity.get("deadline"):
        return
    if instead := activity.get("else"):
        say(f"  Else, at {clock(activity['deadline'])}: {instead[0]['who']}.")
    else:
        say(f"  Ends {clock(activity['deadline'])}.")
