"""How many a count means, for a set of a given size (design section 6)."""

from quorate.model.requirement import Count, CountWord


def needed(count: Count, size: int) -> int:
    """``half`` is ⌈n/2⌉, ``most`` ⌊n/2⌋+1, ``P%`` ⌈P·n/100⌉, ``any`` 1; words and percentages at least 1."""
    if count.number is not None:
        return count.number
    if count.percent is not None:
        return max(1, -(-count.percent * size // 100))
    match count.word:
        case CountWord.ALL:
            return max(1, size)
        case CountWord.HALF:
            return max(1, -(-size // 2))
        case CountWord.MOST:
            return size // 2 + 1
        case _:
            return 1


def count_text(count: Count) -> str:
    if count.number is not None:
        return str(count.number)
    return f"{count.percent}%" if count.percent is not None else str(count.word)
