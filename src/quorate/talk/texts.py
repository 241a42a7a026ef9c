"""What people who are asked read, in their own client, from the organiser's account.

Never who else was asked or said no; "with you and carol" names only people needed at this moment.
``notice`` is a name from quorate.activity.effects.Notice.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo

from quorate.model.activity import Activity, ActivityState, Happened
from quorate.model.command import Kind
from quorate.model.reasons import Reason
from quorate.model.requirement import AllOf, CountOf, Group, Name, OneOf, Optional, Part
from quorate.rules.forms import people_in
from quorate.rules.places import places
from quorate.rules.text import clause_text
from quorate.rules.windows import window_text
from quorate.talk.wording import (
    PREFIX,
    clock_text,
    joined,
    quoted_about,
    sentence_row,
    short_name,
    span_text,
)

HOW = "Reply yes, no, or: in 10m"
HOW_REVIEW = "Reply yes, no, conflict, or: in 10m"
WHEN_THROUGH = "When you are through, reply: done"
HOW_URGENT = "Reply: yes | no | in 5m | sub NAME | why"

_WISH: Mapping[Kind, str] = {
    Kind.CHAT: "talk now with {you}",
    Kind.CALL: "have a call now with {you}",
    Kind.VIDEO: "have a video call now with {you}",
    Kind.BOARD: "work on a board now with {you}",
    Kind.REVIEW: "go through {target} now with {you}",
    Kind.LINK: "meet now at {target} with {you}",
}


def invitee_text(
    notice: str,
    activity: Activity,
    person: str,
    *,
    now: datetime,
    link: str | None = None,
    zone: tzinfo = UTC,
) -> str:
    """The message for one person asked; ``link`` is their own link into the room."""
    return _NOTICES[notice](_Reader(activity, person, now, link or "", zone))


def echo_text(notice: str, activity: Activity, person: str) -> str | None:
    """A short line in the companion's chat, so that the organiser sees what was sent in their name."""
    who, what = short_name(person), f"{activity.id}: "
    lines = {
        "invite": f"{what}asked {who}.",
        "still-there": f"{what}asked {who} whether they are still there.",
        "covered": f"{what}told {who} that it is covered.",
        "cancelled": f"{what}told {who} that it is off.",
        "expired": f"{what}told {who} that it is off.",
    }
    return lines.get(notice)


class _Reader:
    """One person reading about one activity."""

    def __init__(self, activity: Activity, person: str, now: datetime, link: str, zone: tzinfo) -> None:
        self.activity = activity
        self.person = person
        self.now = now
        self.link = link
        self.zone = zone

    @property
    def subject(self) -> str:
        """``"release 2.4"`` or ``it``."""
        return quoted_about(self.activity) or "it"

    def wanted(self) -> list[str]:
        """The others needed at this moment: in, or rung with this person."""
        latest = {i.person: i for i in self.activity.invitations}
        now_in = frozenset(self.activity.accepted)
        asked = {key for key, i in latest.items() if i.open and not i.optional}
        return [
            short_name(key)
            for key in people_in(self.activity.requirement)
            if key != self.person and (key in now_in or key in asked)
        ]

    def has(self, what: Happened) -> bool:
        """Whether that happened to this person."""
        return any(line.what is what and self.person in line.people for line in self.activity.log)

    def clause(self) -> Part | None:
        """The first clause that can name this person."""
        parts = self.activity.requirement.parts
        return next((p for p in parts if self.person in people_in(p)), None)


def _invite(reader: _Reader) -> str:
    activity = reader.activity
    if activity.urgent:
        need = _need(reader)
        head = f"{PREFIX} {activity.organiser.name} asks you NOW"
        about = f": {quoted_about(activity)}" if activity.about else ""
        return sentence_row(f"{head}{about}{f' ({need})' if need else ''}.", _despite(reader), HOW_URGENT)
    wish = _WISH[activity.kind].format(
        you=joined(["you", *reader.wanted()]), target=activity.target or "something"
    )
    about = f": {quoted_about(activity)}" if activity.about else ""
    how = HOW_REVIEW if activity.kind is Kind.REVIEW else HOW
    return f"{PREFIX} I'd like to {wish}{about}. {how}"


def _despite(reader: _Reader) -> str:
    """Why somebody is asked who does not want to be disturbed."""
    latest = reader.activity.latest(reader.person)
    if latest is None or latest.despite is None:
        return ""
    said = "These are your quiet hours" if latest.despite is Reason.QUIET else "You are on do-not-disturb"
    return (
        f"{said}; {reader.activity.organiser.name} is on your list of those who may ask all the same, once."
    )


def _need(reader: _Reader) -> str:
    """``2 of @dba needed``; nothing if the person is named."""
    part = reader.clause()
    inside = part.part if isinstance(part, Optional) else part
    return f"{clause_text(inside)} needed" if isinstance(inside, CountOf) and _anonymous(inside) else ""


def _anonymous(part: Part) -> bool:
    """Whether its text names no person."""
    match part:
        case Group():
            return True
        case CountOf(of=Group()):
            return True
    return False


def _accepted(reader: _Reader) -> str:
    opens = "You are in. The room opens when enough said yes"
    if reader.has(Happened.TAKEN):
        opens = f"{PREFIX} {reader.activity.organiser.name} takes you at your word. {opens}"
    if reader.activity.window:
        opens += f", {window_text(reader.activity.window)}"
    return f"{opens}: {reader.link}" if reader.link else f"{opens}."


def _still_there(reader: _Reader) -> str:
    subject = quoted_about(reader.activity) or "It"
    return f"{PREFIX} {subject} can start now. Still there? yes | no"


def _link(reader: _Reader) -> str:
    others = reader.wanted()
    with_whom = f" with {joined(others)}" if others else ""
    subject = f" for {quoted_about(reader.activity)}" if reader.activity.about else ""
    if reader.activity.kind is Kind.LINK and reader.activity.target:
        where = f"{reader.activity.target} (who is there: {reader.link})"
        return f"{PREFIX} It is on now{subject}{with_whom}: {where}"
    opened = f"{PREFIX} The room{subject} is open{with_whom}: {reader.link}".rstrip(": ")
    return sentence_row(opened, WHEN_THROUGH if reader.activity.kind is Kind.REVIEW else "")


def _off(how: str) -> Callable[[_Reader], str]:
    def text(reader: _Reader) -> str:
        subject = quoted_about(reader.activity) or "It"
        return f"{PREFIX} {subject} {how}, nothing to do."

    return text


def _covered(reader: _Reader) -> str:
    """Who wanted to come later did answer."""
    if reader.has(Happened.LATER):
        return f"{PREFIX} {quoted_about(reader.activity) or 'It'} is covered by someone else. Thanks."
    return _off("is covered")(reader)


def _cancelled(reader: _Reader) -> str:
    failed = reader.activity.state is ActivityState.FAILED
    return _off("does not take place" if failed else "is cancelled")(reader)


def _late(reader: _Reader) -> str:
    by = _covered_by(reader)
    since = reader.activity.live_at
    ago = f" {span_text((reader.now - since).total_seconds())} ago" if since else ""
    return f"Covered{f' by {by}' if by else ''}{ago}. Join anyway? yes | no"


def _covered_by(reader: _Reader) -> str:
    """Who has this person's place, if exactly one can be meant."""
    part = reader.clause()
    if part is None:
        return ""
    clause = reader.activity.requirement.parts.index(part)
    here = places(reader.activity.requirement, frozenset(reader.activity.accepted))[clause]
    holders = [p for p in here.people[: here.need] if p in reader.activity.accepted and p != reader.person]
    return joined([short_name(p) for p in holders])


def _over(reader: _Reader) -> str:
    at = reader.activity.ended_at
    ended = f" {span_text((reader.now - at).total_seconds())} ago" if at else ""
    subject = quoted_about(reader.activity) or "It"
    return f"{subject} ended{ended}, nothing to do."


def _later_noted(reader: _Reader) -> str:
    latest = reader.activity.latest(reader.person)
    at = f" at {clock_text(latest.until, reader.now, reader.zone)}" if latest and latest.until else " then"
    return f"Noted. I ask you again{at} if you are still needed."


def _why(reader: _Reader) -> str:
    activity = reader.activity
    subject = f" about {quoted_about(activity)}" if activity.about else ""
    return sentence_row(
        f"{activity.organiser.name} would like to talk{subject} and {_because(reader)}.",
        "Quorate asks, through this chat, only those needed, and opens a room when enough said yes.",
        f"{HOW}. Never again: stop",
    )


def _because(reader: _Reader) -> str:
    match reader.clause():
        case Name() | Optional(Name()):
            return "named you"
        case CountOf(of=Group(name=name)) as part:
            return f"needs {clause_text(part)}; you are in @{name}"
        case Group(name=name):
            return f"needs everybody of @{name}"
        case OneOf() | AllOf() | CountOf():
            return "named you as one of those who can help"
    return "thinks you can help"


def _not_needed(reader: _Reader) -> str:
    subject = quoted_about(reader.activity) or "It"
    return f"{subject} did not come about in time, others are asked now. Nothing to do."


def _conflict_noted(_reader: _Reader) -> str:
    return "Noted. You are not asked for this again; for anything else you are."


def _done_noted(reader: _Reader) -> str:
    return f"Noted, thank you. {reader.activity.organiser.name} is told that you are done."


def _stopped(_reader: _Reader) -> str:
    return "Done. I will not ask you through Quorate any more."


_NOTICES: Mapping[str, Callable[[_Reader], str]] = {
    "invite": _invite,
    "accepted": _accepted,
    "link": _link,
    "still-there": _still_there,
    "covered": _covered,
    "cancelled": _cancelled,
    "expired": _off("did not come about in time"),
    "late": _late,
    "over": _over,
    "not-needed": _not_needed,
    "conflict-noted": _conflict_noted,
    "done-noted": _done_noted,
    "later-noted": _later_noted,
    "why": _why,
    "stopped": _stopped,
}
