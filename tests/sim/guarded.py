"""A store that the server may die in: before or after each thing it does."""

from collections.abc import Callable
from typing import Any

from quorate.activity.effects import ActivityEffect
from quorate.model.activity import Activity

Stored = Callable[[Activity, tuple[ActivityEffect, ...]], None]


class Crash(BaseException):
    """The server is dead; nothing in it may catch this."""


class Guarded:
    """The same doors as what it guards."""

    def __init__(self, store: Any, point: Callable[[], None], stored: Stored) -> None:
        self._store = store
        self._point = point
        self._stored = stored

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if not callable(found):
            inside = Guarded(found, self._point, self._stored)
            self.__dict__[name] = inside
            return inside
        saving = name == "save"

        def call(*given: Any, **named: Any) -> Any:
            self._point()
            result = found(*given, **named)
            if saving:
                self._stored(given[0], tuple(given[1]))
            self._point()
            return result

        self.__dict__[name] = call
        return call
