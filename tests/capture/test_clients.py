"""Which way fits which client: from facts alone."""

from dataclasses import replace
from pathlib import Path

import pytest

from quorate.capture.attach.facts import Elf, Facts
from quorate.capture.clients import KNOWN, Ability, Sighting, Way, advise, also_called, known_by, tls_of

X86, ARM = 62, 183
ELF = Elf(bits=64, machine=X86)
PEER = ("192.0.2.1:5222",)
GOOD = Facts(
    pid=7,
    name="profanity",
    uids=frozenset({1000}),
    our_uid=1000,
    glibc=True,
    elf=ELF,
    our_elf=ELF,
    tls=frozenset({"openssl"}),
    peers=PEER,
)
CAN = Ability(our_elf=ELF)
CANNOT = Ability(run=False, attach=False, redirect=False, im="127.0.0.1:5221", our_elf=ELF)


def sighting(name: str, facts: Facts | None = GOOD, **others: object) -> Sighting:
    known = known_by(name)
    assert known is not None
    found = Sighting(known=known, program=name, path=Path(f"/usr/bin/{name}"), elf=ELF, facts=facts)
    return replace(found, **others)  # type: ignore[arg-type]


RUNS = [
    (GOOD, CAN, Way.ATTACH, "quorate attach 7", "goes on running"),
    (GOOD, replace(CAN, attach=False), Way.RUN, "quorate run -- profanity", "frida"),
    (GOOD, CANNOT, Way.LISTENER, None, "host 127.0.0.1, port 5221"),
    (replace(GOOD, tracer=99), CAN, Way.RUN, "quorate run -- profanity", "traced by process 99"),
    (replace(GOOD, ptrace_scope=1), CAN, Way.RUN, "quorate run -- profanity", "ptrace_scope is 1"),
    (replace(GOOD, ptrace_scope=3), CAN, Way.RUN, "quorate run -- profanity", "ptrace_scope is 3"),
    (replace(GOOD, ptrace_scope=1, may_trace_all=True), CAN, Way.ATTACH, "quorate attach 7", ""),
    (replace(GOOD, replaced="/usr/bin/profanity"), CAN, Way.RUN, "quorate run -- profanity", "upgraded"),
    (replace(GOOD, sandbox="Flatpak"), CAN, Way.CAPTURE, "sudo quorate capture profanity", "Flatpak"),
    (replace(GOOD, sandbox="Snap"), replace(CAN, redirect=False), Way.LISTENER, None, "Snap"),
    (replace(GOOD, uids=frozenset({1})), CAN, Way.CAPTURE, "sudo quorate capture profanity", "another user"),
]


@pytest.mark.parametrize(("facts", "ability", "way", "command", "why"), RUNS)
def test_a_client_that_runs(facts: Facts, ability: Ability, way: Way, command: str | None, why: str) -> None:
    advice = advise(sighting("profanity", facts), ability)
    assert (advice.way, advice.command) == (way, command)
    assert why in advice.why


@pytest.mark.parametrize(
    ("facts", "elf"),
    [
        (replace(GOOD, glibc=False, elf=replace(ELF, dynamic=False)), replace(ELF, dynamic=False)),
        (replace(GOOD, elf=replace(ELF, machine=ARM)), replace(ELF, machine=ARM)),
        (replace(GOOD, elf=replace(ELF, bits=32)), replace(ELF, bits=32)),
    ],
)
def test_a_program_that_takes_no_library_in_is_redirected_or_set(facts: Facts, elf: Elf) -> None:
    found = sighting("profanity", facts, elf=elf)
    assert advise(found, CAN).way is Way.CAPTURE
    assert advise(found, replace(CAN, redirect=False)).way is Way.LISTENER


@pytest.mark.parametrize(
    ("name", "others", "ability", "way", "command"),
    [
        ("profanity", {}, CAN, Way.RUN, "quorate run -- profanity"),
        ("gajim", {"elf": None}, CAN, Way.RUN, "quorate run -- gajim"),
        ("dino", {}, replace(CAN, run=False, attach=False), Way.CAPTURE, "sudo quorate capture dino"),
        ("dino", {"path": Path("/snap/bin/dino")}, CAN, Way.CAPTURE, "sudo quorate capture dino"),
        ("mcabber", {}, replace(CAN, run=False, attach=False), Way.LISTENER, None),
        ("coyim", {}, CAN, Way.LISTENER, None),
    ],
)
def test_a_client_that_is_only_installed(
    name: str, others: dict[str, object], ability: Ability, way: Way, command: str | None
) -> None:
    advice = advise(sighting(name, None, **others), ability)
    assert (advice.way, advice.command) == (way, command)
    assert advice.why


@pytest.mark.parametrize(
    ("name", "network"), [("irssi", "IRC"), ("element-desktop", "Matrix"), ("linphone", "SIP")]
)
def test_what_quorate_does_not_read_is_listed_and_left_alone(name: str, network: str) -> None:
    for facts in (GOOD, None):
        advice = advise(sighting(name, facts), CAN)
        assert (advice.way, advice.command) == (Way.NONE, None)
        assert network in advice.why


def test_what_is_captured_needs_nothing() -> None:
    advice = advise(sighting("profanity", mode="redirect"), CAN)
    assert (advice.way, advice.command, advice.why) == (Way.NONE, None, "Captured: redirect.")


@pytest.mark.parametrize(
    ("name", "loaded", "tls"),
    [
        ("profanity", {"openssl", "gnutls"}, "OpenSSL"),  # libcurl brings the other one along
        ("profanity", {"nss"}, "NSS"),
        ("gajim", {"gnutls", "openssl"}, "GnuTLS"),
        ("linphone", {"openssl", "gnutls"}, "GnuTLS, OpenSSL"),
        ("coyim", set(), None),
        ("finch", set(), "NSS"),
    ],
)
def test_the_tls_library_is_the_usual_one_if_it_is_loaded(
    name: str, loaded: set[str], tls: str | None
) -> None:
    assert tls_of(sighting(name, replace(GOOD, tls=frozenset(loaded)))) == tls


def test_every_known_program_is_found_by_its_name() -> None:
    for known in KNOWN:
        for program in known.programs:
            assert known_by(program.upper()) is known
    assert known_by("firefox") is None


@pytest.mark.parametrize(
    ("name", "others"),
    [("dino", ("dino-im",)), ("Dino-IM", ("dino",)), ("profanity", ()), ("no-client", ())],
)
def test_one_client_has_several_names(name: str, others: tuple[str, ...]) -> None:
    assert also_called(name) == others
