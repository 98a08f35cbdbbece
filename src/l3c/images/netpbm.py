"""PBM, PGM, PPM and PAM with samples of any size up to 16 bits, which Pillow would reduce."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.errors import InputError

TOKEN = re.compile(rb"(?:\s|#[^\n]*\n)*([^\s#]+)")
CHANNELS = {b"P5": 1, b"P6": 3}
TUPLES = {1: "GRAYSCALE", 2: "GRAYSCALE_ALPHA", 3: "RGB", 4: "RGB_ALPHA"}
FULL: dict[int, Any] = {255: np.dtype(np.uint8), 65535: np.dtype(">u2")}


def is_deep(data: bytes) -> bool:
    """Whether Pillow cannot read this whole: a PAM, or a PGM or PPM of more than 8 bits."""
    return data[:2] == b"P7" or (data[:2] in CHANNELS and _header(data)[3] > 255)


def read(data: bytes, name: str) -> NDArray[Any]:
    """uint8 or uint16, [height, width] or [height, width, channels].

    Raises InputError for a largest value other than 255 or 65535.
    """
    try:
        width, height, channels, largest, start = _pam(data) if data[:2] == b"P7" else _header(data)
    except (ValueError, KeyError, AttributeError) as error:
        raise InputError(f"{name}: cannot be read: its header is damaged") from error
    if largest not in FULL:
        raise InputError(f"{name}: the largest value is {largest}, only 255 and 65535 are supported")
    dtype = FULL[largest]
    count = width * height * channels
    if not 1 <= channels <= 4 or count < 1 or (len(data) - start) // dtype.itemsize < count:
        raise InputError(f"{name}: cannot be read: it ends before its last pixel")
    samples = np.frombuffer(data, dtype, count, start).reshape(height, width, channels)
    native: NDArray[Any] = samples.astype(dtype.newbyteorder("="))
    return native[..., 0] if channels == 1 else native


def _header(data: bytes) -> tuple[int, int, int, int, int]:
    at, numbers = 2, []
    for _ in range(3):
        match = TOKEN.match(data, at)
        assert match is not None
        numbers.append(int(match[1]))
        at = match.end()
    return numbers[0], numbers[1], CHANNELS[data[:2]], numbers[2], at + 1


def _pam(data: bytes) -> tuple[int, int, int, int, int]:
    end = data.index(b"ENDHDR\n") + 7
    lines = [line.split() for line in data[3:end].splitlines() if line and not line.startswith(b"#")]
    fields = {words[0]: words[1] for words in lines if len(words) > 1}
    width, height, depth, largest = (int(fields[key]) for key in (b"WIDTH", b"HEIGHT", b"DEPTH", b"MAXVAL"))
    return width, height, depth, largest, end


def write(samples: NDArray[Any], suffix: str, name: str) -> bytes:
    """samples: uint8 or uint16 [height, width, channels]. Raises InputError where the format cannot hold them."""
    height, width, channels = samples.shape
    largest = 255 if samples.dtype == np.uint8 else 65535
    if suffix == ".pam":
        size = f"WIDTH {width}\nHEIGHT {height}\nDEPTH {channels}\nMAXVAL {largest}"
        head = f"P7\n{size}\nTUPLTYPE {TUPLES[channels]}\nENDHDR\n"
    elif (channels == 1 and suffix in (".pgm", ".pnm", ".ppm")) or (channels == 3 and suffix in (".ppm", ".pnm")):
        head = f"P{5 if channels == 1 else 6}\n{width} {height}\n{largest}\n"
    else:
        raise InputError(f"{name}: {suffix[1:]} cannot hold {channels} channels; choose png, tif or pam")
    return head.encode() + bytes(samples.astype(FULL[largest]).tobytes())
