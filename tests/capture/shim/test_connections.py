"""Several connections in one process: STARTTLS on a plain one, and several accounts."""

import socket
from collections.abc import Callable

from quorate.capture.shim.build import shim
from tests.capture.shim.controller import (
    DEADLINE_S,
    DOWN,
    IGNORE,
    UP,
    Ask,
    Verdict,
    passed,
    replaced,
)
from tests.capture.shim.house import Client, Server, python_client
from tests.capture.shim.scene import (
    HEADER,
    Scene,
)


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
