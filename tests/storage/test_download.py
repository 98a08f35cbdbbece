"""What lies at a URL, to an open file: whole and of the stated length, or an error that names the URL."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from l3c.errors import InputError
from l3c.storage.atomic import whole_file
from l3c.storage.download import download
from tests.server import serving
from tests.storage.full import files_of_at_most

DATA = bytes(range(256)) * 1000


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "file").write_bytes(DATA)
    with serving(tmp_path) as found:
        yield found


def test_a_file_comes_whole_with_its_sha256_and_progress(url: str) -> None:
    file, shares = io.BytesIO(), list[float]()
    assert download(f"{url}/file", file, len(DATA), shares.append) == hashlib.sha256(DATA).hexdigest()
    assert file.getvalue() == DATA
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_stores_are_read_through_fsspec() -> None:
    fsspec.filesystem("memory").pipe("/bucket/file", DATA)
    file = io.BytesIO()
    download("memory://bucket/file", file, len(DATA))
    assert file.getvalue() == DATA


@pytest.mark.parametrize(
    ("name", "most", "said"),
    [
        ("none", 10, "none: .*404"),
        ("file", len(DATA) - 1, "more than 255,999 bytes"),
        ("short-file", len(DATA), "ended after 128,000 of 256,000 bytes"),
    ],
)
def test_what_does_not_come_is_named(name: str, most: int, said: str, url: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        download(f"{url}/{name}", io.BytesIO(), most)
    assert str(caught.value).startswith(f"{url}/{name}: ")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x", "memory://bucket/none", "nothing://x", "http://[x/y"])
def test_places_that_are_none_are_named(url: str) -> None:
    with pytest.raises(InputError) as caught:
        download(url, io.BytesIO(), 10)
    assert str(caught.value).startswith(url)


def test_a_full_disk_names_the_file(url: str, tmp_path: Path) -> None:
    for name, opened in (("here", (tmp_path / "here").open("wb")), ("there", whole_file(tmp_path / "there"))):
        with pytest.raises(OSError, match="File too large") as caught, opened as file, files_of_at_most(200_000):
            download(f"{url}/file", file, len(DATA))
        assert caught.value.filename == str(tmp_path / name)
    assert not (tmp_path / "there").exists()
