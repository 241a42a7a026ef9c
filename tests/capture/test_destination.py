import pytest

from quorate.capture.destination import (
    IM_PORTS,
    Destination,
    forbidden_sentence,
    parse_ports,
    to_destination,
)
from quorate.errors import Misconfigured


@pytest.mark.parametrize(
    ("host", "port", "text"),
    [("im.example.org", 5222, "im.example.org:5222"), ("::1", 1, "[::1]:1"), ("[::1]", 1, "[::1]:1")],
)
def test_a_destination_is_written_as_host_and_port(host: str, port: int, text: str) -> None:
    assert str(to_destination(host, port)) == text


@pytest.mark.parametrize("host", ["", "a b", "a\x00b", "a/b", "user@h", "h:1", "x" * 256])
def test_what_cannot_be_a_host_is_none(host: str) -> None:
    assert to_destination(host, 5222) is None


@pytest.mark.parametrize(("texts", "ports"), [([], IM_PORTS), (["443"], (443,)), (["1", "2"], (1, 2))])
def test_ports_are_read(texts: list[str], ports: tuple[int, ...]) -> None:
    assert parse_ports(texts) == ports


@pytest.mark.parametrize("text", ["", "x", "0", "65536", "-1", "²"])
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured, match="--im-port"):
        parse_ports([text])


def test_a_forbidden_port_is_a_sentence_with_the_way_out() -> None:
    assert forbidden_sentence(Destination("h", 25), (5222, 5223)) == (
        "Quorate connects to IM servers only (ports 5222, 5223), not to port 25."
        " If an IM server is there, add the port to im_ports in quorate.toml."
    )
