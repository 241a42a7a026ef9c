"""How often something can be done in a second."""

import gc
import time
from collections.abc import Callable


def rate(do: Callable[[int], object], seconds: float) -> float:
    """How often in a second of one core's time, whoever else uses the machine."""
    gc.collect()
    began, i, spent, batch = time.process_time(), 0, 0.0, 1
    while spent < seconds:
        for _ in range(batch):
            do(i)
            i += 1
        before, spent = spent, time.process_time() - began
        batch += (
            batch if spent - before < 0.001 else 0
        )  # to look at the clock costs as much as a small change
    return i / spent
