"""Addresses are normalised on entry (RFC 7622)."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from precis_i18n import get_profile

from quorate.model.address import BadAddress, Jid, parse_address, parse_jid

GOOD = {
    # as given: (local, domain, resource)
    "bob@example.org": ("bob", "example.org", ""),
    "Bob@Example.ORG/Phone": ("bob", "example.org", "Phone"),
    "example.org": ("", "example.org", ""),
    "bob@example.org./a/b": ("bob", "example.org", "a/b"),
    "Jürgen@exämple.org": ("jürgen", "exämple.org", ""),
    "ｂｏｂ@example.org": ("bob", "example.org", ""),
    "bob@example.org/my phone": ("bob", "example.org", "my phone"),
    # no PRECIS profile takes these, servers do
    "bob@example.org/\u2764\ufe0f": ("bob", "example.org", "\u2764\ufe0f"),
    "bob@example.org/\U0001f469\u200d\U0001f4bb": ("bob", "example.org", "\U0001f469\u200d\U0001f4bb"),
    "quorate@quorate.invalid/q": ("quorate", "quorate.invalid", "q"),
}
BAD = [
    "",
    "@example.org",
    "bob@",
    "bob@example.org/",
    "bo b@example.org",
    "a@b@c",
    "bob@exa mple.org",
    "bob@example.org/\x00",
    "x" * 1100,
]


@pytest.mark.parametrize(("text", "parts"), GOOD.items(), ids=GOOD)
def test_an_address_is_normalised(text: str, parts: tuple[str, str, str]) -> None:
    assert parse_jid(text) == Jid(*parts)
    assert parse_jid(str(parse_jid(text))) == parse_jid(text)


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_address_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadAddress, match=r"bob@example\.org"):
        parse_jid(text)


@given(st.text(alphabet=string.ascii_letters + string.digits + string.punctuation, min_size=1, max_size=20))
def test_the_shortcut_for_ascii_says_what_precis_says(part: str) -> None:
    assert parse_jid(f"bob@example.org/{part}").resource == get_profile("OpaqueString").enforce(part)
    plain = "".join(c for c in part if c not in "\"&'/:<>@")
    if plain:
        assert parse_jid(f"{plain}@example.org").local == get_profile("UsernameCaseMapped").enforce(plain)


def test_an_address_names_its_network() -> None:
    assert str(parse_address("Bob@Example.org/phone")) == "xmpp:bob@example.org"
    assert parse_address("xmpp:bob@example.org") == parse_address("bob@example.org")
    with pytest.raises(BadAddress, match="irc"):
        parse_address("irc:bob@libera")
