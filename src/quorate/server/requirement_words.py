"""The parts of a requirement in words that give away no names the reader may not see."""

from collections.abc import Callable

from quorate.model.requirement import CountOf, Group, Name, OneOf, Optional, Part
from quorate.rules.count import count_text
from quorate.rules.forms import people_in


def guest_words(part: Part, visible: Callable[[str], str | None]) -> str:
    """A clause for a guest: groups and counts as they are, names only where ``visible`` gives one."""
    match part:
        case Name(text=key):
            return visible(key) or "1 person"
        case Group(name=name):
            return f"@{name}"
        case CountOf(count=count, of=Group(name=name)):
            return f"{count_text(count)} of @{name}"
        case Optional(part=inner):
            return f"optional {guest_words(inner, visible)}"
        case OneOf(choices=choices) if not _seen(part, visible):
            words = dict.fromkeys(guest_words(choice, visible) for choice in choices)
            return " or ".join(words) if len(words) > 1 else f"1 of {len(people_in(part))} people"
        case _:
            return _seen(part, visible) or f"some of {len(people_in(part))} people"


def _seen(part: Part, visible: Callable[[str], str | None]) -> str:
    return ", ".join(known for key in people_in(part) if (known := visible(key)))
