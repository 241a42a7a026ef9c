"""The companion in front of a real server: what the client does with it nobody else learns. T26 to T28."""

from collections.abc import Iterator
from typing import Any, Literal
from xml.etree import ElementTree as ET

import pytest
from slixmpp import JID
from slixmpp.exceptions import IqError

from tests.interop.conftest import House, MakeHouse
from tests.interop.im_client import ImClient

pytestmark = pytest.mark.real

COMPANION = "quorate@quorate.invalid"
ALICE, BOB = "alice@example.org", "bob@example.org"
ROSTER, BLOCKING, PUBSUB = "jabber:iq:roster", "urn:xmpp:blocking", "http://jabber.org/protocol/pubsub"
OMEMO = "eu.siacs.conversations.axolotl"


async def ask(client: ImClient, kind: Literal["get", "set"], payload: str, to: str | None = None) -> str:
    """One request of the client; its answer, or the name of its error."""
    iq: Any = client.make_iq(itype=kind, ito=JID(to) if to else None)
    iq.append(ET.fromstring(payload))
    try:
        answer = await iq.send(timeout=60)
        return ET.tostring(answer.xml, "unicode")
    except IqError as error:
        return str(error.condition)


def write(client: ImClient, body: str | None, *payloads: str, id: str = "") -> None:
    """A message to the companion with whatever clients put into messages."""
    message = client.make_message(mto=JID(COMPANION), mbody=body, mtype="chat")
    if id:
        message["id"] = id
    for payload in payloads:
        message.append(ET.fromstring(payload))
    message.send()


def heard(client: ImClient) -> Iterator[str]:
    """All the companion has said."""
    return (text for who, text in client.received.messages if who == COMPANION)


async def chat_with_it(alice: ImClient) -> None:
    """T27: text, receipts, corrections, encryption, and what clients send without being asked."""
    await alice.until(lambda got: any(w.startswith(COMPANION) for w, _ in got.presences), "the companion")
    write(alice, "status", "<request xmlns='urn:xmpp:receipts'/>", id="m1")
    await alice.message_with("Nothing is under way", COMPANION)
    await alice.until(
        lambda got: any(
            child.tag == "{urn:xmpp:receipts}received" and child.get("id") == "m1"
            for xml in got.stanzas
            for child in xml
        ),
        "the receipt",
    )
    write(alice, "help", "<replace xmlns='urn:xmpp:message-correct:0' id='m1'/>", id="m2")
    await alice.message_with("already read", COMPANION)
    write(alice, "fallback", f"<encrypted xmlns='{OMEMO}'><header sid='1'/></encrypted>", id="m3")
    await alice.message_with("unencrypted", COMPANION)
    before = len(list(heard(alice)))
    for payload in (
        "<composing xmlns='http://jabber.org/protocol/chatstates'/>",
        "<displayed xmlns='urn:xmpp:chat-markers:0' id='m1'/>",
        "<reactions xmlns='urn:xmpp:reactions:0' id='m1'><reaction>+</reaction></reactions>",
    ):
        write(alice, None, payload)
    write(alice, "status", id="m1")
    await alice.round_trip()
    assert len(list(heard(alice))) == before


CHANGES = {
    "rename": f"<query xmlns='{ROSTER}'><item jid='{COMPANION}' name='Q'/></query>",
    "group": f"<query xmlns='{ROSTER}'><item jid='{COMPANION}'><group>Work</group></item></query>",
    "remove": f"<query xmlns='{ROSTER}'><item jid='{COMPANION}' subscription='remove'/></query>",
    "block": f"<block xmlns='{BLOCKING}'><item jid='{COMPANION}'/></block>",
    "unblock": f"<unblock xmlns='{BLOCKING}'><item jid='{COMPANION}'/></unblock>",
    "displayed": (
        f"<pubsub xmlns='{PUBSUB}'><publish node='urn:xmpp:mds:displayed:0'><item id='{COMPANION}'>"
        "<displayed xmlns='urn:xmpp:mds:displayed:0'/></item></publish></pubsub>"
    ),
}


async def change_it(alice: ImClient) -> None:
    """T26: everything a client can do to a contact; each is agreed to, and nothing changes."""
    pushes = 0
    for name, payload in CHANGES.items():
        answer = await ask(alice, "set", payload)
        assert 'type="result"' in answer, (name, answer)
        if ROSTER in payload:
            pushes += 1
            await alice.until(lambda got, n=pushes: len(pushes_of_it(got.stanzas)) >= n, f"{name} undone")  # type: ignore[misc]
    item = pushes_of_it(alice.received.stanzas)[-1]
    assert (item.get("name"), item.get("subscription")) == ("Quorate", "both")
    assert await ask(
        alice, "get", f"<pubsub xmlns='{PUBSUB}'><items node='{OMEMO}.devicelist'/></pubsub>", COMPANION
    ) == ("item-not-found")
    only_it = f"<field var='with'><value>{COMPANION}</value></field>"
    archive = f"<x xmlns='jabber:x:data' type='submit'>{only_it}</x>"
    assert 'complete="true"' in await ask(alice, "set", f"<query xmlns='urn:xmpp:mam:2'>{archive}</query>")
    for unsupported in (
        "<vCard xmlns='vcard-temp'/>",
        "<query xmlns='jabber:iq:version'/>",
        "<time xmlns='urn:xmpp:time'/>",
    ):
        assert await ask(alice, "get", unsupported, COMPANION) == "service-unavailable"


def pushes_of_it(stanzas: list[ET.Element]) -> list[ET.Element]:
    """Roster pushes about the companion, as items."""
    return [
        item
        for xml in stanzas
        if xml.tag.endswith("}iq") and xml.get("type") == "set"
        for item in xml.iter(f"{{{ROSTER}}}item")
        if item.get("jid") == COMPANION
    ]


async def with_versions(house: House, alice: ImClient, outside: ImClient) -> None:
    """T28: the version is our own, and without us the client gets the whole roster, and no ghost."""
    first = await ask(alice, "get", f"<query xmlns='{ROSTER}' ver=''/>")
    version = ET.fromstring(first)[0].get("ver", "")
    assert version.startswith("q1:")
    assert COMPANION in first
    unchanged = await ask(alice, "get", f"<query xmlns='{ROSTER}' ver='{version}'/>")
    assert BOB not in unchanged
    directly = await ask(outside, "get", f"<query xmlns='{ROSTER}' ver='{version}'/>")
    assert BOB in directly
    assert COMPANION not in directly
    real = version.removeprefix("q1:")
    whole = await ask(alice, "get", f"<query xmlns='{ROSTER}' ver='{real}'/>")
    assert BOB in whole
    assert f'ver="{version}"' in whole


async def test_nobody_else_learns_what_the_client_does_with_it(make_house: MakeHouse) -> None:
    house = await make_house()
    alice = await house.login("alice", through=True)
    outside = await house.login("alice")
    for client in (alice, outside):
        await client.plugin["xep_0280"].enable()
        await ask(client, "get", f"<blocklist xmlns='{BLOCKING}'/>")
    await chat_with_it(alice)
    await change_it(alice)
    await with_versions(house, alice, outside)
    alice.ask_for_ack()
    await alice.round_trip()
    await outside.round_trip()

    assert "quorate" not in "".join(ET.tostring(xml, "unicode") for xml in outside.received.stanzas)
    assert COMPANION not in await ask(outside, "get", f"<blocklist xmlns='{BLOCKING}'/>")
    assert [result async for result in outside.plugin["xep_0313"].iterate()] == []
    assert "quorate" not in house.server.stored_text()
    assert (alice.failure, outside.failure) == (None, None)
    (stream,) = (await house.quorate.run("streams", "--json")).json()
    assert (stream["state"], stream["reason"], stream["companion"]) == ("live", None, True)
