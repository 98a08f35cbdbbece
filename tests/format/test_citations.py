"""The definition cites the sections of docs/format that it follows, and follows all that define arithmetic."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.house.sources import PACKAGE, ROOT

DOCUMENTS = ROOT / "docs" / "format"
CITATION = re.compile(r"\b[Ff]ormat\s+(\d+\.\d[\d.]*\d|\d+\.\d)((?:,\s+\d+\.\d[\d.]*)*)")
HEADING = re.compile(r"^#+ (\d+(?:\.\d+)*) ", re.MULTILINE)

DEFINITION = (
    *(f"wave/definition/{path.name}" for path in sorted((PACKAGE / "wave" / "definition").glob("*.py"))),
    *(f"graphics/definition/{path.name}" for path in sorted((PACKAGE / "graphics" / "definition").glob("*.py"))),
    "wave/adaptation/apply.py",
    "wave/adaptation/code.py",
    "coding/rans.py",
    "coding/mixture.py",
    "coding/tables.py",
    "coding/symbols.py",
    "jpeg/codes.py",
    "jpeg/entropy.py",
    "jpeg/layout.py",
    "jpeg/lean.py",
    "jpeg/notes.py",
    "jpeg/pack.py",
    "jpeg/standard.py",
)
"""What defines the bits of payloads, and of JPEG files."""

NO_BITS = frozenset({"count", "fitted_shares", "network_parameters", "scale_bounds", "TensorReader"})
"""Public names there that define none: sizes of arrays, what only encoders choose, a type."""

NO_ARITHMETIC = frozenset({"5.15", "9.9"})
"""Sections that define none: worked examples."""


def sections(*pages: str) -> set[str]:
    """Numbers of the headings of pages; of all pages if none is named."""
    paths = [DOCUMENTS / page for page in pages] or sorted(DOCUMENTS.glob("*.md"))
    return {number for path in paths for number in HEADING.findall(path.read_text())}


def cited(text: str) -> Iterator[str]:
    for match in CITATION.finditer(text):
        yield match[1]
        yield from re.findall(r"\d+\.\d[\d.]*\d|\d+\.\d", match[2])


def test_every_cited_section_exists() -> None:
    known = sections()
    missing = {
        f"{path.relative_to(PACKAGE)}: {number}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for number in cited(path.read_text())
        if number not in known
    }
    assert not missing


def test_all_arithmetic_is_cited() -> None:
    wanted = {number for number in sections("wave.md", "entropy.md", "jpeg.md") if "." in number} - NO_ARITHMETIC
    files = [*DEFINITION, "coding/arrays.py", "jpeg/file.py"]
    found = {number for name in files for number in cited((PACKAGE / name).read_text())}
    assert not wanted - found


@pytest.mark.parametrize("name", DEFINITION)
def test_definitions_cite_their_sections(name: str) -> None:
    body = ast.parse((PACKAGE / name).read_text()).body
    for node in body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_") or node.name in NO_BITS:
            continue
        assert list(cited(ast.get_docstring(node) or "")), f"{name}: {node.name} cites no section"


@pytest.mark.parametrize("name", DEFINITION)
def test_citations_rise(name: str) -> None:
    """Of one docstring: in the order of the documents."""
    for node in ast.walk(ast.parse((PACKAGE / name).read_text())):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            numbers = [[*map(int, number.split("."))] for number in cited(ast.get_docstring(node) or "")]
            assert numbers == sorted(numbers), f"{name}: {node.name}"
