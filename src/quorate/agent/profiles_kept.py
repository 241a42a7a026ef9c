"""What clients have shown about channel binding, in DIR/channel-binding.json: a restart costs no login."""

import json
import logging
from pathlib import Path

from quorate.agent.private_file import write_private
from quorate.clock import Clock
from quorate.splice.channel_binding import Handling, Profile, Profiles

log = logging.getLogger(__name__)


def keep_profiles(data: Path, clock: Clock) -> Profiles:
    """Those that were kept here before; from now on every change is written down."""
    path = data / "channel-binding.json"
    profiles = Profiles()
    now, wall = clock.monotonic(), clock.now().timestamp()
    for profile, handling, until in _read(path):
        profiles.note(profile, handling, now, until - wall)
    profiles.changed = lambda: _write(path, profiles, clock)
    return profiles


def _read(path: Path) -> list[tuple[Profile, Handling, float]]:
    try:
        kept = json.loads(path.read_text())
        return [(Profile(str(d), str(s)), Handling(h), float(until)) for d, s, h, until in kept]
    except (OSError, ValueError, TypeError):
        return []


def _write(path: Path, profiles: Profiles, clock: Clock) -> None:
    now, wall = clock.monotonic(), clock.now().timestamp()
    kept = [[*profile, handling, wall + left] for profile, handling, left in profiles.all(now)]
    try:
        write_private(path, kept)
    except OSError as error:
        log.warning("channel binding not kept error=%s", error.strerror)
