"""What the companion answers in its own chat: lists, help, confirmations."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo

from quorate.errors import QuorateError, Refused
from quorate.model.activity import Activity, ActivityState
from quorate.model.availability import TraceLine, Verdict
from quorate.model.command import MeState
from quorate.model.person import Person
from quorate.talk.organiser import tally_text
from quorate.talk.reasons import reason_text
from quorate.talk.wording import (
    begins,
    clock_text,
    ends,
    hours,
    otherwise,
    sentence_row,
    span_text,
    title,
)

NOTHING = 'Nothing is under way. Start something: meet bob about "release 2.4"'
NOBODY = "You have no contacts yet. People appear when your client has loaded its contact list."
MISTAKE = "Quorate made a mistake with this; your chat is not affected. What is under way: status"

DONE_BEFORE = "That was done when you typed it first. What is under way: status"
TOO_LATE = (
    "Quorate's server hung when you typed that, and it was not done. Type it again if you still want it."
)

HELP = """What I understand:
  meet WHO [now | asap | at 14:00] [as KIND] [about TEXT] [within 10m | before fri 18:00] [urgent]
      [on weekdays] [between 18:00 and 20:30] [else WHO]
  who [WHO] · status [ID] · explain ID · cancel ID · extend ID 10m · take ID NAME
  watch NAME · me available | busy | away [until 14:00 | for 1h]
WHO: bob and (carol or dave), 2 of @dba, any of (bob, carol), optional eve
More: help meet, help who … This chat stays between your client and me."""

HELP_VERBS: Mapping[str, str] = {
    "meet": """meet WHO [now | asap | at TIME] [as KIND] [about TEXT] [within DURATION | before TIME] [urgent]
 [on DAYS] [between TIME and TIME] [else WHO [within DURATION | before TIME]]
I ask exactly the people needed, when it can work, and open a room when enough said yes.
  meet bob about "release 2.4"
  meet 2 of @dba and (lena or omar) within 10m urgent
  meet most of @board, optional eve before fri 18:00
  meet mum, dad and any of @kids as video on weekdays between 18:00 and 20:30
  meet bob at 14:00 within 10m else carol or dave
WHO: names, @groups, “and”, “or” (in order of preference), “2 of @group”, “any of (bob, carol)”, “optional”.
“at TIME”: nobody is asked before; given up an hour later, unless you say “within” or “before”.
“on DAYS”, “between …”: nobody is asked outside of these hours. DAYS: mon, wed · mon-fri · weekdays.
“else WHO”: asked instead when the time is over, for as long again or as you say after it.
KIND: chat, call, video, board, review URL, link URL. “now”: at once or not at all.
“without me”: you do not take part yourself.""",
    "who": "who [WHO]\nWho is available, and how I know. For example: who bob — or: who @dba",
    "status": "status [ID]\nWhat is under way. For example: status — or: status Q7",
    "explain": "explain [ID]\nWhy it is where it is, and what comes next. For example: explain Q7",
    "cancel": "cancel [ID]\nStop it; everybody who was asked is told. For example: cancel Q7",
    "extend": "extend [ID] DURATION\nGive it more time. For example: extend Q7 10m",
    "take": "take [ID] NAME\nWho said “in 5m” is taken at their word, now. For example: take Q7 bob",
    "watch": "watch NAME\nI tell you once when they are available. For example: watch bob",
    "me": "me available | busy | away [until TIME | for DURATION]\nFor example: me busy until 14:00",
    "help": "help [VERB]\nFor example: help meet",
}


def error_text(error: QuorateError) -> str:
    """What went wrong and what to do; the mended line ready to copy."""
    suggestion = error.suggestion if isinstance(error, Refused) else None
    text = sentence_row(error.problem, error.remedy)
    return text if not suggestion or suggestion in text else f"{text}\nDid you mean: {suggestion}"


def who_text(people: Sequence[tuple[Person, Verdict]], now: datetime, zone: tzinfo = UTC) -> str:
    """One line each: ``bob: available (alice@example.org's stream, 12 s ago)``."""
    return "\n".join(_person_line(person, verdict, now, zone) for person, verdict in people) or NOBODY


def _person_line(person: Person, verdict: Verdict, now: datetime, zone: tzinfo) -> str:
    name = person.key if person.name.casefold() == person.key else f"{person.key} ({person.name})"
    until = f" until {clock_text(verdict.until, now, zone)}" if verdict.until else ""
    shown = next((line for line in verdict.trace if line.used), None)
    if shown is None and verdict.trace:
        shown = max(verdict.trace, key=lambda line: line.at)
    return f"{name}: {verdict.availability}{until}{f' ({_evidence(shown)})' if shown else ''}"


def _evidence(line: TraceLine) -> str:
    pieces = [line.source]
    if not line.used or line.says not in ("available", "away", "busy", "offline"):
        pieces.append(line.says)
    if line.asked:
        pieces.append("asked")
    pieces.append("just now" if line.age_s < 1 else f"{span_text(line.age_s)} ago")
    return ", ".join(pieces)


def status_list(activities: Sequence[Activity], now: datetime | None = None, zone: tzinfo = UTC) -> str:
    """One line for each activity."""
    return "\n".join(_status_line(a, now, zone) for a in activities) or NOTHING


def _status_line(activity: Activity, now: datetime | None, zone: tzinfo) -> str:
    head = f"{title(activity)}: {activity.state}"
    if activity.state.over:
        return sentence_row(f"{head}.", reason_text(activity.reason) if activity.reason else "")
    if activity.state is ActivityState.LIVE:
        return f"{head}, {len(activity.joined)} in the room."
    times = [begins(activity, now, zone), hours(activity), ends(activity, now, zone)] if now else []
    return sentence_row(f"{head}, {tally_text(activity)}.", *times)


def cancelled(activity: Activity) -> str:
    """Says who heard of it."""
    if activity.live_at:
        return f"{title(activity)} is over; the room is closed."
    told = sum(1 for i in {i.person: i for i in activity.invitations}.values() if i.sent_at)
    people = "Nobody was asked." if not told else "The one asked was told." if told == 1 else ""
    return sentence_row(f"{title(activity)} is cancelled.", people or f"The {told} people asked were told.")


def extended(activity: Activity, now: datetime | None = None, zone: tzinfo = UTC) -> str:
    if activity.deadline is None or now is None:
        return f"{title(activity)} has more time now."
    if activity.fallbacks:
        return sentence_row(f"{title(activity)} has more time now.", otherwise(activity, now, zone))
    return f"{title(activity)} now ends {clock_text(activity.deadline, now, zone)}."


def me_text(
    state: MeState, until: datetime | None = None, now: datetime | None = None, zone: tzinfo = UTC
) -> str:
    ends_at = f" until {clock_text(until, now, zone)}" if until and now else ""
    effect = {
        MeState.AVAILABLE: "You can be asked.",
        MeState.BUSY: "Nobody is rung for you meanwhile.",
        MeState.AWAY: "Nobody is rung for you meanwhile.",
    }[state]
    return f"Noted: you are {state}{ends_at}. {effect}"


def watching(person: Person, *, available: bool) -> str:
    if available:
        return f"{person.key} is available now."
    return f"I tell you when {person.key} is available."


def now_available(person: Person) -> str:
    """The answer to ``watch NAME``, once it is so."""
    return f"{person.key} is available now. Ask: meet {person.key}"


def companion_status(waiting: int, ringing: int, live: int) -> str:
    """The companion's presence text: ``1 ringing, 2 waiting``."""
    counts = ((ringing, "ringing"), (waiting, "waiting"), (live, "live"))
    return ", ".join(f"{count} {what}" for count, what in counts if count) or "meet WHO about TEXT"


def help_text(about: str | None) -> str:
    return HELP if about is None else HELP_VERBS.get(about, HELP)
