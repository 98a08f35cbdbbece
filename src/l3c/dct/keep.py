"""A JPEG file in a file of ours: kept byte for byte, transcoded by libjxl or as it is; and its pixels."""

from __future__ import annotations

import io
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING
from zlib import crc32

from l3c.container.constants import CMYK, DEFAULT_MAX_MEMORY, GRAY, KEPT_JPEG_XL, KEPT_STORED, RGB, USUAL_SUFFIX
from l3c.container.structure import Contents, ImageHeader, KeptFile
from l3c.container.write import write_file
from l3c.errors import ChecksumError, FormatError, InputError, exceeding
from l3c.jpeg import transcode
from l3c.jpeg.frame import Frame, read_frame
from l3c.jpeg.transcode import restore

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

LAYOUTS = {1: GRAY, 3: RGB, 4: CMYK}  # by the number of components (format 2.10)
SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"})  # what JPEG files are called
BLOCK = 16  # pixels that sides are filled up to: two blocks, as with 4:2:0
PIXELS_A_BYTE = 1024
"""At most, in a JPEG file that is whole: 256 pixels of 4:2:0 take some 6 bits."""

COEFFICIENT_BYTES = 4
"""Of libjxl, for each coefficient: 16 bits and a copy (measured, with room; format 1.7)."""

WORKSPACE = 64 << 20
"""Bytes of libjxl beside coefficients, whatever the size (measured, with room; format 1.7)."""


def can_keep(data: bytes) -> bool:
    """Whether these are the bytes of a JPEG file of 1, 3 or 4 components; whether it is whole does not matter."""
    frame = read_frame(data)
    return frame is not None and frame.components in LAYOUTS


def keep(data: bytes, threads: int, suffix: str = USUAL_SUFFIX, max_memory: int | None = None) -> bytes:
    """The file of ours that holds a JPEG file, in the fewest bytes. suffix: of its name. Raises InputError.

    max_memory: bytes, None is 4 GiB; where libjxl would take more, the file is stored.
    """
    frame = read_frame(data)
    if frame is None or frame.components not in LAYOUTS:
        raise InputError("not a JPEG file of 1, 3 or 4 components")
    return write_file(Contents.of_file(_header(frame), replace(packed(data, threads, max_memory), suffix=suffix)))


def packed(data: bytes, threads: int, max_memory: int | None = None) -> KeptFile:
    """A JPEG file in the fewest bytes: transcoded, where libjxl is installed and takes it, else as it is."""
    small = None
    if transcode.available() and is_plausible(data) and _may_transcode(data, max_memory):
        small = transcode.transcode(data, threads)
    if small is not None and len(small) < len(data):
        return KeptFile(KEPT_JPEG_XL, len(data), crc32(data), small)
    return KeptFile(KEPT_STORED, len(data), crc32(data), data)


def is_plausible(data: bytes) -> bool:
    """Whether a JPEG file has bytes enough for the picture that it declares, for which libjxl takes memory."""
    frame = read_frame(data)
    return frame is not None and frame.height * frame.width <= PIXELS_A_BYTE * len(data)


def _may_transcode(data: bytes, max_memory: int | None) -> bool:
    """Whether libjxl takes no more memory than is allowed: what giving the file back takes, too."""
    frame = read_frame(data)
    assert frame is not None
    file = KeptFile(KEPT_JPEG_XL, len(data), 0, b"")
    return memory_needed(_header(frame), file) <= (DEFAULT_MAX_MEMORY if max_memory is None else max_memory)


def original(header: ImageHeader, file: KeptFile, threads: int, max_memory: int | None) -> bytes:
    """The JPEG file, checked. Raises FormatError, ChecksumError, LimitError, DependencyError."""
    limit, needed = DEFAULT_MAX_MEMORY if max_memory is None else max_memory, memory_needed(header, file)
    if needed > limit:
        raise exceeding("decoding takes", needed, limit)
    return checked(header, file, threads)


def checked(header: ImageHeader, file: KeptFile, threads: int) -> bytes:
    """As `original`, of a file whose memory is allowed."""
    if file.coder == KEPT_JPEG_XL:
        data = restore(bytes(file.data), file.length, (header.height, header.width), threads)
    else:
        data = bytes(file.data)
    if len(data) != file.length or crc32(data) != file.crc:
        raise ChecksumError("the JPEG file differs from the one that was encoded")
    frame = read_frame(data)
    if frame is None or frame.components not in LAYOUTS or _header(frame) != header:
        raise FormatError("the JPEG file's frame is not what section HEAD says")
    return data


def memory_needed(header: ImageHeader, file: KeptFile) -> int:
    """Bytes that a JPEG file takes: a stored one no more than itself, whatever picture it declares.

    Of a transcoded one: the file twice, its pixels, and libjxl's coefficients (measured, with room).
    """
    if file.coder == KEPT_STORED:
        return file.length
    rows, columns = (-(-side // BLOCK) * BLOCK for side in (header.height, header.width))
    coefficients = COEFFICIENT_BYTES * rows * columns * header.channels
    return header.samples + coefficients + 2 * file.length + WORKSPACE


def pixels(jpeg: bytes) -> NDArray[np.uint8]:
    """uint8 [height, width], or with 3 or 4 channels, as Pillow decodes them. Raises InputError where it cannot."""
    import numpy as np

    try:
        with opened(jpeg) as image:
            samples, mode = np.array(image), image.mode
    except MemoryError:
        raise
    except Exception as error:  # Pillow's readers raise whatever a damaged file leads to
        reason = " ".join(str(error).split())
        raise InputError(f"the JPEG file is kept whole, but its pixels cannot be decoded: {reason}") from error
    if mode not in ("L", "RGB", "CMYK"):
        raise InputError(f"the JPEG file is kept whole, but its pixels are {mode}: take the file itself")
    return samples


def opened(jpeg: bytes) -> Image.Image:
    """The JPEG file as an image of Pillow, its pixels not yet decoded."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        return Image.open(io.BytesIO(jpeg), formats=["JPEG"])


def _header(frame: Frame) -> ImageHeader:
    return ImageHeader(LAYOUTS[frame.components], frame.height, frame.width, frame.depth)
