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


def words_named(arguments: list[str]) -> list[str]:
    """Arguments without "--": a file behind it whose name begins as options do gets a path that does not."""
    if "--" not in arguments:
        return arguments
    end = arguments.index("--")
    named = [f"./{word}" if word.startswith("-") and word != "-" else word for word in arguments[end + 1 :]]
    return arguments[:end] + named


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

    def _refuse_unknown(self, arguments: list[str]) -> None:
        """Name a misspelt option before what is missing without it."""
        words = [word for word in arguments if re.match(r"--[a-z]", word)]
        if unknown := [word for word in words if word.split("=")[0] not in self._option_string_actions]:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")

    @property
    def _has_parsers(self) -> bool:
        """Whether a word chooses a parser of its own, which knows other options."""
        return any(action.nargs in (argparse.PARSER, argparse.REMAINDER) for action in self._get_positional_actions())

    def parse_anywhere(self, arguments: list[str]) -> argparse.Namespace:
        """As parse_args; options may stand between the words of a positional argument, but none behind "--"."""
        if self._has_parsers:
            return self.parse_args(arguments)
        arguments = words_named(arguments)
        self._refuse_unknown(arguments)
        return self.parse_intermixed_args(arguments)
