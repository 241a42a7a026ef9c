"""One TLS leg without a socket: ciphertext in, plaintext out, and the other way round.

Foreign errors become a ``TlsFault`` here, once, so that nothing above reads OpenSSL's wording.
"""

import contextlib
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from quorate.errors import Misconfigured
from quorate.model.reasons import Reason

READ_SIZE = 16 * 1024
"""A TLS record holds no more (RFC 8446 section 5.1)."""
PIECE_SIZE = 2 * 1024
"""What is put through a memory BIO at once: it never gives back the memory it grew to."""
MAX_CONTEXTS = 32
"""Clients choose their ALPN list; what is kept for it is bounded."""
USUAL_ALPN = ((), ("xmpp-client",))
"""STARTTLS, and direct TLS after XEP-0368."""


class Trouble(StrEnum):
    """What is wrong with a handshake, or with what follows it (BROKEN), for people and for tests."""

    WRONG_NAME = "wrong-name"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    UNKNOWN_ISSUER = "unknown-issuer"
    NOT_ACCEPTED = "not-accepted"
    CLIENT_CERTIFICATE = "client-certificate"
    REFUSED = "refused"
    CUT = "cut"
    PROTOCOL = "protocol"
    BROKEN = "broken"


_SENTENCES = {
    Trouble.WRONG_NAME: "its certificate is for another name (is the route right?)",
    Trouble.EXPIRED: "its certificate has expired (whoever runs it has to renew it)",
    Trouble.NOT_YET_VALID: "its certificate is not valid yet (is this machine's clock right?)",
    Trouble.UNKNOWN_ISSUER: "its certificate is signed by an authority this machine does not trust"
    " (if it is yours: --trust CA.pem)",
    Trouble.NOT_ACCEPTED: "its certificate is not acceptable",
    Trouble.CLIENT_CERTIFICATE: "it wants a client certificate, which cannot pass through Quorate",
    Trouble.REFUSED: "it refused the encrypted connection",
    Trouble.CUT: "it ended the connection during the handshake",
    Trouble.PROTOCOL: "it does not speak TLS there as Quorate does"
    " (a port for STARTTLS? then set your client to STARTTLS)",
    Trouble.BROKEN: "the encrypted connection to it broke",
}

# X509_V_ERR_* of OpenSSL's x509_vfy.h
_VERIFY_CODES = {
    9: Trouble.NOT_YET_VALID,
    10: Trouble.EXPIRED,
    18: Trouble.UNKNOWN_ISSUER,
    19: Trouble.UNKNOWN_ISSUER,
    20: Trouble.UNKNOWN_ISSUER,
    21: Trouble.UNKNOWN_ISSUER,
    62: Trouble.WRONG_NAME,
    64: Trouble.WRONG_NAME,
}

# alerts of RFC 8446 section 6.2 by which a client says that it does not accept our certificate
_DISTRUST_ALERTS = ("UNKNOWN_CA", "BAD_CERTIFICATE", "CERTIFICATE_UNKNOWN", "CERTIFICATE_EXPIRED")
_WANTS_CERTIFICATE_ALERTS = ("CERTIFICATE_REQUIRED", "NO_CERTIFICATE")


@dataclass(frozen=True, slots=True)
class TlsFault:
    reason: Reason
    trouble: Trouble

    @property
    def sentence(self) -> str:
        """In words, to follow ``The server cannot be used:``."""
        return _SENTENCES[self.trouble]

    @property
    def of_client(self) -> str:
        """The same where it is the client's connection."""
        if self.trouble is Trouble.BROKEN:
            return "The client's encrypted connection broke."
        if self.trouble is Trouble.PROTOCOL:
            return "The client's encrypted connection could not begin: it has to speak TLS 1.2 or newer."
        return "The client did not accept Quorate's certificate: import ca.pem (quorate ca --print)."


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsStep:
    """What one call brought: bytes for both directions, and at most one change of state."""

    plaintext: bytes = b""
    ciphertext: bytes = b""
    ready: bool = False
    """The handshake was finished in this very step."""
    ended: bool = False
    """The peer sends nothing more (close_notify)."""
    fault: TlsFault | None = None
    """``ciphertext`` then holds the alert for the peer; the leg is of no use any more."""


class TlsLeg:
    """TLS over memory; ``hostname`` makes it the client role, verified for that name."""

    __slots__ = (
        "_decrypt",
        "_encrypt",
        "_incoming",
        "_outgoing",
        "_over",
        "_server_side",
        "_tls",
        "_waiting",
        "ready",
        "waiting",
    )

    def __init__(self, context: ssl.SSLContext, *, hostname: str | None = None) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._server_side = hostname is None
        self._tls = context.wrap_bio(
            self._incoming, self._outgoing, server_side=self._server_side, server_hostname=hostname
        )
        self._decrypt, self._encrypt = self._tls.read, self._tls.write
        self._waiting: list[bytes] | None = None
        self.ready = False
        self.waiting = 0
        """Plaintext bytes that wait for the end of the handshake."""
        self._over = False

    @property
    def alpn(self) -> str | None:
        return self._tls.selected_alpn_protocol()

    def start(self) -> TlsStep:
        """The first flight of the client role."""
        return self.feed(b"")

    def feed(self, ciphertext: bytes | memoryview) -> TlsStep:
        """Take bytes from the peer."""
        got = self.take(ciphertext)
        return TlsStep(plaintext=got) if isinstance(got, bytes) else got

    def take(self, ciphertext: bytes | memoryview) -> bytes | TlsStep:
        """The same, and only the plaintext if that is all that came of it."""
        if self._over or not self.ready or len(ciphertext) > PIECE_SIZE:
            return self._take(ciphertext)
        incoming, plain = self._incoming, b""
        incoming.write(ciphertext)
        try:
            got = plain = self._decrypt(READ_SIZE)
            # asking once too often would cost more than reading the record did
            while got and incoming.pending:
                got = self._decrypt(READ_SIZE)
                plain += got
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            return self._failed([plain], error)
        else:
            if not got:
                return self._ended([plain], became_ready=False)
        return self._step([plain], ready=False) if self._outgoing.pending else plain

    def write(self, plaintext: bytes) -> bytes:
        """The ciphertext to send for it; nothing before the handshake is done, then it follows."""
        if self.ready and len(plaintext) <= PIECE_SIZE:
            self._encrypt(plaintext)
            return self._outgoing.read()
        if self.ready:
            return b"".join(self._encrypted(plaintext))
        if not self._over:
            self._waiting = [*(self._waiting or ()), plaintext]
            self.waiting += len(plaintext)
        return self._outgoing.read()

    def close(self) -> bytes:
        """Our close_notify, if one is due."""
        if self.ready:
            with contextlib.suppress(ssl.SSLError):
                self._tls.unwrap()
        return self._outgoing.read()

    def cut(self) -> TlsFault | None:
        """The peer's connection ended; a fault if that was before the handshake was done."""
        if self.ready or self._over:
            return None
        self._over = True
        return TlsFault(self._reason(), Trouble.CUT)

    def _take(self, ciphertext: bytes | memoryview) -> TlsStep:
        """In pieces: a memory BIO keeps the size of the most it ever held."""
        if self._over:
            return TlsStep()
        plain: list[bytes] = []
        answer: list[bytes] = []
        became_ready = False
        view = memoryview(ciphertext)
        for start in range(0, max(len(view), 1), PIECE_SIZE):
            self._incoming.write(view[start : start + PIECE_SIZE])
            step = self._read(plain, became_ready=became_ready)
            became_ready = step.ready
            answer.append(step.ciphertext)
            if step.ended or step.fault is not None:
                break
        return replace(step, ciphertext=b"".join(answer))

    def _read(self, plain: list[bytes], *, became_ready: bool) -> TlsStep:
        """Read whatever there is to ``plain``, after the handshake if that is not done."""
        first: list[bytes] = []
        try:
            if not self.ready:
                self._tls.do_handshake()
                self.ready = became_ready = True
                first = self._flushed()
            while chunk := self._decrypt(READ_SIZE):
                plain.append(chunk)
        except ssl.SSLWantReadError:
            return self._step(plain, first, ready=became_ready)
        except ssl.SSLError as error:
            return self._failed(plain, error, first, became_ready=became_ready)
        return self._ended(plain, first, became_ready=became_ready)

    def _flushed(self) -> list[bytes]:
        """The end of our handshake, and what waited for it."""
        waiting, self._waiting, self.waiting = self._waiting, None, 0
        sent = [self._outgoing.read()]
        for data in waiting or ():
            sent += self._encrypted(data)
        return sent

    def _encrypted(self, plaintext: bytes) -> list[bytes]:
        sent = []
        view = memoryview(plaintext)
        for start in range(0, len(view), PIECE_SIZE):
            self._encrypt(view[start : start + PIECE_SIZE])
            sent.append(self._outgoing.read())
        return sent

    def _failed(
        self,
        plain: list[bytes],
        error: ssl.SSLError,
        first: Iterable[bytes] = (),
        *,
        became_ready: bool = False,
    ) -> TlsStep:
        if isinstance(error, ssl.SSLZeroReturnError):
            return self._ended(plain, first, became_ready=became_ready)
        self._over = True
        return self._step(plain, first, ready=became_ready, fault=self._fault(error))

    def _ended(self, plain: list[bytes], first: Iterable[bytes] = (), *, became_ready: bool) -> TlsStep:
        self._over = True
        return self._step(plain, first, ready=became_ready, ended=True)

    def _step(
        self,
        plain: list[bytes],
        first: Iterable[bytes] = (),
        *,
        ready: bool,
        ended: bool = False,
        fault: TlsFault | None = None,
    ) -> TlsStep:
        return TlsStep(
            plaintext=b"".join(plain),
            ciphertext=b"".join((*first, self._outgoing.read())),
            ready=ready,
            ended=ended,
            fault=fault,
        )

    def _reason(self) -> Reason:
        return Reason.CLIENT_DISTRUST if self._server_side else Reason.UPSTREAM_UNREACHABLE

    def _fault(self, error: ssl.SSLError) -> TlsFault:
        if isinstance(error, ssl.SSLCertVerificationError):
            trouble = _VERIFY_CODES.get(error.verify_code, Trouble.NOT_ACCEPTED)
            return TlsFault(Reason.UPSTREAM_CERTIFICATE, trouble)
        name = error.reason or ""
        # TLS 1.3: the server may say so only after our end of the handshake
        wanted = not self._server_side and name.endswith(_WANTS_CERTIFICATE_ALERTS)
        if wanted:
            return TlsFault(Reason.CLIENT_CERTIFICATE, Trouble.CLIENT_CERTIFICATE)
        if self.ready:
            return TlsFault(self._reason(), Trouble.BROKEN)
        if self._server_side:
            distrusted = name.endswith(_DISTRUST_ALERTS)
            return TlsFault(Reason.CLIENT_DISTRUST, Trouble.NOT_ACCEPTED if distrusted else Trouble.PROTOCOL)
        refused = "ALERT" in name
        return TlsFault(Reason.UPSTREAM_UNREACHABLE, Trouble.REFUSED if refused else Trouble.PROTOCOL)


class UpstreamTrust:
    """The contexts by which upstream servers are verified: the system's authorities and ``--trust``."""

    def __init__(self, trust: Iterable[Path] = ()) -> None:
        self._trust = tuple(trust)
        self._contexts: dict[tuple[str, ...], ssl.SSLContext] = {}
        # reading the system's authorities takes long: the usual ones are ready before the first client comes
        for alpn in USUAL_ALPN:
            self.context(alpn)

    def context(self, alpn: tuple[str, ...] = ()) -> ssl.SSLContext:
        """Verifies chain and name; raises Misconfigured if a ``--trust`` file cannot be used."""
        if alpn not in self._contexts:
            if len(self._contexts) >= MAX_CONTEXTS:
                self._contexts.clear()
            self._contexts[alpn] = self._make(alpn)
        return self._contexts[alpn]

    def _make(self, alpn: tuple[str, ...]) -> ssl.SSLContext:
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        for path in self._trust:
            _load(context, path)
        if alpn:
            context.set_alpn_protocols(list(alpn))
        return context


def check_trust(paths: Iterable[Path]) -> None:
    """Raises Misconfigured if a ``--trust`` file cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for path in paths:
        _load(context, path)


def _load(context: ssl.SSLContext, path: Path) -> None:
    try:
        context.load_verify_locations(path)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(
            f"{path} (from --trust) holds no certificate that can be read.",
            remedy="Give a PEM file with the certificate of the authority to trust.",
        ) from error
