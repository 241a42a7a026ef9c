"""The agent: listener, link and streams in one process on the user's machine.

It outlives the server: streams go on, a new server adopts it. Without server and without streams it ends.
"""

import asyncio
import contextlib
import gc
import json
import logging
import os
import secrets
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from quorate.agent.attachments import Attachments
from quorate.agent.clients_here import ClientsHere
from quorate.agent.commands_kept import CommandsKept
from quorate.agent.journal import Journal
from quorate.agent.options import Options, parse_options
from quorate.agent.outlet import Outlet
from quorate.agent.private_file import write_private
from quorate.agent.profiles_kept import keep_profiles
from quorate.agent.replies_kept import RepliesKept
from quorate.agent.stream import Shared
from quorate.agent.streams import Streams
from quorate.capture.ca import open_authority
from quorate.capture.handover import Receiver
from quorate.capture.listener import Listener
from quorate.capture.means import Means
from quorate.capture.routes import Routes
from quorate.capture.stream_loop import StreamLoop, stream_loop
from quorate.capture.tls import UpstreamTrust
from quorate.clock import Clock, SystemClock
from quorate.errors import Misconfigured, QuorateError, place_of
from quorate.link.client import LinkClient
from quorate.link.connection import Soon
from quorate.link.messages import FromServer, Hello, SnapshotDone, Welcome
from quorate.link.process import this_process
from quorate.splice.splice import Splice, SpliceConfig

ALONE_S = 30.0
"""Without server and without streams the agent ends after this."""
MISSING_S = 3.0
"""A server gone for less than this is not mentioned to the user."""
GIVE_UP_S = 10.0
"""For so long a new server is waited for to answer what the one before did not: a restart takes seconds."""
AGENT_FILE = "agent.json"

log = logging.getLogger(__name__)


class Agent:
    """Implements quorate.link.client.LinkUser. ``await run()``."""

    def __init__(self, options: Options, clock: Clock | None = None, *, alone_s: float = ALONE_S) -> None:
        self._options = options
        self._alone_s = alone_s
        self.id = secrets.token_hex(8)
        clock = clock or SystemClock()
        data = _directory(options.data)
        domains = [route.domain for route in options.routes]
        means = Means(
            Routes(options.routes), open_authority(data, domains, clock), UpstreamTrust(options.trust), clock
        )
        self._clock = clock
        self._replies = RepliesKept()
        self._link = LinkClient(data, self, _soon())
        self._outlet = Outlet(self._link, clock)
        shared = Shared(clock, self._outlet, Journal(), self._replies, CommandsKept())
        config = SpliceConfig(ids_seed=secrets.token_hex(16), ask_timeout_s=options.ask_timeout_s)
        self._streams = Streams(self.id, config, shared, keep_profiles(data, clock))
        self._streams.changed = self._reconsider
        self._streams.quit = self.quit
        self._listener: Listener[Splice] = Listener(options.bind, means, self._streams)
        self._handover = Receiver(data, self._listener.take)
        self._attachments = Attachments(data, self._streams, clock)
        here = ClientsHere(self._streams, lambda: self._attachments.pids, lambda: self.im)
        self._attachments.clients = here.listed
        self._over = asyncio.Event()
        self._alone: asyncio.TimerHandle | None = None
        self._missing: list[asyncio.TimerHandle] = []
        self.ready = asyncio.Event()
        """Set once clients can connect."""

    @property
    def im(self) -> str:
        """HOST:PORT clients connect to."""
        host, port = self._listener.address
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def quit(self) -> None:
        """Retire the companions, close the streams, end."""
        self._over.set()

    async def run(self) -> None:
        """Until ``quit``; raises Misconfigured if it cannot listen."""
        await self._listener.start()
        await self._handover.start()
        await self._attachments.start()
        path = self._options.data / AGENT_FILE
        write_private(path, {**this_process(), "im": self.im, "agent": self.id})
        link = asyncio.create_task(self._link.run())
        self._reconsider()
        # what was loaded stays: Python's collector need not look at it again while streams wait
        gc.collect()
        gc.freeze()
        self.ready.set()
        log.info("agent ready")
        try:
            await self._over.wait()
        finally:
            self._handover.stop()
            await asyncio.gather(self._listener.stop(), self._attachments.stop())
            link.cancel()
            await asyncio.wait([link])
            self._forget_missing()
            if self._alone is not None:
                self._alone.cancel()
            _remove_own(path)

    def link_opened(self) -> None:
        self._outlet.forget()
        self._link.send(Hello(agent=self.id, pid=os.getpid(), im=self.im))
        for message in self._streams.snapshot():
            self._link.send(message)
        self._link.send(SnapshotDone())
        for reply in self._replies.take(self._clock.monotonic()):
            self._link.send(reply)
        self._reconsider()

    def link_received(self, message: FromServer) -> None:
        if isinstance(message, Welcome):
            self._forget_missing()
            self._streams.server_back()
        self._streams.received(message)

    def link_closed(self) -> None:
        loop = asyncio.get_running_loop()
        self._forget_missing()
        self._missing = [
            loop.call_later(MISSING_S, self._streams.server_missing),
            loop.call_later(GIVE_UP_S, self._streams.give_up),
        ]
        self._reconsider()

    def _forget_missing(self) -> None:
        for timer in self._missing:
            timer.cancel()
        self._missing.clear()

    def _reconsider(self) -> None:
        """Nobody needs an agent without server and without streams for long."""
        alone = not self._link.connected and not len(self._streams)
        if not alone and self._alone is not None:
            self._alone.cancel()
            self._alone = None
        elif alone and self._alone is None:
            self._alone = asyncio.get_running_loop().call_later(self._alone_s, self._end_alone)

    def _end_alone(self) -> None:
        log.info("agent ends reason=alone")
        self.quit()


def main(
    arguments: Sequence[str] | None = None,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] = stream_loop,
) -> int:
    """The process's exit code: 0 ended as asked, 1 could not start. It works on any event loop."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    try:
        options = parse_options(sys.argv[1:] if arguments is None else arguments)
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(_run(options))
    except QuorateError as error:
        sys.stderr.write(f"quorate: {error.problem}\n  {error.remedy}\n")
        return 1
    return 0


def _log_fault(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Where it was, not what it said: a message may hold addresses or texts."""
    error = context.get("exception")
    if error is None:
        log.error("fault in the event loop")
    else:
        log.error("fault error=%s at=%s", type(error).__name__, place_of(error))


async def _run(options: Options) -> None:
    agent = Agent(options)
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_log_fault)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, agent.quit)
    await agent.run()


def _soon() -> Soon | None:
    loop = asyncio.get_running_loop()
    return loop.call_next if isinstance(loop, StreamLoop) else None


def _directory(path: Path) -> Path:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(
            f"The data directory {path} cannot be made: {error.strerror}.",
            remedy="Choose another with --data DIR.",
        ) from error
    return path


def _remove_own(path: Path) -> None:
    """Another agent may have written its own file by now."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        if json.loads(path.read_text()).get("pid") == os.getpid():
            path.unlink()
