"""Whether a process can be attached to, judged before it is touched. Every refusal says the way out."""

from dataclasses import replace
from pathlib import Path

from quorate.capture.attach.facts import Elf, Facts
from quorate.errors import NotPossible

WEB_PORTS = frozenset({80, 443, 8080})
_LISTENER = "Let it connect to Quorate instead: docs/clients.md."
_RESTART = "Restart the client, or start it by `quorate run`."
_BY_RUN = "Start it anew, by `quorate run`."
_ONLY_CHILDREN, _ONLY_ADMINISTRATOR, _NOBODY = 1, 2, 3
"""Values of Yama's ptrace_scope."""


def refusal(facts: Facts) -> NotPossible | None:
    """Why this process is not attached to; None if nothing speaks against it."""
    for judge in (_no_such, _of_others, _foreign_program, _not_whole, _stopped, _guarded, _no_client):
        said = judge(facts)
        if said is not None:
            return NotPossible(said[0], remedy=said[1])
    return None


def start_refusal(program: Path, elf: Elf | None, ours: Elf | None) -> NotPossible | None:
    """Why a program cannot be started with our library in it; None if nothing speaks against it."""
    said = _unstartable(program, elf, ours)
    return None if said is None else NotPossible(said[0], remedy=said[1])


def _unstartable(program: Path, elf: Elf | None, ours: Elf | None) -> "Said":
    if program.parts[:2] == ("/", "snap") or "flatpak" in program.parts or program.name == "snap":
        return f"{program.name} runs in a sandbox, which lets no library of ours in.", _LISTENER
    if elf is None or ours is None:
        return None  # a script: its interpreter takes the library in
    if (said := _unlike(program.name, elf, ours)) is not None:
        return said
    if elf.elevated:
        return f"{program.name} has more rights than you and takes in no library of yours.", _LISTENER
    return None


Said = tuple[str, str] | None


def _unlike(named: str, theirs: Elf, ours: Elf) -> Said:
    """Made so that our library cannot be in it."""
    if theirs.bits != ours.bits:
        return f"{named} is a {theirs.bits}-bit program, Quorate a {ours.bits}-bit one.", _LISTENER
    if theirs.machine != ours.machine:
        return f"{named} was made for another kind of processor.", _LISTENER
    if theirs.musl:
        return f"{named} uses musl; Quorate's library is made for glibc.", _LISTENER
    if not theirs.dynamic:
        return f"{named} is linked statically: there is nothing to hook in it.", _LISTENER
    return None


def _named(facts: Facts) -> str:
    return f"{facts.name} (process {facts.pid})"


def _no_such(facts: Facts) -> Said:
    if not facts.alive:
        return (
            f"There is no process {facts.pid}.",
            "Name the client instead: quorate attach NAME.",
        )
    if facts.own:
        return f"Process {facts.pid} is Quorate itself.", "Name your IM client's process."
    if facts.kernel:
        return f"{_named(facts)} is a thread of the kernel, not a program.", "Name your IM client's process."
    return None


def _of_others(facts: Facts) -> Said:
    if facts.uids != {facts.our_uid}:
        return (
            f"{_named(facts)} runs as another user.",
            "Run Quorate as that user, or let the client connect to it: docs/clients.md.",
        )
    return None


def _foreign_program(facts: Facts) -> Said:
    if facts.sandbox:
        return f"{_named(facts)} runs in {facts.sandbox}, which lets no library of ours in.", _LISTENER
    if facts.guarded:
        return f"{_named(facts)} lets nobody look into it while it runs.", _BY_RUN
    theirs, ours = facts.elf or facts.our_elf, facts.our_elf
    if theirs is None or ours is None:
        return None
    if not facts.glibc:
        theirs = replace(theirs, dynamic=False)
    return _unlike(_named(facts), theirs, ours)


def _not_whole(facts: Facts) -> Said:
    if facts.replaced:
        return (
            f"{_named(facts)} was upgraded while it runs: {facts.replaced} is not what is loaded.",
            _RESTART,
        )
    return None


def _stopped(facts: Facts) -> Said:
    if facts.stopped:
        return (
            f"{_named(facts)} is stopped.",
            f"Let it go on first: `fg` in its terminal, or kill -CONT {facts.pid}.",
        )
    return None


def _guarded(facts: Facts) -> Said:
    if facts.resident:
        return None  # nothing has to be put in any more
    if facts.tracer:
        return (
            f"{_named(facts)} is being traced by process {facts.tracer} (a debugger, strace).",
            "End that, then try again.",
        )
    if facts.may_trace_all:
        return None
    if facts.ptrace_scope >= _NOBODY:
        return (
            "This system lets nobody attach to processes (kernel.yama.ptrace_scope is 3 until it restarts).",
            "Start the client by `quorate run`, which needs no such right.",
        )
    if facts.ptrace_scope == _ONLY_ADMINISTRATOR or (
        facts.ptrace_scope == _ONLY_CHILDREN and not facts.descends
    ):
        return (
            f"This system lets you not attach to running processes (kernel.yama.ptrace_scope is"
            f" {facts.ptrace_scope}).",
            "Start the client by `quorate run`, or allow it: sudo sysctl kernel.yama.ptrace_scope=0.",
        )
    return None


def _no_client(facts: Facts) -> Said:
    if not facts.tls and not facts.peers:
        return (
            f"{_named(facts)} has no connection and no TLS library: it is no IM client, or not connected.",
            "Name the client's own process, or start it by `quorate run`.",
        )
    ports = {int(peer.rpartition(":")[2]) for peer in facts.peers}
    if ports and ports <= WEB_PORTS:
        return (
            f"{_named(facts)} is connected to web servers only: it speaks HTTP, not XMPP.",
            "Name your IM client's process.",
        )
    return None
