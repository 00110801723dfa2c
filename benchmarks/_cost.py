"""What running a function costs: time, processor time and memory, in a process of its own."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import psutil

_EVERY = 0.02
"""Seconds between two looks at the memory."""
T = TypeVar("T")


@dataclass(frozen=True)
class Cost:
    """What one run took: `seconds` on the clock, processor seconds, and the peak of memory in MB."""

    seconds: float
    processor_seconds: float
    peak_mb: float


def apart(function: Callable[..., T], *arguments: object) -> T:
    """`function` in a new process, so that neither memory nor warm caches of another run count."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as executor:
        return executor.submit(function, *arguments).result()


@contextmanager
def measured() -> Iterator[Callable[[], Cost]]:
    """Gives a function that tells, after the block, what the block cost this process."""
    process, over = psutil.Process(), threading.Event()
    peaks = [process.memory_info().rss]

    def watch() -> None:
        while not over.wait(_EVERY):
            peaks[0] = max(peaks[0], process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    began, used = time.perf_counter(), time.process_time()
    spent: list[float] = []
    try:
        yield lambda: Cost(spent[0], spent[1], peaks[0] / 1e6)
    finally:
        spent.extend((time.perf_counter() - began, time.process_time() - used))
        over.set()
        watcher.join()
