import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.model.requirement import Count, CountWord
from quorate.rules.count import count_text, needed

CASES = {
    "number": (Count(number=2), 5, 2),
    "any": (Count(word=CountWord.ANY), 5, 1),
    "all": (Count(word=CountWord.ALL), 5, 5),
    "half, rounded up": (Count(word=CountWord.HALF), 5, 3),
    "half, even": (Count(word=CountWord.HALF), 4, 2),
    "most of five": (Count(word=CountWord.MOST), 5, 3),
    "most of four": (Count(word=CountWord.MOST), 4, 3),
    "percent, rounded up": (Count(percent=34), 3, 2),
    "percent, exact": (Count(percent=50), 4, 2),
    "percent, at least one": (Count(percent=1), 3, 1),
}


@pytest.mark.parametrize(("count", "size", "need"), CASES.values(), ids=CASES)
def test_how_many_a_count_means(count: Count, size: int, need: int) -> None:
    assert needed(count, size) == need


@given(st.sampled_from(CountWord), st.integers(1, 50))
def test_a_word_never_means_nobody_or_more_than_there_are(word: CountWord, size: int) -> None:
    assert 1 <= needed(Count(word=word), size) <= size


def test_counts_are_written_as_typed() -> None:
    counts = [Count(number=2), Count(word=CountWord.HALF), Count(percent=50)]
    assert [count_text(c) for c in counts] == ["2", "half", "50%"]
