"""`quorate ca`: print, install and forget, with a trust store of our own in the place of the system's."""

import json
import os
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from quorate.capture.ca import open_authority
from quorate.cli import trust
from quorate.cli.main import app
from quorate.clock import SystemClock
from quorate.errors import QuorateError


class Machine:
    """A data directory with an authority, and a system's store that counts how often it was refreshed."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.data, self.anchors, self.refreshed = home / "data", home / "anchors", home / "refreshed"
        self.anchors.mkdir()
        self.authority = open_authority(self.data, ["example.org"], SystemClock())
        refresh = home / "refresh-store"
        refresh.write_text(
            f"#!/bin/sh\nls {self.anchors} >> {self.refreshed}\necho done >> {self.refreshed}\n"
        )
        refresh.chmod(0o755)
        monkeypatch.setattr(trust, "STORES", (trust.TrustStore(self.anchors, ".crt", (str(refresh),)),))

    def ca(self, option: str) -> Result:
        return CliRunner().invoke(app, ["ca", option, "--data", str(self.data)])


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def test_print_gives_the_certificate_and_nothing_else(machine: Machine) -> None:
    assert machine.ca("--print").output == machine.authority.pem()


def test_install_then_forget_leaves_nothing(machine: Machine) -> None:
    installed = machine.ca("--install")
    assert installed.exit_code == 0
    assert "Undo: quorate ca --forget" in installed.output
    assert (machine.anchors / "quorate-local-ca.crt").read_text() == machine.authority.pem()
    assert machine.refreshed.read_text() == "quorate-local-ca.crt\ndone\n"
    assert machine.ca("--forget").exit_code == 0
    assert list(machine.anchors.iterdir()) == []
    assert machine.refreshed.read_text() == "quorate-local-ca.crt\ndone\ndone\n"
    assert not (machine.data / "ca.pem").exists()
    assert not (machine.data / "keys" / "ca.key").exists()
    fresh = open_authority(machine.data, ["example.org"], SystemClock())
    assert fresh.fingerprint() != machine.authority.fingerprint()


def test_what_is_in_use_is_not_forgotten(machine: Machine) -> None:
    """An agent without a server carries streams, too."""
    (machine.data / "agent.json").write_text(json.dumps({"pid": os.getpid(), "im": "127.0.0.1:1"}))
    refused = machine.ca("--forget").exception
    assert isinstance(refused, QuorateError)
    assert refused.remedy == "Stop it first: quorate down"
    assert (machine.data / "ca.pem").exists()


def test_a_store_that_is_not_known_is_a_sentence(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust, "STORES", ())
    refused = machine.ca("--install").exception
    assert isinstance(refused, QuorateError)
    assert "quorate ca --print" in refused.remedy
