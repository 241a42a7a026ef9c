"""A private PostgreSQL for one test run: own directory, a Unix socket only, gone afterwards."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

START_S = 60.0
USER = "quorate"


def programs() -> Path:
    """Where Debian puts initdb and postgres; raises RuntimeError if they are not installed."""
    for found in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True):
        return found.parent
    initdb = shutil.which("initdb")
    if initdb is None:
        raise RuntimeError("PostgreSQL is not installed: apt-get install postgresql")
    return Path(initdb).parent


class Postgres:
    """``with Postgres() as server``: up when entered, gone when left."""

    def __init__(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="quorate-pg-"))
        self._owner = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
        self._process: subprocess.Popen[bytes] | None = None
        self._made = 0

    def __enter__(self) -> "Postgres":
        if self._owner:
            shutil.chown(self._home, self._owner)
        self._run("initdb", "-D", self._data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self._home)

    @property
    def _data(self) -> str:
        return str(self._home / "data")

    def start(self) -> None:
        settings = {"listen_addresses": "", "unix_socket_directories": str(self._home), "fsync": "off"}
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self._home / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [programs() / "postgres", "-D", self._data, *words],
                user=self._owner,
                group=self._owner,
                cwd=self._home,
                stdout=log,
                stderr=log,
            )
        end = time.monotonic() + START_S
        while not self._answers():
            if time.monotonic() > end or self._process.poll() is not None:
                raise RuntimeError(f"PostgreSQL did not start: {(self._home / 'log').read_text()[-2000:]}")
            time.sleep(0.02)

    def stop(self) -> None:
        """At once: connections are cut."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(START_S)
            self._process = None

    def database(self) -> str:
        """URL of a new, empty database."""
        self._made += 1
        name = f"test{self._made}"
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql://{USER}@/{name}?host={self._home}"

    def _dsn(self, name: str) -> str:
        return f"host={self._home} user={USER} dbname={name}"

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._dsn("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [programs() / program, *arguments],
            user=self._owner,
            group=self._owner,
            cwd=self._home,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stderr[-2000:]}")
