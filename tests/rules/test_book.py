from quorate.rules.book import SupposedBook


def test_given_names_are_found_in_any_case_and_others_as_typed() -> None:
    book = SupposedBook(["Bob"], {"@dba": ["raj", "BOB"]})
    assert [p.key for p in book.find("bob")] == ["Bob"]
    assert [p.key for p in book.find("zoe")] == ["zoe"]
    assert book.group("DBA") == ("raj", "Bob")
    assert book.group("ops") is None
    assert list(book.group_names()) == ["dba"]
    assert list(book.names()) == ["Bob", "raj"]
