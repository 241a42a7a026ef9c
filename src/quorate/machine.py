"""A stepper for state machines that are tables: (state, input) -> state; what is absent is illegal."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from quorate.errors import QuorateError

S = TypeVar("S", bound=StrEnum)
I = TypeVar("I", bound=StrEnum)  # noqa: E741


class IllegalStep(QuorateError):
    code = "illegal-step"


def step(table: Mapping[tuple[S, I], S], state: S, given: I) -> S:
    """Return the state that follows; raise IllegalStep naming what would have been legal."""
    after = table.get((state, given))
    if after is None:
        legal = ", ".join(i for s, i in table if s is state) or "nothing, it is over"
        raise IllegalStep(f"{given} is not possible while {state}.", remedy=f"Possible now: {legal}.")
    return after
