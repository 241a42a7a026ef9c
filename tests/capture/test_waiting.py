import pytest

from quorate.capture.waiting import Waiting


def test_the_oldest_of_the_same_peer_goes() -> None:
    waiting: Waiting[int] = Waiting(2, 100)
    assert [waiting.add(n, peer) for n, peer in ((1, "10.0.0.1"), (2, "10.0.0.2"), (3, "10.0.0.1"))] == [
        None
    ] * 3
    assert waiting.add(4, "10.0.0.1") == 1
    waiting.remove(1)
    assert waiting.all() == [2, 3, 4]


def test_the_oldest_of_all_goes_when_everybody_is_too_many() -> None:
    waiting: Waiting[int] = Waiting(10, 3)
    assert [waiting.add(n, f"10.0.0.{n}") for n in range(4)] == [None, None, None, 0]


def test_who_has_left_counts_no_more() -> None:
    waiting: Waiting[int] = Waiting(1, 10)
    waiting.add(1, "10.0.0.1")
    waiting.remove(1)
    waiting.remove(1)
    assert waiting.add(2, "10.0.0.1") is None
    assert (len(waiting), 2 in waiting, 1 in waiting) == (1, True, False)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.2", False),
        ("::1", "::2", False),
        ("10.0.0.1", "10.0.0.2", False),
        ("", "", True),
    ],
)
def test_one_peer_is_an_address_or_an_ipv6_network(one: str, other: str, same: bool) -> None:
    waiting: Waiting[str] = Waiting(1, 10)
    waiting.add("first", one)
    assert (waiting.add("second", other) == "first") is same
