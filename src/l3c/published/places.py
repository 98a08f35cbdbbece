"""Where model files lie: folders and URLs. A file is told by its path or URL, both as text."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import BinaryIO

from l3c.errors import ModelError
from l3c.remote import file_system, is_remote

SUFFIX = ".safetensors"
VARIABLE = "L3C_MODELS"
"""Environment variable: folders and URLs of folders, separated as those of PATH."""

PACKAGE = Path(__file__).parent / "weights"
WEIGHTS = Path("weights")
BETWEEN = re.compile(r":(?!//|\d+/)" if os.pathsep == ":" else re.escape(os.pathsep))
"""What separates folders: no colon of a URL."""

HEADER_MAX = 1 << 20
"""Bytes of a header that is read at all."""


def named_folders() -> list[str]:
    """Those that the environment names."""
    return [name for name in BETWEEN.split(os.environ.get(VARIABLE, "")) if name]


def folders() -> list[str]:
    """Where models are looked for, in order."""
    return [str(PACKAGE), *named_folders(), str(WEIGHTS)]


def exists(folder: str) -> bool:
    """Whether there is such a folder. Raises ModelError for URLs that cannot be reached."""
    if not is_remote(folder):
        return Path(folder).is_dir()
    fs, root = file_system(folder, anonymous=True)
    with _naming(folder):
        return bool(fs.isdir(root))


def files_in(folder: str) -> list[str]:
    """Sorted files of a folder that may be models; none where there is no such folder."""
    if not is_remote(folder):
        return sorted(str(path) for path in Path(folder).glob(f"*{SUFFIX}"))
    fs, root = file_system(folder, anonymous=True)
    with _naming(folder):
        return sorted(str(fs.unstrip_protocol(path)) for path in fs.glob(f"{root}/*{SUFFIX}"))


def stem(file: str) -> str:
    """A file's name without folder and suffix: the model's."""
    return re.split(r"[/\\]", file)[-1].removesuffix(SUFFIX)


def changed(file: str) -> float:
    """When a file was changed, seconds; 0 for URLs, which are read once. Raises ModelError where there is none."""
    if is_remote(file):
        return 0.0
    with _naming(file):
        return Path(file).stat().st_mtime


def content(file: str) -> bytes:
    """All bytes. Raises ModelError where they cannot be had."""
    with _opened(file) as opened:
        return opened.read()


def metadata(file: str) -> dict[str, str]:
    """What the header says of the file itself. Raises ModelError where it is none of safetensors."""
    return _metadata(file, changed(file))


@cache
def _metadata(file: str, _: float) -> dict[str, str]:
    with _opened(file) as opened:
        length = int.from_bytes(opened.read(8), "little")
        header = opened.read(min(length, HEADER_MAX))
    try:
        said: dict[str, str] = json.loads(header).get("__metadata__", {})
    except (ValueError, AttributeError) as error:
        raise ModelError(f"{file}: no safetensors file, or a damaged one") from error
    return said


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    with _naming(file):
        if not is_remote(file):
            with Path(file).open("rb") as opened:
                yield opened
            return
        fs, path = file_system(file, anonymous=True)
        with fs.open(path, "rb") as opened:
            yield opened


@contextmanager
def _naming(place: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        raise ModelError(f"{place}: {reason}; `l3c export` makes such files") from error
