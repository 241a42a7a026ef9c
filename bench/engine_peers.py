"""Child of engine.py: changes a second of another rule engine on PYTHONPATH, printed as one number.

Each set of people is a rule: everybody in it has a fact. Coming asserts the fact, going retracts it.
"""

import collections
import collections.abc
import contextlib
import json
import sys
import time
from collections.abc import Callable
from typing import Any


def main() -> None:
    given = json.load(sys.stdin)
    change = {"durable_rules": durable, "experta": experta}[sys.argv[1]](given["rules"])
    present: set[str] = set()
    began, done = time.process_time(), 0
    while time.process_time() - began < given["seconds"]:
        person = given["changes"][done % len(given["changes"])]
        coming = person not in present
        (present.add if coming else present.discard)(person)
        change(person, coming)
        done += 1
    print(done / (time.process_time() - began))


def durable(rules: list[list[str]]) -> Callable[[str, bool], None]:
    from durable.engine import MessageNotHandledException
    from durable.lang import assert_fact, c, m, retract_fact, ruleset, when_all

    with ruleset("presence"):
        for keys in rules:
            facts = [getattr(c, f"f{i}") << (m.who == key) for i, key in enumerate(keys)]

            @when_all(*facts)
            def met(_: Any) -> None:
                """Enough to have noticed."""

    def change(person: str, coming: bool) -> None:
        with contextlib.suppress(MessageNotHandledException):  # somebody no rule names
            (assert_fact if coming else retract_fact)("presence", {"id": person, "who": person})

    return change


def experta(rules: list[list[str]]) -> Callable[[str, bool], None]:
    collections.Mapping = collections.abc.Mapping  # type: ignore[attr-defined]  # its dependency wants it
    from experta import AND, Fact, KnowledgeEngine, Rule

    def rule(keys: list[str]) -> Any:
        def met(_: Any) -> None:
            """Enough to have noticed."""

        return Rule(AND(*(Fact(who=key) for key in keys)))(met)

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
