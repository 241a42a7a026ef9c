"""Child of engine.py: changes a second of another rule engine on PYTHONPATH, printed as one number.

A condition is met by any of some sets of people; each set is a rule: everybody in it has a fact. Coming
asserts the fact, going retracts it.
"""

import collections
import collections.abc
import contextlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

WARM = 1_000
"""Changes before the clock starts: rule sets are made when the first fact comes."""
PEOPLE_PER_SET = 400
"""In one rule set of durable-rules: from somewhere above 500 it does not come back from its first fact."""


def main() -> None:
    given = json.load(sys.stdin)
    limit = int(given["limit_s"])
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
    change = {"durable_rules": durable, "experta": experta}[sys.argv[1]](given["conditions"])
    present: set[str] = set()
    began, done = 0.0, 0
    while done <= WARM or time.process_time() - began < given["seconds"]:
        if done == WARM:
            began = time.process_time()
        person = given["changes"][done % len(given["changes"])]
        coming = person not in present
        (present.add if coming else present.discard)(person)
        change(person, coming)
        done += 1
    sys.stdout.write(f"{(done - WARM) / (time.process_time() - began)}\n")
    sys.stdout.flush()
    os._exit(0)  # durable-rules leaves threads behind


def durable(conditions: list[list[list[str]]]) -> Callable[[str, bool], None]:
    from durable.engine import MessageNotHandledException
    from durable.lang import assert_fact, c, m, retract_fact, ruleset, when_all

    naming: dict[str, dict[str, None]] = {}
    for number, rules in enumerate(_sets(conditions)):
        with ruleset(f"set{number}"):
            for keys in rules:
                facts = [getattr(c, f"f{i}") << (m.who == key) for i, key in enumerate(keys)]

                @when_all(*facts)  # type: ignore[untyped-decorator]
                def met(_: Any) -> None:
                    """Enough to have noticed."""

                for key in keys:
                    naming.setdefault(key, {})[f"set{number}"] = None

    def change(person: str, coming: bool) -> None:
        for name in naming.get(person, ()):
            with contextlib.suppress(MessageNotHandledException):
                (assert_fact if coming else retract_fact)(name, {"id": person, "who": person})

    return change


def _sets(conditions: list[list[list[str]]]) -> Iterator[list[list[str]]]:
    """Rules in as few sets as it bears; a fact goes to every set that names the person."""
    rules: list[list[str]] = []
    people: set[str] = set()
    for condition in conditions:
        named = {key for keys in condition for key in keys}
        if len(people | named) > PEOPLE_PER_SET:
            yield rules
            rules, people = [], set()
        rules += condition
        people |= named
    yield rules


def experta(conditions: list[list[list[str]]]) -> Callable[[str, bool], None]:
    collections.Mapping = collections.abc.Mapping  # type: ignore[attr-defined]  # its dependency wants it
    from experta import AND, Fact, KnowledgeEngine, Rule

    def rule(keys: list[str]) -> Any:
        def met(_: Any) -> None:
            """Enough to have noticed."""

        return Rule(AND(*(Fact(who=key) for key in keys)))(met)

    rules = [keys for condition in conditions for keys in condition]
    engine: Any = type("Presence", (KnowledgeEngine,), {f"r{i}": rule(k) for i, k in enumerate(rules)})()
    engine.reset()
    facts: dict[str, Any] = {}

    def change(person: str, coming: bool) -> None:
        if coming:
            facts[person] = engine.declare(Fact(who=person))
        else:
            engine.retract(facts.pop(person))
        engine.run()

    return change


if __name__ == "__main__":
    main()
