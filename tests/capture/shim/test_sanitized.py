"""The same under AddressSanitizer and UBSan: what allocates, moves and frees most."""

import pytest

from tests.capture.shim.test_passing import (
    test_a_full_socket_loses_and_doubles_nothing,
    test_asyncio_sends_what_is_put_in_and_reads_it_when_the_server_speaks,
    test_swallowed_replaced_and_held_across_reads,
)

__all__ = [
    "test_a_full_socket_loses_and_doubles_nothing",
    "test_asyncio_sends_what_is_put_in_and_reads_it_when_the_server_speaks",
    "test_swallowed_replaced_and_held_across_reads",
]


@pytest.fixture(autouse=True)
def _sanitized(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUORATE_SHIM_SANITIZED", "1")
