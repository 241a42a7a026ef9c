#!/usr/bin/env python3
"""Runs a public XMPP library's own integration suite directly and through Quorate, and compares test by test.

    .venv/bin/python script/foreign_suite.py slixmpp|smack [--server prosody|ejabberd] [--keep DIR]

The suites come from PyPI and Maven Central. Each run has a network namespace of its own (this needs root),
so that the server can have the port the suite expects. Quorate asks about everybody in any roster all the
while, each contact up to once a second. Some tests of the suites are races that fail now and then by
themselves, and Smack's fail by what others left behind, in an order that is another in each run: those
that end differently run again alone, both ways by turns, and how often each failed is compared (Fisher's
exact test). On ejabberd four of Smack's RosterIntegrationTest fail together: the one before them races for a
millisecond with its own clean-up, and loses wherever the machine is busy.
Exit code 0: every test ends alike, or as often. 1: some differ; they are listed.
"""

import argparse
import asyncio
import contextlib
import json
import math
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import product
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.interop.cable import Cable  # noqa: E402
from tests.interop.certificates import TestAuthority  # noqa: E402
from tests.interop.ejabberd import Ejabberd  # noqa: E402
from tests.interop.prosody import Prosody, everybody_knows_everybody  # noqa: E402
from tests.interop.quorate_process import Quorate  # noqa: E402

DOMAIN = "example.org"
PORT, TLS_PORT = 5222, 5223
PEOPLE = ("one", "two", "three")
ASK_EVERY_S = 0.1
SUITE_S = 1800
WAYS = ("direct", "through")
BY_CHANCE = 0.05
"""Rates that differ as much as this by chance, or more often, do not differ."""
SMACK = "4.5.0-beta5"
SMACK_CONNECTIONS = ("tcp",)
"""The modular ones lose their reactor thread now and then, and web sockets are no TCP."""
SMACK_WITHOUT = (
    "MultiUserChatOccupantIntegrationTest.mucJoinPasswordProtectedWithoutPasswordRoomTest",
    "MultiUserChatOccupantIntegrationTest.mucJoinPasswordProtectedRoomWrongPasswordTest",
    "MultiUserChatOccupantIntegrationTest.mucJoinPasswordProtectedRoomCorrectPasswordTest",
)
"""They end the whole run where the server has no such rooms."""
SMACK_REGISTERING = (
    "LoginIntegrationTest",
    "LowLevelRosterIntegrationTest",
    "ModularXmppClientToServerConnectionLowLevelIntegrationTest",
    "MultiUserChatLowLevelIntegrationTest",
    "SimpleXmppConnectionIntegrationTest",
    "StreamManagementTest",
    "WaitForClosingStreamElementTest",
    "XmppConnectionIntegrationTest",
)
"""They end it where no account can be registered."""
SMACK_ITSELF = "org.igniterealtime.smack:smack-integration-test"
# a minute between two questions about one contact would be most of a suite
ASKING_OFTEN = """
from contextlib import suppress
with suppress(ImportError):
    from quorate.splice.config import SpliceConfig
    SpliceConfig.__init__.__kwdefaults__["ask_interval_s"] = 1.0
"""
PROSODY_MORE = 'modules_enabled = { "register" }; allow_registration = true; registration_throttle_max = nil;'

# slixmpp looks its server up in the DNS, which there is none of in here
SLIXMPP_RUNNER = """
import json, os, sys, unittest
from importlib import import_module
from pathlib import Path
import slixmpp
dial = slixmpp.ClientXMPP.connect
def connect(self, host="", port=0, *more, **named):
    self.ca_certs = os.environ["SUITE_CA"]
    self.add_event_handler("session_start", lambda _: (self.get_roster(), self.send_presence()))
    port = port or (5223 if self.enable_direct_tls and not self.enable_starttls else 5222)
    return dial(self, "127.0.0.1", port, *more, **named)
slixmpp.ClientXMPP.connect = connect
class Outcomes(unittest.TextTestResult):
    told = {}
    def stopTest(self, test):
        super().stopTest(test)
        bad = {t.id(): "failed" for t, _ in [*self.failures, *self.errors]}
        bad |= {t.id(): "skipped" for t, _ in self.skipped}
        self.told[test.id()] = bad.get(test.id(), "passed")
names = sorted(path.stem for path in Path("itests").glob("test_*.py"))
only = os.environ.get("SUITE_ONLY", "").split()
every = unittest.TestSuite(import_module("itests." + name).suite for name in names)
if only:
    every = unittest.defaultTestLoader.loadTestsFromNames(only)
unittest.TextTestRunner(verbosity=2, resultclass=Outcomes).run(every)
Path(os.environ["SUITE_OUT"]).write_text(json.dumps(Outcomes.told))
"""

POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>local</groupId><artifactId>suite</artifactId><version>1</version><dependencies><dependency>
<groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version>
</dependency></dependencies></project>
"""


def fetch_slixmpp(home: Path) -> None:
    """The source distribution of the version installed here: the suite is not in the wheel."""
    from importlib.metadata import version

    if (home / "itests").exists():
        return
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "slixmpp"]
    subprocess.run([*command, "--dest", str(home), f"slixmpp=={version('slixmpp')}"], check=True)
    (packed,) = home.glob("slixmpp-*.tar.gz")
    with tarfile.open(packed) as archive:
        archive.extractall(home, filter="data")
    (home / packed.name.removesuffix(".tar.gz") / "itests").rename(home / "itests")


def fetch_smack(home: Path) -> None:
    if (home / "lib").exists():
        return
    group, _, artifact = SMACK_ITSELF.partition(":")
    (home / "pom.xml").write_text(POM.format(group=group, artifact=artifact, version=SMACK))
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={home / 'lib'}"]
    subprocess.run(["mvn", "-q", "-B", *goal], cwd=home, check=True)


@asynccontextmanager
async def a_server(kind: str, home: Path, port: int, tls_port: int) -> AsyncIterator[Prosody | Ejabberd]:
    accounts = {name: f"secret-{name}" for name in PEOPLE}
    rosters = everybody_knows_everybody(PEOPLE)
    authority = TestAuthority(home)
    if kind == "prosody":
        async with Prosody(
            home / "s",
            authority,
            accounts=accounts,
            rosters=rosters,
            port=port,
            tls_port=tls_port,
            host_extra=PROSODY_MORE,
        ) as prosody:
            yield prosody
        return
    ejabberd = Ejabberd(home / "s", authority, port=port, tls_port=tls_port)
    try:
        await asyncio.to_thread(ejabberd.start)
        await ejabberd.furnish(accounts, rosters)
        yield ejabberd
    finally:
        ejabberd.stop()


async def ask_on(quorate: Quorate) -> None:
    """Questions about everybody in every roster, for as long as the suite runs."""
    api = httpx.AsyncClient(
        base_url=f"{quorate.url}/api/v1", headers={"Authorization": f"Bearer {quorate.token}"}, timeout=30
    )
    asking: dict[tuple[str, str], asyncio.Task[None]] = {}
    async with api, asyncio.TaskGroup() as tasks:
        while True:
            for pair in await whom_to_ask(api) - {pair for pair, task in asking.items() if not task.done()}:
                asking[pair] = tasks.create_task(ask(api, *pair))
            await asyncio.sleep(ASK_EVERY_S)


async def whom_to_ask(api: httpx.AsyncClient) -> set[tuple[str, str]]:
    """Own account and contact, of all who are logged in; the suite's own are asked about in any case."""
    with contextlib.suppress(httpx.HTTPError):
        streams = (await api.get("/streams", params={"state": "live"})).json()
        names = {own: await people(api, own) for own in {stream["account"] for stream in streams}}
        return {(own, name) for own, theirs in names.items() for name in theirs - {own}}
    return set()


async def people(api: httpx.AsyncClient, own: str) -> set[str]:
    """An account may be gone by now."""
    told = await api.get("/people", params={"from": own})
    roster = {person["person"] for person in told.json()} if told.is_success else set()
    return roster | {f"{name}@{DOMAIN}" for name in PEOPLE}


async def ask(api: httpx.AsyncClient, own: str, name: str) -> None:
    """Who is no contact any more is refused, and no matter."""
    with contextlib.suppress(httpx.HTTPError):
        await api.post("/presence/ask", json={"who": name, "from": own})


async def asked(quorate: Quorate) -> dict[str, int]:
    """How many questions left or did not, by what came of them."""
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {quorate.token}"}) as api:
        told = (await api.get(f"{quorate.url}/metrics")).text
    return {r: int(float(n)) for r, n in re.findall(r'quorate_asks_total{result="([^"]+)"} (\S+)', told)}


def slixmpp_command(home: Path, ca: Path, out: Path, only: Iterable[str]) -> tuple[list[str], dict[str, str]]:
    """What runs the suite, or ``only`` some tests, and what its environment has beside ours."""
    accounts = {f"CI_ACCOUNT{n}": f"{PEOPLE[n - 1]}@{DOMAIN}" for n in (1, 2)}
    secrets = {f"CI_ACCOUNT{n}_PASSWORD": f"secret-{PEOPLE[n - 1]}" for n in (1, 2)}
    own = {"CI_MUC_SERVER": f"conference.{DOMAIN}", "SUITE_CA": str(ca), "PYTHONPATH": str(home)}
    own |= {"SUITE_OUT": str(out.with_suffix(".json")), "SUITE_ONLY": " ".join(only)}
    return [sys.executable, "-c", SLIXMPP_RUNNER], {**accounts, **secrets, **own}


def smack_command(home: Path, ca: Path, out: Path, only: Iterable[str]) -> tuple[list[str], dict[str, str]]:
    """The same. Where ``SUITE_GIVEN`` is set it uses our accounts; else it registers some, for more tests."""
    store = out.with_suffix(".jks")
    store.unlink(missing_ok=True)
    trust = ["-importcert", "-noprompt", "-alias", "ca", "-file", str(ca), "-keystore", str(store)]
    subprocess.run(["keytool", *trust, "-storepass", "changeit"], check=True, capture_output=True)
    settings = {
        "service": DOMAIN,
        "host": "127.0.0.1",
        "replyTimeout": "5000",
        "enabledConnections": ",".join(SMACK_CONNECTIONS),
        "disabledTests": ",".join(SMACK_WITHOUT),
    }
    if "SUITE_GIVEN" in os.environ:
        settings["accountRegistration"] = "disabled"
        settings["disabledTests"] += "," + ",".join(SMACK_REGISTERING)
        for number, name in zip(("One", "Two", "Three"), PEOPLE, strict=True):
            settings[f"account{number}Username"] = name
            settings[f"account{number}Password"] = f"secret-{name}"
    if only:
        settings["enabledTests"] = ",".join(only)
    words = [f"-Dsinttest.{key}={value}" for key, value in settings.items()]
    stored = [f"-Djavax.net.ssl.trustStore={store}", "-Djavax.net.ssl.trustStorePassword=changeit"]
    main = "org.igniterealtime.smack.inttest.SmackIntegrationTestFramework"
    return ["java", "-ea", *stored, *words, "-cp", f"{home}/lib/*", main], {}


async def run_suite(suite: str, home: Path, ca: Path, out: Path, only: Iterable[str]) -> None:
    make = slixmpp_command if suite == "slixmpp" else smack_command
    command, more = await asyncio.to_thread(make, home, ca, out, only)
    with out.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=home, stdout=log, stderr=log, env={**os.environ, **more}
        )
        try:
            await asyncio.wait_for(process.wait(), SUITE_S)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


def outcomes(suite: str, out: Path) -> dict[str, str]:
    """Test to ``passed``, ``failed`` or ``skipped``."""
    if suite == "slixmpp":
        return dict(json.loads(out.with_suffix(".json").read_text()))
    return smack_outcomes(out.read_text(errors="replace"))


def smack_outcomes(log: str) -> dict[str, str]:
    told = {}
    for name, result in re.findall(
        r"(\S+) \((?:Normal|LowLevel|SpecificLowLevel)[^)]*\) (Success|Failed)", log
    ):
        told[name] = "passed" if result == "Success" else "failed"
    return told


async def inside(arguments: argparse.Namespace, home: Path, out: Path) -> None:
    """One run, in a namespace of its own."""
    through = arguments.inside == "through"
    if arguments.server == "ejabberd":  # Smack refuses to register there
        os.environ["SUITE_GIVEN"] = "yes"
    async with AsyncExitStack() as stack:
        own = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ports = (PORT + 10000, TLS_PORT + 10000) if through else (PORT, TLS_PORT)
        server = await stack.enter_async_context(a_server(arguments.server, own, *ports))
        if not through:
            await run_suite(arguments.suite, home, server.authority.path, out, arguments.only)
            return
        (own / "sitecustomize.py").write_text(ASKING_OFTEN)
        os.environ["PYTHONPATH"] = str(own)
        routes = [f"{DOMAIN}=127.0.0.1:{server.port}", f"{DOMAIN}=tls:127.0.0.1:{server.tls_port}"]
        quorate = Quorate(own / "data", routes, server.authority.path, im_port=PORT)
        await stack.enter_async_context(quorate)
        await stack.enter_async_context(Cable(PORT, TLS_PORT))
        asking = asyncio.create_task(ask_on(quorate))
        try:
            await run_suite(arguments.suite, home, quorate.ca, out, arguments.only)
            out.with_suffix(".asked").write_text(json.dumps(await asked(quorate)))
        finally:
            asking.cancel()


class Suite:
    """A suite on one server, and the directory it is in."""

    def __init__(self, name: str, server: str, home: Path) -> None:
        self.name, self.server, self.home = name, server, home

    def log(self, way: str, number: int = 0) -> Path:
        again = f"-{number}" if number else ""
        return self.home / f"{self.name}-{self.server}-{way}{again}.log"

    def run(self, way: str, number: int = 0, only: Iterable[str] = ()) -> dict[str, str]:
        """Test to outcome."""
        own = [sys.executable, __file__, self.name, "--server", self.server, "--keep", str(self.home)]
        more = ["--inside", way, "--number", str(number), "--only", *only]
        subprocess.run(["unshare", "-n", *own, *more], check=True)
        return outcomes(self.name, self.log(way, number))

    def again(self, tests: Iterable[str], times: int) -> tuple[Counter[str], Counter[str]]:
        """How often of ``times`` each test did not pass, directly and through Quorate."""
        failed: dict[str, Counter[str]] = {way: Counter() for way in WAYS}
        for number in range(1, times + 1):
            for test, way in product(tests, WAYS):
                failed[way][test] += self.run(way, number, [test]).get(test) != "passed"
        return failed["direct"], failed["through"]


def by_chance(one: int, other: int, times: int) -> float:
    """How likely ``one`` and ``other`` of ``times`` are, or what differs more, if both rates are the same."""
    both = one + other
    ways = [math.comb(times, n) * math.comb(times, both - n) for n in range(both + 1)]
    return sum(w for w in ways if w <= ways[one]) / math.comb(2 * times, both)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("suite", choices=("slixmpp", "smack"))
    parser.add_argument("--server", choices=("prosody", "ejabberd"), default="prosody")
    parser.add_argument("--keep", type=Path, help="where the suite and the logs are, and stay")
    again = "how often tests that ended differently run again alone, each way (default: 10)"
    parser.add_argument("--again", type=int, default=10, help=again)
    parser.add_argument("--inside", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--number", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--only", nargs="*", default=[], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    home = (arguments.keep or Path(tempfile.mkdtemp())).absolute()
    home.mkdir(exist_ok=True)
    suite = Suite(arguments.suite, arguments.server, home)
    if arguments.inside:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        asyncio.run(inside(arguments, home, suite.log(arguments.inside, arguments.number)))
        return 0
    (fetch_slixmpp if arguments.suite == "slixmpp" else fetch_smack)(home)
    return compare(suite, arguments.again)


def compare(suite: Suite, again: int) -> int:
    direct, through = (suite.run(way) for way in WAYS)
    names = sorted({*direct, *through})
    unlike = [n for n in names if direct.get(n) != through.get(n)]
    passed = sum(1 for n in names if direct.get(n) == "passed")
    results = suite.log("through").with_suffix(".asked").read_text()
    print(
        f"{len(names)} tests, {passed} pass directly, {len(unlike)} ended differently; logs in {suite.home}"
    )
    print(f"asked meanwhile: {results}")
    differing = judge(suite, unlike, again) if unlike else []
    print(f"{len(differing)} differ")
    return 1 if differing or not names else 0


def judge(suite: Suite, unlike: list[str], times: int) -> list[str]:
    """Those of the tests that do not fail as often one way as the other."""
    directly, through = suite.again(unlike, times)
    differing = []
    for name in unlike:
        one, other = directly[name], through[name]
        chance = by_chance(one, other, times)
        print(f"  {name}: failed {one} of {times} times directly, {other} through Quorate (p = {chance:.2g})")
        if chance < BY_CHANCE:
            differing.append(name)
    return differing


if __name__ == "__main__":
    sys.exit(main())
