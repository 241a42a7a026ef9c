"""Python's cycle collector looks at everything that lives, again and again, while much is being made."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def not_collecting() -> Iterator[None]:
    """While nothing but what stays is made: half the time of a start with many activities."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@contextmanager
def loading() -> Iterator[None]:
    """While what a process lives with is made: it is left out of every later look."""
    gc.collect()
    with not_collecting():
        yield
        gc.freeze()
