"""Folders are distinguished from URLs, and model files from others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from l3c.errors import ModelError
from l3c.models import search_path
from l3c.models.search_path import VARIABLE


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("/a:b", ["/a", "b"]),
        ("s3://bucket/x:/home/me", ["s3://bucket/x", "/home/me"]),
        ("/a:http://host:8080/models:c", ["/a", "http://host:8080/models", "c"]),
    ],
)
def test_folders_and_urls_are_told_apart(value: str, expected: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, value)
    assert search_path.named_folders() == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ({"__metadata__": {"format": "l3c-other-7"}}, "l3c-other-7"),
        ({"__metadata__": {"format": "pt"}}, ""),
        ({"__metadata__": {"format": 7}}, ""),
        ({"__metadata__": ["format"]}, ""),
        ({}, ""),
        ([], ""),
    ],
)
def test_formats_are_read_from_any_header(header: object, expected: str, tmp_path: Path) -> None:
    text = json.dumps(header).encode()
    path = tmp_path / "some.safetensors"
    path.write_bytes(len(text).to_bytes(8, "little") + text)
    assert search_path.format_of(str(path)) == expected


@pytest.mark.parametrize("nested", ["[", '{"a":'])
def test_a_header_of_endless_nesting_is_no_model(nested: str, tmp_path: Path) -> None:
    header = nested.encode() * 100_000
    path = tmp_path / "x.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(ModelError, match=r"x\.safetensors: no safetensors file, or a damaged one"):
        search_path.metadata(str(path))


def test_a_file_is_read_up_to_a_bound_that_takes_no_memory_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A header of a few bytes may say that its model has any number of weights."""
    file = tmp_path / "x.safetensors"
    file.write_bytes(bytes(range(100)))
    monkeypatch.setattr(search_path, "PIECE", 7)
    assert search_path.content(str(file), 1 << 60) == search_path.content(str(file), 100) == file.read_bytes()
    with pytest.raises(ModelError, match="more than the 99 bytes"):
        search_path.content(str(file), 99)
