"""A client that begins in plain and goes on with TLS, blocking: ``starttls.py PORT``; prints what comes."""

import os
import socket
import ssl
import subprocess
import sys

stream = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
stream.sendall(b"<?xml version='1.0'?><stream:stream to='plain'>")
assert stream.recv(4096)
stream.sendall(b"<starttls/>")
assert stream.recv(4096) == b"<proceed/>"
# a child that closes what it inherited must not end our connection
subprocess.run([sys.executable, "-c", "import os; print(os.environ.get('LD_PRELOAD'))"], check=True)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
stream = context.wrap_socket(stream)
stream.sendall(b"<?xml version='1.0'?><stream:stream to='secret'>")
while data := stream.recv(4096):
    os.write(1, data)
    stream.sendall(b"<iq/>")
