"""The command line: one module a command, each with `add_arguments` and `run`, which returns the exit code.

Arguments are parsed before anything heavy is imported.
"""

from __future__ import annotations

import argparse
import signal
import sys
from importlib import import_module
from types import ModuleType

from l3c.cli.parser import Parser

# module of this folder to its line of `l3c --help`, in that order
COMMANDS = {
    "encode": "compress a picture",
    "decode": "give a picture back",
    "info": "describe a file without decoding it",
    "verify": "decode files and check every pixel",
    "diff": "tell whether two files hold the same picture",
    "bench": "compare sizes and speeds on your own pictures with installed codecs",
    "models": "list the available models",
    "export": "turn a trained network into a model of the codec",
    "train": "train a network",
    "eval": "measure what pictures cost under trained networks and models",
    "sample": "draw pictures from what a trained network expects",
    "prepare": "make folders of pictures for training",
    "import-released": "import checkpoints released with the paper",
    "serve": "show a folder of l3c files in the browser, on this machine alone",
    "desktop": "show l3c files in file managers",
    "completion": "print a script that completes commands and options in a shell",
}
OWN_SIGNALS = {"train"}
"""Commands that know what to do when a signal comes."""

WITH_WARNINGS = {"train", "eval", "sample", "export", "import-released", "prepare", "models"}
"""Commands about networks: warnings, such as of pictures that are left out, belong to their results."""

OWN_DEBUG = {"train"}
"""Commands whose `--debug` does more than show where errors are raised: a run cannot be repeated with it."""

USAGE = 2
"""Exit code of wrong usage, as argparse has it."""

FAILED = 1
"""Exit code of all errors but those that have a code of their own (`L3cError.code`, usage errors: 2)."""


def make_parser() -> Parser:
    """The parser of the commands' names, each with its own parser and all its arguments."""
    from l3c.cli.exit_codes import table

    parser = Parser(
        prog="l3c",
        description="Lossless image compression with small learned models.",
        epilog=f"l3c COMMAND --help describes a command.\n\n{table()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=version())
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, summary in COMMANDS.items():
        _add_arguments(name, subparsers.add_parser(name, help=summary, description=_sentence(summary)))
    return parser


def version() -> str:
    """What `l3c --version` prints."""
    from l3c import __version__

    return f"l3c {__version__}"


def command_parser(name: str) -> Parser:
    """The parser of one command, which saves the import of the others."""
    parser = Parser(prog=f"l3c {name}", description=_sentence(COMMANDS[name]))
    _add_arguments(name, parser)
    parser.set_defaults(command=name)
    return parser


def _add_arguments(name: str, parser: Parser) -> None:
    from l3c.cli.options import add_debug

    _module(name).add_arguments(parser)
    add_debug(parser)


def _sentence(summary: str) -> str:
    return summary[0].upper() + summary[1:] + "."


def _module(command: str) -> ModuleType:
    return import_module(f"l3c.cli.{command.replace('-', '_')}")


def main(arguments: list[str] | None = None) -> int:
    """Run a command. Bad input is one line on standard error and a non-zero exit code, never a traceback."""
    from l3c.cli.streams import calm, open_closed_streams

    open_closed_streams()
    arguments = sys.argv[1:] if arguments is None else arguments
    if not arguments:
        make_parser().print_help(sys.stderr)
        return USAGE
    if arguments == ["--version"]:  # without the parsers of all commands
        print(version())
        return 0
    if arguments and arguments[0] in COMMANDS:
        options = command_parser(arguments[0]).parse_anywhere(arguments[1:])
    else:
        options = make_parser().parse_args(arguments)
    from l3c.cli.options import traces

    options.trace = traces(options)
    if options.command in WITH_WARNINGS:
        return _run(options, options.trace)
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
        from l3c.cli.options import DEBUG, DEBUG_VARIABLE
        from l3c.errors import unforeseen

        how = f"{DEBUG_VARIABLE}=1" if options.command in OWN_DEBUG else DEBUG
        return _failed(unforeseen(error, how), FAILED, trace)


def _failed(reason: str, code: int, trace: bool) -> int:
    from l3c.cli.streams import say

    if trace:
        import traceback

        traceback.print_exc()
    say(f"l3c: {reason}")
    return code
