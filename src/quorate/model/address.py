"""Addresses on IM networks, normalised on entry.

Source  RFC 7622 (XMPP addresses), RFC 8265 (PRECIS profiles for local and resource part).
Shapes  "bob@example.org/phone" (JID), "xmpp:bob@example.org" (address, always bare).
"""

import re
import sys
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from precis_i18n import get_profile

from quorate.errors import Refused

_LOCAL = get_profile("UsernameCaseMapped")
_RESOURCE = get_profile("OpaqueString")
_FORBIDDEN_LOCAL = re.compile(r"[\"&'/:<>@\s]")
_DOMAIN = re.compile(r"[^\s/@\"&'<>]+")
_PLAIN = re.compile(r"[!-~]*")
"""ASCII without spaces: PRECIS changes nothing in it but the case of a local part, and is slow to say so."""
MAX_PART_BYTES = 1023
REMEMBERED = 2048
"""Addresses that come again and again are read once; each one kept costs some 400 bytes."""


class BadAddress(Refused):
    code = "bad-address"


class Jid(NamedTuple):
    """An XMPP address; ``local`` and ``resource`` may be empty. A tuple: each stanza looks some up."""

    local: str
    domain: str
    resource: str = ""

    @property
    def bare(self) -> "Jid":
        return self if not self.resource else _bare(self.local, self.domain)

    def __str__(self) -> str:
        head = f"{self.local}@{self.domain}" if self.local else self.domain
        return f"{head}/{self.resource}" if self.resource else head


@lru_cache(maxsize=REMEMBERED)
def _bare(local: str, domain: str) -> Jid:
    return Jid(local, domain)


@lru_cache(maxsize=REMEMBERED)
def parse_jid(text: str) -> Jid:
    """Normalise ``text`` after RFC 7622; raises BadAddress."""
    head, slash, resource = text.strip().partition("/")
    local, at, domain = head.rpartition("@")
    domain = unicodedata.normalize("NFC", domain).lower().rstrip(".")
    bad = (at and not local) or (slash and not resource) or not _DOMAIN.fullmatch(domain)
    if bad or _FORBIDDEN_LOCAL.search(local):
        raise _bad(text)
    try:
        local = local.lower() if _PLAIN.fullmatch(local) else _LOCAL.enforce(local)
        if not _PLAIN.fullmatch(resource):
            resource = _resource(resource)
    except UnicodeError as error:
        raise _bad(text) from error
    if any(len(part.encode()) > MAX_PART_BYTES for part in (local, domain, resource)):
        raise _bad(text)
    # many addresses share a domain, and many devices a name
    return Jid(local, sys.intern(domain), sys.intern(resource))


def _resource(text: str) -> str:
    """Servers that still follow RFC 3920 let through what PRECIS does not, newer emoji above all; a device
    is compared with nothing but itself."""
    try:
        return str(_RESOURCE.enforce(text))
    except UnicodeError:
        if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
            raise
        return unicodedata.normalize("NFC", text)


def _bad(text: str) -> BadAddress:
    shown = text if len(text) <= 60 else text[:60] + "…"
    return BadAddress(f"“{shown}” is not an address.", remedy="An address looks like bob@example.org.")


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """Where one IM network knows a person, without a device: ``xmpp:bob@example.org``."""

    network: str
    account: str

    def __hash__(self) -> int:
        return hash(self.account)  # of the network there is hardly a second one

    def __str__(self) -> str:
        return f"{self.network}:{self.account}"


def xmpp(jid: Jid | str) -> Address:
    """The bare address of a JID."""
    jid = parse_jid(jid) if isinstance(jid, str) else jid
    return _xmpp(jid.local, jid.domain)


@lru_cache(maxsize=REMEMBERED)
def _xmpp(local: str, domain: str) -> Address:
    return Address("xmpp", str(Jid(local, domain)))


def parse_address(text: str) -> Address:
    """Read ``xmpp:bob@example.org`` or a plain ``bob@example.org``; raises BadAddress."""
    network, colon, account = text.strip().partition(":")
    if not colon:
        return xmpp(text)
    if network != "xmpp":
        raise BadAddress(
            f"Quorate does not know the network “{network}” yet.",
            remedy="Use an address like xmpp:bob@example.org.",
        )
    return xmpp(account)
