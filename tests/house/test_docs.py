"""What the documents name is there: pages, headings, files, functions, commands and options; README's Python runs."""

from __future__ import annotations

import argparse
import functools
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.sources import PACKAGE, ROOT, modules
from tests.house.test_names import committed

PAGES = sorted(
    path for path in committed() if path.suffix in (".md", ".ipynb") and path.is_file() and ".venv" not in path.parts
)
CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"\]\((?![a-z]+:)([^)\s]+)\)")
NAME = re.compile(r"l3c((?:\.[A-Za-z_]\w*)+)(?:\(.*\))?")
SUFFIXES = ("safetensors", "yaml", "md", "png", "pack", "partial")
"""Of files whose names look like names of Python."""

FOLDERS = "benchmarks|docs|engine|examples|scripts|src|tests|weights"
PATH = re.compile(rf"(?:{FOLDERS})/[\w./-]*\w|\w[\w./-]*/[\w.-]+\.(?:py|hpp|cpp|sh)")
BARE = re.compile(r"[\w-]+\.(?:py|hpp|cpp|sh)")
"""Names of files without their folder."""

ROOTS = (ROOT, PACKAGE, ROOT / "engine")
"""Where paths begin that documents shorten."""


def prose(page: Path) -> str:
    """A page's text; of a notebook that of its text cells."""
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".md":
        return text
    return "\n\n".join("".join(c["source"]) for c in json.loads(text)["cells"] if c["cell_type"] == "markdown")


@functools.cache
def anchors(page: Path) -> frozenset[str]:
    """The names that GitHub gives a page's headings."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)


def identify(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", prose(page), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=identify)
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(prose(page)):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{link} is not there"
        assert not anchor or target.suffix != ".md" or anchor in anchors(target), f"{link}: no such heading"


@pytest.mark.parametrize("page", PAGES, ids=identify)
def test_files_of_the_project_are_there(page: Path) -> None:
    for code in CODE.findall(prose(page)):
        if PATH.fullmatch(code):
            assert any((root / code).exists() for root in ROOTS), f"{code} is not there"


def files_of_columns(page: Path) -> Iterator[tuple[str, str]]:
    """Folder and bare name of the files in tables' columns whose head names a folder, as "file in `src/l3c/jpeg`"."""
    for rows in re.findall(r"(?:^\|.*\|\n)+", prose(page) + "\n", re.MULTILINE):
        head, _, *others = [row.strip("|\n").split("|") for row in rows.splitlines()] + [[]]
        for column, title in enumerate(head):
            folders = [code for code in CODE.findall(title) if PATH.fullmatch(code) and (ROOT / code).is_dir()]
            for cells in others if len(folders) == 1 else []:
                for name in CODE.findall(cells[column]) if column < len(cells) else []:
                    if BARE.fullmatch(name):
                        yield folders[0], name


@pytest.mark.parametrize("page", PAGES, ids=identify)
def test_files_in_tables_of_a_folder_are_there(page: Path) -> None:
    for folder, name in files_of_columns(page):
        assert (ROOT / folder / name).exists(), f"{name} is not in {folder}"


def test_files_in_tables_of_a_folder_are_seen() -> None:
    assert ("src/l3c/published", "modules.py") in set(files_of_columns(ROOT / "docs" / "paper.md"))


@pytest.mark.parametrize("page", PAGES, ids=identify)
def test_names_of_the_package_are_there(page: Path) -> None:
    for code in CODE.findall(prose(page)):
        if (found := NAME.fullmatch(code)) and not code.endswith(SUFFIXES):
            assert is_defined(found[1][1:]), f"{code} is not there"


def is_defined(name: str) -> bool:
    """Whether a dotted name below l3c is a module, or stands in the one that its beginning names."""
    known = modules()
    parts = name.split(".")
    for end in range(len(parts), -1, -1):
        module = ".".join(parts[:end])
        if module in known:
            text = known[module].read_text()
            return all(re.search(rf"\b{part}\b", text) for part in parts[end : end + 1])
        if module and (PACKAGE / module.replace(".", "/")).is_dir():
            return end == len(parts)
    return False


def commands(page: Path) -> Iterator[list[str]]:
    """The words of all commands of l3c that a page shows, in text and in blocks."""
    lines = [line for block in blocks(page, "sh") for line in block.replace("\\\n", " ").splitlines()]
    for line in [*CODE.findall(prose(page)), *lines]:
        line = re.sub(r"^[A-Z_0-9]+=\S+ ", "", line.strip())
        if line.startswith("l3c "):
            yield shlex.split(re.sub(r"\[|\]", " ", line), comments=True)[1:]


@functools.cache
def options(command: str, step: str = "") -> frozenset[str]:
    """All that a command, or a step of `prepare`, takes."""
    from l3c.cli import command_parser

    parser: argparse.ArgumentParser = command_parser(command)
    if step:
        parser = below(parser)[step]
    return frozenset(option for action in parser._actions for option in action.option_strings)


def below(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    (action,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return dict(action.choices)


@pytest.mark.parametrize("page", PAGES, ids=identify)
def test_commands_and_options_are_there(page: Path) -> None:
    from l3c.cli import COMMANDS

    for words in commands(page):
        if words[0] in ("--help", "--version", "COMMAND"):
            continue
        assert words[0] in COMMANDS, f"l3c {words[0]}"
        step = words[1] if words[0] == "prepare" and len(words) > 1 else ""
        known = options(words[0], step)
        for word in words[1:]:
            if re.match(r"--?[a-z]", word):
                assert word.partition("=")[0] in known, f"l3c {' '.join(words)}: {word}"


def test_the_readmes_python_runs(tmp_path: Path) -> None:
    (block,) = blocks(ROOT / "README.md", "python")
    before = "import numpy, l3c\narray = numpy.zeros((200, 400, 3), numpy.uint8)\n"
    before += "with open('small.l3c', 'wb') as file:\n    file.write(l3c.encode(array))\n"
    after = "\nassert part.shape == (100, 100, 3)\nassert data[1:4] == b'L3C'\n"
    done = subprocess.run([sys.executable, "-c", before + block + after], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_readmes_commands_run_one_after_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import Image

    from l3c.cli import main
    from tests.checks import smooth_picture

    monkeypatch.chdir(tmp_path)
    Path("photos").mkdir()
    for name in ("photo.png", "photo.jpg", "other.png", "photos/a.png"):
        Image.fromarray(smooth_picture(12, 16, 3)).save(name)
    (block,) = (block for block in blocks(ROOT / "README.md", "sh") if "l3c encode" in block)
    for line in block.splitlines():
        words = shlex.split(line, comments=True)[1:]
        named = [sorted(map(str, Path().glob(word))) if "*" in word else [word] for word in words]
        assert main([word for found in named for word in found]) == 0, line


def test_the_tests_of_features_are_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / "docs" / "features.md").read_text(encoding="utf-8"))
    assert len(named) > 30
    missing = [f"{path}::{test}" for path, test in named if f"\ndef {test}(" not in (ROOT / path).read_text("utf-8")]
    assert not missing
