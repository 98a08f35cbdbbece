"""Constants of the package stand one a line, and each says why it is what it is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.sources import PACKAGE, modules

CONSTANT = re.compile(r"_?[A-Z][A-Z0-9_]*")
MADE_BY = frozenset({"TypeVar", "ParamSpec"})
"""Calls of which the names are parameters of types, no constants."""


def constants(path: Path) -> Iterator[tuple[ast.Assign | ast.AnnAssign, list[str], bool]]:
    """Assignments of constants in a module, their names, and whether a string follows them."""
    body = ast.parse(path.read_text()).body
    for node, after in zip(body, [*body, None][1:], strict=True):
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            parts = [part for target in targets for part in getattr(target, "elts", [target])]
            names = [part.id for part in parts if isinstance(part, ast.Name) and CONSTANT.fullmatch(part.id)]
            if names and not is_type(node.value):
                yield node, names, is_string(after)


def is_type(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in MADE_BY


def is_string(node: ast.stmt | None) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def is_range(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "range"


def has_comment(lines: list[str], node: ast.Assign | ast.AnnAssign) -> bool:
    """On its first or last line, or above it."""
    on = (lines[node.lineno - 1], lines[(node.end_lineno or node.lineno) - 1])
    return any(re.search(r"  # (?!fmt:)", line) for line in on) or lines[node.lineno - 2].startswith("# ")


@pytest.mark.parametrize("path", modules().values(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_constants_stand_alone_and_explain_themselves(path: Path) -> None:
    lines = path.read_text().splitlines()
    for node, names, documented in constants(path):
        what = f"{path.name}:{node.lineno}: {', '.join(names)}"
        assert len(names) == 1 or is_range(node.value), f"{what}: one constant a line"
        assert documented or has_comment(lines, node), f"{what}: say why, after it or in a comment"
