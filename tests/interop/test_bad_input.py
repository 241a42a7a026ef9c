"""What people and programs get wrong once Quorate runs: one sentence with what to do, and nobody is asked."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from slixmpp import JID

from tests.interop.conftest import House, house_factory
from tests.interop.im_client import ImClient

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]

COMPANION = "quorate@quorate.invalid"
SERVER = JID("example.org")
ALICE = "alice@example.org"
KIMS = ("kim.lee@example.org", "kim.roe@example.org")
BIG = 100_000
"""Bytes of a stanza larger than Quorate reads, smaller than Prosody takes."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """alice through Quorate, with two Kims in her roster; bob and carol could be asked at once."""
    async with house_factory(tmp_path_factory.mktemp("bad")) as make:
        house = await make(groups={"dba": ("bob", "carol")})
        alice = await house.login("alice", through=True)
        for name in ("bob", "carol"):
            await house.login(name)
        await alice.until(lambda got: {"bob", "carol"} <= {w.split("@")[0] for w, _ in got.presences}, "all")
        for kim in KIMS:
            alice.update_roster(JID(kim), name="Kim")
        await alice.plugin["xep_0199"].ping(SERVER, timeout=60)
        yield house


async def nobody_was_asked(house: House) -> bool:
    """No activity was made, and nobody got a message."""
    listed = (await request(house, "GET", "/activities")).json()
    return listed == [] and all(house.clients[name].received.messages == [] for name in ("bob", "carol"))


TYPED = {
    # name: (typed to the companion, its answer)
    "unknown name": ("meet zed", "Column 6: there is nobody called “zed”. Use a name from your contact list"),
    "nearly a name": ("meet bbo and carol", "Column 6: there is nobody called “bbo”. Did you mean bob?"),
    "unknown group": ("meet any of @dbx", "Column 13: there is no group “@dbx”. Did you mean @dba?"),
    "ambiguous name": ("meet bob and kim", f"Column 14: “kim” may be {KIMS[0]} (Kim); {KIMS[1]} (Kim)."),
    "impossible count": ("meet 4 of (bob, carol, dave)", "Column 6: 4 of (bob, carol, dave) is not possible"),
    "too many of a group": ("meet 3 of @dba", "there are only 2 to choose from. Ask for at most 2"),
    "syntax error": ("meet bob and and carol", "Column 14: a person or a group is missing before “and”."),
    "open parenthesis": ("meet bob and (carol or dave", "Column 28: a parenthesis is not closed. Add ) at"),
    "nobody named": ("meet", "Column 5: nobody is named. Say who you need, for example: bob and"),
    "oneself": ("meet bob and alice", "Column 14: “alice” is you. Leave yourself out"),
    "no duration": ("meet bob within soon", "is no duration. Write it like 10m, 90s or 1h30m."),
    "unknown verb": ("mete bob", "Column 1: “mete” is no command. Did you mean: meet bob"),
    "no command at all": ("hello there", "Column 1: “hello” is no command. Write help to see"),
    "unknown activity": ("cancel Q9", "There is no activity Q9. `status`"),
    "at no time": ("meet bob at 25:00", "Column 13: “at” needs a time, not “25:00”. Like 14:00"),
}


@pytest.mark.parametrize(("typed", "answer"), TYPED.values(), ids=TYPED)
async def test_typed_to_the_companion(house: House, typed: str, answer: str) -> None:
    alice = house.clients["alice"]
    alice.received.messages.clear()
    alice.say(COMPANION, typed)
    said = await alice.message_with(answer, COMPANION)
    assert len(said.splitlines()) <= 2
    assert len(alice.received.messages) == 1
    assert await nobody_was_asked(house)


COMMANDS = {
    # name: (words of the command line, exit code, the sentence, what to do)
    "unknown name": (["meet", "zed"], 1, "Column 1: there is nobody called “zed”.", "contact list"),
    "ambiguous name": (["who", "kim"], 1, "Column 1: “kim” may be", f"for example: {KIMS[0]}"),
    "impossible count": (["meet", "3 of @dba"], 1, "Column 1: 3 of @dba is not possible", "at most 2"),
    "syntax error": (["meet", "bob and and carol"], 1, "Column 9: a person", "Put a name there"),
    "oneself": (["meet", "alice"], 1, "Column 1: “alice” is you.", "Leave yourself out"),
    "foreign account": (["meet", "bob", "--from", "x@example.net"], 1, "“x@example.net” is not one", ALICE),
    "no duration": (["meet", "bob", "--within", "soon"], 2, "--within: “soon” is no duration", "10m"),
    "no kind": (["meet", "bob", "--as", "dinner"], 2, "“dinner” is not one of chat, call", "--help"),
    "a link to nothing": (["meet", "bob", "--as", "link"], 1, "A link needs to know what.", "as link URL"),
    "unknown activity": (["explain", "Q9"], 1, "There is no activity Q9.", "quorate list"),
}


@pytest.mark.parametrize(("words", "code", "said", "remedy"), COMMANDS.values(), ids=COMMANDS)
async def test_on_the_command_line(house: House, words: list[str], code: int, said: str, remedy: str) -> None:
    done = await house.quorate.run(*words, *(["--json"] if code == 1 else []))
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert remedy in done.err
    assert "Traceback" not in done.err
    assert len(done.err.splitlines()) <= (2 if code == 1 else 4)
    assert await nobody_was_asked(house)


async def test_a_wrong_token_on_the_command_line(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {**house.quorate.environment(), "QUORATE_TOKEN": "wrong"}
    monkeypatch.setattr(house.quorate, "environment", lambda: environment)
    done = await house.quorate.run("list")
    assert (done.code, done.out) == (1, "")
    assert "The server does not take the token in QUORATE_TOKEN." in done.err
    assert "run.json" in done.err


def sent_as_json(content: bytes) -> dict[str, Any]:
    return {"content": content, "headers": {"Content-Type": "application/json"}}


REQUESTS: dict[str, tuple[str, str, dict[str, Any], int, str, str]] = {
    # name: (method, path, what is sent, status, type, words of the detail)
    "malformed JSON": (
        "POST",
        "/activities",
        sent_as_json(b'{"who": "bob"'),
        400,
        "malformed-json",
        "not JSON",
    ),
    "not even text": ("POST", "/check", sent_as_json(b"\xff\xfe\x00"), 400, "malformed-json", "not JSON"),
    "JSON as text": ("POST", "/check", {"content": b'{"who": "bob"}'}, 422, "invalid", "not sent as one"),
    "a number for a name": ("POST", "/activities", {"json": {"who": 7}}, 422, "invalid", "who"),
    "nobody named": ("POST", "/activities", {"json": {}}, 422, "invalid", "who"),
    "unknown name": ("POST", "/activities", {"json": {"who": "zed"}}, 422, "unknown-name", "Column 1"),
    "ambiguous name": ("POST", "/activities", {"json": {"who": "kim"}}, 422, "ambiguous-name", KIMS[1]),
    "syntax error": ("POST", "/check", {"json": {"who": "bob and"}}, 422, "syntax", "Column"),
    "impossible count": ("POST", "/check", {"json": {"who": "3 of @dba"}}, 422, "impossible-count", "only 2"),
    "oneself": ("POST", "/activities", {"json": {"who": "alice"}}, 422, "meeting-oneself", "is you"),
    "unknown activity": ("GET", "/activities/Q9", {}, 404, "not-found", "Q9"),
    "unknown address": ("GET", "/nothing", {}, 404, "not-found", "/api/v1/nothing"),
    "wrong token": (
        "GET",
        "/people",
        {"headers": {"Authorization": "Bearer x"}},
        401,
        "unauthorised",
        "token",
    ),
    "no token": ("GET", "/people", {"headers": {"Authorization": ""}}, 401, "unauthorised", "token"),
    "dead link": ("GET", "/rooms/nonsense", {}, 404, "not-found", "This link does not work."),
}


@pytest.mark.parametrize(
    ("method", "path", "sent", "status", "kind", "words"), REQUESTS.values(), ids=REQUESTS
)
async def test_over_http(
    house: House, method: str, path: str, sent: dict[str, Any], status: int, kind: str, words: str
) -> None:
    answer = await request(house, method, path, **sent)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["type"], problem["status"]) == (kind, status)
    assert words in problem["detail"]
    assert problem["remedy"]
    assert await nobody_was_asked(house)


async def request(house: House, method: str, path: str, **sent: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {house.quorate.token}", **sent.pop("headers", {})}
    async with httpx.AsyncClient(headers=headers, timeout=60) as client:
        return await client.request(method, f"{house.quorate.url}/api/v1{path}", **sent)


UNHEARD_OF = {
    "a payload nobody knows": "<message to='{to}' id='u1'><odd xmlns='urn:example:odd'>7</odd></message>",
    "a message of a strange type": "<message to='{to}' type='shout' id='u2'><body>hey</body></message>",
    "an attribute nobody knows": "<message to='{to}' id='u3' x:y='1' xmlns:x='urn:x'><body/></message>",
    "a request nobody knows": "<iq to='{to}' type='get' id='u4'><odd xmlns='urn:example:odd'/></iq>",
    "a presence with odd children": "<presence to='{to}' id='u5'><odd xmlns='urn:example:odd'/></presence>",
    "more than is read": f"<message to='{{to}}' id='u6'><body>{'x' * BIG}</body></message>",
}


@pytest.mark.parametrize("sent", UNHEARD_OF.values(), ids=UNHEARD_OF)
@pytest.mark.parametrize("way", ["from the client", "from the server"])
async def test_what_is_not_understood_is_forwarded(house: House, sent: str, way: str) -> None:
    alice, bob = house.clients["alice"], house.clients["bob"]
    sender, receiver = (alice, bob) if way == "from the client" else (bob, alice)
    receiver.received.stanzas.clear()
    stanza = sent.format(to=receiver.boundjid.full)
    sender.send_raw(stanza)
    id = stanza.partition(" id='")[2].partition("'")[0]
    await receiver.until(lambda got: any(xml.get("id") == id for xml in got.stanzas), f"stanza {id}")
    await still_live(house, alice)
    bob.received.messages.clear()
    alice.received.messages.clear()


async def still_live(house: House, alice: ImClient) -> None:
    """The stream goes on, is read, and can be added to."""
    await alice.plugin["xep_0199"].ping(SERVER, timeout=60)
    streams = (await request(house, "GET", "/streams")).json()
    assert [(s["state"], s["reason"], s["companion"]) for s in streams] == [("live", None, True)]


async def test_an_element_that_is_no_stanza_is_the_servers_affair(tmp_path: Path) -> None:
    async with house_factory(tmp_path) as make:
        house = await make()
        alice = await house.login("alice", through=True)
        straight = await house.login("dave")
        for client in (alice, straight):
            client.send_raw("<odd xmlns='urn:example:odd'/>")
            await client.until(lambda got: got.stanzas[-1].tag.endswith("}error"), "the server's answer")
        assert shape(alice) == shape(straight)


def shape(client: ImClient) -> list[str]:
    return [child.tag for child in client.received.stanzas[-1]]


async def test_no_client_is_connected(tmp_path: Path) -> None:
    async with house_factory(tmp_path) as make:
        house = await make()
        im = f"127.0.0.1:{house.quorate.im_port}"
        for words in (["meet", "bob"], ["who", "bob"], ["check", "bob"]):
            done = await house.quorate.run(*words)
            assert (done.code, done.out) == (1, "")
            assert "No client is connected to Quorate." in done.err
            assert im in done.err
        answer = await request(house, "POST", "/activities", json={"who": "bob"})
        assert (answer.status_code, answer.json()["type"]) == (409, "not-possible")
        assert im in answer.json()["remedy"]


async def test_a_link_that_expired_and_one_that_never_was(tmp_path: Path) -> None:
    async with house_factory(tmp_path) as make:
        house = await make()
        alice = await house.login("alice", through=True)
        bob = await house.login("bob")
        await house.login("carol")
        await alice.until(lambda got: {"bob", "carol"} <= {w.split("@")[0] for w, _ in got.presences}, "all")
        made = await house.quorate.post("/activities", {"who": "bob and carol", "within_s": 3})
        await bob.message_with("[Quorate]")
        bob.say(ALICE, "yes")
        token = (await bob.message_with("You are in.")).rpartition("/r/")[2]
        assert (await house.quorate.run("wait", made["id"], "--state", "expired")).code == 0
        await bob.message_with("did not come about in time, nothing to do.")
        late = await request(house, "GET", f"/rooms/{token}", headers={"Authorization": ""})
        assert (late.status_code, late.json()["state"]) == (200, "expired")
        answer = await request(house, "POST", f"/rooms/{token}/answer", json={"answer": "yes"})
        assert (answer.status_code, answer.json()["state"]) == (200, "expired")
        never = await request(house, "GET", f"/rooms/{token}x", headers={"Authorization": ""})
        assert never.json()["detail"] == "This link does not work."
        assert "ask whoever sent it for a new one" in never.json()["remedy"]
