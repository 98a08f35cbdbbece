"""l3c completion SHELL: scripts that complete commands, options and their values, made from the parsers."""

from __future__ import annotations

import argparse

SHELLS = ("bash", "zsh", "fish")  # those that scripts are made for


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help="bash, zsh or fish")
    parser.add_argument("--json", action="store_true", help="print the script as a JSON object")


def run(options: argparse.Namespace) -> int:
    """Print a script that the shell reads: `source <(l3c completion bash)`."""
    text = script(options.shell)
    if options.json:
        import json

        print(json.dumps({"shell": options.shell, "script": text}))
    else:
        print(text, end="")
    return 0


def script(shell: str) -> str:
    """Raises KeyError for a shell that is not in SHELLS."""
    from l3c.cli.completion_scripts import bash, fish, zsh
    from l3c.cli.completion_words import described

    return {"bash": bash, "zsh": zsh, "fish": fish}[shell](described())
