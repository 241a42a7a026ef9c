"""Each target for a moment: everything in the corpus, then variations of it, the same in every run."""

import time

import pytest

from tests.fuzz.mutate import corpus, variations
from tests.fuzz.targets import TARGETS

MOMENT_S = 0.5
SEED = 198


@pytest.mark.parametrize("name", TARGETS)
def test_what_was_once_a_problem_is_none(name: str) -> None:
    for data in corpus(name):
        TARGETS[name](data)


@pytest.mark.parametrize("name", TARGETS)
def test_variations(name: str) -> None:
    end = time.process_time() + MOMENT_S
    for data in variations(corpus(name), SEED):
        try:
            TARGETS[name](data)
        except Exception as error:
            raise AssertionError(f"{name} fails with {data!r}") from error
        if time.process_time() > end:
            break
