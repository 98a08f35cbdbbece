"""A folder with a picture, and the command line run in it."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from l3c.cli import main
from tests.images.pictures import RGB


@dataclass(frozen=True)
class Done:
    """What a command left: exit code, standard output and error."""

    code: int
    out: bytes
    err: str

    @property
    def lines(self) -> list[str]:
        """Of standard error."""
        return self.err.splitlines()


Run = Callable[..., Done]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, which holds photo.png."""
    monkeypatch.chdir(tmp_path)
    Image.fromarray(RGB).save("photo.png", compress_level=0)  # larger than its l3c file, so that pixels are encoded
    return tmp_path


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> Run:
    """The command line, in `folder`: call it with the arguments, and what standard input holds."""

    def run_command(*arguments: str, stdin: bytes = b"") -> Done:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        try:
            code = main(list(arguments))
        except SystemExit as left:
            code = int(left.code or 0)
        captured = capsysbinary.readouterr()
        return Done(code, captured.out, captured.err.decode())

    return run_command
