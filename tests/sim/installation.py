"""The settings of a story's server."""

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from quorate.server.config import ConfiguredPerson, Settings
from tests.sim.agent import address
from tests.sim.script import Script


def settings_of(script: Script) -> Settings:
    return Settings(data=_data(), zone="UTC", public_url="https://q.test", people=_people(script))


@cache
def _data() -> Path:
    """Only the key of the room links is in it; one for all stories of a process."""
    return Path(mkdtemp(prefix="quorate-stories-"))


def _people(script: Script) -> dict[str, ConfiguredPerson]:
    return {
        name: ConfiguredPerson(
            addresses=(address(name),),
            quiet=script.quiet.get(name, ""),
            may_disturb=(script.organisers[0],) if name in script.let_in else (),
        )
        for name in sorted({*script.quiet, *script.let_in})
    }
