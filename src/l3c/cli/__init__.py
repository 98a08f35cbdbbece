"""The command line: one module a command, each with `add_arguments` and `run`, which returns the exit code.

Arguments are parsed before anything heavy is imported.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from types import ModuleType

COMMANDS = {
    "encode": "compress a picture",
    "decode": "give a picture back",
    "info": "describe a file without decoding it",
    "verify": "decode files and check every pixel",
    "models": "list the models to be had",
    "export": "turn a trained network into a model of the codec",
    "train": "train a network",
    "eval": "what pictures cost under trained networks and models",
    "sample": "pictures that a trained network imagines",
    "prepare": "make folders of pictures for training",
    "import-released": "take over checkpoints released with the paper",
}
INTERRUPTED = 130
FAILED = 1


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
    from l3c.errors import L3CError

    arguments = sys.argv[1:] if arguments is None else arguments
    chosen = arguments[0] if arguments and arguments[0] in COMMANDS else None
    options = make_parser(chosen).parse_args(arguments)
    try:
        return int(_module(options.command).run(options))
    except L3CError as error:
        print(f"l3c: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return FAILED
    except MemoryError:
        print("l3c: not enough memory", file=sys.stderr)
        return FAILED
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        print(f"l3c: {name}{error.strerror or error.args[0]}", file=sys.stderr)
        return FAILED
