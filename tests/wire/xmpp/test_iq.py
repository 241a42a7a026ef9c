"""Errors, and answers about last activity (PRB-4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.model.evidence import Presence
from quorate.model.reasons import Reason
from quorate.wire.xmpp.element import parse
from quorate.wire.xmpp.iq import LastAnswer, StanzaError, parse_last, read_last, stanza_error
from quorate.wire.xmpp.tag import escape

ERRORS_NS = "urn:ietf:params:xml:ns:xmpp-stanzas"


def error(kind: str, condition: str, more: str = "") -> str:
    return (
        f"<iq type='error'><query xmlns='jabber:iq:last'/><error type='{kind}'>"
        f"<{condition} xmlns='{ERRORS_NS}'/>{more}</error></iq>"
    )


ERRORS = {
    "usual": (error("auth", "forbidden"), StanzaError("auth", "forbidden")),
    "with text": (
        error("cancel", "gone", f"<text xmlns='{ERRORS_NS}'>moved</text>"),
        StanzaError("cancel", "gone", "moved"),
    ),
    "with its own condition": (
        error("cancel", "conflict", "<special xmlns='urn:x'/>"),
        StanzaError("cancel", "conflict"),
    ),
    "empty": ("<iq type='error'><error/></iq>", StanzaError("", "undefined-condition")),
    "missing": ("<iq type='error'/>", StanzaError("", "undefined-condition")),
    "result": ("<iq type='result'/>", None),
}


@pytest.mark.parametrize(("stanza", "expected"), ERRORS.values(), ids=ERRORS.keys())
def test_errors(stanza: str, expected: StanzaError | None) -> None:
    assert stanza_error(parse(stanza.encode(), None)) == expected


def result(seconds: str) -> str:
    return f"<iq type='result'><query xmlns='jabber:iq:last' seconds='{seconds}'/></iq>"


ANSWERS = {
    "offline": (result("903"), LastAnswer(Presence.OFFLINE, 903)),
    "online": (result("0"), LastAnswer(Presence.ONLINE, 0)),
    "with a status": (
        "<iq type='result'><query xmlns='jabber:iq:last' seconds='5'>bye</query></iq>",
        LastAnswer(Presence.OFFLINE, 5),
    ),
    "not allowed on Prosody": (
        error("auth", "forbidden"),
        LastAnswer(Presence.UNKNOWN, reason=Reason.NOT_SUBSCRIBED),
    ),
    "not allowed on ejabberd": (
        error("auth", "subscription-required"),
        LastAnswer(Presence.UNKNOWN, reason=Reason.NOT_SUBSCRIBED),
    ),
    "server gone": (
        error("cancel", "remote-server-not-found"),
        LastAnswer(Presence.UNREACHABLE, reason=Reason.UNREACHABLE),
    ),
    "server slow": (
        error("wait", "remote-server-timeout"),
        LastAnswer(Presence.UNREACHABLE, reason=Reason.UNREACHABLE),
    ),
    "not implemented": (error("cancel", "service-unavailable"), LastAnswer(None)),
    "no number": (result("soon"), LastAnswer(None)),
    "negative": (result("-1"), LastAnswer(None)),
    "no query": ("<iq type='result'/>", LastAnswer(None)),
}


@pytest.mark.parametrize(("stanza", "expected"), ANSWERS.values(), ids=ANSWERS.keys())
def test_last_activity(stanza: str, expected: LastAnswer) -> None:
    assert parse_last(parse(stanza.encode(), None)) == expected


@given(st.text(max_size=30))
def test_any_number_is_read_without_an_error(seconds: str) -> None:
    answer = parse_last(parse(result(escape(seconds)).encode(), None))
    assert answer.presence in (Presence.OFFLINE, Presence.ONLINE, None)


USUAL = [
    "<iq type='result' from='bob@example.org' to='a@example.org/x' id='q1'>"
    "<query xmlns='jabber:iq:last' seconds='903'/></iq>",
    '<iq type="result" id="q1"><query seconds="0" xmlns="jabber:iq:last"></query></iq>',
    "<iq id='q' type='result' ><query xmlns='jabber:iq:last' seconds='000000000012'>at lunch</query></iq>",
]
UNUSUAL = [
    "<iq type='error'><query xmlns='jabber:iq:last' seconds='903'/></iq>",
    "<iq><query xmlns='jabber:iq:last' seconds='903'/></iq>",
    "<iq type='result'><query xmlns='jabber:iq:last'/></iq>",
    "<iq type='result'><query xmlns='jabber:iq:last' seconds='1234567890123'/></iq>",
    "<iq type='result'><query xmlns='jabber:iq:last' seconds=\"5\"/></iq>",
    "<iq type='result'><query xmlns='jabber:iq:last' seconds='5'>\u2026</query></iq>",
    "<iq type='result'><query xmlns='jabber:iq:last' seconds='5'>a &amp; b</query></iq>",
    "<iq type='result'><query xmlns='jabber:iq:last' seconds='5'/><other/></iq>",
    "<iq type='result'><query xmlns='urn:x' seconds='5'/></iq>",
]


@pytest.mark.parametrize("text", USUAL)
def test_the_usual_answer_is_read_as_a_parser_reads_it(text: str) -> None:
    assert read_last(text.encode()) == parse_last(parse(text.encode(), None))
    assert read_last(text.encode()[:-1]) is None


@pytest.mark.parametrize("text", UNUSUAL)
def test_an_unusual_answer_is_left_to_the_parser(text: str) -> None:
    assert read_last(text.encode()) is None
