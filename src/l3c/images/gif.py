"""GIF: frames as they are stored, indices and palettes, with what moves them."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from l3c.container.structure import Animation, Frame, Palette
from l3c.errors import InputError
from l3c.images.description import PALETTE, Description, damaged, digest, trailing
from l3c.images.picture import Picture
from l3c.images.png_chunks import pack, unpack

CODE_MAX = 12  # bits of a code of LZW
LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")  # applications that say how often a file is shown
ICC = b"ICCRGBG1012"  # the application of colour profiles
XMP = b"XMP DataXMP"  # the application of XMP
XMP_TRAILER = b"\1" + bytes(range(255, -1, -1)) + b"\0"
"""Bytes after XMP, through which readers that take it for blocks find its end."""

CONTROL = 0xF9  # labels of extensions: how the next frame is shown
COMMENT = 0xFE  # a text about the file
TEXT = 0x01  # a text drawn on the canvas
APPLICATION = 0xFF  # anything else, by name
GRAYS = bytes(v for i in range(256) for v in (i, i, i))  # of files without any palette
BETWEEN = b"\0"
"""The separator of comments, of which a file may have several."""

PASSES = ((0, 8), (4, 8), (2, 4), (1, 2))
"""Of interlaced frames: first row and step."""


@dataclass
class _Frame:
    left: int
    top: int
    width: int
    height: int
    interlaced: bool
    colours: bytes
    control: bytes
    code_size: int
    data: bytes


@dataclass
class _File:
    width: int
    height: int
    colours: bytes
    background: int
    aspect: int
    plays: int | None = None
    frames: list[_Frame] = field(default_factory=list)
    comments: list[bytes] = field(default_factory=list)
    metadata: dict[str, bytes] = field(default_factory=dict)
    others: list[tuple[bytes, bytes]] = field(default_factory=list)
    end: int = 0


def _blocks(data: bytes, at: int) -> tuple[list[bytes], int]:
    """Sub-blocks, and the position behind them."""
    blocks: list[bytes] = []
    while True:
        if at >= len(data) or at + 1 + data[at] > len(data):
            raise damaged(f"byte {at}: it ends in a block")
        size = data[at]
        at += 1
        if not size:
            return blocks, at
        blocks.append(data[at : at + size])
        at += size


def _table(data: bytes, flags: int, at: int) -> tuple[bytes, int]:
    size = 3 << ((flags & 7) + 1) if flags & 0x80 else 0
    if at + size > len(data):
        raise damaged(f"byte {at}: it ends in its colours")
    return data[at : at + size], at + size


def _parse(data: bytes) -> _File:
    if len(data) < 13:
        raise damaged("it ends in its header")
    width, height, flags, background, aspect = struct.unpack_from("<HHBBB", data, 6)
    colours, at = _table(data, flags, 13)
    file, control = _File(width, height, colours, background, aspect), b""
    while True:
        if at >= len(data):
            raise damaged("it ends before its trailer")
        kind, at = data[at], at + 1
        if kind == 0x3B:
            break
        if kind == 0x21 and at < len(data):
            label, (blocks, at) = data[at], _blocks(data, at + 1)
            if label == CONTROL and blocks and len(blocks[0]) == 4:
                control = blocks[0]
            else:
                _extension(file, label, blocks)
        elif kind == 0x2C and at + 9 <= len(data):
            left, top, wide, high, flags = struct.unpack_from("<HHHHB", data, at)
            own, at = _table(data, flags, at + 9)
            if at >= len(data) or not (wide and high):
                raise damaged(f"byte {at}: a frame of {wide} x {high}")
            size = data[at]
            blocks, at = _blocks(data, at + 1)
            interlaced = bool(flags & 0x40)
            file.frames.append(_Frame(left, top, wide, high, interlaced, own, control, size, b"".join(blocks)))
            control = b""
        else:
            raise damaged(f"byte {at - 1}: there is no block")
    if not file.frames:
        raise damaged("it has no picture")
    file.end = at
    return file


def _extension(file: _File, label: int, blocks: list[bytes]) -> None:
    name = blocks[0] if label == APPLICATION and blocks else b""
    if label == COMMENT and blocks:
        file.comments.append(b"".join(blocks))
    elif name in LOOPS and len(blocks) > 1 and len(blocks[1]) == 3 and blocks[1][0] == 1 and file.plays is None:
        file.plays = struct.unpack_from("<H", blocks[1], 1)[0]
    elif name == ICC and "icc" not in file.metadata and len(blocks) > 1:
        file.metadata["icc"] = b"".join(blocks[1:])
    elif name == XMP and "xmp" not in file.metadata and (text := _xmp(blocks[1:])):
        file.metadata["xmp"] = text
    else:
        packed = b"".join(bytes([len(block)]) + block for block in blocks)
        file.others.append((b"ext" + bytes([label]), packed))


def _xmp(blocks: list[bytes]) -> bytes:
    """The packet, which stands there without blocks: their lengths are its bytes."""
    text = b"".join(bytes([len(block)]) + block for block in blocks) + b"\0"
    return text[: -len(XMP_TRAILER)] if text.endswith(XMP_TRAILER) else b""


def _is_moving(file: _File) -> bool:
    """Whether there is more than one picture that fills the screen."""
    frame = file.frames[0]
    whole = (frame.left, frame.top, frame.width, frame.height) == (0, 0, file.width, file.height)
    return len(file.frames) > 1 or not whole or file.plays is not None


def describe(data: bytes) -> Description:
    """Raises InputError where it is damaged."""
    file = _parse(data)
    items = {kind: digest(value) for kind, value in _metadata(file).items()}
    if file.aspect:
        items["pixel aspect"] = digest(bytes([file.aspect]))
    items |= trailing(data, file.end)
    pages = tuple(Description("GIF", f.width, f.height, 8, PALETTE) for f in file.frames)
    return replace(pages[0], items=items, pages=pages if _is_moving(file) else ())


def _metadata(file: _File) -> dict[str, bytes]:
    metadata = dict(file.metadata)
    if file.comments:
        metadata["comment"] = BETWEEN.join(comment.replace(BETWEEN, b" ") for comment in file.comments)
    if file.others:
        metadata["gif extensions"] = pack(file.others)
    return metadata


def read(data: bytes) -> Picture:
    """The picture or the frames, as they are stored. Raises InputError."""
    file = _parse(data)
    pages = tuple(_read(file, frame) for frame in file.frames)
    if not _is_moving(file):
        return replace(pages[0], metadata=_metadata(file), frame=None)
    colours = file.colours[3 * file.background : 3 * file.background + 3]
    background = colours + b"\xff" if len(colours) == 3 else b""
    plays = 1 if file.plays is None else file.plays + 1 if file.plays else 0
    animation = Animation(file.width, file.height, plays, background)
    return replace(pages[0], metadata=_metadata(file), frame=None, pages=pages, animation=animation)


def _read(file: _File, frame: _Frame) -> Picture:
    samples = np.frombuffer(_lzw(frame), np.uint8).reshape(frame.height, frame.width)
    if frame.interlaced:
        rows = [row for first, step in PASSES for row in range(first, frame.height, step)]
        upright = np.empty_like(samples)
        upright[rows] = samples
        samples = upright
    colours = frame.colours or file.colours or GRAYS
    alphas, flags = b"", frame.control[0] if frame.control else 0
    highest = int(samples.max())
    if flags & 1:
        alphas = b"\xff" * frame.control[3] + b"\0"
        highest = max(highest, frame.control[3])
    palette = Palette(colours.ljust(3 * (highest + 1), b"\0"), alphas)
    hundredths = struct.unpack_from("<H", frame.control, 1)[0] if frame.control else 0
    placed = Frame(frame.left, frame.top, (hundredths, 100), flags >> 2 & 7, True)
    return Picture(samples, {}, "GIF", "palette", palette, frame=placed)


def _lzw(frame: _Frame) -> bytes:
    """Indices, row by row as they are stored. Raises InputError where they are fewer than the frame's."""
    count, first = frame.width * frame.height, frame.code_size
    if not 1 <= first <= 8:
        raise damaged(f"its codes begin with {first} bits")
    clear, width = 1 << first, first + 1
    table: list[bytes] = [bytes([i]) for i in range(clear)] + [b"", b""]
    base = list(table)
    out: list[bytes] = []
    made, bits, held, last = 0, 0, 0, b""
    for byte in frame.data:
        held |= byte << bits
        bits += 8
        while bits >= width:
            code = held & ((1 << width) - 1)
            held >>= width
            bits -= width
            if code == clear:
                table, width, last = list(base), first + 1, b""
                continue
            if code == clear + 1:
                return _whole(out, made, count)
            if code < len(table):
                entry = table[code]
            elif code == len(table) and last:
                entry = last + last[:1]
            else:
                raise damaged(f"code {code} of {len(table)}")
            if last and len(table) < 1 << CODE_MAX:
                table.append(last + entry[:1])
                if len(table) == 1 << width and width < CODE_MAX:
                    width += 1
            out.append(entry)
            made += len(entry)
            last = entry
            if made >= count:
                return _whole(out, made, count)
    return _whole(out, made, count)


def _whole(out: list[bytes], made: int, count: int) -> bytes:
    if made < count:
        raise damaged(f"it ends before its last pixel: {made} are there of {count}")
    return b"".join(out)[:count]


def write(picture: Picture, out: BinaryIO, level: int = 6, suffix: str = "") -> None:
    """Raises InputError for pictures that GIF cannot hold."""
    pages = picture.pages or (picture,)
    if picture.pages and picture.animation is None:
        raise InputError(f"GIF cannot hold {len(pages)} pages; choose tif")
    height, width = picture.samples.shape[:2]
    if picture.animation is not None:
        width, height = picture.animation.width, picture.animation.height
    if max(width, height) > 65535 or any(page.palette is None or page.kind == "still" for page in pages):
        raise InputError("GIF cannot hold it: it takes palettes; choose png or tif")
    shared = _colours(pages[0])
    background, plays = _background(picture, shared)
    flags = 0x80 | 0x70 | _size(shared)
    out.write(b"GIF89a" + struct.pack("<HHBBB", width, height, flags, background, 0) + shared)
    if plays != 1:
        loops = 0 if plays == 0 else plays - 1
        if loops > 65535:
            raise InputError("GIF cannot hold so many plays; choose png")
        out.write(_application(LOOPS[0], [b"\1" + struct.pack("<H", loops)]))
    metadata = picture.metadata
    if "icc" in metadata:
        out.write(_application(ICC, _cut(metadata["icc"])))
    if "xmp" in metadata:
        out.write(b"\x21\xff\x0b" + XMP + metadata["xmp"] + XMP_TRAILER)
    for comment in metadata["comment"].split(BETWEEN) if "comment" in metadata else ():
        out.write(b"\x21\xfe" + b"".join(bytes([len(b)]) + b for b in _cut(comment)) + b"\0")
    for label, packed in unpack(metadata.get("gif extensions", b"")):
        if label[:3] == b"ext":
            _check_blocks(packed)
            out.write(b"\x21" + label[3:] + packed + b"\0")
    for page in pages:
        _write(out, page, shared)
    out.write(b"\x3b")


def _check_blocks(packed: bytes) -> None:
    _, end = _blocks(packed + b"\0", 0)
    if end != len(packed) + 1:
        raise InputError("its GIF extensions are damaged")


def _background(picture: Picture, shared: bytes) -> tuple[int, int]:
    """(index of the background, times it plays)."""
    if picture.animation is None:
        return 0, 1
    colour = picture.animation.background[:3]
    places = [i for i in range(0, len(shared), 3) if shared[i : i + 3] == colour]
    return (places[0] // 3 if places else 0), picture.animation.plays


def _colours(page: Picture) -> bytes:
    """Of a page, filled up to a power of two."""
    assert page.palette is not None
    count = len(page.palette.colours) // 3
    return page.palette.colours.ljust(3 << max(1, (count - 1).bit_length()), b"\0")


def _size(colours: bytes) -> int:
    return (len(colours) // 3).bit_length() - 2


def _cut(content: bytes) -> list[bytes]:
    return [content[i : i + 255] for i in range(0, len(content), 255)]


def _application(name: bytes, blocks: list[bytes]) -> bytes:
    return b"\x21\xff\x0b" + name + b"".join(bytes([len(b)]) + b for b in blocks) + b"\0"


def _write(out: BinaryIO, page: Picture, shared: bytes) -> None:
    assert page.palette is not None
    frame, alphas = page.frame or Frame(), page.palette.alphas
    clear = [i for i, alpha in enumerate(alphas) if alpha != 255]
    hundredths = frame.duration[0] * 100 / (frame.duration[1] or 1)
    if len(clear) > 1 or any(alphas[i] for i in clear) or hundredths != int(hundredths) or hundredths > 65535:
        raise InputError("GIF cannot hold its transparency or durations; choose png")
    if page.frame is not None and not frame.blend:
        raise InputError("GIF cannot hold frames that replace transparent pixels; choose png")
    control = struct.pack("<BHB", frame.disposal << 2 | bool(clear), int(hundredths), clear[0] if clear else 0)
    if any(control):
        out.write(b"\x21\xf9\x04" + control + b"\0")
    colours, (height, width) = _colours(page), page.samples.shape
    own = b"" if colours == shared else colours
    flags = 0x80 | _size(own) if own else 0
    out.write(b"\x2c" + struct.pack("<HHHHB", frame.left, frame.top, width, height, flags) + own)
    out.write(_compressed(page.samples))


def _compressed(samples: NDArray[Any]) -> bytes:
    """The first code's bits and blocks of LZW, by Pillow's encoder."""
    image, out = Image.fromarray(np.ascontiguousarray(samples), "L"), io.BytesIO()
    image.encoderconfig = (8, False)
    out.write(b"\x08")
    ImageFile._save(image, out, [ImageFile._Tile("gif", (0, 0, *image.size), 0, "L")])
    return out.getvalue() + b"\0"
