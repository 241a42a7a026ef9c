"""What presence on the stream means for a contact, and what it does not. Section 5, T30, T31."""

from datetime import UTC, datetime

import pytest

from quorate.model.evidence import Presence
from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.effects import PresenceSeen, StateChanged
from quorate.splice.presence_book import MAX_RESOURCES, MAX_STRANGERS
from tests.splice.script import APPEARS, BOB, DELAY, Talk, who

GATEWAY = "<item jid='irc.example.org' subscription='both'/>"
LEGACY = "<item jid='zoe%net@irc.example.org' subscription='both'/>"
Seen = tuple[str, str, Presence]


def seen(talk: Talk) -> list[Seen]:
    return [(e.contact.account, e.resource, e.presence) for e in talk.saw(PresenceSeen)]


@pytest.mark.parametrize(
    ("content", "presence"),
    [
        ("", Presence.ONLINE),
        ("<show>chat</show>", Presence.FREE),
        ("<show>away</show>", Presence.AWAY),
        ("<show>xa</show>", Presence.XA),
        ("<show>dnd</show>", Presence.BUSY),
        ("<show>strange</show>", Presence.ONLINE),
    ],
)
def test_each_resource_is_told(content: str, presence: Presence) -> None:
    talk = Talk().log_in()
    stanza = f"<presence from='bob@example.org/x'>{content}<priority>-3</priority>{DELAY}</presence>"
    talk.s(stanza)
    (told,) = talk.saw(PresenceSeen)
    assert (told.contact, told.resource, told.presence, told.priority) == (who("bob"), "x", presence, -3)
    assert told.since == datetime(2026, 1, 1, tzinfo=UTC)
    assert (told.asked, told.implied, told.stale) == (False, False, False)
    assert talk.client() == stanza


def test_one_device_leaves() -> None:
    talk = Talk().log_in()
    talk.s("<presence from='bob@example.org/x'/><presence from='bob@example.org/y'/>")
    talk.hear()
    talk.s("<presence type='unavailable' from='bob@example.org/x'/>")
    assert seen(talk) == [("bob@example.org", "x", Presence.OFFLINE)]


def test_the_whole_contact_leaves() -> None:
    talk = Talk().log_in()
    talk.s("<presence from='bob@example.org/x'/><presence from='bob@example.org/y'/>")
    talk.hear()
    talk.s("<presence type='unavailable' from='bob@example.org'/>")
    assert seen(talk) == [("bob@example.org", r, Presence.OFFLINE) for r in ("x", "y", "")]


@pytest.mark.parametrize(
    "stanza",
    [
        "<presence type='unsubscribed' from='bob@example.org'/>",
        "<iq type='set' id='p'><query xmlns='jabber:iq:roster'>"
        "<item jid='bob@example.org' subscription='from'/></query></iq>",
        "<iq type='set' id='p' from='alice@example.org'><query xmlns='jabber:iq:roster'>"
        "<item jid='bob@example.org' subscription='remove'/></query></iq>",
    ],
    ids=["unsubscribed", "subscription lost", "removed"],
)
def test_who_may_not_be_seen_any_more_is_unknown(stanza: str) -> None:
    talk = Talk().log_in()
    talk.s("<presence from='bob@example.org/x'/>")
    talk.hear()
    talk.s(stanza)
    told = talk.saw(PresenceSeen)
    assert {(e.presence, e.reason) for e in told} == {(Presence.UNKNOWN, Reason.NOT_SUBSCRIBED)}
    assert {e.resource for e in told} == {"x", ""}
    assert talk.client() == stanza


@pytest.mark.parametrize(
    "stanza",
    [
        "<presence type='subscribe' from='bob@example.org'/>",
        "<presence type='error' from='bob@example.org'><error type='cancel'/></presence>",
        "<presence from='alice@example.org/phone'/>",
        "<presence to='alice@example.org/pc'/>",
        "<presence from='room@muc.example.org/bob'><x xmlns='http://jabber.org/protocol/muc#user'>"
        "<item jid='bob@example.org/x' role='participant'/></x></presence>",
        "<presence from='not an address@'/>",
    ],
    ids=["subscribe", "error", "own device", "no sender", "room", "no address"],
)
def test_what_says_nothing_about_a_contact_passes(stanza: str) -> None:
    talk = Talk().log_in()
    talk.s(stanza)
    assert talk.saw(PresenceSeen) == []
    assert talk.saw(StateChanged) == []
    assert talk.client() == stanza


def test_a_room_the_client_joined_never_feeds_a_contact() -> None:
    talk = Talk().log_in()
    talk.c("<presence to='room@muc.example.org/me'><x xmlns='http://jabber.org/protocol/muc'/></presence>")
    talk.s("<presence from='room@muc.example.org/bob'/>")
    talk.s("<presence from='room@muc.example.org'/>")
    assert talk.saw(PresenceSeen) == []


def test_a_dead_gateway_makes_its_users_unknown() -> None:
    talk = Talk().log_in(GATEWAY, LEGACY)
    talk.s("<presence from='irc.example.org'/><presence from='zoe%net@irc.example.org/r'/>")
    talk.hear()
    talk.s("<presence type='unavailable' from='irc.example.org'/>")
    users = [e for e in talk.saw(PresenceSeen) if e.contact.account.startswith("zoe")]
    assert {(e.presence, e.reason) for e in users} == {(Presence.UNKNOWN, Reason.STALE)}


@pytest.mark.parametrize(
    "gone",
    [
        "<presence type='unavailable' from='irc.example.org'/>"
        "<presence type='unavailable' from='zoe%net@irc.example.org/r'/>",
        "<presence type='unavailable' from='zoe%net@irc.example.org/r'/>"
        "<presence type='unavailable' from='irc.example.org'/>",
        "<presence type='error' from='irc.example.org'><error type='cancel'/></presence>",
        "<presence type='unavailable' from='irc.example.org/registered'/>"
        "<presence type='unavailable' from='zoe%net@irc.example.org'/>",
    ],
    ids=["link first", "users first", "error", "with a resource"],
)
def test_users_of_a_dead_gateway_are_unknown_in_whatever_order_it_says_so(gone: str) -> None:
    """T31."""
    talk = Talk().log_in(GATEWAY, LEGACY)
    talk.s("<presence from='irc.example.org/registered'/><presence from='irc.example.org'/>")
    talk.s("<presence from='zoe%net@irc.example.org/r'/>")
    if "error" not in gone:
        talk.s(
            "<presence type='unavailable' from='irc.example.org'/>"
            "<presence from='irc.example.org/registered'/>"
        )
        talk.s("<presence from='zoe%net@irc.example.org/r'/>")
    talk.hear()
    talk.s(gone)
    last = {e.resource: e for e in talk.saw(PresenceSeen) if e.contact.account.startswith("zoe")}
    assert (last[""].presence, last[""].reason) == (Presence.UNKNOWN, Reason.STALE)
    talk.s("<presence from='irc.example.org'/><presence from='zoe%net@irc.example.org/r'/>")
    assert seen(talk)[-1] == ("zoe%net@irc.example.org", "r", Presence.ONLINE)


def test_a_gateway_that_was_down_at_the_login_says_nothing_of_its_users() -> None:
    talk = Talk().log_in(GATEWAY, LEGACY, BOB)
    talk.wait(6)
    told = {e.contact.account: (e.presence, e.reason) for e in talk.saw(PresenceSeen)}
    assert told["zoe%net@irc.example.org"] == (Presence.UNKNOWN, Reason.STALE)
    assert told["irc.example.org"] == told["bob@example.org"] == (Presence.OFFLINE, None)


def test_the_own_server_is_no_gateway() -> None:
    talk = Talk().log_in("<item jid='example.org' subscription='both'/>", BOB)
    talk.s("<presence from='example.org'/><presence from='bob@example.org/x'/>")
    talk.hear()
    talk.s("<presence type='unavailable' from='example.org'/>")
    assert seen(talk) == [("example.org", "", Presence.OFFLINE)]


def test_a_room_of_fifty_says_nothing_about_contacts() -> None:
    """T30: also when it shows who somebody really is, changes names, throws out, or has a picture."""
    talk = Talk().log_in()
    talk.s("<presence from='bob@example.org/x'><show>away</show></presence>")
    talk.hear()
    user = "<x xmlns='http://jabber.org/protocol/muc#user'>{}</x>"
    occupant = "<presence{} from='room@muc.example.org/n{}'>{}</presence>"
    item = "<item affiliation='none' role='participant' jid='{}'/>"
    talk.c("<presence to='room@muc.example.org/me'><x xmlns='http://jabber.org/protocol/muc'/></presence>")
    for number in range(50):
        real = "bob@example.org/x" if number == 25 else f"p{number}@example.net/y"
        talk.s(occupant.format("", number, user.format(item.format(real))))
    talk.s(occupant.format(" type='unavailable'", 25, user.format(item.format("bob@example.org/x"))))
    talk.s(occupant.format("", "me", user.format("<status code='110'/>")))
    talk.s(
        "<presence from='room@muc.example.org'><x xmlns='vcard-temp:x:update'><photo>1</photo></x></presence>"
    )
    talk.s("<presence type='error' from='room@muc.example.org/n1'><error type='auth'/></presence>")
    assert seen(talk) == []
    assert talk.client().count("<presence") == 54
    talk.ask("bob")
    assert talk.server().endswith("</presence>"), "bob is known from himself, and nobody is asked"


def test_rooms_of_strangers_fill_no_memory() -> None:
    talk = Talk().log_in()
    for number in range(MAX_STRANGERS + 10):
        talk.s(
            f"<presence from='r{number}@spam.example/x'><x xmlns='http://jabber.org/protocol/muc#user'/></presence>"
        )
    assert seen(talk) == []
    assert len(talk.splice._connection.session.presence.rooms) == MAX_STRANGERS


@pytest.mark.parametrize(
    "item", ["", "<item jid='zed@example.net' subscription='from'/>"], ids=["stranger", "from"]
)
def test_directed_presence_holds_until_it_is_taken_back_and_then_nothing_is_known(item: str) -> None:
    """PR-3: without a subscription silence does not mean offline."""
    talk = Talk().log_in(BOB, *([item] if item else []))
    talk.s("<presence from='zed@example.net/a'/><presence from='zed@example.net/b'/>")
    assert [presence for _, _, presence in seen(talk)] == [Presence.ONLINE] * 2
    talk.s("<presence type='unavailable' from='zed@example.net/a'/>")
    assert seen(talk) == [("zed@example.net", "a", Presence.UNKNOWN)]
    talk.s("<presence type='unavailable' from='zed@example.net/b'/>")
    told = talk.saw(PresenceSeen)
    assert {(e.presence, e.reason) for e in told} == {(Presence.UNKNOWN, Reason.NOT_SUBSCRIBED)}
    assert told[-1].resource == ""
    talk.ask("zed@example.net".partition("@")[0])
    assert "jabber:iq:last" in talk.server(), "asking is still worth it"


def test_idle_without_a_date_is_told_as_a_length_of_time() -> None:
    talk = Talk().log_in()
    talk.s(
        "<presence from='bob@example.org/x'><show>xa</show>"
        "<query xmlns='jabber:iq:last' seconds='600'/></presence>"
    )
    (told,) = talk.saw(PresenceSeen)
    assert (told.idle_since, told.idle_from) == (None, talk.now - 600.0)


@pytest.mark.parametrize("how", ["active again", "resumed"])
def test_what_is_said_again_keeps_its_age(how: str) -> None:
    talk = Talk().log_in(sm=True)
    talk.s("<presence from='bob@example.org/x'/>")
    began = talk.now
    talk.wait(100)
    talk.hear()
    if how == "resumed":
        virtual = next(iter(talk.sessions._sessions))
        talk.lose()
        talk = Talk(sessions=talk.sessions)
        talk.now = 500.0
        talk.open()
        talk.c(f"<resume xmlns='urn:xmpp:sm:3' h='3' previd='{virtual}'/>")
        talk.s("<resumed xmlns='urn:xmpp:sm:3' h='2' previd='S9'/>")
    else:
        talk.c("<inactive xmlns='urn:xmpp:csi:0'/>")
        talk.saw(PresenceSeen)
        talk.c("<active xmlns='urn:xmpp:csi:0'/>")
    (told,) = [e for e in talk.saw(PresenceSeen) if e.resource == "x"]
    assert (told.at, told.began, told.stale) == (talk.now, began, False)


def test_addresses_that_are_the_same_are_one_contact() -> None:
    """PR-7: local part and domain without case, the resource exactly."""
    talk = Talk().log_in("<item jid='stra\u00dfe@B\u00fccher.example' subscription='both'/>")
    talk.s("<presence from='Stra\u00dfe@b\u00fcCHER.example/Ph\u00f6ne'/>")
    talk.s("<presence from='stra\u00dfe@bu\u0308cher.example/ph\u00f6ne'/>")
    told = seen(talk)
    assert [name for _, name, _ in told] == ["Ph\u00f6ne", "ph\u00f6ne"]
    assert len({account for account, _, _ in told}) == 1
    talk.wait(6)
    assert seen(talk) == []


def test_who_was_named_in_the_burst_is_not_implied() -> None:
    talk = Talk().log_in()
    talk.s("<presence from='bob@example.org/x'/>")
    talk.hear()
    talk.wait(6)
    assert seen(talk) == [("carol@example.org", "", Presence.OFFLINE)]
    talk.wait(60)
    assert seen(talk) == []


def test_presence_of_any_number_of_strangers_and_devices_fills_no_memory() -> None:
    talk = Talk().log_in(BOB)
    for number in range(MAX_STRANGERS + 10):
        talk.s(f"<presence from='s{number}@spam.example/x'/>")
    assert len({name for name, _, _ in seen(talk)}) == MAX_STRANGERS
    for number in range(MAX_RESOURCES + 10):
        talk.s(f"<presence from='bob@example.org/d{number}'/>")
    assert len(seen(talk)) == MAX_RESOURCES
    talk.s("<presence from='bob@example.org/d0' type='unavailable'/>")
    assert seen(talk) == [("bob@example.org", "d0", Presence.OFFLINE)]
    talk.s("<presence from='bob@example.org' type='unavailable'/>")
    assert seen(talk)[-1] == ("bob@example.org", "", Presence.OFFLINE)
    assert talk.client().count("<presence") == MAX_STRANGERS + 10 + MAX_RESOURCES + 10 + 2


def test_a_presence_nested_beyond_reading_passes_unread_and_harms_nothing() -> None:
    talk = Talk().log_in()
    deep = f"<presence from='bob@example.org/x'>{'<a>' * 200}{'</a>' * 200}</presence>"
    talk.s(deep)
    assert talk.client() == deep
    assert talk.splice.state is StreamState.LIVE


def test_a_client_that_withdraws_and_comes_back_is_told_everything_anew() -> None:
    talk = Talk().log_in()
    presence = f"<presence from='bob@example.org/x'>{DELAY}</presence>"
    talk.s(presence)
    talk.hear()
    talk.c("<presence type='unavailable'/>")
    assert [(e.contact.account, e.stale) for e in talk.saw(PresenceSeen)] == [("bob@example.org", True)]
    talk.ask("bob")
    assert "type='probe'" in talk.server(), "what the stream said is too old to be the answer"
    talk.c("<presence/>")
    assert talk.client() == APPEARS
    talk.s(presence)
    assert talk.client() == presence, "the client has forgotten it: it is no duplicate"
    talk.wait(6.0)
    assert ("carol@example.org", "", Presence.OFFLINE) in seen(talk)


def test_who_has_left_while_the_client_was_not_available_is_not_there_when_it_comes_back() -> None:
    """RFC 6121 section 4.2.2: the server tells who is there, and nothing of who is not."""
    talk = Talk().log_in()
    talk.s("<presence from='bob@example.org/x'/>")
    talk.c("<presence type='unavailable'/><presence/>")
    talk.hear()
    talk.wait(6.0)
    assert ("bob@example.org", "", Presence.OFFLINE) in seen(talk)


def test_nobody_is_taken_for_offline_while_the_client_sleeps() -> None:
    """PRB-3: its server may hold the burst back (XEP-0352)."""
    talk = Talk().log_in()
    talk.c("<inactive xmlns='urn:xmpp:csi:0'/>")
    talk.wait(6.0)
    assert seen(talk) == []
