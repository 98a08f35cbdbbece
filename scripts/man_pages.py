"""Write the manual pages and the completion scripts from the help texts: python scripts/man_pages.py FOLDER

FOLDER/man/man1 gets a page for l3c and one for each command; FOLDER/bash-completion, zsh and fish get scripts. The
build runs it, so that wheels carry them. It needs nothing but the standard library and the package's sources.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from l3c import __version__
from l3c.cli import COMMANDS, command_parser, make_parser
from l3c.cli.completion import script
from l3c.cli.exit_codes import MEANINGS, OF_DIFF
from l3c.storage.atomic import write_whole

PLACES = {
    "bash": "bash-completion/completions/l3c",
    "zsh": "zsh/site-functions/_l3c",
    "fish": "fish/vendor_completions.d/l3c.fish",
}
"""Shell to where it looks for scripts, below `share`."""

ENVIRONMENT = {
    "NO_COLOR": "no colours, where it is set to anything",
    "L3C_MODELS": "folders of models, besides the cache",
    "L3C_ISA": "the instruction set to use: portable, avx2, avx512 or neon",
    "L3C_FSSPEC": "options of file systems by URL, as JSON",
    "L3C_RUNS": "where experiments lie",
}
"""Variables that the commands read."""


def roff(text: str) -> str:
    """Text that troff prints as it is."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    escaped = escaped.replace("\\(gal3c", "\\(gal3c")
    return re.sub(r"^\.", r"\\&.", escaped, flags=re.MULTILINE)


def head(name: str, summary: str) -> list[str]:
    return [
        f'.TH "{roff(name.upper())}" "1" "" "l3c {__version__}" "l3c"',
        ".SH NAME",
        f"{roff(name)} \\- {roff(summary)}",
    ]


def usage(parser: argparse.ArgumentParser) -> list[str]:
    text = parser.format_usage().removeprefix("usage: ")
    lines = [line.strip() for line in text.splitlines()]
    joined = re.sub(r" (?=l3c \S)", "\n", " ".join(lines))
    return [".SH SYNOPSIS", *(line for form in joined.splitlines() for line in (f".B {roff(form)}", ".br"))]


def arguments(parser: argparse.ArgumentParser) -> list[str]:
    lines: list[str] = []
    for group in parser._action_groups:
        actions = [a for a in group._group_actions if not isinstance(a, argparse._SubParsersAction)]
        if actions:
            lines.append(f".SH {roff((group.title or 'options').upper())}")
        for action in actions:
            lines += [".TP", named(action, parser), roff(expanded(action, parser))]
    return lines


def named(action: argparse.Action, parser: argparse.ArgumentParser) -> str:
    formatter = parser._get_formatter()
    if not action.option_strings:
        return f"\\fI{roff(str(action.metavar or action.dest))}\\fR"
    flags = ", ".join(f"\\fB{roff(flag)}\\fR" for flag in action.option_strings)
    if action.nargs == 0:
        return flags
    value = formatter._format_args(action, formatter._get_default_metavar_for_optional(action))
    return f"{flags} \\fI{roff(value)}\\fR"


def expanded(action: argparse.Action, parser: argparse.ArgumentParser) -> str:
    return parser._get_formatter()._expand_help(action) if action.help else ""


def tail(others: list[str]) -> list[str]:
    lines = [".SH EXIT STATUS"]
    for code, meaning in MEANINGS.items():
        lines += [".TP", f".B {roff(code)}", roff(meaning)]
    lines += [".PP", roff(OF_DIFF), ".SH ENVIRONMENT"]
    for name, meaning in ENVIRONMENT.items():
        lines += [".TP", f".B {roff(name)}", roff(meaning)]
    return [*lines, ".SH SEE ALSO", ", ".join(f"\\fB{roff(other)}\\fR(1)" for other in others)]


def main_page() -> str:
    lines = head("l3c", "lossless image compression with small learned models") + usage(make_parser())
    lines += [".SH COMMANDS"]
    for name, summary in COMMANDS.items():
        lines += [".TP", f"\\fBl3c\\-{roff(name)}\\fR(1)", roff(summary)]
    return "\n".join([*lines, *tail([f"l3c-{name}" for name in COMMANDS]), ""])


def command_page(name: str) -> str:
    parser = command_parser(name)
    lines = head(f"l3c-{name}", COMMANDS[name]) + usage(parser)
    lines += [".SH DESCRIPTION", roff(parser.description or ""), *arguments(parser)]
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for step, below in action.choices.items():
                lines += [f".SH L3C {roff(name.upper())} {roff(step.upper())}", roff(below.description or "")]
                lines += [line.replace(".SH", ".SS") for line in arguments(below)]
    return "\n".join([*lines, *tail(["l3c"]), ""])


def write(folder: Path) -> None:
    """Everything, below a folder that is made."""
    pages = {"l3c": main_page()} | {f"l3c-{name}": command_page(name) for name in COMMANDS}
    for name, page in pages.items():
        write_whole(folder / "man" / "man1" / f"{name}.1", page.encode())
    for shell, where in PLACES.items():
        write_whole(folder / where, script(shell).encode())


if __name__ == "__main__":
    write(Path(sys.argv[1]))
