import pytest

from quorate.errors import AmbiguousName, ImpossibleCount, Refused, UnknownName
from quorate.model.requirement import AllOf, Count, CountOf, CountWord, Group, Name, OneOf
from quorate.rules.choose import met
from quorate.rules.forms import people_in
from quorate.rules.parser import parse_who
from quorate.rules.resolve import MeetingOneself, TooManyAlternatives, find_person, resolve
from tests.rules.book import Book, person

KEYS = ["alice", "bob", "carol", "raj", "ines", "kofi"]
BOOK = Book(
    [
        *(person(key) for key in KEYS),
        person("anna.lee", "Anna"),
        person("anna", "Anna", "work.example"),
        *(person(f"p{i}") for i in range(20)),
    ],
    {
        "dba": ("raj", "ines", "kofi"),
        "us": ("alice", "bob"),
        "me": ("alice",),
        "none": (),
        "legal": ("carol", "kofi"),
    },
)


def test_names_become_keys_and_groups_are_filled() -> None:
    resolved = resolve(parse_who("2 of @dba and (Bob or carol@example.org)"), BOOK, organiser_key="alice")
    assert resolved == AllOf(
        (
            CountOf(Count(number=2, column=1), Group("dba", 6, ("raj", "ines", "kofi"))),
            OneOf((Name("bob", 16), Name("carol", 23))),
        )
    )


def test_the_organiser_is_left_out_of_groups() -> None:
    resolved = resolve(parse_who("any of @us"), BOOK, organiser_key="alice")
    any_of = Count(word=CountWord.ANY, column=1)
    assert resolved.parts == (CountOf(any_of, Group("us", 8, ("bob",))),)


@pytest.mark.parametrize("who", ["all of @dba", "@dba"])
def test_all_of_a_group_are_named_people(who: str) -> None:
    resolved = resolve(parse_who(f"{who} and raj"), BOOK, organiser_key="alice")
    assert people_in(resolved) == ("raj", "ines", "kofi")
    assert met(resolved, {"raj", "ines", "kofi"}.__contains__)


REFUSED: dict[str, tuple[type[Refused], int | None, str | None]] = {
    "bob and bbo": (UnknownName, 9, "bob"),
    "zacharias": (UnknownName, 1, None),
    "zed@example.org": (UnknownName, 1, None),
    "dba": (UnknownName, 1, "@dba"),
    "2 of @leagl": (UnknownName, 6, "@legal"),
    "@carol": (UnknownName, 1, "carol"),
    "@zzz": (UnknownName, 1, None),
    "bob and anna": (AmbiguousName, 9, "anna.lee@example.org"),
    "alice": (MeetingOneself, 1, None),
    "me and bob": (MeetingOneself, 1, None),
    "bob or (Me and carol)": (MeetingOneself, 9, None),
    "bob or alice@example.org": (MeetingOneself, 8, None),
    "4 of @dba": (ImpossibleCount, 1, "3 of @dba"),
    "4 of (bob, carol)": (ImpossibleCount, 1, "2 of (bob, carol)"),
    "0 of @dba": (ImpossibleCount, 1, "any of @dba"),
    "0% of @dba": (ImpossibleCount, 1, "any of @dba"),
    "200% of @dba": (ImpossibleCount, 1, "3 of @dba"),
    "bob and @me": (ImpossibleCount, 9, None),
    "any of @none": (ImpossibleCount, 8, None),
    "2 of @dba and raj and ines": (ImpossibleCount, 1, None),
    "2 of @legal and 3 of @dba": (ImpossibleCount, 1, None),
    "optional bob": (ImpossibleCount, 10, None),
    "bob or (optional carol)": (ImpossibleCount, 18, None),
    f"10 of ({', '.join(f'p{i}' for i in range(20))})": (TooManyAlternatives, None, None),
}


@pytest.mark.parametrize(
    ("text", "error", "column", "mended"), [(t, *r) for t, r in REFUSED.items()], ids=REFUSED
)
def test_what_makes_no_sense_is_refused(
    text: str, error: type[Refused], column: int | None, mended: str | None
) -> None:
    with pytest.raises(error) as refused:
        resolve(parse_who(text), BOOK, organiser_key="alice")
    assert type(refused.value) is error
    assert refused.value.column == column
    assert refused.value.suggestion == mended
    assert refused.value.remedy


def test_an_ambiguous_name_lists_the_candidates() -> None:
    with pytest.raises(AmbiguousName, match=r"anna\.lee@example\.org \(Anna\); anna@work\.example \(Anna\)"):
        find_person("Anna", BOOK)


def test_somebody_may_be_called_me() -> None:
    book = Book([person("alice"), person("me")])
    assert resolve(parse_who("me"), book, organiser_key="alice").parts == (Name("me", 1),)


def test_without_an_organiser_nobody_is_me() -> None:
    with pytest.raises(UnknownName):
        resolve(parse_who("me"), BOOK, organiser_key=None)


def test_without_an_organiser_everybody_can_be_named() -> None:
    assert resolve(parse_who("alice and @us"), BOOK, organiser_key=None).parts[0] == Name("alice", 1)


def test_one_person_is_found_by_name() -> None:
    assert find_person("kofi", BOOK).key == "kofi"
    with pytest.raises(UnknownName):
        find_person("kof1xyz", BOOK)
