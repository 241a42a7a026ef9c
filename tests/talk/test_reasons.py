from datetime import UTC, timedelta

import pytest

from quorate.model.reasons import Reason
from quorate.talk.reasons import SENTENCES, beside, reason_text
from tests.talk.stories import T0


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_a_sentence(reason: Reason) -> None:
    assert reason in SENTENCES
    assert reason_text(reason).endswith(".")
    assert reason_text(reason)[0].isupper()


def test_beside_a_name_it_is_short_and_has_its_end() -> None:
    at = T0 + timedelta(hours=2)
    assert beside(Reason.BUSY, at, T0, UTC) == "busy until 14:00"
    assert beside(Reason.LATER, at, T0, UTC) == "can at 14:00"
    assert beside(Reason.OFFLINE, None, T0, UTC) == "offline"
    assert beside(Reason.HELD, None, T0, UTC, held_by="Q7") == "asked for Q7"
    assert beside(Reason.HELD, None, T0, UTC) == "asked for something else"


def test_who_is_held_may_have_said_yes_already() -> None:
    assert reason_text(Reason.HELD) == "They are being asked for something else, or on their way to it."
