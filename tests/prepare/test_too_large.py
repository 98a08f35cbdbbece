"""Pictures that would take gigabytes are refused by their header, which is all that these files have."""

from __future__ import annotations

import struct
from pathlib import Path
from zlib import crc32

import pytest

from l3c.errors import InputError
from l3c.prepare import pictures
from l3c.training import picture_files


def declared(width: int, height: int) -> bytes:
    """A PNG file of so many black pixels, if its data were there."""
    found = b"\x89PNG\r\n\x1a\n"
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    for kind, content in ((b"IHDR", header), (b"IDAT", b"x"), (b"IEND", b"")):
        found += struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc32(kind + content))
    return found


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(
    ("side", "message"), [(12_000, "12000 x 12000 pixels, at most 134217728"), (60_000, "exceeds limit")]
)
def test_a_picture_of_too_many_pixels(side: int, message: str, tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(declared(side, side))
    with pytest.raises(InputError, match=f"large.png.*{message}"):
        picture_files.read_rgb(path)
    with (
        pytest.raises(InputError, match=f"large.png.*{message}"),
        pictures.opened(path.read_bytes(), "large.png") as image,
    ):
        image.load()
