"""Docstrings for the site: `name: text` in running text, as this project writes it, becomes a list."""

from __future__ import annotations

import re
from typing import Any

import griffe


class Lists(griffe.Extension):
    """Rewrites the docstrings of functions and classes."""

    def on_function(self, *, func: griffe.Function, **_: Any) -> None:
        """A function's parameters."""
        _rewrite(func, {parameter.name for parameter in func.parameters})

    def on_class_members(self, *, cls: griffe.Class, **_: Any) -> None:
        """A class's attributes, and the parameters of its dataclass form."""
        names = {name for name, member in cls.members.items() if not name.startswith("__")}
        init = cls.members.get("__init__")
        if isinstance(init, griffe.Function):
            names |= {parameter.name for parameter in init.parameters}
            names |= {name.removeprefix("_") for name in names}
        _rewrite(cls, names)


def _rewrite(item: griffe.Function | griffe.Class, names: set[str]) -> None:
    if item.docstring is not None:
        item.docstring.value = as_lists(item.docstring.value, names)


def as_lists(text: str, names: set[str]) -> str:
    """Paragraphs that describe parameters, as a list of these; examples as code; other paragraphs stay.

    names: those that may begin an item, alone or several with commas between.
    """
    blocks = re.split(r"\n\s*\n", text)
    return "\n\n".join(_listed(block, names) for block in blocks)


def _listed(block: str, names: set[str]) -> str:
    if block.lstrip().startswith(">>>"):
        return f"```pycon\n{block}\n```"
    if block.lstrip().startswith(("*", "-", "|")):
        return block
    flat = " ".join(line.strip() for line in block.splitlines())
    starts = [m for m in re.finditer(r"(?:^|(?<=[.;)] ))([A-Za-z_]\w*(?:, [A-Za-z_]\w*)*): ", flat)]
    starts = [m for m in starts if set(m[1].split(", ")) & names]
    if not starts:
        return block
    ends = [m.start() for m in starts[1:]] + [len(flat)]
    items = []
    for start, end in zip(starts, ends, strict=True):
        named = ", ".join(f"`{name}`" for name in start[1].split(", "))
        items.append(f"* {named}: {flat[start.end() : end].strip()}")
    before = flat[: starts[0].start()].strip()
    return (before + "\n\n" if before else "") + "\n".join(items)
