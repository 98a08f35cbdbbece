"""Files that nobody wrote: good ones mutated, cut and spliced, noise, and sound containers of nonsense."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from l3c.api import encode
from l3c.container.constants import (
    COLOURS_MAX,
    COMPACT,
    DATA,
    FIRST_MODEL,
    HEAD,
    MODELS,
    PALETTE,
    PLANES,
    SIGNATURE,
    SOLE,
    STORED,
    TILES,
)
from l3c.container.cursor import Cursor, varint
from l3c.container.read import read_file, read_section
from l3c.container.sole import is_compact, read_compact, write_compact
from l3c.container.structure import Contents, ImageHeader, Palette, TileEntry
from l3c.container.tiling import tile_count, tiles_of
from l3c.container.write import section, write_file
from l3c.history.photo_cd import convert as photo_cd
from tests.checks import encode_tiled, noise, packaged_model, plain, smooth_picture
from tests.history.jpegs import decoded
from tests.history.sources import photo_cd_planes

Random = random.Random


@dataclass(frozen=True)
class Seed:
    """A good file and its pixels, as `l3c.decode` gives them."""

    data: bytes
    picture: NDArray[Any]


@dataclass(frozen=True)
class Hostile:
    """A file to decode. pixels: the only ones it may decode to, or None where its own checksums decide."""

    kind: str
    data: bytes
    pixels: NDArray[np.uint8] | None


@cache
def seeds() -> tuple[Seed, ...]:
    """Small files of every sort."""
    found = []
    for channels in (1, 3):
        mixed = smooth_picture(40, 50, channels)
        mixed[:20] = noise(20, 50, channels)
        tiled = encode_tiled(mixed, packaged_model(channels, 16))
        found += [Seed(tiled, plain(mixed)), Seed(encode(plain(mixed)), plain(mixed))]
        for height, width in ((1, 1), (30, 41)):
            picture = plain(smooth_picture(height, width, channels))
            found.append(Seed(encode(picture, metadata={"xmp": b"<x/>"}), picture))
    photo, few = photo_cd.redo(*photo_cd_planes(80, 100)), smooth_picture(66, 70, 3).astype(np.uint16) * 51 + 3
    photo[::9, ::9] ^= 1
    histories: list[NDArray[Any]] = [
        photo,
        few,
        *(decoded(sampling, 60, 90).squeeze() for sampling in ("gray", "4:2:0")),
    ]
    found += [Seed(encode(picture, model="wave-fast"), picture) for picture in histories]
    model, picture = packaged_model(3, 32, "wave-fast"), smooth_picture(40, 70, 3)
    adapted = model.adapted(next(iter(model.adaptations(picture, 9))))
    found.append(Seed(encode_tiled(picture, adapted), picture))
    return tuple(found)


def truncated(r: Random) -> Hostile:
    seed = r.choice(seeds())
    return Hostile("truncated", seed.data[: r.randrange(len(seed.data))], seed.picture)


def flipped(r: Random) -> Hostile:
    seed = r.choice(seeds())
    data = bytearray(seed.data)
    for _ in range(r.choice([1, 1, 2, 8])):
        data[r.randrange(len(data))] ^= 1 << r.randrange(8)
    return Hostile("bits flipped", bytes(data), seed.picture)


def overwritten(r: Random) -> Hostile:
    seed = r.choice(seeds())
    data = bytearray(seed.data)
    at, count = r.randrange(len(data)), r.choice([1, 2, 4, 16])
    data[at : at + count] = r.choice([r.randbytes(count), bytes(count), b"\xff" * count, b"\x80" * count, b""])
    return Hostile("bytes overwritten", bytes(data), seed.picture)


def spliced(r: Random) -> Hostile:
    first, second = r.choice(seeds()), r.choice(seeds())
    a, b = r.randrange(len(first.data)), r.randrange(len(second.data))
    return Hostile("spliced", first.data[:a] + second.data[b:], first.picture if first is second else None)


def noisy(r: Random) -> Hostile:
    start = r.choice([b"", SIGNATURE, SIGNATURE + b"\1", SIGNATURE + b"\1HEAD", COMPACT])
    return Hostile("random", start + r.randbytes(r.randrange(400)), None)


def sections_of(data: bytes) -> list[tuple[bytes, bytes]]:
    """Tag and content of all sections of a good file; of a compact one, the section that it stands for."""
    if is_compact(data):
        return [(SOLE, read_compact(memoryview(data)))]
    cursor = Cursor(memoryview(data))
    cursor.take(len(SIGNATURE) + 1, "signature and version")
    found = []
    while cursor.left:
        tag, content = read_section(cursor)
        found.append((tag, bytes(content.take(content.left, "content"))))
    return found


def resealed(r: Random) -> Hostile:
    """A section's content is mutated, removed, repeated or moved; all lengths and checksums fit."""
    seed = r.choice(seeds())
    parts = sections_of(seed.data)
    at = r.randrange(len(parts))
    tag, content = parts[at]
    action = r.randrange(5)
    if action < 2 and content:
        changed = bytearray(content)
        for _ in range(r.choice([1, 1, 3])):
            changed[r.randrange(len(changed))] = r.choice([0, 1, 127, 128, 255, r.randrange(256)])
        parts[at] = tag, bytes(changed)
    elif action == 2:
        parts[at] = tag, content[: r.randrange(len(content) + 1)] + r.randbytes(r.randrange(4))
    elif action == 3:
        parts.insert(r.randrange(len(parts)), parts.pop(at))
    else:
        parts.insert(at, (bytes(r.choices(b"abHZ", k=4)), r.randbytes(9)))
    if is_compact(seed.data) and len(parts) == 1:
        return Hostile("compact file resealed", write_compact(parts[0][1]), None)
    body = b"".join(section(tag, content) for tag, content in parts)
    return Hostile("sections resealed", SIGNATURE + b"\1" + body, None)


def random_payloads(r: Random) -> Hostile:
    """Payloads of noise under a table that fits: the coder itself is reached, and only checksums can tell.

    Not in compact files without a check for each tile: the one of the whole file, made again, would vouch for anything.
    """
    checked = [(seed, found) for seed in seeds() if (found := read_file(seed.data)).tiles[0].crc is not None]
    seed, contents = r.choice(checked)
    data = bytearray(contents.data[:])
    for _ in range(r.randrange(1, 4)):
        at = r.randrange(len(data))
        size = min(r.choice([1, 2, 5, 40, len(data)]), len(data) - at)
        data[at : at + size] = r.randbytes(size)
    return Hostile("payloads of noise", write_file(replace(contents, data=bytes(data))), seed.picture)


def random_container(r: Random) -> Hostile:
    """A random header, tile side and table, right in every length, over payloads of noise."""
    models = r.choice([found for seed in seeds() if (found := read_file(seed.data).models)])
    header = ImageHeader(r.choice(list(PLANES)), side_of(r), side_of(r), r.choice([1, 8, 8, 16]))
    palette = None
    if header.layout == PALETTE:
        header, palette = replace(header, depth=8), Palette(r.randbytes(3 * r.choice([1, 7, COLOURS_MAX])))
    side = r.choice([16, 17, 64, 512, 65535])
    while side < 65535 and tile_count(header.height, header.width, side) > 300 // len(header.components):
        side = min(65535, 4 * side)
    entries, payloads = [], []
    for index, box in tiles_of(header, side):
        size = box.height * box.width * header.components[index].channels
        stored = size < 10_000 and r.random() < 0.3
        payload = r.randbytes(size if stored else r.choice([0, 39, 40, 41, 60, 1000]))
        check = crc32(payload) if stored else r.getrandbits(32)
        entries.append(TileEntry(STORED if stored else FIRST_MODEL, len(payload), check))
        payloads.append(payload)
    contents = Contents(header, models, side, entries, b"".join(payloads), {}, palette)
    return Hostile("container of noise", write_file(contents), None)


def side_of(r: Random) -> int:
    return r.choice([1, 2, r.randrange(1, 70), r.randrange(1, 3000), r.choice([65535, 2**20])])


def random_sections(r: Random) -> Hostile:
    """Sections in their order, of noise or of extreme varints."""

    def content() -> bytes:
        numbers = [0, 1, 127, 128, 2**14, 2**31, 2**32 - 1, 2**62, 2**63 - 1, 2**64]
        return b"".join(r.choice([varint(r.choice(numbers)), r.randbytes(3)]) for _ in range(r.randrange(12)))

    body = b"".join(section(tag, content()) for tag in (HEAD, MODELS, TILES, DATA))
    return Hostile("sections of noise", SIGNATURE + b"\1" + body, None)


KINDS: tuple[Callable[[Random], Hostile], ...] = (
    truncated,
    flipped,
    overwritten,
    spliced,
    noisy,
    resealed,
    random_payloads,
    random_container,
    random_sections,
)


def hostile_file(seed: int, number: int) -> Hostile:
    """File `number` of a run; the same for the same seed."""
    r = Random(f"{seed}/{number}")
    return KINDS[number % len(KINDS)](r)
