"""Files appear whole or not at all: whoever writes one takes `l3c.storage.atomic`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.sources import ROOT

SOURCES = sorted(
    path for folder in ("src/l3c", "benchmarks", "scripts", "examples") for path in (ROOT / folder).rglob("*.py")
)
IN_PLACE = {
    "src/l3c/storage/atomic.py": "writes them",
    "src/l3c/desktop.py": "services read a thumbnail through the file that they have opened",
    "src/l3c/bulk/stores/local.py": "an empty file shows whether names differ by case",
    "src/l3c/cli/streams.py": "the null device",
    "src/l3c/training/published/import_released.py": "a download into a folder that is removed",
    "src/l3c/training/job/ahead.py": "what a child says while it runs",
    "benchmarks/jpeg_files.py": "a file for a child, in a folder that is removed",
}
"""Files whose writers may write in place, and why."""

METHODS = frozenset({"write_text", "write_bytes", "tofile", "savetxt"})
ARRAYS = frozenset({"save", "savez", "savez_compressed", "dump"})
"""Functions of NumPy, PyTorch and JSON that write to a path or a stream, the first or second argument."""

MODULES = frozenset({"np", "numpy", "torch"})
OVERWRITING = frozenset("wx+")
"""Modes of `open`; appending leaves what is there, and readers drop a line that was not finished."""


def writes_in_place(tree: ast.AST) -> Iterator[int]:
    """Lines of calls that write under a final name. Streams are known by being plain names."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        of = function.value.id if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) else ""
        opens = name == "open" and of != "Image" and any(map(overwrites, modes(node)))
        saves = name in ARRAYS and of in MODULES and any("path" in ast.unparse(part).lower() for part in node.args)
        if name in METHODS or opens or saves:
            yield node.lineno


def modes(call: ast.Call) -> list[ast.expr]:
    """Arguments that may be a mode."""
    return [*call.args[:2], *(word.value for word in call.keywords if word.arg == "mode")]


def overwrites(mode: ast.expr) -> bool:
    value = mode.value if isinstance(mode, ast.Constant) else None
    return isinstance(value, str) and set(value) <= set("rwxabt+") and bool(OVERWRITING & set(value))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nobody_else_writes_under_a_final_name(path: Path) -> None:
    found = list(writes_in_place(ast.parse(path.read_text(encoding="utf-8"))))
    name = path.relative_to(ROOT).as_posix()
    assert name in IN_PLACE or not found, f"{name}: lines {found} write in place; take l3c.storage.atomic"
    assert found or name not in IN_PLACE, f"{name}: writes nothing in place, and may leave IN_PLACE"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("path.write_text(x)", True),
        ("path.open('w', newline='')", True),
        ("open(path, 'wb')", True),
        ("np.save(path, x)", True),
        ("np.save(file, x)", False),
        ("path.open('a')", False),
        ("path.open('rb')", False),
        ("write_whole(path, x)", False),
    ],
)
def test_writers_are_seen(line: str, found: bool) -> None:
    assert bool(list(writes_in_place(ast.parse(line)))) == found
