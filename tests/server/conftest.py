from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from tests.server.stand_in import StandIn, app_of, client_of


@pytest.fixture
def stand_in(tmp_path: Path) -> Iterator[StandIn]:
    hub = StandIn(tmp_path)
    yield hub
    hub.store.close()


@pytest.fixture
def app(stand_in: StandIn) -> FastAPI:
    return app_of(stand_in)


@pytest.fixture
async def api(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the bearer token."""
    async with client_of(app) as client:
        yield client


@pytest.fixture
async def stranger(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client with nothing."""
    async with client_of(app, bearer=None) as client:
        yield client
