"""A server that sends its clients elsewhere: <see-other-host/>. RFC 6120 section 4.9.3.19."""

import re
from dataclasses import dataclass
from typing import Final

from quorate.wire.xmpp.edit import spans
from quorate.wire.xmpp.header import StreamHeader
from quorate.wire.xmpp.tag import escape

DEFAULT_PORT: Final = 5222
_SEE_OTHER_HOST = "{urn:ietf:params:xml:ns:xmpp-streams}see-other-host"
_PLACE = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[\w.-]+))(?::(?P<port>[0-9]{1,5}))?")


@dataclass(frozen=True, slots=True)
class Redirect:
    host: str
    port: int
    start: int
    end: int
    """Where the text stands in the stream error."""

    def rewritten(self, data: bytes, place: str) -> bytes:
        """The same stream error, naming another ``place`` (HOST:PORT)."""
        return data[: self.start] + escape(place).encode() + data[self.end :]


def see_other_host(data: bytes, header: StreamHeader | None) -> Redirect | None:
    """Where a stream error sends the client, if it does. Raises NotWellFormed."""
    if b"see-other-host" not in data:
        return None
    for span in spans(data, header):
        found = _PLACE.fullmatch(span.text.strip()) if span.name == _SEE_OTHER_HOST else None
        if found is not None and int(found["port"] or DEFAULT_PORT) <= 65535:
            end = data.rindex(b"</", span.content, span.end)
            return Redirect(
                found["v6"] or found["host"], int(found["port"] or DEFAULT_PORT), span.content, end
            )
    return None
