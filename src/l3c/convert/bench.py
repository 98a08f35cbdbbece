"""One's own pictures beside other lossless codecs: sizes, speeds, and whether every pixel comes back."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c import api
from l3c.container.constants import FILE_SUFFIX, SIGNATURES
from l3c.convert.compare import load
from l3c.convert.files import TAKEN, DecodeOptions
from l3c.errors import InputError, L3CError

Pixels = NDArray[np.uint8]

CHANNELS = (1, 3, 4)
"""Of pictures that all codecs take: gray, RGB, RGBA."""


@dataclass(frozen=True)
class Codec:
    """name: for people. encode, decode: of uint8 [height, width] or [height, width, 3 or 4]."""

    name: str
    encode: Callable[[Pixels], bytes]
    decode: Callable[[bytes], Pixels]
    ours: bool = False


@dataclass
class Score:
    """What a codec did with all pictures. size: bytes. wrong: names of pictures that came back changed."""

    codec: Codec
    size: int = 0
    subpixels: int = 0
    pixels: int = 0
    encode_seconds: float = 0.0
    decode_seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)

    @property
    def bits(self) -> float:
        """Bits per sub-pixel."""
        return 8 * self.size / max(1, self.subpixels)

    @property
    def encode_speed(self) -> float:
        """Megapixels a second."""
        return self.pixels / 1e6 / max(self.encode_seconds, 1e-9)

    @property
    def decode_speed(self) -> float:
        """Megapixels a second."""
        return self.pixels / 1e6 / max(self.decode_seconds, 1e-9)

    def to_dict(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "codec": self.codec.name, "bytes": self.size, "bpsp": round(self.bits, 4), "pixels": self.pixels,
            "encode_mps": round(self.encode_speed, 3), "decode_mps": round(self.decode_speed, 3), "wrong": self.wrong,
        }  # fmt: skip


def our_codec(model: str, effort: int | None, threads: int | None) -> Codec:
    """A model of l3c."""
    return Codec(
        f"l3c {model}" + (f", effort {effort}" if effort else ""),
        lambda pixels: api.encode(pixels, model=model, effort=effort or api.DEFAULT_EFFORT, threads=threads),
        lambda data: api.decode(data, threads=threads),
        ours=True,
    )


def _by_pillow(name: str, form: str, **options: Any) -> Codec:
    from PIL import Image

    def encode(pixels: Pixels) -> bytes:
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, form, **options)
        return file.getvalue()

    return Codec(name, encode, lambda data: np.asarray(Image.open(io.BytesIO(data))))


def _jpeg_xl(effort: int, threads: int | None) -> Codec:
    import imagecodecs

    return Codec(
        f"JPEG XL, effort {effort}",
        lambda pixels: bytes(
            imagecodecs.jpegxl_encode(pixels, lossless=True, effort=effort, numthreads=_count(threads))
        ),
        lambda data: np.asarray(imagecodecs.jpegxl_decode(data, numthreads=_count(threads))),
    )


def _jpeg_2000() -> Codec:
    import imagecodecs

    return Codec(
        "JPEG 2000",
        lambda pixels: bytes(imagecodecs.jpeg2k_encode(pixels, level=0, reversible=True, mct=pixels.ndim == 3)),
        lambda data: np.asarray(imagecodecs.jpeg2k_decode(data)),
    )


def _count(threads: int | None) -> int:
    """As a number."""
    from l3c.threads import thread_count

    return thread_count(threads)


def installed_codecs(models: list[str], effort: int | None, threads: int | None) -> list[Codec]:
    """Ours, those of Pillow, and, where imagecodecs is installed, JPEG XL and JPEG 2000."""
    codecs = [our_codec(model, effort, threads) for model in models]
    if find_spec("imagecodecs"):
        codecs += [_jpeg_xl(7, threads), _jpeg_2000()]
    return [*codecs, _by_pillow("WebP, method 6", "WebP", lossless=True, quality=100, method=6, exact=True),
            _by_pillow("PNG, level 9", "PNG", compress_level=9)]  # fmt: skip


def pictures(folder: Path, most: int | None) -> tuple[list[Path], int]:
    """Files of a folder, at any depth, that may be pictures, at most so many, evenly spaced; and how many there are."""
    if not folder.is_dir():
        raise InputError(f"{folder}: {'is no folder' if folder.exists() else 'no such folder'}")
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in TAKEN | {FILE_SUFFIX} and p.is_file())
    if not found:
        raise InputError(f"{folder}: is a folder without pictures")
    if most is None or most >= len(found):
        return found, len(found)
    return [found[i * len(found) // most] for i in range(most)], len(found)


def pixels_of(path: Path, max_memory: int | None) -> Pixels:
    """Raises InputError for pictures that not all codecs take."""
    raw = path.read_bytes()
    picture = load(raw, str(path), DecodeOptions(max_memory))
    samples = picture.samples
    channels = samples.shape[2] if samples.ndim == 3 else 1
    if picture.pages or picture.palette or samples.dtype != np.uint8 or channels not in CHANNELS:
        raise InputError(f"{path}: no single picture of 8-bit gray, RGB or RGBA")
    if raw.startswith(SIGNATURES):
        samples = np.ascontiguousarray(samples)
    return samples[..., 0] if samples.ndim == 3 and channels == 1 else samples


def measure(
    paths: list[Path],
    scores: list[Score],
    max_memory: int | None,
    progress: Callable[[float], None],
    leave_out: Callable[[str], None],
) -> int:
    """Fill in the scores; how many pictures were taken. leave_out: hears why a picture is left out."""
    count = 0
    for number, path in enumerate(paths):
        try:
            pixels = pixels_of(path, max_memory)
        except (L3CError, OSError) as error:
            leave_out(str(error))
            continue
        for place, score in enumerate(scores):
            _score(score, pixels, path.name)
            progress((number + (place + 1) / len(scores)) / len(paths))
        count += 1
    return count


def _score(score: Score, pixels: Pixels, name: str) -> None:
    begun = time.perf_counter()
    data = score.codec.encode(pixels)
    between = time.perf_counter()
    back = score.codec.decode(data)
    score.decode_seconds += time.perf_counter() - between
    score.encode_seconds += between - begun
    score.size += len(data)
    score.subpixels += pixels.size
    score.pixels += pixels.shape[0] * pixels.shape[1]
    if not np.array_equal(_plain(back), _plain(pixels)):
        score.wrong.append(name)


def _plain(pixels: Pixels) -> Pixels:
    """[height, width, 3 or 4]: some codecs know no gray, and leave out alpha that hides nothing."""
    colour = np.repeat(pixels[..., None], 3, axis=2) if pixels.ndim == 2 else pixels
    if colour.shape[2] == 4 and (colour[..., 3] == 255).all():
        return colour[..., :3]
    return colour
