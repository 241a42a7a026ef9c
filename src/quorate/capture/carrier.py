"""What the agent needs of whoever carries a stream's bytes, and nothing more: one for every way of capture.

A carrier hands what either end sends to its splice, delivers what the splice sends in the order in which it
was decided, tells its observer what the splice noticed, and calls ``on_time`` when a deadline has come.
"""

from typing import Protocol, TypeVar

from quorate.capture.act import Act
from quorate.capture.spliced import Spliced

S_co = TypeVar("S_co", bound=Spliced, covariant=True)


class Carrier(Protocol[S_co]):
    @property
    def mode(self) -> str:
        """How the bytes are had, as `quorate streams` shows it."""
        ...

    @property
    def peer(self) -> str:
        """The client before its name is known."""
        ...

    @property
    def domain(self) -> str: ...

    @property
    def found_at(self) -> str:
        """HOST:PORT of the server; empty if there is no connection."""
        ...

    @property
    def detail(self) -> str | None:
        """What went wrong, as a sentence, if something did."""
        ...

    def do(self, act: Act[S_co]) -> bool:
        """Let the splice do something now, and perform what it wants; False if it cannot any more."""
        ...
