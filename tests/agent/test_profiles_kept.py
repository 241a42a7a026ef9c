import stat
from datetime import timedelta
from pathlib import Path

import pytest

from quorate.agent.profiles_kept import keep_profiles
from quorate.clock import ManualClock
from quorate.splice.channel_binding import PROFILE_S, Handling, Profile

HERE = Profile("example.org", "5eed")


def test_what_a_client_has_shown_survives_a_restart_and_ends_in_its_time(tmp_path: Path) -> None:
    clock = ManualClock()
    keep_profiles(tmp_path, clock).note(HERE, Handling.TUNNEL, clock.monotonic())
    assert stat.S_IMODE((tmp_path / "channel-binding.json").stat().st_mode) == 0o600
    later = ManualClock(clock.now() + timedelta(days=3))
    again = keep_profiles(tmp_path, later)
    assert again.handling(HERE, later.monotonic()) is Handling.TUNNEL
    assert again.handling(HERE, later.monotonic() + PROFILE_S - 3 * 86400 + 1) is Handling.STRIP


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", '[["a", "b", "unheard-of", 1]]', '[["a", "b", "strip", {}]]']
)
def test_a_damaged_file_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "channel-binding.json").write_text(text)
    clock = ManualClock()
    profiles = keep_profiles(tmp_path, clock)
    assert profiles.all(clock.monotonic()) == []
    profiles.note(HERE, Handling.LEAVE, clock.monotonic())
    assert keep_profiles(tmp_path, clock).handling(HERE, clock.monotonic()) is Handling.LEAVE


def test_a_directory_that_is_gone_costs_no_login(tmp_path: Path) -> None:
    clock = ManualClock()
    profiles = keep_profiles(tmp_path / "gone", clock)
    profiles.note(HERE, Handling.LEAVE, clock.monotonic())
    assert profiles.handling(HERE, clock.monotonic()) is Handling.LEAVE
