"""Connections of chosen processes are led to us by the real kernel, in a network of the test's own."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from quorate.capture.handover import Receiver
from quorate.capture.listener import Bind
from quorate.capture.redirect import Event, Redirect
from quorate.capture.redirect_needs import look_around
from quorate.errors import Misconfigured
from quorate.model.reasons import Reason
from tests.capture.stand_in import DOMAIN, WAIT_S, House, Line, Upstream, server_context, until
from tests.interop.certificates import TestAuthority
from tests.interop.rights import needs_redirect, network

pytestmark = pytest.mark.real("ip")
NOBODY = 65534
CLIENT = """
import socket, sys
host, port, words = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode()
with socket.create_connection((host, port), 10) as s:
    s.sendall(words)
    print(s.recv(100).decode(), flush=True)
    sys.stdin.readline()
"""
PINNING = """
import socket, ssl, sys
port, ca = int(sys.argv[1]), sys.argv[2]
while True:
    with socket.create_connection(("127.0.0.1", port), 10) as s:
        s.sendall(b"<starttls/>")
        s.recv(100)
        try:
            ssl.create_default_context(cafile=ca).wrap_socket(s, server_hostname="example.org")
        except ssl.SSLError as error:
            print("refused", flush=True)
        else:
            print("accepted", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(autouse=True)
def own_network(tmp_path: Path) -> Iterator[None]:
    needs_redirect(tmp_path)
    with network():
        yield


@dataclass
class Script:
    """A client that knows nothing of Quorate, in a process of its own whose name is ``name``."""

    process: asyncio.subprocess.Process

    @property
    def pid(self) -> int:
        return self.process.pid

    async def hears(self) -> str:
        assert self.process.stdout is not None
        return (await asyncio.wait_for(self.process.stdout.readline(), WAIT_S)).decode().strip()


@dataclass
class Scene:
    home: House
    receiver: Receiver
    running: asyncio.Task[None]
    folder: Path
    events: list[Event] = field(default_factory=list)
    scripts: list[Script] = field(default_factory=list)

    async def start(self, name: str, code: str, *words: str) -> Script:
        """A program of that name, as the kernel knows it."""
        path = self.folder / name
        path.write_text(f"#!{sys.executable}\n{code}")
        path.chmod(0o755)
        process = await asyncio.create_subprocess_exec(
            str(path), *words, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        self.scripts.append(Script(process))
        return self.scripts[-1]

    async def stream(self, upstream: Upstream, host: str = "127.0.0.1") -> tuple[Script, Line]:
        """A client whose stream has begun, and its far end."""
        client = await self.start("imclient", CLIENT, host, str(upstream.port), "<stream>")
        far = await upstream.next()
        await far.expect(b"<stream>")
        return client, far

    async def told(self, kind: str) -> Event:
        await until(lambda: any(event.kind == kind for event in self.events))
        return next(event for event in self.events if event.kind == kind)


@asynccontextmanager
async def scene(
    folder: Path, *ports: int, names: tuple[str, ...] = ("imclient",), trust: Path | None = None
) -> AsyncIterator[Scene]:
    bind = Bind("127.0.0.1", 0, (), ports)
    async with House(folder, [], [trust] if trust else [], bind=bind) as home:
        receiver = Receiver(folder, home.listener.take)
        await receiver.start()
        events: list[Event] = []
        group = look_around(folder).cgroup2
        assert group is not None
        redirect = Redirect(folder, group, names, ports, events.append)
        running = asyncio.create_task(redirect.run())
        made = Scene(home, receiver, running, folder, events)
        await asyncio.wait_for(redirect.started.wait(), WAIT_S)
        try:
            yield made
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError, Misconfigured):
                await running
            receiver.stop()
            for script in made.scripts:
                if script.process.returncode is None:
                    script.process.kill()
                await script.process.wait()


async def test_the_named_process_comes_to_us_and_gets_where_it_wanted(tmp_path: Path) -> None:
    async with Upstream() as upstream, scene(tmp_path, upstream.port) as here:
        client, far = await here.stream(upstream)
        far.say(b"<features/>")
        assert await client.hears() == "<features/>"
        (splice,) = here.home.splices
        assert (splice.arrival.mode, splice.arrival.unread) == ("redirect", None)
        assert splice.arrival.destination == f"127.0.0.1:{upstream.port}"
        taken = await here.told("taken")
        assert (taken.pid, taken.destination) == (client.pid, f"127.0.0.1:{upstream.port}")


async def test_over_ipv6_too(tmp_path: Path) -> None:
    async with Upstream("::1") as upstream, scene(tmp_path, upstream.port) as here:
        await here.stream(upstream, "::1")
        assert here.home.splices[0].arrival.destination == f"[::1]:{upstream.port}"


async def test_a_thread_of_another_name_that_connects_at_once(tmp_path: Path) -> None:
    renamed = "__import__('ctypes').CDLL(None).prctl(15, b'pool-1')\n" + CLIENT
    async with Upstream() as upstream, scene(tmp_path, upstream.port) as here:
        client = await here.start("imclient", renamed, "127.0.0.1", str(upstream.port), "<stream>")
        await (await upstream.next()).expect(b"<stream>")
        assert (await here.told("taken")).pid == client.pid


@pytest.mark.parametrize("case", ["another process", "another port"])
async def test_everything_else_goes_its_own_way(tmp_path: Path, case: str) -> None:
    async with Upstream() as upstream, Upstream() as web, scene(tmp_path, upstream.port) as here:
        name, there = ("imclient", web) if case == "another port" else ("browser", upstream)
        client = await here.start(name, CLIENT, "127.0.0.1", str(there.port), "<stream>")
        far = await there.next()
        await far.expect(b"<stream>")
        # its own socket, not one of ours
        assert far.writer.get_extra_info("peername")[0] == "127.0.0.1"
        far.say(b"hello")
        assert await client.hears() == "hello"
        assert here.home.splices == []
        assert here.events == []


@pytest.mark.parametrize("whose", ["the user's own", "another user's"])
async def test_only_processes_of_the_user_whose_quorate_it_is(tmp_path: Path, whose: str) -> None:
    os.chown(tmp_path, NOBODY, -1)
    own = whose == "the user's own"
    becomes = f"'x'.encode('idna')\n__import__('os').setuid({NOBODY})\nhost, port, words"
    code = CLIENT.replace("host, port, words", becomes) if own else CLIENT
    async with Upstream() as upstream, scene(tmp_path, upstream.port) as here:
        client = await here.start("imclient", code, "127.0.0.1", str(upstream.port), "<stream>")
        far = await upstream.next()
        await far.expect(b"<stream>")
        far.say(b"hello")
        assert await client.hears() == "hello"
        assert len(here.home.splices) == (1 if own else 0)


async def test_what_is_no_im_stream_passes_unread(tmp_path: Path) -> None:
    async with Upstream() as upstream, scene(tmp_path, upstream.port) as here:
        client = await here.start("imclient", CLIENT, "127.0.0.1", str(upstream.port), "NICK alice\r\n")
        far = await upstream.next()
        await far.expect(b"NICK alice\r\n")
        far.say(b":server 001")
        assert await client.hears() == ":server 001"
        assert here.home.splices[0].arrival.unread is Reason.NOT_XMPP


async def test_a_process_that_runs_already_is_meant_by_its_number(tmp_path: Path) -> None:
    waiting = "import sys\nprint('up', flush=True)\nsys.stdin.readline()\n" + CLIENT
    async with Upstream() as upstream:
        folder = tmp_path / "scripts"
        folder.mkdir()
        path = folder / "whatever.py"
        path.write_text(waiting)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(path), "127.0.0.1", str(upstream.port), "<stream>"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        client = Script(process)
        assert await client.hears() == "up"
        async with scene(tmp_path, upstream.port, names=(str(client.pid),)) as here:
            here.scripts.append(client)
            assert process.stdin is not None
            process.stdin.write(b"\n")
            await (await upstream.next()).expect(b"<stream>")
            assert here.home.splices[0].arrival.mode == "redirect"
            assert [(event.kind, event.pid) for event in here.events[:1]] == [("found", client.pid)]


async def test_a_client_that_pins_its_servers_certificate_is_recognised_and_left_alone(
    tmp_path: Path,
) -> None:
    authority = TestAuthority(tmp_path)
    server = server_context(*authority.issue(DOMAIN, tmp_path))
    async with Upstream() as upstream, scene(tmp_path, upstream.port, trust=authority.path) as here:

        async def serve() -> None:
            far = await upstream.next()
            await far.expect(b"<starttls/>")
            far.say(b"<proceed/>")
            await far.start_tls(server)

        client = await here.start("imclient", PINNING, str(upstream.port), str(authority.path))
        await serve()
        assert await client.hears() == "refused"
        left = await here.told("distrust")
        assert left.pid == client.pid
        assert client.process.stdin is not None
        client.process.stdin.write(b"again\n")
        await serve()
        assert await client.hears() == "accepted"
        assert len(here.home.splices) == 1


async def test_nothing_is_left_behind_when_it_ends(tmp_path: Path) -> None:
    async with Upstream() as upstream, scene(tmp_path, upstream.port) as here:
        client, far = await here.stream(upstream)
        here.running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await here.running
        # what stands goes on
        far.say(b"<features/>")
        assert await client.hears() == "<features/>"
        other, far = await here.stream(upstream)
        far.say(b"<direct/>")
        assert await other.hears() == "<direct/>"
        assert len(here.home.splices) == 1


async def test_it_ends_with_the_agent(tmp_path: Path) -> None:
    async with Upstream() as upstream, scene(tmp_path, upstream.port) as here:
        here.receiver.stop()
        await asyncio.wait_for(here.running, WAIT_S)
        client, far = await here.stream(upstream)
        far.say(b"<direct/>")
        assert await client.hears() == "<direct/>"
        assert here.home.splices == []


async def test_without_an_agent_it_does_not_begin(tmp_path: Path) -> None:
    redirect = Redirect(tmp_path, Path("/proc"), ("imclient",), (5222,), lambda _: None)
    with pytest.raises(Misconfigured, match="quorate up"):
        await redirect.run()
