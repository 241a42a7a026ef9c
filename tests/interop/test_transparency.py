"""A client behind Quorate sees what it would see directly, while Quorate works in its stream."""

import re
from collections.abc import Sequence
from xml.etree import ElementTree

import pytest
from slixmpp import JID

from tests.interop.conftest import BOTH_SERVERS, House, MakeHouse
from tests.interop.im_client import ImClient

pytestmark = [pytest.mark.real("prosody", "ejabberdctl"), BOTH_SERVERS]

COMPANION = "quorate.invalid"
VOLATILE = frozenset({"id", "stamp", "seconds", "ver", "by"})
RESOURCE = re.compile(r"@example\.org/\S+")
UNORDERED = ("{jabber:iq:roster}query", "{http://jabber.org/protocol/disco#info}query")


def outline(xml: ElementTree.Element) -> str:
    """One stanza without what differs from run to run, and without the companion."""
    attributes = [f"{k}={RESOURCE.sub('@example.org/R', v)}" for k, v in xml.items() if k not in VOLATILE]
    inner = [outline(child) for child in xml if COMPANION not in child.get("jid", "")]
    if xml.tag in UNORDERED:
        inner.sort()
    text = RESOURCE.sub("@example.org/R", (xml.text or "").strip())
    return f"{xml.tag.rpartition('}')[2]}({' '.join(sorted(attributes))}){text}[{' '.join(inner)}]"


def story(stanzas: Sequence[ElementTree.Element]) -> list[str]:
    """The stanzas received, in order, as outlines."""
    own = [xml for xml in stanzas if xml.tag.startswith("{jabber:client}")]
    return [outline(xml) for xml in own if COMPANION not in xml.get("from", "")]


async def do_everything(house: House, alice: ImClient, bob: ImClient, second: ImClient) -> None:
    """A fixed conversation in which every step waits for the one before."""
    domain = house.server.domain
    alice.plugin["xep_0280"].enable()
    second.plugin["xep_0280"].enable()
    await alice.round_trip()
    await second.round_trip()
    for number in range(5):
        alice.say("bob@example.org", f"from alice {number}")
        await bob.message_with(f"from alice {number}")
        bob.say("alice@example.org", f"from bob {number}")
        await alice.message_with(f"from bob {number}")
    bob.send_presence(pshow="dnd", pstatus="in a meeting")
    await alice.until(lambda got: any("bob" in w and t == "dnd" for w, t in got.presences), "bob busy")
    await alice.plugin["xep_0030"].get_info(jid=JID(domain), timeout=60)
    await alice.plugin["xep_0012"].get_last_activity(JID("bob@example.org"), timeout=60)
    await alice.get_roster()
    alice.update_roster(JID("bob@example.org"), name="Robert", groups=["friends"])
    await alice.round_trip()
    second.say("bob@example.org", "from my other device")
    await bob.message_with("from my other device")
    await alice.round_trip()


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
    assert "quorate" not in house.server.stored_text()
    directly = await run_once(await make_house(), through=False)
    assert [line for line in through if line not in directly] == []
    assert [line for line in directly if line not in through] == []
    messages = [line for line in through if line.startswith("message")]
    assert messages == [line for line in directly if line.startswith("message")]
    assert len(messages) == 6
