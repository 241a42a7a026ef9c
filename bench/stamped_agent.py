"""The agent, noting how long each of its questions took: from its being with the kernel to the verdict.

``stamped_agent.py FILE ARGUMENTS of the agent``; asks.py starts it, and reads seconds from FILE, one a line.
"""

import sys
import time
from pathlib import Path

from pydantic import BaseModel

from quorate.agent.app import main
from quorate.capture.leg import Leg
from quorate.link.client import LinkClient
from quorate.link.messages import AskDone
from quorate.splice.effects import Side


def stamp(times: list[float]) -> None:
    """One question at a time is asked here."""
    asked_at = 0.0
    write, send = Leg.write, LinkClient.send

    def stamped_write(leg: Leg, data: bytes) -> None:
        nonlocal asked_at
        write(leg, data)
        if leg.side is Side.SERVER and b"jabber:iq:last" in data:
            asked_at = time.perf_counter()

    def stamped_send(link: LinkClient, message: BaseModel) -> bool:
        if isinstance(message, AskDone):
            times.append(time.perf_counter() - asked_at)
        return send(link, message)

    Leg.write, LinkClient.send = stamped_write, stamped_send  # type: ignore[method-assign,assignment]


if __name__ == "__main__":
    found: list[float] = []
    stamp(found)
    code = main(sys.argv[2:])
    Path(sys.argv[1]).write_text("\n".join(map(str, found)))
    sys.exit(code)
