"""What mkdocs does beside docs/: pages made from the repository's files and the parsers, and links that leave docs/."""

from __future__ import annotations

import argparse
import os
import posixpath
import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "src"))

FROM_REPOSITORY = {"index.md": "README.md", "contributing.md": "CONTRIBUTING.md", "changelog.md": "CHANGELOG.md"}
"""Pages of the site to the files at the top of the repository that they show."""

COMMAND_LINE = "reference/command-line.md"
ATTACHED = "repository"
"""Folder of the site with files of the repository that pages link to."""

LINK = re.compile(r"(\]\()((?![a-z]+:|#)[^)\s#]+)(#[^)\s]*)?(\))")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that docs/ does not have."""
    for uri, name in FROM_REPOSITORY.items():
        files.append(File.generated(config, uri, content=(ROOT / name).read_text(encoding="utf-8")))
    files.append(File.generated(config, COMMAND_LINE, content=command_line()))
    for file in list(files.documentation_pages()):
        _led(file.content_string, file.src_uri, config, files)
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Lead links to files outside docs/ to the pages made of them, or to copies."""
    return _led(markdown, page.file.src_uri, config, files)


def _led(markdown: str, page: str, config: Any, files: Files) -> str:
    """A page's text with links to where the site has their targets; those from outside docs/ are added to the site."""
    here = posixpath.dirname(page)
    folder = "" if page in FROM_REPOSITORY else posixpath.join("docs", here)

    def lead(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(folder, link[2]))
        uri = _uri(target, config, files)
        return link[0] if uri is None else f"{link[1]}{posixpath.relpath(uri, here or '.')}{link[3] or ''}{link[4]}"

    if page.startswith(f"{ATTACHED}/"):
        return markdown
    parts = re.split(r"(^```.*?^```|`[^`\n]+`)", markdown, flags=re.MULTILINE | re.DOTALL)
    return "".join(part if number % 2 else LINK.sub(lead, part) for number, part in enumerate(parts))


def _uri(target: str, config: Any, files: Files) -> str | None:
    """Where the site has a path of the repository; None for what is nowhere, which mkdocs then reports."""
    for uri, name in FROM_REPOSITORY.items():
        if target == name:
            return uri
    path = ROOT / target
    if target.startswith("docs/"):
        below = target.removeprefix("docs/")
        return posixpath.join(below, "README.md") if path.is_dir() else below
    if path.is_dir():
        names = sorted(p.name for p in path.iterdir() if p.is_file() and p.suffix != ".py")
        for name in names:
            _attach(f"{target}/{name}", config, files)
        listed = "\n".join(f"* [{name}]({name})" for name in names)
        uri = f"{ATTACHED}/{target}/index.md"
        if files.get_file_from_path(uri) is None:
            text = f"---\nsearch:\n  exclude: true\n---\n\n# {target}\n\n{listed}\n"
            files.append(File.generated(config, uri, content=text))
        return uri
    return _attach(target, config, files) if path.is_file() else None


def _attach(target: str, config: Any, files: Files) -> str:
    uri = f"{ATTACHED}/{target}"
    if files.get_file_from_path(uri) is None:
        files.append(File.generated(config, uri, abs_src_path=str(ROOT / target)))
    return uri


def command_line() -> str:
    """The page of all commands, from the parsers."""
    from l3c.cli import COMMANDS, make_parser

    os.environ["COLUMNS"] = "72"
    parser = make_parser()
    parts = [
        "# Command line",
        "`l3c COMMAND --help` prints what stands here. The exit status is 0 where everything was done, 2 for bad"
        " arguments or input, 3 for damaged files, 4 for models, 5 for memory,"
        " 6 for what the engine lacks, 7 for a missing library, and 1 for anything else.",
        "\n".join(f"* [`l3c {name}`](#l3c-{name}): {summary}" for name, summary in COMMANDS.items()),
    ]
    for name, command in _below(parser).items():
        parts += _describe(command, 2)
        for step in _below(command).values():
            parts += _describe(step, 3)
        assert name in COMMANDS
    return "\n\n".join(parts) + "\n"


def _below(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def _describe(parser: argparse.ArgumentParser, level: int) -> list[str]:
    """Heading, usage, and a list of the arguments of one command or step."""
    formatter = parser._get_formatter()
    parts = [f"{'#' * level} {parser.prog}", _text(parser.description or "")]
    parts.append("```text\n" + parser.format_usage().removeprefix("usage: ").rstrip() + "\n```")
    for group in parser._action_groups:
        shown = [a for a in group._group_actions if a.help != argparse.SUPPRESS and "--help" not in a.option_strings]
        steps = [a for a in shown if isinstance(a, argparse._SubParsersAction)]
        shown = [a for a in shown if a not in steps]
        if shown:
            title = (group.title or "").capitalize()
            parts.append(f"**{title}**" + (f": {_text(group.description)}" if group.description else ""))
            parts += [_argument(action, formatter) for action in shown]
    if parser.epilog:
        parts.append(_text(parser.epilog))
    return [part for part in parts if part]


def _argument(action: argparse.Action, formatter: argparse.HelpFormatter) -> str:
    default = formatter._get_default_metavar_for_optional if action.option_strings else None
    values = formatter._format_args(action, default(action) if default else action.dest) if action.nargs != 0 else ""
    names = ", ".join(f"{name} {values}".strip() for name in action.option_strings) or values
    text = formatter._expand_help(action) if action.help else ""
    return f"`{names}`\n:   {_text(text) or 'see above'}"


def _text(text: str) -> str:
    """Plain text as Markdown: what would be markup is escaped outside of code."""
    parts = re.split(r"(`[^`]+`)", " ".join(text.split()))
    return "".join(part if n % 2 else re.sub(r"([*_<>\[\]|])", r"\\\1", part) for n, part in enumerate(parts))
