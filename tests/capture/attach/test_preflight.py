"""Who is refused before being touched, and what they are told to do."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from quorate.capture.attach.facts import Elf, Facts, elf_of, facts_of
from quorate.capture.attach.preflight import refusal, start_refusal

OURS = Elf(bits=64, machine=62)
CLIENT = Facts(
    pid=7,
    name="dino",
    uids=frozenset({1000}),
    our_uid=1000,
    elf=OURS,
    our_elf=OURS,
    glibc=True,
    tls=frozenset({"gnutls"}),
    peers=("192.0.2.1:5222",),
)

CASES: dict[str, tuple[dict[str, object], str, str]] = {
    "gone": ({"alive": False}, "There is no process 7.", "quorate attach NAME"),
    "ourselves": ({"own": True}, "is Quorate itself", "IM client"),
    "kernel": ({"kernel": True, "glibc": False}, "is a thread of the kernel", "IM client"),
    "other user": ({"uids": frozenset({1001})}, "runs as another user", "as that user"),
    "other user, asked by root": ({"our_uid": 0, "may_trace_all": True}, "as another user", "as that user"),
    "set-user-ID": ({"uids": frozenset({1000, 0})}, "runs as another user", "as that user"),
    "guarded": ({"guarded": True, "glibc": False}, "lets nobody look into it", "quorate run"),
    "stopped": ({"stopped": True, "resident": "/x/quorate_shim.so"}, "is stopped", "kill -CONT 7"),
    "flatpak": ({"sandbox": "Flatpak"}, "runs in Flatpak", "docs/clients.md"),
    "snap": ({"sandbox": "Snap"}, "runs in Snap", "docs/clients.md"),
    "32 bit": ({"elf": Elf(bits=32, machine=3)}, "is a 32-bit program", "docs/clients.md"),
    "machine": ({"elf": Elf(bits=64, machine=183)}, "another kind of processor", "docs/clients.md"),
    "musl": ({"elf": replace(OURS, musl=True), "glibc": False}, "uses musl", "docs/clients.md"),
    "static": ({"elf": Elf(bits=64, machine=62, dynamic=False)}, "linked statically", "docs/clients.md"),
    "no libc": ({"glibc": False}, "linked statically", "docs/clients.md"),
    "upgraded": ({"replaced": "/usr/bin/dino"}, "was upgraded while it runs", "Restart"),
    "traced": ({"tracer": 99}, "is being traced by process 99", "End that"),
    "scope 1": ({"ptrace_scope": 1}, "kernel.yama.ptrace_scope is 1", "quorate run"),
    "scope 2": ({"ptrace_scope": 2, "descends": True}, "kernel.yama.ptrace_scope is 2", "quorate run"),
    "scope 3": ({"ptrace_scope": 3}, "lets nobody attach", "quorate run"),
    "no connection": ({"tls": frozenset(), "peers": ()}, "it is no IM client", "quorate run"),
    "the web": ({"peers": ("192.0.2.1:443", "192.0.2.2:80")}, "it speaks HTTP", "IM client"),
}


@pytest.mark.parametrize(("change", "said", "way_out"), CASES.values(), ids=CASES)
def test_refusals(change: dict[str, object], said: str, way_out: str) -> None:
    refused = refusal(replace(CLIENT, **change))  # type: ignore[arg-type]
    assert refused is not None
    assert said in refused.problem
    assert refused.problem.count(". ") == 0
    assert way_out in refused.remedy


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"uids": frozenset({0}), "our_uid": 0, "may_trace_all": True},
        {"ptrace_scope": 1, "descends": True},
        {"ptrace_scope": 2, "may_trace_all": True},
        {"resident": "/x/quorate_shim.so", "ptrace_scope": 3, "tracer": 5},
        {"peers": ()},
        {"tls": frozenset()},
        {"peers": ("192.0.2.1:443", "192.0.2.1:5222")},
    ],
    ids=str,
)
def test_what_stands_in_nobodys_way(change: dict[str, object]) -> None:
    assert refusal(replace(CLIENT, **change)) is None  # type: ignore[arg-type]


def test_programs_that_cannot_be_started_with_a_library() -> None:
    client = Path("/usr/bin/dino")
    assert start_refusal(client, OURS, OURS) is None
    assert start_refusal(client, None, OURS) is None
    for program, elf in (
        (client, Elf(bits=64, machine=62, dynamic=False)),
        (client, Elf(bits=32, machine=3)),
        (client, replace(OURS, musl=True)),
        (client, replace(OURS, elevated=True)),
        (Path("/snap/bin/gajim"), OURS),
        (Path("/usr/bin/flatpak"), OURS),
        (Path("/var/lib/flatpak/exports/bin/org.gajim.Gajim"), None),
    ):
        refused = start_refusal(program, elf, OURS)
        assert refused is not None
        assert "docs/clients.md" in refused.remedy


def test_facts_of_this_process() -> None:
    facts = facts_of(os.getpid())
    assert (facts.alive, facts.own, facts.uids, facts.glibc) == (True, True, frozenset({os.getuid()}), True)
    assert facts.elf == facts.our_elf
    assert facts.elf is not None
    assert facts.elf.dynamic
    assert (facts.sandbox, facts.replaced, facts.tracer) == ("", "", 0)
    assert (facts.kernel, facts.stopped, facts.guarded) == (False, False, False)


def test_facts_of_nobody() -> None:
    assert not facts_of(2**22 + 1).alive
    assert elf_of(Path("/etc/passwd")) is None
