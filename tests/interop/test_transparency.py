"""A client behind Quorate sees what it would see directly, while Quorate works in its stream."""

import re
from collections.abc import Sequence
from xml.etree import ElementTree

import pytest
from slixmpp import JID

from tests.interop.conftest import House, MakeHouse
from tests.interop.im_client import ImClient

pytestmark = pytest.mark.real

VOLATILE = re.compile(
    r'(id|stamp|seconds|ver|resource|sid|h|by)="[^"]*"|\d{4}-\d\d-\d\dT[\d:.]+Z|ns\d+:|xmlns:ns\d+'
)
RESOURCE = re.compile(r"@example\.org/[^\"<\s]+")


def story(stanzas: Sequence[ElementTree.Element]) -> list[str]:
    """What was received, without what differs from run to run, and without the companion."""
    lines = []
    for xml in stanzas:
        text = ElementTree.tostring(xml, encoding="unicode")
        if "quorate.invalid" in text and "jabber:iq:roster" not in text:
            continue
        text = re.sub(r"<[^<>]*item[^<>]*quorate\.invalid.*?</[^<>]*item>", "", text)
        lines.append(RESOURCE.sub("@example.org/R", VOLATILE.sub("", text)))
    return lines


async def do_everything(house: House, alice: ImClient, bob: ImClient, second: ImClient) -> None:
    """A fixed conversation in which every step waits for the one before."""
    domain = house.server.domain
    alice["xep_0280"].enable()
    second["xep_0280"].enable()
    await alice["xep_0199"].ping(domain, timeout=10)
    await second["xep_0199"].ping(domain, timeout=10)
    for number in range(5):
        alice.say("bob@example.org", f"from alice {number}")
        await bob.message_with(f"from alice {number}")
        bob.say("alice@example.org", f"from bob {number}")
        await alice.message_with(f"from bob {number}")
    bob.send_presence(pshow="dnd", pstatus="in a meeting")
    await alice.until(lambda got: any("bob" in w and t == "dnd" for w, t in got.presences), "bob busy")
    await alice["xep_0030"].get_info(jid=JID(domain), timeout=10)
    await alice["xep_0012"].get_last_activity(JID("bob@example.org"), timeout=10)
    await alice.get_roster()
    alice.update_roster(JID("bob@example.org"), name="Robert", groups=["friends"])
    await alice["xep_0199"].ping(domain, timeout=10)
    second.say("bob@example.org", "from my other device")
    await bob.message_with("from my other device")
    await alice["xep_0199"].ping(domain, timeout=10)


async def run_once(house: House, *, through: bool) -> list[str]:
    alice = await house.login("alice", through=through)
    bob = await house.login("bob")
    second = await house.login("alice")
    await alice.until(lambda got: any("bob" in who for who, _ in got.presences), "bob's presence")
    if through:
        asked = await house.quorate.run("who", "bob and carol and dave", "--json")
        assert asked.code == 0
    await do_everything(house, alice, bob, second)
    told = story(alice.received.stanzas)
    for client in (second, bob, alice):
        await client.leave()
    return told


async def test_the_client_sees_the_same_as_directly(make_house: MakeHouse) -> None:
    house = await make_house()
    through = await run_once(house, through=True)
    direct_house_roster = house.server.stored_roster("alice")
    assert "quorate" not in direct_house_roster
    directly = await run_once(house, through=False)
    assert sorted(set(through) - set(directly)) == []
    assert [line for line in through if "<" in line and "message" in line] == [
        line for line in directly if "<" in line and "message" in line
    ]
    assert "quorate.invalid" not in house.server.stored_text()
