"""A client as slixmpp is one: asyncio, TLS on a memory BIO. Its input goes up, what comes is printed."""

import asyncio
import ssl
import sys


async def main() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    reader, writer = await asyncio.open_connection("127.0.0.1", int(sys.argv[1]), ssl=context)
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)

    async def up() -> None:
        async for line in lines:
            writer.write(line.rstrip(b"\n"))
            await writer.drain()

    async def down() -> None:
        while data := await reader.read(4096):
            print(data.decode(), end="", flush=True)  # noqa: T201

    await asyncio.wait(
        [asyncio.ensure_future(up()), asyncio.ensure_future(down())], return_when="FIRST_COMPLETED"
    )
    writer.close()
    print("[done]", flush=True)  # noqa: T201


asyncio.run(main())
