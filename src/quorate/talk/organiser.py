"""What the organiser reads in the companion's chat: the start, each change of the tally, the end."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from quorate.model.activity import Activity, ActivityState, InvitationState
from quorate.model.reasons import Reason
from quorate.model.requirement import CountOf, Group, Optional, Part
from quorate.rules.forms import people_in
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
    usual_wait_s: float | None

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
    usual_wait_s: float | None = None,
    zone: tzinfo = UTC,
) -> str:
    """One line; ``people``, ``held_up``, ``held_until`` as of quorate.activity.why, ``link`` theirs.

    ``usual_wait_s``: how long the like of it took until now, if that is known.
    """
    standings = Standings(activity, people, now=now, zone=zone)
    return _NOTICES[notice](_Said(standings, held_up, held_until, link or "", person, text, usual_wait_s))


def tally_text(activity: Activity) -> str:
    """``dba 1/2, omar``: a number for what is open, names for what is met; of one group, the number alone."""
    filled = places(activity.requirement, frozenset(activity.accepted))
    clauses = [
        (part, place)
        for part, place in zip(activity.requirement.parts, filled, strict=True)
        if not place.optional
    ]
    alone = len(clauses) == 1
    return ", ".join(_clause_tally(part, place, alone=alone) for part, place in clauses)


def _clause_tally(part: Part, place: ClausePlaces, *, alone: bool) -> str:
    if place.need and place.taken >= place.need:
        return joined([short_name(p) for p in place.people[: place.need]])
    number_of = f"{place.taken}/{place.need}"
    return number_of if alone and isinstance(part, CountOf) else f"{_label(part)} {number_of}"


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
        head = f"{title(activity)}: {tally_text(activity)}."
        return sentence_row(head, _how_many(said), ringing, hours(activity), until, stop)
    waiting = f"{title(activity)}: {_waiting(said)}."
    if said.held_up in LATER_ON:
        return sentence_row(waiting, hours(activity), NOBODY_BEFORE, until, stop)
    return sentence_row(waiting, _could_now(standings), NOW_WAITING, hours(activity), until, stop)


def _spare(standings: Standings) -> str:
    spares = len(standings.spares())
    return f" ({number(spares)} spare)" if spares else ""


def _how_many(said: _Said) -> str:
    """``2 of 4 can be asked. Usual wait 50 s.``, of those one clause counts."""
    clauses = [part for part in said.activity.requirement.parts if not isinstance(part, Optional)]
    if len(clauses) != 1 or not isinstance(clauses[0], CountOf):
        return ""
    people = people_in(clauses[0])
    can = sum(1 for key in people if said.standings.can(key))
    usual = f"Usual wait {span_text(said.usual_wait_s)}." if said.usual_wait_s is not None else ""
    return sentence_row(f"{can} of {len(people)} can be asked.", usual)


def _waiting(said: _Said) -> str:
    lacking = said.standings.lacking()
    if said.held_up in LATER_ON and said.held_until is not None:
        return f"waiting until {clock_text(said.held_until, said.standings.now, said.standings.zone)}"
    if lacking:
        return f"waiting{_so_many(said.standings)} for {lacking}"
    if said.held_up is Reason.ORGANISER_AWAY:
        return "waiting until you are available yourself"
    return f"waiting ({reason_text(said.held_up).rstrip('.')})" if said.held_up else "waiting"


def _so_many(standings: Standings) -> str:
    """`` 3/5``: how many can now, where it waits for several of one group."""
    lacks = standings.lacks()
    if len(lacks) != 1 or lacks[0].need < 2 or not lacks[0].missing:
        return ""
    return f" {lacks[0].need - lacks[0].missing}/{lacks[0].need}"


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


def _can_later(said: _Said) -> str:
    """Who may be taken at their word while it goes on without them."""
    activity, standings, who = said.activity, said.standings, short_name(said.person or "")
    latest = activity.latest(said.person or "")
    when = " later"
    if latest is not None and latest.until is not None:
        when = f" in {span_text((latest.until - standings.now).total_seconds())}"
    asking = standings.in_state(*OPEN)
    meanwhile = ", asking others meanwhile." if asking else f". {capital(_waiting(said))}."
    tally = f"{tally_text(activity)}. " if activity.accepted else ""
    return f"{activity.id}: {tally}{who} can{when}{meanwhile} Take {who} now: take {activity.id} {who}"


def _substitute_waits(said: _Said) -> str:
    """Somebody suggested somebody who cannot be asked at this moment."""
    activity, standings = said.activity, said.standings
    substitute = said.text or ""
    asked = f"{short_name(substitute)} is asked once they can be."
    head = (
        f"{activity.id}: {short_name(said.person or '')} cannot and suggests {standings.named(substitute)}."
    )
    news = f"{capital(_waiting(said))}." if activity.state is ActivityState.WAITING else _news(standings)
    return sentence_row(head, asked, f"{tally_text(activity)}.", news)


def _done(said: _Said) -> str:
    """One of several is through with a review."""
    activity, who = said.activity, short_name(said.person or "")
    others = joined([short_name(key) for key in activity.accepted if key not in activity.through])
    still = f"Still at it: {others}." if others else ""
    return sentence_row(f"{title(activity)}: {who} is done.", still, _where_it_says([who]))


def _where_it_says(names: Sequence[str]) -> str:
    return f"What they say about it is in your chat with {joined(names)}." if names else ""


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
    if activity.reason is Reason.DONE:
        return _all_done(activity)
    head = f"{title(activity)} ended"
    if activity.live_at and activity.ended_at:
        head += f" after {span_text((activity.ended_at - activity.live_at).total_seconds())}"
    return sentence_row(f"{head}.", reason_text(activity.reason) if activity.reason else "")


def _all_done(activity: Activity) -> str:
    took = ((activity.ended_at or activity.created) - activity.created).total_seconds()
    names = [short_name(key) for key in activity.accepted]
    return sentence_row(
        f"{title(activity)} is done after {span_text(took)}: {', '.join(names)}.", _where_it_says(names)
    )


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
    "can-later": _can_later,
    "failed": _failed,
    "suggested": _suggested,
    "substitute-waits": _substitute_waits,
    "done": _done,
}
