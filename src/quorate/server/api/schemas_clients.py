"""The IM clients of this machine, as JSON."""

from typing import Literal

from quorate.server.api.schemas import Schema


class ImClient(Schema):
    """An IM client of this machine, running or installed, and how to let Quorate read it."""

    name: str
    """Of its program."""
    title: str
    network: str
    """``xmpp``, ``irc``, ``matrix``, ``sip``; Quorate reads the first."""
    pid: int | None
    """None if it does not run."""
    installed: bool
    tls: str | None
    """The library that has its streams."""
    mode: str | None
    """How it is captured, as in a stream; None if it is not."""
    way: Literal["attach", "run", "capture", "listener", "none"]
    """The best that is open."""
    command: str | None
    """To be typed as it is; None where a setting of the client does it, or nothing is to be done."""
    why: str
    one_click: bool
    """``POST /api/v1/clients/PID/attach`` does the same as the command."""


class Attached(Schema):
    """A client that is attached to, and what there is to see of its stream."""

    pid: int
    name: str
    state: str
    reason: str | None
    text: str
