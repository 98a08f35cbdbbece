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
