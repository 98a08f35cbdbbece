"""What is in progress: names, and how far each file is, for a line of progress that never stands still."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock

from l3c.bulk.jobs import Job


class Watch:
    """Told by the threads of a run what they do; any thread may ask."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._begun: dict[str, tuple[int, float]] = {}
        self.since: float | None = None
        """When the first file was begun that is neither skipped nor refused, by time.monotonic; None before."""

    @contextmanager
    def following(self, job: Job) -> Iterator[None]:
        """A job is in progress; what it tells by `share_of_work` is of its source."""

        def show(share: float) -> None:
            with self._lock:
                self.since = self.since or time.monotonic()
                self._begun[job.source] = (job.size, share)

        with self._lock:
            self._begun[job.source] = (job.size, 0.0)
        token = _followed.set(show)
        try:
            yield
        finally:
            _followed.reset(token)
            with self._lock:
                self._begun.pop(job.source, None)

    @property
    def names(self) -> list[str]:
        """Of the sources in progress, in the order in which they were begun."""
        with self._lock:
            return list(self._begun)

    @property
    def bytes_done(self) -> float:
        """Of the sources in progress, by the shares that are done."""
        with self._lock:
            return sum(size * share for size, share in self._begun.values())


def _nobody(share: float) -> None:
    """Nobody watches."""


_followed: ContextVar[Callable[[float], None]] = ContextVar("followed", default=_nobody)


def share_of_work() -> Callable[[float], None]:
    """Call it with the share of the present job that is done; the first call says that there is work to do."""
    return _followed.get()
