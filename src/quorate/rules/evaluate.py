"""Yes, no or unknown: does a resolved requirement hold, and what made it so.

Meaning (design section 6): with unknown people counted as absent it is met: yes; counted as present it is not
met: no; else unknown.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from quorate.model.requirement import AllOf, Group, Name, OneOf, Optional, Part, Requirement, Unit
from quorate.rules.choose import met
from quorate.rules.count import needed
from quorate.rules.forms import required
from quorate.rules.text import clause_text


class Ternary(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


Present = Callable[[str], Ternary]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeTrace:
    """One node of the requirement, seen by itself."""

    path: str
    """``1.2``: second part of the first clause; empty for the whole."""
    text: str
    value: Ternary
    why: str
    """In words: ``2 of 3 present, 2 needed``."""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    value: Ternary
    nodes: tuple[NodeTrace, ...]
    """Depth first, the whole first."""


def value_of(requirement: Requirement, present: Present) -> Ternary:
    """The value alone, without a trace."""
    if met(requirement, lambda key: present(key) is Ternary.YES):
        return Ternary.YES
    if met(requirement, lambda key: present(key) is not Ternary.NO):
        return Ternary.UNKNOWN
    return Ternary.NO


def evaluate(requirement: Requirement, present: Present) -> Judgement:
    """The value with one trace line for each node."""
    value = value_of(requirement, present)
    nodes: list[NodeTrace] = []
    parts = [_trace(p, present, str(i), nodes) for i, p in enumerate(requirement.parts, 1)]
    gating = [v for v, p in zip(parts, requirement.parts, strict=True) if not isinstance(p, Optional)]
    why = _all_why(gating)
    if value is not _conjunction(gating):
        why = "each part could be met alone, but not by different people"
    whole = NodeTrace(path="", text=clause_text(requirement), value=value, why=why)
    return Judgement(value, (whole, *nodes))


def _trace(part: Part, present: Present, path: str, nodes: list[NodeTrace]) -> Ternary:
    """Append the lines of ``part`` and what is below it; returns its value."""
    at = len(nodes)
    inside = part.part if isinstance(part, Optional) else part
    value, why = _judge(inside, present, path, nodes)
    nodes.insert(
        at,
        NodeTrace(
            path=path,
            text=clause_text(part),
            value=value,
            why=why,
            optional=isinstance(part, Optional),
        ),
    )
    return value


def _judge(part: Unit | OneOf, present: Present, path: str, nodes: list[NodeTrace]) -> tuple[Ternary, str]:
    match part:
        case Name(key):
            return present(key), _name_why(present(key))
        case Group(members=members):
            values = [present(m) for m in members]
            return _conjunction(values), _count_why(values, len(members))
        case OneOf(choices):
            values = _below(choices, present, path, nodes)
            return _at_least(values, 1), _one_why(values, choices)
        case AllOf():
            values = _below(required(part), present, path, nodes)
            return _conjunction(values), _all_why(values)
    if isinstance(part.of, Group):
        values = [present(m) for m in part.of.members]
    else:
        values = _below(required(part.of), present, path, nodes)
    need = needed(part.count, len(values))
    return _at_least(values, need), _count_why(values, need)


def _below(parts: tuple[Part, ...], present: Present, path: str, nodes: list[NodeTrace]) -> list[Ternary]:
    return [_trace(p, present, f"{path}.{i}", nodes) for i, p in enumerate(parts, 1)]


def _conjunction(values: list[Ternary]) -> Ternary:
    return _at_least(values, len(values))


def _at_least(values: list[Ternary], need: int) -> Ternary:
    sure = values.count(Ternary.YES)
    if sure >= need:
        return Ternary.YES
    return Ternary.UNKNOWN if sure + values.count(Ternary.UNKNOWN) >= need else Ternary.NO


def _name_why(value: Ternary) -> str:
    return {Ternary.YES: "available", Ternary.NO: "not available", Ternary.UNKNOWN: "not known"}[value]


def _count_why(values: list[Ternary], need: int) -> str:
    unknown = values.count(Ternary.UNKNOWN)
    said = f"{values.count(Ternary.YES)} of {len(values)} available, {need} needed"
    return f"{said}, {unknown} not known" if unknown else said


def _one_why(values: list[Ternary], choices: tuple[Part, ...]) -> str:
    for value, says in ((Ternary.YES, "by"), (Ternary.UNKNOWN, "perhaps by")):
        if value in values:
            return f"{says} {clause_text(choices[values.index(value)])}"
    return "none of them"


def _all_why(values: list[Ternary]) -> str:
    missing = sum(1 for v in values if v is Ternary.NO)
    unknown = sum(1 for v in values if v is Ternary.UNKNOWN)
    if missing:
        return f"{missing} of {len(values)} parts not met"
    return f"{unknown} of {len(values)} parts not known" if unknown else "every part is met"
