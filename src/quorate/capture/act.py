"""Something to be done by a splice at this moment."""

from collections.abc import Callable, Iterable
from typing import TypeAlias, TypeVar

from quorate.capture.spliced import Spliced
from quorate.splice.effects import SpliceEffect

S = TypeVar("S", bound=Spliced)
Act: TypeAlias = Callable[[S, float], Iterable[SpliceEffect]]
