"""What the exit codes of the commands mean: one table for `l3c --help`, the man page and docs/command-line.md."""

from __future__ import annotations

MEANINGS = {
    "0": "done",
    "1": "failures of several kinds, or of the system: no such file, a full disk, no permission",
    "2": "wrong usage, or a file or an option that cannot be taken as it is",
    "3": "a damaged l3c file, or one of a later version",
    "4": "a model that is not here",
    "5": "more memory than --max-memory allows",
    "6": "a device or an instruction set that is not here",
    "7": "a package that is not installed",
    "128 + n": "ended by signal n: 130 by Ctrl-C, 143 by SIGTERM",
}
"""By code; those of errors are `L3CError.exit_code`."""

OF_DIFF = "l3c diff, as diff: 0 the same, 1 different, 2 trouble"
"""The one command with codes of its own."""


def table() -> str:
    """For `--help`."""
    width = max(map(len, MEANINGS))
    return "\n".join(["exit codes:", *(f"  {code:<{width}}  {text}" for code, text in MEANINGS.items())])
