import ssl
import stat
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from quorate.capture import ca as ca_module
from quorate.capture.ca import CA_RENEW, LEAF_LIFE, LEAF_RENEW, a_label, open_authority
from quorate.capture.tls import TlsLeg
from quorate.clock import ManualClock, SystemClock
from quorate.errors import Misconfigured


def handshake(server: ssl.SSLContext, trusted: str, name: str) -> TlsLeg:
    """Both roles over memory; raises AssertionError with the client's fault."""
    context = ssl.create_default_context()
    context.load_verify_locations(cadata=trusted)
    client, far = TlsLeg(context, hostname=name), TlsLeg(server)
    flight = client.start().ciphertext
    for _ in range(4):
        back = far.feed(flight)
        step = client.feed(back.ciphertext)
        assert step.fault is None, step.fault
        flight = step.ciphertext
    assert client.ready
    return client


def shown(server: ssl.SSLContext, name: str) -> bytes:
    """The certificate a client gets to see."""
    into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    blind.check_hostname, blind.verify_mode = False, ssl.CERT_NONE
    client, far = blind.wrap_bio(into, out), TlsLeg(server)
    for _ in range(2):
        with suppress(ssl.SSLWantReadError):
            client.do_handshake()
        into.write(far.feed(out.read()).ciphertext)
    certificate = client.getpeercert(binary_form=True)
    assert certificate is not None
    return certificate


def test_what_it_signs_is_accepted_by_who_trusts_it(tmp_path: Path) -> None:
    authority = open_authority(tmp_path, ["example.org"], SystemClock())
    handshake(authority.context("example.org"), authority.pem(), "example.org")
    handshake(authority.context("chat.example.org"), authority.pem(), "chat.example.org")


def test_it_can_sign_for_its_domains_only(tmp_path: Path) -> None:
    authority = open_authority(tmp_path, ["example.org"], SystemClock())
    before = authority.pem()
    with pytest.raises(AssertionError, match="not-accepted"):
        handshake(authority.context("bank.example"), before, "bank.example")
    assert authority.domains == {"example.org", "bank.example"}
    handshake(authority.context("bank.example"), authority.pem(), "bank.example")


def test_the_key_is_private_and_survives(tmp_path: Path) -> None:
    first = open_authority(tmp_path, ["example.org"], SystemClock())
    again = open_authority(tmp_path, ["example.org"], SystemClock())
    assert again.fingerprint() == first.fingerprint()
    assert first.fingerprint().count(":") == 31
    assert stat.S_IMODE((tmp_path / "keys" / "ca.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert (tmp_path / "ca.pem").read_text() == first.pem()
    assert [path for path in (tmp_path / "keys").iterdir() if path.is_file()] == [
        tmp_path / "keys" / "ca.key"
    ]


def test_new_routes_extend_it_and_keep_its_key(tmp_path: Path) -> None:
    first = open_authority(tmp_path, ["example.org"], SystemClock())
    again = open_authority(tmp_path, ["example.net"], SystemClock())
    assert again.domains == {"example.org", "example.net"}
    old, new = (x509.load_pem_x509_certificate(a.pem().encode()) for a in (first, again))
    assert old.public_key() == new.public_key()
    assert old.subject == new.subject
    # who trusts the old one goes on
    handshake(again.context("example.org"), first.pem(), "example.org")


def test_without_routes_it_is_not_bound_to_domains(tmp_path: Path) -> None:
    authority = open_authority(tmp_path, [], SystemClock())
    assert authority.domains == frozenset()
    handshake(authority.context("example.org"), authority.pem(), "example.org")
    assert open_authority(tmp_path, ["example.org"], SystemClock()).domains == {"example.org"}


@pytest.mark.parametrize("name", ["127.0.0.1", "::1", "localhost", "münchen.example"])
def test_any_host_a_jid_may_name(tmp_path: Path, name: str) -> None:
    authority = open_authority(tmp_path, [name], SystemClock())
    handshake(authority.context(name), authority.pem(), a_label(name))


@pytest.mark.parametrize(
    ("domain", "label"),
    [
        ("Example.ORG.", "example.org"),
        ("straße.example", "xn--strae-oqa.example"),
        ("βόλος.example", "xn--nxasmm1c.example"),
        ("ΒΌΛΟΣ.example", "xn--nxasmq6b.example"),
        ("Bücher。example。", "xn--bcher-kva.example"),
        ("ａｌｉｃｅ.example", "alice.example"),
        ("☃.example", "xn--n3h.example"),
        ("im_1.example", "im_1.example"),
        ("[2001:DB8::1]", "[2001:db8::1]"),
        ("-ü.example", "xn----eha.example"),
        ("ü" * 64 + ".example", "ü" * 64 + ".example"),
    ],
)
def test_a_domain_in_certificates_is_that_of_idna_2008(domain: str, label: str) -> None:
    """RFC 5891, mapped as UTS 46 does; a name it does not allow is as IDNA 2003 has it, or unchanged."""
    assert a_label(domain) == label
    assert a_label(label) == label


def test_leaves_are_kept_until_they_grow_old(tmp_path: Path) -> None:
    clock = ManualClock()
    authority = open_authority(tmp_path, ["example.org"], clock)
    first = authority.context("example.org")
    clock.advance((LEAF_LIFE - LEAF_RENEW - timedelta(hours=1)).total_seconds())
    assert authority.context("EXAMPLE.org.") is first
    clock.advance(timedelta(hours=2).total_seconds())
    assert authority.context("example.org") is not first


def test_what_is_kept_for_clients_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ca_module, "MAX_LEAVES", 3)
    authority = open_authority(tmp_path, [], SystemClock())
    first = authority.context("a.example")
    for n in range(5):
        assert authority.context("a.example") is first, "what is used stays"
        authority.context(f"{n}.example")
    assert len(authority._contexts) == 3
    assert len(list((tmp_path / "keys" / "leaves").iterdir())) == 3
    assert shown(open_authority(tmp_path, [], SystemClock()).context("4.example"), "4.example")


def test_a_client_is_shown_the_same_certificate_after_a_restart(tmp_path: Path) -> None:
    """poezio, and others that remember it, ask their user about every other one."""
    clock = ManualClock()
    first = shown(open_authority(tmp_path, ["example.org"], clock).context("example.org"), "example.org")
    again = open_authority(tmp_path, ["example.org", "example.net"], clock)
    assert shown(again.context("example.org"), "example.org") == first
    assert shown(again.context("example.org", ("xmpp-client",)), "example.org") == first
    assert shown(again.context("../example.org"), "../example.org") != first
    (kept, *_) = (tmp_path / "keys" / "leaves").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    clock.advance((LEAF_LIFE - LEAF_RENEW + timedelta(hours=1)).total_seconds())
    renewed = open_authority(tmp_path, [], clock)
    assert shown(renewed.context("example.org"), "example.org") != first


@pytest.mark.parametrize("damage", ["nonsense", "", "another's", "half"])
def test_a_kept_certificate_that_cannot_be_used_is_replaced(tmp_path: Path, damage: str) -> None:
    authority = open_authority(tmp_path, ["example.org"], SystemClock())
    authority.context("example.org")
    (kept,) = (tmp_path / "keys" / "leaves").iterdir()
    if damage == "another's":
        (tmp_path / "keys" / "ca.key").unlink()
    elif damage == "half":
        kept.write_text("nonsense" + kept.read_text().partition("KEY-----\n")[2])
    else:
        kept.write_text(damage)
    again = open_authority(tmp_path, ["example.org"], SystemClock())
    handshake(again.context("example.org"), again.pem(), "example.org")


def test_it_vouches_for_a_bounded_number_of_domains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ca_module, "MAX_DOMAINS", 2)
    authority = open_authority(tmp_path, ["a.example"], SystemClock())
    authority.context("b.example")
    with pytest.raises(Misconfigured, match="more than 2 domains"):
        authority.context("c.example")
    assert authority.domains == {"a.example", "b.example"}


def test_it_is_issued_anew_before_it_ends(tmp_path: Path) -> None:
    clock = ManualClock()
    first = open_authority(tmp_path, ["example.org"], clock)
    clock.advance((timedelta(days=3650) - CA_RENEW).total_seconds() + 1)
    again = open_authority(tmp_path, ["example.org"], clock)
    assert again.fingerprint() != first.fingerprint()
    assert again.domains == {"example.org"}


def test_protocols_are_offered(tmp_path: Path) -> None:
    authority = open_authority(tmp_path, ["example.org"], SystemClock())
    assert authority.context("example.org", ("xmpp-client",)) is not authority.context("example.org")


@pytest.mark.parametrize("file", ["ca.pem", "keys/ca.key"])
def test_damaged_files_are_a_sentence(tmp_path: Path, file: str) -> None:
    open_authority(tmp_path, ["example.org"], SystemClock())
    (tmp_path / file).write_text("nonsense")
    with pytest.raises(Misconfigured, match="cannot be read") as error:
        open_authority(tmp_path, ["example.org"], SystemClock())
    assert "Remove" in error.value.remedy


def test_a_directory_that_cannot_be_used_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("in the way")
    with pytest.raises(Misconfigured, match="--data DIR"):
        open_authority(tmp_path, ["example.org"], SystemClock())
