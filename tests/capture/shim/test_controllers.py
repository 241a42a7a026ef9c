"""One Quorate at a time, and a later one that takes up where the first one left off."""

import os
import socket

from tests.capture.shim.controller import (
    UP,
    Controller,
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
def test_a_later_quorate_goes_on_where_the_first_was(scene: Scene, library: str) -> None:
    client, server, controller = begin(scene, library)
    controller.table(UP, (0, -2), (10, -3))
    hear(scene, b"<stream:stream>")
    controller.hang_up()
    client.say(f"<a {SM} h='9'/>")
    server.got.until_has(f"<a {SM} h='7'/>".encode())
    second = Controller()
    scene.stack.callback(second.hang_up)
    second.connect(client.process.pid)
    second.until(lambda it: it.opens)
    assert second.instance == controller.instance
    assert second.only == controller.only
    about = second.opens[second.only]
    assert about["up_table"] == "0:-2,10:-3,"
    assert about["up_depth"] == about["down_depth"] == "1"
    assert about["down_table"] == ""
    client.say(f"<a {SM} h='9'/>")
    server.got.until_has(f"<a {SM} h='7'/><a {SM} h='9'/>".encode())
    second.inject(UP, b"<presence/>")
    if scene.reads_when_told:
        client.say("<iq/>")
    server.got.until_has(b"<presence/>")
    assert client.leave() == 0


@every_library
def test_nothing_is_left_without_a_translation_and_a_later_quorate_joins_in_the_middle(
    scene: Scene, library: str
) -> None:
    client, server, controller = begin(scene, library)
    hear(scene, b"<stream:stream>")
    controller.hang_up()
    client.say("<iq i='1'/>")
    server.got.until_has(b"<iq i='1'/>")
    second = Controller()
    scene.stack.callback(second.hang_up)
    second.connect(client.process.pid)
    client.say("<iq i='2'/>")
    server.got.until_has(b"<iq i='2'/>")
    client.say("<iq i='3'/>")
    server.got.until_has(b"<iq i='3'/>")
    second.until_asked(UP, b"<iq i='3'/>")
    second.inject(UP, b"<presence/>")
    server.got.until_has(b"<presence/>")
    second.table(UP, (0, -1), flags=1)
    client.say(f"<message><a {SM} h='9'/>")
    server.got.until_has(b"<message><a")
    second.hang_up()
    client.say(f"</message><a {SM} h='9'/>")
    server.got.until_has(f"<message><a {SM} h='9'/></message><a {SM} h='8'/>".encode())


def test_one_controller_at_a_time(scene: Scene) -> None:
    client, _, controller = begin(scene, "openssl")
    second = Controller()
    second.connect(client.process.pid)
    assert second.ended
    assert not controller.ended


def test_a_command_for_a_connection_that_is_gone_does_nothing(scene: Scene) -> None:
    _, server, controller = begin(scene, "openssl")
    controller.inject(UP, b"<presence/>", conn=77)
    controller.inject(UP, b"<iq/>")
    server.got.until(lambda data: data == f"{HEADER}<iq/>".encode())


def test_who_died_at_the_door_is_in_nobodys_way(scene: Scene) -> None:
    """Between its first connection and its second."""
    client, _, controller = begin(scene, "openssl")
    controller.hang_up()
    address = f"\0quorate-{client.process.pid}-{os.geteuid()}"
    with socket.socket(socket.AF_UNIX) as half:
        half.connect(address)
    second = Controller()
    scene.stack.callback(second.hang_up)
    second.connect(client.process.pid)
    assert second.pid == client.process.pid
