"""When a run ends early: its minutes are over, or a signal came."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM)
Due = Callable[[], bool]


@contextmanager
def until_due(minutes: float | None) -> Iterator[Due]:
    """Lend a function that says whether to end. None: no limit.

    SIGINT and SIGTERM do nothing else meanwhile; outside the main thread they are left alone.
    """
    end = math.inf if minutes is None else time.monotonic() + 60 * minutes
    came: list[int] = []
    with _on_signals(came.append):
        yield lambda: bool(came) or time.monotonic() > end


@contextmanager
def _on_signals(heard: Callable[[int], None]) -> Iterator[None]:
    try:
        before = {s: signal.signal(s, lambda number, _: heard(number)) for s in SIGNALS}
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

    It ends when it is told to, or when its parent is gone.
    """
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
