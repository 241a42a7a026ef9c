"""As ``starttls.py``, but as slixmpp does it: asyncio, TLS on a memory BIO."""

import asyncio
import os
import ssl
import sys


async def main() -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(sys.argv[1]))
    writer.write(b"<?xml version='1.0'?><stream:stream to='plain'>")
    assert await reader.read(4096)
    writer.write(b"<starttls/>")
    assert await reader.read(4096) == b"<proceed/>"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    await writer.start_tls(context)
    writer.write(b"<?xml version='1.0'?><stream:stream to='secret'>")
    while data := await reader.read(4096):
        os.write(1, data)


asyncio.run(main())
