"""Building and running the server: store, hub, page and API on one event loop; the agent beside it."""

import asyncio
import contextlib
import json
import os
import secrets
import signal
import socket
import sys
from collections.abc import Generator
from ipaddress import ip_address
from pathlib import Path

import uvicorn

from quorate.errors import Misconfigured
from quorate.link.own_memory import keep_private
from quorate.link.process import named_in, this_process
from quorate.server.agent_process import ensure_agent, keep_agent
from quorate.server.app import create_app
from quorate.server.config import Settings, split_endpoint
from quorate.server.garbage import loading
from quorate.server.hub import Hub
from quorate.store.open import open_store

RUN_FILE = "run.json"
TOKEN_BYTES = 24
CLOSE_S = 2
"""How long open requests may take when the server ends."""
QUIT_S = 5.0
"""How long agents may take to retire when they are told to end."""
BACKLOG = 128


def run_server(settings: Settings) -> None:
    """Run until Ctrl-C, ``quorate down`` or SIGTERM; raises Misconfigured if it cannot start."""
    keep_private()
    asyncio.run(Running(settings).run())


class Running:
    """One life of the server process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._end = asyncio.Event()
        self._with_agents = False

    async def run(self) -> None:
        try:
            listening = bind(self._settings.web)
        except Misconfigured as error:
            if (running := _already_running(self._settings)) is not None:
                raise running from error
            raise
        settings = _with_port(self._settings, listening)
        try:
            store = open_store(settings.store)
        except BaseException:
            listening.close()
            raise
        hub = Hub(settings, store)
        try:
            with loading():
                await hub.start()
            try:
                await self._serve(hub, listening)
            finally:
                await hub.stop()
        finally:
            listening.close()
            store.close()

    def down(self) -> None:
        """End agent and server."""
        self._with_agents = True
        self._end.set()

    def leave(self) -> None:
        """End the server; the agent goes on and waits for the next one."""
        self._end.set()

    async def _serve(self, hub: Hub, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self.down)
        loop.add_signal_handler(signal.SIGTERM, self.leave)
        token = secrets.token_urlsafe(TOKEN_BYTES)
        app = create_app(hub, token=token, on_down=self.down)
        web = _Web(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                timeout_graceful_shutdown=CLOSE_S,
            )
        )
        serving = loop.create_task(web.serve(sockets=[listening]))
        try:
            await ensure_agent(hub.settings, hub.agents_seen)
            _write_run_file(hub.settings, token)
            _announce(hub, f"{hub.settings.url}/enter?key={app.state.door.mint_key()[0]}")
            keeping = loop.create_task(keep_agent(hub.settings, hub.agents_seen))
            ends = [loop.create_task(event.wait()) for event in (self._end, hub.replaced)]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for task in (keeping, *ends):
                task.cancel()
            if self._with_agents:
                hub.quit_agents()
                await hub.agents_seen.until(False, QUIT_S)
        finally:
            if not hub.replaced.is_set():
                (hub.settings.data / RUN_FILE).unlink(missing_ok=True)
            hub.bus.close()
            web.should_exit = True
            await serving


class _Web(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Signals are the process's own business."""
        yield


def _already_running(settings: Settings) -> Misconfigured | None:
    """The port is taken by the server of the same data directory, if so."""
    path = settings.data / RUN_FILE
    process = named_in(path)
    if process is None or not _url_of(path).endswith(f"//{settings.web}"):
        return None
    return Misconfigured(
        f"Quorate is running already for the data directory {settings.data}: process {process.pid}, "
        f"page {_url_of(path)}.",
        remedy="Go on with it (`quorate page` prints a link to it), or end it first: `quorate down`.",
    )


def _url_of(path: Path) -> str:
    with contextlib.suppress(OSError, ValueError, KeyError):
        return str(json.loads(path.read_text())["url"])
    return ""


def bind(web: str) -> socket.socket:
    """Listen for the page and the API; raises Misconfigured."""
    host, port = split_endpoint(web)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns off the delay of small writes (Nagle) for sockets that say they are TCP
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
        listening.setblocking(False)
    except OSError as error:
        listening.close()
        raise Misconfigured(
            f"The page cannot be served at {web}: {error.strerror or error}.",
            remedy="Stop what uses that port (another Quorate ends with `quorate down`), "
            "or choose another with --web HOST:PORT.",
        ) from error
    return listening


def _with_port(settings: Settings, listening: socket.socket) -> Settings:
    """The settings with the port that was really taken: ``--web 127.0.0.1:0`` means any."""
    host, _ = split_endpoint(settings.web)
    shown = f"[{host}]" if ":" in host else host
    return settings.model_copy(update={"web": f"{shown}:{listening.getsockname()[1]}"})


def _write_run_file(settings: Settings, token: str) -> None:
    """How the command line finds the server; written whole or not at all."""
    path = Path(settings.data) / RUN_FILE
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump({"url": f"http://{settings.web}", "token": token, **this_process()}, file)
    draft.replace(path)


def _announce(hub: Hub, enter: str) -> None:
    host, port = split_endpoint(hub.im)
    sys.stdout.write(
        f"Quorate is running.\n"
        f"  Page:   {enter}\n"
        f"  Client: `quorate clients` says how to have yours read; often nothing in it is set. Or set its\n"
        f"          host to {host} and its port to {port}, and let it trust {hub.settings.data / 'ca.pem'}\n"
        f"          Log in: a contact “Quorate” appears in your contact list. Write to it: help\n"
        f"  End:    Ctrl-C, or `quorate down`\n"
    )
    if not _is_private(hub.settings):
        sys.stdout.write(
            "  Beware: other machines reach the page without encryption. Put a TLS proxy in front, and set\n"
            '          public_url = "https://…" in quorate.toml.\n'
        )
    sys.stdout.flush()


def _is_private(settings: Settings) -> bool:
    """Only this machine reaches the page, or somebody took care of TLS."""
    host, _ = split_endpoint(settings.web)
    try:
        local = ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost"
    return local or settings.url.startswith("https://")
