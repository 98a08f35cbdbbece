"""Packed pictures: one file of decoded pixels, memory-mapped, so that a crop costs no decoding.

bytes 0..7     L3CPACK1
8..15          where the index begins, little-endian like every number here
16..           pixels: each picture's rows from the top, R, G, B, 8 bits each
index          int64 count, then heights int64 [count], widths int64 [count], then names, UTF-8, a line each
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from l3c.errors import InputError
from l3c.storage.atomic import whole_file
from l3c.training.picture_files import DAMAGED, Pixels, list_pictures, logger, read_rgb

SUFFIX = ".pack"  # of packs
MAGIC = b"L3CPACK1"  # begins a pack, with its version
HEADER = 16
"""Bytes before the pixels: the magic word and the index's place."""

WORD = np.dtype("<i8")  # sizes and places: 64 bits, little-endian
CHANNELS = 3  # packs hold RGB
SIDE_MAX = 1 << 20
"""Pixels. Products of two sides, three channels and any count that a file could hold stay below 2^63."""

DECODED_AT_ONCE = 32
"""Pictures in memory while a pack is written: enough for every core to have one to decode."""


class Packed:
    """A packed file, open for reading."""

    def __init__(self, path: Path) -> None:
        """Raises InputError where the file is no pack, or cut off."""
        self.path = path
        try:
            self.bytes: Pixels = np.memmap(path, np.uint8, mode="c")
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: {error}") from error
        self.heights, self.widths, self.names = self._index()
        sizes = CHANNELS * self.heights * self.widths
        self.offsets: NDArray[np.int64] = HEADER + np.cumsum(sizes) - sizes
        """First byte of each picture."""

    def __len__(self) -> int:
        return len(self.names)

    def read(self, number: int) -> Pixels:
        """uint8 [height, width, 3], a view of the file."""
        height, width, first = int(self.heights[number]), int(self.widths[number]), int(self.offsets[number])
        return self.bytes[first : first + CHANNELS * height * width].reshape(height, width, CHANNELS)

    def _index(self) -> tuple[NDArray[np.int64], NDArray[np.int64], list[str]]:
        data = self.bytes
        if len(data) < HEADER + WORD.itemsize or bytes(data[:8]) != MAGIC:
            raise InputError(f"{self.path}: not a file of `l3c prepare pack`")
        at = int(data[8:HEADER].view(WORD)[0])
        if not HEADER <= at <= len(data) - WORD.itemsize:
            raise InputError(f"{self.path}: its index would be at byte {at} of {len(data)}: cut off or damaged")
        count = int(data[at : at + 8].view(WORD)[0])
        end = at + WORD.itemsize * (1 + 2 * count)
        if count < 1 or end > len(data):
            raise InputError(f"{self.path}: its index of {count} pictures does not fit the file: damaged")
        sides = np.frombuffer(bytes(data[at + 8 : end]), WORD).astype(np.int64).reshape(2, count)
        names = bytes(data[end:]).decode(errors="replace").split("\n")
        if sides.min() < 1 or sides.max() > SIDE_MAX or len(names) != count:
            raise InputError(f"{self.path}: sizes or names of its pictures are damaged")
        if HEADER + CHANNELS * int((sides[0] * sides[1]).sum()) != at:
            raise InputError(f"{self.path}: its pictures do not fill it: damaged")
        return sides[0], sides[1], names


@dataclass(frozen=True)
class Reduction:
    """Reduce pictures by a factor that follows from seed and name, least..most, with Lanczos."""

    least: float = 1.0
    most: float = 1.0
    seed: int = 123

    def __post_init__(self) -> None:
        if not 0 < self.least <= self.most <= 1:
            raise InputError(f"--scale: {self.least} and {self.most} are not rising factors above 0, up to 1")

    def apply(self, image: Pixels, name: str, min_size: int) -> Pixels:
        """[H, W, 3] -> [round(f H), round(f W), 3]; the factor keeps the short side at min_size where it can."""
        height, width = image.shape[:2]
        least = min(self.most, max(self.least, min_size / min(height, width)))
        factor = np.random.default_rng([self.seed, crc32(name.encode())]).uniform(least, self.most)
        size = max(1, round(width * factor)), max(1, round(height * factor))
        if size == (width, height):
            return image
        return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS))


@dataclass(frozen=True)
class Source:
    """where: a folder, a picture or a pattern. reduction: how its pictures are made smaller, if at all."""

    where: str
    reduction: Reduction | None = None


def pack(sources: Iterable[Source], target: Path, min_size: int = 1) -> tuple[int, int]:
    """Write a packed file of all pictures, whole or not at all: (pictures, pixels).

    min_size: smaller ones, in pixels of the shorter side, are left out and named, like damaged ones. Raises InputError
    where none is left.
    """
    jobs = [(path, source.reduction) for source in sources for path in list_pictures(source.where, min_size)]

    def read(job: tuple[Path, Reduction | None]) -> Pixels | None:
        path, reduction = job
        try:
            image = read_rgb(path)
        except InputError as error:
            logger.warning("skipped %s", error, extra=DAMAGED)
            return None
        image = reduction.apply(image, path.name, min_size) if reduction else image
        if min(image.shape[:2]) >= min_size:
            return image
        logger.warning("skipped %s: %d x %d pixels", path, image.shape[1], image.shape[0])
        return None

    with ThreadPoolExecutor() as threads:
        images = _in_order(threads, read, jobs)
        named = ((path.name, image) for (path, _), image in zip(jobs, images, strict=True) if image is not None)
        return write_pack(target, named)


def write_pack(target: Path, pictures: Iterable[tuple[str, Pixels]]) -> tuple[int, int]:
    """Write named pictures, uint8 [H, W, 3]: (how many, their pixels). Raises InputError where there is none."""
    heights, widths, names = [], [], []
    with whole_file(target) as file:
        file.write(MAGIC + bytes(HEADER - len(MAGIC)))
        for name, image in pictures:
            file.write(np.ascontiguousarray(image).data)
            heights.append(image.shape[0])
            widths.append(image.shape[1])
            names.append(name.replace("\n", " "))
        if not names:
            raise InputError(f"{target}: no picture is left to be packed")
        at = file.tell()
        file.write(
            np.array([len(names), *heights, *widths], WORD).tobytes() + "\n".join(names).encode(errors="replace")
        )
        file.seek(len(MAGIC))
        file.write(np.array([at], WORD).tobytes())
    return len(names), sum(h * w for h, w in zip(heights, widths, strict=True))


def _in_order(threads: ThreadPoolExecutor, read, jobs) -> Iterator[Pixels | None]:  # type: ignore[no-untyped-def]
    """What `read` makes of each job, in their order, a bounded number ahead."""
    waiting = iter(jobs)
    running = [threads.submit(read, job) for job in islice(waiting, DECODED_AT_ONCE)]
    while running:
        yield running.pop(0).result()
        running += [threads.submit(read, job) for job in islice(waiting, 1)]


def is_packed(where: str) -> bool:
    """Whether a path or pattern names packed files."""
    return where.endswith(SUFFIX)


def open_packs(where: str) -> list[Packed]:
    """Open a packed file, or all that match a pattern with * in its last part, sorted."""
    path = Path(where).expanduser()
    files = [path] if path.is_file() else sorted(path.parent.glob(path.name))
    if not files:
        raise InputError(f"{where}: there is no such packed file")
    return [Packed(file) for file in files]
