"""The IM clients Quorate knows, and which way to capture fits each as it is found: decided from facts."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from quorate.capture.attach.facts import Elf, Facts
from quorate.capture.attach.preflight import refusal, start_refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A program people chat with."""

    title: str
    programs: tuple[str, ...]
    """Names its process and its file may have."""
    network: str = "xmpp"
    tls: str = ""
    """The library that has its streams usually; "" if that is built in, or differs."""
    system_trust: bool = True
    """It accepts what the system's certificate store accepts."""
    hookable: bool = True
    """Its TLS is in a library, not in the program itself."""


KNOWN: Final = (
    Known(title="Gajim", programs=("gajim",), tls="gnutls"),
    Known(title="Dino", programs=("dino", "dino-im"), tls="gnutls"),
    Known(title="profanity", programs=("profanity",), tls="openssl"),
    Known(title="mcabber", programs=("mcabber",), tls="gnutls", system_trust=False),
    Known(title="Pidgin", programs=("pidgin",), tls="nss"),
    Known(title="Finch", programs=("finch",), tls="nss"),
    Known(title="poezio", programs=("poezio",), tls="openssl", system_trust=False),
    Known(title="Psi", programs=("psi", "psi-plus"), tls="openssl"),
    Known(title="Swift", programs=("swift-im", "swift"), tls="openssl"),
    Known(title="Kaidan", programs=("kaidan",), tls="openssl"),
    Known(title="CoyIM", programs=("coyim",), system_trust=False, hookable=False),
    Known(title="irssi", programs=("irssi",), network="irc", tls="openssl"),
    Known(title="WeeChat", programs=("weechat", "weechat-headless"), network="irc", tls="gnutls"),
    Known(title="HexChat", programs=("hexchat",), network="irc", tls="openssl"),
    Known(title="Element", programs=("element-desktop",), network="matrix", hookable=False),
    Known(title="nheko", programs=("nheko",), network="matrix", tls="openssl"),
    Known(title="Fractal", programs=("fractal",), network="matrix", hookable=False),
    Known(title="Linphone", programs=("linphone",), network="sip"),
)
READ_NETWORKS: Final = frozenset({"xmpp"})
_NETWORK_NAMES: Final = {"irc": "IRC", "matrix": "Matrix", "sip": "SIP"}

_TLS_NAMES: Final = {"openssl": "OpenSSL", "gnutls": "GnuTLS", "nss": "NSS"}


class Way(StrEnum):
    """How a client is captured best."""

    ATTACH = "attach"
    RUN = "run"
    CAPTURE = "capture"
    LISTENER = "listener"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ability:
    """What this installation can do."""

    run: bool = True
    """The library that is put into clients is there, or can be made."""
    attach: bool = True
    """And it can be put into running ones: frida is installed."""
    redirect: bool = True
    """The kernel can redirect connections; who may ask it to is another matter."""
    im: str = "127.0.0.1:5221"
    """Where clients can connect to."""
    our_elf: Elf | None = None
    program: str = "quorate"
    """What root types for it: its path may not have ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A known client that runs, is installed, or both."""

    known: Known
    program: str
    """By which name it was found."""
    path: Path | None = None
    """Where it is installed; None if that is not known."""
    elf: Elf | None = None
    """Of the installed file; None if that is a script."""
    facts: Facts | None = None
    """Of the process, if it runs."""
    mode: str | None = None
    """How it is captured already."""


@dataclass(frozen=True, slots=True)
class Advice:
    way: Way
    command: str | None
    """To be typed as it is; None where there is nothing to type."""
    why: str
    """One or two sentences."""


def known_by(name: str) -> Known | None:
    return _BY_PROGRAM.get(name.lower())


def also_called(name: str) -> tuple[str, ...]:
    """What else the program of the client of this name may be called: Debian's Dino is ``dino-im``."""
    known = known_by(name)
    return tuple(other for other in known.programs if other != name.lower()) if known is not None else ()


def tls_of(sighting: Sighting) -> str | None:
    """The TLS library that has its streams: loaded ones if it runs, else the usual one."""
    usual = sighting.known.tls
    loaded = sighting.facts.tls if sighting.facts is not None else frozenset()
    if not loaded or usual in loaded:
        loaded = frozenset({usual} - {""})
    return ", ".join(sorted(_TLS_NAMES.get(name, name) for name in loaded)) or None


def advise(found: Sighting, ability: Ability) -> Advice:
    """The best way of those that are open, and why not a better one."""
    title, network = found.known.title, found.known.network
    if found.mode is not None:
        return Advice(Way.NONE, None, f"Captured: {found.mode}.")
    if network not in READ_NETWORKS:
        name = _NETWORK_NAMES.get(network, network)
        return Advice(Way.NONE, None, f"{title} speaks {name}, which Quorate does not read yet.")
    if found.facts is None:
        return _to_start(found, ability)
    return _running(found, found.facts, ability)


def _running(found: Sighting, facts: Facts, ability: Ability) -> Advice:
    refused = refusal(facts)
    if found.known.hookable and ability.attach and refused is None:
        command = f"quorate attach {facts.pid}"
        return Advice(Way.ATTACH, command, "It goes on running; nothing in it is set or restarted.")
    if found.known.hookable and refused is None:
        why = "Attaching to it while it runs takes frida, which is not installed: `quorate attach` says how."
    else:
        why = refused.problem if refused is not None else _built_in(found)
    if _startable(found, ability) is None and not facts.sandbox and facts.uids == {facts.our_uid}:
        return Advice(Way.RUN, _run(found), f"{why} Close it and start it so.")
    return _from_outside(found, ability, why)


def _to_start(found: Sighting, ability: Ability) -> Advice:
    why = _startable(found, ability)
    if why is None:
        return Advice(Way.RUN, _run(found), "Nothing in it is set; it is read from its first byte on.")
    return _from_outside(found, ability, why)


def _startable(found: Sighting, ability: Ability) -> str | None:
    """Why it cannot be started with our library in it; None if it can."""
    if found.path is None:
        return f"Where {found.known.title} is installed is not known."
    if not found.known.hookable:
        return _built_in(found)
    if not ability.run:
        return "The library that is put into clients is missing: it takes a C compiler once."
    refused = start_refusal(found.path, found.elf, ability.our_elf)
    return None if refused is None else refused.problem


def _from_outside(found: Sighting, ability: Ability, why: str) -> Advice:
    if ability.redirect and found.known.system_trust:
        trust = "`quorate ca --install` first."
        return Advice(Way.CAPTURE, f"sudo {ability.program} capture {found.program}", f"{why} {trust}")
    host, _, port = ability.im.rpartition(":")
    setting = f"Set it to connect to host {host}, port {port} (docs/clients.md)."
    return Advice(Way.LISTENER, None, f"{why} {setting}")


def _run(found: Sighting) -> str:
    return f"quorate run -- {found.program}"


def _built_in(found: Sighting) -> str:
    return f"{found.known.title} has its TLS built in: there is nothing to hook."


_BY_PROGRAM: Final = {program: one for one in KNOWN for program in one.programs}
