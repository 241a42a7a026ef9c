"""A client as Dino and Gajim are: GIO's TLS in GLib's main loop; ``gio.py PORT``, run by the system's Python.

Lines of standard input go up, what comes is printed.
"""

import os
import sys

from gi.repository import Gio, GLib  # type: ignore[import-not-found, unused-ignore]

client = Gio.SocketClient(tls=False)
plain = client.connect_to_host("127.0.0.1", int(sys.argv[1]), None)
stream = Gio.TlsClientConnection.new(plain, None)
stream.connect("accept-certificate", lambda *_: True)
stream.handshake(None)
loop = GLib.MainLoop()


def came(source, result) -> None:  # type: ignore[no-untyped-def]
    data = source.read_bytes_finish(result).get_data()
    if not data:
        loop.quit()
        return
    os.write(1, data)
    source.read_bytes_async(4096, GLib.PRIORITY_DEFAULT, None, came)


def typed(_fd: int, _condition: object) -> bool:
    data = os.read(0, 65536)
    if not data:
        stream.close(None)
        loop.quit()
        return False
    stream.get_output_stream().write_all(data.replace(b"\n", b""), None)
    return True


stream.get_input_stream().read_bytes_async(4096, GLib.PRIORITY_DEFAULT, None, came)
GLib.unix_fd_add_full(GLib.PRIORITY_DEFAULT, 0, GLib.IOCondition.IN | GLib.IOCondition.HUP, typed)
loop.run()
