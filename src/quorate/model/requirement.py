"""Who must come, as a tree. The same tree serves before (names) and after (person keys) resolution.

Meaning: design, section 6 "Meaning of a requirement". A leaf's ``column`` is its 1-based place in the text.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class CountWord(StrEnum):
    ANY = "any"
    ALL = "all"
    HALF = "half"
    MOST = "most"


@dataclass(frozen=True, slots=True)
class Name:
    """One named person: a name or address as typed; a person key once resolved."""

    text: str
    column: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """``@dba``: every member is a named person. ``members`` are person keys, filled by resolution."""

    name: str
    column: int = 0
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Count:
    """How many of a set: a number, a word or a percentage; exactly one is given."""

    number: int | None = None
    word: CountWord | None = None
    percent: int | None = None
    column: int = 0


@dataclass(frozen=True, slots=True)
class CountOf:
    """``2 of @dba`` (counted places) or ``2 of (a, b, c)`` (N of the listed parts)."""

    count: Count
    of: "Group | AllOf"


@dataclass(frozen=True, slots=True)
class OneOf:
    """``a or b or c``: substitutes in order of preference; at least two."""

    choices: tuple["Unit", ...]


@dataclass(frozen=True, slots=True)
class Optional:
    """``optional eve``: rung once the rest is met; never gates."""

    part: "Unit | OneOf"


@dataclass(frozen=True, slots=True)
class AllOf:
    """``a, b and c``: every part."""

    parts: tuple["Part", ...]


Unit: TypeAlias = Name | Group | CountOf | AllOf
Part: TypeAlias = Unit | OneOf | Optional
Requirement: TypeAlias = AllOf
"""The whole: always an AllOf, also of one part."""
