"""Requirements back to text, in the form Quorate itself writes them."""

import re

from quorate.model.requirement import AllOf, CountOf, Group, Name, OneOf, Optional, Part, Requirement
from quorate.rules.count import count_text

_KEYWORDS = frozenset({"and", "or", "of", "optional", "any", "all", "half", "most"})
_PLAIN = re.compile(r"[^\s,()\"“”„«»@+%&|/\\:;<>=!?*#$^`~{}\[\]]+")
_ADDRESS = re.compile(r"[^\s,()\"“”„«»@+/:<>&']+(\+[^\s,()\"“”„«»@+/:<>&']+)*@[\w.-]+")


def to_text(requirement: Requirement) -> str:
    """Canonical text; reading it gives the same requirement, columns aside."""
    return _parts(requirement)


def clause_text(part: Part) -> str:
    """One clause as a heading: ``lena or omar``, ``2 of @dba``, ``eve``."""
    match part:
        case Optional(inner):
            return clause_text(inner)
        case AllOf():
            return _parts(part)
        case OneOf(choices):
            return " or ".join(_unit(c) for c in choices)
        case _:
            return _unit(part)


def name_text(name: str) -> str:
    """A name as one would type it, quoted where needed."""
    plain = _PLAIN.fullmatch(name) and name.lower() not in _KEYWORDS and not name.isdecimal()
    return name if plain or _ADDRESS.fullmatch(name) else f'"{name}"'


def group_text(name: str) -> str:
    return f"@{name}" if _PLAIN.fullmatch(name) else f'@"{name}"'


def set_text(of: Group | AllOf) -> str:
    """What a count chooses from: ``@dba``, ``(bob, carol)``."""
    if isinstance(of, Group):
        return group_text(of.name)
    return f"({', '.join(_part(p, alone=False) for p in of.parts)})"


def _parts(whole: AllOf) -> str:
    if len(whole.parts) == 1:
        return _part(whole.parts[0], alone=True)
    text = _part(whole.parts[0], alone=False)
    for part in whole.parts[1:]:
        joint = ", " if isinstance(part, Optional) else " and "
        text += joint + _part(part, alone=False)
    return text


def _part(part: Part, *, alone: bool) -> str:
    match part:
        case Optional(inner):
            return "optional " + _part(inner, alone=True)
        case OneOf(choices):
            text = " or ".join(_unit(c) for c in choices)
            return text if alone else f"({text})"
        case _:
            return _unit(part)


def _unit(unit: Part) -> str:
    match unit:
        case Name(text):
            return name_text(text)
        case Group(name):
            return group_text(name)
        case CountOf(count, of):
            return f"{count_text(count)} of {set_text(of)}"
        case _:
            return f"({clause_text(unit)})"
