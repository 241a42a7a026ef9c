"""Resumption and counting that are asked for inside the login: SASL2 and Bind2. S2-1."""

import re

import pytest

from quorate.model.stream import StreamState
from quorate.splice.effects import (
    CommandTyped,
    LoggedIn,
)
from tests.splice.script import ENABLE, ENABLED, ROSTER_GET, Talk, ids
from tests.splice.test_resumption import NOT_FOUND, SM, TO_COMPANION, ack, down, enabled, up

BOUND2 = "<bound xmlns='urn:xmpp:bind:0'>{}</bound>"
SUCCESS = (
    "<success xmlns='urn:xmpp:sasl:2'><authorization-identifier>alice@example.org/pc"
    "</authorization-identifier>{}</success>"
)
AUTHENTICATE = "<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'>{}</authenticate>"
BIND2 = f"<bind xmlns='urn:xmpp:bind:0'>{ENABLE}</bind>"


def test_sasl2_resumes_inside_authenticate() -> None:
    first, virtual = enabled()
    up(first, "FIF")
    first.lose()
    again = Talk(sessions=first.sessions)
    again.open()
    again.hear()
    again.c(
        f"<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'><resume {SM} h='0' previd='{virtual}'/>"
        "</authenticate>"
    )
    assert f"<resume {SM} h='0' previd='S9'/></authenticate>" in again.server()
    again.s(f"<success xmlns='urn:xmpp:sasl:2'><resumed {SM} h='2' previd='S9'/></success>")
    seen = again.client()
    assert f"<resumed {SM} h='1' previd='{virtual}'/></success>" in seen
    assert again.saw(LoggedIn)[-1].resumed


def test_bind2_counts_from_the_end_of_authenticate_and_of_success() -> None:
    """T10: what a hasty client sends before the answer is counted, as it counts it itself."""
    talk = Talk()
    talk.open()
    talk.c(AUTHENTICATE.format(BIND2) + ROSTER_GET)
    talk.s(SUCCESS.format(BOUND2.format(ENABLED)))
    seen = talk.client()
    assert "S9" not in seen
    assert re.search(
        r"<bound [^>]*><enabled xmlns='urn:xmpp:sm:3' id='q1\.[0-9a-f]+' resume='true'/></bound>", seen
    )
    talk.s(ack(1))
    assert talk.client().endswith(ack(1))
    down(talk, "FF")
    talk.c(ack(2))
    assert talk.server().endswith(ack(2))
    assert talk.splice.state is StreamState.LIVE


@pytest.mark.parametrize("answer", ["", f"<failed {SM}/>"])
def test_bind2_without_stream_management_counts_nothing(answer: str) -> None:
    talk = Talk()
    talk.open()
    talk.c(AUTHENTICATE.format(BIND2))
    talk.s(SUCCESS.format(BOUND2.format(answer)))
    talk.hear()
    talk.s(ack(5))
    assert talk.client() == ack(5)
    assert talk.splice.state is StreamState.LIVE


def test_a_failed_resume_and_a_new_session_may_come_in_one_success() -> None:
    """XEP-0198 section 9.2: the server binds afresh at once."""
    first, virtual = enabled()
    up(first, "FWF")
    first.c(TO_COMPANION.format("m1", "meet bob"))
    first.lose()
    again = Talk(sessions=first.sessions)
    again.open()
    again.c(AUTHENTICATE.format(f"<resume {SM} h='0' previd='{virtual}'/>{BIND2}"))
    again.s(SUCCESS.format(f"<failed {SM} h='1'/>" + BOUND2.format(ENABLED)))
    seen = again.client()
    assert f"<failed {SM} h='2'/>" in seen
    assert "S9" not in seen
    assert f"id='{virtual}'" not in seen
    assert again.saw(LoggedIn)[-1].resumed is False
    again.c(TO_COMPANION.format("m1", "meet bob"))
    assert again.saw(CommandTyped) == []
    again.s(ack(0))
    assert again.client().endswith(ack(1))


def test_sasl2_with_an_unknown_session_is_told_so_in_the_success() -> None:
    """SM-8 inline: the client waits for an answer to its <resume/>."""
    talk = Talk()
    talk.open()
    talk.c(AUTHENTICATE.format(f"<resume {SM} h='0' previd='q1.x'/>" + BIND2))
    assert "resume " not in talk.server()
    talk.s(SUCCESS.format(BOUND2.format(ENABLED)))
    seen = talk.client()
    assert seen.endswith(NOT_FOUND + "</success>")
    assert talk.saw(LoggedIn)[-1].resumed is False
    assert ids(seen) == []


def test_sasl2_with_an_unknown_session_binds_instead() -> None:
    talk = Talk()
    talk.open()
    talk.hear()
    talk.c(
        f"<authenticate xmlns='urn:xmpp:sasl:2'><resume {SM} h='0' previd='q1.x'/>"
        "<bind xmlns='urn:xmpp:bind:0'/></authenticate>"
    )
    assert talk.server() == (
        "<authenticate xmlns='urn:xmpp:sasl:2'><bind xmlns='urn:xmpp:bind:0'/></authenticate>"
    )
