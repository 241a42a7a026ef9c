"""A question on the wire, what a server answers, and what became of it."""

from quorate.model.evidence import Presence
from quorate.model.reasons import Reason
from quorate.splice.effects import Answered, PresenceSeen
from tests.splice.script import BOB, Talk, ids

DAVE = "<item jid='dave@example.org' subscription='from'/>"
EVE = "<item jid='eve@example.org' subscription='to' ask='subscribe'/>"
FAR = "<item jid='far@other.example' subscription='both'/>"


def logged_in() -> Talk:
    return Talk().log_in(BOB, DAVE, EVE, FAR)


def asked(name: str = "bob", *, force: bool = False) -> tuple[Talk, str, str]:
    """A question on the wire, with the ids of the probe and of the last activity request."""
    talk = logged_in()
    talk.ask(name, force=force)
    sent = talk.server()
    first, second = ids(sent)
    assert sent == (
        f"<presence type='probe' id='{first}' to='{name}@example.org'/>"
        f"<iq type='get' id='{second}' to='{name}@example.org'><query xmlns='jabber:iq:last'/></iq>"
    )
    return talk, first, second


def last(id: str, seconds: int, sender: str = "bob@example.org") -> str:
    return (
        f"<iq type='result' id='{id}' from='{sender}' to='alice@example.org/pc'>"
        f"<query xmlns='jabber:iq:last' seconds='{seconds}'/></iq>"
    )


def failed(id: str, condition: str, kind: str = "cancel", sender: str = "bob@example.org") -> str:
    return (
        f"<iq type='error' id='{id}' from='{sender}'><error type='{kind}'>"
        f"<{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"
    )


def verdict(talk: Talk) -> tuple[Presence | None, Reason | None, bool]:
    """(presence last seen, reason, asked) once the question is over."""
    (answer,) = talk.saw(Answered)
    seen = talk.saw(PresenceSeen)
    return (seen[-1].presence if seen else None, answer.reason, answer.asked)
