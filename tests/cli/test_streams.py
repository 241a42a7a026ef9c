"""`quorate streams`: what each connection does less than it could, and why, in words and as JSON."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from quorate.cli import people
from quorate.cli.main import app
from quorate.model.reasons import Reason
from quorate.talk.reasons import reason_text

WRONG = reason_text(Reason.INTERNAL_ERROR)


def stream(state: str, reason: Reason | None) -> dict[str, Any]:
    return {
        "id": "s-1",
        "account": "alice@example.org",
        "mode": "attach",
        "state": state,
        "client": "profanity",
        "contacts": 3,
        "since": "2026-01-01T00:00:00Z",
        "reason": reason,
        "reason_text": reason_text(reason) if reason else None,
    }


SHOWN = {
    # name: (state, reason, what its line says)
    "live": ("live", None, "3 contacts"),
    "live, but something was lost": ("live", Reason.INTERNAL_ERROR, WRONG),
    "frozen": ("frozen", Reason.INTERNAL_ERROR, f"reads on, adds nothing: {WRONG}"),
    "blind": ("blind", Reason.COMPRESSED, "forwards only: The stream is compressed."),
    "cut": ("ended", Reason.NOT_WELL_FORMED, "Something on the stream is not well-formed XML."),
    "going to fail": ("negotiating", Reason.CHANNEL_BINDING, reason_text(Reason.CHANNEL_BINDING)),
}


@pytest.mark.parametrize(("state", "reason", "words"), SHOWN.values(), ids=SHOWN)
def test_a_stream(state: str, reason: Reason | None, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Api:
        def get(self, path: str) -> list[dict[str, Any]]:
            return [stream(state, reason)]

    monkeypatch.setattr(people, "Api", Api)
    said = CliRunner().invoke(app, ["streams"]).output
    assert f"alice@example.org  attach  {state}" in said
    assert words in said
    assert reason is None or f"({reason})" in said
    (shown,) = json.loads(CliRunner().invoke(app, ["streams", "--json"]).output)
    assert (shown["state"], shown["reason"]) == (state, reason)
