"""What a client of any kind reads and writes: seen, changed and added, nothing lost or doubled."""

import threading

import pytest

from tests.capture.shim.controller import (
    DEADLINE_S,
    DETACH,
    DOWN,
    UP,
    Ask,
    Verdict,
    passed,
)
from tests.capture.shim.scene import (
    HEADER,
    Judge,
    Scene,
    begin,
    every_client,
    every_library,
    everywhere,
    hear,
    whole_stanzas,
)


@every_client
def test_what_passes_is_seen_and_unchanged(scene: Scene, library: str, loop: str) -> None:
    client, server, controller = scene.begin(library, loop)
    server.send(b"<stream:stream><features/>")
    client.out.until_has(b"<stream:stream><features/>")
    client.say("<iq id='1'/>")
    server.got.until_has(b"<iq id='1'/>")
    assert controller.asked(UP) == f"{HEADER}<iq id='1'/>".encode()
    assert controller.asked(DOWN) == b"<stream:stream><features/>"
    about = controller.opens[controller.only]
    assert about["lib"] == {"gio": "gnutls"}.get(library, library)
    assert about["peer"] == f"127.0.0.1 {server.port}"
    assert about["fresh"] == "1"
    assert client.leave() == 0
    controller.until(lambda it: it.closed)


@every_client
def test_a_client_that_sleeps_sends_and_receives_what_is_put_in(
    scene: Scene, library: str, loop: str
) -> None:
    client, server, controller = scene.begin(library, loop)
    server.send(b"<stream:stream>")
    client.out.until_has(b"<stream:stream>")
    controller.inject(UP, b"<presence/>")
    server.got.until_has(b"<presence/>")
    controller.inject(DOWN, b"<message/>")
    client.out.until_has(b"<message/>")
    for i in range(50):
        controller.inject(UP, b"<up i='%d'/>" % i)
        controller.inject(DOWN, b"<down i='%d'/>" % i)
    server.got.until_has(b"".join(b"<up i='%d'/>" % i for i in range(50)))
    client.out.until_has(b"".join(b"<down i='%d'/>" % i for i in range(50)))
    controller.command(DETACH, 0, 0)
    controller.until(lambda it: it.ended)
    client.say("<iq id='2'/>")
    server.got.until_has(b"<iq id='2'/>")
    assert client.leave() == 0


@everywhere
def test_swallowed_replaced_and_held_across_reads(scene: Scene, library: str) -> None:
    scene.controller.judge = Judge(whole_stanzas)
    client, server, controller = begin(scene, library)
    client.say("<secret/>")
    client.say("<old/><mes")
    controller.until_asked(UP, b"<mes")
    assert server.got.data == f"{HEADER}<quite-new/>".encode() or server.got.until_has(b"<quite-new/>")
    client.say("sage/>")
    server.got.until(lambda data: data == f"{HEADER}<quite-new/><message/>".encode())
    hear(scene, b"<stream:stream>")
    hear(scene, b"<secret/><old/><pres", b"<stream:stream><quite-new/>")
    server.send(b"ence/>")
    if scene.reads_when_told:
        client.say("")
    client.out.until(lambda data: data == b"<stream:stream><quite-new/><presence/>")


@every_library
@pytest.mark.parametrize("empty", [False, True], ids=["same", "empty"])
def test_a_full_socket_loses_and_doubles_nothing(scene: Scene, library: str, empty: bool) -> None:
    """The server reads nothing for a while; every write is asked about once and arrives once."""
    scene.env = {"REPEAT_EMPTY": "1"} if empty else {}
    changed = b"<y>" + b"Z" * 3000 + b"</y>"
    scene.controller.judge = Judge(lambda _, data: (len(data), data.replace(b"<x/>", changed)))
    client, server, controller = scene.begin(library, sndbuf=4096, slow=True)
    said = [f"<m i='{i}'>{'x' * 5000}</m><x/>" for i in range(400)]

    def feed() -> None:
        for line in said:
            client.say(line)

    feeder = threading.Thread(target=feed)
    scene.stack.callback(feeder.join)
    feeder.start()
    assert server.there.wait(DEADLINE_S)
    controller.until(lambda it: len(it.asked(UP)) > 100_000)
    for i in range(20):
        controller.inject(UP, b"<own i='%d'/>" % i)
    server.go.set()
    feeder.join(20)
    received = server.got.until_has(said[-1].replace("<x/>", "").encode() + changed, within_s=30)
    assert (controller.asked(UP) == (HEADER + "".join(said)).encode()) is True
    for i in range(20):
        own = b"<own i='%d'/>" % i
        assert received.count(own) == 1
        received = received.replace(own, b"")
    assert (received == (HEADER + "".join(said)).encode().replace(b"<x/>", changed)) is True
    assert client.leave() == 0


@every_library
def test_what_was_decided_first_is_on_the_wire_first(scene: Scene, library: str) -> None:
    def judge(ask: Ask) -> Verdict:
        if ask.direction == UP and b"<m" in ask.data:
            scene.controller.inject(UP, b"<before/>")
            scene.controller.inject(DOWN, b"<answer/>")
        return passed()

    scene.controller.judge = judge
    client, server, controller = begin(scene, library)
    hear(scene, b"<stream:stream>")
    for i in range(30):
        client.say(f"<m i='{i}'/>")
        server.got.until_has(f"<m i='{i}'/>".encode())
        controller.inject(UP, b"<after/>")
    received = server.got.until(lambda data: data.count(b"<after/>") == 30)
    expected = "".join(f"<before/><m i='{i}'/><after/>" for i in range(30))
    assert received == (HEADER + expected).encode()
    client.out.until(lambda data: data == b"<stream:stream>" + 30 * b"<answer/>")


def test_asyncio_sends_what_is_put_in_and_reads_it_when_the_server_speaks(scene: Scene) -> None:
    client, server, controller = begin(scene, "loop")
    assert controller.opens[controller.only]["wake"] == "0"
    hear(scene, b"<stream:stream>")
    controller.until(lambda it: it.opens[it.only]["fd"] != "-1")
    controller.inject(UP, b"<r/>")
    server.got.until_has(b"<r/>")
    controller.inject(DOWN, b"<message/>")
    server.send(b"<a/>")
    client.out.until(lambda data: data == b"<stream:stream><message/><a/>")
    for i in range(100):
        controller.inject(UP, b"<own i='%d'/>" % i)
        client.say(f"<its i='{i}'/>")
    received = server.got.until(lambda data: data.count(b"/>") == 201)
    for kind in (b"own", b"its"):
        places = [received.index(b"<%b i='%d'/>" % (kind, i)) for i in range(100)]
        assert places == sorted(places)
    assert client.leave() == 0
