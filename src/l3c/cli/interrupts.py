"""Signals that end a command: the first lets it clean up, the second ends it at once; neither leaves half a file."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# Ctrl-C, `kill`, a closed terminal; Windows has no SIGHUP
SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
BY_SIGNAL = 128
"""Added to a signal's number it is the exit code of what the signal ended, as shells have it."""

PATIENCE = 0.5
"""Seconds that threads have to notice that they are to end."""


class Interrupted(KeyboardInterrupt):
    """A signal came. number: which."""

    def __init__(self, number: int = signal.SIGINT) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def interruptible() -> Iterator[None]:
    """Signals raise Interrupted inside, once; signals that are ignored, as under nohup, stay so."""
    came: list[int] = []

    def hear(number: int, frame: FrameType | None) -> None:
        if came:
            end(BY_SIGNAL + number)
        came.append(number)
        raise Interrupted(number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    usual = (signal.SIG_DFL, signal.default_int_handler)
    before = {number: signal.getsignal(number) for number in SIGNALS}
    taken = {number: handler for number, handler in before.items() if handler in usual}
    for number in taken:
        signal.signal(number, hear)
    try:
        yield
    except Interrupted:
        _leave(BY_SIGNAL + came[0])
        raise
    finally:
        for number, handler in taken.items():
            signal.signal(number, handler)


def _leave(code: int) -> None:
    """End the process where threads are at work that cannot be stopped, such as one that encodes a large tile."""
    from l3c.threads import POOL

    for thread in threading.enumerate():
        if thread.name.startswith(POOL) and thread is not threading.current_thread():
            thread.join(PATIENCE)
            if thread.is_alive():
                end(code)


def end(code: int) -> None:
    """Now, whoever is at work, but for files that are half written: those are removed."""
    from l3c.storage.atomic import discard_partials

    discard_partials()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(code)
