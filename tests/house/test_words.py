"""Documents and code use the field's words: those on the left of the list were found strange, and are gone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house.sources import ROOT
from tests.house.test_names import committed

STRANGE = {
    r"to be had": "available",
    r"whole numbers": "integers",
    r"thousand million": "billion",
    r"check sums?": "checksum",
    r"(?:kept|keeps) features": "cached features",
    r"halved chroma|chroma (?:is |that is )?halved": "subsampled chroma",
    r"paired chroma": "joint chroma",
    r"enlarged pixels|repeated pixels|pixels were enlarged": "upscaled",
    r"(?:with|without|of|has|have|had|such) a past|pixels' past|pasts": "history",
    r"(?-i:section (?:PAST|TUNE))": "section HIST, section ADPT",
    r"a tuning|(?<!fine-)tuned models?|tuned to (?:the|an|its) (?:image|picture)": "adaptation, adapted",
    r"guided models?|as its guide|given a guide": "side information",
    r"are told by|is told by": "detected",
    r"speaks the array protocol": "has `__array__`",
    r"it pays at once": "it lowers the loss",
}
"""What is not written, to what is."""

PAGES = [
    path
    for path in committed()
    if path.suffix in (".md", ".py", ".hpp", ".cpp", ".yaml", ".ipynb") and path.is_file() and path != Path(__file__)
]


@pytest.mark.parametrize("pattern", STRANGE)
def test_strange_words_are_gone(pattern: str) -> None:
    found = []
    expression = re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)
    for path in PAGES:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if expression.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert not found, f"write: {STRANGE[pattern]}"
