"""Deflate streams are read to their very end, and no further than allowed."""

import zlib

import pytest

from l3c.container.streams import RAW, inflate
from l3c.errors import FormatError

TEXT = b"to their very end" * 9
STREAM = zlib.compress(TEXT)
BARE = STREAM[2:-4]
"""The same without zlib's header and checksum."""


def test_streams_are_read() -> None:
    assert inflate(STREAM, len(TEXT), "it") == inflate(BARE, len(TEXT), "it", RAW) == TEXT


@pytest.mark.parametrize(
    ("data", "limit", "reason"),
    [
        (STREAM + b"\0", 1000, "does not end where it should"),
        (STREAM + STREAM, 1000, "does not end where it should"),
        (STREAM[:-1], 1000, "does not end where it should"),
        (STREAM[:-4], 1000, "does not end where it should"),
        (STREAM[:-1] + bytes([STREAM[-1] ^ 1]), 1000, "is damaged"),
        (STREAM, len(TEXT) - 1, f"gives more than {len(TEXT) - 1} bytes"),
        (b"", 1000, "does not end where it should"),
    ],
    ids=["a byte behind", "a second stream", "cut", "no checksum", "a wrong checksum", "too much", "nothing"],
)
def test_other_streams_are_refused(data: bytes, limit: int, reason: str) -> None:
    with pytest.raises(FormatError, match=f"its stream {reason}"):
        inflate(data, limit, "its stream")
