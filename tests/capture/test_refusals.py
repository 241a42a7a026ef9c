import logging

import pytest

from quorate.capture.refusals import Refusals


def test_a_flood_is_one_line_a_second_and_nothing_is_lost_count_of(caplog: pytest.LogCaptureFixture) -> None:
    refusals = Refusals()
    with caplog.at_level(logging.WARNING):
        for n in range(10_000):
            refusals.note("crowded-out", 100.0 + n / 5000)
        refusals.note("forbidden-port", 101.0)
    assert [record.getMessage() for record in caplog.records] == [
        "refused reason=crowded-out times=1",
        "refused reason=crowded-out times=5000",
        "refused reason=forbidden-port times=1",
    ]
