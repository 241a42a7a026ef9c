"""Quorate's own certificate authority: what the user's client sees instead of the server's certificate.

The authority lives in the data directory (``ca.pem``, ``keys/ca.key``), is made on first start and may
sign for the routed domains only (RFC 5280 section 4.2.1.10). When domains are added the certificate is
issued anew with the same key and subject. Without any route it is not constrained: the domains are not
known before a client connects.
"""

import hashlib
import ipaddress
import os
import ssl
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import idna
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from quorate.clock import Clock
from quorate.errors import Misconfigured

CA_YEARS = 10
CA_RENEW = timedelta(days=365)
LEAF_LIFE = timedelta(days=30)
LEAF_RENEW = timedelta(days=7)
BACKDATE = timedelta(hours=24)
"""Clients whose clock is late must not refuse a fresh certificate."""
MAX_COMMON_NAME = 64
MAX_LEAVES = 128
"""Names and protocols clients ask for; what is kept ready for them is bounded."""
MAX_DOMAINS = 256
"""One machine's accounts are at a few servers; whoever asks for more does not mean them."""
EVERY_IP = ("0.0.0.0/0", "::/0")


class Authority:
    """Signs a leaf for each domain a client asks for. Make one with ``open_authority``."""

    def __init__(
        self, home: Path, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate, clock: Clock
    ) -> None:
        self._home = home
        self._key = key
        self._certificate = certificate
        self._clock = clock
        self._contexts: OrderedDict[tuple[str, tuple[str, ...]], tuple[datetime, ssl.SSLContext]] = (
            OrderedDict()
        )

    @property
    def path(self) -> Path:
        return self._home / "ca.pem"

    @property
    def domains(self) -> frozenset[str]:
        """A-labels this authority may sign for; empty if it is not constrained."""
        return _permitted(self._certificate)

    def covers(self, domain: str) -> bool:
        """It need not be extended for this domain."""
        return not self.domains or a_label(domain) in self.domains

    def pem(self) -> str:
        return self._certificate.public_bytes(serialization.Encoding.PEM).decode()

    def fingerprint(self) -> str:
        """SHA-256, as clients show it: ``AB:CD:…``."""
        return self._certificate.fingerprint(hashes.SHA256()).hex(":").upper()

    def context(self, domain: str, alpn: tuple[str, ...] = ()) -> ssl.SSLContext:
        """What a TLS server for ``domain`` shows; extends the authority to a domain it does not cover."""
        name = a_label(domain)
        now = self._clock.now()
        cached = self._contexts.get((name, alpn))
        if cached is not None and cached[0] - now > LEAF_RENEW:
            self._contexts.move_to_end((name, alpn))
            return cached[1]
        self.cover([name])
        leaf, end = self._leaf(name, now)
        context = _leaf_context(leaf)
        if alpn:
            context.set_alpn_protocols(list(alpn))
        self._contexts[name, alpn] = (end, context)
        while len(self._contexts) > MAX_LEAVES:
            self._contexts.popitem(last=False)
        return context

    def cover(self, domains: Iterable[str]) -> bool:
        """Issue the certificate anew for ``domains`` it lacks; True if it was. Raises Misconfigured."""
        covered = self.domains
        wanted = covered | {a_label(d) for d in domains}
        if not covered or wanted == covered:
            return False
        if len(wanted) > MAX_DOMAINS:
            raise Misconfigured(
                f"Quorate's authority does not vouch for more than {MAX_DOMAINS} domains.",
                remedy="Make a new one: quorate down; quorate ca --forget; quorate up",
            )
        self._certificate = _issue_authority(self._key, wanted, self._clock.now())
        _write(self.path, self.pem().encode(), 0o644)
        return True

    def _leaf(self, name: str, now: datetime) -> tuple[Path, datetime]:
        """Where this domain's leaf is, and until when; also the next Quorate shows it.

        Clients that remember a certificate ask their user about another one.
        """
        kept = self._home / "keys" / "leaves"
        kept.mkdir(mode=0o700, exist_ok=True)
        # a client names the domain: what it says is no file name
        path = kept / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}.pem"
        end = _good_until(path, self._certificate, now)
        if end is None:
            key = ec.generate_private_key(ec.SECP256R1())
            leaf = _issue_leaf(self._key, self._certificate, key, name, now)
            _write(path, _key_pem(key) + leaf.public_bytes(serialization.Encoding.PEM), 0o600)
            end = leaf.not_valid_after_utc
            for old in sorted(kept.glob("*.pem"), key=lambda p: p.stat().st_mtime_ns)[:-MAX_LEAVES]:
                old.unlink(missing_ok=True)
        return path, end


def _leaf_context(leaf: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # a session to be resumed costs room on both ends for as long as a stream lasts
    context.num_tickets = 0
    context.load_cert_chain(leaf)
    return context


def _good_until(leaf: Path, authority: x509.Certificate, now: datetime) -> datetime | None:
    """The end of the leaf in this file; None if it is not there, damaged, of another authority or old."""
    try:
        pem = leaf.read_bytes()
        key, found = serialization.load_pem_private_key(pem, None), x509.load_pem_x509_certificate(pem)
        found.verify_directly_issued_by(authority)
    except (OSError, ValueError, TypeError, InvalidSignature):
        return None
    if key.public_key() != found.public_key():
        return None
    fresh = found.not_valid_before_utc <= now < found.not_valid_after_utc - LEAF_RENEW
    return found.not_valid_after_utc if fresh else None


def open_authority(home: Path, domains: Iterable[str], clock: Clock) -> Authority:
    """The authority of this data directory, made if there is none; raises Misconfigured."""
    try:
        return _open(home, frozenset(a_label(d) for d in domains), clock)
    except OSError as error:
        raise Misconfigured(
            f"Quorate cannot keep its certificate authority in {home}: {error.strerror}.",
            remedy="Make the directory writable for you, or choose another with --data DIR.",
        ) from error
    except ValueError as error:
        raise Misconfigured(
            f"The certificate authority in {home} cannot be read.",
            remedy=f"Remove {home}/ca.pem and {home}/keys/ca.key, start again and trust the new one.",
        ) from error


def _open(home: Path, domains: frozenset[str], clock: Clock) -> Authority:
    keys = home / "keys"
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    key_path, path = keys / "ca.key", home / "ca.pem"
    if key_path.exists():
        loaded = serialization.load_pem_private_key(key_path.read_bytes(), None)
        if not isinstance(loaded, ec.EllipticCurvePrivateKey):
            raise ValueError("not an EC key")
        key = loaded
    else:
        key = ec.generate_private_key(ec.SECP256R1())
        _write(key_path, _key_pem(key), 0o600)
        path.unlink(missing_ok=True)
    if path.exists():
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        authority = Authority(home, key, certificate, clock)
        if _serves(certificate, key, domains, clock.now()):
            authority.cover(domains)
            return authority
        domains |= authority.domains
    certificate = _issue_authority(key, domains, clock.now())
    authority = Authority(home, key, certificate, clock)
    _write(path, authority.pem().encode(), 0o644)
    return authority


def _serves(
    certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey, domains: frozenset[str], now: datetime
) -> bool:
    """False if it must be issued anew: near its end, of another key, or wider than the routes need."""
    fresh = certificate.not_valid_after_utc - now > CA_RENEW
    ours = certificate.public_key() == key.public_key()
    return fresh and ours and not (domains and not _permitted(certificate))


def a_label(domain: str) -> str:
    """The domain as certificates and SNI carry it: IDNA 2008 (RFC 5891), mapped by UTS 46; lower case.

    What IDNA 2008 does not allow may be registered all the same, from the time of IDNA 2003.
    """
    name = domain.rstrip(".")
    if name.isascii():
        return name.lower()
    try:
        return idna.encode(name, uts46=True).decode().rstrip(".")
    except idna.IDNAError:
        pass
    try:
        return name.encode("idna").decode().lower()
    except UnicodeError:
        return name.lower()


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name.strip("[]")))
    except ValueError:
        return x509.DNSName(name)


def _constraint(name: str) -> x509.GeneralName:
    general = _general_name(name)
    if isinstance(general, x509.IPAddress):
        return x509.IPAddress(ipaddress.ip_network(general.value))
    return general


def _permitted(certificate: x509.Certificate) -> frozenset[str]:
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return frozenset()
    return frozenset(str(n.value).partition("/")[0] for n in constraints.permitted_subtrees or ())


def _name_constraints(domains: frozenset[str]) -> x509.NameConstraints:
    permitted = [_constraint(d) for d in sorted(domains)]
    addresses = any(isinstance(p, x509.IPAddress) for p in permitted)
    excluded = [] if addresses else [x509.IPAddress(ipaddress.ip_network(n)) for n in EVERY_IP]
    return x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=excluded or None)


def _issue_authority(
    key: ec.EllipticCurvePrivateKey, domains: frozenset[str], now: datetime
) -> x509.Certificate:
    subject_key = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    # the subject is bound to the key: two authorities of one machine are told apart in a trust store
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Quorate"),
            x509.NameAttribute(
                NameOID.COMMON_NAME, f"Quorate on this machine {subject_key.digest.hex()[:8]}"
            ),
        ]
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATE)
        .not_valid_after(now + timedelta(days=365 * CA_YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(subject_key, critical=False)
    )
    if domains:
        builder = builder.add_extension(_name_constraints(domains), critical=True)
    return builder.sign(key, hashes.SHA256())


def _issue_leaf(
    authority_key: ec.EllipticCurvePrivateKey,
    authority: x509.Certificate,
    key: ec.EllipticCurvePrivateKey,
    name: str,
    now: datetime,
) -> x509.Certificate:
    common = [x509.NameAttribute(NameOID.COMMON_NAME, name)] if len(name) <= MAX_COMMON_NAME else []
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name(common))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATE)
        .not_valid_after(now + LEAF_LIFE)
        .add_extension(x509.SubjectAlternativeName([_general_name(name)]), critical=not common)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(issuer_key, critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, data: bytes, mode: int) -> None:
    """Write whole or not at all; the mode holds from the first byte."""
    part = path.with_suffix(path.suffix + ".part")
    part.unlink(missing_ok=True)
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
