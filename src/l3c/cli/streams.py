"""Standard streams: what is written to them, closed ones, and what libraries write to standard error past us."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import TextIO

STANDARD_ERROR = 2  # its file descriptor, the last of the three that every process begins with


def visible(text: str, lines: bool = False) -> str:
    """Text for a terminal: names of files and models may hold what steers one, or is no text; that is escaped.

    lines: line ends and tabs are meant.
    """
    kept = "\n\t" if lines else ""
    return "".join(
        letter if letter.isprintable() or letter in kept else letter.encode("unicode_escape").decode()
        for letter in text
    )


PREFIX = "l3c: "
"""Begins every line that tells of a failure."""

RED = "31"  # terminals' number of the colour, as of those below
GREEN = "32"  # what is as it should be
BOLD = "1"  # headings


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a stream leads to a terminal that can wipe its lines."""
    return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"


def coloured(text: str, style: str, stream: TextIO | None = None) -> str:
    """Text in a colour, where the stream (standard output) is a terminal and NO_COLOR (no-color.org) is not set."""
    wanted = is_terminal(stream or sys.stdout) and not os.environ.get("NO_COLOR")
    return f"\x1b[{style}m{text}\x1b[0m" if wanted else text


def say(text: str, lines: bool = False) -> None:
    """For people, on standard error. The name of the command before a failure is red, on terminals."""
    shown = visible(text, lines)
    if shown.startswith(PREFIX):
        shown = coloured(PREFIX.rstrip(), RED, sys.stderr) + shown.removeprefix(PREFIX.rstrip())
    print(shown, file=sys.stderr)


def tell(text: str, record: Mapping[str, object], as_json: bool) -> None:
    """A result, on standard output: for people, or as a JSON object."""
    if as_json:
        import json

        print(json.dumps(record), flush=True)
    else:
        print(visible(text, lines=True))


def open_closed_streams() -> None:
    """Let no file of ours become standard input, output or error, where a caller has closed those."""
    for descriptor in range(STANDARD_ERROR + 1):
        try:
            os.fstat(descriptor)
        except OSError:
            with suppress(OSError):
                os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115


@contextmanager
def calm(quiet: bool, debug: bool) -> Iterator[None]:
    """Warnings of libraries say nothing to users: those of Python are left out, with `quiet` those of C too.

    debug: all of them are shown.
    """
    if debug:
        yield
        return
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        silent = logging.NullHandler()  # without any, logging prints warnings itself
        logging.getLogger().addHandler(silent)
        stack.callback(logging.getLogger().removeHandler, silent)
        if quiet:
            stack.enter_context(_redirected())
        yield


@contextmanager
def _redirected() -> Iterator[None]:
    """Standard error of C goes nowhere; Python's, which our messages take, stays."""
    usual = sys.__stderr__
    try:
        shared = usual is not None and usual is not None and usual is sys.stderr and usual.fileno() == STANDARD_ERROR
    except (OSError, ValueError):
        shared = False
    if usual is None or not shared:
        yield
        return
    usual.flush()
    ours, nowhere = os.dup(STANDARD_ERROR), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, STANDARD_ERROR)
    os.close(nowhere)
    sys.stderr = os.fdopen(os.dup(ours), "w", buffering=1, errors="backslashreplace")
    try:
        yield
    finally:
        sys.stderr.close()
        sys.stderr = usual
        os.dup2(ours, STANDARD_ERROR)
        os.close(ours)
