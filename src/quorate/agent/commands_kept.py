"""Commands a server has not answered: the next one is told them again, or the user hears that there is none.

The server does each once, so that telling it twice does no harm.
"""

from collections import OrderedDict
from collections.abc import Callable

from quorate.link.messages import CommandGiven

MAX_KEPT = 200
AT_RISK_S = 60.0
"""What was typed longer ago is not begun any more: nobody expects it."""


class CommandsKept:
    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], tuple[CommandGiven, float]] = OrderedDict()

    def keep(self, command: CommandGiven, *, now: float) -> None:
        """It was handed to a server; beyond ``MAX_KEPT`` the oldest is forgotten."""
        self._kept[command.stream, command.message] = command, now
        while len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)

    def done(self, stream: str, message: str) -> None:
        """It was carried out, and its answer cannot get lost any more."""
        self._kept.pop((stream, message), None)

    def again(self, now: float) -> list[CommandGiven]:
        """What a server that has just come is to be told, oldest first."""
        return [command for command, at in self._kept.values() if now - at <= AT_RISK_S]

    def too_old(self, now: float) -> list[CommandGiven]:
        """Forgotten from now on: the user is to be told that there was no server for them."""
        return self._take(lambda at: now - at > AT_RISK_S)

    def give_up(self) -> list[CommandGiven]:
        """All of them, likewise."""
        return self._take(lambda _: True)

    def _take(self, chosen: Callable[[float], bool]) -> list[CommandGiven]:
        taken = {key: command for key, (command, at) in self._kept.items() if chosen(at)}
        for key in taken:
            del self._kept[key]
        return list(taken.values())
