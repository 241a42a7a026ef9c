"""Messages in the user's name, and the answers to them. INJ-8, SUP-1, SUP-3."""

import pytest

from quorate.model.address import parse_address
from quorate.model.reasons import Reason
from quorate.splice.effects import Bounced, Done, TextSeen
from quorate.splice.splice import SpliceConfig
from tests.splice.script import BIND, BOUND, DELAY, Talk, ids, who

CARBON = (
    "<message from='{}' to='alice@example.org/pc'><{} xmlns='urn:xmpp:carbons:2'>"
    "<forwarded xmlns='urn:xmpp:forward:0'>{}</forwarded></{}></message>"
)
INNER = "<message xmlns='jabber:client' from='{}' to='{}' type='chat' id='{}'><body>{}</body></message>"


def told(*, watch: bool = True) -> tuple[Talk, str]:
    talk = Talk().log_in()
    talk.do(talk.splice.tell("e1", who("bob"), "now? <yes>", talk.now, echo="Asked bob.", watch=watch))
    (id,) = ids(talk.server())
    talk.hear()
    return talk, id


def said(text: str = "yes", sender: str = "bob@example.org/x", extra: str = "", kind: str = "chat") -> str:
    return f"<message from='{sender}' type='{kind}' id='a1'><body>{text}</body>{extra}</message>"


def carbon(direction: str, inner: str, sender: str = "alice@example.org") -> str:
    return CARBON.format(sender, direction, inner, direction)


def test_a_message_leaves_without_a_copy_elsewhere_and_is_echoed() -> None:
    talk = Talk().log_in()
    talk.do(talk.splice.tell("e1", who("bob"), "now? <yes>", talk.now, echo="Asked bob."))
    sent = talk.server()
    assert sent == (
        f"<message type='chat' id='{ids(sent)[0]}' to='bob@example.org'><body>now? &lt;yes&gt;</body>"
        "<private xmlns='urn:xmpp:carbons:2'/><no-copy xmlns='urn:xmpp:hints'/>"
        "<no-store xmlns='urn:xmpp:hints'/></message>"
    )
    assert talk.saw(Done) == [Done(effect="e1")]
    assert "<body>Asked bob.</body>" in talk.client()


def test_an_answer_is_seen_and_passes_unchanged() -> None:
    talk, _ = told()
    talk.s(said("yes"))
    assert talk.client() == said("yes")
    assert talk.saw(TextSeen) == [TextSeen(contact=who("bob"), text="yes", message="a1", delayed=False)]


@pytest.mark.parametrize(
    "stanza",
    [
        said(sender="carol@example.org/x"),
        said(kind="groupchat"),
        said(kind="error"),
        "<message from='bob@example.org/x' type='chat'><composing/></message>",
        carbon("sent", INNER.format("alice@example.org/phone", "bob@example.org", "c", "yes")),
        carbon(
            "received", INNER.format("bob@example.org/x", "alice@example.org/phone", "c", "yes"), "eve@x.org"
        ),
        "<message from='alice@example.org'><result xmlns='urn:xmpp:mam:2' id='1'><forwarded "
        "xmlns='urn:xmpp:forward:0'>"
        + INNER.format("bob@example.org/x", "alice@example.org", "c", "yes")
        + "</forwarded></result></message>",
    ],
    ids=["another person", "groupchat", "error", "no text", "own carbon", "forged carbon", "archive"],
)
def test_what_is_no_answer_passes_unseen(stanza: str) -> None:
    talk, _ = told()
    talk.s(stanza)
    assert talk.client() == stanza
    assert talk.saw(TextSeen) == []


@pytest.mark.parametrize("sender", ["bob@example.org", "bob@example.org/x", "alice@example.net"])
def test_a_copy_that_the_own_account_did_not_send_is_nobodys_word(sender: str) -> None:
    """XEP-0280, security considerations: who is watched, too, could put words into others' mouths."""
    talk, _ = told()
    talk.do(talk.splice.watch(who("carol"), talk.now))
    talk.do(talk.splice.watch(parse_address("alice@example.net"), talk.now))
    talk.s(
        carbon("received", INNER.format("carol@example.org/x", "alice@example.org/pc", "c", "yes"), sender)
    )
    assert talk.saw(TextSeen) == []


def test_an_answer_to_another_device_of_the_user_counts() -> None:
    talk, _ = told()
    stanza = carbon("received", INNER.format("bob@example.org/x", "alice@example.org/phone", "c7", "yes"))
    talk.s(stanza)
    assert talk.client() == stanza
    assert [(e.text, e.message) for e in talk.saw(TextSeen)] == [("yes", "c7")]


def test_a_late_delivery_is_marked() -> None:
    talk, _ = told()
    talk.s(said("yes", extra=DELAY))
    assert [e.delayed for e in talk.saw(TextSeen)] == [True]


def test_who_is_not_watched_is_not_read() -> None:
    talk, _ = told(watch=False)
    talk.s(said("yes"))
    assert talk.saw(TextSeen) == []
    talk.do(talk.splice.watch(who("bob")))
    talk.s(said("yes"))
    assert len(talk.saw(TextSeen)) == 1
    talk.do(talk.splice.unwatch(who("bob")))
    talk.s(said("yes"))
    assert talk.saw(TextSeen) == []


@pytest.mark.parametrize(
    "echo",
    [
        "<message type='error' id='{}' from='bob@example.org'><error type='cancel'/></message>",
        "<message type='error' id='{}' from='bob@example.org'><body>copy</body><error/></message>",
        "<message from='bob@example.org/x' id='z'><received xmlns='urn:xmpp:receipts' id='{}'/></message>",
        "<message from='bob@example.org/x'><displayed xmlns='urn:xmpp:chat-markers:0' id='{}'/></message>",
        carbon("sent", INNER.format("alice@example.org/pc", "bob@example.org", "{}", "now?")),
    ],
    ids=["error", "error with text", "receipt", "marker", "carbon"],
)
def test_echoes_of_our_own_message_are_hidden(echo: str) -> None:
    talk, id = told()
    talk.s(echo.replace("{}", id))
    assert talk.client() == ""


ERROR = "<message type='error' id='{}' from='bob@example.org'><error type='{}'/></message>"


def test_a_message_that_came_back_is_reported_once() -> None:
    talk, id = told()
    talk.s(ERROR.format(id, "cancel"))
    talk.s(ERROR.format(id, "cancel"))
    assert talk.client() == ""
    assert talk.saw(Bounced) == [Bounced(effect="e1")]


@pytest.mark.parametrize(
    "stanza",
    [
        ERROR.format("{}", "continue"),
        ERROR.format("another", "cancel"),
        "<message type='error' id='{}' from='mallory@example.org/x'><error type='cancel'/></message>",
        "<message from='bob@example.org/x' id='z'><received xmlns='urn:xmpp:receipts' id='{}'/></message>",
    ],
    ids=["warning", "of another message", "of somebody else", "receipt"],
)
def test_what_says_nothing_of_a_message_that_came_back(stanza: str) -> None:
    talk, id = told()
    talk.s(stanza.replace("{}", id))
    assert talk.saw(Bounced) == []


def test_only_the_latest_messages_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quorate.splice.telling.MAX_SENT", 1)
    talk, first = told()
    talk.tell("bob", effect="e2")
    (second,) = ids(talk.server())
    for id in (first, second):
        talk.s(ERROR.format(id, "cancel"))
    assert talk.saw(Bounced) == [Bounced(effect="e2")]


@pytest.mark.parametrize(
    "stanza",
    [
        "<message from='bob@example.org/x' type='chat' id='{}'><body>yes</body></message>",
        "<message from='bob@example.org'>"
        "<received xmlns='urn:xmpp:receipts' id='{}'/><body>y</body></message>",
        "<message from='bob@example.org/x'><received xmlns='urn:xmpp:receipts' id='theirs'/></message>",
        "<message from='bob@example.org/x'><received xmlns='urn:xmpp:receipts' id='{}'/>"
        "<encrypted xmlns='eu.siacs.conversations.axolotl'/></message>",
        "<message from='bob@example.org/x'><displayed xmlns='urn:xmpp:chat-markers:0' id='{}'/>"
        "<reactions xmlns='urn:xmpp:reactions:0' id='{}'/></message>",
        "<message type='error' id='{}' from='mallory@example.org/x'><body>hello</body></message>",
    ],
    ids=["our id", "text", "another receipt", "encrypted text", "reaction", "error of somebody else"],
)
def test_what_a_person_writes_is_never_hidden(stanza: str) -> None:
    talk, id = told()
    stanza = stanza.replace("{}", id)
    talk.s(stanza)
    assert talk.client() == stanza


def test_a_message_waits_for_the_login_and_is_given_up_if_it_does_not_come() -> None:
    talk = Talk()
    talk.open()
    talk.hear()
    talk.tell("bob")
    talk.c(BIND)
    talk.s(BOUND)
    assert talk.saw(Done) == []
    talk.c("<presence/>")
    assert talk.saw(Done) == [Done(effect="e1")]
    late = Talk()
    late.tell("bob")
    late.wait(31)
    assert late.saw(Done) == [Done(effect="e1", reason=Reason.TOO_EARLY)]


def test_messages_are_paced_and_the_rest_is_given_up() -> None:
    config = SpliceConfig(ids_seed="5eed", additions_per_minute=3, wait_s=30)
    talk = Talk(config=config).log_in()
    for n in range(5):
        talk.tell("bob", effect=f"e{n}")
    assert [e.effect for e in talk.saw(Done)] == ["e0", "e1", "e2"]
    talk.wait(31)
    assert [e.reason for e in talk.saw(Done)] == [Reason.RATE_LIMITED] * 2
    talk.wait(30)
    talk.tell("bob", effect="later")
    assert talk.saw(Done) == [Done(effect="later")]


def test_a_stream_that_ends_gives_up_what_waits() -> None:
    talk = Talk()
    talk.open()
    talk.tell("bob")
    talk.lose()
    assert talk.saw(Done) == [Done(effect="e1", reason=Reason.STREAM_ENDED)]
