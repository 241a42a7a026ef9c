"""The line that tells how something stands is edited in place where the client can (XEP-0308)."""

import re

import pytest

from tests.splice.script import Talk, ids, who

JID = "quorate@quorate.invalid"
CORRECTS = "<feature var='urn:xmpp:message-correct:0'/>"


def ready(features: str | None, *, sm: bool = False) -> tuple[Talk, str]:
    """The start of Q7 is told, and the client has answered what it can (None: with an error)."""
    talk = Talk().log_in(sm=sm)
    talk.do(talk.splice.say("Q7-n1", "Q7: 0/2.", talk.now, "Q7"))
    question, first = re.findall(r"<(?:iq|message)[^>]* id='([^']+)'", told := talk.client())
    assert "disco#info" in told
    query = f"<query xmlns='http://jabber.org/protocol/disco#info'>{features}</query>"
    kind, content = ("error", "") if features is None else ("result", query)
    talk.c(f"<iq type='{kind}' id='{question}' to='{JID}'>{content}</iq>")
    assert talk.server() == ""
    return talk, first


def replaced(text: str) -> str | None:
    found = re.search(r"<replace xmlns='urn:xmpp:message-correct:0' id='([^']+)'/>", text)
    return found[1] if found else None


def body(text: str) -> str:
    return str(re.findall(r"<body>(.*?)</body>", text, re.DOTALL)[-1])


@pytest.mark.parametrize("sm", [False, True], ids=["plain", "counted"])
def test_a_line_takes_the_place_of_the_one_before(sm: bool) -> None:
    talk, first = ready(CORRECTS, sm=sm)
    talk.do(talk.splice.tell("Q7-1", who("bob"), "now?", talk.now, echo="Q7: asked bob."))
    talk.server()
    said = talk.client()
    assert (body(said), replaced(said)) == ("Q7: 0/2.\nQ7: asked bob.", first)
    talk.do(talk.splice.tell("Q7-2", who("carol"), "now?", talk.now, echo="Q7: asked carol."))
    talk.server()
    said = talk.client()
    second = ids(said)[0]
    assert (body(said), replaced(said)) == ("Q7: asked carol.", None), "none is edited twice"
    talk.do(talk.splice.say("Q7-n2", "Q7: 1/2, bob.", talk.now, "Q7"))
    said = talk.client()
    assert (body(said), replaced(said)) == ("Q7: 1/2, bob.", second)
    assert "disco#info" not in said


@pytest.mark.parametrize(
    "features", ["<feature var='urn:xmpp:receipts'/>", None], ids=["cannot", "says nothing"]
)
def test_a_client_that_cannot_gets_lines(features: str | None) -> None:
    talk, _ = ready(features)
    talk.do(talk.splice.tell("Q7-1", who("bob"), "now?", talk.now, echo="Q7: asked bob."))
    talk.do(talk.splice.say("Q7-n2", "Q7: 1/2, bob.", talk.now, "Q7"))
    assert replaced(talk.client()) is None


@pytest.mark.parametrize(
    "happens", ["something else is said", "another thing is told", "the user types", "it is long ago"]
)
def test_only_the_last_message_is_edited(happens: str) -> None:
    talk, _ = ready(CORRECTS)
    match happens:
        case "something else is said":
            talk.do(talk.splice.say("say-1", "bob: available", talk.now))
        case "another thing is told":
            talk.do(talk.splice.say("Q8-n1", "Q8: 0/1.", talk.now, "Q8"))
        case "the user types":
            talk.c(f"<message type='chat' id='m1' to='{JID}'><body>status</body></message>")
        case _:
            talk.now += 601
    talk.client()
    talk.do(talk.splice.say("Q7-n2", "Q7: 1/2, bob.", talk.now, "Q7"))
    said = talk.client()
    assert replaced(said) is None
    talk.do(talk.splice.say("Q7-n3", "Q7: 2/2.", talk.now, "Q7"))
    assert replaced(talk.client()) == ids(said)[-1]
