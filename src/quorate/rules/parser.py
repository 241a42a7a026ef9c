"""Reads who must come: ``2 of @dba and (lena or omar), optional eve`` to an unresolved Requirement.

The language is the contract of design section 6, its grammar is grammar.lark. Columns count from 1.
"""

import unicodedata
from functools import lru_cache
from importlib.resources import files
from typing import cast

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedToken

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
    Part,
    Requirement,
    Unit,
)
from quorate.rules.mend import blame, mended

MAX_CHARACTERS = 20_000
MAX_DEPTH = 100
MAX_TERMS = 2_000
MAX_COUNT_DIGITS = 9  # enough to be impossible; keeps int() cheap

_GRAMMAR = Lark(
    (files("quorate.rules") / "grammar.lark").read_text("utf-8"),
    parser="lalr",
    lexer="basic",
    propagate_positions=False,
)
_TERMS = frozenset({"NAME", "QUOTED", "ADDRESS", "GROUP"})


def parse_who(text: str, *, column: int = 1) -> Requirement:
    """Read a requirement; ``column`` is where ``text`` begins in the line it was typed in.

    Raises NotSyntax, whose column points into that line and whose suggestion mends ``text``.
    """
    _limit_length(text, column)
    try:
        return _read(text, column)
    except (UnexpectedToken, UnexpectedCharacters) as error:
        at, token = _where(error, text)
        fault = blame(text, at, token)
        raise NotSyntax(
            f"Column {at + column}: {fault.problem}",
            remedy=fault.remedy,
            column=at + column,
            suggestion=mended(text, at, token, parses),
        ) from error


def parses(text: str) -> bool:
    """Whether ``text`` is in the language."""
    try:
        _limit_length(text, 1)
        _read(text, 1)
    except (UnexpectedToken, UnexpectedCharacters, NotSyntax):
        return False
    return True


@lru_cache(maxsize=32)  # what is typed is looked at by the agent's check, by the command and for its people
def _read(text: str, column: int) -> Requirement:
    _limit_tokens(list(_GRAMMAR.lex(text)), column)
    return _Build(column).transform(_GRAMMAR.parse(text))


def _where(error: UnexpectedToken | UnexpectedCharacters, text: str) -> tuple[int, str]:
    """0-based offset of the trouble and what stands there; the empty string at the end."""
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        return len(text.rstrip()), ""
    at = error.pos_in_stream or 0
    if isinstance(error, UnexpectedToken):
        return at, str(error.token)
    return at, text[at]


def _limit_length(text: str, column: int) -> None:
    if len(text) > MAX_CHARACTERS:
        raise NotSyntax(
            f"This is {len(text):,} characters long; at most {MAX_CHARACTERS:,} are read.",
            remedy="Put people into a group and name the group.",
            column=column + MAX_CHARACTERS,
        )


def _limit_tokens(tokens: list[Token], column: int) -> None:
    depth = terms = 0
    for token in tokens:
        depth += (token.type == "LPAR") - (token.type == "RPAR")
        terms += token.type in _TERMS
        at = (token.start_pos or 0) + column
        if depth > MAX_DEPTH:
            raise NotSyntax(
                f"Column {at}: parentheses are nested deeper than {MAX_DEPTH}.",
                remedy="Leave out parentheses that change nothing.",
                column=at,
            )
        if terms > MAX_TERMS:
            raise NotSyntax(
                f"Column {at}: more than {MAX_TERMS:,} names.",
                remedy="Put people into a group and name the group.",
                column=at,
            )


@lru_cache(maxsize=4096)
def normal(name: str) -> str:
    """A name or group as it is compared and kept: NFC, single spaces."""
    return " ".join(unicodedata.normalize("NFC", name).split())


class _Build(Transformer[Token, Requirement]):
    """Parse tree to Requirement; parentheses that change nothing leave no trace."""

    def __init__(self, column: int) -> None:
        super().__init__(visit_tokens=False)
        self._column = column

    def _at(self, token: Token) -> int:
        return (token.start_pos or 0) + self._column

    def start(self, items: list[Part | Token]) -> AllOf:
        return AllOf(tuple(_bare(i) for i in items if not isinstance(i, Token)))

    def optional(self, items: list[Unit | OneOf | Token]) -> Optional:
        part = _bare(cast(Part, items[1]))
        return part if isinstance(part, Optional) else Optional(part)

    def part(self, items: list[Part]) -> Part:
        return items[0]

    def choice(self, items: list[Unit | Token]) -> Part:
        units = [i for i in items if not isinstance(i, Token)]
        if len(units) == 1:
            return units[0]
        flat: list[Unit] = []
        for unit in units:
            bare = _bare(unit)
            if isinstance(bare, OneOf):
                flat.extend(bare.choices)
            else:
                flat.append(unit if isinstance(bare, Optional) else bare)
        return OneOf(tuple(flat))

    def name(self, items: list[Token]) -> Name:
        token = items[0]
        text = token[1:-1] if token.type == "QUOTED" else str(token)
        return Name(normal(text), self._at(token))

    def group(self, items: list[Token]) -> Group:
        return Group(normal(items[0][1:].strip('"')), self._at(items[0]))

    def nested(self, items: list[Token | AllOf]) -> AllOf:
        return cast(AllOf, items[1])

    def count_of(self, items: list[Token | Count | Group | AllOf]) -> CountOf:
        return CountOf(cast(Count, items[0]), cast("Group | AllOf", items[2]))

    def count(self, items: list[Token]) -> Count:
        token, at = items[0], self._at(items[0])
        if token.type == "INTEGER":
            return Count(number=_integer(token), column=at)
        if token.type == "PERCENT":
            return Count(percent=_integer(token.rstrip("% \t")), column=at)
        return Count(word=CountWord(token.lower()), column=at)


def _integer(digits: str) -> int:
    return int(digits.lstrip("0")[:MAX_COUNT_DIGITS] or "0")


def _bare(part: Part) -> Part:
    """``(x)`` is x."""
    while isinstance(part, AllOf) and len(part.parts) == 1:
        part = part.parts[0]
    return part
