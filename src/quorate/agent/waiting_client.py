"""An attached client that has not shown a stream yet: a line in `quorate streams`, nothing else."""

from quorate.capture.act import Act
from quorate.splice.splice import Splice


class WaitingClient:
    """Implements quorate.capture.carrier.Carrier."""

    mode = "attach"
    domain = found_at = ""
    detail: str | None = None

    def __init__(self, name: str) -> None:
        self.peer = name

    def do(self, act: Act[Splice]) -> bool:  # noqa: ARG002
        return False
