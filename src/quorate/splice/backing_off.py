"""Servers that do not want to be asked so often are left alone for a while, and for longer each time. INJ-6.

Each domain for itself: an error comes in the name of who was asked, so that one server somewhere could
otherwise keep everybody from being asked.
"""

FIRST_S = 60.0
LONGEST_S = 3600.0
MAX_DOMAINS = 256
_SLOW_DOWN = frozenset({"policy-violation", "resource-constraint"})


class BackingOff:
    def __init__(self) -> None:
        self._quiet: dict[str, tuple[float, float]] = {}
        """Domain -> until when it is left alone, and how long that is."""

    def heard(self, domain: str, condition: str, now: float) -> None:
        """An error of this condition (RFC 6120 section 8.3.3) has come for somebody there."""
        if condition not in _SLOW_DOWN or self.quiet(domain, now):
            return
        until, length = self._quiet.pop(domain, (0.0, 0.0))
        # who has had peace for as long again has forgotten
        again = length and now < until + length
        length = min(2 * length, LONGEST_S) if again else FIRST_S
        self._quiet[domain] = now + length, length
        if len(self._quiet) > MAX_DOMAINS:
            del self._quiet[next(iter(self._quiet))]

    def quiet(self, domain: str, now: float) -> bool:
        """Nobody there is to be asked about now."""
        return now < self._quiet.get(domain, (0.0, 0.0))[0]
