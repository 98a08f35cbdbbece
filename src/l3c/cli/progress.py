"""A progress line on standard error, for people: only on a terminal, only for work that takes a while."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Self

from l3c.cli.streams import is_terminal, visible

PATIENCE = 0.7  # seconds: what is done sooner needs no line
INTERVAL = 0.25  # seconds between two states of the line; more often it flickers
USUAL_WIDTH = 79  # characters of a line on a terminal that does not tell its width
LEAST_SHARE = 0.02  # of the work: from less, no time left can be told


class Line:
    """A line that a thread draws anew a few times a second, so that it never stands still; `wipe` removes it.

    text: called for each state, from that thread.
    """

    def __init__(self, text: Callable[[], str], quiet: bool) -> None:
        self._text, self._shown = text, False
        self._wanted = not quiet and is_terminal(sys.stderr)
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Draw from now on, after a moment."""
        if self._wanted and self._thread is None:
            self._stop.clear()
            self._thread = threading.Thread(target=self._draw_on, daemon=True)
            self._thread.start()

    def _draw_on(self) -> None:
        wait = PATIENCE
        while not self._stop.wait(wait):
            self.draw()
            wait = INTERVAL

    def draw(self) -> None:
        """Now, as wide as the terminal allows."""
        text = visible(self._text())
        try:
            width = os.get_terminal_size(sys.stderr.fileno()).columns - 1
        except (OSError, ValueError):
            width = USUAL_WIDTH
        with self._lock:
            if not self._stop.is_set():
                self._shown = True
                print(f"\r{text[:width]}\x1b[K", end="", file=sys.stderr, flush=True)

    def wipe(self) -> None:
        """Make room for other text; the next state is drawn below it."""
        with self._lock:
            if self._shown:
                self._shown = False
                print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Draw no more."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self.wipe()


class Progress:
    """Call it with the share done; leave it as a context to wipe the line."""

    def __init__(self, label: str, quiet: bool) -> None:
        self._label, self._share = label, 0.0
        self._start = self._last = time.monotonic()
        self._line = Line(self._text, quiet)

    def _text(self) -> str:
        now = time.monotonic()
        done = f"{self._label}: {self._share:.0%}, {now - self._start:.0f} s"
        if self._share < LEAST_SHARE:
            return done
        left = (self._last - self._start) * (1 - self._share) / self._share - (now - self._last)
        return f"{done}, about {max(1, left):.0f} s left"

    def __enter__(self) -> Self:
        self._line.begin()
        return self

    def __call__(self, share: float) -> None:
        if share > self._share:
            self._share, self._last = share, time.monotonic()

    def __exit__(self, *_: object) -> None:
        self._line.end()


def lines_for(quiet: bool) -> Callable[[str], Callable[[float], None]]:
    """Progress lines for one thing after another, by their labels; each wipes itself when it is done."""

    def begin(label: str) -> Callable[[float], None]:
        line = Progress(label, quiet).__enter__()

        def show(share: float) -> None:
            line(share)
            if share >= 1:
                line.__exit__()

        return show

    return begin
