"""What the golden files hold: pictures from integers alone, and damaged files with the error each must raise."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import patch
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from l3c import api
from l3c.codec import graphics
from l3c.codec.encode import encode_drawing
from l3c.container.constants import (
    ADAPTATIONS,
    DATA,
    EXIF,
    GRAY,
    GRAY_ALPHA,
    HEAD,
    ICC,
    KEPT_STORED,
    MODELS,
    RGB,
    RGBA,
    SIGNATURE,
    TILES,
    XMP,
)
from l3c.container.cursor import varint
from l3c.container.history import DecodedJpeg
from l3c.container.read import read_file
from l3c.container.structure import Animation, Frame, ImageHeader, KeptFile, ModelReference
from l3c.container.write import head, models, section, tiles, write_file
from l3c.errors import ChecksumError, FormatError, L3CError, LimitError, ModelError, VersionError
from l3c.history.decoded_jpeg.kind import SAMPLINGS
from l3c.history.photo_cd import convert as photo_cd
from l3c.history.plain import to_components
from l3c.history.video import convert as video
from l3c.history.video import invert as video_invert
from l3c.images.picture import Picture
from l3c.jpeg.baseline import write_jpeg
from l3c.jpeg.pixels import Coefficients, grid, redo
from l3c.wave.adaptation.apply import count, groups
from l3c.wave.adaptation.code import write_numbers
from l3c.wave.model import WaveModel
from tests.checks import CHANNELS, encode_tiled, packaged_model

ALL_METADATA = {ICC: bytes(range(200)), EXIF: b"MM\0*\0\0\0\x08\0\0", XMP: "<x:xmpmeta>ä</x:xmpmeta>".encode()}


@dataclass(frozen=True)
class Case:
    """A picture and how it is coded. tile: nominal tile side, or None for the model's own. past: it is looked for.

    jpeg: coefficients that give most of it, which the file holds as a plain JPEG file; repeated: chroma is; cut: rows
    and columns that they give above and on the left; fast: the transform is.
    adapted: whether the model is. graphics: whether it is coded as graphics.
    """

    picture: NDArray[Any]
    tile: int | None = None
    metadata: dict[bytes, bytes] = field(default_factory=dict)
    model: str = "wave"
    history: bool = False
    jpeg: Coefficients | None = None
    nearest: bool = False
    cut: tuple[int, int] = (0, 0)
    fast: bool = False
    adapted: bool = False
    graphics: bool = False

    def encode(self) -> bytes:
        if self.graphics:
            height, width, channels = self.picture.shape
            header = ImageHeader((GRAY, GRAY_ALPHA, RGB, RGBA)[channels - 1], height, width)
            return bytes(encode_drawing(header, to_components(self.picture, header), {}))
        if self.jpeg:
            return decoded_jpeg(self)
        if self.history:
            return api.encode(self.picture, model=self.model, effort=1)
        model = packaged_model(self.picture.shape[2], self.tile, self.model)
        return encode_tiled(self.picture, adapted(model) if self.adapted else model, self.metadata)


def adapted(model: WaveModel) -> WaveModel:
    """By numbers that no search found, the same on every machine."""
    architecture = model.network.architecture
    numbers = np.arange(count(architecture)) * 37 % 11 % 3 - 1
    return model.adapted(write_numbers(architecture, [2] * len(list(groups(architecture))), 2 * numbers))


def grain(height: int, width: int, channels: int, seed: int) -> NDArray[np.uint64]:
    """Hash of place and seed, uint64 [height, width, channels]: the same on every machine and with every NumPy."""
    y, x, c = np.ogrid[:height, :width, :channels]
    value: NDArray[np.uint64] = (y * 7919 + x * 104729 + c * 1299709 + seed * 15485863 + 1).astype(np.uint64)
    for factor in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB):
        value = value * np.uint64(factor)
        value ^= value >> np.uint64(29)
    return value


def noise(height: int, width: int, channels: int, seed: int = 0) -> NDArray[np.uint8]:
    return (grain(height, width, channels, seed) >> np.uint64(56)).astype(np.uint8)


def scene(height: int, width: int, channels: int, seed: int = 0) -> NDArray[np.uint8]:
    """Gradients, an edge, a disc and a little grain."""
    y, x, c = np.ogrid[:height, :width, :channels]
    values = 40 + (3 * x + 2 * y + 17 * c) % 160 + 0 * y
    values = np.where(2 * x > width + y, 250 - values // 2, values)
    disc = 16 * ((x - width // 3) ** 2 + (y - height // 2) ** 2) < height**2
    values = np.where(disc, 90 + 20 * c + y, values)
    return np.clip(values + noise(height, width, channels, seed) // 50 - 2, 0, 255).astype(np.uint8)


def deep_scene(channels: int) -> NDArray[np.uint16]:
    """A slope of 16 bits with grain of 6, a step in it, and a bright spot."""
    side = 40 if channels > 2 else 66
    y, x, c = np.ogrid[:side, :side, :channels]
    slope = 3000 + 97 * x + 61 * y + 300 * c + np.where(2 * x > side + y, 9000, 0)
    slope = np.where((y == 23) & (x == 34), 65535, slope)
    fine = (grain(side, side, channels, 7) >> np.uint64(58)).astype(np.int64)
    return np.minimum(slope + fine, 65535).astype(np.uint16)


def mixed(channels: int) -> NDArray[np.uint8]:
    """A scene whose upper left is noise, so that some tiles are stored."""
    picture = scene(50, 70, channels)
    picture[:25, :35] = noise(25, 35, channels)
    return picture


def page(channels: int) -> NDArray[np.uint8]:
    """Lines of marks that occur again, a frame, a soft disc and an empty part, 64 x 90."""
    y, x = np.mgrid[:64, :90]
    marks = grain(8, 5, 1, 4)[..., 0] % np.uint64(3) == 0
    ink = marks[y % 8, (x // 30 * 7 + x) % 5] & (y % 10 < 8) & (x > 8) & (y > 30)
    values = np.where(ink, 20, 235)
    values = np.where((y == 5) | (x == 3), 90, values)
    distance = 4 * ((x - 60) ** 2 + (y - 18) ** 2)
    values = np.where(distance < 400, distance // 2 + 35, values)
    shades = [values, np.where(values == 90, 180, values), values // 2 + 100, np.where(values < 90, values, 255)]
    return np.stack(shades[:channels] if channels != 2 else shades[::3], axis=2).astype(np.uint8)


def photo_cd_scene() -> NDArray[np.uint8]:
    """RGB that a Photo CD's converter makes, without clipped channels."""
    luma, chroma = scene(62, 80, 1)[..., 0] // 3 + 50, scene(31, 40, 2) // 32
    return photo_cd.redo(luma, chroma[..., 0] + 152, chroma[..., 1] + 134)


def video_scene(subsampled: bool) -> NDArray[np.uint8]:
    """RGB that a video decoder makes, some of it clipped."""
    luma, chroma = scene(42, 55, 1)[..., 0], scene(21 if subsampled else 42, 28, 2) // 8
    converter = list(video_invert.converters())[0 if subsampled else 3]
    return video.redo(luma, chroma[..., 0] + 112, chroma[..., 1] + 112, converter, subsampled)


def decoded_jpeg(case: Case) -> bytes:
    """A file whose bytes depend on no search and no library of JPEG."""
    jpeg, (height, width), (top, left) = case.jpeg, case.picture.shape[:2], case.cut
    assert jpeg is not None
    size = height + top, width + left
    file = write_jpeg(jpeg, size)
    sampling = SAMPLINGS[jpeg.subsampled] if len(jpeg.blocks) > 1 else 0
    kept = KeptFile(KEPT_STORED, len(file), crc32(file), file)
    history = DecodedJpeg(sampling, case.nearest, kept, top, left, case.fast)
    header = ImageHeader(RGB if case.picture.shape[2] == 3 else GRAY, height, width, history=history)
    return bytes(encode_drawing(header, [case.picture - redo(jpeg, size, case.nearest, case.fast)[top:, left:]], {}))


def jpeg_case(
    components: int,
    subsampled: tuple[bool, bool] = (False, False),
    nearest: bool = False,
    cut: tuple[int, int] = (0, 0),
    fast: bool = False,
) -> Case:
    """Blocks of few coefficients; a pixel differs from what they give."""
    size, blocks = (41, 51), []
    for i in range(components):
        rows, columns = grid(size, subsampled, i)
        values = (grain(rows, columns, 64, i) >> np.uint64(50)).astype(np.int16)
        values = np.where(values % 29 == 0, values // 3300 - 2, 0)
        values[..., 0] = scene(rows, columns, 1, i)[..., 0].astype(np.int16) // 3 - 40
        blocks.append(values.astype(np.int16))
    tables = [np.arange(64, dtype=np.uint8) % 16 + 9 + i for i in range(components)]
    jpeg = Coefficients(blocks, tables, subsampled)
    picture = redo(jpeg, size, nearest, fast)[cut[0] :, cut[1] :].copy()
    picture[5, 7] ^= 1
    return Case(picture, jpeg=jpeg, nearest=nearest, cut=cut, fast=fast)


def cases() -> dict[str, Case]:
    """Name to case, for every layout that has a packaged model."""
    found: dict[str, Case] = {}
    for layout, channels in CHANNELS.items():
        found |= {
            f"{layout}-1x1": Case(noise(1, 1, channels)),
            f"{layout}-row": Case(scene(1, 90, channels)),
            f"{layout}-column": Case(scene(90, 1, channels)),
            f"{layout}-black": Case(np.zeros((31, 37, channels), np.uint8)),
            f"{layout}-noise": Case(noise(13, 11, channels)),
            f"{layout}-scene": Case(scene(61, 83, channels)),
            f"{layout}-tiles": Case(mixed(channels), tile=16),
            f"{layout}-metadata": Case(scene(9, 17, channels), metadata=ALL_METADATA),
            f"{layout}-fast": Case(scene(61, 83, channels), model="wave-fast"),
            f"{layout}-adapted": Case(scene(61, 83, channels), tile=64, model="wave-fast", adapted=True),
            f"{layout}-light": Case(scene(61, 83, channels), model="wave-light"),
            f"{layout}-max": Case(scene(61, 83, channels), model="wave-max"),
        }
    gray = np.repeat(scene(70, 80, 1), 3, axis=2)
    return found | {
        "graphics-gray": Case(page(1), graphics=True),
        "graphics-gray-alpha": Case(page(2), graphics=True),
        "graphics-rgb": Case(page(3), graphics=True),
        "graphics-rgba": Case(page(4), graphics=True),
        "graphics-noise": Case(noise(11, 13, 3), graphics=True),
        "graphics-scene": Case(scene(30, 41, 3), graphics=True),
        "graphics-bilevel": Case(letters(), graphics=True),
        "graphics-blank": Case(np.full((300, 700, 1), 255, np.uint8), graphics=True),
        "history-jpeg-gray": jpeg_case(1),
        "history-jpeg-gray-fast": jpeg_case(1, fast=True),
        "history-jpeg-444": jpeg_case(3),
        "history-jpeg-422": jpeg_case(3, (False, True)),
        "history-jpeg-420": jpeg_case(3, (True, True)),
        "history-jpeg-420-cut": jpeg_case(3, (True, True), cut=(5, 14)),
        "history-jpeg-420-repeated": jpeg_case(3, (True, True), nearest=True),
        "history-photo-cd": Case(photo_cd_scene(), history=True),
        "history-photo-cd-turned": Case(np.rot90(photo_cd_scene()), history=True, model="wave-fast"),
        "history-gray-in-rgb": Case(gray, history=True),
        "history-video-420": Case(video_scene(True), history=True, model="wave-fast"),
        "history-video-422": Case(video_scene(False), history=True, model="wave-fast"),
        "history-video-420-light": Case(video_scene(True), history=True, model="wave-light"),
        "history-repeated": Case(
            scene(20, 31, 3).repeat(4, axis=0).repeat(3, axis=1)[1:], history=True, model="wave-fast"
        ),
        "history-colours": Case(few_colours(3), history=True),
        "history-colours-alpha": Case(few_colours(4), history=True),
        "history-colours-gray-alpha": Case(few_colours(2), history=True),
        "history-10-bits-in-16": Case(
            scene(70, 80, 1).astype(np.uint16) * 257 + noise(70, 80, 1) // 64 * 64, history=True
        ),
    }


def letters() -> NDArray[np.uint8]:
    """Signs of the colours 0 and 1 that come again, and a few dots."""
    signs = np.tile(noise(11, 9, 1) % 2, (6, 9, 1))
    signs[:, 40:60] = 1
    return signs | (noise(66, 81, 1) > 250)


def few_colours(channels: int) -> NDArray[np.uint8]:
    """37 colours in no order, which a table is for."""
    colours = noise(1, 37, channels)[0]
    picture: NDArray[np.uint8] = colours[noise(40, 40, 1)[..., 0].astype(np.intp) % 37]
    return picture


def mostly_gray_scene() -> NDArray[np.uint16]:
    """Gray in RGB of 16 bits, with a few coloured pixels."""
    rgb = np.repeat(deep_scene(1), 3, axis=2)
    rgb[::5, ::7] ^= np.array([3, 0, 9], np.uint16)
    return rgb


def repeating_scene() -> NDArray[np.uint16]:
    """16 bits, in part flat, in part of channels that differ by as much everywhere."""
    rgb = deep_scene(3)[:20, :24].copy()
    rgb[12:, :9] = rgb[12, 0]
    rgb[:14, 10:, 1:] = rgb[:14, 10:, :1] + np.array([700, 5], np.uint16)
    return rgb


def pages() -> dict[str, tuple[bytes, list[NDArray[Any]]]]:
    """Name to a file of other samples than bytes, or of several pages, and the samples of each page."""
    options: dict[str, Any] = {"model": "wave-fast", "effort": 1}
    y, x = np.mgrid[:24, :30]
    plane = (x * x * 37 + y * y * 91 + grain(24, 30, 1, 3)[..., 0] % np.uint64(999)).astype(np.int64)
    bits = np.array([0, 1, 0x7F800001, 0xFFC00123, 0x80000000, 0x7F800000, 0x00800000, 0xFF7FFFFF], np.uint32)
    arrays: dict[str, tuple[NDArray[Any], dict[str, Any]]] = {
        "int8": ((scene(20, 30, 1)[..., 0].astype(np.int16) - 128).astype(np.int8), {}),
        "int16": ((plane % 3000 - 1500).astype(np.int16), {}),
        "int32": ((x**3 * 37 + y**3 * 91 - 70_000).astype(np.int32), {}),
        "uint32-table": (np.tile(plane // 9999 * 123_456, (2, 3)).astype(np.uint32), {}),
        "uint64": (plane.astype(np.uint64) * np.uint64(1 << 40), {}),
        "float16": ((plane % 2048).astype(np.float16) / np.float16(8), {}),
        "float32": ((x * x * 3 + y * y * 9 + 40_000).astype(np.float32) / np.float32(64), {}),
        "float32-bits": (np.tile(bits, (5, 2)).view(np.float32), {"history": False}),
        "float64-rgb": (np.stack([plane, plane + y, plane - x], axis=2).astype(np.float64) / 4, {}),
        "12-bits": ((plane % 4096).astype(np.uint16), {"maximum": 4095, "history": False}),
        "16-bits": ((plane * 41 % 65536).astype(np.uint16), {"history": False}),
        "16-bits-rgb": (deep_scene(3), {"history": False}),
        "16-bits-wave": (deep_scene(3), {"history": False, "model": "wave"}),
        "16-bits-repeats": (repeating_scene(), {"history": False, "model": "wave"}),
        "16-bits-alpha": (deep_scene(2), {"history": False}),
        "16-bits-table": (deep_scene(1)[..., 0] // 50 * 50, {}),
        "16-bits-mostly-gray": (mostly_gray_scene(), {}),
        "maximum-100": (scene(20, 30, 1)[..., 0] % 101, {"maximum": 100}),
        "extra": (scene(20, 30, 6), {"layout": "RGB", "extra": ("associated alpha", "unspecified", "alpha")}),
        "lab": (scene(20, 30, 3), {"layout": "Lab"}),
    }
    found = {name: (api.encode(array, **options | more), [array]) for name, (array, more) in arrays.items()}
    with patch.object(graphics, "attempt", return_value=None):  # for its deflated tiles
        array, more = arrays["float32-bits"]
        found["float32-bits"] = api.encode(array, **options, **more), [array]
    frames = [
        Picture(scene(20, 30, 4), frame=Frame(0, 0, (1, 10), 1, False)),
        Picture(scene(9, 7, 1)[..., 0], {"xmp": b"<x/>"}, kind="still", frame=Frame(4, 5, (0, 0), 3, True)),
    ]
    moving = api.encode_pages(
        frames, animation=Animation(30, 20, 2, b"\1\2\3\4"), metadata={"comment": b"hi"}, **options
    )
    return found | {"pages": (moving, [frame.samples for frame in frames])}


def kept_files() -> dict[str, tuple[bytes, bytes]]:
    """Name to a file that keeps another, and that one."""
    text, few = b"hello " * 40, bytes(range(9))
    found = {"kept-text": (api.keep_file(text, "txt"), text), "kept-bytes": (api.keep_file(few, ""), few)}
    for name, case in {"gray": jpeg_case(1), "444": jpeg_case(3), "420": jpeg_case(3, (True, True))}.items():
        assert case.jpeg is not None
        file = write_jpeg(case.jpeg, (41, 51))
        for model in ("jpeg", "jpeg-fast"):
            found[f"kept-{model}-{name}"] = api.encode_jpeg(file, model=model), file
    return found


def damaged_files() -> dict[str, tuple[bytes, type[L3CError]]]:
    """Name to a file and the class of its error."""
    good = Case(scene(20, 30, 3), tile=16).encode()
    contents = read_file(good)
    at = {tag: good.index(tag) for tag in (HEAD, MODELS, TILES, DATA)}
    payload = bytearray(contents.data[:])
    payload[len(payload) // 2] ^= 1

    def with_head(content: bytes) -> bytes:
        return good[: at[HEAD]] + section(HEAD, content) + good[at[MODELS] :]

    def with_first(**fields: int) -> bytes:
        """The file with other fields of its first tile."""
        return write_file(replace(contents, tiles=[replace(contents.tiles[0], **fields), *contents.tiles[1:]]))

    def with_adaptations(content: bytes) -> bytes:
        return good[: at[TILES]] + section(ADAPTATIONS, content) + good[at[TILES] :]

    def with_tiles(content: bytes) -> bytes:
        return good[: at[TILES]] + section(TILES, content) + good[at[DATA] :]

    unknown = [ModelReference(bytes(16), "tsunami")]
    huge = section(HEAD, bytes([RGB]) + varint(65535) * 2 + b"\7")
    huge += section(MODELS, models(unknown)) + section(TILES, varint(65535) + b"\1\1" + bytes(4)) + section(DATA, b"\0")
    return {
        "empty": (b"", FormatError),
        "text": (b"This is no image.\n", FormatError),
        "text-mode-transfer": (good.replace(b"\r\n", b"\n", 1), FormatError),
        "original-2019": (b"\0\1\2" + b"\x46\xe2\x84\x92" + bytes(20), FormatError),
        "cut-in-signature": (good[:5], FormatError),
        "cut-in-head": (good[: at[HEAD] + 7], FormatError),
        "cut-in-data": (good[:-20], FormatError),
        "one-byte-more": (good + b"\0", FormatError),
        "version-2": (SIGNATURE + b"\2" + good[9:], VersionError),
        "unknown-critical": (good[: at[TILES]] + section(b"Past", b"x") + good[at[TILES] :], VersionError),
        "second-head": (good[: at[MODELS]] + good[at[HEAD] :], FormatError),
        "no-models": (good[: at[MODELS]] + good[at[TILES] :], FormatError),
        "section-flipped": (good[:-9] + bytes([good[-9] ^ 4]) + good[-8:], ChecksumError),
        "33-bit": (with_head(head(contents.header)[:-1] + b"\x20"), VersionError),
        "no-columns": (with_head(bytes([RGB, 0, 20, 7])), FormatError),
        "huge-image": (with_head(bytes([RGB]) + varint(2**32 - 1) * 2 + b"\7"), FormatError),
        "huge-tile": (good[: at[HEAD]] + huge, LimitError),
        "huge-section": (good[: at[DATA]] + DATA + varint(2**62) + bytes(9), FormatError),
        "endless-varint": (good[: at[DATA]] + DATA + b"\x80" * 50, FormatError),
        "varint-too-long": (with_tiles(b"\x90\0" + tiles(16, contents.tiles)[1:]), FormatError),
        "small-tiles": (with_tiles(tiles(8, contents.tiles)), FormatError),
        "graphics-tile": (with_first(coder=1), FormatError),
        "unlisted-model": (with_first(coder=4), VersionError),
        "long-tile": (with_first(length=10**9), FormatError),
        "no-adaptations": (with_adaptations(b"\0"), FormatError),
        "adapted-model-unlisted": (with_adaptations(b"\1\1\0"), FormatError),
        "adaptation-of-nonsense": (with_adaptations(b"\1\0\x40" + bytes(range(64))), FormatError),
        "tile-checksum": (with_first(crc=1), ChecksumError),
        "unknown-model": (write_file(replace(contents, models=unknown)), ModelError),
        "payload-flipped": (write_file(replace(contents, data=bytes(payload))), FormatError),
    }
