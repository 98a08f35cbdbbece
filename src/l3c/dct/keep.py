"""A JPEG file in a file of ours: kept byte for byte, its coefficients coded, or as it is; and its pixels.

Files of earlier versions hold JPEG XL, which libjxl makes the JPEG file of.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING
from zlib import crc32

from l3c.container.coefficients import CodedJpeg, read_coded, write_coded
from l3c.container.constants import (
    CMYK,
    DEFAULT_MAX_MEMORY,
    GRAY,
    KEPT_COEFFICIENTS,
    KEPT_JPEG_XL,
    KEPT_STORED,
    RGB,
    USUAL_SUFFIX,
)
from l3c.container.structure import Contents, ImageHeader, KeptFile
from l3c.container.write import write_file
from l3c.dct.coded import CODER_BLOCK_BYTES, CODER_ROW_BYTES, Progress, blank_file, fill, fill_rows, pack, quiet, unpack
from l3c.dct.families import USUAL, model_for, model_of
from l3c.errors import ChecksumError, FormatError, InputError, LimitError, exceeding
from l3c.jpeg.file import BLOCK_BYTES, FILE_COPIES, JpegFile, ReproductionError, parse, write
from l3c.jpeg.frame import Frame, read_frame
from l3c.jpeg.layout import SIDE
from l3c.jpeg.part import is_cuttable, part_of, unit_height
from l3c.jpeg.transcode import restore
from l3c.threads import lone_threads

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

LAYOUTS = {1: GRAY, 3: RGB, 4: CMYK}  # by the number of components (format 2.10)
BLOCK = 16  # pixels that sides are filled up to: two blocks, as with 4:2:0
UNIT = 32
"""Pixels a side of the largest unit (MCU): four blocks."""

COEFFICIENT_BYTES = 4
"""Of libjxl, for each coefficient: 16 bits and a copy (measured, with room; format 1.7)."""

WORKSPACE = 64 << 20
"""Bytes of libjxl beside coefficients, whatever the size (measured, with room; format 1.7)."""


OTHER_FILE = "the JPEG file differs from the one that was encoded"  # in messages
OTHER_FRAME = "the JPEG file's frame is not what section HEAD says"  # in messages


def can_keep(data: bytes) -> bool:
    """Whether these are the bytes of a JPEG file of 1, 3 or 4 components; whether it is whole does not matter."""
    frame = read_frame(data)
    return frame is not None and frame.components in LAYOUTS


def keep(
    data: bytes,
    threads: int | None,
    suffix: str = USUAL_SUFFIX,
    max_memory: int | None = None,
    model: str = USUAL,
    progress: Progress = quiet,
) -> bytes:
    """The file of ours that holds a JPEG file, in the fewest bytes. suffix: of its name.

    max_memory: bytes, None is 4 GiB; where coding the coefficients would take more, the file is stored. model: as
    `families.model_for` takes it. progress: called with the share done. Raises InputError, ModelError.
    """
    frame = read_frame(data)
    if frame is None or frame.components not in LAYOUTS:
        raise InputError("not a JPEG file of 1, 3 or 4 components")
    file = packed(data, threads, max_memory, model, progress)
    return write_file(Contents.of_file(_header(frame), replace(file, suffix=suffix)))


def packed(
    data: bytes,
    threads: int | None,
    max_memory: int | None = None,
    model: str = USUAL,
    progress: Progress = quiet,
) -> KeptFile:
    """A JPEG file in the fewest bytes: its coefficients by a model, or, where it would not come back, as it is."""
    chosen, limit = model_for(model), DEFAULT_MAX_MEMORY if max_memory is None else max_memory
    try:
        small = write_coded(pack(data, chosen, threads, limit, progress))
    except (ReproductionError, LimitError):
        small = data
    if len(small) < len(data):
        return KeptFile(KEPT_COEFFICIENTS, len(data), crc32(data), small)
    return KeptFile(KEPT_STORED, len(data), crc32(data), data)


def original(
    header: ImageHeader, file: KeptFile, threads: int | None, max_memory: int | None, progress: Progress = quiet
) -> bytes:
    """The JPEG file, checked. Raises FormatError, ChecksumError, LimitError, ModelError, DependencyError."""
    limit, needed = DEFAULT_MAX_MEMORY if max_memory is None else max_memory, memory_needed(header, file)
    if needed > limit:
        raise exceeding("decoding takes", needed, limit)
    return checked(header, file, threads, limit, progress)


def checked(
    header: ImageHeader,
    file: KeptFile,
    threads: int | None,
    max_memory: int = DEFAULT_MAX_MEMORY,
    progress: Progress = quiet,
) -> bytes:
    """As `original`, of a file whose memory is allowed, but for what its own header asks."""
    if file.coder == KEPT_JPEG_XL:
        data = restore(bytes(file.data), file.length, (header.height, header.width), lone_threads(threads))
    elif file.coder == KEPT_COEFFICIENTS:
        data = _unpacked(header, file, threads, max_memory, progress)
    else:
        data = bytes(file.data)
    if len(data) != file.length or crc32(data) != file.crc:
        raise ChecksumError(OTHER_FILE)
    frame = read_frame(data)
    if frame is None or frame.components not in LAYOUTS or _header(frame) != header:
        raise FormatError(OTHER_FRAME)
    return data


def taken_apart(
    header: ImageHeader, file: KeptFile, threads: int | None = 1, max_memory: int = DEFAULT_MAX_MEMORY
) -> JpegFile:
    """As `checked`, but the file's coefficients. Raises FormatError also where it cannot be taken apart."""
    if file.coder == KEPT_COEFFICIENTS:
        coded, blank = _blank(header, file, max_memory)
        fill(coded, blank, model_of(coded.model), threads)
        if crc32(write(blank)) != file.crc:
            raise ChecksumError(OTHER_FILE)
        return blank
    try:
        return parse(checked(header, file, threads, max_memory), max_memory)
    except ReproductionError as error:
        raise FormatError(str(error)) from error


def _unpacked(header: ImageHeader, file: KeptFile, threads: int | None, max_memory: int, progress: Progress) -> bytes:
    coded, blank = _blank(header, file, max_memory)
    return unpack(coded, blank, model_of(coded.model), threads, progress)


def _blank(header: ImageHeader, file: KeptFile, max_memory: int) -> tuple[CodedJpeg, JpegFile]:
    """What the file holds, and the JPEG file whose coefficients are still 0."""
    coded = read_coded(file.data)
    blank = blank_file(coded, max_memory)
    stated = blank.length, blank.layout.height, blank.layout.width, len(blank.layout.components)
    if stated != (file.length, header.height, header.width, header.channels):
        raise FormatError(OTHER_FRAME)
    return coded, blank


def lines(
    header: ImageHeader, file: KeptFile, top: int, bottom: int, threads: int | None, max_memory: int | None
) -> NDArray[np.uint8] | None:
    """Lines top .. bottom - 1 of `pixels`, or None where all of them have to be decoded for that.

    Coefficients of other segments are not decoded, so that the check of the whole file is left out; sections have
    checks of their own.
    """
    if file.coder != KEPT_COEFFICIENTS:
        return None
    coded, blank = _blank(header, file, DEFAULT_MAX_MEMORY if max_memory is None else max_memory)
    if not is_cuttable(blank):
        return None
    height = unit_height(blank)
    # readers interpolate chroma from one line beyond: one row of units on either side is enough
    first, last = max(0, top // height - 1), min(-(-header.height // height), -(-bottom // height) + 1)
    fill_rows(coded, blank, model_of(coded.model), first, last, threads)
    try:
        part = part_of(blank, first, last)
    except FormatError:  # differences of more bits than its codes have, which no encoder makes of 8-bit samples
        return None
    return pixels(part)[top - first * height : bottom - first * height]


def memory_needed(header: ImageHeader, file: KeptFile) -> int:
    """Bytes that a JPEG file takes: a stored one no more than itself, whatever picture it declares.

    Of a transcoded one: the file twice, its pixels, and libjxl's coefficients (measured, with room). Where
    coefficients are coded, only what its pixels and itself take: `coded.blank_file` judges the rest beforehand.
    """
    if file.coder == KEPT_STORED:
        return file.length
    if file.coder == KEPT_COEFFICIENTS:
        return header.samples + FILE_COPIES * file.length
    rows, columns = (-(-side // BLOCK) * BLOCK for side in (header.height, header.width))
    coefficients = COEFFICIENT_BYTES * rows * columns * header.channels
    return header.samples + coefficients + 2 * file.length + WORKSPACE


def memory_bound(header: ImageHeader, file: KeptFile) -> int:
    """Bytes that `taken_apart` takes at most, whatever the file holds: with this limit it refuses what takes more."""
    rows, columns = (side + UNIT for side in (header.height, header.width))
    blocks = -(-rows // SIDE) * -(-columns // SIDE) * header.channels
    lines = -(-rows // SIDE) * header.channels
    coefficients = (BLOCK_BYTES + CODER_BLOCK_BYTES) * blocks + CODER_ROW_BYTES * lines
    return memory_needed(header, file) + FILE_COPIES * file.length + coefficients


def pixels(jpeg: bytes) -> NDArray[np.uint8]:
    """uint8 [height, width], or with 3 or 4 channels, as Pillow decodes them. Raises InputError where it cannot."""
    import numpy as np

    with _readable(), opened(jpeg) as image:
        samples, mode = np.array(image), image.mode
    if mode not in ("L", "RGB", "CMYK"):
        raise InputError(f"the JPEG file is kept whole, but its pixels are {mode}: take the file itself")
    return samples


def small(jpeg: bytes, side: int) -> NDArray[np.uint8]:
    """uint8 [height, width, 3], neither side above `side` pixels: from few coefficients of each block, so fast.

    Raises InputError.
    """
    import numpy as np
    from PIL import Image as Images

    with _readable(), opened(jpeg) as image:
        image.draft(None, (side, side))  # the decoder leaves coefficients out, as far as the picture stays large enough
        shown = image.convert("RGB")
        shown.thumbnail((side, side), Images.Resampling.BOX)
        return np.asarray(shown)


@contextmanager
def _readable() -> Iterator[None]:
    """Raise InputError where Pillow cannot decode pixels."""
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:  # Pillow's readers raise whatever a damaged file leads to
        reason = " ".join(str(error).split())
        raise InputError(f"the JPEG file is kept whole, but its pixels cannot be decoded: {reason}") from error


def opened(jpeg: bytes) -> Image.Image:
    """The JPEG file as an image of Pillow, its pixels not yet decoded."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        return Image.open(io.BytesIO(jpeg), formats=["JPEG"])


def _header(frame: Frame) -> ImageHeader:
    return ImageHeader(LAYOUTS[frame.components], frame.height, frame.width, frame.depth)
