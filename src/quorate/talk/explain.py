"""Why an activity is where it is, in sentences for its organiser: `explain`, the time line, the next step."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo

from quorate.model.activity import Activity, ActivityState, Happened, InvitationState, LogLine
from quorate.model.reasons import Reason
from quorate.model.requirement import OneOf, Optional
from quorate.rules.forms import people_in
from quorate.talk.organiser import LATER_ON, tally_text
from quorate.talk.reasons import beside_text, reason_text
from quorate.talk.standing import Standing, Standings
from quorate.talk.wording import (
    capital,
    clock_text,
    hours,
    joined,
    otherwise,
    sentence_row,
    short_name,
    span_text,
    title,
)

NO_TIMER = "Next timer: none."

_STATES: Mapping[ActivityState, str] = {
    ActivityState.WAITING: "is waiting",
    ActivityState.RINGING: "is ringing",
    ActivityState.LIVE: "is live",
    ActivityState.ENDED: "ended",
    ActivityState.EXPIRED: "expired",
    ActivityState.CANCELLED: "was cancelled",
    ActivityState.FAILED: "failed",
}


def explain_lines(
    activity: Activity,
    people: Sequence[Standing],
    *,
    now: datetime,
    held_up: Reason | None = None,
    held_until: datetime | None = None,
    next_kind: str | None = None,
    next_at: datetime | None = None,
    next_person: str = "",
    zone: tzinfo = UTC,
) -> tuple[str, ...]:
    """Where it stands, what became of everybody asked, who cannot be asked, and what comes next."""
    standings = Standings(activity, people, now=now, zone=zone)
    lines = [_where(standings, held_up, held_until), _became(standings), _cannot(standings)]
    if not activity.state.over and activity.live_at is None:
        lines.append(sentence_row(hours(activity), otherwise(activity, now, zone)))
    if next_kind is None or next_at is None:
        lines.append(NO_TIMER)
    else:
        away = standings.away(next_person)
        instead = activity.fallbacks[0].who if activity.fallbacks else ""
        lines.append(
            next_text(next_kind, next_at, person=next_person, away=away, instead=instead, now=now, zone=zone)
        )
    return tuple(line for line in lines if line)


def next_text(
    kind: str,
    at: datetime,
    *,
    person: str = "",
    away: bool = False,
    instead: str = "",
    now: datetime,
    zone: tzinfo = UTC,
) -> str:
    """``Next, in 21 s: if kofi does not answer, somebody else is asked.``

    ``kind`` is a name from quorate.activity.timing.TimerKind.
    """
    left = (at - now).total_seconds()
    when = f"in {span_text(left)}" if left < 3600 else f"at {clock_text(at, now, zone)}"
    clock = "" if left >= 3600 else clock_text(at, now, zone)
    return f"Next, {when}: {next_reason(kind, person, away=away, clock=clock, instead=instead)}"


def next_reason(
    kind: str, person: str = "", *, away: bool = False, clock: str = "", instead: str = ""
) -> str:
    """What happens then; ``away``: the person is not available now, ``clock``: the time, where it is told.

    ``instead``: who is required when the deadline passes.
    """
    who = short_name(person)
    again = ", once back" if away else f" at {clock}" if clock else ""
    ends = "it ends, if not enough people have said yes."
    reasons = {
        "deadline": f"if not enough people have said yes, {instead} instead." if instead else ends,
        "start": "it begins: everybody needed is asked, the moment it can work.",
        "window": "its hours begin: everybody needed is asked, the moment it can work.",
        "silence": f"if {who} does not answer, somebody else is asked, or it waits.",
        "still-there": f"if {who} does not say that they are still there, their place is open again.",
        "later": f"{who} can be asked again.",
        "ask-again": f"{who} may be asked again{again}.",
        "rung-enough": f"{who} may be asked again{again}.",
        "quiet": f"{who} may be asked: their quiet hours end.",
        "retry": "the invitations that could not leave are tried again.",
        "nobody-came": "the room closes, if nobody has come.",
    }
    return reasons.get(kind, "it is looked at again.")


def waiting_reason(
    activity: Activity,
    people: Sequence[Standing],
    *,
    now: datetime,
    held_up: Reason | None = None,
    zone: tzinfo = UTC,
) -> str:
    """What comes next while it waits for people: a sentence as those of ``next_reason``."""
    lacking = Standings(activity, people, now=now, zone=zone).lacking()
    held = reason_text(held_up) if held_up else ""
    waits = f"Missing: {lacking}." if lacking else held
    nobody = "" if activity.invitations else "Nobody has been asked yet."
    instead = otherwise(activity, now, zone)
    return sentence_row("everybody needed is asked once, the moment it can work.", waits, nobody, instead)


def _where(standings: Standings, held_up: Reason | None, held_until: datetime | None) -> str:
    activity = standings.activity
    head = f"{title(activity)} {_STATES[activity.state]}"
    if activity.state.over:
        reason = activity.reason
        told = reason_text(reason) if reason and reason is not Reason.CANCELLED else ""
        return sentence_row(f"{head}.", told)
    if activity.state is ActivityState.LIVE:
        names = joined([short_name(key) for key in activity.accepted])
        return f"{head}: {names}." if names else f"{head}."
    tally = tally_text(activity)
    lacking = standings.lacking() if activity.state is ActivityState.WAITING else ""
    if held_up in LATER_ON and held_until is not None:
        until = clock_text(held_until, standings.now, standings.zone)
        return f"{head} until {until}: {tally_text(activity)}. Nobody is asked before."
    held = reason_text(held_up) if held_up and not lacking else ""
    waits = f"Missing: {lacking}." if lacking else ""
    return sentence_row(f"{head}: {tally}.", waits, held)


def _became(standings: Standings) -> str:
    """``ines declined; lena no answer in 30 s, omar instead``."""
    activity = standings.activity
    instead = _instead(activity)
    live = activity.state is ActivityState.LIVE
    pieces = []
    for key in standings.in_state(*InvitationState):
        state = standings.state(key)
        if state is None or (live and state is InvitationState.ACCEPTED and key not in activity.joined):
            continue  # is among those it is live with
        text = f"{short_name(key)} {_state_words(activity, key, state, standings)}"
        pieces.append(f"{text}, {short_name(instead[key] or '')} instead" if key in instead else text)
    return f"{'; '.join(pieces)}." if pieces else ""


def _instead(activity: Activity) -> dict[str, str]:
    """Who said no or nothing, to who has the place: whom they suggested, or the next one after an ``or``."""
    found = {line.people[0]: line.by for line in activity.log if line.by and line.people}
    accepted = frozenset(activity.accepted)
    for part in activity.requirement.parts:
        inside = part.part if isinstance(part, Optional) else part
        here = [key for key in people_in(inside) if key in accepted]
        if isinstance(inside, OneOf) and len(here) == 1:
            others = (key for key in people_in(inside) if key not in accepted)
            found = {key: here[0] for key in others if _gave_way(activity, key)} | found
    return found


def _gave_way(activity: Activity, key: str) -> bool:
    latest = activity.latest(key)
    return latest is not None and latest.state in (InvitationState.DECLINED, InvitationState.SILENT)


def _state_words(activity: Activity, key: str, state: InvitationState, standings: Standings) -> str:
    latest = activity.latest(key)
    until = latest.until if latest else None
    if key in activity.joined:
        return "is in the room"
    if state is InvitationState.SILENT:
        if latest and latest.undelivered:
            return f"could not be asked ({reason_text(latest.reason or Reason.UNKNOWN).rstrip('.')})"
        return f"no answer in {span_text(activity.ring_s)}"
    if state is InvitationState.LATER and until:
        return f"can at {clock_text(until, standings.now, standings.zone)}"
    if latest and latest.in_question and latest.answered_at:
        ago = span_text((standings.now - latest.answered_at).total_seconds())
        return f"said yes {ago} ago and is asked whether they are still there"
    if latest and latest.open and latest.despite:
        return f"is being asked, as they let you ({beside_text(latest.despite)})"
    if latest and latest.reason is Reason.CONFLICT:
        return "has a conflict of interest"
    if key in standings.spares():
        return "is being asked (spare)"
    words = {
        InvitationState.QUEUED: "is being asked",
        InvitationState.SENT: "is being asked",
        InvitationState.ACCEPTED: "said yes",
        InvitationState.DECLINED: "declined",
        InvitationState.LATER: "can later",
        InvitationState.WITHDRAWN: "is not needed any more",
    }
    return words[state]


def _cannot(standings: Standings) -> str:
    if standings.activity.state.over:
        return ""
    never = [key for key in standings.never_asked() if standings.why_not(key)]
    return f"Cannot be asked now: {joined([standings.named(k) for k in never])}." if never else ""


def log_text(line: LogLine, activity: Activity) -> str:
    """One line of the time line, for the organiser."""
    return _LOG[line.what](line, joined([short_name(p) for p in line.people]) or "nobody", activity)


def _says(text: str) -> Callable[[LogLine, str, Activity], str]:
    """A sentence with ``{who}`` and the reason after it, if there is one; names stay as they are typed."""

    def sentence(line: LogLine, who: str, _activity: Activity) -> str:
        head = capital(text).format(who=who)
        return sentence_row(f"{head}.", reason_text(line.reason) if line.reason else "")

    return sentence


def _created(_line: LogLine, _who: str, activity: Activity) -> str:
    return f"You asked for {activity.first_who or activity.who}."


def _fell_back(line: LogLine, _who: str, _activity: Activity) -> str:
    return f"Not enough people said yes in time. Asked instead: {line.by}."


def _silent(_line: LogLine, who: str, activity: Activity) -> str:
    return f"{who} did not answer in {span_text(activity.ring_s)}."


def _substitute(line: LogLine, who: str, _activity: Activity) -> str:
    return f"{who} suggested {short_name(line.by or 'somebody')} instead."


def _covered(line: LogLine, who: str, _activity: Activity) -> str:
    by = f" by {short_name(line.by)}" if line.by else ""
    return f"Covered{by}; told {who}."


def _live(line: LogLine, who: str, activity: Activity) -> str:
    return f"Live after {_took(activity.created, line.at)}: {who} said yes. Links were sent."


def _took(start: datetime, now: datetime) -> str:
    return span_text((now - start).total_seconds())


_LOG: Mapping[Happened, Callable[[LogLine, str, Activity], str]] = {
    Happened.CREATED: _created,
    Happened.RANG: _says("rang {who}"),
    Happened.ACCEPTED: _says("{who} said yes"),
    Happened.DECLINED: _says("{who} said no"),
    Happened.CONFLICT: _says("{who} has a conflict of interest"),
    Happened.FELL_BACK: _fell_back,
    Happened.LATER: _says("{who} can later"),
    Happened.TAKEN: _says("you took {who} at their word"),
    Happened.DONE: _says("{who} is done"),
    Happened.SILENT: _silent,
    Happened.SUBSTITUTE: _substitute,
    Happened.ASKED_AGAIN: _says("all have said yes, {who} some time ago: asked whether they are still there"),
    Happened.STILL_THERE: _says("{who} is still there"),
    Happened.GONE: _says("{who} did not say that they are still there"),
    Happened.LATE_YES: _says("{who} said yes, late, and was asked whether to join anyway"),
    Happened.LATE_NO: _says("{who} said no, late"),
    Happened.COVERED: _covered,
    Happened.WITHDRAWN: _says("told {who} that nobody needs to answer any more"),
    Happened.WAITING: _says("waiting again"),
    Happened.LIVE: _live,
    Happened.JOINED: _says("{who} came into the room"),
    Happened.LEFT: _says("{who} left the room"),
    Happened.EXTENDED: _says("you gave it more time"),
    Happened.ENDED: _says("ended"),
    Happened.EXPIRED: _says("ended without starting"),
    Happened.CANCELLED: _says("cancelled"),
    Happened.FAILED: _says("given up"),
    Happened.NOT_DONE: _says("not done: asking {who}"),
}
