"""PBM, PGM, PPM, PAM and PFM files over maxvals, plain and raw, comments and tuple types, and what they mean."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.strange import patterns
from tests.strange.case import Case
from tests.strange.truth import UNASSOCIATED, UNSPECIFIED, Page, Truth

MAXVALS = (1, 2, 3, 7, 15, 31, 100, 127, 254, 255, 256, 511, 1023, 4095, 10000, 16383, 32767, 65534, 65535)
WHITE_SPACE = re.compile(rb"[ \t\n\v\f\r]")
TUPLES = {
    "BLACKANDWHITE": ("gray", 1, ()), "GRAYSCALE": ("gray", 1, ()), "RGB": ("rgb", 3, ()),
    "BLACKANDWHITE_ALPHA": ("gray", 2, (UNASSOCIATED,)), "GRAYSCALE_ALPHA": ("gray", 2, (UNASSOCIATED,)),
    "RGB_ALPHA": ("rgb", 4, (UNASSOCIATED,)), "CMYK": ("cmyk", 4, ()),
}  # fmt: skip
"""Of each tuple type (colour, channels, extra samples)."""

SUFFIXES = {"1": ".pbm", "4": ".pbm", "2": ".pgm", "5": ".pgm", "3": ".ppm", "6": ".ppm"}
COMMENT = b"# made by hand\n"


def case(number: int) -> Case:
    """The file of a number."""
    rng = np.random.default_rng([0x50424D, number])
    form = "123456777F"[number % 10]
    size = patterns.size(rng)
    if form == "F":
        return _floating(rng, number, size)
    largest = 1 if form in "14" else int(MAXVALS[rng.integers(len(MAXVALS))])
    if form == "7":
        return _arbitrary(rng, number, size, largest)
    channels = 3 if form in "36" else 1
    samples = patterns.integers(rng, (*size, channels), largest)
    comment = rng.random() < 0.2
    head = _header(rng, f"P{form}", (size[1], size[0]) if form in "14" else (size[1], size[0], largest), comment)
    body = _plain(rng, samples, form) if form in "123" else _raw(samples, largest, form)
    truth = Page(
        samples,
        "white" if channels == 1 and form in "14" else "gray" if channels == 1 else "rgb",
        (largest,) * channels,
    )
    features = [f"P{form}", f"maxval {largest}"] + ["comment"] * comment
    metadata: dict[str, Any] = {"comment": (COMMENT[2:-1],)} if comment else {}
    pages: tuple[Page, ...] = (truth,)
    data = head + body
    way = rng.random()
    if way < 0.03 and form in "456":
        pages, data = (truth, truth), data + data
        metadata = {"comment": metadata["comment"] * 2} if comment else {}
        features.append("two pictures")
    suffix = ".pnm" if rng.random() < 0.1 else SUFFIXES[form]
    return Case(f"netpbm:{number}", suffix, data, Truth(pages, metadata), tuple(features))


def _header(rng: np.random.Generator, magic: str, numbers: tuple[int, ...], comment: bool) -> bytes:
    """White space of every kind between numbers; exactly one behind the last."""
    gaps = [b" ", b"\n", b"\t", b"\r\n", b"  \n"]
    place = int(rng.integers(len(numbers)))
    out = magic.encode()
    for at, number in enumerate(numbers):
        gap = b"\n" if rng.random() < 0.6 else gaps[rng.integers(len(gaps))]
        out += (b"\n" + COMMENT if comment and at == place else gap) + str(number).encode()
    return out + b"\n"


def _plain(rng: np.random.Generator, samples: NDArray[Any], form: str) -> bytes:
    glue = "" if form == "1" and rng.integers(2) else " "
    rows = [glue.join(map(str, row.reshape(-1).tolist())) for row in samples]
    return "\n".join(rows).encode() + b"\n"


def _raw(samples: NDArray[Any], largest: int, form: str) -> bytes:
    if form == "4":
        return np.packbits(samples[..., 0].astype(np.uint8), axis=1).tobytes()
    return samples.astype(np.uint8 if largest < 256 else ">u2").tobytes()


def _arbitrary(rng: np.random.Generator, number: int, size: tuple[int, int], largest: int) -> Case:
    name = str(rng.choice([*TUPLES, "", "custom"]))
    colour, channels, extra = TUPLES.get(name, ("gray", int(rng.integers(1, 6)), ()))
    if name.startswith("BLACKANDWHITE"):
        largest = 1
    if name not in TUPLES:
        colour, extra = unnamed(channels)
    comment = rng.random() < 0.2
    samples = patterns.integers(rng, (*size, channels), largest)
    lines = [f"WIDTH {size[1]}", f"HEIGHT {size[0]}", f"DEPTH {channels}", f"MAXVAL {largest}"]
    lines += [f"TUPLTYPE {name}"] if name else []
    if rng.integers(2):
        lines = [lines[place] for place in rng.permutation(len(lines))]
    head = "P7\n" + (COMMENT.decode() if comment else "") + "\n".join(lines) + "\nENDHDR\n"
    metadata: dict[str, Any] = {"comment": (COMMENT[2:-1],)} if comment else {}
    if name == "custom":
        metadata["tuple type"] = name
    page = Page(samples, colour, (largest,) * channels, extra)
    features = (
        "P7",
        f"maxval {largest}",
        f"tuple type {name or 'none'}",
        f"{channels} channels",
        *["comment"] * comment,
    )
    data = head.encode() + _raw(samples, largest, "7")
    return Case(f"netpbm:{number}", ".pam", data, Truth((page,), metadata), tuple(features), ".png")


def unnamed(channels: int) -> tuple[str, tuple[str, ...]]:
    """What channels are where no tuple type says it."""
    return ("rgb", (UNSPECIFIED,) * (channels - 3)) if channels > 2 else ("gray", (UNSPECIFIED,) * (channels - 1))


def _floating(rng: np.random.Generator, number: int, size: tuple[int, int]) -> Case:
    channels, order = int(rng.choice([1, 3])), str(rng.choice(["<", ">"]))
    samples = patterns.floats(rng, (*size, channels), 32)
    head = f"P{'fF'[channels == 3]}\n{size[1]} {size[0]}\n{'-' * (order == '<')}1.0\n".encode()
    page = Page(samples, "gray" if channels == 1 else "rgb")
    data = head + samples[::-1].astype(f"{order}f4").tobytes()
    return Case(
        f"netpbm:{number}", ".pfm", data, Truth((page,)), ("PFM", f"{channels} channels", f"order {order}"), ".tif"
    )


def read(data: bytes) -> Truth:
    """Every picture of a file."""
    pages, comments, metadata = [], list[bytes](), dict[str, Any]()
    while data:
        page, data = _page(data, comments, metadata)
        pages.append(page)
    if comments:
        metadata["comment"] = tuple(comments)
    return Truth(tuple(pages), metadata)


def _page(data: bytes, comments: list[bytes], metadata: dict[str, Any]) -> tuple[Page, bytes]:
    form = data[1:2].decode()
    if form == "7":
        return _read_arbitrary(data, comments, metadata)
    if form in "fF":
        return _read_floating(data)
    at = 2
    numbers: list[int] = []
    while len(numbers) < (2 if form in "14" else 3):
        while data[at : at + 1].isspace():
            at += 1
        if data[at : at + 1] == b"#":
            end = data.index(b"\n", at)
            comments.append(data[at + 1 : end].strip())
            at = end
            continue
        end = at
        while data[end : end + 1].isdigit():
            end += 1
        numbers.append(int(data[at:end]))
        at = end
    width, height, largest = (*numbers, 1)[:3]
    channels = 3 if form in "36" else 1
    colour = "rgb" if channels == 3 else "white" if form in "14" else "gray"
    if form in "123":
        body = data[at:]
        tokens = (
            [body[i : i + 1] for i in range(len(body)) if body[i : i + 1] in b"01"] if form == "1" else body.split()
        )
        samples = np.array([int(token) for token in tokens if token], np.uint16).reshape(height, width, channels)
        return Page(samples, colour, (largest,) * channels), b""
    size = height * ((width + 7) // 8) if form == "4" else height * width * channels * (1 + (largest > 255))
    body, rest = data[at + 1 : at + 1 + size], data[at + 1 + size :]
    if form == "4":
        bits = np.unpackbits(np.frombuffer(body, np.uint8).reshape(height, -1), axis=1)
        return Page(bits[:, :width, None], colour, (1,)), rest
    raw = np.frombuffer(body, ">u2" if largest > 255 else np.uint8).reshape(height, width, channels)
    return Page(raw, colour, (largest,) * channels), rest


def _read_arbitrary(data: bytes, comments: list[bytes], metadata: dict[str, Any]) -> tuple[Page, bytes]:
    head, _, body = data.partition(b"ENDHDR\n")
    fields = {}
    for line in head.decode().splitlines()[1:]:
        name, _, value = line.partition(" ")
        if line.startswith("#"):
            comments.append(line[1:].strip().encode())
        else:
            fields[name] = value
    height, width, channels, largest = (int(fields[name]) for name in ("HEIGHT", "WIDTH", "DEPTH", "MAXVAL"))
    name = fields.get("TUPLTYPE", "")
    colour, _, extra = TUPLES.get(name, (unnamed(channels)[0], channels, unnamed(channels)[1]))
    if name and name not in TUPLES:
        metadata["tuple type"] = name
    dtype: Any = ">u2" if largest > 255 else np.uint8
    count = height * width * channels
    samples = np.frombuffer(body, dtype, count).reshape(height, width, channels)
    return Page(samples, colour, (largest,) * channels, extra), body[samples.nbytes :]


def _read_floating(data: bytes) -> tuple[Page, bytes]:
    magic, size, scale, body = data.split(b"\n", 3)
    width, height = map(int, size.split())
    channels, order = 3 if magic == b"PF" else 1, "<" if float(scale) < 0 else ">"
    samples = np.frombuffer(body, f"{order}f4").reshape(height, width, channels)[::-1].astype("f4")
    return Page(samples, "rgb" if channels == 3 else "gray"), b""
