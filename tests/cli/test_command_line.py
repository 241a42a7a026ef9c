"""The command line without a server: exit codes, one JSON document, sentences with a remedy."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from quorate.cli.main import run
from quorate.cli.show import columns

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def quorate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """``quorate("check", …) -> (exit code, stdout, stderr)`` in an empty data directory."""
    for name in [n for n in os.environ if n.startswith("QUORATE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("QUORATE_DATA", str(tmp_path / "data"))

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["quorate", *words])
        with pytest.raises(SystemExit) as ended:
            run()
        out, err = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, out, err

    return call


CHECKS = {
    # name: (arguments, verdict, ring)
    "both there": (["bob and carol", "--given", "bob=available,carol=available"], "yes", ["bob", "carol"]),
    "substitute": (["bob or carol", "--given", "bob=busy,carol=available"], "yes", ["carol"]),
    "missing": (["bob and carol", "--given", "bob=offline,carol=available"], "no", []),
    "not known": (["bob and carol", "--given", "carol=available"], "unknown", []),
    "group": (
        ["2 of @dba", "--group", "dba=raj,kofi,ines", "--given", "raj=available,ines=available,kofi=away"],
        "yes",
        ["raj", "ines"],
    ),
}


@pytest.mark.parametrize(("words", "verdict", "ring"), CHECKS.values(), ids=CHECKS)
def test_check_answers_from_given_states_alone(
    quorate: Run, words: list[str], verdict: str, ring: list[str]
) -> None:
    code, out, err = quorate("check", *words, "--json")
    answer = json.loads(out)
    assert (code, answer["verdict"], sorted(answer["ring"]), err) == (0, verdict, sorted(ring), "")
    assert set(answer) == {"verdict", "ring", "missing", "trace"}


REFUSED = {
    # name: (arguments, exit code, words that must stand in the error)
    "no server": (["who", "bob"], 1, ["No Quorate is running", "quorate up"]),
    "no server, list": (["list"], 1, ["No Quorate is running"]),
    "syntax error": (["check", "bob and and carol", "--given", "bob=away"], 1, ["Column 9"]),
    "syntax error while none runs": (["check", "not bob"], 1, ["Column 5", "between “not” and “bob”"]),
    "impossible count": (["check", "4 of (a, b, c)", "--given", "a=away"], 1, ["4", "3", "Column"]),
    "group that is not given": (["check", "any of @dba", "--given", "a=away"], 1, ["@dba"]),
    "state that does not exist": (
        ["check", "bob", "--given", "bob=sleeping"],
        1,
        ["NAME=STATE", "available"],
    ),
    "group without members": (["check", "bob", "--group", "dba="], 1, ["--group dba=raj,kofi"]),
    "at a time, and now": (["meet", "bob", "--at", "14:00", "--now"], 2, ["now and at a time", "--at"]),
    "nobody is named": (["meet", " "], 2, ["WHO", "say who you need", "bob and (carol or dave)"]),
    "a whole sentence": (["meet", 'bob at 14:00 about "x"'], 2, ['“at 14:00 about "x"”', "--about"]),
    "too often else": (
        ["meet", "bob", "--within", "5m", *["--else", "kim"] * 6],
        2,
        ["--else", "at most 5 times"],
    ),
    "a group in itself": (
        ["check", "@a", "--group", "a=@b", "--group", "b=c,@A", "--given", "c=away"],
        1,
        ["A group cannot be in itself: @a → @b → @a"],
    ),
    "a group in a group that nobody knows": (
        ["check", "@a", "--group", "a=b,@c"],
        1,
        ["@a names @c, and there is no such group"],
    ),
    "no duration": (["meet", "bob", "--within", "soon"], 2, ["--within", "“soon” is no duration", "10m"]),
    "no duration of others": (
        ["meet", "bob", "--within", "5m", "--else", "kim", "--else-within", "x"],
        2,
        ["--else-within", "“x” is no duration"],
    ),
    "no more time": (["extend", "Q1", "10"], 2, ["DURATION", "“10” is no duration"]),
    "no time to begin": (["meet", "bob", "--at", "25:00"], 2, ["--at", "“25:00” is no time", "fri 18:00"]),
    "no time to end": (["meet", "bob", "--before", "late"], 2, ["--before", "“late” is no time"]),
    "no days": (["meet", "bob", "--on", "holidays"], 2, ["--on", "days of the week", "mon, wed"]),
    "no hours": (["meet", "bob", "--between", "18:00"], 2, ["--between", "two different times"]),
    "hours among the days": (
        ["meet", "bob", "--on", "mon between 9:00 and 10:00"],
        2,
        ["--on", "own option"],
    ),
    "route without a port": (["up", "--route", "example.org"], 1, ["DOMAIN=HOST:PORT"]),
    "config that does not exist": (["up", "--config", "/nonexistent/quorate.toml"], 1, ["no file"]),
    "no certificate yet": (["ca", "--print"], 1, ["quorate up"]),
    "two ca options": (["ca", "--print", "--forget"], 2, ["exactly one"]),
    "two ways to print": (["who", "--json", "--watch"], 2, ["--json"]),
    "unknown option": (["who", "--nonsense"], 2, ["--nonsense"]),
    "unknown command": (["whoo"], 2, ["whoo"]),
    "state to wait for": (["wait", "Q1", "--state", "happy"], 2, ["happy"]),
}


IN_THE_FILE = {
    "trust": (
        'trust = ["/nonexistent/ca.pem"]',
        ["quorate.toml: /nonexistent/ca.pem (from trust)"],
    ),
    "routes": (
        '[routes]\n"example.org" = "im"',
        ["quorate.toml: “im” (from [routes] example.org)"],
    ),
    "no routes": ("routes = 5", ["quorate.toml: “routes” is a section", "[routes]"]),
    "allow": ('allow = ["everybody"]', ["quorate.toml: “everybody” (from allow)", "allow = ["]),
    "no path": ("trust = [1]", ["“trust.0”", "name of a file"]),
}


@pytest.mark.parametrize(("text", "said"), IN_THE_FILE.values(), ids=IN_THE_FILE)
def test_what_stands_in_the_file_is_not_blamed_on_an_option(
    quorate: Run, tmp_path: Path, text: str, said: list[str]
) -> None:
    config = tmp_path / "quorate.toml"
    config.write_text(text)
    code, _, err = quorate("up", "--config", str(config), "--web", "127.0.0.1:0", "--im", "127.0.0.1:0")
    assert code == 1
    for words in said:
        assert words in err
    assert "--" not in err


@pytest.mark.parametrize(("words", "code", "said"), REFUSED.values(), ids=REFUSED)
def test_every_refusal_says_what_to_do(quorate: Run, words: list[str], code: int, said: list[str]) -> None:
    got, out, err = quorate(*words)
    assert got == code
    assert out == ""
    assert "Traceback" not in err
    for word in said:
        assert word in err


def test_doctor_looks_at_everything_before_the_first_start(quorate: Run) -> None:
    code, out, _ = quorate("doctor", "--json")
    findings = {finding["name"]: finding for finding in json.loads(out)}
    assert {"server", "store", "page", "IM listener", "certificate", "routes"} <= set(findings)
    assert code == (0 if all(f["ok"] for f in findings.values()) else 1)


def test_doctor_names_the_route_that_does_not_answer(quorate: Run, tmp_path: Path) -> None:
    config = tmp_path / "quorate.toml"
    config.write_text('[routes]\n"example.org" = "127.0.0.1:1"\n')
    code, out, _ = quorate("doctor", "--config", str(config), "--json")
    (route,) = [f for f in json.loads(out) if f["name"] == "route example.org"]
    assert code == 1
    assert route["ok"] is False
    assert route["remedy"]


def test_completion_for_a_shell_can_be_printed(quorate: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_QUORATE_COMPLETE", "source_bash")
    code, out, _ = quorate()
    assert code == 0
    assert "complete" in out


def test_clients_are_listed_without_a_server_as_well(
    quorate: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "bin" / "kaidan"
    installed.parent.mkdir()
    installed.write_text("#!/bin/sh\n")
    installed.chmod(0o755)
    monkeypatch.setenv("PATH", str(installed.parent))
    code, out, _ = quorate("clients", "--json")
    (kaidan,) = (client for client in json.loads(out) if client["name"] == "kaidan")
    assert code == 0
    assert (kaidan["pid"], kaidan["installed"], kaidan["mode"]) == (None, True, None)
    code, out, err = quorate("clients")
    assert "Kaidan" in out
    assert "quorate up" in err


def test_capture_says_all_that_is_missing_before_it_does_anything(quorate: Run) -> None:
    code, out, err = quorate("capture", "profanity")
    assert (code, out) == (1, "")
    assert "Nothing was captured." in err
    assert "quorate up" in err
    assert "quorate ca --install" in err


def test_doctor_prints_rules_and_nothing_else(quorate: Run) -> None:
    code, out, err = quorate("doctor", "--print-nft")
    assert (code, err) == (0, "")
    assert f"meta skuid != {os.getuid()} tcp dport {{ 5222, 5223 }} redirect to :5229" in out
    assert "nft delete table inet quorate" in out


def test_every_command_is_summed_up_in_one_whole_line(quorate: Run) -> None:
    _, out, _ = quorate("--help")
    _, commands = out.split("Commands:\n")
    assert len(commands.splitlines()) > 15
    assert [line for line in commands.splitlines() if line.endswith("...")] == []


def test_output_that_finds_no_room_is_a_sentence(quorate: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        code, _, err = quorate("check", "bob", "--given", "bob=away")
    assert code == 1
    assert "No space left" in err
    assert "Traceback" not in err


DAMAGE = {
    # name: (a line of quorate.toml, the finding, words it says)
    "certificate": ("", "certificate", "damaged"),
    "host that does not exist": ('web = "no.such.host.invalid:80"', "page", "no address of this machine"),
}


@pytest.mark.parametrize(("setting", "name", "says"), DAMAGE.values(), ids=DAMAGE)
def test_doctor_survives_what_is_wrong_and_says_it(
    quorate: Run, tmp_path: Path, setting: str, name: str, says: str
) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    (data / "ca.pem").write_text("not a certificate")
    (data / "quorate.toml").write_text(setting)
    code, out, _ = quorate("doctor", "--json")
    (finding,) = [f for f in json.loads(out) if f["name"] == name]
    assert (code, finding["ok"], says in finding["says"]) == (1, False, True)
    assert finding["remedy"]


def test_what_others_wrote_does_nothing_to_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    columns([("李小龍", "away"), ("evil\x1b[2J\u202e", "busy"), ("kim", "available")])
    assert capsys.readouterr().out == "李小龍     away\nevil�[2J�  busy\nkim        available\n"
