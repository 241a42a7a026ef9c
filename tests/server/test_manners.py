"""Who is left alone and by whom: the config's word, over a real socket."""

from pathlib import Path

import pytest

from quorate.clock import ManualClock
from quorate.errors import Misconfigured
from quorate.model.activity import ActivityState
from quorate.model.address import xmpp
from quorate.model.evidence import Presence
from quorate.model.person import Person
from quorate.model.reasons import Reason
from quorate.server.config import ConfiguredPerson, load_settings
from quorate.server.manners import Manners
from quorate.server.present import present_activity
from tests.server.hub_parts import ALICE, BOB, at_the_desk, connected, in_state, running, until

ALL_DAY = "00:00-23:59"


def bob(*may_disturb: str, quiet: str = "") -> dict[str, ConfiguredPerson]:
    return {"bob": ConfiguredPerson(addresses=(BOB,), quiet=quiet, may_disturb=may_disturb)}


async def test_quiet_hours_are_kept_and_told(tmp_path: Path) -> None:
    settings = {"people": bob(quiet=ALL_DAY), "zone": "UTC"}
    async with running(tmp_path, ManualClock(), **settings) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=Presence.ONLINE)
        agent.types(desk, "meet bob urgent")
        assert "bob (quiet hours until 23:59)" in (await agent.said("Q1")).text
        activity = await until(hub, "Q1", in_state(ActivityState.WAITING))
        assert present_activity(hub, activity).people[0].reason == Reason.QUIET
        assert hub.check("bob", hub.vantage(None)).verdict == "no"


@pytest.mark.parametrize("name", ["alice", ALICE, "Alice", f"xmpp:{ALICE}"])
async def test_who_is_on_the_list_passes_if_it_is_urgent_and_says_why(tmp_path: Path, name: str) -> None:
    async with (
        running(tmp_path, ManualClock(), people=bob(name, quiet=ALL_DAY), zone="UTC") as hub,
        connected(tmp_path) as agent,
    ):
        desk = at_the_desk(agent, bob=Presence.ONLINE)
        agent.types(desk, "meet bob urgent")
        assert "These are your quiet hours; alice is on your list" in (await agent.told(BOB)).text
        assert "as they let you (quiet hours)" in " ".join(hub.explain("Q1").lines)


async def test_do_not_disturb_is_passed_the_moment_it_begins(tmp_path: Path) -> None:
    """By what is urgent, whatever else waits for the same person."""
    async with running(tmp_path, people=bob("alice")) as hub, connected(tmp_path) as agent:
        desk = at_the_desk(agent, bob=Presence.OFFLINE)
        wishes = "meet bob", "meet bob", "meet bob urgent", "meet bob"
        for number, wish in enumerate(wishes, 1):
            agent.types(desk, wish)
            await until(hub, f"Q{number}", in_state(ActivityState.WAITING))
        agent.sees(desk, BOB, Presence.BUSY)
        assert "You are on do-not-disturb; alice is on your list" in (await agent.told(BOB)).text


def test_the_owner_has_quiet_hours_on_every_own_account(tmp_path: Path) -> None:
    file = tmp_path / "quorate.toml"
    file.write_text('quiet = "00:00-23:59"\nzone = "UTC"\nmay_disturb = ["bob"]\n')
    settings = load_settings(file)
    own, other = (Person(key=k, name=k, addresses=(xmpp(f"{k}@example.org"),)) for k in ("alice", "bob"))
    manners = Manners(settings, ManualClock(), lambda: [xmpp(ALICE)])
    assert manners.quiet_until(own) is not None
    assert manners.quiet_until(other) is None
    assert manners.may_disturb(own, other)
    assert not manners.may_disturb(other, own)


def test_what_is_no_span_is_refused_with_the_setting(tmp_path: Path) -> None:
    file = tmp_path / "quorate.toml"
    file.write_text('[people.bob]\naddresses = ["bob@example.org"]\nquiet = "late"\n')
    with pytest.raises(Misconfigured, match=r"people\.bob\.quiet.*22:00-07:00"):
        load_settings(file)
