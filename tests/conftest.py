"""What all tests share: real parts are there, or the test fails (in CI) or is left out loudly (elsewhere)."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.postgres import Postgres

# a busy machine is no failure; the timeout per test stays
settings.register_profile("quorate", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("quorate")


PACKAGES = {"ejabberdctl": "ejabberd", "nft": "nftables", "ip": "iproute2", "setpriv": "util-linux"}
"""Debian packages that are not named after the program looked for."""


def pytest_runtest_setup(item: pytest.Item) -> None:
    """``@pytest.mark.real("prosody", "profanity")`` names the programs a test needs."""
    needed = [program for mark in item.iter_markers("real") for program in (mark.args or ("prosody",))]
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"
    absent = {program for program in needed if shutil.which(program, path=path) is None}
    missing = sorted(PACKAGES.get(program, program) for program in absent)
    if not missing:
        return
    text = f"needs {', '.join(missing)}: apt-get install {' '.join(missing)}"
    if os.environ.get("CI") == "true":
        pytest.fail(text, pytrace=False)
    pytest.skip(text)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server of this test run; without one installed the test fails."""
    with Postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a store may be: a directory, or the URL of a database."""
    if request.param == "sqlite":
        return tmp_path
    server: Postgres = request.getfixturevalue("postgres")
    return server.database()
