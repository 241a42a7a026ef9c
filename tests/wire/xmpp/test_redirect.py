"""<see-other-host/>, RFC 6120 section 4.9.3.19."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.wire.xmpp.redirect import see_other_host
from quorate.wire.xmpp.tag import escape

NS = "xmlns='urn:ietf:params:xml:ns:xmpp-streams'"


def error(condition: str) -> bytes:
    return f"<stream:error>{condition}<text {NS}>bye</text></stream:error>".encode()


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("a.example", "a.example", 5222),
        ("a.example:443", "a.example", 443),
        ("\n 192.0.2.7 \t", "192.0.2.7", 5222),
        ("[::1]", "::1", 5222),
        ("[2001:41D0:1:A49b::1]:9222", "2001:41D0:1:A49b::1", 9222),
    ],
)
def test_where_it_leads_is_read_and_replaced(text: str, host: str, port: int) -> None:
    data = error(f"<see-other-host {NS}>{text}</see-other-host >")
    found = see_other_host(data, None)
    assert found is not None
    assert (found.host, found.port) == (host, port)
    assert found.rewritten(data, "[::1]:5221") == error(f"<see-other-host {NS}>[::1]:5221</see-other-host >")


@pytest.mark.parametrize(
    "condition",
    [
        f"<host-gone {NS}/>",
        f"<see-other-host {NS}/>",
        f"<see-other-host {NS}></see-other-host>",
        f"<see-other-host {NS}>a b</see-other-host>",
        f"<see-other-host {NS}>a:70000</see-other-host>",
        "<see-other-host xmlns='other'>a.example</see-other-host>",
    ],
)
def test_what_leads_nowhere_is_none(condition: str) -> None:
    assert see_other_host(error(condition), None) is None


@given(st.text(max_size=60))
def test_any_text_is_read_without_an_error(text: str) -> None:
    data = error(f"<see-other-host {NS}>{escape(text)}</see-other-host>")
    found = see_other_host(data, None)
    assert found is None or 0 <= found.port <= 65535
