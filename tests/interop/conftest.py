"""A house full of real parts: Prosody, Quorate, and clients that log in to either."""

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.interop.certificates import TestAuthority
from tests.interop.chromium import Visitors, chromium
from tests.interop.im_client import ImClient
from tests.interop.prosody import Prosody, everybody_knows_everybody
from tests.interop.quorate_process import Quorate

PEOPLE = ("alice", "bob", "carol", "dave")


@dataclass
class House:
    """One Prosody, one Quorate in front of it, and whoever logs in."""

    server: Prosody
    quorate: Quorate
    stack: AsyncExitStack
    clients: dict[str, ImClient] = field(default_factory=dict)

    async def login(
        self, name: str, *, through: bool = False, direct_tls: bool = False, show: str = ""
    ) -> ImClient:
        """Log ``name`` in, directly or through Quorate."""
        port = self.server.tls_port if direct_tls else self.server.port
        client = ImClient(
            self.server.jid(name),
            self.server.accounts[name],
            "127.0.0.1",
            self.quorate.im_port if through else port,
            self.quorate.ca if through else self.server.authority.path,
            direct_tls=direct_tls,
            show=show,
        )
        await self.stack.enter_async_context(client)
        self.clients[name] = client
        return client


MakeHouse = Callable[..., Awaitable[House]]


@asynccontextmanager
async def house_factory(folder: Path) -> AsyncIterator[MakeHouse]:
    """``await make(people=…, groups=…, config=…)`` sets up a house; all are gone when left."""
    async with AsyncExitStack() as stack:

        async def make(
            people: Iterable[str] = PEOPLE,
            groups: Mapping[str, Iterable[str]] | None = None,
            config: str = "settle_s = 0\n",
        ) -> House:
            home = Path(tempfile.mkdtemp(dir=folder))
            authority = TestAuthority(home)
            server = await stack.enter_async_context(
                Prosody(
                    home / "prosody",
                    authority,
                    accounts={name: f"secret-{name}" for name in people},
                    rosters=everybody_knows_everybody(people, groups=groups),
                )
            )
            route = f"{server.domain}=127.0.0.1:{server.port}"
            quorate = await stack.enter_async_context(
                Quorate(home / "data", [route], authority.path, config=config)
            )
            return House(server, quorate, stack)

        yield make


@pytest.fixture
async def make_house(tmp_path: Path) -> AsyncIterator[MakeHouse]:
    """A factory: ``await make_house(people=…, groups=…, config=…)``."""
    async with house_factory(tmp_path) as make:
        yield make


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as launched:
        yield launched


@pytest_asyncio.fixture(loop_scope="module")
async def visitors(browser: Browser) -> AsyncIterator[Visitors]:
    """Whoever looks at pages in this test; faults of the pages fail it."""
    looking = Visitors(browser)
    yield looking
    await looking.leave()
    assert looking.faults == []
