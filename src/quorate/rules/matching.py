"""Gives counted places to different people: bipartite matching by augmenting paths (Kuhn 1955).

People are offered one after another, best first; whoever can be seated together with those before is kept.
Seatable sets form a matroid, so the kept people are the best set of that size, person by person.
"""

from collections.abc import Iterable, Sequence

from quorate.rules.forms import Places


def seat(places: Sequence[Places], people: Iterable[str]) -> list[tuple[str, ...]] | None:
    """For each of ``places`` the people who fill it, or None if not all can be filled."""
    table = Seating(places)
    free = table.free
    for person in people:
        if not free:
            break
        free -= table.offer(person)
    return None if free else table.seated()


class Seating:
    """Who holds a place of which counted clause."""

    def __init__(self, places: Sequence[Places]) -> None:
        self._members = [frozenset(p.members) for p in places]
        self._need = [p.need for p in places]
        self._holders: list[list[str]] = [[] for _ in places]

    @property
    def free(self) -> int:
        return sum(self._need) - sum(len(holders) for holders in self._holders)

    def offer(self, person: str) -> bool:
        """Seat ``person`` too if that is possible, moving others to other clauses they belong to."""
        came: dict[int, tuple[str, int | None]] = {}
        queue: list[tuple[str, int | None]] = [(person, None)]
        for who, leaving in queue:
            for clause, members in enumerate(self._members):
                if clause in came or who not in members or not self._need[clause]:
                    continue
                came[clause] = (who, leaving)
                if len(self._holders[clause]) < self._need[clause]:
                    self._move(clause, came)
                    return True
                queue.extend((holder, clause) for holder in self._holders[clause])
        return False

    def _move(self, clause: int, came: dict[int, tuple[str, int | None]]) -> None:
        """Everybody on the path moves one clause on."""
        to: int | None = clause
        while to is not None:
            who, leaving = came[to]
            self._holders[to].append(who)
            if leaving is not None:
                self._holders[leaving].remove(who)
            to = leaving

    def seated(self) -> list[tuple[str, ...]]:
        return [tuple(holders) for holders in self._holders]
