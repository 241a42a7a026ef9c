import asyncio
import contextlib
import errno
import select
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from quorate.capture.stream_loop import SCRATCH_SIZE, StreamLoop
from quorate.capture.transport import (
    HIGH_WATER,
    LOW_WATER,
    QUIET_S,
    SMALL,
    SocketTransport,
    StreamProtocol,
)
from tests.capture.stand_in import WAIT_S, House, Upstream, until
from tests.capture.test_listener import (
    test_a_reader_that_stalls_holds_a_bounded_number_of_bytes as a_reader_that_stalls,
)
from tests.capture.test_listener import test_both_legs_are_encrypted_after_starttls as both_legs_encrypted
from tests.capture.test_listener import test_the_client_ends_first_and_still_hears_the_rest as half_closed

LOOPS: list[Callable[[], asyncio.AbstractEventLoop]] = [StreamLoop, asyncio.SelectorEventLoop]


class Far(StreamProtocol):
    """What a leg is for a transport, writing down what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.got = b""
        self.lost = asyncio.Event()
        self.raising = False
        self.reacts: Callable[[], object] = lambda: None
        """Called when something was received."""
        self._news = asyncio.Event()
        self._buffer = bytearray(SCRATCH_SIZE)

    def get_buffer(self, sizehint: int) -> bytearray:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.received(memoryview(self._buffer)[:nbytes])

    def received(self, data: memoryview) -> None:
        if self.raising:
            raise ValueError("a mistake of our own")
        self.got += data
        self.reacts()
        self._news.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_S):
            while not holds():
                self._news.clear()
                await self._news.wait()

    def _tell(self, what: str) -> None:
        self.told.append(what)
        self._news.set()

    def eof_received(self) -> bool:
        self._tell("eof")
        return True

    def pause_writing(self) -> None:
        self._tell("pause")

    def resume_writing(self) -> None:
        self._tell("resume")

    def connection_lost(self, exc: Exception | None) -> None:
        self._tell("lost" if exc is None else f"lost {type(exc).__name__}")
        self.lost.set()


def pair() -> tuple[SocketTransport, Far, socket.socket]:
    near, peer = socket.socketpair()
    for end in (near, peer):
        end.setblocking(False)
    far = Far()
    return SocketTransport(asyncio.get_running_loop(), near, far), far, peer


async def read_all(peer: socket.socket, size: int) -> int:
    loop, got = asyncio.get_running_loop(), 0
    async with asyncio.timeout(WAIT_S):
        while got < size:
            got += len(await loop.sock_recv(peer, 65536))
    return got


async def reads_and_writes() -> None:
    transport, far, peer = pair()
    transport.write(b"out")
    assert peer.recv(10) == b"out"
    peer.send(b"in")
    await far.until(lambda: far.got == b"in")
    transport.pause_reading()
    peer.send(b" later")
    other, other_far, other_peer = pair()
    other_peer.send(b"readable after it")
    await other_far.until(lambda: bool(other_far.got))
    assert far.got == b"in"
    other.abort()
    other_peer.close()
    transport.resume_reading()
    await far.until(lambda: far.got == b"in later")
    peer.close()
    await far.until(lambda: far.told == ["eof"])
    transport.abort()
    await far.lost.wait()
    assert far.told == ["eof", "lost"]


async def queues_what_the_kernel_does_not_take() -> None:
    transport, far, peer = pair()
    total = 0
    while "pause" not in far.told:
        transport.write(b"x" * 10_000)
        total += 10_000
    assert HIGH_WATER < transport.get_write_buffer_size() <= HIGH_WATER + 10_000
    transport.write_eof()
    transport.close()
    assert await read_all(peer, total) == total
    await far.lost.wait()
    assert far.told == ["pause", "resume", "lost"]
    assert LOW_WATER < HIGH_WATER
    assert peer.recv(1) == b""
    peer.close()


async def ends_only_itself_by_a_mistake() -> None:
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    broken, whole = pair(), pair()
    broken[1].raising = True
    broken[2].send(b"x")
    whole[2].send(b"y")
    await broken[1].lost.wait()
    assert broken[1].told == ["lost ValueError"]
    await whole[1].until(lambda: whole[1].got == b"y")
    whole[0].abort()
    await whole[1].lost.wait()
    for _, _, peer in (broken, whole):
        peer.close()


async def lets_the_peer_read_the_last_words() -> None:
    """With something unread a close would make them be forgotten."""
    for ends in (True, False):
        transport, far, peer = pair()
        peer.send(b"unread")
        transport.write(b"last words")
        transport.linger()
        peer.send(b"late")
        assert await asyncio.get_running_loop().sock_recv(peer, 100) == b"last words"
        assert await asyncio.get_running_loop().sock_recv(peer, 100) == b""
        assert far.told == []
        if ends:
            peer.close()
        else:
            peer.setblocking(True)
            await asyncio.to_thread(sends_without_end, peer)
        await asyncio.wait_for(far.lost.wait(), WAIT_S)
        assert (far.told, far.got) == (["lost"], b"")
        peer.close()


def sends_without_end(peer: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            peer.sendall(b"x" * 65536)


async def waits_no_longer_than_it_may_for_the_peer_to_end() -> None:
    for trickles in (False, True):
        transport, far, peer = pair()
        transport.write(b"last words")
        transport.linger()
        while trickles and not far.told:
            with contextlib.suppress(OSError):
                peer.send(b" ")
            await asyncio.sleep(QUIET_S / 3)
        await asyncio.wait_for(far.lost.wait(), WAIT_S)
        assert (far.told, peer.recv(100)) == (["lost"], b"last words")
        peer.close()


async def is_told_of_a_peer_that_went_away() -> None:
    transport, far, peer = pair()
    peer.close()
    transport.write(b"x")
    await far.lost.wait()
    transport.write(b"nobody reads this")
    transport.close()
    assert far.told == ["lost BrokenPipeError"]


async def sends_its_last_words(end: str) -> None:
    transport, far, peer = pair()

    def say_and_end() -> None:
        transport.write(b"last ")
        transport.write(b"words")
        getattr(transport, end)()

    far.reacts = say_and_end
    peer.send(b"x")
    await until(lambda: far.got == b"x")
    assert await asyncio.get_running_loop().sock_recv(peer, 100) == b"last words"
    assert await asyncio.get_running_loop().sock_recv(peer, 100) == b""
    transport.abort()
    await far.lost.wait()
    peer.close()


async def sends_in_order_whatever_its_size() -> None:
    transport, far, peer = pair()
    pieces = [bytes([n]) * size for n, size in enumerate((10, SMALL + 1, 20, SMALL, SMALL, 300_000, 30))]
    far.reacts = lambda: any(map(transport.write, pieces))
    peer.send(b"x")
    got = b""
    async with asyncio.timeout(WAIT_S):
        while len(got) < len(b"".join(pieces)):
            got += await asyncio.get_running_loop().sock_recv(peer, 65536)
    assert got == b"".join(pieces)
    transport.abort()
    await far.lost.wait()
    peer.close()


async def tells_nothing_to_who_was_ended_by_another() -> None:
    one, other = pair(), pair()
    one[1].reacts, other[1].reacts = other[0].abort, one[0].abort
    for _, _, peer in (one, other):
        peer.send(b"x")
    await until(lambda: bool(one[1].got or other[1].got))
    ended = one if other[1].got else other
    await ended[1].lost.wait()
    assert sorted((one[1].got, other[1].got)) == [b"", b"x"]
    for transport, far, peer in (one, other):
        transport.abort()
        await far.lost.wait()
        peer.close()


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("end", ["close", "abort", "write_eof"])
def test_what_was_said_before_an_end_is_sent(end: str, loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(sends_its_last_words(end))


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize(
    "scene",
    [
        reads_and_writes,
        queues_what_the_kernel_does_not_take,
        ends_only_itself_by_a_mistake,
        lets_the_peer_read_the_last_words,
        waits_no_longer_than_it_may_for_the_peer_to_end,
        is_told_of_a_peer_that_went_away,
        sends_in_order_whatever_its_size,
        tells_nothing_to_who_was_ended_by_another,
    ],
)
def test_a_transport(
    scene: Callable[[], "asyncio.Future[None]"], loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(scene())  # type: ignore[arg-type]


def test_streams_that_are_ready_together_are_sent_together_and_then_looked_back_upon() -> None:
    async def together() -> None:
        loop, order = asyncio.get_running_loop(), list[str]()
        assert isinstance(loop, StreamLoop)
        selector, pairs = loop.selector, [pair(), pair(), pair()]

        def answer(number: int) -> None:
            order.append(f"received {number}")
            pairs[number][0].write(b"answer")
            assert not answered()
            selector.afterwards.append(lambda: order.append(f"afterwards {number}, {answered()} answered"))

        def answered() -> int:
            return sum(bool(select.select([peer], [], [], 0)[0]) for _, _, peer in pairs)

        for number, (_, far, peer) in enumerate(pairs):
            far.reacts = partial(answer, number)
            peer.send(b"x")
        await until(lambda: len(order) == 6)
        assert sorted(order[:3]) == ["received 0", "received 1", "received 2"]
        assert sorted(order[3:]) == [f"afterwards {n}, 3 answered" for n in range(3)]
        for transport, far, peer in pairs:
            transport.abort()
            await far.lost.wait()
            peer.close()

    with asyncio.Runner(loop_factory=StreamLoop) as runner:
        runner.run(together())


def test_the_agents_loop_serves_streams_as_any_other_does(tmp_path: Path) -> None:
    async def all_of_them() -> None:
        for name, encrypted in (("plain", False), ("tls", True)):
            (tmp_path / name).mkdir()
            await a_reader_that_stalls(tmp_path / name, encrypted)
        for name, scene in (("both", both_legs_encrypted), ("half", half_closed)):
            (tmp_path / name).mkdir()
            await scene(tmp_path / name)

    with asyncio.Runner(loop_factory=StreamLoop) as runner:
        runner.run(all_of_them())


async def test_a_connection_that_finds_no_descriptor_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(fd: int) -> int:
        raise OSError(errno.EMFILE, "too many open files")

    async with House(tmp_path, []) as house:
        monkeypatch.setattr("quorate.capture.transport.os.dup", refuse)
        client = await house.call()
        assert await client.expect_end() == b""
        monkeypatch.undo()
        assert house.listener.connections == 0


def test_connections_come_and_go_without_leaving_anything_behind(tmp_path: Path) -> None:
    async def come_and_go() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, StreamLoop)
        async with Upstream() as upstream, House(tmp_path, [upstream.route]) as house:
            before = len(loop.selector.get_map())
            for _ in range(5):
                client, far = await house.talk(upstream)
                far.close()
                client.close()
            await until(lambda: house.listener.connections == 0)
            await until(lambda: len(loop.selector.get_map()) == before)
            assert loop.selector.watched == 0

    with asyncio.Runner(loop_factory=StreamLoop) as runner:
        runner.run(come_and_go())
