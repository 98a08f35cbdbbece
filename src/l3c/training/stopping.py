"""When a run ends early: its minutes are over, or a signal came."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM)  # Ctrl-C, and what schedulers send


class Due:
    """Says whether to end, and how much of the time is over."""

    def __init__(self, minutes: float | None, began: float | None = None) -> None:
        """None: no limit. began: when the minutes began, of `time.monotonic`; now, where it is not given."""
        self._begin = time.monotonic() if began is None else began
        self._seconds = math.inf if minutes is None else 60 * minutes
        self.signals: list[int] = []

    def __call__(self) -> bool:
        return bool(self.signals) or self.share > 1

    @property
    def share(self) -> float:
        """Of the minutes that are over, 0 at first; 0 where there is no limit."""
        return (time.monotonic() - self._begin) / self._seconds

    @property
    def minutes(self) -> float:
        """Minutes since the beginning."""
        return (time.monotonic() - self._begin) / 60


@contextmanager
def until_due(minutes: float | None, began: float | None = None) -> Iterator[Due]:
    """Lend what says whether to end; for the parameters see `Due`.

    SIGINT and SIGTERM do nothing else meanwhile; outside the main thread they are left alone.
    """
    due = Due(minutes, began)
    with _on_signals(due.signals.append):
        yield due


@contextmanager
def _on_signals(on_signal: Callable[[int], None]) -> Iterator[None]:
    try:
        before = {s: signal.signal(s, lambda number, _: on_signal(number)) for s in SIGNALS}
    except ValueError:
        yield
        return
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def outlive_signals(_: int) -> None:
    """In a process that loads pictures: leave the end to the parent, which a signal to the whole group reaches too.

    It ends at its parent's request, or when its parent is gone.
    """
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
