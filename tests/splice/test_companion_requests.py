"""What a client asks the companion, or others about it. VC-6, VC-7."""

import pytest

from tests.splice.script import (
    Talk,
    ids,
)
from tests.splice.test_companion import FROM, JID, error, push, result

PUBSUB = "http://jabber.org/protocol/pubsub"


@pytest.mark.parametrize(
    ("kind", "payload", "answer"),
    [
        ("get", "<ping xmlns='urn:xmpp:ping'/>", result(sender=FROM)),
        ("get", "<query xmlns='jabber:iq:last'/>", error("service-unavailable", FROM)),
        ("get", "<vCard xmlns='vcard-temp'/>", error("service-unavailable", FROM)),
        (
            "get",
            f"<pubsub xmlns='{PUBSUB}'><items node='eu.siacs.conversations.axolotl.devicelist'/></pubsub>",
            error("item-not-found", FROM),
        ),
        (
            "get",
            "<query xmlns='http://jabber.org/protocol/disco#items'/>",
            result("<query xmlns='http://jabber.org/protocol/disco#items'/>", FROM),
        ),
    ],
)
def test_requests_to_it_are_answered_at_once(kind: str, payload: str, answer: str) -> None:
    talk = Talk().log_in()
    talk.c(f"<iq type='{kind}' id='i1' to='{JID}'>{payload}</iq>")
    assert talk.client() == answer
    assert talk.server() == ""


def test_it_says_what_it_is() -> None:
    talk = Talk().log_in()
    talk.c(f"<iq type='get' id='i1' to='{JID}/q'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>")
    assert "<identity category='client' type='bot'" in talk.client()


@pytest.mark.parametrize(
    "item",
    [
        f"<item jid='{JID}' name='Q'/>",
        f"<item jid='{JID}' subscription='remove'/>",
        f"<item jid='{JID}'><group>Work</group></item>",
    ],
    ids=["rename", "remove", "group"],
)
def test_changing_its_roster_entry_changes_nothing(item: str) -> None:
    talk = Talk().log_in()
    talk.c(f"<iq type='set' id='i1'><query xmlns='jabber:iq:roster'>{item}</query></iq>")
    seen = talk.client()
    assert seen == result() + push(ids(seen)[0])
    assert talk.server() == ""


@pytest.mark.parametrize(
    ("request_", "forwarded", "answered"),
    [
        ("<block xmlns='urn:xmpp:blocking'><item jid='{J}'/></block>", None, True),
        (
            "<block xmlns='urn:xmpp:blocking'><item jid='{J}'/><item jid='eve@example.org'/></block>",
            "<block xmlns='urn:xmpp:blocking'><item jid='eve@example.org'/></block>",
            False,
        ),
        (
            "<pubsub xmlns='{P}'><publish node='mds'><item id='{J}'><x xmlns='y'/></item>"
            "</publish><publish-options><x xmlns='jabber:x:data'/></publish-options></pubsub>",
            None,
            True,
        ),
        (
            "<query xmlns='jabber:iq:private'><storage xmlns='storage:rosternotes'><note jid='{J}'>a</note>"
            "<note jid='bob@example.org'>b</note></storage></query>",
            "<query xmlns='jabber:iq:private'><storage xmlns='storage:rosternotes'>"
            "<note jid='bob@example.org'>b</note></storage></query>",
            False,
        ),
        (
            "<prefs xmlns='urn:xmpp:mam:2' default='always'><never><jid>{J}</jid></never></prefs>",
            "<prefs xmlns='urn:xmpp:mam:2' default='always'><never></never></prefs>",
            False,
        ),
        (
            "<query xmlns='http://jabber.org/protocol/muc#admin'><item jid='{J}' affiliation='member'/>"
            "<item jid='eve@example.org' affiliation='member'/></query>",
            "<query xmlns='http://jabber.org/protocol/muc#admin'>"
            "<item jid='eve@example.org' affiliation='member'/></query>",
            False,
        ),
    ],
    ids=["block", "block two", "displayed", "notes", "archive preferences", "members of a room"],
)
def test_lists_lose_it_and_keep_the_rest(request_: str, forwarded: str | None, answered: bool) -> None:
    talk = Talk().log_in()
    body = request_.replace("{J}", JID).replace("{P}", PUBSUB)
    talk.c(f"<iq type='set' id='i1'>{body}</iq>")
    assert talk.server() == (f"<iq type='set' id='i1'>{forwarded}</iq>" if forwarded else "")
    assert talk.client() == (result() if answered else "")


def test_its_archive_is_empty() -> None:
    talk = Talk().log_in()
    talk.c(
        "<iq type='set' id='i1'><query xmlns='urn:xmpp:mam:2'><x xmlns='jabber:x:data' type='submit'>"
        f"<field var='with'><value>{JID}</value></field></x></query></iq>"
    )
    assert "<fin xmlns='urn:xmpp:mam:2' complete='true'>" in talk.client()
    assert talk.server() == ""


def test_an_unknown_request_about_it_is_refused() -> None:
    talk = Talk().log_in()
    talk.c(f"<iq type='set' id='i1'><x xmlns='some:thing' jid='{JID}'/></iq>")
    assert talk.client() == error("service-unavailable")
    assert talk.server() == ""


@pytest.mark.parametrize(
    "stanza",
    [
        f"<presence to='{JID}'/>",
        f"<presence to='{JID}' type='unsubscribe'/>",
        f"<message to='room@muc'><x xmlns='http://jabber.org/protocol/muc#user'><invite to='{JID}'/></x>"
        "</message>",
        f"<iq type='result' id='z' to='{JID}'/>",
        f"<iq type='get' id='z' to='{JID}/'/>",
        f"<message to='{JID}.'><body>help</body></message>",
        "<message to='QUORATE@Quorate.Invalid/Q'><body>help</body></message>",
        "<message to='quorate@quorate&#x2E;invalid'><body>help</body></message>",
        f"<message to='room@muc'><x xmlns='http://jabber.org/protocol/muc#user'><invite to='{JID}'/></x>"
        "<thread>t</thread><store xmlns='urn:xmpp:hints'/></message>",
    ],
)
def test_nothing_addressed_to_it_reaches_the_server(stanza: str) -> None:
    talk = Talk().log_in()
    talk.c(stanza)
    assert talk.server() == ""


@pytest.mark.parametrize(
    "stanza",
    [
        f"<message to='bob@example.org' type='chat'><body>what is {JID}?</body></message>",
        f"<message to='bob@example.org' type='chat'><body>{JID}</body></message>",
        f"<presence><status>ask {JID}</status></presence>",
        "<message to='bob@example.org'><body>&#113;uorate</body></message>",
        "<message to='bob@example.org'><body>this</body><html xmlns='http://jabber.org/protocol/xhtml-im'>"
        f"<body xmlns='http://www.w3.org/1999/xhtml'><a href='xmpp:{JID}'>this</a></body></html></message>",
        "<message to='bob@example.org'><body>it said</body><forwarded xmlns='urn:xmpp:forward:0'>"
        f"<message xmlns='jabber:client' from='{JID}/q'><body>Q1</body></message></forwarded></message>",
        "<presence to='room@muc.example.org/quorate.invalid'/>",
        "<message to='room@muc.example.org/x@quorate.invalid' type='chat'><body>hi</body></message>",
        "<message to='bob@notquorate.invalid'><body>hi</body></message>",
        "<message to='bob@quorate.invalid.example.org'><body>hi</body></message>",
        "<iq type='get' id='u' to='up.example.org'><request xmlns='urn:xmpp:http:upload:0' size='1'"
        " filename='quorate.invalid.png'/></iq>",
        "<iq type='set' id='v'><vCard xmlns='vcard-temp'><DESC>quorate.invalid</DESC></vCard></iq>",
        f"<iq type='result' id='z' to='bob@example.org/pc'><query xmlns='some:thing' jid='{JID}'/></iq>",
    ],
)
def test_what_people_write_about_it_passes(stanza: str) -> None:
    talk = Talk().log_in()
    talk.c(stanza)
    assert talk.server() == stanza


def test_even_what_is_too_big_to_be_read_goes_nowhere() -> None:
    talk = Talk(chunk=16_000).log_in(sm=True)
    talk.c(f"<message to='{JID}' type='chat'><body>{'x' * 600_000}</body></message>")
    after = "<message to='bob@example.org'><body>hi</body></message>"
    talk.c(after + "<r xmlns='urn:xmpp:sm:3'/>")
    assert talk.server() == after + "<r xmlns='urn:xmpp:sm:3'/>"
    talk.s("<a xmlns='urn:xmpp:sm:3' h='3'/>")
    assert "h='4'" in talk.client()


def test_a_name_written_in_references_is_the_name() -> None:
    """VC-6: also inside a request that would else be handed on at a glance."""
    talk = Talk().log_in()
    item = "<item id='quorate&#64;quorate&#46;invalid'><displayed xmlns='urn:xmpp:mds:displayed:0'/></item>"
    talk.c(
        "<iq type='set' id='d1'><pubsub xmlns='http://jabber.org/protocol/pubsub'>"
        f"<publish node='urn:xmpp:mds:displayed:0'>{item}</publish></pubsub></iq>"
    )
    assert talk.server() == ""
    assert "type='result' id='d1'" in talk.client()


def test_a_request_too_big_to_be_read_is_answered_all_the_same() -> None:
    """VC-7, RFC 6120 section 8.2.3: who asks gets an answer."""
    talk = Talk(chunk=16_000).log_in()
    talk.c(f"<iq type='set' id='big' to='{JID}'><x xmlns='urn:x'>{'x' * 300_000}</x></iq>")
    assert talk.server() == ""
    assert talk.client() == (
        f"<iq type='error' id='big' from='{JID}' to='alice@example.org/pc'><error type='cancel'>"
        "<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"
    )


@pytest.mark.parametrize(
    "note",
    [
        f"<reply xmlns='urn:xmpp:reply:0' to='{JID}/q' id='q'/>",
        f"<reference xmlns='urn:xmpp:reference:0' type='mention' uri='xmpp:{JID}?message'/>",
        f"<addresses xmlns='http://jabber.org/protocol/address'><address type='to' jid='{JID}'/></addresses>",
    ],
)
def test_notes_that_name_it_are_cut_out_of_what_people_write(note: str) -> None:
    talk = Talk().log_in()
    talk.c(f"<message to='bob@example.org' type='chat'><body>look</body>{note}</message>")
    assert talk.server() == "<message to='bob@example.org' type='chat'><body>look</body></message>"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<x xmlns='http://jabber.org/protocol/muc#user'>", "</x>"),
        ("<addresses xmlns='http://jabber.org/protocol/address'>", "</addresses><body>look</body>"),
    ],
    ids=["invitations", "addresses"],
)
def test_of_several_who_are_addressed_only_it_is_left_out(before: str, after: str) -> None:
    """XEP-0045 section 7.8.2, XEP-0033."""
    talk = Talk().log_in()
    talk.c(f"<message to='r@muc'>{before}<i to='bob@example.org'/><i to='{JID}'/>{after}</message>")
    assert talk.server() == f"<message to='r@muc'>{before}<i to='bob@example.org'/>{after}</message>"
