import importlib.util
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import pytest

from quorate.activity.lifecycle import INVITATION_TRANSITIONS, TRANSITIONS, Move, Turned
from quorate.machine import IllegalStep, step
from quorate.model.activity import OVER, ActivityState, InvitationState

ROOT = Path(__file__).parents[2]


S = TypeVar("S", bound=StrEnum)
Given = TypeVar("Given", bound=StrEnum)


def reachable(first: S, table: Mapping[tuple[S, Given], S]) -> set[S]:
    found, grown = {first}, True
    while grown:
        further = {after for (before, _), after in table.items() if before in found} - found
        found, grown = found | further, bool(further)
    return found


def test_every_state_can_be_reached() -> None:
    assert reachable(ActivityState.WAITING, TRANSITIONS) == set(ActivityState)
    assert reachable(InvitationState.QUEUED, INVITATION_TRANSITIONS) == set(InvitationState)


@pytest.mark.parametrize("state", ActivityState)
def test_exactly_the_states_that_are_over_have_no_way_on(state: ActivityState) -> None:
    ways = [move for before, move in TRANSITIONS if before is state]
    assert (ways == []) == (state in OVER)


def test_every_input_is_legal_somewhere() -> None:
    assert {move for _, move in TRANSITIONS} == set(Move)
    assert {turned for _, turned in INVITATION_TRANSITIONS} == set(Turned)


@pytest.mark.parametrize("state", sorted(OVER))
@pytest.mark.parametrize("move", Move)
def test_what_is_over_stays_over(state: ActivityState, move: Move) -> None:
    with pytest.raises(IllegalStep):
        step(TRANSITIONS, state, move)


def test_the_diagrams_in_the_docs_are_fresh() -> None:
    script = ROOT / "script" / "draw_states.py"
    spec = importlib.util.spec_from_file_location("draw_states", script)
    assert spec is not None
    assert spec.loader is not None
    draw_states = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(draw_states)
    assert len(draw_states.PAGES) == 2
    for path in draw_states.PAGES:
        page = path.read_text(encoding="utf-8")
        assert draw_states.with_diagrams(page) == page, "run: python script/draw_states.py --write"
