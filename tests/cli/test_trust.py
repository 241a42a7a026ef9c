"""`quorate ca`: print, install and forget, with a trust store of our own in the place of the system's."""

import json
import os
import sys
from pathlib import Path

import pytest

from quorate.capture.ca import open_authority
from quorate.cli import trust
from quorate.cli.main import run
from quorate.clock import SystemClock


class Machine:
    """A data directory with an authority, and a system's store that counts how often it was refreshed."""

    def __init__(
        self, home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        self.data, self.anchors, self.refreshed = home / "data", home / "anchors", home / "refreshed"
        self.anchors.mkdir()
        self.authority = open_authority(self.data, ["example.org"], SystemClock())
        refresh = home / "refresh-store"
        refresh.write_text(
            f"#!/bin/sh\nls {self.anchors} >> {self.refreshed}\necho done >> {self.refreshed}\n"
        )
        refresh.chmod(0o755)
        monkeypatch.setattr(trust, "STORES", (trust.TrustStore(self.anchors, ".crt", (str(refresh),)),))

        self._monkeypatch, self._capfd = monkeypatch, capfd

    def ca(self, option: str) -> tuple[int, str, str]:
        """Exit code, stdout, stderr."""
        self._monkeypatch.setattr(sys, "argv", ["quorate", "ca", option, "--data", str(self.data)])
        with pytest.raises(SystemExit) as ended:
            run()
        assert isinstance(ended.value.code, int)
        return ended.value.code, *self._capfd.readouterr()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Machine:
    return Machine(tmp_path, monkeypatch, capfd)


def test_print_gives_the_certificate_and_nothing_else(machine: Machine) -> None:
    assert machine.ca("--print") == (0, machine.authority.pem(), "")


def test_install_then_forget_leaves_nothing(machine: Machine) -> None:
    machine.authority.context("example.org")
    code, out, _ = machine.ca("--install")
    assert code == 0
    assert "Undo: quorate ca --forget" in out
    assert (machine.anchors / "quorate-local-ca.crt").read_text() == machine.authority.pem()
    assert machine.refreshed.read_text() == "quorate-local-ca.crt\ndone\n"
    assert machine.ca("--forget")[:2] == (0, "Forgotten. The next start makes a new certificate.\n")
    assert "There was none" in machine.ca("--forget")[1]
    assert list(machine.anchors.iterdir()) == []
    assert machine.refreshed.read_text() == "quorate-local-ca.crt\ndone\ndone\n"
    assert [path for path in machine.data.rglob("*") if path.is_file()] == []
    assert not (machine.data / "keys" / "ca.key").exists()
    fresh = open_authority(machine.data, ["example.org"], SystemClock())
    assert fresh.fingerprint() != machine.authority.fingerprint()


def test_what_is_in_use_is_not_forgotten(machine: Machine) -> None:
    """An agent without a server carries streams, too."""
    (machine.data / "agent.json").write_text(json.dumps({"pid": os.getpid(), "im": "127.0.0.1:1"}))
    code, _, err = machine.ca("--forget")
    assert code == 1
    assert "Stop it first: quorate down" in err
    assert (machine.data / "ca.pem").exists()


def test_a_store_that_is_not_known_is_a_sentence(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust, "STORES", ())
    code, _, err = machine.ca("--install")
    assert code == 1
    assert "quorate ca --print" in err
