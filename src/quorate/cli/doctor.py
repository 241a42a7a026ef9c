"""`quorate doctor`: looks at everything Quorate needs and says what to do about what is wrong.

Store, certificates and settings are imported where they are used: other commands must not wait for them.
"""

import os
import socket
import ssl
import stat
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import httpx
import typer

from quorate.cli.client import Api, Server, find_server
from quorate.cli.options import DataOption, Json
from quorate.cli.show import as_json
from quorate.errors import QuorateError

if TYPE_CHECKING:
    from quorate.server.config import Settings

PROBE_S = 5.0
MAX_SKEW_S = 2.0
FEATURES_BYTES = 65536
TRANSPARENT = ("127.0.0.1:5229", "[::1]:5229")
"""Proposed where none is set."""


@dataclass(frozen=True)
class Finding:
    """One thing looked at; ``remedy`` is set if it is not ``ok``."""

    name: str
    ok: bool
    says: str
    remedy: str | None = None


def doctor(
    data: DataOption = None,
    config: Annotated[Path | None, typer.Option("--config", metavar="FILE", help="quorate.toml")] = None,
    print_nft: Annotated[
        bool, typer.Option("--print-nft", help="Print nftables rules that lead IM connections to Quorate.")
    ] = False,
    json: Json = False,
) -> None:
    """Check directory, store, ports, certificate, routes and clocks. Exit code 1 if something is wrong."""
    from quorate.server.config import load_settings

    settings = load_settings(config, {"data": data})
    if print_nft:
        typer.echo(_nft(settings), nl=False)
        return
    findings = list(examine(settings))
    if json:
        as_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            typer.echo(f"{'ok   ' if finding.ok else 'WRONG'} {finding.name}: {finding.says}")
            if finding.remedy:
                typer.echo(f"      {finding.remedy}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def _nft(settings: "Settings") -> str:
    from quorate.capture.transparent import nft_rules
    from quorate.server.config import split_endpoint

    # with sudo it is still the user who runs Quorate that counts: their directory tells
    owner = settings.data.stat().st_uid if settings.data.exists() else os.getuid()
    places = settings.transparent or TRANSPARENT
    return nft_rules([split_endpoint(place) for place in places], settings.im_ports, owner)


def examine(settings: "Settings") -> Iterator[Finding]:
    server = find_server(settings.data)
    running = _running(server)
    yield running if running else Finding("server", True, "not running; `quorate up` starts it")
    up = running is not None and running.ok
    yield _store(settings)
    yield _certificate(settings.data)
    if not up:
        yield _port("page", settings.web)
        yield _port("IM listener", settings.im)
    if settings.routes or not up:
        yield from _routes(settings)
    if server is not None and up:
        # a running server was perhaps started with other options: it answers for its ports and routes itself
        yield _clock(server)
        yield from _server_side(server)


def _running(server: Server | None) -> Finding | None:
    if server is None:
        return None
    try:
        httpx.get(f"{server.url}/healthz", timeout=PROBE_S).raise_for_status()
    except httpx.HTTPError:
        again = "Stop it and start it again: quorate down; quorate up"
        if os.environ.get("QUORATE_URL"):
            again = "That is QUORATE_URL: correct it, or unset it to look at the Quorate of this machine."
        return Finding("server", False, f"does not answer at {server.url}", again)
    return Finding("server", True, f"answers at {server.url}")


def _server_side(server: Server) -> Iterator[Finding]:
    """What only the running server knows: the agent, the streams."""
    try:
        lines = Api(server).get("/doctor")
    except QuorateError as error:
        yield Finding("API", False, error.problem, error.remedy)
        return
    for line in lines:
        yield Finding(line["name"], line["ok"], line["says"], line.get("remedy"))


def _store(settings: "Settings") -> Finding:
    from quorate.store.open import open_store

    data = settings.data
    if not data.exists():
        return Finding("store", True, f"{data} does not exist yet; the first start makes it")
    try:
        open_store(settings.store).close()
    except QuorateError as error:
        return Finding("store", False, error.problem, error.remedy)
    if stat.S_IMODE(data.stat().st_mode) & 0o077:
        return Finding("store", False, f"{data} can be read by others", f"Run: chmod 700 {data}")
    if settings.database:
        return Finding("store", True, "the database is readable, writable and of this version")
    return Finding("store", True, f"{data} is readable, writable and of this version")


def _port(name: str, endpoint: str) -> Finding:
    from quorate.server.config import split_endpoint

    host, port = split_endpoint(endpoint)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    choose = f"Choose another: quorate up {'--web' if name == 'page' else '--im'} …"
    try:
        with socket.socket(family) as probe:
            probe.settimeout(PROBE_S)
            answers = probe.connect_ex((host, port)) == 0
    except (OSError, OverflowError, UnicodeError) as error:
        return Finding(name, False, f"{endpoint} is no address of this machine: {error}", choose)
    if answers:
        return Finding(name, False, f"{endpoint} is taken, by another program or another Quorate", choose)
    return Finding(name, True, f"{endpoint} is free")


def _certificate(data: Path) -> Finding:
    from cryptography import x509

    path, key = data / "ca.pem", data / "keys" / "ca.key"
    if not path.is_file():
        return Finding("certificate", True, "not made yet; the first start makes it")
    again = "Make a new one: quorate down; quorate ca --forget; quorate up"
    try:
        found = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return Finding("certificate", False, f"{path} is damaged or cannot be read", again)
    now = datetime.now(UTC)
    if now < found.not_valid_before_utc:
        return Finding(
            "certificate", False, "is from the future: this machine's clock is wrong", "Set the clock."
        )
    if now > found.not_valid_after_utc:
        return Finding("certificate", False, "has expired", again)
    if not key.is_file() or stat.S_IMODE(key.stat().st_mode) != 0o600:
        return Finding("certificate", False, f"its key {key} is missing or readable by others", again)
    return Finding("certificate", True, f"{path} is valid until {found.not_valid_after_utc:%Y-%m-%d}")


def _routes(settings: "Settings") -> Iterator[Finding]:
    if not settings.routes:
        yield Finding("routes", True, "none given: each domain's server is found by SRV records")
    for domain, targets in settings.routes.items():
        for target in targets:
            yield _route(domain, target, settings.trust)


def _route(domain: str, target: str, trust: tuple[Path, ...]) -> Finding:
    name = f"route {domain}"
    try:
        _probe(domain, target, trust)
    except ssl.SSLCertVerificationError as error:
        says = f"{target} shows a wrong certificate: {error.verify_message}"
        return Finding(
            name, False, says, f"It must be valid for {domain}; a private authority needs --trust."
        )
    except (OSError, ValueError) as error:
        return Finding(name, False, f"{target}: {error}", "Is the address right, and does the server run?")
    return Finding(name, True, f"{target} speaks XMPP and has a valid certificate")


def _probe(domain: str, target: str, trust: tuple[Path, ...]) -> None:
    """Greet the server, start TLS and verify it; raises OSError, ssl.SSLError, ValueError."""
    from quorate.capture.tls import UpstreamTrust
    from quorate.server.config import DIRECT_TLS, route_endpoint, split_endpoint

    context = UpstreamTrust(trust).context()
    with socket.create_connection(split_endpoint(route_endpoint(target)), timeout=PROBE_S) as plain:
        if target.startswith(DIRECT_TLS):
            context.wrap_socket(plain, server_hostname=domain).close()
            return
        header = (
            f"<?xml version='1.0'?><stream:stream to='{domain}' version='1.0' "
            "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
        )
        plain.sendall(header.encode())
        _read_until(plain, b"</stream:features>")
        plain.sendall(b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        _read_until(plain, b"<proceed")
        context.wrap_socket(plain, server_hostname=domain).close()


def _read_until(plain: socket.socket, mark: bytes) -> None:
    seen = b""
    while mark not in seen:
        more = plain.recv(4096)
        if not more or len(seen) > FEATURES_BYTES:
            raise ValueError("answers, but not as an XMPP server with STARTTLS does")
        seen += more


def _clock(server: Server) -> Finding:
    answer = httpx.get(f"{server.url}/healthz", timeout=PROBE_S)
    said = parsedate_to_datetime(answer.headers["date"])
    skew = abs((datetime.now(UTC) - said).total_seconds())
    if skew > MAX_SKEW_S:
        return Finding(
            "clock", False, f"the server's clock differs by {skew:.0f} s", "Synchronise both clocks (NTP)."
        )
    return Finding(
        "clock", True, f"server and this machine agree; zone {datetime.now().astimezone().tzname()}"
    )


def add_to(app: typer.Typer) -> None:
    app.command()(doctor)
