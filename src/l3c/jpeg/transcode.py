"""A JPEG XL file, as earlier versions wrote it, back to the JPEG file, byte for byte, by libjxl through imagecodecs."""

from __future__ import annotations

from importlib.util import find_spec

from l3c.errors import DependencyError, FormatError, install_command
from l3c.jpeg.codestream import declared_size

EXTRA = "jpeg"  # of the package, which brings libjxl


def available() -> bool:
    """Whether the extra is installed; nothing is imported."""
    return find_spec("imagecodecs") is not None


def restore(data: bytes, length: int, size: tuple[int, int], threads: int) -> bytes:
    """The JPEG file of `length` bytes behind `data`. size: (height, width) that it must have. Raises FormatError."""
    declared = declared_size(data)
    if declared != size:
        raise FormatError(
            f"section FILE declares {declared[1]} x {declared[0]} pixels, section HEAD {size[1]} x {size[0]}"
        )
    need_extra("this file, a transcoded JPEG,")
    import imagecodecs

    try:
        return bytes(imagecodecs.jpegxl_decode_jpeg(data, numthreads=threads, out=bytearray(length)))
    except (imagecodecs.JpegxlError, ValueError) as error:
        raise FormatError(f"section FILE cannot be decoded: {error}") from error


def need_extra(what: str) -> None:
    if not available():
        raise DependencyError(f"{what} needs libjxl, through imagecodecs: {install_command(EXTRA)}")
