"""An activity as places to be filled: each clause of the requirement with who is in and who could be."""

from dataclasses import replace
from functools import lru_cache

from quorate.errors import NotSyntax
from quorate.model.activity import Activity, ActivityState
from quorate.model.availability import Availability
from quorate.model.requirement import AllOf, Count, CountOf, CountWord, Group, Name, OneOf, Optional, Part
from quorate.rules.parser import parse_who
from quorate.rules.places import ClausePlaces, places
from quorate.rules.text import clause_text
from quorate.server.hub import Hub


def places_of(hub: Hub, activity: Activity) -> tuple[ClausePlaces, ...]:
    """While people are asked, the open places are theirs; before that, of those who could come now."""
    asked = frozenset(i.person for i in activity.invitations if i.open)
    told = frozenset(i.person for i in activity.invitations)

    def could(key: str) -> bool:
        if asked or activity.state is not ActivityState.WAITING:
            return key in asked
        available = hub.verdict(key, activity.organiser_via).availability is Availability.AVAILABLE
        return available and key not in told

    found = places(activity.requirement, frozenset(activity.accepted), could)
    return tuple(replace(place, clause=_as_typed(activity, place)) for place in found)


def _as_typed(activity: Activity, place: ClausePlaces) -> str:
    """The clause in the words of its organiser, unless it has become another since (``sub NAME``)."""
    typed, resolved = _typed_parts(activity.who), activity.requirement.parts
    if len(typed) == len(resolved) and _same(typed[place.index], resolved[place.index]):
        return clause_text(typed[place.index])
    return place.clause


@lru_cache(maxsize=256)
def _typed_parts(who: str) -> tuple[Part, ...]:
    try:
        return parse_who(who).parts
    except NotSyntax:
        return ()


def _same(typed: Part, resolved: Part) -> bool:
    """Whether one is the other with its names resolved."""
    match typed, resolved:
        case Name(), Name():
            return True
        case ((Group(name=one) | CountOf(Count(word=CountWord.ALL), Group(name=one))), Group(name=other)):
            return one == other
        case CountOf(count=one, of=of), CountOf(count=other, of=resolved_of):
            return replace(one, column=other.column) == other and _same(of, resolved_of)
        case Optional(one), Optional(other):
            return _same(one, other)
        case (OneOf(ones), OneOf(others)) | (AllOf(ones), AllOf(others)):
            return len(ones) == len(others) and all(map(_same, ones, others))
    return False
