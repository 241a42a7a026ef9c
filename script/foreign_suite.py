#!/usr/bin/env python3
"""Runs a public XMPP library's own integration suite directly and through Quorate, and compares test by test.

    .venv/bin/python script/foreign_suite.py slixmpp|smack [--server prosody|ejabberd] [--keep DIR]

The suites come from PyPI and Maven Central. Each run has a network namespace of its own (this needs root),
so that the server can have the port the suite expects. Quorate asks about everybody all the while.
Exit code 0: every test ends alike. 1: some differ; they are listed.
"""

import argparse
import asyncio
import contextlib
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.interop.cable import Cable  # noqa: E402
from tests.interop.certificates import TestAuthority  # noqa: E402
from tests.interop.ejabberd import Ejabberd  # noqa: E402
from tests.interop.prosody import Prosody  # noqa: E402
from tests.interop.quorate_process import Quorate  # noqa: E402

DOMAIN = "example.org"
PORT, TLS_PORT = 5222, 5223
PEOPLE = ("one", "two", "three")
ASK_EVERY_S = 1.0
SUITE_S = 1800
SMACK = "4.5.0-beta5"
SMACK_CONNECTIONS = ("tcp",)
"""The modular ones lose their reactor thread now and then, and web sockets are no TCP."""
SMACK_WITHOUT = (
    "MultiUserChatOccupantIntegrationTest.mucJoinPasswordProtectedWithoutPasswordRoomTest",
    "MultiUserChatOccupantIntegrationTest.mucJoinPasswordProtectedRoomWrongPasswordTest",
    "MultiUserChatOccupantIntegrationTest.mucJoinPasswordProtectedRoomCorrectPasswordTest",
)
"""They end the whole run where the server has no such rooms."""
SMACK_ITSELF = "org.igniterealtime.smack:smack-integration-test"
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
every = unittest.TestSuite(import_module("itests." + name).suite for name in names)
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
    authority = TestAuthority(home)
    if kind == "prosody":
        async with Prosody(
            home / "s", authority, accounts=accounts, port=port, tls_port=tls_port, host_extra=PROSODY_MORE
        ) as prosody:
            yield prosody
        return
    ejabberd = Ejabberd(home / "s", authority, port=port, tls_port=tls_port)
    try:
        await asyncio.to_thread(ejabberd.start)
        await ejabberd.furnish(accounts, {})
        yield ejabberd
    finally:
        ejabberd.stop()


async def ask_on(quorate: Quorate) -> None:
    """Questions about everybody, for as long as the suite runs."""
    while True:
        for name in PEOPLE:
            with contextlib.suppress(AssertionError, OSError):
                await quorate.post("/presence/ask", {"who": f"{name}@{DOMAIN}"})
        await asyncio.sleep(ASK_EVERY_S)


def slixmpp_command(home: Path, ca: Path, out: Path) -> tuple[list[str], dict[str, str]]:
    """What runs the suite, and what its environment has beside ours."""
    accounts = {f"CI_ACCOUNT{n}": f"{PEOPLE[n - 1]}@{DOMAIN}" for n in (1, 2)}
    secrets = {f"CI_ACCOUNT{n}_PASSWORD": f"secret-{PEOPLE[n - 1]}" for n in (1, 2)}
    own = {"CI_MUC_SERVER": f"conference.{DOMAIN}", "SUITE_CA": str(ca), "PYTHONPATH": str(home)}
    own["SUITE_OUT"] = str(out.with_suffix(".json"))
    return [sys.executable, "-c", SLIXMPP_RUNNER], {**accounts, **secrets, **own}


def smack_command(home: Path, ca: Path, out: Path) -> tuple[list[str], dict[str, str]]:
    """The same; it registers its accounts by itself."""
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
    words = [f"-Dsinttest.{key}={value}" for key, value in settings.items()]
    stored = [f"-Djavax.net.ssl.trustStore={store}", "-Djavax.net.ssl.trustStorePassword=changeit"]
    main = "org.igniterealtime.smack.inttest.SmackIntegrationTestFramework"
    return ["java", "-ea", *stored, *words, "-cp", f"{home}/lib/*", main], {}


async def run_suite(suite: str, home: Path, ca: Path, out: Path) -> None:
    make = slixmpp_command if suite == "slixmpp" else smack_command
    command, more = await asyncio.to_thread(make, home, ca, out)
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
    async with AsyncExitStack() as stack:
        own = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ports = (PORT + 10000, TLS_PORT + 10000) if through else (PORT, TLS_PORT)
        server = await stack.enter_async_context(a_server(arguments.server, own, *ports))
        if not through:
            await run_suite(arguments.suite, home, server.authority.path, out)
            return
        routes = [f"{DOMAIN}=127.0.0.1:{server.port}", f"{DOMAIN}=tls:127.0.0.1:{server.tls_port}"]
        quorate = Quorate(own / "data", routes, server.authority.path, im_port=PORT)
        await stack.enter_async_context(quorate)
        await stack.enter_async_context(Cable(PORT, TLS_PORT))
        asking = asyncio.create_task(ask_on(quorate))
        try:
            await run_suite(arguments.suite, home, quorate.ca, out)
        finally:
            asking.cancel()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("suite", choices=("slixmpp", "smack"))
    parser.add_argument("--server", choices=("prosody", "ejabberd"), default="prosody")
    parser.add_argument("--keep", type=Path, help="where the suite and the logs are, and stay")
    parser.add_argument("--inside", choices=("direct", "through"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    home = (arguments.keep or Path(tempfile.mkdtemp())).absolute()
    home.mkdir(exist_ok=True)
    logs = {way: home / f"{arguments.suite}-{arguments.server}-{way}.log" for way in ("direct", "through")}
    if arguments.inside:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        asyncio.run(inside(arguments, home, logs[arguments.inside]))
        return 0
    (fetch_slixmpp if arguments.suite == "slixmpp" else fetch_smack)(home)
    for way in logs:
        own = [sys.executable, __file__, arguments.suite, "--server", arguments.server, "--keep", str(home)]
        subprocess.run(["unshare", "-n", *own, "--inside", way], check=True)
    return compare(*(outcomes(arguments.suite, log) for log in logs.values()), home=home)


def compare(direct: dict[str, str], through: dict[str, str], *, home: Path) -> int:
    names = sorted({*direct, *through})
    differing = [n for n in names if direct.get(n) != through.get(n)]
    passed = sum(1 for n in names if direct.get(n) == "passed")
    print(f"{len(names)} tests, {passed} pass directly, {len(differing)} differ; logs in {home}")
    for name in differing:
        print(
            f"  {name}: directly {direct.get(name, 'absent')}, through Quorate {through.get(name, 'absent')}"
        )
    return 1 if differing or not names else 0


if __name__ == "__main__":
    sys.exit(main())
