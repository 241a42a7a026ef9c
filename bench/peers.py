"""The proxies that are compared, each one process between the load and its server, TLS on both sides.

All are started for one listening port each, toward one upstream port, and asked from outside what they cost:
CPU by the kernel's clock of the whole process, memory as its proportional set size.
"""

import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from quorate.link.connection import SOCKET_NAME
from quorate.link.messages import Welcome
from quorate.link.wire import encode

DOMAIN = "example.org"
START_S = 20.0
AT_REST_S = 16.0
"""Then Quorate has concluded that contacts who were not named are offline, and packed what it knows."""
MITMPROXY = "mitmproxy>=11,<13"
MITMPROXY_HOME = (
    Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "quorate-bench" / "mitmproxy"
)


class Absent(Exception):
    """This peer cannot run here; its text says why."""


def allow_many_files() -> None:
    """Thousands of streams need four descriptors each, here and in the peers, which inherit the limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Peer:
    """``port`` is where clients connect; ``direct`` has no process of its own."""

    name: str
    port: int
    process: subprocess.Popen[bytes] | None = None
    link: "Link | None" = None
    server: subprocess.Popen[bytes] | None = None
    """The server that Quorate's agent reports to, if it is a real one."""
    rest_s: float = 1.0
    """How long after a login it may still be at work on it."""

    def cpu_s(self) -> float:
        """User and system time of all its threads so far."""
        return _cpu_s(self.process)

    def server_cpu_s(self) -> float:
        return _cpu_s(self.server)

    def pss_kib(self) -> int:
        if self.process is None:
            return 0
        lines = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))

    def stop(self) -> None:
        if self.link is not None:
            self.link.close()
        for process in (self.server, self.process):
            if process is not None:
                _end(process)


def _cpu_s(process: subprocess.Popen[bytes] | None) -> float:
    # the kernel's clock id of another process's CPU time, see clock_getcpuclockid(3)
    return 0.0 if process is None else time.clock_gettime((~process.pid << 3) | 2)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(8)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@dataclass
class Link:
    """The server's end of the agent's link, as cheap as can be: it understands only what it must."""

    listening: socket.socket
    peer: socket.socket | None = None
    streams: dict[str, str] = field(default_factory=dict)
    """Account -> id of its stream."""
    answered: dict[str, str | None] = field(default_factory=dict)
    """Request -> reason of the verdict."""
    _tail: bytes = b""

    @staticmethod
    def listen(data: Path) -> "Link":
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listening.bind(str(data / SOCKET_NAME))
        listening.listen(1)
        listening.settimeout(START_S)
        return Link(listening)

    def accept(self) -> None:
        self.peer, _ = self.listening.accept()
        self.peer.sendall(encode(Welcome(page="http://127.0.0.1:1/")))
        self.peer.setblocking(False)

    def fileno(self) -> int:
        assert self.peer is not None
        return self.peer.fileno()

    def read(self) -> None:
        assert self.peer is not None
        try:
            data = self.peer.recv(1 << 20)
        except BlockingIOError:
            return
        *lines, self._tail = (self._tail + data).split(b"\n")
        for line in lines:
            if line.startswith(b'{"type":"stream"'):
                stream = json.loads(line)["stream"]
                if stream["account"]:
                    self.streams[stream["account"]["account"]] = stream["id"]
            elif line.startswith(b'{"type":"ask-done"'):
                done = json.loads(line)
                self.answered[done["request"]] = done["reason"]

    def send(self, line: bytes) -> None:
        assert self.peer is not None
        self.peer.send(line)

    def close(self) -> None:
        self.listening.close()
        if self.peer is not None:
            self.peer.close()


@dataclass(frozen=True)
class Ground:
    """What all peers get: a directory, the upstream's port, a certificate and who signed it."""

    home: Path
    upstream: int
    certificate: Path
    key: Path
    authority: Path

    def pem(self) -> Path:
        path = self.home / "leaf.pem"
        path.write_bytes(self.certificate.read_bytes() + self.key.read_bytes())
        return path


def direct(ground: Ground) -> Peer:
    return Peer("no proxy", ground.upstream)


def haproxy(ground: Ground) -> Peer:
    program = shutil.which("haproxy")
    if program is None:
        raise Absent("haproxy is not installed (Debian: apt-get install haproxy)")
    port, config = free_port(), ground.home / "haproxy.cfg"
    config.write_text(
        "global\n  nbthread 1\n  maxconn 4500\n"
        "defaults\n  mode tcp\n  timeout connect 10s\n  timeout client 1h\n  timeout server 1h\n"
        f"frontend im\n  bind 127.0.0.1:{port} ssl crt {ground.pem()}\n  default_backend server\n"
        f"backend server\n  server one 127.0.0.1:{ground.upstream} ssl verify required"
        f" ca-file {ground.authority} verifyhost {DOMAIN} sni str({DOMAIN})\n"
    )
    return _started("HAProxy", port, [program, "-f", str(config), "-db"], ground.home)


def mitmproxy(ground: Ground) -> Peer:
    """TCP mode without an addon; from an environment of its own, made when it is not there."""
    program = MITMPROXY_HOME / "bin" / "mitmdump"
    if not program.exists():
        _install_mitmproxy()
    port = free_port()
    words = [
        *(str(program), "--quiet", "--mode", f"reverse:tls://127.0.0.1:{ground.upstream}@127.0.0.1:{port}"),
        *("--set", "tcp_hosts=.*", "--set", "flow_detail=0", "--ssl-insecure"),
        *("--set", f"confdir={ground.home / 'mitmproxy'}", "--certs", f"*={ground.pem()}"),
    ]
    return _started("mitmproxy, TCP mode", port, words, ground.home)


def _install_mitmproxy() -> None:
    sys.stderr.write(f"Installing mitmproxy into {MITMPROXY_HOME} (once) …\n")
    try:
        subprocess.run([sys.executable, "-m", "venv", str(MITMPROXY_HOME)], check=True, timeout=60)
        pip = [str(MITMPROXY_HOME / "bin" / "pip"), "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", MITMPROXY], check=True, timeout=240)
    except (OSError, subprocess.SubprocessError) as error:
        shutil.rmtree(MITMPROXY_HOME, ignore_errors=True)
        raise Absent(f"mitmproxy could not be installed: {error}") from error


def agent(ground: Ground, words: tuple[str, ...] = (), name: str = "Quorate", *, linked: bool = True) -> Peer:
    """Quorate's agent as ``quorate up`` starts it, with a link to a server that only reads."""
    data = _directory(ground)
    link = Link.listen(data)
    peer = _agent(ground, data, words, name)
    if linked:
        peer.link = link
        link.accept()
    return peer


def agent_and_server(ground: Ground) -> Peer:
    """The agent with Quorate's own server, which does what it does with all it is told."""
    data = _directory(ground)
    peer = _agent(ground, data, (), "Quorate, with its server")
    command = [
        *(sys.executable, "-m", "quorate", "up", "--data", str(data), "--web", f"127.0.0.1:{free_port()}"),
        *("--im", f"127.0.0.1:{peer.port}", "--route", f"{DOMAIN}=127.0.0.1:{ground.upstream}"),
        *("--trust", str(ground.authority)),
    ]
    peer.server = _process(command, ground.home / f"{data.name}.log")
    until = time.monotonic() + START_S
    while not (data / "run.json").exists():
        if time.monotonic() > until or peer.server.poll() is not None:
            peer.stop()
            raise Absent("Quorate's server did not start")
        time.sleep(0.05)
    return peer


def _directory(ground: Ground) -> Path:
    data = ground.home / f"agent-{time.monotonic_ns()}"
    data.mkdir(mode=0o700)
    return data


def _agent(ground: Ground, data: Path, words: tuple[str, ...], name: str) -> Peer:
    port = free_port()
    command = [
        *(
            sys.executable,
            *(words or ("-m", "quorate.agent")),
            "--data",
            str(data),
            "--im",
            f"127.0.0.1:{port}",
        ),
        *("--route", f"{DOMAIN}=127.0.0.1:{ground.upstream}", "--trust", str(ground.authority)),
    ]
    peer = _started(name, port, command, ground.home)
    peer.rest_s = AT_REST_S
    return peer


def _started(name: str, port: int, command: list[str], home: Path) -> Peer:
    log = home / f"{port}.log"
    process = _process(command, log)
    peer, until = Peer(name, port, process), time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return peer
        time.sleep(0.05)
    peer.stop()
    raise Absent(f"{name} did not start: {log.read_text(errors='replace')[-300:].strip()}")


def _process(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    paths = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
    with log.open("wb") as out:
        return subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=paths)


Maker = Callable[[Ground], Peer]
