"""What a fuzzer found, as short as it gets."""

import pytest

from quorate.model.reasons import Reason
from quorate.splice.effects import StateChanged
from quorate.wire.xmpp.edit import spans
from quorate.wire.xmpp.tag import NotWellFormed
from tests.splice.script import ENABLE, ENABLED, Talk
from tests.splice.test_resumption import NOT_FOUND, SM


def test_an_element_that_only_what_follows_it_would_end() -> None:
    with pytest.raises(NotWellFormed):
        spans(b"<stream>", None)


def test_a_session_that_was_enabled_before_anybody_was_bound_is_not_resumed() -> None:
    talk = Talk()
    talk.open()
    talk.c(ENABLE)
    talk.s(ENABLED)
    virtual = talk.client().partition("id='q1.")[2].partition("'")[0]
    talk.lose()
    again = Talk(sessions=talk.sessions)
    again.open()
    again.c(f"<resume {SM} h='0' previd='q1.{virtual}'/>")
    assert again.client().endswith(NOT_FOUND)
    assert Reason.INTERNAL_ERROR not in [change.reason for change in again.saw(StateChanged)]
