"""What the organiser reads in the companion's chat: the start, each change of the tally, the end."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from quorate.model.activity import Activity, ActivityState, InvitationState
from quorate.model.reasons import Reason
from quorate.model.requirement import CountOf, Group, Optional, Part
from quorate.rules.places import ClausePlaces, could_fill, places
from quorate.rules.text import clause_text
from quorate.talk.reasons import reason_text
from quorate.talk.standing import OPEN, Standing, Standings
from quorate.talk.wording import (
    capital,
    clock_text,
    elapsed,
    ends,
    hours,
    joined,
    number,
    sentence_row,
    short_name,
    span_text,
    title,
)

NOW_WAITING = "I will ask when it can work."
NOBODY_BEFORE = "Nobody is asked before."
LATER_ON = (Reason.NOT_YET, Reason.OUTSIDE_WINDOW)


@dataclass(frozen=True, slots=True)
class _Said:
    standings: Standings
    held_up: Reason | None
    held_until: datetime | None
    link: str
    person: str | None
    text: str | None

    @property
    def activity(self) -> Activity:
        return self.standings.activity


def organiser_text(
    notice: str,
    activity: Activity,
    *,
    people: Sequence[Standing],
    now: datetime,
    held_up: Reason | None = None,
    held_until: datetime | None = None,
    link: str | None = None,
    person: str | None = None,
    text: str | None = None,
    zone: tzinfo = UTC,
) -> str:
    """One line; ``people``, ``held_up``, ``held_until`` as of quorate.activity.why, ``link`` theirs."""
    standings = Standings(activity, people, now=now, zone=zone)
    return _NOTICES[notice](_Said(standings, held_up, held_until, link or "", person, text))


def tally_text(activity: Activity) -> str:
    """``dba 1/2, omar``: a number for what is open, names for what is met."""
    shown = [
        _clause_tally(part, place)
        for part, place in zip(
            activity.requirement.parts,
            places(activity.requirement, frozenset(activity.accepted)),
            strict=True,
        )
        if not place.optional
    ]
    return ", ".join(shown)


def _clause_tally(part: Part, place: ClausePlaces) -> str:
    if place.need and place.taken >= place.need:
        return joined([short_name(p) for p in place.people[: place.need]])
    return f"{_label(part)} {place.taken}/{place.need}"


def _label(part: Part) -> str:
    inside = part.part if isinstance(part, Optional) else part
    text = clause_text(inside)
    if isinstance(inside, CountOf) and isinstance(inside.of, Group):
        text = text.partition(" of ")[2]
    return text.removeprefix("@")


def _started(said: _Said) -> str:
    activity, standings = said.activity, said.standings
    stop = f"Stop: cancel {activity.id}"
    until = ends(activity, standings.now, standings.zone)
    asked = standings.in_state(*OPEN)
    if asked:
        ringing = f"Ringing {len(asked)}{_spare(standings)}."
        head = f"{title(activity)}: {tally_text(activity)}. {ringing}"
        return sentence_row(head, hours(activity), until, stop)
    waiting = f"{title(activity)}: {_waiting(said)}."
    if said.held_up in LATER_ON:
        return sentence_row(waiting, hours(activity), NOBODY_BEFORE, until, stop)
    return sentence_row(waiting, _could_now(standings), NOW_WAITING, hours(activity), until, stop)


def _spare(standings: Standings) -> str:
    spares = len(standings.spares())
    return f" ({number(spares)} spare)" if spares else ""


def _waiting(said: _Said) -> str:
    lacking = said.standings.lacking()
    if said.held_up in LATER_ON and said.held_until is not None:
        return f"waiting until {clock_text(said.held_until, said.standings.now, said.standings.zone)}"
    if lacking:
        return f"waiting for {lacking}"
    if said.held_up is Reason.ORGANISER_AWAY:
        return "waiting until you are available yourself"
    return f"waiting ({reason_text(said.held_up).rstrip('.')})" if said.held_up else "waiting"


def _could_now(standings: Standings) -> str:
    """Who could in the clauses that do not lack anybody."""
    ready = could_fill(standings.activity.requirement, standings.can)
    names = [short_name(key) for key in ready if standings.could(key)]
    return f"{joined(names)} could now." if names else ""


def _fell_back(said: _Said) -> str:
    """Not enough of those asked first; who is asked now."""
    activity, standings = said.activity, said.standings
    head = f"{title(activity)}: not enough people said yes in time. Now: {activity.who}."
    asked = standings.in_state(*OPEN)
    news = f"Ringing {len(asked)}." if asked else f"{capital(_waiting(said))}."
    return sentence_row(head, news, ends(activity, standings.now, standings.zone))


def _tally(said: _Said) -> str:
    activity, standings = said.activity, said.standings
    head = f"{activity.id}: {tally_text(activity)}."
    if activity.state is ActivityState.WAITING:
        news = sentence_row(_news(standings), f"{capital(_waiting(said))}.")
    else:
        news = _news(standings)
    return sentence_row(head, news, elapsed(activity.created, standings.now))


def _news(standings: Standings) -> str:
    """``One declined, asking one more.``; spare people are not counted."""
    conflicts = len(standings.conflicts())
    declined = len(standings.in_state(InvitationState.DECLINED)) - conflicts
    unasked = len(standings.undelivered())
    silent = len(standings.in_state(InvitationState.SILENT)) - unasked
    can_later = standings.in_state(InvitationState.LATER)
    asked = len(standings.in_state(*OPEN)) - len(standings.spares())
    pieces = []
    if declined:
        pieces.append(f"{number(declined)} declined")
    if conflicts:
        pieces.append(f"{number(conflicts)} {'has' if conflicts == 1 else 'have'} a conflict of interest")
    if silent:
        pieces.append(f"{number(silent)} did not answer")
    if unasked:
        pieces.append(f"{number(unasked)} could not be asked")
    pieces.extend(f"{short_name(key)} can later" for key in can_later)
    if asked:
        more = " more" if declined or conflicts or silent or unasked else ""
        pieces.append(f"asking {number(asked)}{more}")
    in_question = [short_name(key) for key in standings.in_question()]
    if in_question:
        pieces.append(f"asking {joined(in_question)} whether they are still there")
    if not pieces:
        return ""
    text = ", ".join(pieces)
    return f"{text if can_later and not (declined or conflicts or silent or unasked) else capital(text)}."


def _live(said: _Said) -> str:
    activity = said.activity
    took = (activity.live_at or said.standings.now) - activity.created
    names = _row(activity.accepted)
    return sentence_row(f"{activity.id} is live after {span_text(took.total_seconds())}: {names}.", said.link)


def _row(keys: Sequence[str]) -> str:
    return ", ".join(short_name(key) for key in keys)


def _ended(said: _Said) -> str:
    activity = said.activity
    head = f"{title(activity)} ended"
    if activity.live_at and activity.ended_at:
        head += f" after {span_text((activity.ended_at - activity.live_at).total_seconds())}"
    return sentence_row(f"{head}.", reason_text(activity.reason) if activity.reason else "")


def _failed(said: _Said) -> str:
    """Ended without starting: how far it came, who is missing, that everybody knows."""
    activity, standings = said.activity, said.standings
    by = ""
    if activity.reason is Reason.DEADLINE and activity.deadline:
        by = f" by {clock_text(activity.deadline, standings.now, standings.zone)}"
    elif activity.reason:
        by = f": {_lower(reason_text(activity.reason)).rstrip('.')}"
    head = f"{title(activity)} ended without starting{by}. Said yes: {tally_text(activity)}."
    told = "Everybody asked was told." if activity.invitations else "Nobody was asked."
    return sentence_row(head, _who_did_not(standings), told)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _who_did_not(standings: Standings) -> str:
    """``ines declined, petra is offline.``"""
    said = []
    for verb, states in (
        ("declined", (InvitationState.DECLINED,)),
        ("did not answer", (InvitationState.SILENT,)),
    ):
        names = [short_name(key) for key in standings.in_state(*states)]
        if names:
            said.append(f"{joined(names)} {verb}")
    never = [key for key in standings.never_asked() if standings.why_not(key)]
    said.extend(f"{short_name(key)}: {standings.why_not(key)}" for key in never[:6])
    return f"{', '.join(said)}." if said else ""


def _suggested(said: _Said) -> str:
    who = short_name(said.person) if said.person else "Somebody"
    named = f"“{said.text}”" if said.text else "somebody"
    return (
        f"{said.activity.id}: {who} cannot and suggests {named}, whom I cannot tell among your contacts. "
        f"Ask them yourself, or start again with: meet …"
    )


_NOTICES: Mapping[str, Callable[[_Said], str]] = {
    "started": _started,
    "fell-back": _fell_back,
    "tally": _tally,
    "live": _live,
    "ended": _ended,
    "failed": _failed,
    "suggested": _suggested,
}
