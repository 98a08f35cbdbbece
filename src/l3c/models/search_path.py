"""Where model files lie: folders and URLs. A file is identified by its path or URL, both as text."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import BinaryIO

from l3c.errors import InputError, ModelError
from l3c.storage.remote import file_system, is_remote

MODEL_SUFFIX = ".safetensors"  # of model files
VARIABLE = "L3C_MODELS"
"""Environment variable: folders and URLs of folders, separated as those of PATH."""

PACKAGE = Path(__file__).parents[1] / "published" / "weights"  # models that come with the package
WEIGHTS = Path("weights")  # models in the folder where a command runs
CACHE_VARIABLE = "L3C_CACHE"
"""Environment variable: the folder of fetched models, instead of the system's usual place for caches."""

BETWEEN = re.compile(r":(?!//|\d+/)" if os.pathsep == ":" else re.escape(os.pathsep))
"""The separator of folders, which is no colon of a URL."""

HEADER_MAX = 1 << 20
"""Bytes of a header that is read at all."""

PIECE = 1 << 20
"""Bytes that are read at once: as many as are asked for are allocated, and a header may ask for any number."""

OURS = "l3c-"
"""The beginning of the format names of all model files."""

Row = tuple[str, int, str, str, str]
"""Name, channels (0: codes nothing), digest, place, problem: of a listing."""

COEFFICIENTS = 64
"""In place of the channels of a model of JPEG files: it codes blocks of so many coefficients."""


def named_folders() -> list[str]:
    """Those that the environment names."""
    return [name for name in BETWEEN.split(os.environ.get(VARIABLE, "")) if name]


def cache_folder() -> Path:
    """Where fetched models lie."""
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(named)
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - never an error, where there is no home either
    if sys.platform == "win32":
        caches = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        caches = home / "Library" / "Caches"
    else:
        caches = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return caches / "l3c" / "models"


def folders() -> list[str]:
    """Where models are looked for, in order."""
    return [str(PACKAGE), *named_folders(), str(WEIGHTS), str(cache_folder())]


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
        return sorted(str(path) for path in Path(folder).glob(f"*{MODEL_SUFFIX}"))
    fs, root = file_system(folder, anonymous=True)
    with _naming(folder):
        return sorted(str(fs.unstrip_protocol(path)) for path in fs.glob(f"{root}/*{MODEL_SUFFIX}"))


def model_files() -> Iterator[tuple[str, dict[str, str]]]:
    """Every model file with its metadata; other files, and damaged ones, are passed over."""
    for folder in folders():
        for file in files_in(folder):
            if format_of(file):
                yield file, metadata(file)


def rows(describe: Callable[[str], Row | None]) -> Iterator[Row]:
    """Rows of all files that `describe` knows; folders that cannot be read are for another family to name."""
    for folder in folders():
        with suppress(ModelError, InputError):
            yield from (row for file in files_in(folder) if (row := describe(file)))


def find(name: str) -> str | None:
    """The file that a name, or a path or URL, means; a name's is the first one, and None where there is none."""
    if name.endswith(MODEL_SUFFIX) or "/" in name or os.sep in name:
        return name if name.endswith(MODEL_SUFFIX) else name + MODEL_SUFFIX
    return next((file for file, _ in model_files() if stem(file) == name), None)


def stems(wanted: str) -> list[str]:
    """Names of all models of a format, sorted."""
    return sorted({stem(file) for file, said in model_files() if said["format"] == wanted})


def with_digest(digest: bytes, wanted: str) -> Iterator[str]:
    """Files of a format that say that their digest begins with these bytes."""
    for file, said in model_files():
        if said["format"] == wanted and said.get("digest", "").startswith(digest.hex()):
            yield file


def format_of(file: str) -> str:
    """The format of a model's file; empty for other files, and damaged ones."""
    try:
        said = metadata(file).get("format", "")
    except ModelError:
        return ""
    return said if said.startswith(OURS) else ""


def stem(file: str) -> str:
    """A file's name without folder and suffix: the model's."""
    return re.split(r"[/\\]", file)[-1].removesuffix(MODEL_SUFFIX)


def changed(file: str) -> float:
    """When a file was changed, seconds; 0 for URLs, which are read once. Raises ModelError where there is none."""
    if is_remote(file):
        return 0.0
    with _naming(file):
        return Path(file).stat().st_mtime


def content(file: str, most: int | None = None) -> bytes:
    """All bytes. Raises ModelError where they cannot be read, or are more than `most`, before those are read."""
    with _opened(file) as opened:
        if most is None:
            return opened.read()
        data = b"".join(iter(lambda: opened.read(min(PIECE, most + 1 - opened.tell())), b""))
    if len(data) > most:
        raise ModelError(f"{file}: more than the {most} bytes that a model of its header has")
    return data


def metadata(file: str) -> dict[str, str]:
    """The metadata of the file's header. Raises ModelError where it is none of safetensors."""
    return _metadata(file, changed(file))


@cache
def _metadata(file: str, _: float) -> dict[str, str]:
    with _opened(file) as opened:
        length = int.from_bytes(opened.read(8), "little")
        header = opened.read(min(length, HEADER_MAX))
    try:
        said = json.loads(header).get("__metadata__", {})
        return {key: str(value) for key, value in said.items()}
    except (ValueError, AttributeError, RecursionError) as error:
        raise ModelError(f"{file}: no safetensors file, or a damaged one") from error


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
