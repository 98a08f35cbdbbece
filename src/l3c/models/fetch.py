"""Released models from the release page into the cache, where they are found by name. No PyTorch, nothing computed.

The package knows every file's length and SHA-256 (`released.json`, by `python scripts/list_weights.py`), so that no
page can give another file.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from l3c.errors import ModelError
from l3c.models.search_path import cache_folder
from l3c.storage.atomic import whole_file
from l3c.storage.download import download

VARIABLE = "L3C_RELEASE_PAGE"
"""Environment variable: URL of the folder that has the files, instead of the release page."""

PAGE = ""
"""URL of the release page's files; empty as long as there is no release."""

LIST = Path(__file__).parent / "released.json"  # what the release page has, with sizes and digests
FLOAT = "-float"
"""Ending of the name of a model's second file: see published/float_state.py."""


class Released(NamedTuple):
    """A file on the page."""

    file: str
    size: int
    sha256: str


class Fetched(NamedTuple):
    """new: whether it had to be fetched."""

    path: Path
    size: int
    new: bool


def released() -> dict[str, list[Released]]:
    """Files of every model by its name."""
    listed: dict[str, list[dict[str, str | int]]] = json.loads(LIST.read_text())
    return {
        name: [Released(str(f["file"]), int(f["size"]), str(f["sha256"])) for f in files]
        for name, files in listed.items()
    }


def files_of(folder: Path) -> dict[str, list[dict[str, str | int]]]:
    """The entries of `released.json` for a folder of models and their float forms."""
    entries: dict[str, list[dict[str, str | int]]] = {}
    for path in sorted(folder.glob("*.safetensors"), key=lambda path: (path.stem.removesuffix(FLOAT), len(path.stem))):
        data = path.read_bytes()
        entry: dict[str, str | int] = {
            "file": path.name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()
        }  # fmt: skip
        entries.setdefault(path.stem.removesuffix(FLOAT), []).append(entry)
    return entries


def page() -> str:
    """URL of the folder that has the files. Raises ModelError where none is known."""
    named = os.environ.get(VARIABLE, "") or PAGE
    if not named:
        raise ModelError(f"no release page is known yet; {VARIABLE} may name the URL of a folder that has the files")
    return named.rstrip("/")


def fetch(name: str, progress_for: Callable[[str], Callable[[float], None]]) -> list[Fetched]:
    """Both forms of a model, as far as they are released, into the cache: whole or not at all, SHA-256 verified.

    Files that are there already are left. progress_for: from a file's name, a function to call with its share, 0..1.
    Raises ModelError for names that are not released and files that differ from the released ones, InputError for URLs.
    """
    known = released()
    if name not in known:
        raise ModelError(f"no model {name!r} is released; there is {', '.join(sorted(known)) or 'none'}")
    return [_fetch(entry, progress_for(entry.file)) for entry in known[name]]


def _fetch(entry: Released, progress: Callable[[float], None]) -> Fetched:
    path = cache_folder() / entry.file
    if path.is_file() and path.stat().st_size == entry.size and _sha256(path) == entry.sha256:
        return Fetched(path, entry.size, new=False)
    url = f"{page()}/{entry.file}"
    with whole_file(path) as file:
        if download(url, file, entry.size, progress) != entry.sha256:
            raise ModelError(f"{url}: is not the file that was released: its SHA-256 or length differs")
    return Fetched(path, entry.size, new=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
