"""What happens in a story, drawn from a seed: who there is, how they answer, what happens when."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random

NAMES = (
    "ann",
    "bob",
    "cem",
    "dan",
    "eve",
    "fay",
    "gus",
    "hal",
    "ida",
    "jan",
    "kim",
    "lea",
    "max",
    "nia",
    "omar",
    "pia",
    "raj",
    "sam",
    "tom",
    "uli",
    "vera",
    "wim",
    "xan",
    "yves",
    "zoe",
)
GROUPS = ("dba", "board", "legal")
STATES = ("online", "online", "online", "away", "busy", "offline")
OPTIONS = ("", "", " within 1m", " within 5m", " now", " urgent", " urgent within 5m", " before 12:20")
CALM_S = 90.0
"""At the end nothing happens for so long, so that what can start has started."""
LAST_S = 120.0
"""Then everything is cancelled, and so much later everybody has heard of it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody does about one ring."""

    says: str
    """A reply as typed; empty: nothing at all."""
    after_s: float
    comes_after_s: float | None = None
    """Once they have a link; None: never."""
    stays_s: float = 60.0

    def __str__(self) -> str:
        if not self.says:
            return "silence"
        comes = "" if self.comes_after_s is None else f", comes {self.comes_after_s:g} s later"
        return f"“{self.says}” after {self.after_s:g} s{comes}"


@dataclass(frozen=True, slots=True)
class Line:
    at: float
    """Seconds since the beginning."""
    who: str
    """A person, an account's owner, ``agent 1``, ``link 1`` or ``server``."""
    what: str

    def __str__(self) -> str:
        return f"{self.at:8.1f}  {self.who} {self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    seed: int
    organisers: tuple[str, ...]
    """People with an own account here; they are people too."""
    rosters: Mapping[str, tuple[str, ...]]
    groups: Mapping[str, tuple[str, ...]]
    answers: Mapping[str, tuple[Answer, ...]]
    """Of each person to one ring after another; the last one for all that follow."""
    agents: tuple[tuple[str, ...], ...]
    """Which organisers' streams each agent carries."""
    silent_asks: float
    """Which share of requests for presence brings nothing."""
    quiet: Mapping[str, str] = field(default_factory=dict)
    """Person to their quiet hours, in UTC; a story begins at noon."""
    let_in: frozenset[str] = frozenset()
    """Who lets the first organiser disturb them."""
    lines: tuple[Line, ...] = field(default=())
    end_s: float = 600.0

    @property
    def people(self) -> tuple[str, ...]:
        return tuple(self.answers)

    def without(self, line: int) -> "Script":
        return replace(self, lines=self.lines[:line] + self.lines[line + 1 :])

    def __str__(self) -> str:
        parts = [f"story {self.seed}: {len(self.people)} people, it ends at {self.end_s:g} s"]
        parts += [f"  {who} has in the roster: {', '.join(self.rosters[who])}" for who in self.organisers]
        parts += [f"  @{name} is {', '.join(members)}" for name, members in self.groups.items()]
        parts += [f"  {who} wants quiet {span}" for who, span in self.quiet.items()]
        parts += [f"  {', '.join(sorted(self.let_in))} let {self.organisers[0]} in"] if self.let_in else []
        parts += [f"  agent {n} carries {', '.join(of)}" for n, of in enumerate(self.agents, 1)]
        parts += [f"  {who} answers: {'; '.join(map(str, a))}" for who, a in self.answers.items()]
        return "\n".join([*parts, *map(str, self.lines)])


def write(seed: int, *, people: int | None = None) -> Script:
    """The story of this seed; one in a hundred is about hundreds of people unless told otherwise."""
    random = Random(seed)
    count = people or (random.randint(150, 300) if random.random() < 0.01 else random.randint(3, 9))
    names = tuple(NAMES[i] if i < len(NAMES) else f"{NAMES[i % 25]}{i // 25}" for i in range(count))
    organisers = names[: random.choice((1, 1, 2, 3))]
    groups = {
        name: tuple(sorted(random.sample(names, random.randint(1, min(5, count)))))
        for name in GROUPS[: random.randint(1, 3)]
    }
    split = len(organisers) > 1 and random.random() < 0.3
    script = Script(
        seed=seed,
        organisers=organisers,
        rosters={who: _roster(random, names, who) for who in organisers},
        groups=groups,
        answers={name: _answers(random, names) for name in names},
        agents=tuple((who,) for who in organisers) if split else (organisers,),
        silent_asks=random.choice((0.0, 0.0, 0.3)),
        end_s=float(random.choice((60, 120, 120, 300, 300, 900))),
    )
    script = replace(script, lines=_lines(random, script))
    return _with_times(Random(f"times of {seed}"), _with_quiet(Random(-seed), script))


def _with_quiet(random: Random, script: Script) -> Script:
    """In one story of four some people have quiet hours, and some let the first organiser in."""
    if random.random() < 0.75:
        return script
    spans = ("11:00-12:02", "12:01-12:04", "12:05-11:00")
    others = script.people[1:]
    quiet = {name: random.choice(spans) for name in others if random.random() < 0.4}
    return replace(script, quiet=quiet, let_in=frozenset(n for n in others if random.random() < 0.6))


def _with_times(random: Random, script: Script) -> Script:
    """In one story of three much has a time, hours or others to ask instead, and a no may be a conflict."""
    if random.random() < 0.66:
        return script
    lines = tuple(
        replace(line, what=line.what + _times(random, script, line)) if "meet" in line.what else line
        for line in script.lines
    )
    answers = {name: tuple(_or_conflict(random, one) for one in all) for name, all in script.answers.items()}
    return replace(script, lines=lines, answers=answers)


def _or_conflict(random: Random, answer: Answer) -> Answer:
    return replace(answer, says="conflict") if answer.says == "no" and random.random() < 0.3 else answer


def _times(random: Random, script: Script, line: Line) -> str:
    if line.what.endswith(" now") or random.random() < 0.3:
        return ""
    soon = int(line.at // 60) + random.randint(1, 3)
    end = soon + random.randint(1, 3)
    options = random.choice(
        ("", f" at 12:{soon:02}", f" between 12:{soon:02} and 12:{end:02}", f" between 11:00 and 12:{end:02}")
    )
    if "within" in line.what or "before" in line.what or " at " in options:
        names = script.rosters[line.who] or script.people
        for _ in range(random.choice((0, 1, 1, 2))):
            options += f" else {_part(random, script, names, 1)}{random.choice(('', ' within 1m'))}"
    return options


def _roster(random: Random, names: tuple[str, ...], but: str) -> tuple[str, ...]:
    return tuple(name for name in names if name != but and random.random() < 0.95)


def _answers(random: Random, names: tuple[str, ...]) -> tuple[Answer, ...]:
    return tuple(_answer(random, names) for _ in range(random.randint(1, 4)))


def _answer(random: Random, names: tuple[str, ...]) -> Answer:
    willing = random.random()
    says = (
        "yes"
        if willing < 0.5
        else random.choice(
            ("no", "no", "", "", "in 1m", "in 5m", "stop", "why", f"sub {random.choice(names)}")
        )
    )
    quick = random.choice((0.0, 1.0, 3.0, 10.0, 29.9, 30.0, 45.0))
    comes = random.choice((None, 0.0, 2.0, 20.0, 130.0)) if says == "yes" else None
    return Answer(says, quick, comes, stays_s=random.choice((5.0, 60.0, 600.0)))


def _lines(random: Random, script: Script) -> tuple[Line, ...]:
    lines = [Line(0.0, name, f"is {random.choice(STATES)}") for name in script.people]
    lines += [Line(0.0, who, "is online") for who in script.organisers]
    lines += [Line(0.0, who, "logs in") for who in script.organisers]
    count = random.randint(3, 20) + len(script.people) // 3
    times = sorted(random.uniform(1.0, script.end_s) for _ in range(count))
    if random.random() < 0.3:  # much at once
        times = [round(at / 30) * 30.0 + random.choice((0.0, 0.001)) for at in times]
    for at in sorted(times):
        happens = _happens(random, script, at)
        lines.append(happens)
        if random.random() < 0.15:
            lines.append(_breaks(random, script, at))
    return tuple(line for line in lines if line.at < script.end_s)


def _breaks(random: Random, script: Script, at: float) -> Line:
    """Something breaks while what happened just then is being dealt with."""
    number = random.randint(1, len(script.agents))
    kind = random.random()
    if kind < 0.6:
        return Line(at, "server", f"dies after {random.randint(0, 90)} steps")
    soon = at + random.choice((0.005, 0.015, 0.025, 0.035, 0.045, 3.0))
    return Line(soon, f"agent {number}", "dies") if kind < 0.8 else Line(soon, f"link {number}", "breaks")


def _happens(random: Random, script: Script, at: float) -> Line:
    kind = random.random()
    who = random.choice(script.organisers)
    if kind < 0.30:
        return Line(at, who, f"types: {_meet(random, script, who)}")
    if kind < 0.66:
        return Line(at, random.choice(script.people), f"is {random.choice(STATES)}")
    if kind < 0.74:
        id = f"Q{random.randint(1, 6)}"
        return Line(at, who, random.choice((f"types: cancel {id}", f"types: extend {id} 2m")))
    if kind < 0.78:
        return Line(
            at, who, random.choice(("types: me busy for 2m", "types: me available", "types: me away"))
        )
    if kind < 0.84:
        return Line(at, who, random.choice(("logs out", "logs in", "logs in")))
    if kind < 0.88:
        return Line(
            at, who, f"stream fails the next: {random.choice(('rate-limited', 'blind', 'too-early'))}"
        )
    return _breaks(random, script, at)


def _meet(random: Random, script: Script, who: str) -> str:
    options = random.choice(OPTIONS)
    names = script.rosters[who] or script.people
    parts = [_part(random, script, names, 2) for _ in range(random.choice((1, 1, 1, 2, 3)))]
    if random.random() < 0.15:
        parts.append(f"optional {random.choice(names)}")
    return f"meet {' and '.join(parts)}{options}"


def _part(random: Random, script: Script, names: tuple[str, ...], depth: int) -> str:
    kind = random.random()
    group = random.choice(tuple(script.groups))
    if kind < 0.4 or not depth:
        return random.choice(names)
    if kind < 0.6:
        return f"{random.choice(('1', '2', '3', 'any', 'half', 'most', 'all', '50%'))} of @{group}"
    if kind < 0.65:
        return f"@{group}"
    inner = [_part(random, script, names, depth - 1) for _ in range(random.randint(2, 3))]
    if kind < 0.82:
        return f"({' or '.join(inner)})"
    return f"{random.randint(1, len(inner))} of ({', '.join(inner)})"
