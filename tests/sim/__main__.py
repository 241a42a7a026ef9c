"""``python -m tests.sim --seed 7 --stories 1000``: tell stories, show those in which something was wrong."""

import argparse
import sys
import time

from tests.sim.invariants import INVARIANTS
from tests.sim.simulator import Simulator


def main() -> int:
    """0: every invariant held; 1: not."""
    options = _options()
    chosen = {name: INVARIANTS[name] for name in options.only or INVARIANTS}
    simulator = Simulator(chosen, people=options.people)
    began, failed = time.perf_counter(), 0
    for failure in simulator.run(range(options.seed, options.seed + options.stories)):
        failed += 1
        found = simulator.shorter(failure) if failed <= options.show else failure
        sys.stdout.write(
            f"{found}\n\n" if failed <= options.show else f"story {found.script.seed} fails too\n"
        )
    took = time.perf_counter() - began
    sys.stdout.write(f"{options.stories} stories, {failed} with a fault, {took:.1f} s\n")
    sys.stdout.write("".join(f"  {name}\n" for name in chosen))
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the first story")
    parser.add_argument("--stories", type=int, default=1000, help="how many, each with the next seed")
    parser.add_argument("--people", type=int, help="how many people are in each story")
    parser.add_argument(
        "--show", type=int, default=1, help="how many failing stories are made short and shown"
    )
    parser.add_argument("--only", nargs="*", choices=sorted(INVARIANTS), help="these invariants")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
