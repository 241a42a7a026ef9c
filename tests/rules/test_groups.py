import pytest

from quorate.rules.groups import MAX_DEPTH, GroupInItself, opened

OPENED = {
    "people": ({"a": ["bob", "kim"]}, ("bob", "kim")),
    "a group in a group": ({"a": ["@b", "kim"], "b": ["bob"]}, ("bob", "kim")),
    "written in capitals": ({"a": ["@B"], "b": ["bob"]}, ("bob",)),
    "the same twice": ({"a": ["@b", "@c"], "b": ["@c", "bob"], "c": ["bob", "kim"]}, ("bob", "kim")),
    "an address": ({"a": ["bob@example.org"]}, ("bob@example.org",)),
    "of which nothing is known": ({"a": ["@friends", "bob"]}, ("@friends", "bob")),
    "nobody": ({"a": ["@b"], "b": []}, ()),
}


@pytest.mark.parametrize(("groups", "members"), OPENED.values(), ids=OPENED)
def test_groups_in_groups_are_opened(groups: dict[str, list[str]], members: tuple[str, ...]) -> None:
    assert opened("A", groups) == members


@pytest.mark.parametrize(
    ("groups", "way"),
    [
        ({"a": ["@a"]}, "@a → @a"),
        ({"a": ["bob", "@b"], "b": ["@c"], "c": ["@b"]}, "@b → @c → @b"),
    ],
)
def test_a_group_in_itself_is_refused_with_the_way(groups: dict[str, list[str]], way: str) -> None:
    with pytest.raises(GroupInItself) as refused:
        opened("a", groups)
    assert way in refused.value.problem


def test_a_thousand_groups_one_inside_the_other_are_refused() -> None:
    deep = {f"g{n}": [f"@g{n + 1}"] for n in range(1000)} | {"g1000": ["bob"]}
    with pytest.raises(GroupInItself, match=f"More than {MAX_DEPTH}"):
        opened("g0", deep)


def test_many_groups_that_name_the_same_cost_little() -> None:
    """Each names the next one twice: opened one by one these would be 2 to the 90th people."""
    wide = {f"g{n}": [f"@g{n + 1}", f"@g{n + 1}"] for n in range(90)} | {"g90": ["bob"]}
    assert opened("g0", wide) == ("bob",)
