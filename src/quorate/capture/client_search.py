"""Looks for IM clients on this machine, running and installed, and says how to capture each."""

import importlib.util
import os
import shlex
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from quorate.capture.attach.facts import elf_of, facts_of
from quorate.capture.bpf import supported
from quorate.capture.clients import KNOWN, Ability, Sighting, Way, advise, known_by, tls_of
from quorate.capture.processes import names_of, parent_of, pids
from quorate.capture.shim.build import HERE, caches, compiler, file_name

ROOTS_PATH: Final = (Path("/usr/bin"), Path("/usr/local/bin"))
SANDBOXES: Final = (
    Path("/snap/bin"),
    Path("/var/lib/flatpak/exports/bin"),
    Path("~/.local/share/flatpak/exports/bin"),
)
"""Where Snap and Flatpak put what starts their programs; Flatpak names it as in org.gajim.Gajim."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientFound:
    """One line of `quorate clients`."""

    name: str
    title: str
    network: str
    pid: int | None
    installed: bool
    tls: str | None
    mode: str | None
    """How it is captured, as `quorate streams` says it."""
    way: str
    command: str | None
    why: str
    one_click: bool
    """``POST /api/v1/clients/PID/attach`` would do it, as far as can be told before."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def look(captured: Mapping[int, str], ability: Ability) -> list[ClientFound]:
    """All there are, running ones first. ``captured``: by process id, how."""
    seen = [*_running(captured), *_installed()]
    running = {one.known.title for one in seen if one.facts is not None}
    shown = (one for one in seen if one.facts is not None or one.known.title not in running)
    return [_line(one, ability) for one in sorted(shown, key=lambda s: (s.facts is None, s.known.title))]


def ability_here(im: str) -> Ability:
    made = (place / file_name() for place in (HERE, *caches()))
    run = compiler() is not None or any(path.is_file() for path in made)
    return Ability(
        run=run,
        attach=run and importlib.util.find_spec("frida") is not None,
        redirect=supported(),
        im=im,
        our_elf=elf_of(Path("/proc/self/exe")),
        program=_own_program(),
    )


def _own_program() -> str:
    found = Path(sys.executable).with_name("quorate")
    return shlex.quote(str(found)) if found.exists() and found.parent not in ROOTS_PATH else "quorate"


def _line(found: Sighting, ability: Ability) -> ClientFound:
    advice = advise(found, ability)
    return ClientFound(
        name=found.program,
        title=found.known.title,
        network=found.known.network,
        pid=found.facts.pid if found.facts is not None else None,
        installed=found.path is not None,
        tls=tls_of(found),
        mode=found.mode,
        way=advice.way.value,
        command=advice.command,
        why=advice.why,
        one_click=advice.way is Way.ATTACH,
    )


def _running(captured: Mapping[int, str]) -> Iterable[Sighting]:
    for pid in pids():
        program = _known_name(pid)
        if program is None or pid == os.getpid():
            continue
        # a browser in a program's clothes has a family of processes: the eldest stands for all
        if (parent := parent_of(pid)) is not None and _known_name(parent) == program:
            continue
        facts = facts_of(pid)
        if facts.alive and not facts.own:
            yield replace(_sighting(program), facts=facts, mode=captured.get(pid))


def _installed() -> Iterable[Sighting]:
    for known in KNOWN:
        found = next(filter(None, map(_file_of, known.programs)), None)
        if found is not None:
            yield _sighting(found.name if known_by(found.name) else known.programs[0])


def _sighting(program: str) -> Sighting:
    known = known_by(program)
    assert known is not None
    path = _file_of(program) or next(filter(None, map(_file_of, known.programs)), None)
    elf = elf_of(path.resolve()) if path is not None else None
    return Sighting(known=known, program=program, path=path, elf=elf)


def _known_name(pid: int) -> str | None:
    return next((name.lower() for name in sorted(names_of(pid)) if known_by(name)), None)


def _file_of(program: str) -> Path | None:
    if (path := shutil.which(program)) is not None:
        return Path(path)
    for folder in map(Path.expanduser, SANDBOXES):
        for entry in (folder / program, *folder.glob(f"*.{program}"), *folder.glob(f"*.{program.title()}")):
            if entry.exists():
                return entry
    return None
