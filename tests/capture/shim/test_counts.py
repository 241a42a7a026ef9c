"""XEP-0198 without Quorate: the library goes on translating by the last tables."""

import pytest

from tests.capture.shim.controller import (
    DETACH,
    DOWN,
    IGNORE,
    UP,
    Ask,
    Verdict,
    passed,
    replaced,
)
from tests.capture.shim.scene import (
    HEADER,
    SM,
    Scene,
    begin,
    every_library,
    everywhere,
    hear,
)


@everywhere
@pytest.mark.parametrize("ending", ["detach", "killed", "late", "ignored"])
def test_counts_are_translated_after_the_end(scene: Scene, library: str, ending: str) -> None:
    def judge(ask: Ask) -> Verdict | None:
        return None if ending == "late" and b"<last/>" in ask.data else passed()

    scene.controller.judge = judge
    scene.controller.deadline_ms = 300
    client, server, controller = begin(scene, library)
    hear(scene, b"<stream:stream><features/>")
    controller.table(UP, (0, -2), (10, -3))
    controller.table(DOWN, (5, 4))
    client.say(f"<a {SM} h='7'/>")  # Quorate is there: it is its own business
    server.got.until_has(f"<a {SM} h='7'/>".encode())
    if ending == "detach":
        controller.command(DETACH, 0, 0)
    elif ending == "killed":
        controller.hang_up()
    elif ending == "ignored":
        controller.command(IGNORE, UP, controller.only)
        client.say("<last/>")
        server.got.until_has(b"<last/>")
    else:
        client.say("<last/>")
        server.got.until_has(b"<last/>")
    if ending not in ("killed", "ignored"):
        controller.until(lambda it: it.ended)
    client.say(f"<a {SM} h='9'/><message><a {SM} h='9'/></message>")
    server.got.until_has(f"<a {SM} h='7'/><message><a {SM} h='9'/></message>".encode())
    for part in ("<a ", f"{SM} h='1", "2'/", "><iq/>"):
        client.say(part)
    server.got.until_has(f"<a {SM} h='9'/><iq/>".encode())
    hear(scene, f"<a {SM} h='4'/>".encode())
    hear(scene, f"<a {SM} h='6'/>".encode(), f"<a {SM} h='10'/>".encode())


@every_library
def test_a_new_session_has_no_translation(scene: Scene, library: str) -> None:
    client, server, controller = begin(scene, library)
    hear(scene, b"<stream:stream>")
    controller.table(UP, (0, -2))
    controller.command(DETACH, 0, 0)
    controller.until(lambda it: it.ended)
    hear(scene, f"<enabled {SM}/>".encode())
    client.say(f"<a {SM} h='9'/>")
    server.got.until_has(f"<a {SM} h='9'/>".encode())


def test_a_table_that_waits_for_its_verdict_goes_with_it(scene: Scene) -> None:
    """Killed between the two, neither holds."""

    def judge(ask: Ask) -> Verdict | None:
        if b"<companion/>" not in ask.data:
            return passed()
        scene.controller.table(DOWN, (0, 1), flags=2)
        return None if b"<two/>" in ask.data else replaced(len(ask.data))

    scene.controller.judge = judge
    scene.controller.deadline_ms = 200
    client, server, controller = begin(scene, "openssl")
    hear(scene, b"<stream:stream>")
    client.say("<companion/><one/>")
    controller.until_asked(UP, b"<one/>")
    client.say("<iq/>")
    server.got.until_has(b"<iq/>")
    controller.table(DOWN, (0, 2))
    client.say("<companion/><two/>")
    server.got.until(lambda data: data == f"{HEADER}<iq/><companion/><two/>".encode())
    hear(scene, f"<a {SM} h='1'/>".encode(), f"<a {SM} h='3'/>".encode())
