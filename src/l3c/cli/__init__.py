"""The command line: one module a command, each with `add_arguments` and `run`, which returns the exit code.

Arguments are parsed before anything heavy is imported.
"""

from __future__ import annotations

import argparse
import signal
import sys
from importlib import import_module
from types import ModuleType

# module of this folder to its line of `l3c --help`, in that order
COMMANDS = {
    "encode": "compress a picture",
    "decode": "give a picture back",
    "info": "describe a file without decoding it",
    "verify": "decode files and check every pixel",
    "models": "list the available models",
    "export": "turn a trained network into a model of the codec",
    "train": "train a network",
    "eval": "measure what pictures cost under trained networks and models",
    "sample": "draw pictures from what a trained network expects",
    "prepare": "make folders of pictures for training",
    "import-released": "import checkpoints released with the paper",
}
OWN_SIGNALS = {"train"}
"""Commands that know what to do when a signal comes."""

ONE_FILE = {"encode", "decode"}
"""Commands that people give several files."""

FAILED = 1
"""Exit code of all errors but those that have a code of their own (`L3cError.code`, usage errors: 2)."""


def make_parser(chosen: str | None = None) -> argparse.ArgumentParser:
    """chosen: the command whose arguments are needed, to save the import of the others; None adds all."""
    from l3c import __version__

    parser = argparse.ArgumentParser(prog="l3c", description="Lossless image compression with small learned models.")
    parser.add_argument("--version", action="version", version=f"l3c {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, summary in COMMANDS.items():
        command = subparsers.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        if chosen in (None, name):
            _module(name).add_arguments(command)
    return parser


def _module(command: str) -> ModuleType:
    return import_module(f"l3c.cli.{command.replace('-', '_')}")


def main(arguments: list[str] | None = None) -> int:
    """Run a command. Bad input is one line on standard error and a non-zero exit code, never a traceback."""
    from l3c.cli.streams import calm, open_closed_streams

    open_closed_streams()
    arguments = sys.argv[1:] if arguments is None else arguments
    chosen = arguments[0] if arguments and arguments[0] in COMMANDS else None
    parser = make_parser(chosen)
    options, unknown = parser.parse_known_args(arguments)
    if options.command in ONE_FILE and len(unknown) == 1 and options.target is None and unknown[0][0:1] != "-":
        options.target = unknown.pop()  # `IN --option OUT`: argparse up to 3.12 has taken OUT for absent by then
    if unknown:
        several = options.command in ONE_FILE and not any(word.startswith("-") for word in unknown)
        hint = f"; {options.command} takes one file, or a folder with -o" if several else ""
        parser.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
    if not hasattr(options, "trace"):
        return _run(options, False)
    with calm(getattr(options, "quiet", False), options.trace):
        return _run(options, options.trace)


def _run(options: argparse.Namespace, trace: bool) -> int:
    """trace: show where errors are raised."""
    from l3c.cli.interrupts import BY_SIGNAL, Interrupted, interruptible
    from l3c.errors import L3CError

    command = _module(options.command)
    try:
        if options.command in OWN_SIGNALS:
            return int(command.run(options))
        with interruptible():
            return int(command.run(options))
    except Interrupted as interruption:
        return BY_SIGNAL + interruption.number
    except KeyboardInterrupt:
        return BY_SIGNAL + signal.SIGINT
    except BrokenPipeError:
        sys.stderr.close()
        return FAILED
    except L3CError as error:
        return _failed(str(error), error.exit_code, trace)
    except MemoryError:
        return _failed("not enough memory", FAILED, trace)
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        reason = error.strerror or " ".join(map(str, error.args)) or type(error).__name__
        if isinstance(error, FileNotFoundError) and not error.strerror:  # fsspec's names the URL alone
            reason += ": not found"
        return _failed(f"{name}{reason}", FAILED, trace)
    except Exception as error:
        if not hasattr(options, "trace"):
            raise
        from l3c.errors import unforeseen

        return _failed(unforeseen(error), FAILED, trace)


def _failed(reason: str, code: int, trace: bool) -> int:
    from l3c.cli.streams import say

    if trace:
        import traceback

        traceback.print_exc()
    say(f"l3c: {reason}")
    return code
