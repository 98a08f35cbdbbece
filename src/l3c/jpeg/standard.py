"""Tables that most JPEG files share: the Huffman codes and quantization tables of ITU-T T.81, annex
K.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

LENGTHS = 16
"""A code has 1 .. 16 bits."""

Code = bytes
"""How many codes there are of 1 .. 16 bits, a byte each; then their symbols in rising order of the
codes.
"""

NO_CODE = bytes(LENGTHS)  # a code without symbols

_DC_SYMBOLS = bytes(range(12))  # sizes 0 to 11
# T.81, table K.3: how many codes have each length, then the symbols
_LUMA_DC = bytes.fromhex("00010501010101010100000000000000") + _DC_SYMBOLS
_CHROMA_DC = bytes.fromhex("00030101010101010101010000000000") + _DC_SYMBOLS  # T.81, table K.4
# T.81, table K.5
_LUMA_AC = bytes.fromhex(
    "0002010303020403050504040000017d"
    "01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a34"
    "35363738393a434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a9293949596"
    "9798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1"
    "f2f3f4f5f6f7f8f9fa"
)
# T.81, table K.6
_CHROMA_AC = bytes.fromhex(
    "00020102040403040705040400010277"
    "0001020311040521310612415107617113223281081442"
    "91a1b1c109233352f0156272d10a162434e125f11718191a262728292a35363738393a434445464748494a535455565758595a"
    "636465666768696a737475767778797a82838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9"
    "bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa"
)
STANDARD_CODES: dict[tuple[int, int], Code] = {
    (0, 0): _LUMA_DC,
    (1, 0): _LUMA_AC,
    (0, 1): _CHROMA_DC,
    (1, 1): _CHROMA_AC,
}
"""(class, number) to code. Files without any, which are frames of video, mean these."""

# T.81, table K.1, in zigzag order
_LUMA_STEPS = bytes.fromhex(
    "100b0c0e0c0a100e0d0e1211101318281a181616183123251d283a333d3c3933383740485c4e404457453738506d51575f626768673e4d71797064"
    "785c656763"
)
# T.81, table K.2, in zigzag order
_CHROMA_STEPS = bytes.fromhex("1112121815182f1a1a2f634238426363") + bytes([99] * 48)
QUALITIES = range(1, 101)  # of the Independent JPEG Group's scale
PROGRESSIVE_SCANS = [
    (1, b"\x01\x05\x02"),
    (3, b"\x01\x3f\x01"),
    (2, b"\x01\x3f\x01"),
    (1, b"\x06\x3f\x02"),
    (1, b"\x01\x3f\x21"),
    (0, b"\x00\x00\x10"),
    (3, b"\x01\x3f\x10"),
    (2, b"\x01\x3f\x10"),
    (1, b"\x01\x3f\x10"),
]
"""Those of libjpeg behind the first: component, 0 for all; positions, bits left out before and now."""


def steps(quality: int, chroma: bool) -> bytes:
    """The quantization table of libjpeg's quality, 64 bytes in zigzag order, clipped to 255 (format 9.8)."""
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    base: NDArray[np.int64] = np.frombuffer(_CHROMA_STEPS if chroma else _LUMA_STEPS, np.uint8).astype(np.int64)
    return np.clip((base * scale + 50) // 100, 1, 255).astype(np.uint8).tobytes()


@functools.cache
def dictionary() -> bytes:
    """What headers are likely to hold, the likeliest last: deflate refers to it (format 9.8)."""
    tables = [
        b"".join(b"\xff\xdb\0\x43" + bytes([i]) + steps(quality, bool(i)) for i in range(2)) for quality in QUALITIES
    ]
    codes = [(kind << 4 | number, code) for (kind, number), code in STANDARD_CODES.items()]
    apart = b"".join(b"\xff\xc4" + (3 + len(code)).to_bytes(2, "big") + bytes([c]) + code for c, code in codes)
    jfif = b"\xff\xe0\0\x10JFIF\0\x01\x01" + b"\x01\0\x48\0\x48\0\0" + b"\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
    adobe = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\x01"
    frames = b"".join(
        b"\xff" + bytes([kind]) + b"\0\x11\x08\0\0\0\0\x03\x01" + bytes([sampling]) + b"\0\x02\x11\x01\x03\x11\x01"
        for kind in (0xC2, 0xC0)
        for sampling in (0x11, 0x21, 0x22)
    )
    scan = b"\xff\xda\0\x0c\x03\x01\0\x02\x11\x03\x11\0\x3f\0"
    empty = [b"\xff\xc4\0\x13" + bytes([c]) + NO_CODE for c, _ in codes]
    progressive = empty[0] + empty[2] + b"\xff\xda\0\x0c\x03\x01\0\x02\x10\x03\x10\0\0\x01"
    for component, rest in PROGRESSIVE_SCANS:
        if component:
            number = component > 1
            progressive += empty[1 + 2 * number] + b"\xff\xda\0\x08\x01" + bytes([component, number]) + rest
        else:
            progressive += b"\xff\xda\0\x0c\x03\x01\0\x02\0\x03\0" + rest
    lean = b"".join(empty)
    return adobe + b"".join([*tables, jfif, frames, progressive, lean, scan, b"\xff\xd9", apart, scan, b"\xff\xd9"])
