"""Logins before RFC 3920: no features, no SASL, the client names its resource itself. XEP-0078."""

import pytest

from quorate.model.stream import StreamState
from quorate.splice.effects import LoggedIn
from tests.splice.script import BOB, CLIENT_HEADER, ROSTER_GET, SERVER_HEADER, Talk, roster

PASSWORD = "<password>Calli0pe</password>"


def query(inner: str) -> str:
    return f"<iq type='set' id='a2'><query xmlns='jabber:iq:auth'>{inner}</query></iq>"


def asked(inner: str) -> Talk:
    talk = Talk()
    talk.c(CLIENT_HEADER.replace(" version='1.0'", ""))
    talk.s(SERVER_HEADER.replace(" version='1.0'", ""))
    talk.c("<iq type='get' id='a1'><query xmlns='jabber:iq:auth'><username>Alice</username></query></iq>")
    talk.s("<iq type='result' id='a1'><query xmlns='jabber:iq:auth'><username/><password/></query></iq>")
    talk.hear()
    talk.c(query(inner))
    assert talk.server() == query(inner)
    return talk


def test_who_logs_in_by_the_old_protocol_is_logged_in() -> None:
    talk = asked(f"<username>Alice</username>{PASSWORD}<resource>pc</resource>")
    assert talk.saw(LoggedIn) == []
    talk.s("<iq type='result' id='a2'/>")
    assert [str(e.own) for e in talk.saw(LoggedIn)] == ["alice@example.org/pc"]
    assert talk.splice.state is StreamState.LIVE
    talk.c(ROSTER_GET)
    talk.s(roster(BOB))
    assert "quorate@quorate.invalid" in talk.client()


@pytest.mark.parametrize(
    ("inner", "answer"),
    [
        (f"<username>Alice</username>{PASSWORD}<resource>pc</resource>", "<iq type='error' id='a2'/>"),
        (f"<username>Alice</username>{PASSWORD}", "<iq type='result' id='a2'/>"),
        (PASSWORD, "<iq type='result' id='a2'/>"),
        ("", "<iq type='result' id='a2'/>"),
    ],
)
def test_nobody_is_logged_in_who_was_refused_or_has_no_name(inner: str, answer: str) -> None:
    talk = asked(inner)
    talk.s(answer)
    assert talk.client() == answer
    assert talk.saw(LoggedIn) == []
    assert talk.splice.state is StreamState.NEGOTIATING
