"""A house full of real parts: Prosody or ejabberd, Quorate, and clients that log in to either."""

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.interop.cable import Cable
from tests.interop.certificates import TestAuthority
from tests.interop.chromium import Visitors, chromium
from tests.interop.ejabberd import Ejabberd
from tests.interop.im_client import ImClient
from tests.interop.prosody import Prosody, RosterItem, everybody_knows_everybody
from tests.interop.quorate_process import Quorate

PEOPLE = ("alice", "bob", "carol", "dave")
BOTH_SERVERS = pytest.mark.parametrize("make_house", ["prosody", "ejabberd"], indirect=True)
"""The test is for either; it needs ``pytest.mark.real("prosody", "ejabberdctl")`` as well."""


@dataclass
class House:
    """One server, one Quorate in front of it, and whoever logs in."""

    server: Prosody | Ejabberd
    quorate: Quorate
    stack: AsyncExitStack
    cable: Cable
    """Between the two."""
    clients: dict[str, ImClient] = field(default_factory=dict)
    """By name, the last that logged in under it."""
    all_clients: list[ImClient] = field(default_factory=list)

    async def login(
        self,
        name: str,
        *,
        through: bool = False,
        direct_tls: bool = False,
        show: str = "",
        resource: str = "",
    ) -> ImClient:
        """Log ``name`` in, directly or through Quorate; without ``resource`` the server makes one."""
        port = self.server.tls_port if direct_tls else self.server.port
        client = ImClient(
            self.server.jid(name) + (f"/{resource}" if resource else ""),
            self.server.accounts[name],
            "127.0.0.1",
            self.quorate.im_port if through else port,
            self.quorate.ca if through else self.server.authority.path,
            direct_tls=direct_tls,
            show=show,
        )
        await self.stack.enter_async_context(client)
        self.clients[name] = client
        self.all_clients.append(client)
        return client


MakeHouse = Callable[..., Awaitable[House]]
Rosters = Mapping[str, Iterable[RosterItem]]


class SharedEjabberd:
    """One for all tests, started by the first that wants it: that takes it seconds."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._running: Ejabberd | None = None

    async def furnished(self, accounts: Mapping[str, str], rosters: Rosters) -> Ejabberd:
        if self._running is None:
            server = Ejabberd(self._home / "ejabberd", TestAuthority(self._home))
            server.start()
            self._running = server
        await self._running.furnish(accounts, rosters)
        return self._running

    def stop(self) -> None:
        if self._running is not None:
            self._running.stop()


@pytest.fixture(scope="session")
def shared_ejabberd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedEjabberd]:
    shared = SharedEjabberd(tmp_path_factory.mktemp("shared"))
    yield shared
    shared.stop()


@asynccontextmanager
async def house_factory(folder: Path, ejabberd: SharedEjabberd | None = None) -> AsyncIterator[MakeHouse]:
    """``await make(people=…, groups=…, rosters=…, config=…)`` sets up a house; all are gone when left.

    With Prosody, unless an ``ejabberd`` is given: then it has one house at a time.
    """
    async with AsyncExitStack() as stack:

        async def make(
            people: Iterable[str] = PEOPLE,
            groups: Mapping[str, Iterable[str]] | None = None,
            rosters: Rosters | None = None,
            config: str = "settle_s = 0\n",
        ) -> House:
            home = Path(tempfile.mkdtemp(dir=folder))
            accounts = {name: f"secret-{name}" for name in people}
            known = rosters or everybody_knows_everybody(people, groups=groups)
            server: Prosody | Ejabberd
            if ejabberd is None:
                server = Prosody(home / "prosody", TestAuthority(home), accounts=accounts, rosters=known)
                await stack.enter_async_context(server)
            else:
                server = await ejabberd.furnished(accounts, known)
            cable = await stack.enter_async_context(Cable(server.port))
            route = f"{server.domain}=127.0.0.1:{cable.port}"
            quorate = Quorate(home / "data", [route], server.authority.path, config=config)
            await stack.enter_async_context(quorate)
            return House(server, quorate, stack, cable)

        yield make


@pytest.fixture
async def make_house(
    request: pytest.FixtureRequest, tmp_path: Path, shared_ejabberd: SharedEjabberd
) -> AsyncIterator[MakeHouse]:
    """A factory: ``await make_house(people=…, groups=…, rosters=…, config=…)``; see BOTH_SERVERS."""
    other = getattr(request, "param", "prosody") == "ejabberd"
    async with house_factory(tmp_path, shared_ejabberd if other else None) as make:
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
