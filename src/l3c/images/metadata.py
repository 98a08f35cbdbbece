"""Metadata between Pillow's `info`, picture files and ours, and which of it is equivalent."""

from __future__ import annotations

import struct
import zlib
from contextlib import suppress
from fractions import Fraction
from typing import Any

from PIL import Image

from l3c.errors import FormatError
from l3c.images import resolution
from l3c.images.png_chunks import Chunk, pack, unpack
from l3c.images.tiff_directory import canonical

EXIF_PREFIX = b"Exif\0\0"
"""What JPEG puts before the EXIF block, and Pillow mostly too; a file of ours holds the block alone."""

PILLOW_KEYS = {"icc": "icc_profile", "exif": "exif", "xmp": "xmp"}  # our names to keys of Pillow's `info`
NO_TEXTS = ("compression", "XML:com.adobe.xmp")
"""Keys of `info` whose strings are no texts of the picture."""

TEXT_MAX = 1 << 26
"""Bytes of a compressed text that are inflated for `info`."""

INCH = Fraction(254, 10000)
"""Metres."""


def metadata_of(image: Image.Image) -> dict[str, bytes]:
    """The kinds that the picture has, as bytes: profile, EXIF, XMP."""
    metadata = {}
    for kind, key in PILLOW_KEYS.items():
        value = image.info.get(key)
        if isinstance(value, str):
            value = value.encode()
        if value:
            metadata[kind] = bytes(value)
    if "xmp" not in metadata and "XML:com.adobe.xmp" in image.info:
        metadata["xmp"] = str(image.info["XML:com.adobe.xmp"]).encode()
    if "exif" in metadata:
        metadata["exif"] = metadata["exif"].removeprefix(EXIF_PREFIX)
    return metadata


def from_info(image: Image.Image) -> dict[str, bytes]:
    """As `metadata_of`, with resolution, texts, comment and transparent colour of an image of any format."""
    metadata, info = metadata_of(image), image.info
    if stated := _of_dpi(info.get("dpi")):
        metadata["resolution"] = stated
    if isinstance(comment := info.get("comment"), bytes) and comment:
        metadata["comment"] = comment
    texts = [_text(key, value) for key, value in info.items() if isinstance(value, str) and key not in NO_TEXTS]
    if chunks := [chunk for chunk in texts if chunk]:
        metadata["png chunks"] = pack(chunks)
    clear = info.get("transparency")
    if image.mode in ("1", "L", "I;16", "RGB") and isinstance(clear, int | tuple):
        values = clear if isinstance(clear, tuple) else (clear,)
        if image.mode == "1":
            values = (int(bool(values[0])),)
        if len(values) == len(image.getbands()):
            metadata["transparent colour"] = struct.pack(f">{len(values)}H", *values)
    return metadata


def _of_dpi(dpi: Any) -> bytes | None:
    """Whole pixels an inch or a metre, where they are that but for rounding."""
    if not isinstance(dpi, tuple) or len(dpi) != 2 or not all(0 < float(v) < 1e6 for v in dpi):
        return None
    metres = [float(v) / float(INCH) for v in dpi]
    for unit, values in ((resolution.INCH, [float(v) for v in dpi]), (resolution.METRE, metres)):
        if all(abs(v - round(v)) < 1e-4 and round(v) for v in values):
            return resolution.LAYOUT.pack(unit, round(values[0]), 1, round(values[1]), 1)
    x, y = (Fraction(float(v)).limit_denominator(10000) for v in dpi)
    return resolution.LAYOUT.pack(resolution.INCH, x.numerator, x.denominator, y.numerator, y.denominator)


def _text(key: Any, value: str) -> Chunk | None:
    """A chunk tEXt, or iTXt where it has other letters or a language."""
    try:
        name = str(key).encode("latin-1")
    except UnicodeEncodeError:
        return None
    if not 1 <= len(name) <= 79 or b"\0" in name or "\0" in value:
        return None
    language, translated = getattr(value, "lang", "") or "", getattr(value, "tkey", "") or ""
    if not language and not translated:
        try:
            return b"tEXt", name + b"\0" + value.encode("latin-1")
        except UnicodeEncodeError:
            pass
    tail = b"\0".join((str(language).encode(), str(translated).encode(), value.encode()))
    return b"iTXt", name + bytes(3) + tail


def to_pillow(metadata: dict[str, bytes]) -> dict[str, Any]:
    """As Pillow's `info` has profile, EXIF and XMP, and as most of its writers take them."""
    prefix = {"exif": EXIF_PREFIX}
    return {PILLOW_KEYS[kind]: prefix.get(kind, b"") + value for kind, value in metadata.items() if kind in PILLOW_KEYS}


def to_info(metadata: dict[str, bytes]) -> dict[str, Any]:
    """As `to_pillow`, with dpi or aspect, texts, comment and transparency, as Pillow's readers give them."""
    info = to_pillow(metadata)
    if "resolution" in metadata:
        unit, x, y = resolution.unpack(metadata["resolution"])
        if unit == resolution.NONE:
            info["aspect"] = (float(x), float(y))
        else:
            info["dpi"] = tuple(float(v / resolution.METRES[unit] * INCH) for v in (x, y))
    if "comment" in metadata:
        info["comment"] = metadata["comment"]
    if "png chunks" in metadata:
        with suppress(FormatError):
            info |= dict(_texts(unpack(metadata["png chunks"])))
    clear = metadata.get("transparent colour", b"")
    if len(clear) in (2, 6):
        values = struct.unpack(f">{len(clear) // 2}H", clear)
        info["transparency"] = values if len(values) > 1 else values[0]
    return info


def _texts(chunks: list[Chunk]) -> list[tuple[str, str]]:
    from PIL import PngImagePlugin  # only where texts are given to Pillow

    texts: list[tuple[str, str]] = []
    for kind, content in chunks:
        name, _, rest = content.partition(b"\0")
        key = name.decode("latin-1")
        if kind == b"tEXt":
            texts.append((key, rest.decode("latin-1")))
        elif kind == b"zTXt" and rest[:1] == b"\0" and (text := _inflated(rest[1:])) is not None:
            texts.append((key, text.decode("latin-1")))
        elif kind == b"iTXt" and len(parts := rest[2:].split(b"\0", 2)) == 3:
            whole = _inflated(parts[2]) if rest[:1] == b"\1" else parts[2]
            if whole is not None:
                language, translated = parts[0].decode("latin-1"), parts[1].decode("utf-8", "replace")
                texts.append((key, PngImagePlugin.iTXt(whole.decode("utf-8", "replace"), language, translated)))
    return texts


def _inflated(data: bytes) -> bytes | None:
    inflate = zlib.decompressobj()
    try:
        value = inflate.decompress(data, TEXT_MAX)
    except zlib.error:
        return None
    return value if inflate.eof else None


def same(kind: str, one: bytes | None, other: bytes | None) -> bool:
    """Whether two contents say the same: EXIF blocks however they are laid out, resolutions in whatever unit."""
    return one == other or (one is not None and other is not None and meaning(kind, one) == meaning(kind, other))


def meaning(kind: str, content: bytes) -> bytes:
    """The same for contents of a kind that say the same."""
    if kind == "exif":
        return canonical(content)
    if kind == "resolution":
        unit, x, y = resolution.unpack(content)
        scale = resolution.METRES.get(unit, 1)
        return repr((unit == resolution.NONE, x / scale, y / scale)).encode()
    return content
