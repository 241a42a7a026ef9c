"""The parts of a requirement in words that give away no names the reader may not see."""

from collections.abc import Callable

from quorate.model.requirement import AllOf, Count, CountOf, Group, Name, OneOf, Optional, Part, Requirement


def clauses_of(requirement: Requirement) -> list[Part]:
    """The clauses people think in: the parts of the outermost list."""
    return list(requirement.parts)


def people_of(part: Part | Requirement) -> tuple[str, ...]:
    """Keys of everybody a resolved part names, in order, each once."""
    return tuple(dict.fromkeys(_walk(part)))


def _walk(part: Part | Requirement) -> list[str]:
    match part:
        case Name(text=key):
            return [key]
        case Group(members=members):
            return list(members)
        case CountOf(of=of):
            return _walk(of)
        case Optional(part=inner):
            return _walk(inner)
        case OneOf(choices=choices):
            return [key for choice in choices for key in _walk(choice)]
        case AllOf(parts=parts):
            return [key for inner in parts for key in _walk(inner)]


def guest_words(part: Part, visible: Callable[[str], str | None]) -> str:
    """A clause for a guest: groups and counts as they are, names only where ``visible`` gives one."""
    match part:
        case Name(text=key):
            return visible(key) or "1 person"
        case Group(name=name):
            return f"@{name}"
        case CountOf(count=count, of=Group(name=name)):
            return f"{count_words(count)} of @{name}"
        case Optional(part=inner):
            return f"optional {guest_words(inner, visible)}"
        case _:
            seen = [known for key in people_of(part) if (known := visible(key))]
            return ", ".join(seen) or "1 or more of several people"


def count_words(count: Count) -> str:
    if count.number is not None:
        return str(count.number)
    return count.word.value if count.word is not None else f"{count.percent}%"
