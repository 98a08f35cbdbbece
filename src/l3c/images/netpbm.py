"""PBM, PGM, PPM and PAM, plain and raw, of any largest value, with comments and several pictures in a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from l3c.errors import InputError
from l3c.images.description import ALPHA, GRAY, RGB, UNSPECIFIED, Description, damaged, digest, trailing
from l3c.images.picture import Picture

SPACE = rb"[ \t\n\v\f\r]"  # what separates tokens, by Netpbm's manuals
TOKEN = re.compile(rb"((?:" + SPACE + rb"|#[^\n\r]*[\n\r])*)([0-9]+)")  # white space and comments, then a number
PLAIN = {b"P1": b"P4", b"P2": b"P5", b"P3": b"P6"}  # kinds in decimal digits, to those in bytes
CHANNELS = {b"P4": 1, b"P5": 1, b"P6": 3}  # of kinds in bytes; PAM says its own
TUPLES = {1: "GRAYSCALE", 2: "GRAYSCALE_ALPHA", 3: "RGB", 4: "RGB_ALPHA"}  # PAM's names of channels
# PAM's names that say no more than the number of channels
KNOWN_TUPLES = {
    1: (b"", b"GRAYSCALE", b"BLACKANDWHITE"), 2: (b"", b"GRAYSCALE_ALPHA", b"BLACKANDWHITE_ALPHA"), 3: (b"", b"RGB"),
    4: (b"", b"RGB_ALPHA"),
}  # fmt: skip
LARGEST = 65535  # a sample has two bytes at most
FULL = (1, 255, LARGEST)
"""Largest values of whole samples: of bool, uint8 and uint16."""

SIDE_MAX = 2**31 - 1  # Netpbm's own programs have them in signed numbers of 32 bits
STRIP = 256
"""Rows that are put into the file's byte order at once, so that what this takes does not grow with the picture."""

NUMBER_MAX = 12
"""Digits of a number in a header or a plain picture."""


@dataclass(frozen=True)
class _Header:
    """kind: b"P4" to b"P7"; plain: its samples are decimal numbers. start: of the samples."""

    kind: bytes
    plain: bool
    width: int
    height: int
    channels: int
    largest: int
    comments: bytes
    start: int
    tuple: bytes = b""

    @property
    def itemsize(self) -> int:
        return 1 if self.largest < 256 else 2

    @property
    def size(self) -> int:
        """Bytes of the raw samples."""
        row = -(-self.width // 8) if self.kind == b"P4" else self.width * self.channels * self.itemsize
        return row * self.height


def _headers(data: bytes) -> Iterator[tuple[_Header, int]]:
    """(header, end) of each picture in a file."""
    at = 0
    while True:
        header = _header(data, at)
        if header.plain:
            yield header, _plain_end(data, header)
            return
        end = header.start + header.size
        if end > len(data):
            raise damaged(
                f"it ends before its last pixel: {len(data) - header.start} bytes are there for {header.size}"
            )
        yield header, end
        if data[end : end + 2] not in (b"P4", b"P5", b"P6", b"P7") or len(data) < end + 7:
            return
        at = end


def _header(data: bytes, at: int) -> _Header:
    kind = data[at : at + 2]
    try:
        header = _pam(data, at) if kind == b"P7" else _classic(data, at)
    except (ValueError, KeyError) as error:
        if isinstance(error, InputError):
            raise
        raise damaged("its header is damaged") from error
    if not (1 <= header.width <= SIDE_MAX and 1 <= header.height <= SIDE_MAX and 1 <= header.largest <= LARGEST):
        raise damaged(f"its size is {header.width} x {header.height}, its largest value {header.largest}")
    return header


def _classic(data: bytes, at: int) -> _Header:
    kind, place, numbers, comments = data[at : at + 2], at + 2, [], []
    raw = PLAIN.get(kind, kind)
    for _ in range(2 if raw == b"P4" else 3):
        match = TOKEN.match(data, place)
        if match is None or len(match[2]) > NUMBER_MAX:
            raise damaged(f"byte {place}: its header has no number")
        comments += re.findall(rb"#([^\n\r]*)", match[1])
        numbers.append(int(match[2]))
        place = match.end()
    while comment := re.compile(rb"[ \t]*#([^\n\r]*)(?=[\n\r])").match(data, place):
        comments.append(comment[1])
        place = comment.end()
    if not re.match(SPACE, data[place : place + 1]):
        raise damaged(f"byte {place}: no space after its header")
    largest = numbers[2] if len(numbers) == 3 else 1
    text = b"\n".join(comment.removeprefix(b" ") for comment in comments)
    return _Header(raw, kind in PLAIN, numbers[0], numbers[1], CHANNELS[raw], largest, text, place + 1)


def _pam(data: bytes, at: int) -> _Header:
    end = re.compile(rb"\nENDHDR[ \t]*\n").search(data, at, at + 65536)
    if end is None:
        raise damaged("its header is damaged")
    fields: dict[bytes, list[bytes]] = {}
    comments = []
    for line in data[at + 2 : end.start()].splitlines():
        if line.lstrip().startswith(b"#"):
            comments.append(line.lstrip()[1:].removeprefix(b" "))
        elif words := line.split(None, 1):
            fields.setdefault(words[0], []).append(words[1].strip() if len(words) > 1 else b"")
    width, height, depth, largest = (int(fields[key][0]) for key in (b"WIDTH", b"HEIGHT", b"DEPTH", b"MAXVAL"))
    kind = b" ".join(fields.get(b"TUPLTYPE", []))
    if depth not in KNOWN_TUPLES or kind not in KNOWN_TUPLES[depth]:
        text = kind.decode("ascii", "replace")
        raise InputError(f"PAM of {depth} channels of tuple type {text!r} is not supported")
    return _Header(b"P7", False, width, height, depth, largest, b"\n".join(comments), end.end(), kind)


def _plain_end(data: bytes, header: _Header) -> int:
    """Where the numbers end: anything behind is no part of the picture."""
    count = header.width * header.height * header.channels
    if count > len(data) - header.start:
        raise damaged("it ends before its last pixel")
    return len(data)


def describe(data: bytes) -> Description:
    """Of a file. Raises InputError where it is damaged."""
    pages, headers = [], list(_headers(data))
    for header, _ in headers:
        maximum = None if header.largest in FULL else header.largest
        bits = 1 if header.largest == 1 else 8 * header.itemsize
        extra = _extra(header)
        items = {"comment": digest(header.comments)} if header.comments else {}
        if header.tuple.startswith(b"BLACK"):
            items["tuple type"] = digest(header.tuple)
        colours = GRAY if header.channels < 3 else RGB
        pages.append(
            Description("PPM", header.width, header.height, bits, colours, extra, maximum=maximum, items=items)
        )
    rest = trailing(data, headers[-1][1]) if data[headers[-1][1] :].strip() else {}
    if len(pages) == 1:
        return replace(pages[0], items=pages[0].items | rest)
    return replace(pages[0], items=rest, pages=tuple(pages))


def read(data: bytes) -> Picture:
    """The picture or the pages. Raises InputError where it is damaged."""
    pages = [_read(data, header) for header, _ in _headers(data)]
    return pages[0] if len(pages) == 1 else replace(pages[0], metadata={}, pages=tuple(pages))


def _read(data: bytes, header: _Header) -> Picture:
    shape = (header.height, header.width, header.channels)
    samples: NDArray[Any]
    if header.plain:
        samples = _numbers(data, header).reshape(shape)
    elif header.kind == b"P4":
        rows = np.frombuffer(data, np.uint8, header.size, header.start).reshape(header.height, -1)
        samples = np.unpackbits(rows, axis=1, count=header.width)[..., None]
    else:
        kind = np.dtype(np.uint8 if header.itemsize == 1 else ">u2")
        samples = np.frombuffer(data, kind, header.size // kind.itemsize, header.start).reshape(shape)
        samples = samples.astype(kind.newbyteorder("="))
    if header.largest not in (255, LARGEST) and int(samples.max()) > header.largest:
        raise damaged(f"it has a sample of {samples.max()}, its largest value is {header.largest}")
    metadata = {"comment": header.comments} if header.comments else {}
    if header.largest == 1:
        samples = samples == (0 if header.kind == b"P4" else 1)
        if header.kind != b"P4":
            metadata["bit depth"] = b"\1"
    maximum = None if header.largest in FULL else header.largest
    extra = _extra(header)
    layout = None if extra in ((), (ALPHA,)) else GRAY if header.channels == 2 else RGB
    whole = samples[..., 0] if header.channels == 1 else samples
    return Picture(whole, metadata, "PPM", layout, None, extra if layout else (), maximum)


def _extra(header: _Header) -> tuple[str, ...]:
    """A PAM without a tuple type does not say what its further channel is."""
    if header.channels not in (2, 4):
        return ()
    return (ALPHA,) if header.tuple else (UNSPECIFIED,)


def _numbers(data: bytes, header: _Header) -> NDArray[Any]:
    body = re.sub(rb"#[^\n\r]*", b"", data[header.start :])
    count = header.width * header.height * header.channels
    if header.kind == b"P4":
        digits = np.frombuffer(b"".join(body.split()), np.uint8)
        if len(digits) != count or not np.isin(digits, np.frombuffer(b"01", np.uint8)).all():
            raise damaged(f"{len(digits)} samples are there for {count}")
        return digits - np.uint8(ord("0"))
    words = body.split()
    if len(words) != count:
        raise damaged(f"{len(words)} samples are there for {count}")
    if any(len(word) > NUMBER_MAX or not word.isdigit() for word in words):
        raise damaged("its samples are not decimal numbers")
    numbers = np.array([int(word) for word in words])
    if int(numbers.max()) > header.largest:
        raise damaged(f"it has a sample of {numbers.max()}, its largest value is {header.largest}")
    return numbers.astype(np.uint8 if header.itemsize == 1 else np.uint16)


def write(picture: Picture, file: BinaryIO, level: int = 0, suffix: str = "") -> None:
    """Pages one after another. Raises InputError where the format cannot hold them."""
    for page in picture.pages or (picture,):
        _write(page, file, suffix)


def _write(picture: Picture, file: BinaryIO, suffix: str) -> None:
    samples = picture.samples
    channels = 1 if samples.ndim == 2 else samples.shape[2]
    height, width = samples.shape[:2]
    comments = picture.metadata.get("comment", b"")
    text = b"".join(b"# " + line + b"\n" for line in comments.replace(b"\0", b"\n").splitlines()) if comments else b""
    unstated = suffix == ".pam" and picture.extra == (UNSPECIFIED,)
    if (
        picture.palette
        or (picture.extra and not unstated)
        or picture.layout not in (None, "gray", "gray+alpha", "RGB", "RGBA")
    ):
        raise InputError("PPM cannot hold it")
    if samples.dtype == bool:
        if suffix in (".pbm", ".pnm") and channels == 1:
            file.write(b"P4\n" + text + f"{width} {height}\n".encode())
            file.write(np.packbits(~samples.reshape(height, width), axis=1).data)
            return
        if picture.metadata.get("bit depth") != b"\1":
            raise InputError(f"{suffix[1:]} cannot hold samples of 1 bit; choose png, tif or pbm")
        samples, largest = samples.astype(np.uint8), 1
    else:
        largest = picture.maximum or (255 if samples.dtype == np.uint8 else LARGEST)
    if samples.dtype not in (np.uint8, np.uint16):
        raise InputError(f"{suffix[1:]} cannot hold {samples.dtype} samples; choose tif")
    kind = np.dtype(np.uint8 if largest < 256 else ">u2")
    if suffix == ".pam":
        size = f"WIDTH {width}\nHEIGHT {height}\nDEPTH {channels}\nMAXVAL {largest}"
        kind_line = "" if unstated else f"TUPLTYPE {TUPLES[channels]}\n"
        head = b"P7\n" + text + f"{size}\n{kind_line}ENDHDR\n".encode()
    elif (channels == 1 and suffix in (".pgm", ".pnm", ".ppm")) or (channels == 3 and suffix in (".ppm", ".pnm")):
        head = f"P{5 if channels == 1 else 6}\n".encode() + text + f"{width} {height}\n{largest}\n".encode()
    else:
        raise InputError(f"{suffix[1:]} cannot hold {channels} channels; choose png, tif or pam")
    file.write(head)
    for top in range(0, height, STRIP):  # rather than a second array of all samples
        file.write(np.ascontiguousarray(samples[top : top + STRIP], kind).view(np.uint8).data)
