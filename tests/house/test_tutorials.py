"""The tutorial on a folder of photographs runs as it stands, and gives the output that it shows."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from l3c.cli import main
from tests.house.sources import ROOT

PAGE = ROOT / "docs" / "tutorials" / "photo-folder.md"
BLOCK = re.compile(r"^```(sh|python|text)\n(.*?)^```", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"\d[\d,.:]*")
"""Sizes depend on the libraries of JPEG, times on the machine."""


def test_the_photo_folder_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("imagecodecs")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs" / "pictures").mkdir(parents=True)
    shutil.copy(ROOT / "docs" / "pictures" / "chelsea.png", "docs/pictures")
    for kind, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if kind == "python":
            exec(compile(text, str(PAGE), "exec"), {})
        elif kind == "sh":
            for line in text.splitlines():
                if line.startswith("l3c "):
                    assert main(shlex.split(line)[1:]) == 0, line
        else:
            if "1 failed" in text:  # what the prose before says that `l3c verify archive` gives
                assert main(["verify", "archive"]) == 3
            compare(text, "".join(capsys.readouterr()))


def compare(shown: str, given: str) -> None:
    """Every line that the page shows was printed, but for its numbers."""
    lines = {NUMBER.sub("N", line) for line in given.splitlines()}
    for line in shown.splitlines():
        assert NUMBER.sub("N", line) in lines, (line, lines)
