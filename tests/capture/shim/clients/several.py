"""A client with several accounts, nonblocking `ssl` sockets in one poll: ``several.py PORT…``.

Each line of standard input goes up on all of them; what comes is printed after the account's number.
"""

import os
import select
import socket
import ssl
import sys

context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
accounts = [context.wrap_socket(socket.create_connection(("127.0.0.1", int(port)))) for port in sys.argv[1:]]
waiting = select.poll()
waiting.register(0, select.POLLIN)
for account in accounts:
    account.setblocking(False)
    waiting.register(account, select.POLLIN)
while True:
    ready = {fd for fd, _ in waiting.poll()}
    if 0 in ready:
        if not (typed := os.read(0, 65536)):
            break
        for account in accounts:
            account.send(typed.replace(b"\n", b""))
    for number, account in enumerate(accounts):
        if account.fileno() in ready:
            try:
                os.write(1, b"%d:%b\n" % (number, account.recv(4096)))
            except ssl.SSLWantReadError:
                continue
