from typing import cast

import pytest

from quorate.activity.substitutes import with_substitute
from quorate.model.requirement import AllOf
from quorate.rules.choose import met
from quorate.rules.parser import parse_who
from quorate.rules.text import to_text
from tests.activity.world import filled

CASES = {
    # name: (before, who says "sub kim", after)
    "a name": ("lena", "lena", "kim or lena"),
    "one of several": ("raj, lena", "lena", "raj and (kim or lena)"),
    "a choice": ("lena or omar", "omar", "lena or kim or omar"),
    "inside brackets": ("raj or (lena and omar)", "omar", "raj or (lena and (kim or omar))"),
    "all of a group": ("@pair", "dad", "(mum and (kim or dad))"),
    "somebody else": ("lena or omar", "raj", "lena or omar"),
    "optional": ("raj, optional lena", "lena", "raj and optional (kim or lena)"),
    "some of a list": ("2 of (raj, lena, omar)", "lena", "2 of (raj, kim or lena, omar)"),
}


@pytest.mark.parametrize(("before", "who", "after"), CASES.values(), ids=CASES)
def test_the_substitute_stands_before_whom_they_replace(before: str, who: str, after: str) -> None:
    changed = with_substitute(cast(AllOf, filled(parse_who(before))), who, "kim")
    assert to_text(changed) == to_text(cast(AllOf, filled(parse_who(after))))


@pytest.mark.parametrize(
    ("before", "need"),
    [("any of @dba", 1), ("half of @dba", 2), ("most of @dba", 2), ("all of @dba", 3), ("34% of @dba", 2)],
)
def test_a_group_with_a_substitute_needs_as_many_as_before(before: str, need: int) -> None:
    changed = with_substitute(cast(AllOf, filled(parse_who(before))), "raj", "kim")
    available = ["kim", "ines", "kofi"]
    assert met(changed, frozenset(available[:need]).__contains__)
    assert not met(changed, frozenset(available[: need - 1]).__contains__)


def test_a_member_as_substitute_changes_nothing_but_the_wording() -> None:
    changed = with_substitute(cast(AllOf, filled(parse_who("2 of @dba"))), "raj", "ines")
    assert changed == filled(parse_who("2 of @dba"))
