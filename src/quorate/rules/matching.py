"""Gives counted places to different people: bipartite matching by augmenting paths (Kuhn 1955).

People are offered one after another, best first; whoever can be seated together with those before is kept.
Seatable sets form a matroid, so the kept people are the best set of that size, person by person.
"""

from collections.abc import Iterable, Sequence

from quorate.rules.forms import Places


def seat(places: Sequence[Places], people: Iterable[str]) -> list[tuple[str, ...]] | None:
    """For each of ``places`` the people who fill it, or None if not all can be filled."""
    table = Seating(places)
    for person in people:
        if table.full:
            break
        table.offer(person)
    return table.seated() if table.full else None


class Seating:
    """Single seats, one for each place of each counted clause."""

    def __init__(self, places: Sequence[Places]) -> None:
        self._seats = [clause for clause, p in enumerate(places) for _ in range(p.need)]
        self._members = [frozenset(p.members) for p in places]
        self._held: list[str | None] = [None] * len(self._seats)
        self._free = len(self._seats)
        self._clauses = len(places)

    @property
    def full(self) -> bool:
        return self._free == 0

    @property
    def free(self) -> int:
        return self._free

    def offer(self, person: str) -> bool:
        """Seat ``person`` too if that is possible, moving others to other seats they may have."""
        came_from: dict[int, int | None] = {}
        queue: list[tuple[str, int | None]] = [(person, None)]
        for who, leaving in queue:
            for seat, clause in enumerate(self._seats):
                if seat in came_from or who not in self._members[clause]:
                    continue
                came_from[seat] = leaving
                holder = self._held[seat]
                if holder is None:
                    self._move(seat, came_from, person)
                    return True
                queue.append((holder, seat))
        return False

    def _move(self, seat: int, came_from: dict[int, int | None], person: str) -> None:
        """Everybody on the path moves one seat on; ``person`` takes the first."""
        while (earlier := came_from[seat]) is not None:
            self._held[seat] = self._held[earlier]
            seat = earlier
        self._held[seat] = person
        self._free -= 1

    def seated(self) -> list[tuple[str, ...]]:
        rows: list[list[str]] = [[] for _ in range(self._clauses)]
        for seat, clause in enumerate(self._seats):
            holder = self._held[seat]
            if holder is not None:
                rows[clause].append(holder)
        return [tuple(row) for row in rows]
