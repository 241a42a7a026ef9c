import ssl
from pathlib import Path

import pytest

from quorate.capture.ca import open_authority
from quorate.capture.tls import TlsLeg, TlsStep, Trouble, UpstreamTrust
from quorate.clock import SystemClock
from quorate.errors import Misconfigured
from quorate.model.reasons import Reason
from tests.capture.stand_in import server_context
from tests.interop.certificates import TestAuthority

NAME = "example.org"


def pump(client: TlsLeg, server: TlsLeg, *, size: int = 1 << 20) -> tuple[list[TlsStep], list[TlsStep]]:
    """Carry bytes until nobody has any, ``size`` at a time; all steps of client and server."""
    steps: tuple[list[TlsStep], list[TlsStep]] = ([client.start()], [])
    to_server = steps[0][0].ciphertext
    while to_server:
        to_client = b""
        for at in range(0, len(to_server), size):
            steps[1].append(server.feed(to_server[at : at + size]))
            to_client += steps[1][-1].ciphertext
        to_server = b""
        for at in range(0, len(to_client), size):
            steps[0].append(client.feed(to_client[at : at + size]))
            to_server += steps[0][-1].ciphertext
    return steps


@pytest.fixture
def authority(tmp_path: Path) -> TestAuthority:
    return TestAuthority(tmp_path)


def pair(authority: TestAuthority, home: Path, alpn: tuple[str, ...] = ()) -> tuple[TlsLeg, TlsLeg]:
    server = server_context(*authority.issue(NAME, home), list(alpn))
    return TlsLeg(UpstreamTrust([authority.path]).context(alpn), hostname=NAME), TlsLeg(server)


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_what_is_written_early_follows_the_handshake(
    authority: TestAuthority, tmp_path: Path, size: int
) -> None:
    client, server = pair(authority, tmp_path, ("xmpp-client",))
    assert client.write(b"one") == b""
    assert client.waiting == 3
    _, far = pump(client, server, size=size)
    assert b"".join(s.plaintext for s in far) == b"one"
    assert [s.ready for s in far].count(True) == 1
    assert (client.waiting, client.alpn, server.alpn) == (0, "xmpp-client", "xmpp-client")


def test_large_pieces_pass_whole(authority: TestAuthority, tmp_path: Path) -> None:
    client, server = pair(authority, tmp_path)
    pump(client, server)
    data = bytes(range(256)) * 4000
    assert server.feed(client.write(data)).plaintext == data
    step = server.feed(client.write(b"bye") + client.close())
    assert (step.plaintext, step.ended) == (b"bye", True)
    assert server.feed(b"more") == TlsStep()


@pytest.mark.parametrize(
    ("name", "expired", "trusted", "trouble"),
    [
        ("evil.example", False, True, Trouble.WRONG_NAME),
        (NAME, True, True, Trouble.EXPIRED),
        (NAME, False, False, Trouble.UNKNOWN_ISSUER),
    ],
)
def test_an_upstream_certificate_is_judged(
    authority: TestAuthority, tmp_path: Path, name: str, expired: bool, trusted: bool, trouble: Trouble
) -> None:
    server = TlsLeg(server_context(*authority.issue(name, tmp_path, expired=expired)))
    trust = UpstreamTrust([authority.path] if trusted else [])
    near, _ = pump(TlsLeg(trust.context(), hostname=NAME), server)
    fault = near[-1].fault
    assert fault is not None
    assert (fault.reason, fault.trouble) == (Reason.UPSTREAM_CERTIFICATE, trouble)
    assert near[-1].ciphertext
    assert fault.sentence


def test_a_client_that_distrusts_us_is_told_apart(tmp_path: Path) -> None:
    ours = TlsLeg(open_authority(tmp_path, [NAME], SystemClock()).context(NAME))
    _, far = pump(TlsLeg(UpstreamTrust().context(), hostname=NAME), ours)
    fault = far[-1].fault
    assert fault is not None
    assert (fault.reason, fault.trouble) == (Reason.CLIENT_DISTRUST, Trouble.NOT_ACCEPTED)


def test_a_server_that_wants_a_certificate_cannot_pass(authority: TestAuthority, tmp_path: Path) -> None:
    context = server_context(*authority.issue(NAME, tmp_path))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority.path)
    near, _ = pump(TlsLeg(UpstreamTrust([authority.path]).context(), hostname=NAME), TlsLeg(context))
    fault = near[-1].fault
    assert fault is not None
    assert (fault.reason, fault.trouble) == (Reason.CLIENT_CERTIFICATE, Trouble.CLIENT_CERTIFICATE)


@pytest.mark.parametrize("refuser", ["client", "server"])
def test_an_alert_in_the_midst_is_a_broken_connection(
    authority: TestAuthority, tmp_path: Path, refuser: str
) -> None:
    """Neither end has refused the other: both have talked."""
    client, server = pair(authority, tmp_path)
    pump(client, server)
    far = server if refuser == "client" else client
    near = client if refuser == "client" else server
    record = bytearray(near.write(b"<presence/>"))
    record[-1] ^= 1
    alert = far.feed(bytes(record))
    assert alert.fault is not None
    assert alert.fault.trouble is Trouble.BROKEN
    fault = near.feed(alert.ciphertext).fault
    assert fault is not None
    assert fault.trouble is Trouble.BROKEN


def test_no_tls_at_all(authority: TestAuthority) -> None:
    leg = TlsLeg(UpstreamTrust().context(), hostname=NAME)
    leg.start()
    fault = leg.feed(b"<stream:error/>").fault
    assert fault is not None
    assert (fault.reason, fault.trouble) == (Reason.UPSTREAM_UNREACHABLE, Trouble.PROTOCOL)
    assert leg.write(b"lost") == b""


def test_what_is_no_tls_is_not_called_distrust(tmp_path: Path) -> None:
    leg = TlsLeg(open_authority(tmp_path, [NAME], SystemClock()).context(NAME))
    fault = leg.feed(b"\n\x16\x03\x01\x00\x04hello, this is no TLS").fault
    assert fault is not None
    assert fault.trouble is Trouble.PROTOCOL
    assert "TLS 1.2" in fault.of_client


@pytest.mark.parametrize(
    ("hostname", "reason"), [(NAME, Reason.UPSTREAM_UNREACHABLE), (None, Reason.CLIENT_DISTRUST)]
)
def test_a_connection_that_ends_in_the_handshake(
    tmp_path: Path, hostname: str | None, reason: Reason
) -> None:
    context = (
        UpstreamTrust().context() if hostname else open_authority(tmp_path, [], SystemClock()).context(NAME)
    )
    leg = TlsLeg(context, hostname=hostname)
    fault = leg.cut()
    assert fault is not None
    assert (fault.reason, fault.trouble) == (reason, Trouble.CUT)
    assert leg.cut() is None


def test_nobody_is_offered_to_send_before_the_handshake_is_done(
    authority: TestAuthority, tmp_path: Path
) -> None:
    """TLS-6: early data could be replayed."""
    trust = UpstreamTrust([authority.path]).context()
    near, far = TlsLeg(trust, hostname=NAME), TlsLeg(server_context(*authority.issue(NAME, tmp_path)))
    hello = near.start().ciphertext
    early_data = b"\x00\x2a\x00\x00"
    assert early_data not in hello
    assert b"never" not in near.write(b"never")
    assert near.waiting == 5
    assert far.feed(hello).fault is None
    assert trust.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_a_trust_file_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "bad.pem").write_text("nonsense")
    for path in (tmp_path / "bad.pem", tmp_path / "missing.pem"):
        with pytest.raises(Misconfigured, match="--trust"):
            UpstreamTrust([path])


def test_contexts_are_shared_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quorate.capture.tls.MAX_CONTEXTS", 3)
    trust = UpstreamTrust()
    assert trust.context(("xmpp-client",)) is trust.context(("xmpp-client",))
    for n in range(3):
        trust.context((f"p{n}",))
    assert len(trust._contexts) <= 3
