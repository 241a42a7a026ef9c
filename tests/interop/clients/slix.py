"""A slixmpp client in a process of its own: lines of JSON out, lines of JSON in.

``python -m tests.interop.clients.slix JID PASSWORD PORT CA``; ``["bob@example.org", "text"]`` is said,
``[]`` connects anew after the connection was lost.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from tests.interop.im_client import ImClient


class Reporting(ImClient):
    def _record(self, stanza: Any) -> Any:
        before = len(self.received.messages)
        super()._record(stanza)
        for sender, body in self.received.messages[before:]:
            tell(got=sender, text=body)
        return stanza


def tell(**said: object) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


async def main(jid: str, password: str, port: str, ca: str) -> None:
    stdin = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin)
    async with Reporting(jid, password, "127.0.0.1", int(port), Path(ca)) as client:
        mechanism: Any = client.plugin["feature_mechanisms"]
        tell(online=str(client.boundjid), mechanism=mechanism.mech.name)
        client.add_event_handler("disconnected", lambda _: tell(closed=True))
        client.add_event_handler("session_resumed", lambda _: tell(back="resumed"))
        client.add_event_handler("session_start", lambda _: tell(back="afresh"))
        client.add_event_handler("stream_error", lambda error: tell(error=error["condition"]))
        async for line in stdin:
            match json.loads(line):
                case [to, text]:
                    client.say(to, text)
                case _:
                    client.closed.clear()
                    client.connect("127.0.0.1", int(port))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
