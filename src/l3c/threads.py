"""Work over a pool of threads, in order, alone or as one of several pictures that share the processors."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from itertools import islice
from threading import Event, Semaphore, local
from typing import TYPE_CHECKING, TypeVar

from l3c.errors import InputError

if TYPE_CHECKING:
    from concurrent.futures import Executor

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")


AHEAD = 4
"""Pieces of work for each thread that are begun or done before their turn: enough for every thread to find one, few
enough that results do not pile up where they are taken slowly, as by a disk."""

POOL = "l3c"
"""What names of threads begin with."""


class Cancelled(BaseException):
    """The pool's work is to end, since nobody waits for it; no error of the file that is at work."""


class WorkerPool:
    """Processors that several pictures share: at most `count` pieces of work are done at once.

    Files wait in threads of their own; their tiles are done by the threads here, or by the file's own thread.
    """

    def __init__(self, count: int) -> None:
        from concurrent.futures import ThreadPoolExecutor

        self.count = count
        self._processors = Semaphore(count)
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=POOL)
        self._cancelled = Event()
        self._held = local()

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=not self._cancelled.is_set(), cancel_futures=True)

    def cancel(self) -> None:
        """Let pieces of work that have begun end, and no others begin: those raise Cancelled."""
        self._cancelled.set()

    def do(self, work: Callable[[T], R], item: T) -> R:
        """work(item), when a processor is free."""
        with self.at_work():
            return work(item)

    def in_order(self, work: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
        # a thread that holds a processor must not wait for others' work: all that hold one might
        if len(items) == 1 or getattr(self._held, "one", False):
            yield from (self.do(work, item) for item in items)
        else:
            yield from _results(self._pool, partial(self.do, work), items, AHEAD * self.count)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Hold a processor, the one that this thread holds already if it does. Raises Cancelled."""
        if getattr(self._held, "one", False):
            yield
            return
        with self._processors:
            if self._cancelled.is_set():
                raise Cancelled
            self._held.one = True
            try:
                yield
            finally:
                self._held.one = False


_shared: ContextVar[WorkerPool | None] = ContextVar("shared", default=None)
_spare: ContextVar[int] = ContextVar("spare", default=1)


def within_pool(shared: WorkerPool, work: Callable[[T], R], item: T) -> R:
    """work(item), all of whose tiles and `at_work` parts are done by the pool."""
    token = _shared.set(shared)
    try:
        return work(item)
    finally:
        _shared.reset(token)


@contextmanager
def at_work() -> Iterator[None]:
    """Hold a processor of the pool, where there is one: around work that is not done through `in_order`."""
    shared = _shared.get()
    if shared is None:
        yield
        return
    with shared.at_work():
        yield


def thread_count(threads: int | None) -> int:
    """None: the pool's, or as many as processors this process may use. Raises InputError for less than 1."""
    shared = _shared.get()
    if threads is None and shared is not None:
        return shared.count
    if threads is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if threads < 1:
        raise InputError(f"threads: {threads}, at least 1")
    return threads


def lone_threads(threads: int | None) -> int:
    """As `thread_count`, for work that is one piece to a pool, of which it takes one processor."""
    return 1 if _shared.get() is not None else thread_count(threads)


def spare_threads() -> int:
    """How many threads the piece of work that this thread does may use, itself included: more than 1 where `in_order`
    has fewer pieces than threads.
    """
    return _spare.get()


@contextmanager
def sparing(count: int) -> Iterator[None]:
    """Let what is done here, by this thread, use so many threads, itself included: see `spare_threads`."""
    token = _spare.set(count)
    try:
        yield
    finally:
        _spare.reset(token)


def _with_spare(work: Callable[[T], R], spare: int, item: T) -> R:
    with sparing(spare):
        return work(item)


def in_order(work: Callable[[T], R], items: Sequence[T], threads: int | None) -> Iterator[R]:
    """work(item) for each item, in their order, several at a time; one thread, or one item, needs no pool."""
    shared = _shared.get()
    if shared is not None:
        yield from shared.in_order(work, items)
        return
    wanted = thread_count(threads)
    count = max(1, min(wanted, len(items)))
    work = partial(_with_spare, work, wanted // count)
    if count == 1:
        yield from map(work, items)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(count, thread_name_prefix=POOL) as pool:
        try:
            yield from _results(pool, work, items, AHEAD * count)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _results(pool: Executor, work: Callable[[T], R], items: Sequence[T], ahead: int) -> Iterator[R]:
    """work(item) for each item, in their order; at most `ahead` of them are begun or done before their turn."""
    coming = deque(pool.submit(work, item) for item in items[:ahead])
    try:
        for item in items[ahead:]:
            yield coming.popleft().result()
            coming.append(pool.submit(work, item))
        while coming:
            yield coming.popleft().result()
    finally:
        for future in coming:
            future.cancel()


def one_ahead(items: Iterator[R], threads: int) -> Generator[R]:
    """The items in their order, each made by a thread of its own while the one before is at work; with one thread each
    when it is wanted.
    """
    if threads < 2:
        yield from items
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1, thread_name_prefix=POOL) as pool:
        coming = pool.submit(_next, items)
        while found := coming.result():
            coming = pool.submit(_next, items)
            yield from found


def _next(items: Iterator[R]) -> list[R]:
    """None where there is no other."""
    return list(islice(items, 1))


def part_of(progress: Callable[[float], None], number: int, count: int) -> Callable[[float], None]:
    """What tells `progress` the share done of all, given that of one of `count` parts."""
    return lambda share: progress((number + share) / count)
