"""The real parts themselves: Prosody and a scripted client talk without Quorate in between."""

from pathlib import Path

import pytest

from tests.interop.certificates import TestAuthority
from tests.interop.im_client import ImClient
from tests.interop.prosody import Prosody, everybody_knows_everybody

pytestmark = pytest.mark.real


@pytest.mark.parametrize("direct_tls", [False, True], ids=["starttls", "direct tls"])
async def test_two_clients_chat_over_prosody(tmp_path: Path, direct_tls: bool) -> None:
    authority = TestAuthority(tmp_path)
    people = {"alice": "secret-a", "bob": "secret-b"}
    async with Prosody(
        tmp_path / "prosody", authority, accounts=people, rosters=everybody_knows_everybody(people)
    ) as server:
        port = server.tls_port if direct_tls else server.port

        def client(name: str) -> ImClient:
            return ImClient(
                server.jid(name), people[name], "127.0.0.1", port, authority.path, direct_tls=direct_tls
            )

        async with client("alice") as alice, client("bob") as bob:
            alice.say("bob@example.org", "hello bob")
            assert await bob.message_with("hello") == "hello bob"
