"""What one piece of evidence says, in words for the trace."""

from datetime import datetime, tzinfo

from quorate.model.evidence import Evidence, Presence, Source
from quorate.model.reasons import Reason

_PRESENCE = {
    Presence.FREE: "available, free for chat",
    Presence.ONLINE: "available",
    Presence.AWAY: "away",
    Presence.XA: "away for long",
    Presence.BUSY: "busy",
    Presence.OFFLINE: "offline",
    Presence.UNREACHABLE: "cannot be reached",
    Presence.UNKNOWN: "not known",
}
_REASONS = {
    Reason.TIMEOUT: "no answer in {ask_timeout_s:g} s",
    Reason.NOT_SUBSCRIBED: "does not share presence",
    Reason.PENDING: "has not agreed to share presence yet",
    Reason.BLOCKED: "blocked",
    Reason.UNREACHABLE: "their server cannot be reached",
    Reason.STREAM_ENDED: "the stream ended",
    Reason.BLIND: "the stream is forwarded only",
    Reason.FROZEN: "the stream is read, nothing is added",
    Reason.NO_STREAM: "no open stream to ask on",
    Reason.TOO_EARLY: "login is not finished",
    Reason.RATE_LIMITED: "not asked: too many requests at once",
    Reason.NEVER_SEEN: "nothing seen yet",
    Reason.DESYNC: "the stream lost count",
}


def source_text(evidence: Evidence) -> str:
    """``alice@example.org's stream``, ``said so``, ``page open``, ``in room Q7``, ``calendar``."""
    match evidence.source:
        case Source.STREAM:
            return f"{evidence.vantage.account}'s stream" if evidence.vantage else "a stream"
        case Source.SAID:
            return "said so"
        case Source.OWN_CLIENT:
            return "page open"
        case Source.ROOM:
            return f"in room {evidence.resource}".rstrip() if evidence.resource else "in a room"
        case Source.CALENDAR:
            return "calendar"


def says_text(evidence: Evidence, now: datetime, zone: tzinfo, ask_timeout_s: float) -> str:
    """``available``, ``away, idle 20 min``, ``busy until 14:00``, ``no answer in 3 s`` …"""
    if evidence.presence is Presence.UNKNOWN and evidence.reason is not None:
        default = str(evidence.reason).replace("-", " ")
        return _REASONS.get(evidence.reason, default).format(ask_timeout_s=ask_timeout_s)
    text = _PRESENCE[evidence.presence]
    if evidence.implied:
        offline = evidence.presence is Presence.OFFLINE
        text += ", nothing seen since login" if offline else ", nothing said since Quorate joined"
    if evidence.idle_since is not None and evidence.idle_since < now:
        text += f", idle {span_text((now - evidence.idle_since).total_seconds())}"
    if evidence.until is not None:
        text += f" until {clock_text(evidence.until, now, zone)}"
    if evidence.priority < 0 and evidence.presence is not Presence.OFFLINE:
        text += ", takes no messages"
    return text


def span_text(seconds: float) -> str:
    """A length of time in its two largest units: ``20 s``, ``1 min 02 s``, ``1 h 30 min``, ``2 days``."""
    whole = max(0, round(seconds))
    minutes, left = divmod(whole, 60)
    hours, minutes_left = divmod(minutes, 60)
    days, hours_left = divmod(hours, 24)
    if days:
        head = f"{days} day{'s' if days > 1 else ''}"
        return f"{head} {hours_left} h" if hours_left else head
    if hours:
        return f"{hours} h {minutes_left} min" if minutes_left else f"{hours} h"
    if minutes:
        return f"{minutes} min {left:02} s" if left and minutes < 10 else f"{minutes} min"
    return f"{whole} s"


def clock_text(at: datetime, now: datetime, zone: tzinfo) -> str:
    """``14:00`` today, ``Fri 18:00`` within a week, else ``24 Dec 18:00``; in ``zone``."""
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    away = (local.date() - today).days
    if away == 0:
        return f"{local:%H:%M}"
    return f"{local:%a %H:%M}" if 0 < away < 7 else f"{local.day} {local:%b %H:%M}"
