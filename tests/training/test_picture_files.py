"""Pictures for training and evaluation have the samples that their files have, or are refused."""

from __future__ import annotations

import struct
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from l3c.errors import InputError
from l3c.training import picture_files
from l3c.training.picture_files import read_rgb
from tests.checks import smooth_picture


@pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp", ".ppm", ".webp"])
def test_colours_are_those_of_the_file(suffix: str, tmp_path: Path) -> None:
    pixels = smooth_picture(20, 30, 3, 1)
    options: dict[str, Any] = {"lossless": True} if suffix == ".webp" else {}
    Image.fromarray(pixels).save(tmp_path / f"a{suffix}", **options)
    assert np.array_equal(read_rgb(tmp_path / f"a{suffix}"), pixels)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA"])
def test_other_kinds_of_colours_become_rgb(mode: str, tmp_path: Path) -> None:
    image = Image.fromarray(smooth_picture(20, 30, 3, 1)).convert(mode)
    image.save(tmp_path / "a.png")
    assert np.array_equal(read_rgb(tmp_path / "a.png"), np.asarray(image.convert("RGB")))


SAMPLES = np.arange(3 * 16 * 16).reshape(3, 16, 16)


@pytest.mark.parametrize(
    ("samples", "layout"),
    [
        (SAMPLES.astype(np.uint16), {"photometric": "rgb", "planarconfig": "separate"}),
        (SAMPLES.astype(np.uint16).transpose(1, 2, 0), {"photometric": "rgb"}),
        (SAMPLES[0].astype(np.uint16), {"photometric": "minisblack"}),
        (SAMPLES[0].astype(np.int8), {"photometric": "minisblack"}),
    ],
)
def test_samples_of_another_kind_are_refused(samples: Any, layout: dict[str, Any], tmp_path: Path) -> None:
    """Pillow takes planes of 16 bits for planes of 8, and signed samples for unsigned ones."""
    tifffile.imwrite(tmp_path / "a.tif", samples, **layout)
    with pytest.raises(InputError, match=r"a\.tif: has samples of more than 8 bits, or signed ones"):
        read_rgb(tmp_path / "a.tif")


def test_a_png_whose_data_end_early_is_refused(tmp_path: Path) -> None:
    """Pillow leaves its last rows black."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 16, 16, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" + b"\x80" * 48, 9)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", rows), chunk(b"IEND", b"")
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    with pytest.raises(InputError, match=r"a\.png: cannot be read: its data end before the last pixel"):
        read_rgb(tmp_path / "a.png")


def test_what_is_no_picture_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"a\.png: is no picture that Pillow knows"):
        read_rgb(tmp_path / "a.png")


def test_without_the_engine_png_is_read_by_pillow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks are trained from plain sources on machines where nothing can be built."""
    monkeypatch.setattr(picture_files, "_has_engine", lambda: False)
    monkeypatch.setitem(sys.modules, "l3c.images.png", None)
    pixels = smooth_picture(20, 30, 3, 1)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    assert np.array_equal(read_rgb(tmp_path / "a.png"), pixels)
    Image.fromarray(pixels[..., 0].astype(np.uint16) * 257).save(tmp_path / "b.png")
    with pytest.raises(InputError, match="has samples of more than 8 bits"):
        read_rgb(tmp_path / "b.png")
