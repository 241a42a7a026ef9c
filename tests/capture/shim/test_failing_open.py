"""Quorate is killed, stopped, late or talks nonsense: the client goes on, with every byte."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.capture.shim.controller import (
    DEADLINE_S,
    DOWN,
    UP,
    passed,
    replaced,
)
from tests.capture.shim.scene import (
    HEADER,
    Judge,
    Scene,
    begin,
    every_library,
    everywhere,
)


@everywhere
def test_killed_while_it_holds(scene: Scene, library: str) -> None:
    scene.controller.judge = Judge(lambda _direction, _data: (0, b""))
    client, server, controller = begin(scene, library, quiet=True)
    controller.until_asked(UP, HEADER.encode())
    server.send(b"<stream:stream><fea")
    if scene.reads_when_told:
        client.say("")
    controller.until_asked(DOWN, b"<fea")
    controller.hang_up()
    server.send(b"tures/>")
    client.say("<iq/>")
    server.got.until(lambda data: data == f"{HEADER}<iq/>".encode())
    if scene.reads_when_told and b"tures" not in client.out.until(bool):
        client.say("")
    client.out.until(lambda data: data == b"<stream:stream><features/>")
    assert client.leave() == 0


@every_library
def test_stopped_costs_one_deadline(scene: Scene, library: str) -> None:
    scene.controller.deadline_ms = 1000
    scene.controller.judge = lambda ask: None if b"stop" in ask.data else passed()
    client, server, controller = begin(scene, library)
    began = time.monotonic()
    client.say("<stop/>")
    server.got.until_has(b"<stop/>")
    assert time.monotonic() - began > 0.9
    began = time.monotonic()
    client.say("<again/>")
    server.got.until_has(b"<again/>")
    assert time.monotonic() - began < 0.9
    controller.until(lambda it: it.ended)
    assert client.leave() == 0


@every_library
def test_killed_and_stopped_for_real(scene: Scene, library: str) -> None:
    """The controller is a process; first stopped, then another one killed, both with a message on its way."""
    client, server, _ = scene.begin(library, listen=False)
    for number, signal_ in enumerate((signal.SIGSTOP, signal.SIGKILL)):
        with other_process(client.process.pid) as controller:
            client.say(f"<m i='{number}'/>")
            server.got.until_has(f"<m i='{number}'/>".encode())
            client.say(f"<n i='{number}'/>")
            server.got.until_has(f"<n i='{number}'/>".encode())
            controller.send_signal(signal_)
            began = time.monotonic()
            client.say(f"<o i='{number}'/>")
            server.got.until_has(f"<o i='{number}'/>".encode())
            client.say(f"<p i='{number}'/>")
            server.got.until_has(f"<p i='{number}'/>".encode())
            assert time.monotonic() - began < 1.9  # one deadline, not one for each
    everything = "".join(f"<{name} i='{number}'/>" for number in (0, 1) for name in "mnop")
    assert server.got.data == (HEADER + everything).encode()


@contextmanager
def other_process(pid: int) -> Iterator[subprocess.Popen[bytes]]:
    """A controller that passes everything, attached to the library in the process ``pid``."""
    run = "import sys, time; from tests.capture.shim.controller import Controller\n"
    run += "c = Controller(deadline_ms=1000); c.connect(int(sys.argv[1])); c.until(lambda it: it.pid)\n"
    run += "print('there', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", run, str(pid)], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline()
            yield process
        finally:
            process.kill()


def test_a_verdict_without_sense_ends_it_and_loses_nothing(scene: Scene) -> None:
    scene.controller.judge = lambda ask: replaced(100000) if b"<odd/>" in ask.data else passed()
    client, server, controller = begin(scene, "openssl")
    client.say("<odd/>")
    server.got.until_has(b"<odd/>")
    controller.until(lambda it: it.ended)
    client.say("<iq/>")
    server.got.until(lambda data: data == f"{HEADER}<odd/><iq/>".encode())


@every_library
def test_a_signal_while_we_are_asked_ends_the_client_as_it_wants_to(scene: Scene, library: str) -> None:
    """Its handler says goodbye on the connection whose write is being judged."""
    scene.controller.deadline_ms = 2000  # the signal comes before it, also where much else runs
    scene.controller.judge = lambda ask: None if b"wait" in ask.data else passed()
    client, server, controller = begin(scene, library)
    client.say("<wait/>")
    controller.until_asked(UP, b"<wait/>")
    client.process.send_signal(signal.SIGUSR2)
    assert client.process.wait(DEADLINE_S) == 3
    server.got.until_has(b"<wait/><goodbye/>")
