"""A decoder of l3c files that was written from `docs/format` alone, without a look at the package; only what follows
sections 8, 9 and 10 is by somebody who had read it.

It shows that the documents define the format: numbers in brackets are their sections. It needs NumPy and the standard
library, and the weights of `src/l3c/wave/weights` and `src/l3c/dct/weights` as data. It favours clarity over speed.
It bounds memory only roughly. Tiles of the published models (7), files kept as JPEG XL (2.10), and progressive JPEG
files in histories (3.5) are left out.
"""

import hashlib
import json
import re
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from itertools import accumulate
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Samples = NDArray[Any]

SIGNATURE = bytes.fromhex("8B4C33430D0A1A0A")
COMPACT = bytes.fromhex("8B4C334381")
VERSION = 1


class RefusedError(ValueError):
    """The file is damaged, or has something that version 1 does not know."""


def require(condition: bool, reason: str) -> None:
    """Refuses the file unless the condition holds."""
    if not condition:
        raise RefusedError(reason)


# -------------------------------------------------------------------------------- fields (1.1)


class Reader:
    """Reads fields from bytes, one after another."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def left(self) -> int:
        return len(self.data) - self.position

    def take(self, count: int) -> bytes:
        require(0 <= count <= self.left(), "the bytes end early")
        self.position += count
        return self.data[self.position - count : self.position]

    def rest(self) -> bytes:
        return self.take(self.left())

    def u8(self) -> int:
        return self.take(1)[0]

    def u32(self) -> int:
        return int.from_bytes(self.take(4), "little")

    def i32(self) -> int:
        return int.from_bytes(self.take(4), "little", signed=True)

    def varint(self) -> int:
        value = shift = 0
        while True:
            byte = self.u8()
            value |= (byte & 127) << shift
            if byte < 128:
                require(byte > 0 or shift == 0, "a varint is longer than it need be")
                require(value < 1 << 64, "a varint is too great")
                return value
            shift += 7
            require(shift < 70, "a varint is too long")

    def end(self) -> None:
        require(self.left() == 0, "bytes are left over")


# -------------------------------------------------------------------------------- sections (2.2)

CRITICAL_ORDER = ["HEAD", "PALT", "HIST", "MODL", "ADPT", "TILE", "DATA"]


def read_section(reader: Reader) -> tuple[str, bytes]:
    """The tag and the content of the next section."""
    tag = reader.take(4)
    require(tag.isalpha() and tag.isascii(), "a tag is not four letters")
    content = reader.take(reader.varint())
    require(reader.u32() == zlib.crc32(content, zlib.crc32(tag)), f"crc of section {tag!r}")
    return tag.decode("ascii"), content


def read_sections(reader: Reader) -> dict[str, bytes]:
    """All sections by tag; checks which critical ones there are, and their order."""
    sections: dict[str, bytes] = {}
    while reader.left():
        tag, content = read_section(reader)
        require(tag not in sections, f"section {tag} appears twice")
        sections[tag] = content
    critical = [tag for tag in sections if tag[0].isupper()]
    require(bool(critical) and list(sections)[-1] == critical[-1], "the last section is not critical")
    if "FILE" in critical:
        require(critical in (["FILE"], ["HEAD", "FILE"]), "critical sections of a kept file")
    elif "PAGE" in critical:
        require(critical == ["PAGE", "DATA"], "critical sections of several images")
    elif "SOLE" in critical:
        require(critical == ["SOLE"], "critical sections of a small image")
        sections |= unfold(sections.pop("SOLE"))
    else:
        require(critical == [tag for tag in CRITICAL_ORDER if tag in critical], "critical sections")
        require({"HEAD", "MODL", "TILE", "DATA"} <= set(critical), "a critical section is missing")
    return sections


def varint_of(value: int) -> bytes:
    """The bytes of a varint (1.1)."""
    return bytes([value & 127 | 128]) + varint_of(value >> 7) if value > 127 else bytes([value])


def read_compact(data: bytes) -> dict[str, bytes]:
    """The sections that a compact file stands for (2.8.2)."""
    require(9 <= len(data) <= 65536, "size of a compact file")
    require(int.from_bytes(data[-4:], "little") == zlib.crc32(data[:-4]), "check of a compact file")
    return unfold(data[5:-4])


def unfold(content: bytes) -> dict[str, bytes]:
    """The sections that a section SOLE stands for (2.8.1)."""
    reader, sections = Reader(content), {"MODL": b"\0", "SOLE": b""}
    length = reader.varint()
    sections["HEAD"] = reader.take(length >> 2)
    head = read_head(sections["HEAD"])
    if head.layout == PALETTE:
        sections["PALT"] = reader.take(reader.varint())
    shapes = plain_components(head)
    if length & 1:
        sections["HIST"] = reader.take(reader.varint())
        shapes = read_history(head, sections["HIST"], {}).components()
    side = max([16, *(size for shape in shapes for size in (shape.height, shape.width))])
    require(side <= 65535, "a component with a long side")
    checks = [b""] * len(shapes)
    if length & 2:
        digest, name_length = reader.take(16), reader.varint()
        sections["MODL"] = b"\1" + digest + varint_of(name_length) + reader.take(name_length)
        checks = [reader.take(4) for _ in shapes]
    tiles = [divmod(reader.varint(), 4) for _ in shapes[1:]]
    coder = reader.u8()
    left = reader.left() - sum(length for length, _ in tiles)
    require(left >= 0, "payloads of a small image")
    tiles.append((left, coder))
    require(all(coder < 3 + (sections["MODL"] != b"\0") for _, coder in tiles), "reserved coder")
    entries = [
        varint_of(coder) + varint_of(length) + check for (length, coder), check in zip(tiles, checks, strict=True)
    ]
    return sections | {"TILE": varint_of(side) + b"".join(entries), "DATA": reader.rest()}


# -------------------------------------------------------------------------------- HEAD (2.3)

LAYOUT_PLANES = [(1,), (3,), (1, 1), (3, 1), (1,), (3, 1), (3,), (3,), (3,), (3,)]
GRAY, RGB, GRAY_ALPHA, RGB_ALPHA, PALETTE = range(5)
UNSIGNED, SIGNED, FLOATING = range(3)


@dataclass(frozen=True)
class Head:
    """An image header (2.3)."""

    layout: int
    width: int
    height: int
    kind: int
    depth: int
    maximum: int = 0
    extra_planes: bytes = b""

    @property
    def planes(self) -> list[int]:
        """Channels of each plane (2.3.1)."""
        return [*LAYOUT_PLANES[self.layout], *[1] * len(self.extra_planes)]

    @property
    def plain(self) -> bool:
        """Plain, as in 3.1."""
        return (self.kind, self.depth, self.maximum, self.extra_planes) == (UNSIGNED, 8, 0, b"")

    @property
    def low(self) -> int:
        """Bits in the last component of a plane (2.3.4)."""
        return (self.depth - 1) % 8 + 1


def read_head(content: bytes) -> Head:
    reader = Reader(content)
    layout, width, height, sample_type = reader.u8(), reader.varint(), reader.varint(), reader.u8()
    require(layout < len(LAYOUT_PLANES), "reserved layout")
    require(0 < width < 1 << 32 and 0 < height < 1 << 32, "size of the image")
    kind, depth = sample_type >> 6, (sample_type & 63) + 1
    allowed: list[list[int]] = [[*range(1, 33), 64], [8, 16, 32, 64], [16, 32, 64], []]
    require(depth in allowed[kind], "reserved sample type")
    require(layout != PALETTE or (kind == UNSIGNED and depth <= 8), "sample type of indices")
    maximum, extra = 0, b""
    if reader.left():
        maximum, extra = reader.varint(), reader.rest()
        require(maximum > 0 or bool(extra), "empty details")
        require(len(extra) <= 16 and all(plane <= 2 for plane in extra), "extra planes")
        usable = kind == UNSIGNED and maximum.bit_length() == depth and maximum < (1 << depth) - 1
        require(maximum == 0 or usable, "maximum")
    return Head(layout, width, height, kind, depth, maximum, extra)


@dataclass(frozen=True)
class Shape:
    """The shape of a component, and whether it is joint chroma (3.2.2)."""

    height: int
    width: int
    channels: int
    joint: bool = False


def plain_components(head: Head) -> list[Shape]:
    """The components of an image without HIST (2.3.4)."""
    count = ceil(head.depth / 8)
    return [Shape(head.height, head.width, channels) for channels in head.planes for _ in range(count)]


def join_bytes(head: Head, components: Sequence[Bytes]) -> NDArray[np.uint64]:
    """The numbers of an image, height x width x channels, from components as in 2.3.4."""
    count = ceil(head.depth / 8)
    planes = []
    for start in range(0, len(components), count):
        numbers = np.zeros(components[start].shape, np.uint64)
        for index in range(count):
            bits = head.low if index == count - 1 else 8
            require(int(components[start + index].max()) < 1 << bits, "a byte of the last component is too great")
            numbers = (numbers << np.uint64(bits)) + components[start + index]
        planes.append(numbers)
    return np.concatenate(planes, axis=2)


def deep_numbers(head: Head) -> dict[int, int]:
    """The bits of numbers that two components hold, by the upper one (2.7.4)."""
    return {2 * plane: head.depth for plane in range(len(head.planes))} if 9 <= head.depth <= 16 else {}


def samples_of_numbers(head: Head, numbers: NDArray[np.uint64]) -> Samples:
    """The samples, in the smallest type that fits (2.3.2, 2.3.3)."""
    require(int(numbers.max()) <= (head.maximum or (1 << head.depth) - 1), "a number is too great")
    bits = next(size for size in (8, 16, 32, 64) if head.depth <= size)
    if head.depth == 1:
        return numbers.astype(np.bool_)
    if head.kind == UNSIGNED:
        return numbers.astype(f"u{bits // 8}")
    highest = np.uint64(1 << (head.depth - 1))
    if head.kind == SIGNED:  # the sum is modulo 2^depth: the highest bit changes
        return (numbers ^ highest).astype(f"u{bits // 8}").view(f"i{bits // 8}")
    flipped = np.where(numbers & highest, numbers ^ highest, ~numbers)
    return flipped.astype(f"u{bits // 8}").view(f"f{bits // 8}")


# -------------------------------------------------------------------------------- rANS (4.1 to 4.5)

LANES = 8
LEAST_STATE = 1 << 24


class Rans:
    """A rANS stream (4.3)."""

    def __init__(self, stream: bytes) -> None:
        require(len(stream) >= 5 * LANES and len(stream) % 2 == 0, "length of a stream")
        self.states = [int.from_bytes(stream[5 * lane : 5 * lane + 5], "little") for lane in range(LANES)]
        require(min(self.states) >= LEAST_STATE, "an initial state is too small")
        self.words = np.frombuffer(stream, "<u2", offset=5 * LANES).tolist()
        self.next_word = 0

    def group(self, cumulative: Ints) -> Ints:
        """Decodes one symbol group: a row of `cumulative` frequencies (n x alphabet + 1) for each symbol (4.2)."""
        return self.ragged(list(cumulative))

    def ragged(self, cumulative: list[Ints]) -> Ints:
        """The same of alphabets that differ in size."""
        symbols = np.zeros(len(cumulative), np.int64)
        for index, row in enumerate(cumulative):
            state = self.states[index % LANES]
            slot = state & 65535
            symbol = int(np.searchsorted(row, slot, side="right")) - 1
            start, end = int(row[symbol]), int(row[symbol + 1])
            state = (end - start) * (state >> 16) + slot - start
            if state < LEAST_STATE:
                require(self.next_word < len(self.words), "no word is left")
                state = (state << 16) + self.words[self.next_word]
                self.next_word += 1
            self.states[index % LANES] = state
            symbols[index] = symbol
        return symbols

    def end(self) -> None:
        require(self.next_word == len(self.words), "words are left over")
        require(self.states == [LEAST_STATE] * LANES, "a final state is wrong")


class Streams:
    """A tile's payload (5.9)."""

    def __init__(self, payload: bytes) -> None:
        require(len(payload) > 0 and 1 <= payload[0] <= 8, "number of streams")
        count = payload[0]
        begin = 1 + 4 * (count - 1)
        require(len(payload) >= begin, "lengths of streams")
        self.streams = []
        for i in range(count - 1):
            length = int.from_bytes(payload[1 + 4 * i : 5 + 4 * i], "little")
            require(length <= len(payload) - begin, "length of a stream")
            self.streams.append(Rans(payload[begin : begin + length]))
            begin += length
        self.streams.append(Rans(payload[begin:]))

    def parts(self, first: int, pixels: int) -> list[tuple[Rans, int, int]]:
        """Each stream and its strip of a wavefront whose first row is `first`, as pixels of the wavefront."""
        count = len(self.streams)
        blocks = (pixels + 15) // 16
        starts = [min(16 * ((blocks * s + count - 1) // count), pixels) for s in range(count)]
        return list(zip(self.streams, starts, [*starts[1:], pixels], strict=True))

    def strips(self, cumulative: Ints, first: int) -> Ints:
        """The samples of a channel of a wavefront whose first row is `first`: a group of each stream."""
        parts = self.parts(first, len(cumulative))
        return np.concatenate([stream.group(cumulative[begin:end]) for stream, begin, end in parts])

    def end(self) -> None:
        for stream in self.streams:
            stream.end()


def _tables() -> tuple[Ints, Ints, Ints, Ints]:
    """LOGISTIC, EXP, SHIFT and MANTISSA (4.5), made with 60 digits and checked."""
    with localcontext() as context:
        context.prec = 60

        def nearest(value: Decimal) -> int:
            return int(value.to_integral_value(ROUND_HALF_EVEN))

        logistic = [nearest(65536 / (1 + (12 - Decimal(i) / 16).exp())) for i in range(385)]
        exponential = [nearest(32768 * (-Decimal(i) / 16).exp()) for i in range(256)]
        inverse = [16 * (Decimal("2.5") - Decimal(i) / 16).exp() for i in range(128)]
        shift = [next(n for n in range(64) if value * 2**n >= Decimal("2047.5")) for value in inverse]
        mantissa = [nearest(value * 2**n) for value, n in zip(inverse, shift, strict=True)]
    tables = [np.array(values, np.int64) for values in (logistic, exponential, shift, mantissa)]
    for table, crc in zip(tables, (0x4DF83937, 0xE4C73B97, 0xE00F364E, 0xD693E4B6), strict=True):
        assert zlib.crc32(table.astype("<i4").tobytes()) == crc
    return tables[0], tables[1], tables[2], tables[3]


LOGISTIC, EXP, SHIFT, MANTISSA = _tables()


def logistic(z: Ints) -> Ints:
    """65536 times the logistic function of z / 1024 (4.6)."""
    q = np.clip(z, -12288, 12287) + 12288
    i = q >> 6
    result: Ints = LOGISTIC[i] + ((LOGISTIC[i + 1] - LOGISTIC[i]) * (q & 63) >> 6)
    return result


class Mixture:
    """Mixtures of logistics (4.6), one for each pixel: `logit`, `mean` and `log_scale` are pixels x K."""

    def __init__(self, logit: Ints, mean: Ints, log_scale: Ints) -> None:
        e = EXP[np.minimum(255, logit.max(axis=1, keepdims=True) - logit)]
        reciprocal = (1 << 30) // e.sum(axis=1, keepdims=True)
        self.weight = (e * reciprocal) >> 15
        self.weight[:, 0] += (1 << 15) - self.weight.sum(axis=1)
        self.mean = np.clip(mean, -8192, 24576)
        self.index = np.clip(log_scale + 56, 0, 127)
        self.log_scale = log_scale

    def z(self, v: Ints) -> Ints:
        """The arguments z of 4.6 for symbols `v` (pixels x anything): pixels x anything x K."""
        edge = 64 * v[..., None] - 32 - self.mean[:, None]
        result: Ints = edge * MANTISSA[self.index][:, None] >> SHIFT[self.index][:, None]
        return result

    def share(self, row: int, edges: Ints) -> Ints:
        """F of one pixel at edges in 64ths (4.6, 5.16.5)."""
        index = self.index[row]
        z = (edges[:, None] - self.mean[row]) * MANTISSA[index] >> SHIFT[index]
        result: Ints = (self.weight[row] * logistic(z)).sum(axis=1) >> 15
        return result

    def cumulative(self) -> Ints:
        """C(0) .. C(256) of each pixel (4.7)."""
        v = np.broadcast_to(np.arange(1, 256), (len(self.mean), 255))
        f = (self.weight[:, None] * logistic(self.z(v))).sum(axis=2) >> 15
        result = np.zeros((len(v), 257), np.int64)
        result[:, 1:256] = v + f - ((f + 255) >> 8)
        result[:, 256] = 65536
        return result


# -------------------------------------------------------------------------------- binary32 (5.5)


def f32(value: float | Ints) -> Any:
    """The value rounded to binary32."""
    return np.float32(value) if isinstance(value, float | int) else value.astype(np.float32)


def fused(a: Any, b: Any, c: Any) -> Floats:
    """fusedMultiplyAdd: a b + c for binary32 arrays, rounded once (5.5).

    In binary64 the product is exact and the sum is rounded. Rounding that to binary32 errs only where the sum lies
    half-way between two binary32 numbers and was not exact: there it is moved towards the exact sum.
    """
    product = np.multiply(a, b, dtype=np.float64)
    total = np.atleast_1d(product + c)
    bits = total.view(np.int64)
    tie = (bits & 0x1FFFFFFF) == 0x10000000
    small = (np.abs(total) < 2.0**-126) & (total != 0)
    if small.any():  # the numbers there are multiples of 2^-149
        tie = np.where(small, np.mod(total * 2.0**150, 2) == 1, tie)
    if tie.any():
        p, q = (x[tie] if np.shape(x) == total.shape else np.broadcast_to(x, total.shape)[tie] for x in (product, c))
        q = q.astype(np.float64)
        s = total[tie]
        part = s - p
        error = (p - (s - part)) + (q - part)  # s + error is the exact sum
        total[tie] = np.where(error == 0, s, np.nextafter(s, np.where(error > 0, np.inf, -np.inf)))
    return total.astype(np.float32).reshape(np.shape(product + c))


def clip32(v: Floats, a: float, b: float) -> Floats:
    """clip32 of 5.5: NaN becomes a."""
    low = np.where(v > f32(a), v, f32(a))
    return np.where(low < f32(b), low, f32(b)).astype(np.float32)


def floored(v: Floats) -> Ints:
    """floor(v) as integers."""
    return np.floor(v).astype(np.int64)


# -------------------------------------------------------------------------------- models (6, 5.8)


@dataclass(frozen=True)
class Learning:
    """How a model learns (6.3), in the order of the columns of 6.5."""

    learning_rate: float
    first_moment_rate: float
    second_moment_rate: float
    epsilon: float
    step_pixels: int
    period: int
    learned: int
    first_layer: int
    ramp: int = 0


@dataclass(frozen=True)
class Architecture:
    """The integers of 6.2."""

    channels: int
    hidden1: int
    cached: int
    hidden2: int
    hidden3: int
    head: int
    components: int
    fitted: int = 0
    coupled: int = 0
    side_channels: int = 0

    @property
    def context(self) -> int:
        """Length of the context (5.4)."""
        coded = self.channels - self.side_channels
        return 17 * self.channels + 6 * self.side_channels + coded * ((self.fitted > 0) + self.coupled)


@dataclass
class Layer:
    """A layer (5.8).

    `weight` (outputs x inputs), `bias` and `shift` (outputs) are its integers; `segments` are the lengths of the parts
    of its inputs. `offset` marks the offset inputs, `means` the outputs that are means; `units` are those of 5.11.1.
    """

    name: str
    weight: Ints
    bias: Ints
    shift: Ints
    segments: list[int]
    offset: NDArray[np.bool_]
    units: Ints
    means: NDArray[np.bool_]

    def sums(self, inputs: Ints) -> Ints:
        """The sums of each row of `inputs` (5.8); binary64 holds the products exactly."""
        products = (inputs.astype(np.float64) @ self.weight.T.astype(np.float64)).astype(np.int64)
        return (self.bias + products + ((1 << self.shift) >> 1)) >> self.shift

    def activations(self, inputs: Ints) -> Ints:
        return np.clip(self.sums(inputs), 0, 255)

    def limit_pairs(self, weight: Ints) -> Ints:
        """Each weight of a pair limited by its partner (5.11.6, 5.13)."""
        result = weight.copy()
        start = 0
        for length in self.segments:
            pairs = length // 2 * 2
            first, second = weight[:, start : start + pairs : 2], weight[:, start + 1 : start + pairs : 2]
            for offset, own, partner in ((0, first, second), (1, second, first)):
                limit = np.maximum(64, 128 - np.abs(partner))
                result[:, start + offset : start + pairs : 2] = np.clip(own, -limit, limit)
            start += length
        return result


@dataclass(frozen=True)
class Model:
    """A wave model."""

    architecture: Architecture
    learning: Learning | None
    layers: list[Layer]

    @property
    def coded(self) -> int:
        return self.architecture.channels - self.architecture.side_channels


UNIT_ACTIVATION, UNIT_LOGIT, UNIT_MEAN, UNIT_LOG_SCALE, UNIT_COEFFICIENT = 5, 4, 9, 4, 6


def make_layers(a: Architecture, tensors: dict[str, NDArray[Any]]) -> list[Layer]:
    """The layers of the table in 5.8, in its order."""

    def layer(name: str, segments: list[int], offset: list[bool], units: list[int]) -> Layer:
        carries = np.repeat(np.array(offset), segments)
        weight, bias, shift = (tensors.pop(f"{name}.{part}").astype(np.int64) for part in ("weight", "bias", "shift"))
        require(weight.shape == (len(units), sum(segments)), f"shape of {name}")
        u = np.array(units)
        made = Layer(name, weight, bias, shift, segments, carries, u, u == UNIT_MEAN)
        require(np.array_equal(made.limit_pairs(weight), weight), f"weights of {name}")
        require(bool(np.abs(bias).max() < 1 << 29) and int(shift.max()) <= 14, f"bias or shift of {name}")
        return made

    coupled = [a.coupled] if a.coupled else []
    errors = [a.channels] if a.coupled else []
    first = [a.context, a.channels, *errors]
    layers = [
        layer("stage1.0", first, [True] * len(first), [UNIT_ACTIVATION] * a.hidden1),
        layer("stage1.1", [a.hidden1], [False], [UNIT_ACTIVATION] * a.cached),
        layer("stage2.0", [a.context, *[a.cached] * 7], [True, *[False] * 7], [UNIT_ACTIVATION] * a.hidden2),
        layer("stage2.1", [a.hidden2], [False], [UNIT_ACTIVATION] * a.hidden3),
    ]
    for c in range(a.side_channels, a.channels):
        segments = [a.hidden3, c, *coupled]
        k = a.components
        units = [UNIT_LOGIT] * k + [UNIT_MEAN] * k + [UNIT_LOG_SCALE] * k + [UNIT_COEFFICIENT] * (c + a.coupled)
        offset = [False] + [True] * (len(segments) - 1)
        layers.append(layer(f"head{c}.0", segments, offset, [UNIT_ACTIVATION] * a.head))
        layers.append(layer(f"head{c}.1", [a.head], [False], units))
    require(not tensors, "a tensor too many")
    return layers


def read_safetensors(data: bytes) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """Tensors and metadata of a safetensors file (6.1)."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    metadata: dict[str, str] = header.pop("__metadata__")
    types = {"I8": "i1", "I16": "<i2", "I32": "<i4", "U8": "u1"}
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        tensors[name] = np.frombuffer(data[begin:end], types[entry["dtype"]]).reshape(entry["shape"])
    return tensors, metadata


def digest_of(configuration: list[Any], tensors: dict[str, NDArray[Any]]) -> bytes:
    """The digest of a model (6.4)."""
    digest = hashlib.sha256(json.dumps(configuration, sort_keys=True).encode("ascii"))
    for name in sorted(tensors):
        tensor = tensors[name]
        shape = ", ".join(str(side) for side in tensor.shape)
        digest.update(f"{name} {tensor.dtype.name} [{shape}] ".encode("ascii") + tensor.tobytes())
    return digest.digest()


_LIGHT = Learning(0.002, 0.2, 0.01, 0.001, 64, 9, 1, 2)
_FAST = Learning(0.001, 0.2, 0.01, 0.001, 64, 19, 1, 2, 240)
_FAST_HEADS = Learning(0.0015, 0.2, 0.01, 0.001, 128, 5, 1, 4)
_FITTED = Learning(0.0015, 0.2, 0.01, 0.001, 64, 1, 1, 4)
_COUPLED = Learning(0.0007, 0.2, 0.01, 0.001, 64, 19, 1, 3, 300)
_MAX = Learning(0.0007, 0.2, 0.01, 0.001, 64, 1, 1, 2)

PACKAGE = [  # 6.5
    ("gray-6k", _LIGHT),
    ("chroma-8k", _LIGHT),
    ("rgb-8k", _LIGHT),
    ("gray-22k", _FAST_HEADS),
    ("chroma-28k", _FAST_HEADS),
    ("rgb-27k-coupled", _FAST),
    ("gray-22k-fitted", _FITTED),
    ("chroma-28k-fitted", _FITTED),
    ("rgb-61k-coupled", _COUPLED),
    ("gray-22k-fitted", _MAX),
    ("chroma-28k-fitted", _MAX),
    ("rgb-82k-coupled", _MAX),
]


def package_models(folder: Path) -> dict[bytes, Model]:
    """The models of the package by the first 16 bytes of their digests, from the folder of weights."""
    models = {}
    for name, learning in PACKAGE:
        tensors, metadata = read_safetensors((folder / f"{name}.safetensors").read_bytes())
        require(metadata["format"] == "l3c-wave-1", "format of a model")
        architecture = json.loads(metadata["architecture"])
        said = {key: value for key, value in vars(learning).items() if key != "ramp" or value}
        digest = digest_of(["l3c-wave-1", architecture, said], tensors)
        made = Architecture(**architecture)
        models[digest[:16]] = Model(made, learning, make_layers(made, tensors))
    return models


# -------------------------------------------------------------------------------- adaptation (5.13, 5.14)


def adapt(model: Model, data: bytes) -> Model:
    """The model that an adaptation makes."""
    reader = Reader(data)
    constants = [(reader.u8(), reader.u8()) for _ in range(3)]
    rans = Rans(reader.rest())
    equal = np.array([65536 * v // 7 for v in range(8)])
    powers = rans.group(np.broadcast_to(equal, (3 * len(model.layers), 8))).reshape(-1, 3)
    vectors: dict[tuple[int, int], Ints] = {}
    for kind, (zeros, decay) in enumerate(constants):
        r = [(zeros + 1) << 16, (256 - zeros) * (256 - decay) << 7]
        for _ in range(1, 31):
            r.append(r[-1] * decay >> 8)
        below = np.cumsum([0] + [r[abs(g - 31)] for g in range(63)])
        cumulative = np.arange(64) + 65473 * below // below[63]
        for index, layer in enumerate(model.layers):
            length = layer.weight.shape[1 if kind == 2 else 0]
            vectors[index, kind] = np.zeros(length, np.int64)
            power = int(powers[index, kind])
            if power:
                symbols = rans.group(np.broadcast_to(cumulative, (length, 64)))
                vectors[index, kind] = (symbols - 31) << (power - 1)
    rans.end()
    layers = []
    for index, layer in enumerate(model.layers):
        steps, gains, input_gains = (vectors[index, kind] for kind in range(3))
        w = layer.weight
        scaled = np.clip(w + (w * (gains[:, None] + input_gains) + 32 >> 6), -127, 127)
        scaled = layer.limit_pairs(scaled)
        moved = (scaled - w)[:, layer.offset].sum(axis=1)
        exponent = layer.shift + np.where(layer.means, 2, 0)
        bias = layer.bias + ((steps << exponent) >> 1) - 128 * moved
        bias = np.clip(bias, -(2**29 - 1), 2**29 - 1)
        layers.append(
            Layer(
                layer.name,
                scaled,
                bias,
                layer.shift,
                layer.segments,
                layer.offset,
                layer.units,
                layer.means,
            )
        )
    return Model(model.architecture, model.learning, layers)


# -------------------------------------------------------------------------------- learning (5.11)


class LearningLayer:
    """A layer whose weights and biases change: its own integers, and parameters, gradient sums and moments."""

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        self.exponent = (layer.shift - 5 + layer.units).astype(np.int32)  # n of 5.11.1
        offsets = 128 * layer.weight[:, layer.offset].sum(axis=1)
        weight = np.ldexp(f32(layer.weight), -self.exponent[:, None])
        bias = np.ldexp(f32(layer.bias + offsets), -(self.exponent + 5))
        self.parameters = [weight.astype(np.float32), bias.astype(np.float32)]
        self.gradients = [np.zeros_like(p) for p in self.parameters]
        self.first_moments = [np.zeros_like(p) for p in self.parameters]
        self.second_moments = [np.zeros_like(p) for p in self.parameters]

    def whole(self, gradients: Floats) -> Ints:
        """The integers `whole` of 5.11.4, pixels x outputs."""
        h = halvings(len(gradients))
        return nearest(np.ldexp(gradients, 11 - h - (self.exponent - self.exponent.min())), 8191 >> h)

    def collect(self, whole: Ints, inputs: Ints) -> None:
        """Adds to the gradient sums (5.11.4): `whole` is pixels x outputs, `inputs` pixels x inputs."""
        down = -(11 - halvings(len(whole)) - (self.exponent - self.exponent.min()) + 5)
        sums = whole.T.astype(np.int64) @ (inputs - 128 * self.layer.offset).astype(np.int64)
        self.gradients[0] = self.gradients[0] + np.ldexp(f32(sums), down[:, None])
        self.gradients[1] = self.gradients[1] + np.ldexp(f32(32 * whole.sum(axis=0)), down)

    def back(self, whole: Ints, start: Floats, inputs: slice) -> Floats:
        """Goes back to some inputs (5.11.4): pixels x those inputs."""
        sums = whole.astype(np.int64) @ self.layer.weight[:, inputs].astype(np.int64)
        value: Floats = start + np.ldexp(f32(sums), -(11 - halvings(len(whole)) + self.exponent.min()))
        return value

    def step(self, learning: Learning, count: int, p1: Any, p2: Any) -> None:
        """One step of all parameters (5.11.5), then new integers (5.11.6)."""
        one = np.float32(1)
        rate1, rate2 = f32(learning.first_moment_rate), f32(learning.second_moment_rate)
        reach = f32(learning.learning_rate) / (one - p1)
        norm = one / (one - p2)
        r = one / f32(count)
        tiny = f32(1e-12)
        least = f32(learning.epsilon) * f32(learning.epsilon)
        for kind in range(2):
            average = self.gradients[kind] * r
            m, q = self.first_moments[kind], self.second_moments[kind]
            m = m + rate1 * (average - m)
            q = q + rate2 * (average * average - q)
            m = (m + tiny) - tiny
            q = (q + tiny) - tiny
            self.first_moments[kind], self.second_moments[kind] = m, q
            self.parameters[kind] = self.parameters[kind] - (reach * m) * inverse_root(q * norm + least)
            self.gradients[kind] = np.zeros_like(m)
        self.take_integers()

    def take_integers(self) -> None:
        layer = self.layer
        weight = nearest(np.ldexp(self.parameters[0], self.exponent[:, None]), 127)
        layer.weight = layer.limit_pairs(weight)
        offsets = 128 * layer.weight[:, layer.offset].sum(axis=1)
        layer.bias = nearest(np.ldexp(self.parameters[1], self.exponent + 5), 2**28) - offsets


def halvings(pixels: int) -> int:
    """h of 5.11.4 for a wavefront of so many pixels."""
    h = 0
    while pixels > 1024 * 2**h:
        h += 1
    return h


def nearest(p: Floats, a: int) -> Ints:
    """The function of that name in 5.11.6."""
    return floored(clip32(p, -a, a) + f32(0.5))


def inverse_root(x: Floats) -> Floats:
    """About 1 / sqrt(x) (5.11.5)."""
    y = (0x5F3759DF - (x.view(np.int32) >> 1)).view(np.float32)
    half = f32(0.5) * x
    for _ in range(2):
        y = y * fused(-(half * y), y, f32(1.5))
    return y


def output_gradients(
    mixture: Mixture, sample: Ints, frequency: Ints, coefficient: Ints, factors: Floats, kept: Floats | None
) -> Floats:
    """The gradients by the outputs of a channel's head (5.11.3), pixels x outputs.

    `factors` (pixels x coefficients) are what the coefficients are multiplied with: differences, and E / 64.
    `kept`: 5.16.6.
    """
    z_low, z_high = mixture.z(sample[:, None])[:, 0], mixture.z(sample[:, None] + 1)[:, 0]
    one = np.float32(1)
    g = f32(0.99609375) / (f32(frequency) * f32(2.0**-16))
    low = f32(np.clip(z_low, -12288, 12287)) * f32(2.0**-10)
    high = f32(np.clip(z_high, -12288, 12287)) * f32(2.0**-10)
    below = np.where(sample[:, None] == 0, f32(0), f32(logistic(z_low)) * f32(2.0**-16))
    above = np.where(sample[:, None] == 255, one, f32(logistic(z_high)) * f32(2.0**-16))
    slow = below * (one - below)
    shigh = above * (one - above)
    mass = above - below
    share = f32(mixture.weight) * f32(2.0**-15)
    total = np.zeros(len(sample), np.float32)
    for k in range(share.shape[1]):
        total = total + share[:, k] * mass[:, k]
    scale = f32(MANTISSA[mixture.index]) / f32(16 << SHIFT[mixture.index])
    h = g[:, None] * share
    logits = h * (total[:, None] - mass)
    level = (h * (shigh - slow)) * scale
    inside = (mixture.log_scale + 56 >= 0) & (mixture.log_scale + 56 <= 127)
    log_scales = np.where(inside, h * (high * shigh - low * slow), f32(0))
    everything = np.zeros(len(sample), np.float32)
    for k in range(share.shape[1]):
        everything = everything + level[:, k]
    if kept is not None:
        share = kept[:, None]
        logits, level, log_scales, everything = logits * share, level * share, log_scales * share, everything * kept
    coefficients = np.where(np.abs(coefficient) > 256, f32(0), everything[:, None] * factors)
    result: Floats = np.concatenate([logits, f32(8.0) * level, log_scales, coefficients], axis=1)
    assert result.dtype == np.float32
    return result


class Learner:
    """Collects gradients over a tile and takes the steps (5.11)."""

    def __init__(self, model: Model) -> None:
        assert model.learning is not None
        self.learning = model.learning
        self.coded = model.coded
        first = self.learning.first_layer
        learns = [i >= first if first < 5 else i >= 5 and i % 2 == 1 for i in range(len(model.layers))]
        self.layers = {i: LearningLayer(model.layers[i]) for i, yes in enumerate(learns) if yes}
        self.p1 = self.p2 = np.float32(1)
        self.count = 0
        self.steps = 0
        self.top: Floats = np.zeros((0, 0), np.float32)

    def learns_from(self, t: int) -> bool:
        if self.learning.ramp:
            d = 1 + 2 * (t // self.learning.ramp)
            if d < self.learning.period:
                return t % d == 0
        return t % self.learning.period < self.learning.learned

    def channel(self, position: int, gradients: Floats, shared: Ints, inputs: Ints, hidden: Ints) -> None:
        """Items 1 to 3 of 5.11.4 for coded channel number `position`; inputs and activations of its head.0."""
        if position == 0:
            self.top = np.zeros(shared.shape, np.float32)
        last = self.layers[5 + 2 * position]
        whole = last.whole(gradients)
        last.collect(whole, hidden)
        if self.learning.first_layer == 5:
            return
        first = self.layers[4 + 2 * position]
        whole = passed(first.whole(last.back(whole, np.zeros(hidden.shape, np.float32), slice(None))), hidden)
        first.collect(whole, inputs)
        self.top = first.back(whole, self.top, slice(0, shared.shape[1]))

    def finish(self, inputs: Ints, middle: Ints, shared: Ints) -> bool:
        """Items 4 to 6 of 5.11.4 and the step; inputs of stage2.0, its activations and those of stage2.1."""
        if self.learning.first_layer <= 3:
            top = passed(self.layers[3].whole(self.top), shared)
            self.layers[3].collect(top, middle)
            if self.learning.first_layer == 2:
                by_middle = self.layers[3].back(top, np.zeros(middle.shape, np.float32), slice(None))
                self.layers[2].collect(passed(self.layers[2].whole(by_middle), middle), inputs)
        self.count += len(inputs)
        if self.count < self.learning.step_pixels:
            return False
        self.p1 = self.p1 * (np.float32(1) - f32(self.learning.first_moment_rate))
        self.p2 = self.p2 * (np.float32(1) - f32(self.learning.second_moment_rate))
        for layer in self.layers.values():
            layer.step(self.learning, self.count, self.p1, self.p2)
        self.count = 0
        self.steps += 1
        return True


def passed(whole: Ints, activations: Ints) -> Ints:
    """Passing of 5.11.4."""
    return np.where((activations > 0) & (activations < 255), whole, 0)


# -------------------------------------------------------------------------------- tiles of wave models (5)

NEIGHBOURS = [(0, -1), (0, -2), (0, -3), (-1, 0), (-1, 1), (-1, 2), (-1, -1), (-1, -2)]
NEIGHBOURS += [(-2, 0), (-2, 1), (-2, 2), (-2, -1), (-2, -2), (-3, 0), (-3, 1), (-3, -1)]
CACHED_AT = [(0, -1), (0, -2), (-1, -1), (-1, 0), (-1, 1), (-1, 2), (-2, 0)]
SIDE_AT = [(0, 0), (0, 1), (0, 2), (1, -1), (1, 0), (1, 1)]
MARGIN = 3  # rows and columns around the tile that neighbours reach


class FadingSums:
    """Sums of each pixel that fade with distance (5.6, 5.7); only the last three wavefronts are kept."""

    def __init__(self, rows: int, shape: tuple[int, ...]) -> None:
        self.kept = np.zeros((3, rows + 1, *shape), np.float32)  # row y of the tile is row y + 1

    def faded(self, t: int, y: Ints) -> Floats:
        """The faded sums at the pixels of rows y of wavefront t."""
        upper_right, left = self.kept[(t - 2) % 3, y], self.kept[(t - 1) % 3, y + 1]
        return fused(f32(27 / 64), upper_right, f32(35 / 64) * left)

    def keep(self, t: int, y: Ints, sums: Floats) -> None:
        self.kept[t % 3] = 0
        self.kept[t % 3, y + 1] = sums


def local_fit(m: Floats, x: Floats) -> Floats:
    """The predictions of 5.6 from faded sums (... x 13 x 12) and fit inputs (... x 12).

    Entries above the diagonal are computed too, but nothing reads them.
    """
    a = np.concatenate([m, x[..., None, :]], axis=-2)
    diagonal = np.arange(12)
    a[..., diagonal, diagonal] = m[..., diagonal, diagonal] + f32(8.0)
    fit = np.zeros(x.shape[:-1], np.float32)
    for j in range(12):
        pivot = np.where(a[..., j, j] > 4, a[..., j, j], f32(4.0))
        inverse = f32(1.0) / pivot
        below = a[..., j + 1 : 13, j] * inverse[..., None]
        rest = a[..., j + 1 : 14, j + 1 : 12]
        rest[...] = fused(-a[..., j + 1 : 14, j, None], below[..., None, : 11 - j], rest)
        fit = fused(a[..., 13, j], below[..., -1], fit)
    return fit


def as_input(n: Ints) -> Ints:
    """An expected value or an error of n 64ths as an input (5.7)."""
    result: Ints = np.clip((n + 8 >> 4) + 128, 0, 255)
    return result


Watcher = Callable[[int, Model], None]


class WaveTile:
    """Decodes one tile of a wave model."""

    neutral = 128  # above row 0 (5.2)
    kept: Floats | None = None  # the share of the gradients that counts (5.16.6)
    kept_as: Any = np.uint8

    def __init__(self, model: Model, height: int, width: int, luma: Bytes | None = None) -> None:
        """`luma` is the known channel of a model with side information, height x width (5.12)."""
        self.model = Model(model.architecture, model.learning, [Layer(**vars(layer)) for layer in model.layers])
        self.height, self.width = height, width
        a = model.architecture
        self.architecture = a
        # Samples by channel, row and column, with a margin: it is 128 at first, and follows 5.2 as samples appear.
        self.samples = np.full((a.channels, height + MARGIN + 1, width + 2 * MARGIN), self.neutral, np.int64)
        self.cached = np.zeros((height + MARGIN, width + 2 * MARGIN, a.cached), np.int64)
        self.learner = Learner(self.model) if model.learning else None
        self.fits = FadingSums(height, (model.coded, 13, 12))
        self.regression = FadingSums(height, (6,))
        if a.side_channels:
            assert luma is not None
            inner = self.samples[0, MARGIN:, MARGIN:-MARGIN]
            inner[:-1], inner[-1] = luma, luma[-1]
            self.samples[0, MARGIN + 1 :, :MARGIN] = inner[:-1, :1]
            self.samples[0, MARGIN:, -MARGIN:] = inner[:, -1:]

    def decode(self, payload: bytes, watcher: Watcher | None = None) -> Bytes:
        """The tile's samples, height x width x coded channels, in the component's order (2.7)."""
        rans = Streams(self.head(payload))
        for t in range(self.width + 3 * (self.height - 1)):
            first, last = max(0, -((self.width - 1 - t) // 3)), min(self.height - 1, t // 3)
            y = np.arange(first, last + 1)
            if len(y):
                with np.errstate(all="ignore"):
                    self.wavefront(rans, t, y, t - 3 * y)
            else:
                self.fits.keep(t, y, np.zeros((0, self.model.coded, 13, 12), np.float32))
                self.regression.keep(t, y, np.zeros((0, 6), np.float32))
            if watcher:
                watcher(t, self.model)
        rans.end()
        return self.result()

    def result(self) -> Bytes:
        """The samples so far, height x width x coded channels, in the component's order."""
        decoded = self.samples[:, MARGIN : MARGIN + self.height, MARGIN:-MARGIN].transpose(1, 2, 0)
        if self.architecture.side_channels:
            decoded = decoded[..., 1:]
        elif self.architecture.channels == 3:
            decoded = decoded[..., [1, 0, 2]]  # coded as green, red, blue
        return decoded.astype(self.kept_as)

    def head(self, payload: bytes) -> bytes:
        """The payload without what stands before its streams."""
        return payload

    def predict(self, w: Ints, n: Ints, nw: Ints) -> Ints:
        """Pixels x channels (5.3)."""
        result: Ints = np.clip(w + n - nw, np.minimum(w, n), np.maximum(w, n))
        return result

    def of_fit(self, values: Ints, prediction: Ints) -> Floats:
        """What fits see (5.6); the first axis is that of the pixels."""
        result: Floats = f32(self.residual(values, prediction) - 128)
        return result

    def begin(self, t: int, y: Ints, prediction: Ints, near: Ints) -> None:
        """What comes before the context."""

    def end_front(self, t: int, y: Ints, values: Ints, prediction: Ints) -> None:
        """What comes when all samples are known, pixels x channels."""

    def residual(self, values: Ints, prediction: Ints) -> Ints:
        """5.3; the first axis is that of the pixels."""
        result: Ints = np.clip(values - prediction, -128, 127) + 128
        return result

    def fine(self, values: Ints, prediction: Ints) -> Ints:
        """The differences of 5.3, times 64."""
        return 64 * (values - prediction)

    def seen(self, prediction: Ints) -> Ints:
        """Item 2 of 5.4."""
        return prediction

    def middle(self, prediction: Ints) -> Ints:
        """The first term of the centre, divided by 64 (5.10)."""
        return prediction

    def channel(
        self, rans: Streams, mixture: Mixture, prediction: Ints, first: int, c: int, values: Ints
    ) -> tuple[Ints, Ints, Ints]:
        """Decodes a channel's samples of a wavefront (5.9): samples, what the mixture is of, its frequency. `values`
        are those of the channels before.
        """
        cumulative = mixture.cumulative()
        sample = rans.strips(cumulative, first)
        rows = np.arange(len(sample))
        return sample, sample, cumulative[rows, sample + 1] - cumulative[rows, sample]

    def put(self, channel: int, y: Ints, x: Ints, values: Ints) -> None:
        """Keeps samples, and those beyond the borders that follow from them (5.2)."""
        samples = self.samples[channel]
        samples[y + MARGIN, x + MARGIN] = values
        left = x == 0
        samples[y[left] + MARGIN + 1, :MARGIN] = values[left, None]
        right = x == self.width - 1
        samples[y[right] + MARGIN, -MARGIN:] = values[right, None]

    def wavefront(self, rans: Streams, t: int, y: Ints, x: Ints) -> None:
        """Decodes the pixels (y, x) of wavefront t (5.9)."""
        a, layers, side = self.architecture, self.model.layers, self.architecture.side_channels
        learner = self.learner if self.learner and self.learner.learns_from(t) else None
        at = np.array(NEIGHBOURS)
        near = self.samples[:, y[:, None] + MARGIN + at[:, 0], x[:, None] + MARGIN + at[:, 1]].transpose(1, 0, 2)
        w, n, nw = near[..., 0], near[..., 3], near[..., 6]
        prediction = self.predict(w, n, nw)
        self.begin(t, y, prediction, near)
        residuals = self.residual(near, prediction[..., None])
        context = [residuals.reshape(len(y), -1), self.seen(prediction)]
        if side:
            at = np.array(SIDE_AT)
            known = self.samples[0, y[:, None] + MARGIN + at[:, 0], x[:, None] + MARGIN + at[:, 1]]
            context.append(np.clip(known - prediction[:, :1], -128, 127) + 128)
        fit = np.zeros((len(y), a.channels - side), np.float32)
        if a.fitted:
            fit_sums = self.fits.faded(t, y)
            fit_inputs = self.of_fit(near, prediction[..., None])[:, side:, :12]
            if a.coupled:
                fit_inputs[:, 1:] -= fit_inputs[:, :1].copy()
            fit = local_fit(fit_sums, fit_inputs)
            context.append(floored(clip32(f32(4.0) * fit + f32(128.5), 0, 255)))
        if a.coupled:
            sums = self.regression.faded(t, y)
            regression = Regression(sums, fit, a.channels)
            context.append(regression.energy())
        shared_inputs = np.concatenate(context, axis=1)
        at = np.array(CACHED_AT)
        cached = self.cached[y[:, None] + MARGIN + at[:, 0], x[:, None] + MARGIN + at[:, 1]].reshape(len(y), -1)
        stage2_inputs = np.concatenate([shared_inputs, cached], axis=1)
        middle = layers[2].activations(stage2_inputs)
        shared = layers[3].activations(middle)

        own = np.zeros((len(y), a.channels), np.int64)  # residuals of the pixels themselves
        fine = np.zeros((len(y), a.channels), np.int64)  # differences times 64
        values = np.zeros((len(y), a.channels), np.int64)
        for c in range(a.channels):
            if c >= side:
                first, last = layers[4 + 2 * (c - side)], layers[5 + 2 * (c - side)]
                inputs = [shared, own[:, :c]]
                factors = f32(fine[:, :c]) * f32(2.0**-6)
                if a.coupled:
                    expected = regression.expect(c, fine)
                    inputs.append(as_input(expected)[:, None])
                    factors = np.concatenate([factors, f32(expected)[:, None] * f32(2.0**-6)], axis=1)
                head_inputs = np.concatenate(inputs, axis=1)
                hidden = first.activations(head_inputs)
                outputs = last.sums(hidden)
                logit, mean, log_scale = (outputs[:, i * a.components : (i + 1) * a.components] for i in range(3))
                coefficient = outputs[:, 3 * a.components :]
                limited = np.clip(coefficient, -256, 256)
                moved = limited[:, :c] * fine[:, :c] + 32 >> 6
                centre = 64 * self.middle(prediction[:, c]) + moved.sum(axis=1)
                if a.coupled:
                    centre = centre + (limited[:, c] * expected + 32 >> 6)
                mixture = Mixture(logit, centre[:, None] + mean, log_scale)
                sample, symbol, frequency = self.channel(rans, mixture, prediction[:, c], int(y[0]), c, values)
                self.put(c, y, x, sample)
                if learner:
                    gradients = output_gradients(mixture, symbol, frequency, coefficient, factors, self.kept)
                    learner.channel(c - side, gradients, shared, head_inputs, hidden)
            else:
                sample = self.samples[c, y + MARGIN, x + MARGIN]
            values[:, c] = sample
            fine[:, c] = self.fine(sample, prediction[:, c])
            own[:, c] = self.residual(sample, prediction[:, c])
            if a.coupled:
                regression.learn_error(c, fine)

        stage1 = [shared_inputs, own]
        if a.coupled:
            stage1.append(as_input(np.stack(regression.errors, axis=1)))
            self.regression.keep(t, y, regression.new_sums(fine))
        features = layers[1].activations(layers[0].activations(np.concatenate(stage1, axis=1)))
        self.cached[y + MARGIN, x + MARGIN] = features
        if a.fitted:
            target = self.of_fit(values, prediction)[:, side:, None]
            if a.coupled:
                target[:, 1:] -= target[:, :1].copy()
            energy = np.full(fit_inputs.shape[:-1], 16, np.float32)
            for i in range(12):
                energy = energy + fit_inputs[..., i] * fit_inputs[..., i]
            g = f32(16.0) / np.sqrt(energy)
            everything = np.concatenate([fit_inputs, target], axis=-1)
            scaled = g[..., None] * everything
            self.fits.keep(t, y, fused(scaled[..., :, None], fit_inputs[..., None, :], fit_sums))
        self.end_front(t, y, values, prediction)
        if learner:
            learner.finish(stage2_inputs, middle, shared)


class DeepTile(WaveTile):
    """Decodes one deep tile of a wave model (5.16)."""

    kept_as = np.int64

    def __init__(self, model: Model, height: int, width: int, depth: int) -> None:
        self.depth, self.neutral = depth, 1 << (depth - 1)
        super().__init__(model, height, width)
        self.steps = FadingSums(height, (2,))
        self.shift = np.zeros(0, np.int64)
        self.usual = 0
        first = [4096, 51, 51, 51, 51, 51]
        self.counts = [[list(first) for _ in range(96)] for _ in range(model.architecture.channels)]
        self.added: list[tuple[int, int, int, int]] = []  # channel, context, which count, how much
        self.repeated: list[int] = []

    def head(self, payload: bytes) -> bytes:
        """5.16.3."""
        require(len(payload) > 0 and payload[0] <= 6, "usual steps")
        self.usual = payload[0]
        return payload[1:]

    def predict(self, w: Ints, n: Ints, nw: Ints) -> Ints:
        """5.16.2."""
        w, n, nw = (np.concatenate([v[:, :1], v[:, 1:] - v[:, :1]], axis=1) for v in (w, n, nw))
        result = super().predict(w, n, nw)
        result[:, 1:] += result[:, :1]
        return result

    def of_fit(self, values: Ints, prediction: Ints) -> Floats:
        """5.16.2."""
        result: Floats = np.clip(f32(values - prediction) / f32(1 << self.shift_of(values)), f32(-128), f32(128))
        return result

    def begin(self, t: int, y: Ints, prediction: Ints, near: Ints) -> None:
        """5.16.1."""
        self.near = near
        self.sums = self.steps.faded(t, y)
        most = (self.sums[:, 1] + f32(1 / 64)) * f32(self.architecture.channels << self.usual)
        self.shift = np.zeros(len(y), np.int64)
        for _ in range(self.depth - 8):
            self.shift += self.sums[:, 0] > most
            most = most + most

    def end_front(self, t: int, y: Ints, values: Ints, prediction: Ints) -> None:
        """5.16.1, 5.16.6."""
        added = np.stack([np.abs(values - prediction).sum(axis=1), np.ones(len(y), np.int64)], axis=1)
        self.steps.keep(t, y, self.sums + f32(added))
        for c, context, which, much in self.added:
            self.counts[c][context][which] += much
        for c, context in {added[:2] for added in self.added}:
            while sum(counts := self.counts[c][context]) > 32768:
                self.counts[c][context] = [max(count >> 1, 5 if k else 256) for k, count in enumerate(counts)]
        self.added = []

    def shift_of(self, values: Ints) -> Ints:
        """The shifts, for values whose first axis is that of the pixels."""
        return self.shift.reshape(-1, *[1] * (values.ndim - 1))

    def residual(self, values: Ints, prediction: Ints) -> Ints:
        """5.16.2."""
        s = self.shift_of(values)
        result: Ints = np.clip(values - prediction + (1 << s >> 1) >> s, -128, 127) + 128
        return result

    def fine(self, values: Ints, prediction: Ints) -> Ints:
        """5.16.2."""
        result: Ints = np.clip(64 * (values - prediction) >> self.shift_of(values), -16320, 16320)
        return result

    def seen(self, prediction: Ints) -> Ints:
        """5.16.2."""
        result: Ints = np.clip(prediction, 0, (1 << self.depth) - 1) >> (self.depth - 8)
        return result

    def middle(self, prediction: Ints) -> Ints:
        """5.16.2."""
        return np.full_like(prediction, 128)

    def channel(
        self, rans: Streams, mixture: Mixture, prediction: Ints, first: int, c: int, values: Ints
    ) -> tuple[Ints, Ints, Ints]:
        """5.16.3."""
        cumulative, sample = mixture.cumulative(), np.zeros(len(prediction), np.int64)
        repeats = [self.repeats(c, i, int(prediction[i]), int(values[i, 0]) if c else 0) for i in range(len(sample))]
        repeated, self.kept = [0] * len(sample), np.ones(len(sample), np.float32)
        for stream, begin, end in rans.parts(first, len(sample)):
            for at in range(begin, end, 8):
                rows = range(at, min(at + 8, end))
                tables = [repeats[i].residuals(cumulative[i]) for i in rows]
                r = stream.ragged(tables)
                b, e, place_tables = [], [], []
                for i, symbol in zip(rows, r, strict=True):
                    s = int(self.shift[i])
                    escaped = symbol in (0, 255)
                    b.append(0 if escaped else min(s, 4))
                    e.append(self.depth if escaped else s - b[-1])
                    place_tables.append(repeats[i].places(mixture, i, int(symbol), b[-1], e[-1]))
                place = stream.ragged(place_tables)
                plain_tables = [
                    repeats[i].plain(mixture, i, int(r[j]), b[j], e[j], int(place[j])) for j, i in enumerate(rows)
                ]
                plain = stream.ragged(plain_tables)
                for j, i in enumerate(rows):
                    s = int(self.shift[i])
                    near = int(prediction[i]) - (1 << s >> 1) + (int(r[j]) - 128 << s) + (int(place[j]) << e[j])
                    near = min(max(near + int(plain[j]), 0), (1 << self.depth) - 1)
                    sample[i] = plain[j] if r[j] in (0, 255) else near
                    symbols = ((tables[j], r[j]), (place_tables[j], place[j]), (plain_tables[j], plain[j]))
                    f1, f2, f3 = (int(table[x + 1] - table[x]) for table, x in symbols)
                    h, repeat = 0, repeats[i]
                    for k, value in enumerate(repeat.values):
                        if repeat.symbols[k] >= 0 and value == sample[i]:
                            h = min(256, int(float(repeat.slots[k] << 40) / float(f1 * f2 * f3)))
                            self.added.append((c, repeat.context, k + 1, h))
                            repeated[i] = k + 1 if h > 128 else 0
                    self.added.append((c, repeat.context, 0, 256 - h))
                    self.kept[i] = f32((256 - h) / 256)
        self.repeated = repeated
        symbol = self.residual(sample, prediction)
        rows_all = np.arange(len(sample))
        return sample, symbol, cumulative[rows_all, symbol + 1] - cumulative[rows_all, symbol]

    def repeats(self, c: int, i: int, prediction: int, base: int) -> "Repeats":
        """Those of pixel i of the wavefront (5.16.4)."""
        own, other = self.near[i, c], self.near[i, 0] * (c > 0)
        w, n, ne, nw = (int(own[at] - other[at]) for at in (0, 3, 4, 6))
        context = (w == n) + 2 * (n == ne) + 4 * (w == nw) + 8 * (n == nw) + 16 * (self.repeated[i] if c else 0)
        s = int(self.shift[i])
        low, step = prediction - (1 << s >> 1), 1 << s
        excesses = [w, n, ne, nw, w + n - nw]
        values = [excess + base for excess in excesses]
        symbols = []
        for k, value in enumerate(values):
            symbol = (value - low >> s) + 128
            good = 0 <= value < 1 << self.depth and 1 <= symbol <= 254 and excesses[k] not in excesses[:k]
            symbols.append(symbol if good else -1)
        counts = self.counts[c][context]
        whole = counts[0] + sum(count for count, symbol in zip(counts[1:], symbols, strict=True) if symbol >= 0)
        share = [
            65536 * count // whole if symbol >= 0 else 0 for count, symbol in zip(counts[1:], symbols, strict=True)
        ]
        mixture = 65536 - sum(share)
        return Repeats(
            context,
            values,
            symbols,
            [value - low & step - 1 for value in values],
            mixture,
            [255 * q >> 8 for q in share],
            [65536 * q // mixture for q in share],
        )


@dataclass(frozen=True)
class Repeats:
    """What a sample may repeat (5.16.4): a list has an element for each repeat."""

    context: int
    values: list[int]
    symbols: list[int]
    inside: list[int]
    mixture: int
    slots: list[int]
    masses: list[int]

    def residuals(self, cumulative: Ints) -> Ints:
        """T(0) .. T(256) of 5.16.5, from C of 4.7."""
        r = np.arange(257)
        result: Ints = r + ((cumulative - r) * self.mixture >> 16)
        for symbol, slots in zip(self.symbols, self.slots, strict=True):
            result += np.where((symbol >= 0) & (symbol < r), slots, 0)
        result[0], result[-1] = 0, 65536
        return result

    def places(self, mixture: Mixture, row: int, r: int, b: int, e: int) -> Ints:
        """Those of places (5.16.5)."""
        j = np.arange((1 << b) + 1)
        f = mixture.share(row, 64 * r - 32 + (j << 6 - b))
        m = f - f[0] + j
        for symbol, inside, mass in zip(self.symbols, self.inside, self.masses, strict=True):
            m += np.where((symbol == r) & (inside >> e < j), mass, 0)
        result: Ints = j + m * (65536 - (1 << b)) // m[-1]
        result[0], result[-1] = 0, 65536
        return result

    def plain(self, mixture: Mixture, row: int, r: int, b: int, e: int, place: int) -> Ints:
        """Those of plain bits (5.16.5)."""
        u = np.arange((1 << e) + 1)
        if r in (0, 255):
            return u << 16 - e
        f = mixture.share(row, 64 * r - 32 + (np.array([place, place + 1]) << 6 - b))
        own = int(f[1] - f[0]) + 1
        m, whole = own * u, own
        for symbol, inside, mass in zip(self.symbols, self.inside, self.masses, strict=True):
            if symbol == r and inside >> e == place:
                m = m + np.where(inside % (1 << e) < u, mass << e, 0)
                whole += mass
        result: Ints = u + m * (65536 - (1 << e)) // (whole << e)
        result[0], result[-1] = 0, 65536
        return result


class Regression:
    """Channel regression at the pixels of a wavefront (5.7)."""

    def __init__(self, sums: Floats, fit: Floats, channels: int) -> None:
        self.squares = sums[:, :channels]  # Q
        self.x01, self.x02, self.x12 = sums[:, 3], sums[:, 4], sums[:, 5]
        self.fit = clip32(fit, -255, 255)
        first, second = self.squares[:, 0] + f32(4.0), self.squares[:, min(1, channels - 1)] + f32(4.0)
        self.a01, self.a02, self.a12 = self.x01 / first, self.x02 / first, self.x12 / second
        self.expected: list[Ints] = []
        self.errors: list[Ints] = []
        self.e: list[Floats] = []

    def energy(self) -> Ints:
        """The energy levels, pixels x channels."""
        bits = (self.squares + f32(0.25)).view(np.int32).astype(np.int64)
        result: Ints = np.clip((bits >> 20) - 944, 0, 255)
        return result

    def expect(self, c: int, fine: Ints) -> Ints:
        """E[c], given the differences of the channels before, times 64."""
        d0 = f32(fine[:, 0]) * f32(2.0**-6)
        if c == 0:
            value = self.fit[:, 0]
        elif c == 1:
            value = fused(self.a01, self.e[0], d0 + self.fit[:, 1])
        else:
            value = fused(self.a12, self.e[1], fused(self.a02, self.e[0], d0 + self.fit[:, 2]))
        self.expected.append(floored(clip32(value, -255, 255) * f32(64.0) + f32(0.5)))
        return self.expected[-1]

    def learn_error(self, c: int, fine: Ints) -> None:
        self.errors.append(fine[:, c] - self.expected[c])
        self.e.append(f32(self.errors[-1]) * f32(1 / 64))

    def new_sums(self, fine: Ints) -> Floats:
        d = f32(fine) * f32(2.0**-6)
        e = self.e
        new = np.zeros((len(d), 6), np.float32)
        for c in range(len(e)):
            new[:, c] = fused(e[c], e[c], self.squares[:, c])
        if len(e) == 3:
            excess1 = d[:, 1] - d[:, 0] - self.fit[:, 1]
            excess2 = d[:, 2] - d[:, 0] - self.fit[:, 2]
            new[:, 3] = fused(e[0], excess1, self.x01)
            new[:, 4] = fused(e[0], excess2, self.x02)
            new[:, 5] = fused(e[1], fused(-self.a02, e[0], excess2), self.x12)
        return new


def luma_for_chroma(luma: Bytes, height: int, width: int) -> Bytes:
    """The known channel of a chroma plane of this size, from luma's plane (5.12)."""
    plane = luma[..., 0].astype(np.int64)
    rows, columns = plane.shape
    fy, fx = 1 + (rows > height), 1 + (columns > width)
    y1, x1 = fy * np.arange(height)[:, None], fx * np.arange(width)
    y2, x2 = np.minimum(y1 + fy - 1, rows - 1), np.minimum(x1 + fx - 1, columns - 1)
    mean: Bytes = ((plane[y1, x1] + plane[y1, x2] + plane[y2, x1] + plane[y2, x2] + 2) >> 2).astype(np.uint8)
    return mean


# -------------------------------------------------------------------------------- histories (3)

PHOTO_CD, VALUE_TABLE, DECODED_JPEG, VIDEO, UPSCALED, RESIDUALS, COLOUR_TABLE = range(1, 8)


def inflate(data: bytes, most: int, window: int) -> bytes:
    """The bytes of a zlib (window 15) or deflate (window -15) stream that ends where `data` ends."""
    inflater = zlib.decompressobj(window)
    try:
        result = inflater.decompress(data, most + 1)
    except zlib.error as error:
        raise RefusedError(f"a compressed stream is damaged: {error}") from error
    require(inflater.eof and not inflater.unused_data and len(result) <= most, "length of a compressed stream")
    return result


def half(n: int) -> int:
    return (n + 1) // 2


def chroma_components(height: int, width: int, joint: bool) -> list[Shape]:
    """The chroma planes, or joint chroma (3.2.2)."""
    return [Shape(height, width, 2, True)] if joint else [Shape(height, width, 1)] * 2


@dataclass(frozen=True)
class History:
    """Section HIST (3.1), with the head of the image."""

    head: Head
    kind: int
    flags: int
    data: bytes
    dct_models: dict[bytes, "DctModel"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        head = self.head
        fits = {
            PHOTO_CD: head.layout == RGB and head.plain and self.flags < 8,
            VALUE_TABLE: self.flags <= 2 * (head.layout == RGB) and head.layout < 2 and not head.extra_planes,
            DECODED_JPEG: head.layout in (GRAY, RGB) and head.plain and self.flags < 16,
            VIDEO: head.layout == RGB and head.plain and self.flags < 4,
            UPSCALED: self.flags == 0,
            RESIDUALS: head.depth >= 17 and self.flags <= 2,
            COLOUR_TABLE: head.layout in (GRAY, RGB, GRAY_ALPHA, RGB_ALPHA) and head.plain and self.flags == 0,
        }
        require(fits.get(self.kind, False), "reserved history")

    def components(self) -> list[Shape]:
        """The components of the source."""
        height, width = self.head.height, self.head.width
        if self.kind == PHOTO_CD:
            if self.flags & 1:
                height, width = width, height
            return [Shape(height, width, 1), *chroma_components(half(height), half(width), bool(self.flags & 4))]
        if self.kind == VALUE_TABLE:
            tables = self.tables()
            planes = 3 if self.flags == 2 else 1
            return [Shape(height, width, len(tables))] * (planes * ceil(self.rank_bits(tables) / 8))
        if self.kind == DECODED_JPEG:
            return [Shape(height, width, 3 if self.flags & 3 else 1)]
        if self.kind == COLOUR_TABLE:
            return [Shape(height, width, 1)]
        if self.kind == VIDEO:
            rows = half(height) if self.flags & 1 else height
            return [Shape(height, width, 1), *chroma_components(rows, half(width), bool(self.flags & 2))]
        return plain_components(self.smaller() if self.kind == UPSCALED else self.head)

    def deep(self) -> dict[int, int]:
        """As `deep_numbers`, of the source."""
        if self.kind == VALUE_TABLE and (bits := self.rank_bits(self.tables())) > 8:
            return {0: bits, 2: bits, 4: bits} if self.flags == 2 else {0: bits}
        return deep_numbers(self.head) if self.kind == UPSCALED else {}

    def numbers(self, components: list[Bytes]) -> NDArray[np.uint64]:
        """The numbers of the image, height x width x channels."""
        redo = [self.photo_cd, self.value_table, self.decoded_jpeg, self.video, self.upscaled, self.residuals]
        return [*redo, self.colour_table][self.kind - 1](components).astype(np.uint64)

    def corrected(self, image: Ints, reader: Reader) -> Ints:
        """The image with its corrections (3.2.1)."""
        count = reader.varint()
        pixels = self.head.height * self.head.width
        require(count <= pixels // 16, "number of corrections")
        if count == 0:
            reader.end()
            return image
        stream = Reader(inflate(reader.rest(), 13 * count, 15))
        index = np.cumsum([stream.varint() + 1 for _ in range(count)]) - 1
        require(int(index[-1]) < pixels, "place of a correction")
        added = np.frombuffer(stream.take(3 * count), np.uint8).reshape(3, count).T
        stream.end()
        flat = image.reshape(-1, 3)
        flat[index] = (flat[index] + added) % 256
        return image

    def photo_cd(self, components: list[Bytes]) -> Ints:
        """3.3."""
        luma = components[0][..., 0].astype(np.int64)
        height, width = luma.shape
        full = []
        for s in chroma_planes(components[1:]):
            s = np.pad(s, ((0, 1), (0, 1)), mode="edge")
            wide = np.zeros((2 * (s.shape[0] - 1), 2 * (s.shape[1] - 1)), np.int64)
            right, below, across = s[:-1, 1:], s[1:, :-1], s[1:, 1:]
            s = s[:-1, :-1]
            wide[::2, ::2] = s
            wide[::2, 1::2] = (s + right + 1) >> 1
            wide[1::2, ::2] = (s + below + 1) >> 1
            wide[1::2, 1::2] = (s + right + below + across + 2) >> 2
            full.append(wide[:height, :width])
        level, u, v = 89024 * luma, 145352 * (full[0] - 156), 119374 * (full[1] - 137)
        red, blue = (level + v) >> 16, (level + u) >> 16
        green = (level - 12714 * (u >> 16) - 33358 * (v >> 16)) >> 16
        image = np.clip(np.stack([red, green, blue], axis=2), 0, 255)
        if self.flags & 2:
            image[-1] = 0
        if self.flags & 1:
            image = np.ascontiguousarray(np.rot90(image))
        return self.corrected(image, Reader(self.data))

    def tables(self) -> list[NDArray[np.uint64]]:
        """The tables of 3.4."""
        channels = 1 if self.flags else sum(self.head.planes)
        most = min(1 << self.head.depth, 65536)
        stream = Reader(inflate(self.data, channels * (3 + 10 * most), 15))
        tables = []
        for _ in range(channels):
            count = stream.varint()
            require(1 <= count <= most, "values in a table")
            table = [value - 1 for value in accumulate(stream.varint() + 1 for _ in range(count))]
            require(table[-1] < 1 << self.head.depth, "a value of a table is too great")
            tables.append(np.array(table, np.uint64))
        stream.end()
        return tables

    @staticmethod
    def rank_bits(tables: list[NDArray[np.uint64]]) -> int:
        longest = max(len(table) for table in tables)
        return max(1, (longest - 1).bit_length())

    def value_table(self, components: list[Bytes]) -> Samples:
        """3.4."""
        tables = self.tables()
        bits = self.rank_bits(tables)
        if bits > 8:
            lowers = components[1::2]
            require(all(int(low.max()) < 1 << bits - 8 for low in lowers), "a byte of the last component is too great")
            planes = [(up.astype(np.int64) << bits - 8) + low for up, low in zip(components[::2], lowers, strict=True)]
        else:
            planes = [component.astype(np.int64) for component in components]
        if self.flags == 2:
            green, half = planes[0], 1 << bits - 1
            red, blue = ((plane + green - half) % (2 * half) for plane in planes[1:])
            ranks = np.concatenate([red, green, blue], axis=2)
            return np.asarray(tables[0][np.minimum(ranks, len(tables[0]) - 1)])
        ranks = planes[0]
        values = [table[np.minimum(ranks[..., c], len(table) - 1)] for c, table in enumerate(tables)]
        return np.stack(values * 3 if self.flags else values, axis=2)

    def video(self, components: list[Bytes]) -> Ints:
        """3.6."""
        reader = Reader(self.data)
        form, shift, rounding, zero = (reader.u8() for _ in range(4))
        luma_step, red_step, green_blue_step, green_red_step, blue_step = (reader.i32() for _ in range(5))
        require(form <= 2 and shift <= 20 and rounding <= 3, "reserved video frame")
        chroma_steps = abs(red_step) + abs(green_blue_step) + abs(green_red_step) + abs(blue_step)
        require(255 * abs(luma_step) + 128 * chroma_steps + (1 << shift + 2) < 1 << 31, "steps of a video frame")
        h = (1 << shift) // 2 if rounding & 1 else 0
        level = components[0][..., 0].astype(np.int64) - zero
        if rounding & 2:
            level = np.maximum(level, 0)
        luma = luma_step * level
        height, width = luma.shape
        rows, columns = np.arange(height) >> (self.flags & 1), np.arange(width) >> 1
        u, v = (plane[rows][:, columns] - 128 for plane in chroma_planes(components[1:]))
        channels = []
        for terms in ([red_step * v], [green_blue_step * u, green_red_step * v], [blue_step * u]):
            if form == 0:
                channels.append((luma + sum(terms) + h) >> shift)
            elif form == 1:
                channels.append(((luma + h) >> shift) + ((sum(terms) + h) >> shift))
            else:
                channels.append(((luma + h) >> shift) + sum((term + h) >> shift for term in terms))
        return self.corrected(np.clip(np.stack(channels, axis=2), 0, 255), reader)

    def smaller(self) -> Head:
        """The head of the image that was upscaled (3.7)."""
        reader = Reader(self.data)
        rows, columns = reader.varint(), reader.varint()
        reader.end()
        head = self.head
        require(1 <= rows <= head.height and 1 <= columns <= head.width and rows * columns > 1, "upscaling")
        height, width = -(-head.height // rows), -(-head.width // columns)
        return Head(head.layout, width, height, head.kind, head.depth, head.maximum, head.extra_planes)

    def upscaled(self, components: list[Bytes]) -> Samples:
        """3.7."""
        reader = Reader(self.data)
        rows, columns = reader.varint(), reader.varint()
        small = join_bytes(self.head, components)
        return small[np.arange(self.head.height) // rows][:, np.arange(self.head.width) // columns]

    def residuals(self, components: list[Bytes]) -> Samples:
        """3.8; sums modulo 2^64 are congruent modulo 2^depth."""
        reader = Reader(self.data)
        block = reader.varint()
        reader.end()
        require(16 <= block <= 65536, "side of a block")
        folded = join_bytes(self.head, components)
        one = np.uint64(1)
        result = np.where(folded & one, ~(folded >> one), folded >> one)  # -(f + 1) / 2 is ~(f >> 1)
        for top in range(0, result.shape[0], block):
            for left in range(0, result.shape[1], block):
                part = result[top : top + block, left : left + block]
                if self.flags != 1:
                    part[...] = np.cumsum(part, axis=1, dtype=np.uint64)
                if self.flags != 0:
                    part[...] = np.cumsum(part, axis=0, dtype=np.uint64)
        return result & np.uint64((1 << self.head.depth) - 1)

    def colour_table(self, components: list[Bytes]) -> Samples:
        """3.9."""
        layout = self.head.layout
        require(layout > RGB or Reader(self.data[1 + (self.data[0] > 127) :]).varint() == 0, "opacities without alpha")
        colours, opacities = read_palette(self.data)
        columns = [colours[:, 1:2] if layout in (GRAY, GRAY_ALPHA) else colours]
        columns += [opacities[:, None]] if layout > RGB else []
        table = np.concatenate(columns, axis=1)
        return table[np.minimum(components[0][..., 0], len(table) - 1)]

    def decoded_jpeg(self, components: list[Bytes]) -> Ints:
        """3.5."""
        reader = Reader(self.data)
        top, left = reader.u8(), reader.u8()
        require(top <= 15 and left <= 15, "place of the image in the JPEG file")
        sampling = self.flags & 3
        require(sampling == 0 or self.head.layout == RGB, "sampling of the JPEG file")
        height, width = self.head.height, self.head.width
        layout = GRAY if sampling == 0 else RGB
        head = Head(layout, left + width, top + height, UNSIGNED, 8)
        file = kept_file(reader.rest(), (0, 1, 3), head, self.dct_models)
        picture = JpegPicture(file, sampling, nearest=bool(self.flags & 4), fast=bool(self.flags & 8))
        require((picture.height, picture.width) == (head.height, head.width), "size of the JPEG file's picture")
        whole = picture.pixels()
        image = (whole[top:, left:] + components[0]) % 256
        return np.repeat(image, 3, axis=2) if sampling == 0 and self.head.layout == RGB else image


def read_history(head: Head, content: bytes, dct_models: dict[bytes, "DctModel"]) -> History:
    """Section HIST (3.1)."""
    require(len(content) >= 2, "HIST")
    return History(head, content[0], content[1], content[2:], dct_models)


def chroma_planes(components: list[Bytes]) -> list[Ints]:
    """Blue and red chroma, of two components or of a joint one (3.2.2)."""
    both = np.concatenate(components, axis=2).astype(np.int64)
    return [both[..., 0], both[..., 1]]


# -------------------------------------------------------------------------------- JPEG files of 3.5

DCT_ROWS = np.array(
    [
        [8192, 11363, 10703, 9633, 8192, 6437, 4433, 2260],
        [8192, 9633, 4433, -2259, -8192, -11362, -10704, -6436],
        [8192, 6437, -4433, -11362, -8192, 2261, 10704, 9633],
        [8192, 2260, -10703, -6436, 8192, 9633, -4433, -11363],
    ]
)
DCT = np.concatenate([DCT_ROWS, DCT_ROWS[::-1] * np.array([1, -1] * 4)])
FAST_SCALES = np.array(
    [
        [16384, 22725, 21407, 19266, 16384, 12873, 8867, 4520],
        [22725, 31521, 29692, 26722, 22725, 17855, 12299, 6270],
        [21407, 29692, 27969, 25172, 21407, 16819, 11585, 5906],
        [19266, 26722, 25172, 22654, 19266, 15137, 10426, 5315],
        [16384, 22725, 21407, 19266, 16384, 12873, 8867, 4520],
        [12873, 17855, 16819, 15137, 12873, 10114, 6967, 3552],
        [8867, 12299, 11585, 10426, 8867, 6967, 4799, 2446],
        [4520, 6270, 5906, 5315, 4520, 3552, 2446, 1247],
    ]
)
ZIGZAG = sorted(range(64), key=lambda i: (i // 8 + i % 8, i // 8 if (i // 8 + i % 8) % 2 else i % 8))


def int16(values: Ints) -> Ints:
    """The congruent numbers in -32768 .. 32767."""
    return values.astype(np.int16).astype(np.int64)


def fast_transform(c: Ints) -> Ints:
    """F of 3.5.2, of the eight numbers along the last axis."""
    c0, c1, c2, c3, c4, c5, c6, c7 = (c[..., i] for i in range(8))

    def m(a: Ints, k: int) -> Ints:
        return int16(int16(4 * a) * k >> 10)

    p = c2 + c6
    q = m(c2 - c6, 362) - p
    even = [(c0 + c4) + p, (c0 - c4) + q, (c0 - c4) - q, (c0 + c4) - p]
    z = m((c5 - c3) + (c1 - c7), 473)
    o0 = (c1 + c7) + (c5 + c3)
    o1 = m(c5 - c3, -413) - (c5 - c3) + z - o0
    o2 = m((c1 + c7) - (c5 + c3), 362) - o1
    o3 = z - m(c1 - c7, 277) - o2
    odd = [o0, o1, o2, o3]
    result = [even[i] + odd[i] for i in range(4)] + [even[i] - odd[i] for i in (3, 2, 1, 0)]
    return int16(np.stack(result, axis=-1))


class BitReader:
    """The bits of entropy-coded JPEG data."""

    def __init__(self, data: bytes) -> None:
        self.bits = "".join(f"{byte:08b}" for byte in data.replace(b"\xff\x00", b"\xff"))
        self.position = 0

    def bit(self) -> int:
        require(self.position < len(self.bits), "the JPEG data end early")
        self.position += 1
        return int(self.bits[self.position - 1])

    def number(self, size: int) -> int:
        """A coefficient of `size` bits (ITU-T T.81, F.2.2.1)."""
        value = 0
        for _ in range(size):
            value = 2 * value + self.bit()
        return value if size == 0 or value >> (size - 1) else value - (1 << size) + 1


def read_jpeg(file: bytes) -> tuple["JpegLayout", list[Ints]]:
    """Layout and coefficients of a sequential JPEG file (T.81)."""
    header, coded, at = bytearray(file[:2]), [], 2
    while at < len(file):
        require(file[at] == 0xFF and at + 1 < len(file), "a marker")
        marker = file[at + 1]
        if marker == 0xD9:
            header += file[at : at + 2]
            break
        end = at + 2 + int.from_bytes(file[at + 2 : at + 4], "big")
        header += file[at:end]
        at = end
        if marker == 0xDA:
            while at < len(file) and (file[at] != 0xFF or file[at + 1] in range(0xD0, 0xD8) or file[at + 1] == 0):
                at += 1 + (file[at] == 0xFF)
            coded.append(file[end:at])
    layout = read_layout(bytes(header), len(file))
    if layout.progressive:
        raise NotImplementedError("a progressive JPEG file")
    coefficients = [np.zeros((c.rows, c.columns, 64), np.int64) for c in layout.components]
    for scan, data in zip(layout.scans, coded, strict=True):
        codes = [(huffman_codes(dc), huffman_codes(ac)) for (_, dc), (_, ac) in zip(scan.dc, scan.ac, strict=True)]
        blocks = scan_blocks(layout, scan, coefficients)
        interval = scan.interval * blocks_of_unit(layout, scan) or len(blocks)
        parts = re.split(rb"\xff[\xd0-\xd7]", data)
        require(len(parts) == -(-len(blocks) // interval), "restart markers")
        for number, part in enumerate(parts):
            bits, predictions = BitReader(part), [0] * len(codes)
            for n, block in blocks[number * interval : (number + 1) * interval]:
                read_block(bits, block, predictions[n], codes[n])
                predictions[n] = int(block[0])
            require(len(bits.bits) - bits.position < 8, "padding of the JPEG data")
    return layout, coefficients


def read_block(
    bits: BitReader, block: Ints, dc: int, codes: tuple[dict[tuple[int, int], int], dict[tuple[int, int], int]]
) -> None:
    """Coefficients of a block in zigzag order (T.81, F.2.2)."""

    def symbol(kind: int) -> int:
        code = 0
        for length in range(1, 17):
            code = 2 * code + bits.bit()
            if (length, code) in codes[kind]:
                return codes[kind][length, code]
        raise RefusedError("a code that no table has")

    block[0] = dc + bits.number(symbol(0))
    k = 1
    while k < 64:
        run, size = divmod(symbol(1), 16)
        if size == 0 and run != 15:
            require(run == 0, "an AC code")
            break
        k += run
        require(k < 64, "an AC coefficient beyond the block")
        block[k] = bits.number(size)
        k += 1


class JpegPicture:
    """The picture of a JPEG file, in the arithmetic of 3.5."""

    def __init__(self, file: bytes, sampling: int, *, nearest: bool, fast: bool) -> None:
        self.sampling, self.nearest, self.fast = sampling, nearest, fast
        layout, coefficients = read_jpeg(file)
        self.height, self.width = layout.height, layout.width
        factors = [(c.across, c.down) for c in layout.components]
        allowed = [
            factors if len(factors) == 1 else [],
            [(1, 1)] * 3,
            [(2, 1), (1, 1), (1, 1)],
            [(2, 2), (1, 1), (1, 1)],
        ]
        require(factors == allowed[sampling], "sampling factors")
        self.planes = []
        for part, c in zip(layout.components, coefficients, strict=True):
            require(int(part.steps.min()) >= 1 and int(part.steps.max()) <= 255, "quantization steps")
            require(int(c[..., 0].min()) >= -2048 and int(c[..., 0].max()) <= 2047, "a DC coefficient")
            require(int(np.abs(c[..., 1:]).max()) <= 1023, "an AC coefficient")
            natural, steps = np.zeros_like(c), np.zeros(64, np.int64)
            natural[..., ZIGZAG], steps[ZIGZAG] = c, part.steps
            samples = self.block_samples(natural.reshape(*c.shape[:2], 8, 8), steps.reshape(8, 8))
            plane = samples.transpose(0, 2, 1, 3).reshape(8 * c.shape[0], 8 * c.shape[1])
            down, across = (1, 1) if len(factors) == 1 else (factors[0][1] // part.down, factors[0][0] // part.across)
            self.planes.append(plane[: -(-self.height // down), : -(-self.width // across)])

    def block_samples(self, c: Ints, step: Ints) -> Ints:
        if self.fast:
            d = int16(c * ((step * FAST_SCALES + 2048) >> 12))
            t = fast_transform(d.swapaxes(-1, -2)).swapaxes(-1, -2)
            samples: Ints = np.clip(fast_transform(t) >> 5, -128, 127) + 128
        else:
            t = (DCT @ (c * step) + 1024) >> 11
            samples = np.clip((t @ DCT.T + 131072 >> 18) + 128, 0, 255)
        return samples

    def upsampled(self, s: Ints) -> Ints:
        """Chroma at all pixels (3.5.3)."""
        if self.sampling == 1:
            return s
        if self.nearest:
            s = np.repeat(s, 2, axis=1)
            s = np.repeat(s, 2, axis=0) if self.sampling == 3 else s
            return s[: self.height, : self.width]
        low, high, bits = 1, 2, 2
        if self.sampling == 3:
            padded = np.pad(s, ((1, 1), (0, 0)), mode="edge")
            t = np.stack([3 * s + padded[:-2], 3 * s + padded[2:]], axis=1)
            s = t.reshape(-1, s.shape[1])
            low, high, bits = 8, 7, 4
        padded = np.pad(s, ((0, 0), (1, 1)), mode="edge")
        wide = np.stack([3 * s + padded[:, :-2] + low, 3 * s + padded[:, 2:] + high], axis=2) >> bits
        return wide.reshape(len(s), -1)[: self.height, : self.width]

    def pixels(self) -> Ints:
        """P of 3.5, height x width x channels (3.5.4)."""
        y = self.planes[0]
        if self.sampling == 0:
            return y[..., None]
        b, r = (self.upsampled(plane) - 128 for plane in self.planes[1:])
        red = y + ((91881 * r + 32768) >> 16)
        green = y + ((-22554 * b - 46802 * r + 32768) >> 16)
        blue = y + ((116130 * b + 32768) >> 16)
        colours: Ints = np.clip(np.stack([red, green, blue], axis=2), 0, 255)
        return colours


def huffman_codes(table: bytes) -> dict[tuple[int, int], int]:
    """Symbols by length and code (ITU-T T.81, annex C)."""
    codes: dict[tuple[int, int], int] = {}
    code, at = 0, 16
    for length in range(1, 17):
        for _ in range(table[length - 1]):
            codes[length, code] = table[at]
            code, at = code + 1, at + 1
        code <<= 1
    require(at == len(table), "DHT")
    return codes


# -------------------------------------------------------------------------------- JPEG files: headers (9.1, 9.3)

# T.81, tables K.1 and K.2, row by row
LUMA_STEPS = np.array(
    [
        *(16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56),
        *(14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92),
        *(49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99),
    ]
)
CHROMA_STEPS = np.full(64, 99)
CHROMA_STEPS[[0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 24, 25]] = [17, 18, 24, 47, 18, 21, 26, 66, 24, 26, 56, 47, 66]

# T.81, tables K.3 to K.6, by class and number: counts of codes, then symbols
STANDARD_CODES = {
    (0, 0): bytes.fromhex("00010501010101010100000000000000" + "000102030405060708090A0B"),
    (1, 0): bytes.fromhex(
        "0002010303020403050504040000017D"
        "01020300041105122131410613516107227114328191A1082342B1C11552D1F02433627282090A161718191A25262728"
        "292A3435363738393A434445464748494A535455565758595A636465666768696A737475767778797A83848586878889"
        "8A92939495969798999AA2A3A4A5A6A7A8A9AAB2B3B4B5B6B7B8B9BAC2C3C4C5C6C7C8C9CAD2D3D4D5D6D7D8D9DAE1E2"
        "E3E4E5E6E7E8E9EAF1F2F3F4F5F6F7F8F9FA"
    ),
    (0, 1): bytes.fromhex("00030101010101010101010000000000" + "000102030405060708090A0B"),
    (1, 1): bytes.fromhex(
        "00020102040403040705040400010277"
        "000102031104052131061241510761711322328108144291A1B1C109233352F0156272D10A162434E125F11718191A26"
        "2728292A35363738393A434445464748494A535455565758595A636465666768696A737475767778797A828384858687"
        "88898A92939495969798999AA2A3A4A5A6A7A8A9AAB2B3B4B5B6B7B8B9BAC2C3C4C5C6C7C8C9CAD2D3D4D5D6D7D8D9DA"
        "E2E3E4E5E6E7E8E9EAF2F3F4F5F6F7F8F9FA"
    ),
}
NO_CODE = bytes(16)


def dht(table: tuple[int, int], code: bytes) -> bytes:
    """A segment DHT of one code."""
    return b"\xff\xc4" + (19 + len(code) - 16).to_bytes(2, "big") + bytes([16 * table[0] + table[1]]) + code


def sos(components: str, rest: str) -> bytes:
    """A segment SOS: components and their codes, then Ss, Se, Ah and Al."""
    content = bytes.fromhex(components + rest)
    return b"\xff\xda" + (3 + len(content)).to_bytes(2, "big") + bytes([len(content) // 2 - 1]) + content


def make_dictionary() -> bytes:
    """The dictionary of packed headers (9.8)."""
    result = bytes.fromhex("FFEE000E41646F626500640000000001")
    for q in range(1, 101):
        scale = 5000 // q if q < 50 else 200 - 2 * q
        for number, table in enumerate((LUMA_STEPS, CHROMA_STEPS)):
            steps = np.clip((table[ZIGZAG] * scale + 50) // 100, 1, 255)
            result += b"\xff\xdb\0\x43" + bytes([number]) + steps.astype(np.uint8).tobytes()
    result += bytes.fromhex("FFE000104A46494600010101004800480000" + "FFE000104A46494600010100000100010000")
    for frame in ("C2", "C0"):
        for factors in ("11", "21", "22"):
            result += bytes.fromhex(f"FF{frame}001108000000000301{factors}00021101031101")
    result += dht((0, 0), NO_CODE) + dht((0, 1), NO_CODE) + sos("010002100310", "000001")
    result += dht((1, 0), NO_CODE) + sos("0100", "010502") + dht((1, 1), NO_CODE) + sos("0301", "013F01")
    result += dht((1, 1), NO_CODE) + sos("0201", "013F01") + dht((1, 0), NO_CODE) + sos("0100", "063F02")
    result += dht((1, 0), NO_CODE) + sos("0100", "013F21") + sos("010002000300", "000010")
    result += dht((1, 1), NO_CODE) + sos("0301", "013F10") + dht((1, 1), NO_CODE) + sos("0201", "013F10")
    result += dht((1, 0), NO_CODE) + sos("0100", "013F10")
    last = sos("010002110311", "003F00") + b"\xff\xd9"
    result += b"".join(dht(table, NO_CODE) for table in STANDARD_CODES) + last
    result += b"".join(dht(table, code) for table, code in STANDARD_CODES.items()) + last
    assert len(result) == 14832
    assert zlib.crc32(result) == 0xDD2A39D4
    return result


@dataclass(frozen=True)
class FrameComponent:
    """A component of a frame (9.3, 9.3.1): H, V, sizes in blocks, and steps in zigzag order."""

    across: int
    down: int
    rows: int
    columns: int
    own_rows: int
    own_columns: int
    steps: Ints


@dataclass(frozen=True)
class JpegScan:
    """A scan (9.3). `dc` and `ac` are number and content of the codes of each component, which it uses or not.

    `place` is where its coded data go in the header.
    """

    components: list[int]
    dc: list[tuple[int, bytes]]
    ac: list[tuple[int, bytes]]
    first: int
    last: int
    high: int
    low: int
    interval: int
    place: int


@dataclass(frozen=True)
class JpegLayout:
    """What a header says (9.3)."""

    height: int
    width: int
    progressive: bool
    components: list[FrameComponent]
    scans: list[JpegScan]

    def units(self, scan: JpegScan) -> tuple[int, int, list[tuple[int, int]]]:
        """Rows and columns of the units of a scan, and rows and columns of blocks of each component in one (9.4)."""
        parts = [self.components[i] for i in scan.components]
        if len(parts) == 1:
            return parts[0].own_rows, parts[0].own_columns, [(1, 1)]
        down, across = (max(getattr(c, name) for c in self.components) for name in ("down", "across"))
        rows, columns = -(-self.height // (8 * down)), -(-self.width // (8 * across))
        return rows, columns, [(part.down, part.across) for part in parts]


def marker_segments(header: bytes) -> list[tuple[int, int, int]]:
    """Marker, start and end of the content of each segment (9.3)."""
    found: list[tuple[int, int, int]] = []
    at = 2
    for _ in range(1 << 14):
        while at + 1 < len(header) and not (
            header[at] == 0xFF and (header[at + 1] in (1, 0xFE) or 0xC0 <= header[at + 1] <= 0xEF)
        ):
            at += 1
        if at + 1 >= len(header):
            return found
        marker, at = header[at + 1], at + 2
        if marker == 0xD9:
            require(at == len(header), "bytes behind EOI")
            return found
        if marker == 1 or 0xD0 <= marker <= 0xD8:
            require(marker != 0xD8 or header[at : at + 1] != b"\xff", "another image in a header")
            continue
        length = int.from_bytes(header[at : at + 2], "big")
        if at + 2 > len(header) or length < 2 or at + length > len(header):
            return found
        found.append((marker, at + 2, at + length))
        at += length
    raise RefusedError("too many markers")


def codes_of_segment(content: bytes) -> list[tuple[tuple[int, int], bytes]]:
    """Class and number, and content, of each code of a segment DHT (9.3)."""
    found, reader = [], Reader(content)
    while reader.left():
        table, counts = reader.u8(), reader.take(16)
        left = 1
        for count in counts:
            left = 2 * left - count
            require(left >= 0, "more codes than there are")
        require(table >> 4 <= 1 and sum(counts) <= 256, "DHT")
        found.append(((table >> 4, table & 15), counts + reader.take(sum(counts))))
    return found


def read_layout(header: bytes, length: int) -> JpegLayout:
    """The layout of a picture (9.3, 9.3.1)."""
    tables: dict[int, Ints] = {}
    codes = {table: (-1, code) for table, code in STANDARD_CODES.items()}
    numbered = interval = height = width = 0
    progressive = False
    parts: list[tuple[int, int, int, int]] = []
    latched: dict[int, Ints] = {}
    scans: list[JpegScan] = []
    for marker, start, end in marker_segments(header):
        content = header[start:end]
        reader = Reader(content)
        if marker == 0xDB:
            while reader.left():
                kind = reader.u8()
                require(kind >> 4 <= 1, "DQT")
                values = np.frombuffer(reader.take(64 << (kind >> 4)), ">u2" if kind >> 4 else "u1")
                tables[kind & 15] = values.astype(np.int64)
        elif marker == 0xC4:
            for table, code in codes_of_segment(content):
                codes[table] = numbered, code
                numbered += 1
            require(numbered <= 1 << 14, "too many codes")
        elif marker == 0xDD:
            interval = int.from_bytes(content[:2], "big")
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC8, 0xCC):
            require(marker <= 0xC2 and not parts and len(content) >= 6, "a frame that is not supported")
            progressive = marker == 0xC2
            depth, height, width, count = struct.unpack_from(">BHHB", content)
            require(depth == 8 and 1 <= count <= 4 and len(content) == 6 + 3 * count, "a frame's header")
            require(height > 0 and width > 0, "size of a frame")
            parts = [
                (content[i], content[i + 1] >> 4, content[i + 1] & 15, content[i + 2]) for i in range(6, end - start, 3)
            ]
            require(all(1 <= factor <= 4 for part in parts for factor in part[1:3]), "sampling factors")
        elif marker in (0xDC, 0xDE, 0xDF):
            raise RefusedError("DNL, DHP or EXP")
        elif marker == 0xDA:
            count = reader.u8()
            require(1 <= count <= len(parts) and len(content) == 4 + 2 * count, "a scan's header")
            chosen: list[int] = []
            selectors = []
            for _ in range(count):
                name, selector = reader.u8(), reader.u8()
                named = [i for i, part in enumerate(parts) if part[0] == name and i not in chosen]
                require(bool(named), "a component that the frame lacks")
                chosen.append(named[0])
                selectors.append(selector)
            first, last, bits = reader.u8(), reader.u8(), reader.u8()
            high, low = bits >> 4, bits & 15
            if progressive:
                require(low <= 13 and high in (0, low + 1), "bits of a scan")
                require(last == 0 if first == 0 else first <= last <= 63 and count == 1, "positions of a scan")
            else:
                first, last, high, low = 0, 63, 0, 0
            used = [(first == 0 and high == 0, 0, 4), (last > 0, 1, 0)]
            needed = [[(kind, s >> shift & 15) for s in selectors] if use else [] for use, kind, shift in used]
            require(all(table in codes for tables_ in needed for table in tables_), "a code that is not defined")
            dc, ac = ([codes[table] for table in tables_] for tables_ in needed)
            scans.append(JpegScan(chosen, dc, ac, first, last, high, low, interval, end))
            for i in chosen:
                latched.setdefault(i, tables.get(parts[i][3], np.ones(64, np.int64)))
    require(bool(parts) and bool(scans), "no frame or no scan")
    down, across = max(part[2] for part in parts), max(part[1] for part in parts)
    together = {i for scan in scans for i in scan.components if len(scan.components) > 1}
    components = []
    for i, (_, h, v, _) in enumerate(parts):
        own = ceil(ceil(height * v / down) / 8), ceil(ceil(width * h / across) / 8)
        rows, columns = own
        if i in together:
            rows, columns = -(-height // (8 * down)) * v, -(-width // (8 * across)) * h
        components.append(FrameComponent(h, v, rows, columns, *own, latched.get(i, np.ones(64, np.int64))))
    blocks = [c.rows * c.columns for c in components]
    require(sum(blocks) <= 8 * length, "more blocks than the file has bits")
    visits = sum(blocks[i] for scan in scans for i in scan.components)
    require(visits <= min(256 * length, 128 * sum(blocks)) + (1 << 20), "too many scans")
    return JpegLayout(height, width, progressive, components, scans)


@dataclass
class KeptPicture:
    """A picture of a JPEG file (9); coefficients are components x [rows, columns, 64]."""

    length: int
    header: bytearray
    layout: JpegLayout
    left_out: list[int]
    notes: list[bytes]
    coefficients: list[Ints]


@dataclass
class KeptJpeg:
    """What a packed header holds (9.1): pictures, the own one first; places of the others, in header or tail."""

    pictures: list[KeptPicture]
    tail: bytearray
    holes: list[tuple[bool, int, int]]  # in the tail or not, position, length


def unpack_header(data: bytes) -> KeptJpeg:
    """9.1."""
    inflater = zlib.decompressobj(-15, zdict=make_dictionary())
    try:
        unpacked = inflater.decompress(data)
    except zlib.error as error:
        raise RefusedError(f"a packed header is damaged: {error}") from error
    require(inflater.eof and not inflater.unused_data, "length of a packed header")
    reader = Reader(unpacked)
    length = _bounded(reader.varint(), 0, 1 << 40)
    listed = [(reader.varint(), reader.varint()) for _ in range(_bounded(reader.varint(), 0, 16))]
    require(sum(gap + size for gap, size in listed) <= length, "holes")
    pictures: list[KeptPicture] = []
    holes: list[tuple[bool, int, int]] = []
    in_header = 0
    for size in [length, *(size for _, size in listed)]:
        left_out, number = [], -1
        for _ in range(reader.varint()):
            number += 1 + reader.varint()
            left_out.append(number)
        header = bytearray(reader.take(reader.varint()))
        if not pictures:
            in_header = sum(sum(gap for gap, _ in listed[: i + 1]) < len(header) for i in range(len(listed)))
            at = 0
            for gap, hole in listed[:in_header]:
                at += gap
                header[at:at] = bytes(hole)
                holes.append((False, at, hole))
                at += hole
        layout = read_layout(bytes(header), size)
        notes = [b"\1"] * len(layout.scans)
        if _bounded(reader.u8(), 0, 1):
            notes = [reader.take(reader.varint()) for _ in notes]
        blank = [np.zeros((c.rows, c.columns, 64), np.int64) for c in layout.components]
        pictures.append(KeptPicture(size, header, layout, left_out, notes, blank))
    tail, at = bytearray(reader.rest()), sum(gap + hole for gap, hole in listed[:in_header]) - len(pictures[0].header)
    for gap, hole in listed[in_header:]:
        at += gap
        require(0 <= at <= len(tail), "a hole behind the tail")
        tail[at:at] = bytes(hole)
        holes.append((True, at, hole))
        at += hole
    ranges = [(a, b) for marker, a, b in marker_segments(bytes(pictures[0].header)) if 0xE0 <= marker <= 0xEF]
    for in_tail, at, hole in holes:
        require(in_tail or any(a <= at and at + hole <= b for a, b in ranges), "a hole across segments")
    return KeptJpeg(pictures, tail, holes)


# -------------------------------------------------------------------------------- JPEG files: coded data (9.2 to 9.7)


@dataclass
class IntervalEnd:
    """How an interval ends (9.5)."""

    missing: int = 0
    run_left: int = 0
    padding: int = 0
    rest: bytes = b""
    marker: int = 8


class ScanNotes:
    """The notes of a scan (9.5)."""

    def __init__(self, data: bytes, most_ends: int) -> None:
        reader = Reader(data)
        self.flags = reader.u8()
        require(self.flags < 128, "flags of notes")

        def number() -> int:
            return _bounded(reader.varint(), 0, (1 << 32) - 1)

        self.run_limit = number() if self.flags & 4 else 0
        self.zero_runs: dict[int, int] = {}
        self.breaks: set[int] = set()
        self.ends: dict[int, IntervalEnd] = {}
        place = -1
        for _ in range(number() if self.flags & 8 else 0):
            place += 1 + number()
            self.zero_runs[place] = _bounded(number(), 0, 4)
        place = -1
        for _ in range(number() if self.flags & 16 else 0):
            place += 1 + number()
            self.breaks.add(place)
        place, count = -1, number() if self.flags & 32 else 0
        require(count <= most_ends, "too many ends")
        for _ in range(count):
            place += 1 + number()
            kind = _bounded(reader.u8(), 0, 35)
            end = self.ends[place] = IntervalEnd(padding=reader.u8(), marker=kind >> 2)
            if kind & 1:
                end.missing, end.run_left = number(), number()
            if kind & 2:
                end.rest = reader.take(number())
        reader.end()


def scan_blocks(layout: JpegLayout, scan: JpegScan, coefficients: list[Ints]) -> list[tuple[int, Ints]]:
    """The blocks of a scan in their order, each with its component's place in the scan (9.4)."""
    rows, columns, shapes = layout.units(scan)
    return [
        (n, coefficients[i][row * down + y, column * across + x])
        for row in range(rows)
        for column in range(columns)
        for n, (i, (down, across)) in enumerate(zip(scan.components, shapes, strict=True))
        for y in range(down)
        for x in range(across)
    ]


def blocks_of_unit(layout: JpegLayout, scan: JpegScan) -> int:
    """9.4."""
    return sum(down * across for down, across in layout.units(scan)[2])


class ScanWriter:
    """Writes the coded data of a scan (9.6), and counts its symbols where `codes` are every symbol's."""

    def __init__(self, picture: KeptPicture, scan: JpegScan, notes: ScanNotes) -> None:
        self.picture, self.scan, self.notes = picture, scan, notes
        self.counts: dict[int, list[int]] = {}  # by the code's number
        self.counting = False

    def write(self) -> bytes:
        """The bytes."""
        scan, notes = self.scan, self.notes
        blocks = scan_blocks(self.picture.layout, scan, self.picture.coefficients)
        size = 0 if notes.flags & 2 else scan.interval * blocks_of_unit(self.picture.layout, scan)
        size = size or len(blocks)
        starts = range(0, len(blocks), size)
        out = b""
        for i, start in enumerate(starts):
            inside = blocks[start : start + size]
            usual = IntervalEnd(padding=255 * (notes.flags & 1), marker=8 if i == len(starts) - 1 else i % 8)
            end = notes.ends.pop(i, usual)
            require(end.missing <= len(inside), "too many missing blocks")
            self.bits: list[int] = []
            self.predictions = [0] * len(scan.components)
            self.run_length, self.run_busy = 0, False
            self.run_corrections: list[int] = []
            for b, (n, block) in enumerate(inside[: len(inside) - end.missing], start):
                self.write_block(b, n, block.tolist())
            self.end_run(end.run_left)
            self.put(end.padding, -len(self.bits) % 8)
            out += np.packbits(np.array(self.bits, np.uint8)).tobytes().replace(b"\xff", b"\xff\0") + end.rest
            if end.marker == 8:
                break
            out += bytes([0xFF, 0xD0 + end.marker])
        require(not (notes.ends or notes.breaks or notes.zero_runs), "notes that do not fit their scan")
        return out

    def put(self, value: int, count: int) -> None:
        self.bits += [value >> i & 1 for i in range(count - 1, -1, -1)]

    def symbol(self, code: tuple[int, bytes], symbol: int) -> None:
        number, content = code
        if self.counting:
            self.counts.setdefault(number, [0] * 256)[symbol] += 1
            return
        found = {s: key for key, s in huffman_codes(content).items()}
        require(symbol in found, "a code lacks a symbol")
        length, value = found[symbol]
        self.put(value, length)

    def value(self, v: int) -> None:
        self.put(v if v >= 0 else v - 1, abs(v).bit_length())

    def write_block(self, b: int, n: int, c: list[int]) -> None:
        scan = self.scan
        if scan.first == 0:
            if scan.high:
                self.put(c[0] >> scan.low, 1)
            else:
                v = c[0] >> scan.low
                d = v - self.predictions[n]
                self.symbol(scan.dc[n], _bounded(abs(d).bit_length(), 0, 15))
                self.value(d)
                self.predictions[n] = v
        if scan.last:
            (self.refine if scan.high else self.first_bits)(b, n, c)

    def first_bits(self, b: int, n: int, c: list[int]) -> None:
        """9.6.1."""
        scan, code = self.scan, self.scan.ac[n]
        k = start = max(1, scan.first)
        for p in range(start, scan.last + 1):
            a = abs(c[p]) >> scan.low
            if a == 0:
                continue
            self.end_run(0)
            while p - k > 15:
                self.symbol(code, 240)
                k += 16
            self.symbol(code, 16 * (p - k) + _bounded(a.bit_length(), 0, 15))
            self.value(a if c[p] > 0 else -a)
            k = p + 1
        for _ in range(self.notes.zero_runs.pop(b, 0)):
            self.end_run(0)
            self.symbol(code, 240)
            k += 16
        if k <= scan.last:
            if self.picture.layout.progressive:
                self.close(b, k > start, [])
            else:
                self.symbol(code, 0)

    def refine(self, b: int, n: int, c: list[int]) -> None:
        """9.6.2."""
        scan, code = self.scan, self.scan.ac[n]
        a = [abs(v) >> scan.low for v in c]
        later: list[int] = []

        def passed(symbol: int, sign: list[int]) -> None:
            self.end_run(0)
            self.symbol(code, symbol)
            self.bits += sign + later
            later.clear()

        new = [p for p in range(scan.first, scan.last + 1) if a[p] == 1]
        k, zeros = scan.first, 0
        if new:
            k = new[-1] + 1
            for p in range(scan.first, k):
                if a[p] == 0:
                    zeros += 1
                    continue
                while zeros > 15:
                    passed(240, [])
                    zeros -= 16
                if a[p] > 1:
                    later.append(a[p] & 1)
                    continue
                passed(16 * zeros + 1, [int(c[p] > 0)])
                zeros = 0
        for _ in range(self.notes.zero_runs.pop(b, 0)):
            zeros = 15
            while k <= scan.last and (a[k] > 0 or zeros > 0):
                if a[k] > 0:
                    later.append(a[k] & 1)
                else:
                    zeros -= 1
                k += 1
            passed(240, [])
            k += 1
        if k <= scan.last:
            later += [a[p] & 1 for p in range(k, scan.last + 1) if a[p] > 0]
            self.close(b, k > scan.first or bool(later), later)

    def close(self, b: int, busy: bool, corrections: list[int]) -> None:
        """9.6.3."""
        if self.run_length:
            if self.notes.run_limit:
                ends = self.run_length == self.notes.run_limit
            else:
                ends = self.run_length == 32767 or len(self.run_corrections) > 937
            if self.notes.flags & 64 and (busy or self.run_busy):
                ends = True
            if b - 1 in self.notes.breaks:
                self.notes.breaks.remove(b - 1)
                ends = not ends
            if ends:
                self.end_run(0)
        self.run_length += 1
        self.run_corrections += corrections
        self.run_busy = busy

    def end_run(self, more: int) -> None:
        """9.6.3."""
        if self.run_length:
            length = _bounded(self.run_length + more, 1, 32767)
            size = length.bit_length() - 1
            self.symbol(self.scan.ac[0], 16 * size)
            self.put(length, size)
            self.bits += self.run_corrections
        self.run_length, self.run_corrections, self.run_busy = 0, [], False


def optimal_code(counts: list[int]) -> bytes:
    """The code that follows from counts of symbols (9.7)."""
    nodes = [(count, s, [s]) for s, count in enumerate(counts) if count] + [(1, 256, [256])]
    symbols = [s for _, s, _ in nodes if s < 256]
    require(bool(symbols), "a code without symbols")
    length = [0] * 257
    while len(nodes) > 1:
        nodes.sort(key=lambda node: (node[0], -node[1]))
        (count, name, inside), (more, _, others) = nodes[:2]
        for s in inside + others:
            length[s] += 1
        nodes[:2] = [(count + more, name, inside + others)]
    require(max(length) <= 32, "a code that is too long")
    many = [sum(length[s] == n for s in [*symbols, 256]) for n in range(33)]
    for n in range(32, 16, -1):
        while many[n]:
            j = n - 2
            while many[j] == 0:
                j -= 1
            many[n] -= 2
            many[n - 1] += 1
            many[j + 1] += 2
            many[j] -= 1
    many[max(n for n in range(33) if many[n])] -= 1
    return bytes(many[1:17]) + bytes(sorted(symbols, key=lambda s: (length[s], s)))


def put_codes_back(picture: KeptPicture) -> None:
    """9.7."""
    counts: dict[int, list[int]] = {}
    for scan, noted in zip(picture.layout.scans, picture.notes, strict=True):
        if not {number for number, _ in scan.dc + scan.ac} & set(picture.left_out):
            continue
        writer = ScanWriter(picture, scan, ScanNotes(noted, 65 + picture.length // 32))
        writer.counting = True
        writer.write()
        for number, more in writer.counts.items():
            counts[number] = [a + b for a, b in zip(counts.get(number, [0] * 256), more, strict=True)]
    header, at, number = bytearray(), 0, 0
    for marker, start, end in marker_segments(bytes(picture.header)):
        if marker != 0xC4:
            continue
        content = b""
        for (kind, slot), code in codes_of_segment(bytes(picture.header[start:end])):
            if number in picture.left_out:
                require(number in counts, "a code that no scan uses")
                code = optimal_code(counts[number])
            content += bytes([16 * kind + slot]) + code
            number += 1
        require(len(content) + 2 <= 65535, "codes that are too long for their segment")
        header += picture.header[at : start - 2] + (len(content) + 2).to_bytes(2, "big") + content
        at = end
    require(all(n < number for n in picture.left_out), "a code that is not there")
    picture.header = header + picture.header[at:]
    picture.layout = read_layout(bytes(picture.header), picture.length)


def write_picture(picture: KeptPicture, tail: bytes = b"") -> bytes:
    """The bytes of a picture (9.2)."""
    if picture.left_out:
        put_codes_back(picture)
    out, at, left = b"", 0, picture.length
    for scan, noted in zip(picture.layout.scans, picture.notes, strict=True):
        coded = ScanWriter(picture, scan, ScanNotes(noted, 65 + left // 32)).write()
        left = max(0, left - len(coded))
        out += bytes(picture.header[at : scan.place]) + coded
        at = scan.place
    out += bytes(picture.header[at:]) + tail
    require(len(out) == picture.length, "length of a picture")
    return out


def write_jpeg(file: KeptJpeg) -> bytes:
    """The JPEG file (9.2)."""
    for (in_tail, at, length), picture in zip(file.holes, file.pictures[1:], strict=True):
        target = file.tail if in_tail else file.pictures[0].header
        target[at : at + length] = write_picture(picture)
    return write_picture(file.pictures[0], bytes(file.tail))


# -------------------------------------------------------------------------------- coefficient models (8)

VERTICAL, HORIZONTAL = np.array(ZIGZAG) // 8, np.array(ZIGZAG) % 8  # v(k) and u(k)
EDGE = np.array([362, 540, 612, 689, 724, 678, 530, 292])  # 8.3
FAR_EDGE = EDGE * np.array([1, -1] * 4)
INT16 = 32767
REFERENCE_MOST = 1 << 17
SCALE = ((2 << 10 + SHIFT) // MANTISSA + 1) >> 1  # 8.7


def _thresholds(o: int) -> Ints:
    """The least m with m^o >= 2^i, of i = 0 .. 255: floor(o log2(m)) is i from there on (8.2)."""
    found = []
    for i in range(256):
        m = max(1, int(2 ** (i / o)) - 2)
        while m**o < 1 << i:
            m += 1
        found.append(m)
    return np.array(found)


THRESHOLDS = {o: _thresholds(o) for o in (8, 12, 16, 23, 32)}


def level(n: Ints, o: int) -> Ints:
    """8.2."""
    result: Ints = np.searchsorted(THRESHOLDS[o], np.asarray(n) + 1, side="right") - 1
    return result


def signed_steps(n: Ints, o: int) -> Ints:
    """`steps` of 8.2."""
    result: Ints = np.sign(n) * np.minimum(127, level(np.abs(n), o))
    return result


def signed(n: Ints, o: int) -> Ints:
    return signed_steps(n, o) + 128


def dequantized(c: Ints, steps: Ints) -> Ints:
    result: Ints = np.clip(c * steps, -INT16, INT16)
    return result


@dataclass(frozen=True)
class DctNetwork:
    """A network of 8.6."""

    architecture: dict[str, int]
    tensors: dict[str, Ints]

    def sums(self, layer: str, inputs: Ints, k: int | None = None) -> Ints:
        weight, bias, shift = (self.tensors[f"{layer}.{part}"] for part in ("weight", "bias", "shift"))
        if k is not None:
            weight, bias, shift = weight[k], bias[k], shift[k]
        result: Ints = (bias + inputs @ weight.T + ((1 << shift) >> 1)) >> shift
        return result

    def activations(self, layer: str, inputs: Ints, k: int | None = None) -> Ints:
        return np.clip(self.sums(layer, inputs, k), 0, 255)


@dataclass(frozen=True)
class DctModel:
    """A coefficient model: networks for component 0 and for the others."""

    networks: list[DctNetwork]
    calibrated: bool


def read_dct_model(data: bytes) -> tuple[bytes, DctModel]:
    """Digest and model of a file (8.8)."""
    tensors, metadata = read_safetensors(data)
    require(metadata["format"] == "l3c-dct-1", "format of a model")
    architecture = json.loads(metadata["architecture"])
    digest = digest_of(["l3c-dct-1", architecture], tensors)
    require(digest.hex() == metadata["digest"], "digest of a model")
    networks = []
    for name in ("luma", "chroma"):
        own = {key[len(name) + 1 :]: t.astype(np.int64) for key, t in tensors.items() if key.startswith(f"{name}.")}
        networks.append(DctNetwork(architecture[name], own))
    return digest, DctModel(networks, architecture["calibrated"] == 1)


@dataclass
class CodedComponent:
    """A component of a payload: coefficients, rows x columns x 64, steps, V and H."""

    coefficients: Ints
    steps: Ints
    down: int
    across: int

    def at(self, y: Ints, x: Ints) -> Ints:
        """Blocks (y, x); those beyond the component hold 0."""
        rows, columns = self.coefficients.shape[:2]
        inside = (y >= 0) & (x >= 0) & (y < rows) & (x < columns)
        found = np.zeros((len(y), 64), np.int64)
        found[inside] = self.coefficients[y[inside], x[inside]]
        return found


def last_position(c: Ints) -> Ints:
    """8.1."""
    result: Ints = ((c != 0) * np.arange(1, 65)).max(axis=1)
    return result


def equal(length: int, n: int) -> Ints:
    """Equal frequencies (4.9) of n symbols."""
    return np.broadcast_to(65536 * np.arange(length + 1) // length, (n, length + 1))


CLASSES = [3277, 9830, 19661, 32768, 49152, 58982, 63570]  # 8.7.1
REACHES = (1023, 511, 255, 127, 63, 31, 15, 7)


class CountRow:
    """A row of counts (8.7.1)."""

    def __init__(self, length: int, prior: int) -> None:
        self.observed, self.expected = np.zeros(length, np.int64), np.zeros(length, np.int64)
        self.n, self.due, self.prior = 0, 16, prior
        self.ratio = np.full(length, 4096)

    def renew(self) -> bool:
        """New ratios where they are due, after a group; whether they were."""
        if self.n < self.due:
            return False
        while self.n >= 1 << 14:
            self.n >>= 1
            self.observed >>= 1
            self.expected >>= 1
        self.due = self.n + (self.n >> 4) + 16
        observed, expected = (counts + self.prior >> 12 for counts in (self.observed, self.expected))
        self.ratio = np.clip((observed << 12) // expected, 16, 32767)
        return True


def calibrated_table(g: Ints, r: Ints, count: Ints) -> tuple[Ints, Ints]:
    """Cumulative frequencies and expected counts (8.7.1), of rows of `count` symbols with shares g and ratios r."""
    i = np.arange(g.shape[1] + 1)
    terms = np.where(i[:-1] < count[:, None], (g * r >> 10) + 1, 0)
    below = np.concatenate([np.zeros((len(g), 1), np.int64), np.cumsum(terms, axis=1)], axis=1)
    factor = ((65536 - count) << 15) // below[:, -1]
    table = np.where(i < count[:, None], i + (below * factor[:, None] >> 15), 65536)
    expected = np.minimum(g * np.minimum(factor, 1 << 14)[:, None] >> 13, 65535)
    return table, expected


class ComponentDecoder:
    """Decodes one component of a payload (8)."""

    def __init__(self, model: DctModel, components: list[CodedComponent], number: int, rans: Rans) -> None:
        self.own, self.number, self.rans = components[number], number, rans
        self.components = components
        self.network = model.networks[number > 0]
        self.calibrated = model.calibrated
        self.chroma = number > 0
        shape = self.own.coefficients.shape[:2]
        self.other = None
        if number > 1 and components[1].coefficients.shape[:2] == shape:
            self.other = components[1]
        self.related: list[CodedComponent | None] = []
        if self.network.architecture["related"]:
            equal_sizes = all(c.coefficients.shape[:2] == shape for c in components[: min(number, 2)])
            self.related = [components[0], components[1] if number > 1 else None] if equal_sizes else [None, None]
        self.relations = [np.zeros((shape[0] + 1, shape[1] + 2, 2), np.int64) for _ in self.related]
        self.sums, self.count = np.zeros(64, np.int64), 0  # 8.4
        self.last_row = CountRow(65, 1 << 18)  # 8.7.1
        self.first = [CountRow(1024, 1 << 18) for _ in range(64)]
        self.second = [[CountRow(16, 1 << 19) for _ in range(8)] for _ in range(64)]
        self.reach = [3] * 64

    def decode(self) -> None:
        rows, columns = self.own.coefficients.shape[:2]
        for t in range(columns + 2 * rows):
            y = np.arange(rows)
            y = y[(t - 2 * y >= 0) & (t - 2 * y < columns)]
            if len(y):
                self.wavefront(y, t - 2 * y)

    def luma_magnitude(self, y: Ints, x: Ints) -> Ints:
        """8.5."""
        luma = self.components[0]
        rows, columns = luma.coefficients.shape[:2]
        tall, wide = max(1, luma.down // self.own.down), max(1, luma.across // self.own.across)
        top = np.maximum(0, np.minimum(y * luma.down // self.own.down, rows - tall))
        left = np.maximum(0, np.minimum(x * luma.across // self.own.across, columns - wide))
        total = np.zeros((len(y), 64), np.int64)
        for i in range(tall):
            for j in range(wide):
                place = np.minimum(top + i, rows - 1), np.minimum(left + j, columns - 1)
                total += np.abs(dequantized(luma.coefficients[place], luma.steps))
        return total // (tall * wide)

    def change(self, plane: CodedComponent, y: Ints, x: Ints) -> Ints:
        """2 c[0] less the c[0] to the left and above."""
        result: Ints = 2 * plane.at(y, x)[:, 0] - plane.at(y, x - 1)[:, 0] - plane.at(y - 1, x)[:, 0]
        return result

    def related_predictions(self, y: Ints, x: Ints) -> tuple[Ints, list[Ints]]:
        """8.5.1: predictions (blocks x 2 x 64), and the faded sums."""
        found, faded = np.zeros((len(y), len(self.related), 64), np.int64), []
        for i, plane in enumerate(self.related):
            sums = self.relations[i]
            faded.append(35 * sums[y + 1, x] + 27 * sums[y, x + 2] >> 6)
            if plane is not None:
                products, squares = faded[i].T
                slope = np.clip(256 * products // (squares + 256), -1024, 1024)
                e = dequantized(plane.at(y, x), plane.steps)
                e[:, 0] = np.clip(self.change(plane, y, x) * plane.steps[0] >> 1, -INT16, INT16)
                found[:, i] = slope[:, None] * e * ((1 << 24) // self.own.steps) >> 26
        return found, faded

    def wavefront(self, y: Ints, x: Ints) -> None:
        n, steps, own, network = len(y), self.own.steps, self.own, self.network
        left, above = own.at(y, x - 1), own.at(y - 1, x)
        upper_left, upper_right = own.at(y - 1, x - 1), own.at(y - 1, x + 1)
        has_left, has_above = x > 0, y > 0
        near = [np.abs(left), np.abs(above), np.abs(upper_left) + np.abs(upper_right) + 1 >> 1]
        for part, (a, b) in zip(near, ((left, upper_left), (above, upper_right), (left, above)), strict=True):
            part[:, 0] = np.abs(a[:, 0] - b[:, 0])
        statistic = np.broadcast_to(level(64 * self.sums // max(self.count, 1), 16), (n, 64))
        rows, columns = np.zeros((n, 8), np.int64), np.zeros((n, 8), np.int64)  # 8.3, edge residuals
        d_above, d_left = dequantized(above, steps), dequantized(left, steps)
        for k in range(64):
            v, u = VERTICAL[k], HORIZONTAL[k]
            rows[:, u] += FAR_EDGE[v] * d_above[:, k]
            columns[:, v] += FAR_EDGE[u] * d_left[:, k]
        inputs = [
            *(level(np.minimum(part * steps, INT16), 16) for part in near),
            statistic,
            np.broadcast_to(level(steps - 1, 16), (n, 64)),
            signed(rows >> 10, 8),
            signed(columns >> 10, 8),
        ]
        luma = other = np.zeros((n, 64), np.int64)
        if self.chroma:
            luma = self.luma_magnitude(y, x)
            if self.other is not None:
                other = self.other.at(y, x)
            inputs += [level(luma, 16), level(np.abs(dequantized(other, steps)), 16)]
            other = 2 * other
            if self.other is not None:
                other[:, 0] = self.change(self.other, y, x)
        neighbours = (left, above, upper_left, upper_right)
        counts = [3 * last_position(c) for c in neighbours] + [3 * (c != 0).sum(axis=1) for c in neighbours]
        flags = [64 * has_left, 64 * has_above]
        if self.chroma:
            flags.append(np.full(n, 64 * (self.number > 1)))
        inputs.append(np.stack(counts + flags, axis=1))
        related, faded = self.related_predictions(y, x)
        trunk = network.activations("trunk.1", network.activations("trunk.0", np.concatenate(inputs, axis=1)))
        last = self.last_positions(network.sums("last", trunk))
        sparse = bool((x + 2 * y)[0] % 16)
        accumulator = network.tensors["start.bias"] + trunk @ network.tensors["start.weight"].T
        accumulator = accumulator + network.tensors["last_columns"][last]
        shift = network.tensors["start.shift"]
        order = np.argsort(-last, kind="stable")
        block = np.zeros((n, 64), np.int64)
        magnitude = np.zeros((n, 10, 10), np.int64)
        for k in range(63, -1, -1):
            i = order[last[order] > k]
            if not len(i):
                continue
            v, u = VERTICAL[k], HORIZONTAL[k]
            down_reciprocal, right_reciprocal = (
                ((1 << 30) + (e * steps[k] // 2)) // (e * steps[k]) for e in (EDGE[v], EDGE[u])
            )
            down = np.clip(rows[i, u] * down_reciprocal >> 24, -REFERENCE_MOST, REFERENCE_MOST) * has_above[i]
            right = np.clip(columns[i, v] * right_reciprocal >> 24, -REFERENCE_MOST, REFERENCE_MOST) * has_left[i]
            m = magnitude[i]
            around = 2 * m[:, v + 1, u] + 2 * m[:, v, u + 1] + m[:, v + 1, u + 1] + m[:, v + 2, u] + m[:, v, u + 2]
            origin = np.zeros(len(i), np.int64)
            if k:
                errors = [down, right]
                references = [down, right, 64 * left[i, k], 64 * above[i, k]]
            else:
                origin = np.where(has_left[i] & has_above[i], down + right >> 1, down + right)
                plane = 64 * (left[i, 0] + above[i, 0] - upper_left[i, 0])
                errors = [down - right, plane - origin]
                references = [down - origin, right - origin, plane - origin, 64 * upper_right[i, 0] - origin]
            seen = [
                *(level(part[i, k], 32) for part in near),
                level(around, 23),
                *(signed(e >> 3, 12) for e in errors),
                8 * np.minimum(last[i] - 1 - k, 31),
                64 * (last[i] - 1 == k),
                np.full(len(i), level(steps[k] - 1, 16)),
                statistic[i, k],
            ]
            if self.chroma:
                seen += [level(luma[i, k], 16), signed(other[i, k], 16)]
                references.append(32 * other[i, k])
                seen += [signed(related[i, r, k] >> 3, 12) for r in range(len(self.related))]
                references += [related[i, r, k] for r in range(len(self.related))]
            hidden = accumulator[i] + network.tensors["positions"][k]
            hidden = np.clip(hidden + ((1 << shift) >> 1) >> shift, 0, 255)
            head = network.activations("heads.0", np.concatenate([hidden, np.stack(seen, axis=1)], axis=1), k)
            limited = np.clip(np.stack(references, axis=1), -REFERENCE_MOST, REFERENCE_MOST)
            values = self.values(k, network.sums("heads.1", head, k), limited, origin, last[i] - 1 == k, sparse)
            block[i, k] = values
            d = dequantized(values, steps[k])
            rows[i, u] -= EDGE[v] * d
            columns[i, v] -= EDGE[u] * d
            magnitude[i, v, u] = np.abs(values)
            step = signed_steps(d, 8)[:, None]
            added = network.tensors["columns"][k]
            accumulator[i] += added[0] * step + added[1] * np.abs(step)
        own.coefficients[y, x] = block
        counted = np.abs(block)
        counted[:, 0] = np.abs(block[:, 0] - np.where(has_left, left[:, 0], above[:, 0]))
        self.sums += np.minimum(counted, 1023).sum(axis=0)
        self.count += n
        while self.count >= 4096:
            self.sums >>= 1
            self.count >>= 1
        for relation, sums, plane_ in zip(self.relations, faded, self.related, strict=True):
            if plane_ is not None:
                a = np.clip(dequantized(block, steps), -2047, 2047)[:, 1:]
                b = np.clip(dequantized(plane_.at(y, x), plane_.steps), -2047, 2047)[:, 1:]
                relation[y + 1, x + 1] = sums + np.stack([(a * b).sum(axis=1), (b * b).sum(axis=1)], axis=1)

    def last_positions(self, logits: Ints) -> Ints:
        """The last positions of blocks (8.7, 8.7.1)."""
        weight = Mixture(logits, logits, logits).weight
        if not self.calibrated:
            below = np.concatenate([np.zeros((len(logits), 1), np.int64), np.cumsum(weight, axis=1)], axis=1)
            return self.rans.group(np.arange(66) + (below * 65471 >> 15))
        row, n = self.last_row, len(weight)
        table, expected = calibrated_table(2 * weight + 1, np.broadcast_to(row.ratio, (n, 65)), np.full(n, 65))
        last = self.rans.group(table)
        row.expected += expected.sum(axis=0)
        np.add.at(row.observed, last, 65536)
        row.n += n
        row.renew()
        return last

    def values(
        self, k: int, outputs: Ints, references: Ints, origin: Ints, ends: NDArray[np.bool_], sparse: bool
    ) -> Ints:
        """The coefficients at position k (8.7). `ends` says where k = L - 1; `sparse` in which wavefronts few symbols
        are counted (8.7.1).
        """
        count = self.network.architecture["components"]
        mixture = Mixture(outputs[:, :count], outputs[:, :count], outputs[:, 2 * count : 3 * count])
        coefficient = np.clip(outputs[:, 3 * count :], -128, 128)
        centre = origin + ((coefficient * references).sum(axis=1) >> 6)
        offset = np.clip(outputs[:, count : 2 * count], -1024, 1024) * SCALE[mixture.index] >> 6
        mixture.mean = centre[:, None] + offset
        narrow = np.where(mixture.weight >= 1 << 13, mixture.index, 999).min(axis=1)
        wide = np.where(mixture.weight >= 1 << 10, mixture.index, -1).max(axis=1)
        step = np.maximum(narrow - (74 if self.calibrated else 52), 0) // 11
        n = wide - 11 * step
        levels = np.where(n <= 28, 16, np.where(n <= 54, 64, 256))
        middle = (mixture.weight * mixture.mean).sum(axis=1) >> 15
        base = ((middle + 32 >> 6 + step) - levels // 2) << step
        i = np.arange(levels.max() + 1)
        inside = i < levels[:, None]
        edges = 64 * (base[:, None] + (i << step[:, None])) - 32
        z = np.clip(edges[..., None] - mixture.mean[:, None], -(1 << 18), 1 << 18)
        z = z * MANTISSA[mixture.index][:, None] >> SHIFT[mixture.index][:, None]
        f = (mixture.weight[:, None] * logistic(z)).sum(axis=2) >> 15
        f[:, 0] = 0
        f = np.where(inside, f, 65536)
        if self.calibrated:
            single = (i > 0) & (i < levels[:, None] - 1) & (step == 0)[:, None]
            value = base[:, None] + i
            symbol = self.calibrated_symbols(k, f, value[:, :-1], single[:, :-1], ends, levels, sparse)
        else:
            symbol = self.plain_symbols(f, base, step, ends, levels)
        return self.rest(symbol, base, step, levels)

    def plain_symbols(self, f: Ints, base: Ints, step: Ints, ends: NDArray[np.bool_], levels: Ints) -> Ints:
        """8.7: frequencies without calibration."""
        tables = np.full((len(f), f.shape[1]), 65536)
        skipped = np.full(len(f), -1)
        for row, (own, count) in enumerate(zip(f, levels.tolist(), strict=True)):
            z, total = -int(base[row]), 65536
            own = own[: count + 1]
            if ends[row] and step[row] == 0 and 2 <= z <= count - 3:
                p = min(int(own[z + 1] - own[z]), 63488)
                own = np.concatenate([own[: z + 1], own[z + 2 :] - p])
                skipped[row], count, total = z, count - 1, 65536 - p
            factor = ((65536 - count) << 15) // total
            tables[row, :count] = np.arange(count) + (own[:count] * factor >> 15)
        symbol = self.rans.group(tables)
        return symbol + ((skipped >= 0) & (symbol >= skipped))

    def calibrated_symbols(
        self,
        k: int,
        f: Ints,
        value: Ints,
        single: NDArray[np.bool_],
        ends: NDArray[np.bool_],
        levels: Ints,
        sparse: bool,
    ) -> Ints:
        """8.7.1, coefficients."""
        g = np.diff(f, axis=1)
        zero = single & (value == 0)
        kind = np.searchsorted(CLASSES, (g * zero).sum(axis=1), side="right")
        g = np.where(zero & ends[:, None], 0, g)
        first, second, a = self.first[k], self.second[k], np.abs(value)
        counted = single & (a <= (self.reach[k] if sparse and first.n >= 512 else 1023))
        near, low = counted & (a <= self.reach[k]), counted & (a <= 15)
        r1 = np.where(near, first.ratio[np.minimum(a, 1023)], 4096)
        ratios = np.stack([row.ratio for row in second])
        r2 = np.where(near & low, ratios[kind[:, None], np.minimum(a, 15)], 4096)
        r = np.clip(r1 * r2 >> 12, 16, 32767)
        table, expected = calibrated_table(g, r, levels)
        symbol = self.rans.group(table)
        hit = np.arange(g.shape[1]) == symbol[:, None]
        np.add.at(first.expected, a[counted], (expected * r2 >> 12)[counted])
        np.add.at(first.observed, a[counted & hit], 65536)
        first.n += len(g)
        for number, row in enumerate(second):
            of = low & (kind == number)[:, None]
            np.add.at(row.expected, a[of], (expected * r1 >> 12)[of])
            np.add.at(row.observed, a[of & hit], 65536)
            row.n += int((kind == number).sum())
            row.renew()
        if first.renew():
            seen, awaited = first.observed >> 12, first.expected >> 12
            deviation = (seen - awaited) ** 2 // (awaited + 64) - 16 * awaited // (awaited + 64)
            wide = [r for r in REACHES if deviation[r // 2 + 1 : r + 1].sum() > 320 + (first.n >> 4)]
            self.reach[k] = max([3, *wide])
        return symbol

    def rest(self, symbol: Ints, base: Ints, step: Ints, levels: Ints) -> Ints:
        """8.7: what symbols leave open."""
        low, high = symbol == 0, symbol == levels - 1
        values = base + (symbol << step)
        for s in range(1, int(step.max()) + 1):
            i = np.flatnonzero((step == s) & ~low & ~high)
            if len(i):
                values[i] += self.rans.group(equal(1 << s, len(i)))
        outer = np.flatnonzero(low | high)
        if len(outer):
            length = self.rans.group(equal(17, len(outer)))
            excess = np.ones(len(outer), np.int64)
            for width in (np.maximum(length - 8, 0), np.minimum(length, 8)):
                for w in range(1, 9):
                    i = np.flatnonzero(width == w)
                    if len(i):
                        excess[i] = (excess[i] << w) + self.rans.group(equal(1 << w, len(i)))
            excess -= 1
            below = base[outer] + (1 << step[outer]) - 1 - excess
            values[outer] = np.where(low[outer], below, values[outer] + excess)
        require(bool((np.abs(2 * values + 1) <= 65535).all()), "a coefficient beyond int16")
        return values


def decode_coefficients(model: DctModel, components: list[CodedComponent], payload: bytes) -> None:
    """Fills the components from a payload (8)."""
    rans = Rans(payload)
    for number in range(len(components)):
        ComponentDecoder(model, components, number, rans).decode()
    rans.end()


def decode_jpeg(data: bytes, head: Head, length: int, known: dict[bytes, DctModel]) -> bytes:
    """The JPEG file that a kept file of coder 3 holds (2.10.1)."""
    reader = Reader(data)
    digest = reader.take(16)
    name = utf8(reader.take(_bounded(reader.varint(), 0, 255)))
    require(name.isprintable() and digest in known, "a coefficient model is not known")
    file = unpack_header(reader.take(reader.varint()))
    rows = _bounded(reader.varint(), 1, 8192)
    lengths = [reader.varint() for _ in range(_bounded(reader.varint(), 0, reader.left()))]
    layout = file.pictures[0].layout
    channels = sum(head.planes)
    require((layout.height, layout.width, len(layout.components)) == (head.height, head.width, channels), "HEAD")
    require(file.pictures[0].length == length, "length of a kept file")
    for picture in file.pictures:
        parts = picture.layout.components
        require(all(int(part.steps.min()) > 0 for part in parts), "a quantization step of 0")
        for first in range(0, max(-(-part.rows // part.down) for part in parts), rows):
            require(bool(lengths), "segments are missing")
            components = [
                CodedComponent(c[first * part.down : (first + rows) * part.down], part.steps, part.down, part.across)
                for part, c in zip(parts, picture.coefficients, strict=True)
            ]
            decode_coefficients(known[digest], components, reader.take(lengths.pop(0)))
    require(not lengths, "segments are left over")
    reader.end()
    return write_jpeg(file)


# -------------------------------------------------------------------------------- graphics (10)


@dataclass
class Chance:
    """A probability of 1 in 1/65536, and the decisions seen (10.2)."""

    p: int = 32768
    seen: int = 0

    def learn(self, bit: int) -> None:
        self.p += (65535 * bit - self.p) * (655360 // (10 * self.seen + 14)) >> 16
        self.seen = min(self.seen + 1, 80)


def log_odds_tables() -> tuple[list[int], list[int]]:
    """STRETCH, and SQUASH from -2047 on (10.2)."""

    def whole(value: Decimal) -> int:
        return int(value.to_integral_value(ROUND_HALF_EVEN))

    with localcontext(prec=50):
        odds = [Decimal(2 * i + 1) / (8191 - 2 * i) for i in range(4096)]
        stretch = [min(max(whole(256 * ratio.ln()), -2047), 2047) for ratio in odds]
        squash = [whole(65536 / (1 + (Decimal(-x) / 256).exp())) for x in range(-2047, 2048)]
    return stretch, squash


STRETCH, SQUASH = log_odds_tables()


class Chances:
    """Chances, weights and refinements by name, made when they are first used."""

    def __init__(self) -> None:
        self.chances: dict[Any, Chance] = {}
        self.weights: dict[Any, list[int]] = {}
        self.refinements: dict[Any, list[Chance]] = {}

    def chance(self, *name: Any) -> Chance:
        return self.chances.setdefault(name, Chance())

    def near(self, d: int, *name: Any) -> Chance:
        """Of a difference of class d (10.9)."""
        return self.chances.setdefault(("near", d, *name), Chance(SQUASH[6 * (2 * d - 127) + 2047], 1))

    def weight(self, first: int, *name: Any, last: tuple[int, ...] = ()) -> list[int]:
        return self.weights.setdefault(name, [first] * (13 - len(last)) + list(last))

    def refinement(self, *name: Any) -> list[Chance]:
        if name not in self.refinements:
            self.refinements[name] = [Chance(SQUASH[4094 * j // 24], 6) for j in range(25)]
        return self.refinements[name]


class DecisionDecoder:
    """The arithmetic decoder (10.4), with the kinds of decisions (10.2, 10.3)."""

    def __init__(self, payload: bytes) -> None:
        self.payload, self.taken = payload, 0
        self.low, self.high, self.value = 0, 2**32 - 1, 0
        for _ in range(4):
            self.value = 256 * self.value + self.byte()

    def byte(self) -> int:
        self.taken += 1
        return self.payload[self.taken - 1] if self.taken <= len(self.payload) else 0

    def decide(self, p: int) -> int:
        middle = self.low + ((self.high - self.low) * p >> 16)
        bit = int(self.value <= middle)
        self.low, self.high = (self.low, middle) if bit else (middle + 1, self.high)
        while self.low >> 24 == self.high >> 24:
            self.low, self.high = self.low * 256 % 2**32, self.high * 256 % 2**32 + 255
            self.value = self.value * 256 % 2**32 + self.byte()
        return bit

    def single(self, chance: Chance) -> int:
        bit = self.decide(min(max(chance.p, 32), 65504))
        chance.learn(bit)
        return bit

    def mixed(self, chances: list[Chance], weights: list[int], rate: int, refinement: list[Chance]) -> int:
        s = [STRETCH[chance.p >> 4] for chance in chances]
        x = min(max(sum(w * odds for w, odds in zip(weights, s, strict=False)) >> 14, -2047), 2047)
        q, at = SQUASH[x + 2047], 24 * (x + 2047)
        place, share = at >> 12, at % 4096 >> 6
        refined = (64 - share) * refinement[place].p + share * refinement[place + 1].p >> 6
        bit = self.decide(min(max(q + refined >> 1, 16), 65520))
        error = (65536 * bit - q) * rate >> 7
        for i in range(len(s)):
            weights[i] = min(max(weights[i] + (s[i] * error + 16384 >> 15), -32768), 32767)
            chances[i].learn(bit)
        refinement[place + (share >= 32)].learn(bit)
        return bit


def fold(h: int) -> int:
    """10.5"""
    return h ^ h >> 15


def mix(a: int, b: int) -> int:
    """10.8"""
    return fold((0x9E3779B1 * a % 2**32) ^ (0x85EBCA6B * (b + 0x7F4A7C15) % 2**32))


def slope(a: int, b: int, c: int) -> int:
    """a + b - c of each sample, within its range (10.6)."""
    sums = [(a >> s & 255) + (b >> s & 255) - (c >> s & 255) for s in (0, 8, 16, 24)]
    return sum(min(max(v, 0), 255) * 256**i for i, v in enumerate(sums))


POWERS = [pow(0x9E3779B1, i, 2**32) for i in range(29)]
CONTEXTS = {
    6: ((0, -1),),
    5: ((-1, 0),),
    4: ((-1, 1), (-1, -1)),
    3: ((0, -2), (-2, 0)),
    2: ((-1, 2), (-1, -2)),
    1: ((-2, 1), (-2, -1), (0, -3), (-3, 0), (-1, 3), (-2, 2), (-2, -2), (-1, -3)),
    0: ((-2, 3), (-2, -3), (-3, 1), (-3, -1), (-3, 2), (-3, -2), (-3, 3), (-3, -3), (0, -4), (-1, 4)),
}
"""What each context (10.5) adds to the one before: rows and columns from the current pixel."""

NEAR = ((0, -1), (-1, 0), (-1, 1), (-1, -1), (0, -2), (-2, 0))  # W, N, NE, NW, WW, NN
ORDERS = {1: ([0], [0]), 2: ([1, 0], [0, 0]), 3: ([1, 0, 2], [0, 1, 2]), 4: ([3, 1, 0, 2], [0, 0, 1, 2])}


SQUARES = (2, 5, 9, 13, 17, 20, 25, 29, 34, 40, 50, 72)
AROUND = (*NEAR, (-1, 2), (-1, -2), (-2, 1), (-2, -1))  # 10.11


def class_of_count(n: int) -> int:
    return (0, 1, 2, 3, 4, 4, 5, 5, 5, 5)[n] if n < 10 else 6 if n < 16 else 7


def class_of_difference(d: int) -> int:
    """10.9"""
    a = abs(d)
    for start, end, first, step in (
        (0, 16, 0, 1),
        (16, 24, 16, 2),
        (24, 48, 20, 4),
        (48, 96, 26, 8),
        (96, 256, 32, 32),
    ):
        if start <= a < end:
            t = first + (a - start) // step
    return 64 + t if d >= 0 else 63 - t


class GraphicsTile:
    """Decodes one payload (10)."""

    def __init__(self, height: int, width: int, channels: int) -> None:
        require(height * width <= 1 << 24 and channels <= 4, "a graphics tile is too large")
        self.height, self.width, self.channels = height, width, channels
        size = (height * width - 1).bit_length()
        self.memory_bits, self.line_bits = min(max(size, 10), 18), min(max(size, 8), 16)
        self.rows = [[0] * (width + 12) for _ in range(height + 3)]
        self.entries: dict[tuple[int, int], list[int]] = {}
        self.state = Chances()
        self.by_samples = 0
        self.small = height * width <= 8192
        self.foreseen: list[tuple[int, int]] = []
        self.slopes = [True, False]  # whether the slope was right, the latest first
        self.grays = [False] * 3
        self.distance = self.length = 0
        self.misses: list[bool] = []  # of the last 16 pixels
        self.recent = [0] * 6
        self.table: dict[int, int] = {}

    def colour(self, y: int, x: int) -> int:
        return self.rows[y + 3][x + 6]

    def place(self, y: int, x: int) -> int:
        return (y + 3) * (self.width + 12) + x + 6

    def foretold(self, y: int, x: int) -> int:
        row, column = divmod(self.place(y, x) - self.distance, self.width + 12)
        return self.rows[row][column]

    def sure(self) -> bool:
        return self.distance > 0 and self.length >= 8

    def decode(self, payload: bytes) -> Bytes:
        self.coder = DecisionDecoder(payload)
        self.bilevel = self.channels == 1 and self.coder.decide(32768) == 1
        equal = 0
        for y in range(self.height):
            row, above = self.rows[y + 3], self.rows[y + 2]
            row[:6] = [above[6]] * 6
            same = self.coder.single(self.state.chance("row", equal % 32)) if y else 0
            equal = 2 * equal + same if y else 0
            if same:
                row[6:-6] = above[6:-6]
            else:
                self.decode_row(y, row)
            row[-6:] = [row[-7]] * 6
            require(self.coder.taken <= len(payload) + 3, "a graphics payload is too short")
        require(self.coder.taken == len(payload) + 3, "a graphics payload is too long")
        pixels = np.array([row[6:-6] for row in self.rows[3:]], np.uint32).reshape(self.height, self.width, 1)
        return (pixels >> 8 * np.arange(self.channels, dtype=np.uint32) & 255).astype(np.uint8)

    def decode_row(self, y: int, row: list[int]) -> None:
        x, after = 0, False
        while x < self.width:
            broken = False
            around = [(0, -2), (-2, 0), *((-1, dx) for dx in range(-2, 3))]
            flat = all(self.colour(y + dy, x + dx) == self.colour(y, x - 1) for dy, dx in around)
            if flat and not (self.sure() and self.foretold(y, x) != self.colour(y, x - 1)):
                run, whole = self.run(y, x, after)
                row[x + 6 : x + 6 + run] = [row[x + 5]] * run
                x += run
                after = whole
                if whole:
                    continue
                broken = True
            if self.bilevel:
                row[x + 6] = 1 - row[x + 5] if broken else self.bit(y, x)
            else:
                row[x + 6] = self.pixel(y, x, broken)
            x, after = x + 1, False

    def run(self, y: int, x: int, after: bool) -> tuple[int, bool]:
        """10.7"""
        colour, limit = self.colour(y, x - 1), 1
        while x + limit < self.width:
            above = self.colour(y - 1, x + limit + 2), self.colour(y - 2, x + limit + 1)
            if above != (colour, colour) or (self.sure() and self.foretold(y, x + limit) != colour):
                break
            limit += 1
        length = limit.bit_length()
        if self.coder.single(self.state.chance("run", length, x + limit == self.width, after, self.sure())):
            return limit, True
        b = 0
        while b < (limit - 1).bit_length() and self.coder.single(self.state.chance("run length", length, b)):
            b += 1
        n = int(b > 0)
        for i in range(b - 1):
            if i == 0:
                bit = first = self.coder.single(self.state.chance("run bit", b))
            elif i == 1:
                bit = self.coder.single(self.state.chance("run bit", b, first))
            else:
                bit = self.coder.decide(32768)
            n = 2 * n + bit
        return min(n, limit - 1), False

    def entry(self, memory: int, context: int) -> list[int]:
        """First colour and count, second colour and count, mark (10.6)."""
        v = 0x9E3779B1 * fold(context) % 2**32
        entry = self.entries.setdefault((memory, v >> 32 - self.memory_bits), [0] * 5)
        if entry[4] != v % 256:
            entry[:] = [0, 0, 0, 0, v % 256]
        return entry

    def pixel(self, y: int, x: int, broken: bool) -> int:
        """10.6"""
        contexts, total, count = {}, 0, 0
        for number, places in CONTEXTS.items():
            for dy, dx in places:
                count += 1
                total += POWERS[count] * self.colour(y + dy, x + dx)
            contexts[number] = total % 2**32
        entries = [self.entry(i, contexts[i]) for i in range(7)]
        near = [self.colour(y + dy, x + dx) for dy, dx in NEAR]
        self.look(y, x, contexts[0])
        self.foreseen = self.foresee(y, x) if self.small else []
        offered = [self.foreseen_colour()] if self.small and not any(trust for _, trust in self.foreseen) else []
        offered += [self.foretold(y, x)] if self.sure() else []
        offered += [entry[0] for entry in entries[:6] if entry[1]]
        rising = slope(near[0], near[1], near[3]) if y else slope(near[0], near[0], near[4])
        rising = self.foreseen_colour() if self.small else rising
        useful = rising not in near[:2]
        offered += [rising] * (useful and self.slopes[0]) + near[:4] + [e[2] for e in entries if e[3]]
        candidates = [c for c in dict.fromkeys(offered) if not (broken and c == near[0])][:3]
        for r, colour in enumerate(candidates):
            kind = 1 + self.slopes[1] if useful and colour == rising else 0
            if self.candidate(r, colour, entries, near, (broken, kind), self.foretold(y, x)):
                self.by_samples = self.by_samples * 2 % 16
                break
        else:
            colour = self.samples(near)
            self.by_samples = (self.by_samples * 2 + 1) % 16
        if useful:
            self.slopes = [colour == rising, self.slopes[0]]
        for entry in entries:
            remember(entry, colour)
        self.matched(y, x, colour)
        return colour

    def foreseen_colour(self) -> int:
        return sum(value * 256**c for c, (value, _) in enumerate(self.foreseen))

    def foresee(self, y: int, x: int) -> list[tuple[int, int]]:
        """Sample and trust of each channel (10.12)."""
        found = []
        for c in range(self.channels):
            costs = [0] * 9
            for dy, dx in NEAR[:4]:
                if y + dy >= 0:
                    own = self.colour(y + dy, x + dx) >> 8 * c & 255
                    errors = [abs(own - said) for said in self.rules(y + dy, x + dx, c)]
                    costs = [cost + (min(e, 31) + 4 if e else 0) for cost, e in zip(costs, errors, strict=True)]
            cost, rule = min((cost, rule) for rule, cost in enumerate(costs))
            trust = 0 if cost == 0 else 1 if cost < 24 else 2 if cost < 60 else 3
            found.append((self.rules(y, x, c)[rule], trust))
        return found

    def rules(self, y: int, x: int, c: int) -> list[int]:
        """10.12"""
        places = (*NEAR, (-2, 1))
        w, n, ne, nw, ww, nn, nne = (self.colour(y + dy, x + dx) >> 8 * c & 255 for dy, dx in places)
        raw = (w + n - nw, w, n, 2 * w - ww, 2 * n - nn, ne, nw, w + ne - n, n + ne - nne)
        return [min(max(value, 0), 255) for value in raw]

    def matched(self, y: int, x: int, colour: int) -> None:
        """10.10, after the pixel."""
        if self.distance:
            hit = self.foretold(y, x) == colour
            self.length = self.length + 1 if hit else 0
            self.misses = [*self.misses, not hit][-16:]
            if sum(self.misses) > 8:
                self.distance, self.length, self.misses = 0, 0, []

    def match_state(self) -> int:
        """10.10"""
        return 1 + 4 * min(self.length.bit_length(), 12) + min(sum(self.misses[-8:]), 3) if self.distance else 0

    def bit(self, y: int, x: int) -> int:
        """10.11"""
        pixels = [(dy, dx) for dy in range(7) for dx in range(-6, 7) if (dy or dx < 0) and y - dy >= 0]
        ones = [(dy, dx) for dy, dx in pixels if self.colour(y - dy, x + dx)]
        numbers = []
        for square in SQUARES:
            near = far = 0
            for dy, dx in ones:
                if dy * dy + dx * dx <= square and dy < 4:
                    near += 1 << 13 * dy + 6 + dx
                elif dy * dy + dx * dx <= square:
                    far += 1 << 13 * (dy - 4) + 6 + dx
            h = (0x9E3779B97F4A7C15 * near + 0xC2B2AE3D27D4EB4F * far) % 2**64
            numbers.append(0x9E3779B97F4A7C15 * (h ^ h >> 32) % 2**64)
        chances = [self.state.chance("circle", i, n >> 64 - self.memory_bits) for i, n in enumerate(numbers)]
        widest = max([0, *(i for i, chance in enumerate(chances) if chance.seen > 1)])
        self.look(y, x, numbers[4] >> 32)
        foretold = self.foretold(y, x) if self.distance else 0
        chances.append(self.state.chance("bilevel match", foretold, self.match_state()))
        around = tuple((-dy, dx) in ones for dy, dx in AROUND)
        weights = self.state.weight(2560, "bilevel", widest, around[:4])
        bit = self.coder.mixed(chances, weights, 20, self.state.refinement("bilevel", around))
        self.matched(y, x, bit)
        return bit

    def look(self, y: int, x: int, context: int) -> None:
        """10.10"""
        key = fold((context + POWERS[27] * self.recent[-3] + POWERS[28] * self.recent[-6]) % 2**32)
        self.recent = [*self.recent[1:], context]
        index = (0x9E3779B1 * key % 2**32) >> 32 - self.memory_bits
        last, place = self.table.get(index, 0), self.place(y, x)
        if self.length < 16 and last and place - last != self.distance:
            self.distance, self.length, self.misses = place - last, 0, []
        self.table[index] = place

    def candidate(
        self, r: int, colour: int, entries: list[list[int]], near: list[int], how: tuple[bool, int], foretold: int
    ) -> int:
        states = []
        for first, count, second, second_count, _ in entries:
            if count == 0:
                states.append(0)
            elif first == colour:
                states.append(1 + class_of_count(count))
            elif second == colour and second_count:
                states.append(9 + 2 * min(class_of_count(second_count), 3) + (count > 2))
            else:
                states.append(17 + class_of_count(count))
        equal = tuple(one == colour for one in near)
        chances = [self.state.chance("entry", r, i, state) for i, state in enumerate(states)]
        chances.append(self.state.chance("pair 1", r, states[1], states[3]))
        chances.append(self.state.chance("pair 2", r, states[2], states[4]))
        chances.append(self.state.chance("by samples", r, states[5], self.by_samples))
        chances.append(self.state.chance("equal", r, equal, how))
        chances.append(self.state.chance("match", r, self.match_state(), self.distance > 0 and foretold == colour))
        s = states[1]
        kind = 0 if s == 0 else 1 + (s > 2) + (s > 5) if s <= 8 else 4 + (s > 16)
        weights = self.state.weight(3328, "candidate", r, kind)
        rate = 32 if self.small else 16
        return self.coder.mixed(chances, weights, rate, self.state.refinement("candidate", r, equal))

    def samples(self, near: list[int]) -> int:
        """10.8"""
        known = 0
        done: list[tuple[int, int, int]] = []  # value - edge, value - w, value - n of each channel
        for k, (channel, helps) in enumerate(zip(*ORDERS[self.channels], strict=True)):
            w, n, ne, nw = (colour >> 8 * channel & 255 for colour in near[:4])
            edge = min(max(w + n - nw, min(w, n)), max(w, n))
            e, f, g = (sum(column) for column in zip((0, 0, 0), *done[len(done) - helps :], strict=True))
            if helps == 2:
                e, f, g = e >> 1, f >> 1, g >> 1
            raw = [edge + e, w + f, n + g, w + n - nw + f + g - e]
            predictions = [min(max(p, 0), 255) for p in raw] + [edge if helps else w + ne >> 1]
            activity = min(7, (abs(w - nw) + abs(n - nw) + abs(n - ne) + 2 * abs(e)).bit_length())
            alone = mix(known, k)
            beside = mix(alone, near[0])
            contexts = [alone, beside, mix(alone, near[1]), mix(alone, predictions[0] >> 4), mix(beside, near[1])]
            self.channel = channel
            value = self.sample(k, predictions, activity, [*contexts, 256 * k + predictions[0]])
            known += value << 8 * channel
            if self.channels > 2 and channel == 1:
                flags = [c % 2**24 == (c & 255) * 0x10101 for c in (near[0], near[1], near[2])]
                context = sum(flag << i for i, flag in enumerate(flags + self.grays))
                gray = self.coder.single(self.state.chance("gray", context))
                self.grays = [bool(gray), *self.grays[:2]]
                if gray:
                    return (known >> 24 << 24) + value * 0x10101
            done.append((value - edge, value - w, value - n))
        return known

    def sample(self, k: int, predictions: list[int], activity: int, contexts: list[int]) -> int:
        """10.9"""
        value = 0
        for depth in range(7, -1, -1):
            if depth in (7, 3):
                u, j = (16 + value // 16 if depth == 3 else 0), 1
                lines = [(0x9E3779B1 * (v + 0x2545F491 * u) % 2**32) >> 32 - self.line_bits for v in contexts]
            classes = [class_of_difference(p - value - (1 << depth)) for p in predictions]
            chances = [self.state.near(c, i, k, depth, activity) for i, c in enumerate(classes)]
            exact = [self.state.chance("line", i, line, j) for i, line in enumerate(lines)]
            kind = min(3, (exact[0].seen + 1) // 2) + 4 * (exact[1].seen > 1)
            weights = self.state.weight(2560, "sample", k, depth, kind, last=(4000, 4000) if self.small else ())
            inputs, rate = chances + exact, 30
            if self.small:
                said, trust = self.foreseen[self.channel]
                d = class_of_difference(said - value - (1 << depth))
                inputs += [self.state.near(d, "foreseen", k, depth, trust), self.state.near(d, "any foreseen", depth)]
                rate = 60
            bit = self.coder.mixed(inputs, weights, rate, self.state.refinement("sample", k, depth, activity))
            value, j = value + (bit << depth), 2 * j + bit
        return value


def remember(entry: list[int], colour: int) -> None:
    """10.6"""
    if entry[0] == colour and entry[1]:
        entry[1] = min(entry[1] + 1, 255)
        return
    entry[1] >>= 1
    if entry[2] == colour and entry[3]:
        entry[3] += 1
        if entry[3] >= entry[1]:
            entry[:4] = entry[2], entry[3], entry[0], entry[1]
    elif entry[1]:
        entry[2:4] = colour, 1
    else:
        entry[:2] = colour, 1


# -------------------------------------------------------------------------------- images (1.4, 2.5 to 2.8)


def tile_bounds(n: int, side: int) -> list[tuple[int, int]]:
    """First index and end of each part (2.7.1)."""
    parts = -(-n // side)
    return [(i * n // parts, (i + 1) * n // parts) for i in range(parts)]


def utf8(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RefusedError("a text is not UTF-8") from error


def read_models(content: bytes, known: dict[bytes, Model]) -> list[Model]:
    """The models of MODL (2.5)."""
    reader = Reader(content)
    models = []
    for _ in range(_bounded(reader.varint(), 0, 255)):
        digest = reader.take(16)
        name = utf8(reader.take(_bounded(reader.varint(), 0, 255)))
        require(name.isprintable(), "name of a model")
        require(digest in known, f"the model {name} is not known")
        models.append(known[digest])
    reader.end()
    return models


def read_adaptations(content: bytes, models: list[Model]) -> list[Model]:
    """The models that ADPT makes (2.6)."""
    reader = Reader(content)
    adapted = []
    for _ in range(_bounded(reader.varint(), 1, 255)):
        index = reader.varint()
        require(index < len(models), "model of an adaptation")
        adapted.append(adapt(models[index], reader.take(reader.varint())))
    reader.end()
    return adapted


def _bounded(value: int, low: int, high: int) -> int:
    require(low <= value <= high, f"a count is not in {low} .. {high}")
    return value


def decode_page(sections: dict[str, bytes], known: dict[bytes, Model], dct_models: dict[bytes, DctModel]) -> Samples:
    """The samples of one image: height x width x channels."""
    head = read_head(sections["HEAD"])
    require(("PALT" in sections) == (head.layout == PALETTE), "PALT")
    if "PALT" in sections:
        read_palette(sections["PALT"])
    history = read_history(head, sections["HIST"], dct_models) if "HIST" in sections else None
    shapes = history.components() if history else plain_components(head)
    models = read_models(sections["MODL"], known)
    if "ADPT" in sections:
        models += read_adaptations(sections["ADPT"], models)
    deep = history.deep() if history else deep_numbers(head)
    checked = "SOLE" not in sections or sections["MODL"] != b"\0"
    components = decode_tiles(head, shapes, models, sections["TILE"], sections["DATA"], deep, checked)
    numbers = history.numbers(components) if history else join_bytes(head, components)
    return samples_of_numbers(head, numbers)


@dataclass(frozen=True)
class Tile:
    """An entry of TILE (2.7), and its place in the component."""

    top: int
    bottom: int
    left: int
    right: int
    coder: int
    length: int
    samples_crc: int | None  # none in SOLE (2.8.1)

    def check(self, samples: Bytes) -> None:
        """The tile's own check, if it has one."""
        require(self.samples_crc in (None, zlib.crc32(samples.tobytes())), "crc of a tile")


MOST_BYTES = 1 << 32  # of all components of an image; a limit of this decoder


def decode_tiles(
    head: Head,
    shapes: list[Shape],
    models: list[Model],
    index: bytes,
    data: bytes,
    deep: dict[int, int],
    checked: bool,
) -> list[Bytes]:
    """The components, from TILE and DATA (2.7, 2.8). `deep` has bits of numbers by their upper component (2.7.4);
    `checked` is whether tiles have checks of their own.
    """
    reader, payloads = Reader(index), Reader(data)
    side = _bounded(reader.varint(), 16, 65535)
    listed: list[list[Tile]] = []
    for shape in shapes:  # the whole index is read before memory is taken (1.7)
        rows, columns = -(-shape.height // side), -(-shape.width // side)
        require((6 if checked else 2) * rows * columns <= reader.left(), "tiles are not listed")
        cut = [(y, x) for y in tile_bounds(shape.height, side) for x in tile_bounds(shape.width, side)]
        listed.append(
            [Tile(*y, *x, reader.varint(), reader.varint(), reader.u32() if checked else None) for y, x in cut]
        )
    reader.end()
    require(sum(shape.height * shape.width * shape.channels for shape in shapes) <= MOST_BYTES, "a large image")
    components: list[Bytes] = []
    alphas: dict[tuple[int, int], Bytes] = {}
    lowers: dict[tuple[int, int, int], tuple[int, Bytes]] = {}  # coder and lower bits of deep tiles (2.7.4)
    for number, shape in enumerate(shapes):
        component = np.zeros((shape.height, shape.width, shape.channels), np.uint8)
        for at, tile in enumerate(listed[number]):
            payload = payloads.take(tile.length)
            height, width = tile.bottom - tile.top, tile.right - tile.left
            size = height * width * shape.channels
            if tile.coder == 0:
                require(tile.length == size, "length of a stored tile")
                samples = np.frombuffer(payload, np.uint8).reshape(height, width, shape.channels)
            elif tile.coder == 1 and tile.length == 0:
                in_alpha = number == 1 and head.layout in (GRAY_ALPHA, RGB_ALPHA) and not head.extra_planes
                require(in_alpha and head.depth <= 8 and (tile.top, tile.left) in alphas, "an empty tile")
                samples = alphas[tile.top, tile.left]
            elif tile.coder == 1:
                along = number == 0 and any(
                    (other.top, other.left, other.coder, other.length) == (tile.top, tile.left, 1, 0)
                    for others in listed[1:2]
                    for other in others
                )
                picture = GraphicsTile(height, width, shape.channels + along).decode(payload)
                samples = picture[..., : shape.channels]
                if along:
                    alphas[tile.top, tile.left] = picture[..., shape.channels :]
            elif tile.coder == 2:
                raw = inflate(payload, size, -15)
                require(len(raw) == size, "length of a deflated tile")
                samples = np.frombuffer(raw, np.uint8).reshape(height, width, shape.channels)
            else:
                require(tile.coder - 3 < len(models), "reserved coder")
                model = models[tile.coder - 3]
                require(model.coded == shape.channels, "the model codes other channels")
                if tile.length == 0:
                    coder, samples = lowers.pop((number, tile.top, tile.left), (0, np.zeros(0, np.uint8)))
                    require(coder == tile.coder, "an empty payload")
                    tile.check(samples)
                    component[tile.top : tile.bottom, tile.left : tile.right] = samples
                    continue
                require(4096 * tile.length >= size, "a payload is too short")
                if number in deep and (below := listed[number + 1][at]).length == 0 and below.coder >= 3:
                    require(not model.architecture.side_channels, "a deep tile with side information")
                    numbers, low = DeepTile(model, height, width, deep[number]).decode(payload), deep[number] - 8
                    lowers[number + 1, tile.top, tile.left] = tile.coder, (numbers & (1 << low) - 1).astype(np.uint8)
                    samples = (numbers >> low).astype(np.uint8)
                    tile.check(samples)
                    component[tile.top : tile.bottom, tile.left : tile.right] = samples
                    continue
                luma = None
                if model.architecture.side_channels:
                    require(shape.joint, "no side information")
                    whole = luma_for_chroma(components[0], shape.height, shape.width)
                    luma = whole[tile.top : tile.bottom, tile.left : tile.right]
                samples = WaveTile(model, height, width, luma).decode(payload)
            tile.check(samples)
            component[tile.top : tile.bottom, tile.left : tile.right] = samples
        components.append(component)
    payloads.end()
    return components


# -------------------------------------------------------------------------------- files (2.4, 2.9 to 2.11)


def read_palette(content: bytes) -> tuple[Bytes, Bytes]:
    """Colours (n x 3) and opacities (n) of PALT (2.4)."""
    reader = Reader(content)
    count = _bounded(reader.varint(), 1, 256)
    given = _bounded(reader.varint(), 0, count)
    form, values = reader.u8(), reader.rest()
    require(form == 0 or (form & 1 == 1 and form < 16), "reserved form")
    if form:
        values = inflate(values, 3 * count + given, -15)
    require(len(values) == 3 * count + given, "length of a palette")
    array = np.frombuffer(values, np.uint8)
    colours, opacities = array[: 3 * count], array[3 * count :]
    colours = colours.reshape(3, count).T.copy() if form & 8 else colours.reshape(count, 3).copy()
    if form & 4:
        colours[:, 0] += colours[:, 1]
        colours[:, 2] += colours[:, 1]
    if form & 2:
        colours = np.cumsum(colours, axis=0, dtype=np.uint8)
        opacities = np.cumsum(opacities, dtype=np.uint8)
    alphas = np.full(count, 255, np.uint8)
    alphas[:given] = opacities
    return colours, alphas


def read_metadata(sections: dict[str, bytes]) -> dict[str, Any]:
    """Ancillary sections (2.9): those of several entries as lists, the others as bytes; unknown ones are left out."""
    metadata: dict[str, Any] = {}
    for tag in ("iccp", "exif", "xmpm", "reso", "ckey", "prvw"):
        if tag in sections:
            metadata[tag] = sections[tag]
    if "pngc" in sections:
        reader, chunks = Reader(sections["pngc"]), []
        while reader.left():
            kind = reader.take(4)
            allowed = kind.isalpha() and kind.isascii() and kind[:1].islower()
            require(allowed and kind not in (b"tRNS", b"acTL", b"fcTL", b"fdAT"), "type of a PNG chunk")
            chunks.append((kind.decode("ascii"), reader.take(_bounded(reader.varint(), 0, 2**31 - 1))))
        metadata["pngc"] = chunks
    if "more" in sections:
        reader, more = Reader(sections["more"]), []
        while reader.left():
            name = reader.take(_bounded(reader.varint(), 1, 63))
            require(all(32 <= byte < 127 for byte in name), "name of metadata")
            more.append((name.decode("ascii"), reader.take(reader.varint())))
        require(len({name for name, _ in more}) == len(more), "a kind of metadata appears twice")
        metadata["more"] = more
    return metadata


def kept_file(
    data: bytes, allowed: tuple[int, ...], head: Head | None = None, known: dict[bytes, DctModel] | None = None
) -> bytes:
    """A kept file (2.10). `head` is of the picture in it; `known` are models of coefficients."""
    reader = Reader(data)
    coder, length, crc = reader.u8(), reader.varint(), reader.u32()
    require(coder in allowed, "coder of a kept file")
    if coder == 1:
        raise NotImplementedError("JPEG XL")
    if coder == 2:
        file = inflate(reader.rest(), length, -15)
    elif coder == 3:
        require(head is not None, "coefficients without HEAD")
        assert head is not None
        file = decode_jpeg(reader.rest(), head, length, known or {})
    else:
        file = reader.rest()
    require(len(file) == length and zlib.crc32(file) == crc, "a kept file is damaged")
    return file


@dataclass
class Page:
    """One image of a file: samples (height x width x channels) and metadata, and its entry in PAGE."""

    samples: Samples
    metadata: dict[str, Any]
    kind: int = 0
    frame: dict[str, Any] = field(default_factory=dict)


@dataclass
class Decoded:
    """What a file holds: pages, or a kept file with its suffix."""

    pages: list[Page]
    metadata: dict[str, Any]
    kept: bytes | None = None
    suffix: str = ""


def decode(
    data: bytes,
    known: dict[bytes, Model],
    dct_models: dict[bytes, DctModel] | None = None,
) -> Decoded:
    """Decodes a file (1.4). Raises RefusedError where it has to be refused. `dct_models` are models of coefficients."""
    if data[:5] == COMPACT:
        sections = read_compact(data)
    else:
        reader = Reader(data)
        require(data[:8] == SIGNATURE, "not an l3c file")
        reader.take(8)
        require(reader.u8() == VERSION, "unknown version")
        sections = read_sections(reader)
    metadata = read_metadata(sections)
    if "FILE" in sections:
        file = Reader(sections["FILE"])
        suffix = utf8(file.take(_bounded(file.varint(), 0, 32)))
        usable = suffix.isprintable() and not set(suffix) & set("./\\:") and suffix != "jpg"
        require(usable or suffix == ".", "suffix of a kept file")
        head = read_head(sections["HEAD"]) if "HEAD" in sections else None
        kept = kept_file(file.rest(), (0, 1, 2, 3), head, dct_models)
        return Decoded([], metadata, kept, {"": "jpg", ".": ""}.get(suffix, suffix))
    if "PAGE" not in sections:
        return Decoded([Page(decode_page(sections, known, dct_models or {}), metadata)], metadata)
    index, pages = Reader(sections["PAGE"]), Reader(sections["DATA"])
    return Decoded(decode_pages(index, pages, known, dct_models or {}), metadata)


def decode_pages(
    index: Reader,
    data: Reader,
    known: dict[bytes, Model],
    dct_models: dict[bytes, DctModel],
) -> list[Page]:
    """The pages of a file of several images (2.11)."""
    count, flags = _bounded(index.varint(), 1, 65536), index.u8()
    require(flags in (0, 1, 3), "reserved flags of PAGE")
    if flags:
        for _ in range(3):  # canvas_width, canvas_height, plays
            _bounded(index.varint(), 0, 2**32 - 1)
    if flags == 3:
        index.take(4)  # background
    pages = []
    for _ in range(count):
        length, kind = index.varint(), _bounded(index.u8(), 0, 3)
        frame: dict[str, Any] = {}
        if flags:
            for name in ("left", "top", "duration_numerator", "duration_denominator"):
                frame[name] = _bounded(index.varint(), 0, 2**32 - 1)
            frame["flags"] = index.u8()
            require(frame["flags"] & ~19 == 0, "reserved frame flags")
        sections = read_sections(Reader(data.take(length)))
        require("HEAD" in sections and "TILE" in sections, "a page is not one image")
        samples = decode_page(sections, known, dct_models)
        pages.append(Page(samples, read_metadata(sections), kind, frame))
    index.end()
    data.end()
    return pages
