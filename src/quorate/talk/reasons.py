"""Every reason name as words for people: a sentence, and a few words beside a name."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Final

from quorate.model.reasons import Reason
from quorate.talk.wording import clock_text

SENTENCES: Final[Mapping[Reason, str]] = {
    Reason.TOO_EARLY: "The login on this stream is not finished.",
    Reason.NO_STREAM: "No client is connected through Quorate.",
    Reason.WAITING_FOR_TRAFFIC: "Quorate is attached, and waits for the client to send or receive something.",
    Reason.JOINING: "Quorate has joined the stream and is learning where it stands.",
    Reason.JOINED_MIDSTREAM: "Joined mid-stream: who was online before is being asked for.",
    Reason.JOINED_UNKNOWN: "Joined mid-stream, and the server has not said whose stream it is."
    " It is read when the client logs in anew.",
    Reason.BLIND: "The stream is only forwarded.",
    Reason.FROZEN: "The stream is read, but nothing is added to it.",
    Reason.STREAM_ENDED: "The stream ended.",
    Reason.RATE_LIMITED: "Too much was sent on this stream in a short time.",
    Reason.TIMEOUT: "There was no answer in time.",
    Reason.NOT_SUBSCRIBED: "They do not share their presence with you.",
    Reason.PENDING: "They have not agreed to share their presence yet.",
    Reason.BLOCKED: "You have blocked them.",
    Reason.UNREACHABLE: "They cannot be reached.",
    Reason.STALE: "What was known is too old.",
    Reason.NEVER_SEEN: "Nothing was seen of them yet.",
    Reason.NOT_XMPP: "What the client said is not XMPP.",
    Reason.NOT_WELL_FORMED: "Something on the stream is not well-formed XML.",
    Reason.UNKNOWN_NAMESPACE: "The stream speaks a protocol Quorate does not know.",
    Reason.STANZA_TOO_BIG: "A tag on the stream is longer than Quorate reads.",
    Reason.COMPRESSED: "The stream is compressed.",
    Reason.CHANNEL_BINDING: "The client binds its login to the TLS channel, which ends at Quorate. Log in"
    " again: if it insists, it is only forwarded then. To be read, such a client has to be attached to.",
    Reason.DESYNC: "The client and the server count their stanzas differently.",
    Reason.SESSION_UNKNOWN: "The client resumed a session Quorate has not seen.",
    Reason.INTERNAL_ERROR: "Quorate made a mistake on this stream.",
    Reason.UPSTREAM_UNREACHABLE: "The server cannot be reached.",
    Reason.UPSTREAM_SILENT: "The server took the connection and then said nothing.",
    Reason.UPSTREAM_CERTIFICATE: "The server's certificate could not be verified.",
    Reason.CLIENT_CERTIFICATE: "The server wants a client certificate, which cannot pass through Quorate."
    " The client's next connections are only forwarded.",
    Reason.NO_SERVER_NAME: "The client does not say which server it wants.",
    Reason.LOGIN_TIMEOUT: "The login took too long.",
    Reason.CROWDED_OUT: "Too many connections from there that did not log in.",
    Reason.CLIENT_DISTRUST: "The client does not trust Quorate's certificate.",
    Reason.STARTTLS_INJECTION: "Something was sent in clear text where encryption should have begun.",
    Reason.ORGANISER_AWAY: "You are not available.",
    Reason.NOT_YET: "It begins later.",
    Reason.OUTSIDE_WINDOW: "It is outside the hours you gave.",
    Reason.HELD: "They are being asked for something else, or on their way to it.",
    Reason.RUNG_ENOUGH: "They have been asked as often as anybody may be in an hour.",
    Reason.QUIET: "It is their quiet time.",
    Reason.DND: "They do not want to be disturbed.",
    Reason.AWAY: "They are away.",
    Reason.BUSY: "They are busy.",
    Reason.OFFLINE: "They are offline.",
    Reason.UNKNOWN: "It is not known whether they are available.",
    Reason.DECLINED: "They said no.",
    Reason.CONFLICT: "They have a conflict of interest.",
    Reason.SILENT: "They did not answer.",
    Reason.LATER: "They said they can later.",
    Reason.COVERED: "Enough others said yes.",
    Reason.CANCELLED: "It was cancelled.",
    Reason.DEADLINE: "Not enough people said yes in time.",
    Reason.NOT_NOW: "It was not possible at once.",
    Reason.NOBODY_CAME: "Nobody came into the room.",
    Reason.DONE: "Everybody who reviewed it is done.",
    Reason.LAST_LEFT: "The last one left the room.",
    Reason.ENDED_BY_ORGANISER: "The organiser ended it.",
    Reason.IMPOSSIBLE: "Too many said no.",
}

_BESIDE: Final[Mapping[Reason, str]] = {
    Reason.TIMEOUT: "no answer in time",
    Reason.NOT_SUBSCRIBED: "presence not shared",
    Reason.PENDING: "presence not shared yet",
    Reason.BLOCKED: "blocked by you",
    Reason.UNREACHABLE: "cannot be reached",
    Reason.STALE: "not known",
    Reason.NEVER_SEEN: "not known",
    Reason.UNKNOWN: "not known",
    Reason.HELD: "asked for something else",
    Reason.RUNG_ENOUGH: "asked enough for now",
    Reason.QUIET: "quiet hours",
    Reason.DND: "do not disturb",
    Reason.DECLINED: "said no",
    Reason.CONFLICT: "has a conflict of interest",
    Reason.SILENT: "no answer",
    Reason.LATER: "can later",
    Reason.COVERED: "not needed any more",
    Reason.NOT_YET: "not yet",
    Reason.OUTSIDE_WINDOW: "outside the hours given",
    Reason.NO_STREAM: "no stream to ask on",
    Reason.ORGANISER_AWAY: "waiting for you",
}


def reason_text(reason: Reason) -> str:
    """The reason as a sentence."""
    return SENTENCES.get(reason) or f"{reason.value.replace('-', ' ').capitalize()}."


def beside_text(reason: Reason) -> str:
    """A few words, without times."""
    return _BESIDE.get(reason, reason.value.replace("-", " "))


def beside(
    reason: Reason, until: datetime | None, now: datetime, zone: tzinfo, *, held_by: str | None = None
) -> str:
    """A few words for parentheses after a name: ``offline``, ``busy until 14:00``, ``asked for Q7``."""
    if reason is Reason.HELD and held_by is not None:
        return f"asked for {held_by}"
    if reason is Reason.LATER and until is not None:
        return f"can at {clock_text(until, now, zone)}"
    if reason is Reason.RUNG_ENOUGH and until is not None:
        return f"asked enough until {clock_text(until, now, zone)}"
    text = beside_text(reason)
    if until is not None and reason in (Reason.BUSY, Reason.AWAY, Reason.QUIET):
        return f"{text} until {clock_text(until, now, zone)}"
    return text
