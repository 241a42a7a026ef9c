"""The capture alone, with a splice that only forwards, on an event loop by name: what that itself costs.

``forwarder.py asyncio|own|uvloop ARGUMENTS of the agent``; data_plane.py starts it.
"""

import asyncio
import importlib
import sys
from collections.abc import Callable
from typing import Any

from quorate.agent.options import Options, parse_options
from quorate.capture import listener
from quorate.capture.ca import open_authority
from quorate.capture.driver import Driver
from quorate.capture.listener import Listener
from quorate.capture.means import Means
from quorate.capture.routes import Routes
from quorate.capture.stream_loop import StreamLoop
from quorate.capture.tls import UpstreamTrust
from quorate.clock import SystemClock
from quorate.splice.arrival import Arrival
from tests.capture.stand_in import PassThrough, Watcher

PATIENCE_S = 24 * 3600.0
"""Nobody ever logs in here: what is only forwarded is not looked at."""


class Host:
    def splice(self, arrival: Arrival, now: float) -> PassThrough:  # noqa: ARG002
        return PassThrough(arrival)

    def observer(self, driver: Driver[PassThrough]) -> Watcher:
        return Watcher(driver)


async def forward(options: Options) -> None:
    listener.LOGIN_S = PATIENCE_S
    clock = SystemClock()
    authority = open_authority(options.data, [route.domain for route in options.routes], clock)
    means = Means(Routes(options.routes), authority, UpstreamTrust(options.trust), clock)
    await Listener(options.bind, means, Host()).start()
    await asyncio.Event().wait()


def uvloop() -> Callable[[], asyncio.AbstractEventLoop]:
    """It has no Happy Eyeballs, which the bench does not need."""

    class Loop(importlib.import_module("uvloop").Loop):  # type: ignore[misc]
        async def create_connection(self, *args: Any, **more: Any) -> Any:
            more.pop("happy_eyeballs_delay", None)
            return await super().create_connection(*args, **more)

    return Loop


def main() -> None:
    name, arguments = sys.argv[1], sys.argv[2:]
    loops: dict[str, Callable[[], Callable[[], asyncio.AbstractEventLoop]]] = {
        "own": lambda: StreamLoop,
        "asyncio": lambda: asyncio.SelectorEventLoop,
        "uvloop": uvloop,
    }
    factory = loops[name]()
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(forward(parse_options(arguments)))


if __name__ == "__main__":
    main()
