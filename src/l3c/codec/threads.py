"""Work over a pool of threads, in order."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from l3c.errors import InputError

T = TypeVar("T")
R = TypeVar("R")


def thread_count(threads: int | None) -> int:
    """None: as many as processors this process may use. Raises InputError for less than 1."""
    if threads is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if threads < 1:
        raise InputError(f"threads: {threads}, at least 1")
    return threads


def in_order(work: Callable[[T], R], items: Sequence[T], threads: int | None) -> Iterator[R]:
    """work(item) for each item, in their order, several at a time; one thread, or one item, needs no pool."""
    count = min(thread_count(threads), len(items))
    if count <= 1:
        yield from map(work, items)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(count) as pool:
        try:
            yield from pool.map(work, items)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
