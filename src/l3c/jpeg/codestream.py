"""The size that a JPEG XL file declares, read before libjxl is given the file (ISO/IEC 18181-1, 18181-2)."""

from __future__ import annotations

from l3c.errors import FormatError

CODESTREAM = b"\xff\x0a"  # begins a bare codestream
BOXES = b"\0\0\0\x0cJXL \r\n\x87\n"  # the signature box, which begins files of boxes
HEADER = 16  # bytes of a codestream that hold its size: at most 2 bytes and 68 bits
DIMENSION_BITS = (9, 13, 18, 30)  # of a side less 1, by a selector of two bits
# width to height, by a number of three bits; 0 says that the width stands in the file
RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))


class _Bits:
    """Bits of little-endian bytes, the least significant first."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "little")

    def take(self, count: int) -> int:
        value = self._value & ((1 << count) - 1)
        self._value >>= count
        return value


def declared_size(data: bytes | memoryview) -> tuple[int, int]:
    """(height, width) of a JPEG XL file, a bare codestream or one in boxes. Raises FormatError."""
    start = _codestream_start(memoryview(data))
    if len(start) < 4 or start[:2] != CODESTREAM:
        raise FormatError("section JPEG holds no JPEG XL codestream")
    bits = _Bits(start[2:])
    small = bool(bits.take(1))
    height = _dimension(bits, small)
    ratio = bits.take(3)
    if ratio == 0:
        return height, _dimension(bits, small)
    numerator, denominator = RATIOS[ratio - 1]
    return height, height * numerator // denominator


def _codestream_start(data: memoryview) -> bytes:
    """The first bytes of the codestream, gathered from its boxes `jxlc` or `jxlp`."""
    if bytes(data[: len(BOXES)]) != BOXES:
        return bytes(data[:HEADER])
    gathered, at = b"", len(BOXES)
    while len(gathered) < HEADER and at + 8 <= len(data):
        size, kind, content = int.from_bytes(data[at : at + 4], "big"), bytes(data[at + 4 : at + 8]), at + 8
        if size == 1:
            size, content = int.from_bytes(data[at + 8 : at + 16], "big"), at + 16
        end = at + size if size else len(data)
        if end < content:
            break
        if kind in (b"jxlc", b"jxlp"):
            begin = content + 4 * (kind == b"jxlp")
            gathered += bytes(data[begin : min(end, begin + HEADER)])
        at = end
    return gathered


def _dimension(bits: _Bits, small: bool) -> int:
    return 8 * (1 + bits.take(5)) if small else 1 + bits.take(DIMENSION_BITS[bits.take(2)])
