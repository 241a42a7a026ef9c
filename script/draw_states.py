"""Draws the lives of an activity and of an invitation from their tables, as mermaid, into the docs.

python script/draw_states.py           prints both diagrams
python script/draw_states.py --write   puts them between the markers in the pages below
"""

import re
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from quorate.activity.lifecycle import INVITATION_TRANSITIONS, TRANSITIONS
from quorate.model.activity import ActivityState, InvitationState

S = TypeVar("S", bound=StrEnum)
Given = TypeVar("Given", bound=StrEnum)
DOCS = Path(__file__).parent.parent / "docs"
PAGES = (DOCS / "activity.md", DOCS / "architecture.md")


def diagram(first: S, table: Mapping[tuple[S, Given], S]) -> str:
    """A mermaid stateDiagram; a state nothing leads out of is an end."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {first}"]
    lines += [f"    {before} --> {after}: {given}" for (before, given), after in table.items()]
    going_on = {before for before, _ in table}
    ends = dict.fromkeys(after for after in table.values() if after not in going_on)
    lines += [f"    {state} --> [*]" for state in ends]
    return "\n".join([*lines, "```"])


def diagrams() -> dict[str, str]:
    return {
        "activity": diagram(ActivityState.WAITING, TRANSITIONS),
        "invitation": diagram(InvitationState.QUEUED, INVITATION_TRANSITIONS),
    }


def with_diagrams(page: str) -> str:
    """The page with fresh diagrams between its markers ``<!-- NAME -->`` and ``<!-- /NAME -->``."""
    for name, drawn in diagrams().items():
        between = re.search(f"<!-- {name} -->\n(.*?)<!-- /{name} -->", page, re.DOTALL)
        if between is None:
            raise ValueError(f"there is no place marked {name} on this page")
        page = f"{page[: between.start(1)]}{drawn}\n{page[between.end(1) :]}"
    return page


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        for path in PAGES:
            path.write_text(with_diagrams(path.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        print("\n\n".join(diagrams().values()))
