"""The documentation's site: its navigation has every page, its reference every public name; and it builds."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import l3c
import l3c.coding
from tests.house.sources import ROOT
from tests.house.test_docs import PAGES, prose
from tests.house.test_names import committed

DOCS = ROOT / "docs"
MADE = {"index.md", "contributing.md", "changelog.md", "reference/command-line.md"}
"""Pages of the site that scripts/site/hooks.py makes."""

NAVIGATION = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2]
LISTED = re.findall(r"(?:- |: )([\w/-]+\.md)$", NAVIGATION, re.MULTILINE)


def test_navigation_has_every_page_once() -> None:
    pages = {str(page.relative_to(DOCS)) for page in PAGES if page.suffix == ".md" and page.is_relative_to(DOCS)}
    assert sorted(LISTED) == sorted(pages | MADE)


def test_every_file_of_the_documents_is_used() -> None:
    text = "".join(prose(page) for page in PAGES) + (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for path in committed():
        if path.is_relative_to(DOCS) and path.is_file() and path.suffix != ".md":
            assert path.name in text, f"no page shows {path.relative_to(ROOT)}"


@pytest.mark.parametrize(("page", "package"), [("python", l3c), ("coding", l3c.coding)], ids=["l3c", "l3c.coding"])
def test_reference_has_every_public_name(page: str, package: object) -> None:
    shown = re.findall(r"^::: [\w.]+\.(\w+)$", (DOCS / "reference" / f"{page}.md").read_text(), re.MULTILINE)
    public = [name for name in package.__all__ if not name.startswith("__")]  # type: ignore[attr-defined]
    assert sorted(shown) == sorted(public)


def test_the_site_builds(tmp_path: Path) -> None:
    """As `make docs` does: a warning, a dead link or a heading that is not there fails the build."""
    for module in ("mkdocs", "material", "mkdocstrings"):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    commands = (tmp_path / "site" / "reference" / "command-line" / "index.html").read_text(encoding="utf-8")
    from l3c.cli import COMMANDS

    for name in COMMANDS:
        assert f'id="l3c-{name}"' in commands, name
    assert "--delete-source" in commands
