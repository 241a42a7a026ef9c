"""Freeze, blind, cut: every step has a reason, words for it, and a row in docs/xmpp.md. P-6."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from quorate.model.reasons import Reason
from quorate.model.stream import StreamState
from quorate.splice.arrival import Arrival, Midway
from quorate.splice.channel_binding import Handling, Profile, Profiles
from quorate.splice.effects import Close, Side, StateChanged
from quorate.splice.joining import TRIES
from quorate.splice.negotiation import SASL, TLS
from quorate.talk.reasons import SENTENCES
from quorate.wire.xmpp.header import header_shape
from tests.splice.script import CLIENT_HEADER, Talk
from tests.splice.test_resumption import NOT_FOUND, SM, enabled, up

PAGE = Path(__file__).parent.parent.parent / "docs" / "xmpp.md"
STATES = {
    "freeze": StreamState.FROZEN,
    "blind": StreamState.BLIND,
    "cut": StreamState.ENDED,
    "refuse": StreamState.ENDED,
    "tell": StreamState.NEGOTIATING,
}
DOCTYPE = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;'>]>"
LONG_TAG = f"<message a='{'x' * (64 * 1024)}'"
LONG_COUNT = f"<a {SM} h='0'>" + " " * 70_000


def before_the_login() -> Talk:
    talk = Talk()
    talk.open()
    return talk


def logged_in() -> Talk:
    return Talk().log_in()


def counts_differ() -> Talk:
    """Something was added while both ends count."""
    talk, _ = enabled()
    up(talk, "I")
    return talk


def starttls() -> Talk:
    talk = Talk()
    talk.open()
    talk.c(f"<starttls xmlns='{TLS}'/>")
    return talk


def securing() -> Talk:
    talk = starttls()
    talk.s(f"<proceed xmlns='{TLS}'/>")
    return talk


def bound_to_the_channel(talk: Talk) -> None:
    talk.do(talk.splice.tls_ready(Side.SERVER, talk.now))
    talk.do(talk.splice.tls_ready(Side.CLIENT, talk.now))
    talk.open()
    talk.c(f"<auth xmlns='{SASL}' mechanism='SCRAM-SHA-1-PLUS'>cD10bHMtdW5pcXVlLCxuPWEscj1i</auth>")


def fail(reason: Reason, side: Side) -> Callable[[Talk], None]:
    return lambda talk: talk.do(talk.splice.tls_failed(side, reason, talk.now))


def client(text: str) -> Callable[[Talk], None]:
    return lambda talk: talk.c(text)


def server(text: str) -> Callable[[Talk], None]:
    return lambda talk: talk.s(text)


def mistake(talk: Talk) -> None:
    talk.do(talk.splice.abandon(talk.now))


def small_mistake(talk: Talk) -> None:
    talk.splice._connection.slip(Reason.INTERNAL_ERROR)
    talk.wait(1)
    talk.do(talk.splice.on_time(talk.now))


def by_proxy() -> Talk:
    """The client has named its destination itself."""
    return Talk(arrival=Arrival(destination="im.example.org:5222"))


def midway() -> Talk:
    """Joined in its middle, by somebody who is in the client."""
    return Talk(arrival=Arrival(attached=True, midway=Midway(at_rest=True)))


def attached() -> Talk:
    """Something was taken out of a stream whose client is attached to."""
    talk = Talk(arrival=Arrival(attached=True)).log_in(sm=True)
    talk.c("<message to='quorate@quorate.invalid' type='chat'><body>help</body></message>")
    return talk


def never_the_same(talk: Talk) -> None:
    for count in range(2 * TRIES):
        talk.c(f"<a {SM} h='{count}'/>")


def known_to_insist() -> Talk:
    """What this client sends first is what one sent whose login was bound to its channel."""
    profiles = Profiles()
    profiles.note(Profile("example.org", header_shape(CLIENT_HEADER.encode())), Handling.TUNNEL, 100.0)
    return Talk(profiles=profiles)


def greeted() -> Talk:
    """The server was reached and has not said anything."""
    talk = Talk()
    talk.c(CLIENT_HEADER)
    return talk


def put_out(reason: Reason) -> Callable[[Talk], None]:
    return lambda talk: talk.do(talk.splice.put_out(reason, "It took too long.", talk.now))


COMPRESSED = "<compressed xmlns='http://jabber.org/protocol/compress'/>"
FOREIGN = CLIENT_HEADER.replace("jabber:client", "jabber:server")
UNREADABLE = "<presence from='bob@example.org/x'>&nbsp;</presence>"
UNANSWERED = "No server answered."

WAYS: list[tuple[Reason, str, Callable[[], Talk], Callable[[Talk], None]]] = [
    # reason, step, what was before, what happens
    (Reason.NOT_XMPP, "cut", Talk, client("hello\r\n")),
    (Reason.NOT_XMPP, "blind", by_proxy, client("<!DOCTYPE x>")),
    (Reason.NOT_WELL_FORMED, "freeze", logged_in, server(UNREADABLE)),
    (Reason.NOT_WELL_FORMED, "blind", before_the_login, client(DOCTYPE)),
    (Reason.NOT_WELL_FORMED, "blind", logged_in, server(DOCTYPE)),
    (Reason.NOT_WELL_FORMED, "cut", counts_differ, client(DOCTYPE)),
    (Reason.UNKNOWN_NAMESPACE, "blind", Talk, client(FOREIGN)),
    (Reason.STANZA_TOO_BIG, "freeze", logged_in, server(LONG_COUNT)),
    (Reason.STANZA_TOO_BIG, "blind", logged_in, client(LONG_TAG)),
    (Reason.STANZA_TOO_BIG, "cut", counts_differ, server(LONG_TAG)),
    (Reason.COMPRESSED, "blind", before_the_login, server(COMPRESSED)),
    (Reason.CHANNEL_BINDING, "tell", securing, bound_to_the_channel),
    (Reason.CHANNEL_BINDING, "blind", known_to_insist, client(CLIENT_HEADER)),
    (Reason.DESYNC, "freeze", counts_differ, client(f"<a {SM} h='99'/>")),
    (Reason.SESSION_UNKNOWN, "freeze", before_the_login, server(f"<resumed {SM} h='0' previd='x'/>")),
    (Reason.JOINED_UNKNOWN, "freeze", midway, lambda talk: talk.wait(25.0)),
    (Reason.DESYNC, "freeze", midway, never_the_same),
    (Reason.NOT_WELL_FORMED, "blind", attached, client(DOCTYPE)),
    (Reason.INTERNAL_ERROR, "freeze", logged_in, small_mistake),
    (Reason.INTERNAL_ERROR, "blind", logged_in, mistake),
    (Reason.INTERNAL_ERROR, "cut", counts_differ, mistake),
    (
        Reason.UPSTREAM_UNREACHABLE,
        "refuse",
        before_the_login,
        lambda talk: talk.do(talk.splice.connect_failed(Reason.UPSTREAM_UNREACHABLE, UNANSWERED, talk.now)),
    ),
    (Reason.UPSTREAM_SILENT, "refuse", greeted, put_out(Reason.LOGIN_TIMEOUT)),
    (Reason.CLIENT_CERTIFICATE, "refuse", securing, fail(Reason.CLIENT_CERTIFICATE, Side.SERVER)),
    (Reason.NO_SERVER_NAME, "blind", by_proxy, client(CLIENT_HEADER.replace(" to='example.org'", ""))),
    (Reason.LOGIN_TIMEOUT, "refuse", before_the_login, put_out(Reason.LOGIN_TIMEOUT)),
    (Reason.CROWDED_OUT, "refuse", before_the_login, put_out(Reason.CROWDED_OUT)),
    (Reason.UPSTREAM_CERTIFICATE, "refuse", securing, fail(Reason.UPSTREAM_CERTIFICATE, Side.SERVER)),
    (Reason.STARTTLS_INJECTION, "cut", securing, server("<message/>")),
    (Reason.CLIENT_DISTRUST, "refuse", securing, fail(Reason.CLIENT_DISTRUST, Side.CLIENT)),
]
ORDER = list(Reason)
ON_STREAMS = ORDER[ORDER.index(Reason.NOT_XMPP) : ORDER.index(Reason.ORGANISER_AWAY)]


@pytest.mark.parametrize(
    ("reason", "step", "before", "happens"),
    WAYS,
    ids=[f"{way[0]}-{way[1]}-{way[2].__name__}" for way in WAYS],
)
def test_each_step_has_its_reason(
    reason: Reason, step: str, before: Callable[[], Talk], happens: Callable[[Talk], None]
) -> None:
    talk = before()
    talk.hear()
    happens(talk)
    last = talk.saw(StateChanged)[-1]
    assert (last.state, last.reason) == (STATES[step], reason)
    assert bool(talk.saw(Close)) == (last.state is StreamState.ENDED)
    talk.hear()
    talk.c(" ")
    assert talk.server() == ("" if last.state is StreamState.ENDED else " ")


def test_after_a_cut_the_next_resume_is_refused() -> None:
    talk, virtual = enabled()
    up(talk, "I")
    mistake(talk)
    again = Talk(sessions=talk.sessions)
    again.open()
    again.c(f"<resume {SM} h='0' previd='{virtual}'/>")
    assert again.client().endswith(NOT_FOUND)
    assert "<resume" not in again.server()


def rows() -> dict[str, tuple[str, set[str]]]:
    """Reason to its sentence and steps, as the page has them."""
    table = (
        PAGE.read_text(encoding="utf-8").partition("<!-- reasons -->")[2].partition("<!-- /reasons -->")[0]
    )
    found = re.findall(r"^\| `([a-z-]+)` \| (.+?) \| .+? \| (.+?) \|$", table, re.MULTILINE)
    return {name: (sentence, set(steps.split(", "))) for name, sentence, steps in found}


@pytest.mark.parametrize("reason", ON_STREAMS)
def test_the_page_has_every_reason_its_words_and_its_steps(reason: Reason) -> None:
    steps = {step for found, step, *_ in WAYS if found is reason}
    assert steps, f"add how a stream comes to {reason} to WAYS"
    assert rows()[reason] == (SENTENCES[reason], steps)
