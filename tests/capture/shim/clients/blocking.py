"""A client on a blocking `ssl` socket: one line of input goes up, then it reads until the next line is due.

``blocking.py PORT``: each line of standard input is sent; each empty line means: read once and print.
"""

import socket
import ssl
import sys

context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
stream = context.wrap_socket(socket.create_connection(("127.0.0.1", int(sys.argv[1]))))
for line in sys.stdin:
    if text := line.rstrip("\n"):
        stream.sendall(text.encode())
    else:
        print(stream.recv(4096).decode(), end="", flush=True)  # noqa: T201
stream.close()
print("[done]", flush=True)  # noqa: T201
