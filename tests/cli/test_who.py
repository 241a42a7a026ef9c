"""`quorate who`: why nothing is known of somebody is said in words, not by the reason's name."""

from typing import Any

import pytest
from typer.testing import CliRunner

from quorate.cli import people
from quorate.cli.main import app
from quorate.model.reasons import Reason

SHOWN = [(Reason.NEVER_SEEN, "not known"), (Reason.NO_STREAM, "no stream to ask on"), (None, "nothing known")]


@pytest.mark.parametrize(("reason", "words"), SHOWN)
def test_why_nothing_is_known_of_somebody(
    monkeypatch: pytest.MonkeyPatch, reason: Reason | None, words: str
) -> None:
    zoe: dict[str, Any] = {
        "name": "zoe",
        "availability": "unknown",
        "since": None,
        "trace": [],
        "reason": reason,
    }

    class Answers:
        def get(self, _path: str, **_question: Any) -> list[dict[str, Any]]:
            return [zoe]

    monkeypatch.setattr(people, "Api", Answers)
    said = CliRunner().invoke(app, ["who", "zoe"]).stdout
    assert said.split(maxsplit=2) == ["zoe", "unknown", f"{words}\n"]
