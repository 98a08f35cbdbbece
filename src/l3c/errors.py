"""Everything that l3c raises on bad input.

L3CError (ValueError)
├── FormatError         not an l3c file, or one that its bytes contradict: truncated, damaged, impossible
│   ├── VersionError    a format version, section or coder that this release does not know
│   └── ChecksumError   a checksum says that bytes or pixels differ from what was written
├── ModelError          the model a file names is not available, or is not what it claims
├── LimitError          encoding or decoding would take more memory than the caller allows
├── InputError          pixels or a picture that cannot be encoded as they are
│   └── TargetExistsError   a file is there already, and overwriting it was not asked for (FileExistsError too)
├── DependencyError     a package that the file or the command needs is not installed; the message names the extra
└── EngineError         the instruction set, runtime or device that was asked for is not available here

L3CWarning (UserWarning): a step failed and was left out; nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class L3CWarning(UserWarning):
    """Something did not go as expected, and nothing is lost: the encoded file is right, perhaps larger."""


class L3CError(ValueError):
    """Base of all errors raised for bad input. `exit_code`: what the command line returns for it."""

    exit_code = 1


class FormatError(L3CError):
    """Not an l3c file, or a truncated or damaged one. The message names the byte offset where it was noticed."""

    exit_code = 3


class VersionError(FormatError):
    """A format version, critical section or tile coder that this release does not know."""


class ChecksumError(FormatError):
    """Stored and computed checksums differ."""


class ModelError(L3CError):
    """The model that a file names is unknown here, or its weights do not have their digest."""

    exit_code = 4


class LimitError(L3CError):
    """Encoding or decoding would take more memory than the caller allows."""

    exit_code = 5


def exceeding(what: str, needed: int, limit: int) -> LimitError:
    """The error of something that takes `needed` bytes of memory. what: as "decoding takes"."""
    return LimitError(f"{what} {needed:,} bytes of memory, the limit is {limit:,} (--max-memory, max_memory=)")


class InputError(L3CError):
    """Pixels or a picture that cannot be encoded as they are."""

    exit_code = 2


class TargetExistsError(InputError, FileExistsError):
    """A file is there already, and overwriting it was not asked for."""


class DependencyError(L3CError):
    """A package that the file or the command needs is not installed; the message names the extra to install."""

    exit_code = 7


class EngineError(L3CError):
    """The instruction set that L3C_ISA forces, a runtime or a device is not available on this machine."""

    exit_code = 6


DISTRIBUTION = "l3c-codec"
"""Name on PyPI: `l3c` there is another project's, so no message may name that for installing."""

RELEASED = False
"""Whether the distribution can be installed from PyPI: true from 0.1.0 on (a test compares it with the version)."""


def install_command(extra: str) -> str:
    """For messages: how to install an extra, such as "jpeg"."""
    return f"pip install '{DISTRIBUTION}[{extra}]'" if RELEASED else f"pip install '.[{extra}]' in a checkout of l3c"


@contextmanager
def naming(name: str, *others: type[L3CError]) -> Iterator[None]:
    """Whatever a file leads to is an L3CError that names it; what the system or the user does passes.

    others: errors that are none of the file's.
    """
    try:
        yield
    except others:
        raise
    except L3CError as error:
        raise error if str(error).startswith(name) else type(error)(f"{name}: {error}") from error
    except (MemoryError, OSError):
        raise
    except Exception as error:
        raise InputError(f"{name}: {unforeseen(error)}") from error


def explained(error: Exception, name: str) -> tuple[str, int]:
    """What a run over many files says of one that failed, and the exit code. L3CErrors name their file already."""
    if isinstance(error, L3CError):
        return (text if (text := str(error)).startswith(name) else f"{name}: {text}"), error.exit_code
    if isinstance(error, MemoryError):
        return f"{name}: not enough memory", 1
    if isinstance(error, OSError):
        return f"{name}: {error.strerror or error}", 1
    return f"{name}: {unforeseen(error)}", 1


def unforeseen(error: Exception, how: str = "--debug") -> str:
    """For an error that only a bug, or a file nobody thought of, can lead to. how: the option that shows more."""
    text = " ".join(str(error).split())
    return f"unforeseen {type(error).__name__}{': ' if text else ''}{text} ({how} shows where)"
