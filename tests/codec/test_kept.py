"""Files of any kind come back to the byte, and as pictures where they are some."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

import l3c
from l3c import api
from l3c.container.constants import FILE, HEAD, KEPT_DEFLATED, KEPT_JPEG_XL
from l3c.container.cursor import varint
from l3c.container.read import read_file
from l3c.container.structure import NOTHING, Contents, KeptFile
from l3c.container.write import write_file
from l3c.errors import ChecksumError, FormatError, InputError, L3CError, LimitError, VersionError
from tests.checks import smooth_picture
from tests.container.forge import assemble, head_of

PICTURE = smooth_picture(40, 60, 3)


def saved(form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(PICTURE).save(out, form, **options)
    return out.getvalue()


FILES = {
    "text": (b"hello " * 100, "txt"),
    "no suffix": (b"hello " * 100, ""),
    "noise": (os.urandom(500), "dat"),
    "nothing": (b"", "empty"),
    "a lossy WebP": (saved("WEBP", quality=50), "webp"),
    "a GIF": (saved("GIF"), "gif"),
    "a JPEG named otherwise": (saved("JPEG"), "png"),
    "half a JPEG": (b"\xff\xd8\xff\xe0", "jpg"),
    "a name in other letters": (b"x", "größe"),
}


@pytest.mark.parametrize("name", FILES)
def test_any_file_comes_back(name: str) -> None:
    data, suffix = FILES[name]
    kept = l3c.keep_file(data, suffix)
    assert l3c.original(kept) == data
    found = l3c.verify(kept)
    assert (found.kept_size, found.kept_suffix) == (len(data), suffix)
    assert len(kept) <= len(data) + 50
    with pytest.raises(InputError, match="no other file"):
        l3c.original(l3c.encode(PICTURE, model="wave-fast", effort=1))


@pytest.mark.parametrize("name", ["a lossy WebP", "a GIF", "a JPEG named otherwise"])
def test_pictures_open_as_their_readers_give_them(name: str) -> None:
    kept = l3c.keep_file(*FILES[name])
    with Image.open(io.BytesIO(FILES[name][0])) as image:
        expected = np.asarray(image)
    np.testing.assert_array_equal(l3c.decode(kept), expected)
    opened = l3c.open(kept)
    assert opened.shape == expected.shape
    np.testing.assert_array_equal(opened[3:9, 4:20], expected[3:9, 4:20])
    assert opened.preview(20).shape == (13, 20, 3)
    assert api.decode_picture(kept).samples.shape == expected.shape


def test_other_files_say_that_they_are_no_pictures() -> None:
    kept = l3c.keep_file(*FILES["text"])
    for call in (l3c.decode, lambda data: l3c.open(data).samples):
        with pytest.raises(InputError, match=r"keeps a .txt file"):
            call(kept)
    assert l3c.info(kept).layout == ""


@pytest.mark.parametrize("suffix", ["a.b", "a/b", "a\\b", "C:", "x" * 33, "\n"])
def test_suffixes_are_those_of_names(suffix: str) -> None:
    with pytest.raises(InputError, match="suffix"):
        l3c.keep_file(b"x", suffix)


def forged(**fields: Any) -> bytes:
    contents = read_file(l3c.keep_file(b"hello " * 100, "txt"))
    assert contents.kept is not None
    return write_file(replace(contents, kept=replace(contents.kept, **fields)))


BROKEN = {
    "another checksum": (forged(crc=1), ChecksumError, "differs"),
    "a longer file": (forged(length=601), ChecksumError, "differs"),
    "a shorter file": (forged(length=599), FormatError, "more than 599 bytes"),
    "a huge file": (forged(length=1 << 50), LimitError, "bytes of memory"),
    "no stream": (forged(data=b"\xff" * 20), FormatError, "deflate stream is damaged"),
    "half a stream": (forged(data=b""), FormatError, "does not end"),
    "a transcoded text": (forged(coder=KEPT_JPEG_XL), FormatError, "no section HEAD"),
    "an unknown coder": (forged(coder=4), VersionError, "coder 4"),
    "a path for a suffix": (assemble([(FILE, b"\3a/b\0\0" + bytes(4))]), FormatError, "not that of a file's name"),
    "jpg spelt out": (assemble([(FILE, b"\3jpg\0\0" + bytes(4))]), FormatError, "not that of a file's name"),
    "no UTF-8": (assemble([(FILE, b"\1\xff\0\0" + bytes(4))]), FormatError, "not UTF-8"),
    "a long suffix": (assemble([(FILE, varint(33) + b"x" * 33)]), FormatError, "exceeds 32"),
    "pixels too": (assemble([(HEAD, head_of(5, 5)), (FILE, b""), (FILE, b"")]), FormatError, "9 bytes too many"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_damage_is_an_error(name: str) -> None:
    data, error, message = BROKEN[name]
    with pytest.raises(error, match=message):
        l3c.original(data)


def test_every_truncation_is_an_error() -> None:
    kept = l3c.keep_file(*FILES["text"])
    for length in range(len(kept)):
        with pytest.raises(L3CError):
            l3c.original(kept[:length])


def test_a_deflated_bomb_takes_no_memory() -> None:
    import zlib

    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = packer.compress(bytes(20_000_000)) + packer.flush()
    data = write_file(Contents.of_file(NOTHING, KeptFile(KEPT_DEFLATED, 1000, 0, bomb, "txt")))
    with pytest.raises(FormatError, match="more than 1000 bytes"):
        l3c.original(data)
