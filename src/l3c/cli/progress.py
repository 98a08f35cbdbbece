"""A progress line on standard error, for people: only on a terminal, only for work that takes a while."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

PATIENCE = 0.7  # seconds: what is done sooner needs no line
INTERVAL = 0.1  # seconds between two states of the line; more often it flickers


class Progress:
    """Call it with the share done; leave it as a context to wipe the line."""

    def __init__(self, label: str, quiet: bool) -> None:
        self._label, self._shown = label, False
        self._wanted = not quiet and sys.stderr.isatty()
        self._start = self._last = time.monotonic()

    def __enter__(self) -> Progress:
        return self

    def __call__(self, share: float) -> None:
        now = time.monotonic()
        if not self._wanted or now - self._start < PATIENCE or now - self._last < INTERVAL:
            return
        self._last, self._shown = now, True
        left = (now - self._start) * (1 - share) / max(share, 1e-9)
        print(f"\r{self._label}: {share:4.0%}, {left:.0f} s left \x1b[K", end="", file=sys.stderr, flush=True)

    def __exit__(self, *_: object) -> None:
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def lines_for(quiet: bool) -> Callable[[str], Callable[[float], None]]:
    """Progress lines for one thing after another, by their labels; each wipes itself when it is done."""

    def begin(label: str) -> Callable[[float], None]:
        line = Progress(label, quiet)

        def show(share: float) -> None:
            line(share)
            if share >= 1:
                line.__exit__()

        return show

    return begin
