"""Tells stories by their seeds and holds what was seen against the invariants.

from tests.sim.simulator import Simulator
for failure in Simulator(invariants={"mine": my_invariant}).run(range(1000)):
    print(failure)
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from tests.sim.invariants import INVARIANTS, Invariant
from tests.sim.record import Record
from tests.sim.script import Script, write
from tests.sim.story import tell

SHRINK_TELLINGS = 400
"""So often a failing story is told anew to make it shorter."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A story in which something was wrong; ``str()`` is its seed, its script and what happened."""

    script: Script
    record: Record
    wrong: tuple[tuple[str, str], ...]
    """Name of the invariant and what it says."""

    def __str__(self) -> str:
        wrong = [f"{name}: {what}" for name, what in self.wrong]
        again = f"again: python -m tests.sim --seed {self.script.seed} --stories 1"
        return "\n".join([*wrong, str(self.script), "what happened:", *self.record.story(), again])


class Simulator:
    def __init__(
        self,
        invariants: Mapping[str, Invariant] = INVARIANTS,
        *,
        people: int | None = None,
        written: Callable[[int], Script] | None = None,
        told: Callable[[Script], Record] = tell,
    ) -> None:
        """``people``: so many in each story; ``written`` and ``told``: other scripts, another server."""
        self._invariants = dict(invariants)
        self._write = written or (lambda seed: write(seed, people=people))
        self._tell = told

    def run(self, seeds: Iterable[int]) -> Iterator[Failure]:
        """Every story that fails, in its whole length."""
        for seed in seeds:
            failure = self.check(self._write(seed))
            if failure is not None:
                yield failure

    def check(self, script: Script) -> Failure | None:
        record = self._tell(script)
        wrong = tuple((name, what) for name, rule in self._invariants.items() for what in rule(record))
        return Failure(script, record, wrong) if wrong else None

    def shorter(self, failure: Failure) -> Failure:
        """The same fault with as few lines as are easily found."""
        names = {name for name, _ in failure.wrong}
        left = SHRINK_TELLINGS
        at = len(failure.script.lines) - 1
        while at >= 0 and left:
            left -= 1
            found = self.check(failure.script.without(at))
            if found is not None and names & {name for name, _ in found.wrong}:
                failure = found
            at -= 1
        return failure
