import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quorate.errors import NotSyntax
from quorate.model.requirement import (
    AllOf,
    Count,
    CountOf,
    CountWord,
    Group,
    Name,
    OneOf,
    Optional,
    Requirement,
)
from quorate.rules.parser import MAX_CHARACTERS, MAX_DEPTH, MAX_TERMS, parse_who
from quorate.rules.text import to_text

A, B, C = Name("a"), Name("b"), Name("c")
G = Group("g")


def plain(part: Any) -> Any:
    """Without columns."""
    if isinstance(part, tuple):
        return tuple(plain(p) for p in part)
    if not dataclasses.is_dataclass(part) or isinstance(part, type):
        return part
    values = {f.name: plain(getattr(part, f.name)) for f in dataclasses.fields(part)}
    return type(part)(**{**values, **({"column": 0} if "column" in values else {})})


READ: dict[str, tuple[str, tuple[Any, ...]]] = {
    "one": ("a", (A,)),
    "comma, and, plus": ("a, b and c + a", (A, B, C, A)),
    "comma and": ("a, b, and c", (A, B, C)),
    "keywords in any case": ("a AND OPTIONAL b Or c", (A, Optional(OneOf((B, C))))),
    "or binds tighter": ("a and b or c", (A, OneOf((B, C)))),
    "group": ("@g", (G,)),
    "number of a group": ("2 of @g", (CountOf(Count(number=2), G),)),
    "word of a list": ("Any of (a, b)", (CountOf(Count(word=CountWord.ANY), AllOf((A, B))),)),
    "percent": ("50 % of @g", (CountOf(Count(percent=50), G),)),
    "nested": ("(a and (b or c)) or a", (OneOf((AllOf((A, OneOf((B, C)))), A)),)),
    "needless parentheses": ("((a))", (A,)),
    "or in or": ("(a or b) or c", (OneOf((A, B, C)),)),
    "quoted": ('"Anna Lee" and “and” and „Jo“', (Name("Anna Lee"), Name("and"), Name("Jo"))),
    "address": ("anna.lee@example.org", (Name("anna.lee@example.org"),)),
    "address with plus": ("a+b@example.org", (Name("a+b@example.org"),)),
    "address with scheme": ("xmpp:a@x", (Name("xmpp:a@x"),)),
    "plus before a group": ("a+@g", (A, G)),
    "any script": ("रवि, 李雷 and Žofie.k_2-x", (Name("रवि"), Name("李雷"), Name("Žofie.k_2-x"))),
    "group with a space": (
        'all of @"Close Friends"',
        (CountOf(Count(word=CountWord.ALL), Group("Close Friends")),),
    ),
    "keyword inside a name": ("android or oreo", (OneOf((Name("android"), Name("oreo"))),)),
    "digits in a name": ("2fast and x2", (Name("2fast"), Name("x2"))),
    "list with choices": ("1 of (a or b, c)", (CountOf(Count(number=1), AllOf((OneOf((A, B)), C))),)),
}


@pytest.mark.parametrize(("text", "parts"), READ.values(), ids=READ)
def test_what_is_in_the_language_is_read(text: str, parts: tuple[Any, ...]) -> None:
    assert plain(parse_who(text)) == AllOf(parts)


def test_columns_point_into_the_line() -> None:
    parts = parse_who("2 of @dba and lena", column=6).parts
    assert parts == (
        CountOf(Count(number=2, column=6), Group("dba", column=11)),
        Name("lena", column=20),
    )


REFUSED: dict[str, tuple[str, int, str | None]] = {
    # name: (text, column, the whole mended)
    "off": ("2 off @dba", 3, "2 of @dba"),
    "of forgotten": ("2 @dba", 3, "2 of @dba"),
    "at sign forgotten": ("2 of dba", 6, "2 of @dba"),
    "number in words": ("two of @dba", 5, "2 of @dba"),
    "list without parentheses": ("2 of bob, carol, dave", 6, "2 of (bob, carol, dave)"),
    "nothing between": ("bob carol", 5, "bob and carol"),
    "typo in and": ("bob adn carol", 5, "bob and carol"),
    "ampersand": ("bob & carol", 5, "bob and carol"),
    "bar": ("bob|carol", 4, "bob or carol"),
    "unfinished": ("bob and", 8, "bob"),
    "not closed": ("(bob or carol", 14, "(bob or carol)"),
    "not opened": ("bob)", 4, "bob"),
    "double comma": ("bob,, carol", 5, "bob, carol"),
    "space after at": ("2 of @ dba", 6, None),
    "optional inside or": ("a or optional b", 6, "a or b"),
    "nothing": ("", 1, None),
    "blank": ("  ", 1, None),
    "only a keyword": ("and", 1, None),
    "empty quotes": ('a and ""', 7, None),
    "open quote": ('"Anna Lee', 1, '"Anna Lee"'),
    "any without of": ("any @dba", 5, "any of @dba"),
}


@pytest.mark.parametrize(("text", "column", "mended"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_is_refused_at_its_column(text: str, column: int, mended: str | None) -> None:
    with pytest.raises(NotSyntax) as refused:
        parse_who(text)
    assert refused.value.column == column
    assert refused.value.problem.startswith(f"Column {column}: ")
    assert refused.value.remedy
    if mended is not None:
        assert refused.value.suggestion == mended
    if refused.value.suggestion:
        parse_who(refused.value.suggestion)


LIMITS = {
    "characters": ("a, " * MAX_CHARACTERS, "characters"),
    "depth": ("(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1), "deeper"),
    "terms": (",".join(["a"] * (MAX_TERMS + 1)), "names"),
}


@pytest.mark.parametrize(("text", "word"), LIMITS.values(), ids=LIMITS)
def test_limits_are_refused_clearly(text: str, word: str) -> None:
    with pytest.raises(NotSyntax, match=word):
        parse_who(text)


def test_the_limits_themselves_are_read() -> None:
    assert parse_who("(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH).parts == (Name("a", column=101),)
    assert len(parse_who(",".join(["a"] * MAX_TERMS)).parts) == MAX_TERMS


def test_a_huge_count_is_a_count() -> None:
    counted = parse_who("9" * 5000 + " of @g").parts[0]
    assert isinstance(counted, CountOf)
    assert counted.count.number == 999_999_999


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read = parse_who(text)
    except NotSyntax as refused:
        column = refused.column or 0
    else:
        column = 1
        assert plain(parse_who(to_text(read))) == plain(read)
    assert 1 <= column <= len(text) + 1


_pieces = st.sampled_from(
    ["a", "and", "or", "of", "2", "50%", "any", "@g", "(", ")", ",", "optional", '"x y"', "+", "a@b"]
)


@given(st.lists(_pieces, max_size=12).map(" ".join))
@settings(max_examples=150, deadline=None)
def test_nearly_right_text_is_read_or_mended(text: str) -> None:
    try:
        read = parse_who(text)
    except NotSyntax as refused:
        if refused.suggestion:
            parse_who(refused.suggestion)
    else:
        assert plain(parse_who(to_text(read))) == plain(read)


_names = st.one_of(
    st.sampled_from(["a", "b", "Anna Lee", "and", "12", "x.y-z_1", "c+d@example.org"]),
    st.text(
        st.characters(exclude_categories=("C", "Z"), exclude_characters='"“”„«»'), min_size=1, max_size=8
    ),
).map(lambda text: plain(parse_who(f'"{text}"')).parts[0])
_groups = st.sampled_from([Group("g"), Group("Close Friends")])
_counts = st.one_of(
    st.integers(0, 99).map(lambda n: Count(number=n)),
    st.sampled_from(CountWord).map(lambda w: Count(word=w)),
    st.integers(0, 150).map(lambda p: Count(percent=p)),
)


def _larger(units: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    or_ = st.lists(units, min_size=2, max_size=3).map(lambda u: OneOf(tuple(u)))
    part = st.one_of(units, or_, st.one_of(units, or_).map(Optional))
    listed = st.lists(part, min_size=2, max_size=3).map(lambda p: AllOf(tuple(p)))
    return st.one_of(listed, st.builds(CountOf, _counts, listed))


_units = st.recursive(st.one_of(_names, _groups, st.builds(CountOf, _counts, _groups)), _larger, max_leaves=8)
_wholes: st.SearchStrategy[Requirement] = st.lists(
    st.one_of(
        _units, _units.map(Optional), st.lists(_units, min_size=2, max_size=3).map(lambda u: OneOf(tuple(u)))
    ),
    min_size=1,
    max_size=3,
).map(lambda parts: AllOf(tuple(parts)))


@given(_wholes)
@settings(max_examples=60, deadline=None)
def test_written_and_read_again_it_is_the_same_text(requirement: Requirement) -> None:
    text = to_text(requirement)
    assert to_text(parse_who(text)) == to_text(parse_who(to_text(parse_who(text))))
    assert sorted(_leaves(plain(parse_who(text)))) == sorted(_leaves(requirement))


def _leaves(part: Any) -> list[str]:
    if isinstance(part, Name):
        return [part.text]
    if isinstance(part, Group):
        return ["@" + part.name]
    if isinstance(part, CountOf):
        return _leaves(part.of)
    if isinstance(part, Optional):
        return _leaves(part.part)
    inner = part.choices if isinstance(part, OneOf) else part.parts
    return [leaf for p in inner for leaf in _leaves(p)]
