"""Nobody told the client of Quorate: nftables leads its stream there, in a network of the test's own."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.certificates import TestAuthority
from tests.interop.im_client import ImClient
from tests.interop.prosody import Prosody, everybody_knows_everybody
from tests.interop.quorate_process import Quorate
from tests.interop.rights import OWN_USER, network, run

pytestmark = pytest.mark.real("prosody", "nft", "ip", "setpriv")
QUORATES_USER = 65534
COMPANION = "quorate@quorate.invalid"


@pytest.fixture
def data() -> Iterator[Path]:
    """A directory of Quorate's user, in one that all may enter."""
    with tempfile.TemporaryDirectory() as made:
        os.chown(made, QUORATES_USER, QUORATES_USER)
        yield Path(made)


@pytest.fixture(autouse=True)
def own_network() -> Iterator[None]:
    with network():
        yield


async def test_a_whole_host_is_captured_by_the_rules_that_doctor_prints(tmp_path: Path, data: Path) -> None:
    accounts = {name: f"secret-{name}" for name in ("alice", "bob")}
    authority = TestAuthority(data)
    known = everybody_knows_everybody(accounts)
    quorate = Quorate(
        data,
        [],
        authority.path,
        config='settle_s = 0\ntransparent = ["127.0.0.1:5229", "[::1]:5229"]\n',
        prefix=OWN_USER,
    )
    server = Prosody(
        tmp_path / "prosody", authority, accounts=accounts, rosters=known, port=5222, tls_port=5223
    )
    async with server, quorate:
        printed = await quorate.run("doctor", "--print-nft")
        assert f"skuid != {QUORATES_USER}" in printed.out
        run("nft", "-f", "-", stdin=printed.out)
        there = ("127.0.0.1", server.port)
        async with (
            ImClient("alice@example.org", "secret-alice", *there, quorate.ca) as alice,
            ImClient(
                "bob@example.org", "secret-bob", "127.0.0.1", server.tls_port, quorate.ca, direct_tls=True
            ),
        ):
            await alice.until(lambda got: any("bob" in who for who, _ in got.presences), "bob's presence")
            (bob,) = (await quorate.run("who", "bob", "--from", "alice@example.org", "--json")).json()
            assert bob["availability"] == "available"
            streams = (await quorate.run("streams", "--json")).json()
            assert {(s["account"], s["mode"], s["state"]) for s in streams} == {
                (f"xmpp:{name}@example.org", "transparent", "live") for name in accounts
            }
            alice.say(COMPANION, "who bob")
            await alice.message_with("bob", COMPANION)
        run("nft", "delete", "table", "inet", "quorate")
        async with ImClient("alice@example.org", "secret-alice", *there, authority.path):
            after = (await quorate.run("streams", "--json")).json()
            assert {s["id"] for s in after} <= {s["id"] for s in streams}
