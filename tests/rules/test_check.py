import pytest

from quorate.errors import NotSyntax, UnknownName
from quorate.model.availability import Availability
from quorate.rules.check import offline_check

STATES = {
    "raj": Availability.AVAILABLE,
    "kofi": Availability.AWAY,
    "vera": Availability.BUSY,
    "lena": Availability.OFFLINE,
    "omar": Availability.AVAILABLE,
    "ines": Availability.AVAILABLE,
}
GROUPS = {"dba": ["raj", "kofi", "vera"], "presales": ["raj", "ines", "omar", "lena"]}

CASES: dict[str, tuple[str, str, list[str], list[str], list[str]]] = {
    # name: (who, verdict, ring, then, missing)
    "yes": ("raj and (lena or omar)", "yes", ["raj", "omar"], [], []),
    "the next in order": ("any of @presales", "yes", ["raj"], ["ines", "omar"], []),
    "no, a place": (
        "2 of @dba and omar",
        "no",
        [],
        [],
        ["1 of @dba is missing: kofi is away, vera busy"],
    ),
    "no, several places": ("all of @dba", "no", [], [], ["2 of @dba are missing: kofi is away, vera busy"]),
    "no, named": ("lena and kofi", "no", [], [], ["lena is offline", "kofi is away"]),
    "no, of a choice": (
        "lena or kofi",
        "no",
        [],
        [],
        ["lena or kofi is missing: lena is offline, kofi away"],
    ),
    "unknown": ("raj and zoe", "unknown", [], [], ["zoe is unknown"]),
    "optional does not matter": ("raj, optional lena", "yes", ["raj"], [], []),
    "needed elsewhere": (
        "1 of @dba and raj",
        "no",
        [],
        [],
        ["1 of @dba is missing: kofi is away, vera busy"],
    ),
}


@pytest.mark.parametrize(("who", "verdict", "ring", "then", "missing"), CASES.values(), ids=CASES)
def test_the_answer(who: str, verdict: str, ring: list[str], then: list[str], missing: list[str]) -> None:
    answer = offline_check(who, STATES, GROUPS).as_json()
    assert answer["verdict"] == verdict
    assert answer["ring"] == ring
    assert answer["then"] == then
    assert answer["missing"] == missing


def test_the_answer_counts_who_could_be_asked() -> None:
    answer = offline_check("any of @presales", STATES, GROUPS)
    assert (answer.candidates, answer.of) == (3, 4)


def test_the_trace_has_a_line_for_each_node() -> None:
    answer = offline_check("2 of @dba and (lena or omar)", STATES, GROUPS).as_json()
    assert [(line["path"], line["says"]) for line in answer["trace"]] == [
        ("", "no"),
        ("1", "no"),
        ("2", "yes"),
        ("2.1", "no"),
        ("2.2", "yes"),
    ]
    assert set(answer["trace"][0]) == {"path", "text", "says", "why"}


def test_names_need_not_exist_but_groups_must() -> None:
    assert offline_check("Raj", STATES, {}).ring == ("raj",)
    with pytest.raises(UnknownName) as unknown:
        offline_check("any of @dba", {"bob": Availability.AWAY}, {})
    assert unknown.value.suggestion is None
    assert "--group" in unknown.value.remedy
    with pytest.raises(NotSyntax):
        offline_check("2 off @dba", STATES, GROUPS)


def test_a_long_list_of_reasons_is_cut() -> None:
    members = [f"p{i}" for i in range(30)]
    states = dict.fromkeys(members, Availability.OFFLINE)
    answer = offline_check("all of @g", states, {"g": members})
    assert answer.missing[0].endswith("p5 offline and 24 more")
