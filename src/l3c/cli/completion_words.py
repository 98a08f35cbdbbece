"""The commands with their options and words, as completion needs them, from the parsers."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from pathlib import Path

FILES = "files"  # a word that names a file
FOLDERS = "folders"  # one that names a folder
L3C_FILES = "l3c"  # one that names an l3c file, or a folder
ANYTHING = ""  # one that cannot be completed

OF_L3C = "l3c file"  # how the help of a word begins that names l3c files
NAMES_FILES = frozenset({"FILE", "OUT", "IN", "A", "B", "DIR", "FOLDER", "FOLDER[,...]", "MODEL", "PREFIX", "LOG_DIR"})
"""What words are called that name files or folders."""

NAMES_FOLDERS = frozenset({"DIR", "FOLDER", "LOG_DIR", "DATA_DIR"})
"""What words are called that name folders."""


@dataclass(frozen=True)
class Word:
    """An option, or a word without one. flags: its names. value: what it takes, None where it takes nothing."""

    flags: tuple[str, ...]
    help: str
    value: str | None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Described:
    """A command: its options and words, or its steps."""

    name: str
    help: str
    words: tuple[Word, ...] = ()
    steps: tuple[Described, ...] = field(default_factory=tuple)

    @property
    def options(self) -> list[Word]:
        return [word for word in self.words if word.flags]

    @property
    def plain(self) -> list[Word]:
        return [word for word in self.words if not word.flags]


def described() -> list[Described]:
    """All commands, by their parsers."""
    from l3c.cli import COMMANDS, command_parser

    return [describe(name, summary, command_parser(name)) for name, summary in COMMANDS.items()]


def describe(name: str, summary: str, parser: argparse.ArgumentParser) -> Described:
    words, steps = [], []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            summaries = {choice.dest: choice.help or "" for choice in action._choices_actions}
            steps += [describe(step, summaries[step], below) for step, below in action.choices.items()]
        else:
            words.append(word_of(action, parser))
    return Described(name, summary, tuple(words), tuple(steps))


def word_of(action: argparse.Action, parser: argparse.ArgumentParser) -> Word:
    text = parser._get_formatter()._expand_help(action) if action.help else ""
    choices = tuple(map(str, action.choices or ()))
    value = None if action.nargs == 0 else kind_of(action, text)
    return Word(tuple(action.option_strings), text, value, choices)


def kind_of(action: argparse.Action, text: str) -> str:
    name = action.metavar if isinstance(action.metavar, str) else ""
    if text.startswith((OF_L3C, f"an {OF_L3C}")) and not action.option_strings and "picture" not in text[:30]:
        return L3C_FILES
    if name in NAMES_FOLDERS and "pictures" not in text:
        return FOLDERS
    return FILES if name in NAMES_FILES or action.type is Path else ANYTHING
