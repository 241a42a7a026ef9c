"""The library in clients of every kind, against a scripted controller and a scripted server."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from quorate.capture.shim.build import compiler, entry_of, shim
from tests.capture.shim.conftest import HEADER, Scene
from tests.capture.shim.controller import (
    DEADLINE_S,
    DETACH,
    DOWN,
    IGNORE,
    UP,
    Ask,
    Controller,
    Verdict,
    passed,
    replaced,
)
from tests.capture.shim.house import HERE, Client, Server, python_client

LIBRARIES = ["openssl", "gnutls", "gio", "nss", "plain"]
LOOPS = ["poll", "ppoll", "select", "pselect", "epoll"]
CLIENTS = [(library, "poll") for library in LIBRARIES] + [("openssl", loop) for loop in LOOPS[1:]]
every_client = pytest.mark.parametrize(("library", "loop"), CLIENTS)


@every_client
def test_what_passes_is_seen_and_unchanged(scene: Scene, library: str, loop: str) -> None:
    client, server, controller = scene.begin(library, loop)
    server.send(b"<stream:stream><features/>")
    client.out.until_has(b"<stream:stream><features/>")
    client.say("<iq id='1'/>")
    server.got.until_has(b"<iq id='1'/>")
    assert controller.asked(UP) == f"{HEADER}<iq id='1'/>".encode()
    assert controller.asked(DOWN) == b"<stream:stream><features/>"
    about = controller.opens[controller.only]
    assert about["lib"] == {"gio": "gnutls"}.get(library, library)
    assert about["peer"] == f"127.0.0.1 {server.port}"
    assert about["fresh"] == "1"
    assert client.leave() == 0
    controller.until(lambda it: it.closed)


@every_client
def test_a_client_that_sleeps_sends_and_receives_what_is_put_in(
    scene: Scene, library: str, loop: str
) -> None:
    client, server, controller = scene.begin(library, loop)
    server.send(b"<stream:stream>")
    client.out.until_has(b"<stream:stream>")
    controller.inject(UP, b"<presence/>")
    server.got.until_has(b"<presence/>")
    controller.inject(DOWN, b"<message/>")
    client.out.until_has(b"<message/>")
    for i in range(50):
        controller.inject(UP, b"<up i='%d'/>" % i)
        controller.inject(DOWN, b"<down i='%d'/>" % i)
    server.got.until_has(b"".join(b"<up i='%d'/>" % i for i in range(50)))
    client.out.until_has(b"".join(b"<down i='%d'/>" % i for i in range(50)))
    controller.command(DETACH, 0, 0)
    controller.until(lambda it: it.ended)
    client.say("<iq id='2'/>")
    server.got.until_has(b"<iq id='2'/>")
    assert client.leave() == 0


every_library = pytest.mark.parametrize("library", LIBRARIES)
everywhere = pytest.mark.parametrize("library", [*LIBRARIES, "blocking", "loop", "gio.py"])


def begin(scene: Scene, library: str, **more: object) -> tuple[Client, Server, Controller]:
    """With the clients on CPython's `ssl` among them."""
    if library in ("blocking", "loop", "gio.py"):
        library = library.removesuffix(".py")
        return scene.begin("python", f"{library}.py", **more)  # type: ignore[arg-type]
    return scene.begin(library, "poll", **more)  # type: ignore[arg-type]


def hear(scene: Scene, data: bytes, said: bytes | None = None) -> None:
    """The server sends it, and the client receives ``said`` (else the same)."""
    scene.server.send(data)
    if scene.reads_when_told:
        scene.client.say("")
    scene.client.out.until_has(data if said is None else said)


class Judge:
    """Answers by direction and all that is held and new; keeps what is held as the library does."""

    def __init__(self, decide: Callable[[int, bytes], tuple[int, bytes]]) -> None:
        self.decide = decide
        self.held = {DOWN: b"", UP: b""}

    def __call__(self, ask: Ask) -> Verdict:
        data = self.held[ask.direction] + ask.data
        consumed, instead = self.decide(ask.direction, data)
        self.held[ask.direction] = data[consumed:]
        return replaced(consumed, instead)


def whole_stanzas(_direction: int, data: bytes) -> tuple[int, bytes]:
    """Holds what is not complete, takes <secret/> out, puts ours in its place."""
    end = data.rfind(b">") + 1
    return end, data[:end].replace(b"<secret/>", b"").replace(b"<old/>", b"<quite-new/>")


@everywhere
def test_swallowed_replaced_and_held_across_reads(scene: Scene, library: str) -> None:
    scene.controller.judge = Judge(whole_stanzas)
    client, server, controller = begin(scene, library)
    client.say("<secret/>")
    client.say("<old/><mes")
    controller.until_asked(UP, b"<mes")
    assert server.got.data == f"{HEADER}<quite-new/>".encode() or server.got.until_has(b"<quite-new/>")
    client.say("sage/>")
    server.got.until(lambda data: data == f"{HEADER}<quite-new/><message/>".encode())
    hear(scene, b"<stream:stream>")
    hear(scene, b"<secret/><old/><pres", b"<stream:stream><quite-new/>")
    server.send(b"ence/>")
    if scene.reads_when_told:
        client.say("")
    client.out.until(lambda data: data == b"<stream:stream><quite-new/><presence/>")


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
    scene.controller.deadline_ms = 200
    scene.controller.judge = lambda ask: None if b"stop" in ask.data else passed()
    client, server, controller = begin(scene, library)
    began = time.monotonic()
    client.say("<stop/>")
    server.got.until_has(b"<stop/>")
    assert 0.15 < time.monotonic() - began < 1
    began = time.monotonic()
    client.say("<again/>")
    server.got.until_has(b"<again/>")
    assert time.monotonic() - began < 0.15
    controller.until(lambda it: it.ended)
    assert client.leave() == 0


@every_library
@pytest.mark.parametrize("empty", [False, True], ids=["same", "empty"])
def test_a_full_socket_loses_and_doubles_nothing(scene: Scene, library: str, empty: bool) -> None:
    """The server reads nothing for a while; every write is asked about once and arrives once."""
    scene.env = {"REPEAT_EMPTY": "1"} if empty else {}
    changed = b"<y>" + b"Z" * 3000 + b"</y>"
    scene.controller.judge = Judge(lambda _, data: (len(data), data.replace(b"<x/>", changed)))
    client, server, controller = scene.begin(library, sndbuf=4096, slow=True)
    said = [f"<m i='{i}'>{'x' * 5000}</m><x/>" for i in range(400)]

    def feed() -> None:
        for line in said:
            client.say(line)

    feeder = threading.Thread(target=feed)
    scene.stack.callback(feeder.join)
    feeder.start()
    assert server.there.wait(10)
    controller.until(lambda it: len(it.asked(UP)) > 100_000)
    for i in range(20):
        controller.inject(UP, b"<own i='%d'/>" % i)
    server.go.set()
    feeder.join(20)
    received = server.got.until_has(said[-1].replace("<x/>", "").encode() + changed, within_s=30)
    assert (controller.asked(UP) == (HEADER + "".join(said)).encode()) is True
    for i in range(20):
        own = b"<own i='%d'/>" % i
        assert received.count(own) == 1
        received = received.replace(own, b"")
    assert (received == (HEADER + "".join(said)).encode().replace(b"<x/>", changed)) is True
    assert client.leave() == 0


def test_asyncio_sends_what_is_put_in_and_reads_it_when_the_server_speaks(scene: Scene) -> None:
    client, server, controller = begin(scene, "loop")
    assert controller.opens[controller.only]["wake"] == "0"
    hear(scene, b"<stream:stream>")
    controller.until(lambda it: it.opens[it.only]["fd"] != "-1")
    controller.inject(UP, b"<r/>")
    server.got.until_has(b"<r/>")
    controller.inject(DOWN, b"<message/>")
    server.send(b"<a/>")
    client.out.until(lambda data: data == b"<stream:stream><message/><a/>")
    for i in range(100):
        controller.inject(UP, b"<own i='%d'/>" % i)
        client.say(f"<its i='{i}'/>")
    received = server.got.until(lambda data: data.count(b"/>") == 201)
    for kind in (b"own", b"its"):
        places = [received.index(b"<%b i='%d'/>" % (kind, i)) for i in range(100)]
        assert places == sorted(places)
    assert client.leave() == 0


@every_library
def test_what_was_decided_first_is_on_the_wire_first(scene: Scene, library: str) -> None:
    def judge(ask: Ask) -> Verdict:
        if ask.direction == UP and b"<m" in ask.data:
            scene.controller.inject(UP, b"<before/>")
            scene.controller.inject(DOWN, b"<answer/>")
        return passed()

    scene.controller.judge = judge
    client, server, controller = begin(scene, library)
    hear(scene, b"<stream:stream>")
    for i in range(30):
        client.say(f"<m i='{i}'/>")
        server.got.until_has(f"<m i='{i}'/>".encode())
        controller.inject(UP, b"<after/>")
    received = server.got.until(lambda data: data.count(b"<after/>") == 30)
    expected = "".join(f"<before/><m i='{i}'/><after/>" for i in range(30))
    assert received == (HEADER + expected).encode()
    client.out.until(lambda data: data == b"<stream:stream>" + 30 * b"<answer/>")


SM = "xmlns='urn:xmpp:sm:3'"


@everywhere
@pytest.mark.parametrize("ending", ["detach", "killed", "late", "ignored"])
def test_counts_are_translated_after_the_end(scene: Scene, library: str, ending: str) -> None:
    def judge(ask: Ask) -> Verdict | None:
        return None if ending == "late" and b"<last/>" in ask.data else passed()

    scene.controller.judge = judge
    scene.controller.deadline_ms = 300
    client, server, controller = begin(scene, library)
    hear(scene, b"<stream:stream><features/>")
    controller.table(UP, (0, -2), (10, -3))
    controller.table(DOWN, (5, 4))
    client.say(f"<a {SM} h='7'/>")  # Quorate is there: it is its own business
    server.got.until_has(f"<a {SM} h='7'/>".encode())
    if ending == "detach":
        controller.command(DETACH, 0, 0)
    elif ending == "killed":
        controller.hang_up()
    elif ending == "ignored":
        controller.command(IGNORE, UP, controller.only)
        client.say("<last/>")
        server.got.until_has(b"<last/>")
    else:
        client.say("<last/>")
        server.got.until_has(b"<last/>")
    if ending not in ("killed", "ignored"):
        controller.until(lambda it: it.ended)
    client.say(f"<a {SM} h='9'/><message><a {SM} h='9'/></message>")
    server.got.until_has(f"<a {SM} h='7'/><message><a {SM} h='9'/></message>".encode())
    for part in ("<a ", f"{SM} h='1", "2'/", "><iq/>"):
        client.say(part)
    server.got.until_has(f"<a {SM} h='9'/><iq/>".encode())
    hear(scene, f"<a {SM} h='4'/>".encode())
    hear(scene, f"<a {SM} h='6'/>".encode(), f"<a {SM} h='10'/>".encode())


@every_library
def test_a_new_session_has_no_translation(scene: Scene, library: str) -> None:
    client, server, controller = begin(scene, library)
    hear(scene, b"<stream:stream>")
    controller.table(UP, (0, -2))
    controller.command(DETACH, 0, 0)
    controller.until(lambda it: it.ended)
    hear(scene, f"<enabled {SM}/>".encode())
    client.say(f"<a {SM} h='9'/>")
    server.got.until_has(f"<a {SM} h='9'/>".encode())


@everywhere
def test_a_later_quorate_goes_on_where_the_first_was(scene: Scene, library: str) -> None:
    client, server, controller = begin(scene, library)
    controller.table(UP, (0, -2), (10, -3))
    hear(scene, b"<stream:stream>")
    controller.hang_up()
    client.say(f"<a {SM} h='9'/>")
    server.got.until_has(f"<a {SM} h='7'/>".encode())
    second = Controller()
    scene.stack.callback(second.hang_up)
    second.connect(client.process.pid)
    second.until(lambda it: it.opens)
    assert second.instance == controller.instance
    assert second.only == controller.only
    about = second.opens[second.only]
    assert about["up_table"] == "0:-2,10:-3,"
    assert about["up_depth"] == about["down_depth"] == "1"
    assert about["down_table"] == ""
    client.say(f"<a {SM} h='9'/>")
    server.got.until_has(f"<a {SM} h='7'/><a {SM} h='9'/>".encode())
    second.inject(UP, b"<presence/>")
    if scene.reads_when_told:
        client.say("<iq/>")
    server.got.until_has(b"<presence/>")
    assert client.leave() == 0


@every_library
def test_nothing_is_left_without_a_translation_and_a_later_quorate_joins_in_the_middle(
    scene: Scene, library: str
) -> None:
    client, server, controller = begin(scene, library)
    hear(scene, b"<stream:stream>")
    controller.hang_up()
    client.say("<iq i='1'/>")
    server.got.until_has(b"<iq i='1'/>")
    second = Controller()
    scene.stack.callback(second.hang_up)
    second.connect(client.process.pid)
    client.say("<iq i='2'/>")
    server.got.until_has(b"<iq i='2'/>")
    client.say("<iq i='3'/>")
    server.got.until_has(b"<iq i='3'/>")
    second.until_asked(UP, b"<iq i='3'/>")
    second.inject(UP, b"<presence/>")
    server.got.until_has(b"<presence/>")
    second.table(UP, (0, -1), flags=1)
    client.say(f"<message><a {SM} h='9'/>")
    server.got.until_has(b"<message><a")
    second.hang_up()
    client.say(f"</message><a {SM} h='9'/>")
    server.got.until_has(f"<message><a {SM} h='9'/></message><a {SM} h='8'/>".encode())


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
            assert time.monotonic() - began < 0.5  # one deadline, not one for each
    everything = "".join(f"<{name} i='{number}'/>" for number in (0, 1) for name in "mnop")
    assert server.got.data == (HEADER + everything).encode()


@contextmanager
def other_process(pid: int) -> Iterator[subprocess.Popen[bytes]]:
    """A controller that passes everything, attached to the library in the process ``pid``."""
    run = "import sys, time; from tests.capture.shim.controller import Controller\n"
    run += "c = Controller(deadline_ms=200); c.connect(int(sys.argv[1])); c.until(lambda it: it.pid)\n"
    run += "print('there', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", run, str(pid)], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline()
            yield process
        finally:
            process.kill()


@every_library
def test_a_fork_without_exec_is_left_alone(scene: Scene, library: str) -> None:
    client, server, controller = begin(scene, library)
    hear(scene, b"<stream:stream>")
    client.process.send_signal(signal.SIGUSR1)
    client.out.until_has(b"[forked]")
    if library == "plain":
        server.got.until_has(b"<from-child/>")
        client.say("<iq/>")
        server.got.until_has(b"<from-child/><iq/>")
        controller.until_asked(UP, b"<iq/>")
    assert b"from-child" not in controller.asked(UP)
    assert not controller.ended
    assert not controller.closed


@every_library
@pytest.mark.parametrize("first", ["GET / HTTP/1.1", "NICK alice", "CONNECT x:1 HTTP/1.1"])
def test_what_is_no_im_is_neither_asked_about_nor_changed(scene: Scene, library: str, first: str) -> None:
    scene.header = first
    client, server, controller = scene.begin(library, quiet=True)
    server.got.until_has(first.encode())
    hear(scene, b"<html><iq/>")
    client.say("<message/>")
    server.got.until(lambda data: data == f"{first}<message/>".encode())
    assert not controller.asks
    assert not controller.opens
    controller.until(lambda it: it.others == 1)
    assert client.leave() == 0


@every_library
def test_ignored_is_never_asked_about_again(scene: Scene, library: str) -> None:
    scene.controller.judge = lambda ask: (IGNORE, b"") if b"foreign" in ask.data else replaced(0)
    client, server, controller = scene.begin(library, quiet=True)
    controller.until_asked(UP, b"<stream:stream")
    client.say("<foreign/>")
    server.got.until_has(f"{HEADER}<foreign/>".encode())
    client.say("<iq/>")
    server.got.until_has(f"{HEADER}<foreign/><iq/>".encode())
    hear(scene, b"<stream:stream>")
    assert len(controller.asks) == 2


def test_one_controller_at_a_time(scene: Scene) -> None:
    client, _, controller = begin(scene, "openssl")
    second = Controller()
    second.connect(client.process.pid)
    assert second.ended
    assert not controller.ended


def test_a_command_for_a_connection_that_is_gone_does_nothing(scene: Scene) -> None:
    _, server, controller = begin(scene, "openssl")
    controller.inject(UP, b"<presence/>", conn=77)
    controller.inject(UP, b"<iq/>")
    server.got.until(lambda data: data == f"{HEADER}<iq/>".encode())


def test_a_verdict_without_sense_ends_it_and_loses_nothing(scene: Scene) -> None:
    scene.controller.judge = lambda ask: replaced(100000) if b"<odd/>" in ask.data else passed()
    client, server, controller = begin(scene, "openssl")
    client.say("<odd/>")
    server.got.until_has(b"<odd/>")
    controller.until(lambda it: it.ended)
    client.say("<iq/>")
    server.got.until(lambda data: data == f"{HEADER}<odd/><iq/>".encode())


def test_a_table_that_waits_for_its_verdict_goes_with_it(scene: Scene) -> None:
    """Killed between the two, neither holds."""

    def judge(ask: Ask) -> Verdict | None:
        if b"<companion/>" not in ask.data:
            return passed()
        scene.controller.table(DOWN, (0, 1), flags=2)
        return None if b"<two/>" in ask.data else replaced(len(ask.data))

    scene.controller.judge = judge
    scene.controller.deadline_ms = 200
    client, server, controller = begin(scene, "openssl")
    hear(scene, b"<stream:stream>")
    client.say("<companion/><one/>")
    controller.until_asked(UP, b"<one/>")
    client.say("<iq/>")
    server.got.until_has(b"<iq/>")
    controller.table(DOWN, (0, 2))
    client.say("<companion/><two/>")
    server.got.until(lambda data: data == f"{HEADER}<iq/><companion/><two/>".encode())
    hear(scene, f"<a {SM} h='1'/>".encode(), f"<a {SM} h='3'/>".encode())


def test_starttls_ends_the_plain_connection_and_begins_another(scene: Scene) -> None:
    """As most clients begin. The client also starts a program in between, which is none of ours."""
    controller = scene.controller
    controller.listen(scene.home / "socket")
    scene.stack.callback(controller.hang_up)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = python_client("starttls.py", listener.getsockname()[1])
        client = scene.stack.enter_context(Client(command, shim(), scene.home / "socket"))
        plain, _ = listener.accept()
        assert plain.recv(4096).endswith(b"<stream:stream to='plain'>")
        plain.sendall(b"<stream:stream><features/>")
        assert plain.recv(4096) == b"<starttls/>"
        plain.sendall(b"<proceed/>")
        with scene.tls.wrap_socket(plain, server_side=True) as secret:
            assert secret.recv(4096).endswith(b"<stream:stream to='secret'>")
            secret.sendall(b"<features/>")
            client.out.until(lambda data: data == b"None\n<features/>")
            assert secret.recv(4096) == b"<iq/>"
            first, second = controller.opens
            assert controller.closed == [first]
            assert controller.opens[first]["lib"] == "plain"
            assert controller.opens[second]["lib"] == "openssl"
            assert controller.opens[first]["fd"] == controller.opens[second]["fd"]
            assert controller.opens[second]["fresh"] == "1"
            of_first = b"".join(ask.data for ask in controller.asks if ask.conn == first)
            assert of_first.endswith(b"<starttls/><proceed/>")
            controller.inject(DOWN, b"<message/>")
            client.out.until_has(b"<message/>")


def test_starttls_on_a_connection_that_was_left_alone_already(scene: Scene) -> None:
    """On a memory BIO only what it sends tells which descriptor is its own."""
    controller = scene.controller

    def judge(ask: Ask) -> Verdict:
        if ask.data == b"<proceed/>":
            controller.command(IGNORE, UP, ask.conn)
        return passed()

    controller.judge = judge
    controller.listen(scene.home / "socket")
    scene.stack.callback(controller.hang_up)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = python_client("starttls_loop.py", listener.getsockname()[1])
        client = scene.stack.enter_context(Client(command, shim(), scene.home / "socket"))
        plain, _ = listener.accept()
        plain.recv(4096)
        plain.sendall(b"<stream:stream><features/>")
        plain.recv(4096)
        plain.sendall(b"<proceed/>")
        with scene.tls.wrap_socket(plain, server_side=True) as secret:
            assert secret.recv(4096).endswith(b"<stream:stream to='secret'>")
            secret.sendall(b"<features/>")
            client.out.until(lambda data: data == b"<features/>")
            first, second = controller.opens
            controller.inject(UP, b"<r/>", conn=second)
            secret.settimeout(DEADLINE_S)
            assert secret.recv(4096) == b"<r/>"
            assert controller.closed == [first]
            controller.until(lambda it: it.opens[second]["fd"] == it.opens[first]["fd"])


def test_what_only_starts_the_client_passes_the_library_on(scene: Scene) -> None:
    scene.controller.listen(scene.home / "socket")
    scene.stack.callback(scene.controller.hang_up)
    command = ["/bin/sh", "-c", 'exec env "$0" -c "$1"', sys.executable, "import time; time.sleep(60)"]
    client = scene.stack.enter_context(Client(command, shim(), scene.home / "socket"))
    scene.controller.until(lambda it: it.pid)
    assert scene.controller.pid == client.process.pid
    assert b"python" in Path(f"/proc/{client.process.pid}/cmdline").read_bytes().split(b"\0")[0]


def test_vectors_and_two_threads_on_a_plain_socket(scene: Scene) -> None:
    scene.env = {"VECTORS": "1"}
    scene.controller.judge = Judge(whole_stanzas)
    client, server, controller = scene.begin("plain", "blocking")
    hear(scene, b"<stream:stream>")
    client.say("<old/><iq/>")
    server.got.until_has(b"<quite-new/><iq/>")
    hear(scene, b"<secret/><old/>", b"<stream:stream><quite-new/>")
    controller.inject(UP, b"<presence/>")
    server.got.until_has(b"<presence/>")
    controller.inject(DOWN, b"<message/>")
    client.out.until_has(b"<message/>")
    assert client.leave() == 0


def test_a_blocking_client_whose_server_does_not_read_still_receives(scene: Scene) -> None:
    """One thread is stuck in a write, the other one reads meanwhile."""
    client, server, _ = scene.begin("plain", "blocking", sndbuf=4096, slow=True)
    feeder = threading.Thread(target=lambda: client.say("<m>" + "x" * 4_000_000 + "</m>"), daemon=True)
    feeder.start()
    assert server.there.wait(10)
    server.has_waiting(10_000)  # the write is under way; it cannot end before `go`
    for i in range(50):
        server.send(b"<iq i='%d'/>" % i)
        client.out.until_has(b"<iq i='%d'/>" % i)
    server.go.set()
    server.got.until(lambda data: len(data) > 4_000_000)
    feeder.join(10)


def test_gio_is_woken(scene: Scene) -> None:
    client, server, controller = begin(scene, "gio.py")
    hear(scene, b"<stream:stream>")
    about = controller.opens[controller.only]
    assert (about["lib"], about["peer"]) == ("gnutls", f"127.0.0.1 {server.port}")
    for i in range(20):
        controller.inject(UP, b"<up i='%d'/>" % i)
        server.got.until_has(b"<up i='%d'/>" % i)
        controller.inject(DOWN, b"<down i='%d'/>" % i)
        client.out.until_has(b"<down i='%d'/>" % i)
    assert client.leave() == 0
    controller.until(lambda it: it.closed or it.ended)


def thirty_times(what: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.count(what) == 30


def test_several_accounts_in_one_client_are_kept_apart(scene: Scene) -> None:
    controller = scene.controller

    def judge(ask: Ask) -> Verdict:
        return replaced(len(ask.data), ask.data.replace(b"<who/>", b"<i n='%d'/>" % ask.conn))

    controller.judge = judge
    controller.listen(scene.home / "socket")
    servers = [Server(scene.tls) for _ in range(3)]
    for server in servers:
        scene.stack.callback(server.close)
    scene.stack.callback(controller.hang_up)
    command = python_client("several.py", servers[0].port)
    command += [str(server.port) for server in servers[1:]]
    client = scene.stack.enter_context(Client(command, shim(), scene.home / "socket"))
    client.say(HEADER)
    controller.until(lambda it: len(it.opens) == 3)
    conns = [
        next(conn for conn, about in controller.opens.items() if about["peer"].endswith(f" {server.port}"))
        for server in servers
    ]
    for i in range(30):
        for conn in conns:
            controller.inject(UP, b"<up n='%d' i='%d'/>" % (conn, i), conn)
            controller.inject(DOWN, b"<down n='%d' i='%d'/>" % (conn, i), conn)
        client.say("<who/>")
    for number, (conn, server) in enumerate(zip(conns, servers, strict=True)):
        server.got.until_has(b"<up n='%d' i='29'/>" % conn)
        server.got.until(thirty_times(b"<i n='%d'/>" % conn))
        assert server.got.data.count(b" n='") == 60
        client.out.until_has(b"<down n='%d' i='29'/>" % conn)
        lines = [line for line in client.out.data.split(b"\n") if line.startswith(b"%d:" % number)]
        assert b"".join(line[2:] for line in lines) == b"".join(
            b"<down n='%d' i='%d'/>" % (conn, i) for i in range(30)
        )
    assert client.leave() == 0


@every_library
def test_a_signal_while_we_are_asked_ends_the_client_as_it_wants_to(scene: Scene, library: str) -> None:
    """Its handler says goodbye on the connection whose write is being judged."""
    scene.controller.deadline_ms = 500
    scene.controller.judge = lambda ask: None if b"wait" in ask.data else passed()
    client, server, controller = begin(scene, library)
    client.say("<wait/>")
    controller.until_asked(UP, b"<wait/>")
    client.process.send_signal(signal.SIGUSR2)
    assert client.process.wait(5) == 3
    server.got.until_has(b"<wait/><goodbye/>")


def test_a_select_is_as_odd_as_it_is_without_us(scene: Scene) -> None:
    """A second of many microseconds, and a descriptor that is closed."""
    scene.env = {"BAD_FD": "1"}
    _, server, controller = scene.begin("openssl", "select")
    server.send(b"<stream:stream>")
    controller.until_asked(DOWN, b"<stream:stream>")
    controller.inject(UP, b"<presence/>")
    server.got.until_has(b"<presence/>")


@pytest.mark.parametrize("library", ["gnutls", "nss", "plain"])
def test_a_thread_that_waits_for_the_server_keeps_no_other_from_writing(scene: Scene, library: str) -> None:
    client, server, controller = scene.begin(library, "blocking")
    server.send(b"<stream:stream>")
    client.out.until_has(b"<stream:stream>")
    for i in range(3):
        client.say(f"<iq id='{i}'/>")
        server.got.until_has(f"<iq id='{i}'/>".encode())
        server.send(b"<iq id='%d'/>" % i)
        client.out.until_has(b"<iq id='%d'/>" % i)
    assert controller.asked(UP) == (HEADER + "<iq id='0'/><iq id='1'/><iq id='2'/>").encode()


def test_a_client_that_closes_what_it_does_not_know(scene: Scene) -> None:
    scene.env = {"CLOSES": "loop"}
    client, server, controller = begin(scene, "openssl")
    client.say("<iq/>")
    server.got.until_has(b"<iq/>")
    hear(scene, b"<a/>")
    controller.inject(DOWN, b"<message/>")
    client.out.until_has(b"<message/>")
    assert not controller.ended
    assert client.leave() == 0


def test_a_client_that_closes_all_at_once_goes_on_at_rest(scene: Scene) -> None:
    """Past the hooks, as closefrom does."""
    scene.env = {"CLOSES": "range"}
    client, server, controller = begin(scene, "openssl")
    hear(scene, b"<a/>")
    controller.until(lambda it: it.ended)
    client.say("<iq/>")
    server.got.until_has(b"<iq/>")
    second = comes_back(client)
    scene.stack.callback(second.hang_up)
    hear(scene, b"<b/>")
    second.until_asked(DOWN, b"<b/>")
    before = processor_s(client.process.pid)
    second.inject(DOWN, b"<message/>")
    time.sleep(0.3)  # how much it works while it has nothing to do
    assert processor_s(client.process.pid) - before < 0.1
    assert client.leave() == 0


def comes_back(client: Client) -> Controller:
    """A controller that the library lets in, as soon as it has found out that it listens no more."""
    until = time.monotonic() + DEADLINE_S
    while time.monotonic() < until:
        found = Controller()
        found.connect(client.process.pid)
        if found.pid:
            return found
    raise AssertionError("the library's door stays closed")


def processor_s(pid: int) -> float:
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("binding", ["now", "lazy"])
@pytest.mark.parametrize("running", [False, True], ids=["run", "attach"])
def test_a_module_that_is_just_being_loaded_is_left_to_the_loader(
    tmp_path: Path, binding: str, running: bool
) -> None:
    """Its hooks are put in when it is relocated: sooner, and the loader writes to what we have sealed."""
    cc, source = compiler() or "cc", str(HERE / "loads.c")
    program, module = tmp_path / "loads", tmp_path / "module.so"
    made = ["-shared", "-fPIC", "-DMODULE", f"-Wl,-z,relro,-z,{binding}", source, "-o", str(module)]
    subprocess.run([cc, *made], check=True)
    subprocess.run([cc, source, "-o", str(program), "-lpthread", "-ldl"], check=True)
    controller = Controller()
    controller.listen(tmp_path / "socket")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = str(closed.getsockname()[1])
    preload = None if running else shim()
    with Client([str(program), str(module), port, "1500"], preload, tmp_path / "socket") as client:
        if running:
            client.out.until(bool)
            inject = [sys.executable, "-m", "quorate.capture.attach.inject", str(client.process.pid)]
            subprocess.run([*inject, str(entry_of(shim())), str(tmp_path / "socket")], check=True)
            controller.until(lambda it: it.pid)
            assert client.process.poll() is None
        assert client.leave() == 0
    assert controller.slots > 0
    controller.hang_up()


def test_who_died_at_the_door_is_in_nobodys_way(scene: Scene) -> None:
    """Between its first connection and its second."""
    client, _, controller = begin(scene, "openssl")
    controller.hang_up()
    address = f"\0quorate-{client.process.pid}-{os.geteuid()}"
    with socket.socket(socket.AF_UNIX) as half:
        half.connect(address)
    second = Controller()
    scene.stack.callback(second.hang_up)
    second.connect(client.process.pid)
    assert second.pid == client.process.pid
