"""The parser of the command line: options stand anywhere, and a misspelt word gets the word that was meant."""

from __future__ import annotations

import argparse
import os
import re
import sys
from typing import Any, NoReturn

NEAR = 0.6
"""Likeness of words from which one may have been meant, as difflib measures it; its own default."""


WIDTH = 80
"""Columns of help where no terminal says how many it has, as argparse has it."""


def columns() -> int:
    """Of the terminal: by the variable COLUMNS, else as standard output has it."""
    named = os.environ.get("COLUMNS", "")
    if named.isdecimal() and int(named) > 0:
        return int(named)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or WIDTH  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):
        return WIDTH


class Parser(argparse.ArgumentParser):
    """As argparse's, with suggestions."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given, allow_abbrev=False)

    def _get_formatter(self) -> argparse.HelpFormatter:
        """With a width, which argparse else asks `shutil` for, whose import takes longer than all the parsing."""
        return self.formatter_class(prog=self.prog, width=columns() - 2)  # type: ignore[call-arg]

    def error(self, message: str) -> NoReturn:
        super().error(message + self._meant(message))

    def _meant(self, message: str) -> str:
        """A suggestion for options and choices that are not known."""
        if match := re.match(r"unrecognized arguments: (.*)", message):
            words = [word.split("=")[0] for word in match[1].split() if word.startswith("--")]
            known = list(self._option_string_actions)
        elif match := re.search(r"invalid choice: '(.+?)' \(choose from (.*)\)", message):
            words, known = [match[1]], [choice.strip("' ") for choice in match[2].split(",")]
        else:
            return ""
        import difflib  # for mistakes alone: a few milliseconds of every command otherwise

        near = [word for wrong in words for word in difflib.get_close_matches(wrong, known, 1, NEAR)]
        return f"; did you mean {' '.join(near)}?" if near else ""

    def parse_anywhere(self, arguments: list[str]) -> argparse.Namespace:
        """As parse_args; options may stand between the words of a positional argument."""
        if any(action.nargs in (argparse.PARSER, argparse.REMAINDER) for action in self._get_positional_actions()):
            return self.parse_args(arguments)
        return self.parse_intermixed_args(arguments)
