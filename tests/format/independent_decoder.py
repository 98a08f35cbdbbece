"""A decoder of l3c files that was written from `docs/format` alone, without a look at the package.

It shows that the documents define the format: numbers in brackets are their sections. It needs NumPy and the standard
library, and the weights of `src/l3c/wave/weights` as data. It favours clarity over speed.
It bounds memory only roughly. Tiles of the published models (7) and files kept as JPEG XL (2.10) are left out.
The caller brings along a reader of WebP files, whose format is not l3c's.
"""

import hashlib
import json
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
    else:
        require(critical == [tag for tag in CRITICAL_ORDER if tag in critical], "critical sections")
        require({"HEAD", "MODL", "TILE", "DATA"} <= set(critical), "a critical section is missing")
    return sections


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


def digest_of(architecture: dict[str, int], learning: dict[str, Any] | None, tensors: dict[str, NDArray[Any]]) -> bytes:
    """The digest of a wave model (6.4)."""
    configuration = ["l3c-wave-1", architecture] + ([learning] if learning else [])
    digest = hashlib.sha256(json.dumps(configuration, sort_keys=True).encode("ascii"))
    for name in sorted(tensors):
        tensor = tensors[name]
        shape = ", ".join(str(side) for side in tensor.shape)
        digest.update(f"{name} {tensor.dtype.name} [{shape}] ".encode("ascii") + tensor.tobytes())
    return digest.digest()


_FAST = Learning(0.0015, 0.2, 0.01, 0.001, 128, 5, 1, 4)
_FITTED = Learning(0.0015, 0.2, 0.01, 0.001, 64, 1, 1, 4)
_COUPLED = Learning(0.001, 0.2, 0.01, 0.001, 64, 5, 2, 4)
_MAX = Learning(0.0007, 0.2, 0.01, 0.001, 64, 1, 1, 2)

PACKAGE = [  # 6.5
    ("gray-22k", _FAST),
    ("chroma-28k", _FAST),
    ("rgb-37k", _FAST),
    ("gray-22k-fitted", _FITTED),
    ("chroma-28k-fitted", _FITTED),
    ("rgb-82k-coupled", _COUPLED),
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
        digest = digest_of(architecture, vars(learning), tensors)
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
        one = np.float32(1)
        weight = np.ldexp(f32(layer.weight), -self.exponent[:, None])
        bias = np.ldexp(f32(layer.bias + offsets), -(self.exponent + 5))
        self.parameters = [weight.astype(np.float32), bias.astype(np.float32)]
        self.gradients = [np.zeros_like(p) for p in self.parameters]
        self.first_moments = [np.zeros_like(p) for p in self.parameters]
        self.second_moments = [np.zeros_like(p) for p in self.parameters]
        self.one = one

    def collect(self, gradients: Floats, inputs: Ints) -> None:
        """Adds to the gradient sums (5.11.4): `gradients` is pixels x outputs, `inputs` pixels x inputs."""
        meaning = f32(inputs - 128 * self.layer.offset) * f32(2.0**-5)
        for by_output, by_input in zip(gradients, meaning, strict=True):
            self.gradients[0] = fused(by_output[:, None], by_input, self.gradients[0])
            self.gradients[1] = fused(by_output, self.one, self.gradients[1])

    def back(self, gradients: Floats, start: Floats, inputs: slice) -> Floats:
        """Goes back to some inputs (5.11.4): pixels x those inputs."""
        meaning = np.ldexp(f32(self.layer.weight[:, inputs]), -self.exponent[:, None])
        value = start
        for output in range(len(meaning)):
            value = fused(meaning[output], gradients[:, output, None], value)
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


def output_gradients(mixture: Mixture, sample: Ints, frequency: Ints, coefficient: Ints, factors: Floats) -> Floats:
    """The gradients by the outputs of a channel's head (5.11.3), pixels x outputs.

    `factors` (pixels x coefficients) are what the coefficients are multiplied with: differences, and E / 64.
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
        return t % self.learning.period < self.learning.learned

    def channel(self, position: int, gradients: Floats, shared: Ints, inputs: Ints, hidden: Ints) -> None:
        """Items 1 to 3 of 5.11.4 for coded channel number `position`; inputs and activations of its head.0."""
        if position == 0:
            self.top = np.zeros(shared.shape, np.float32)
        last = self.layers[5 + 2 * position]
        last.collect(gradients, hidden)
        if self.learning.first_layer == 5:
            return
        by_hidden = last.back(gradients, np.zeros(hidden.shape, np.float32), slice(None))
        by_hidden = passed(by_hidden, hidden)
        first = self.layers[4 + 2 * position]
        first.collect(by_hidden, inputs)
        self.top = first.back(by_hidden, self.top, slice(0, shared.shape[1]))

    def finish(self, inputs: Ints, middle: Ints, shared: Ints) -> bool:
        """Items 4 to 6 of 5.11.4 and the step; inputs of stage2.0, its activations and those of stage2.1."""
        if self.learning.first_layer <= 3:
            top = passed(self.top, shared)
            self.layers[3].collect(top, middle)
            if self.learning.first_layer == 2:
                by_middle = self.layers[3].back(top, np.zeros(middle.shape, np.float32), slice(None))
                self.layers[2].collect(passed(by_middle, middle), inputs)
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


def passed(gradients: Floats, activations: Ints) -> Floats:
    """Passing of 5.11.4."""
    return np.where((activations > 0) & (activations < 255), gradients, f32(0)).astype(np.float32)


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

    def __init__(self, model: Model, height: int, width: int, luma: Bytes | None = None) -> None:
        """`luma` is the known channel of a model with side information, height x width (5.12)."""
        self.model = Model(model.architecture, model.learning, [Layer(**vars(layer)) for layer in model.layers])
        self.height, self.width = height, width
        a = model.architecture
        self.architecture = a
        # Samples by channel, row and column, with a margin: it is 128 at first, and follows 5.2 as samples appear.
        self.samples = np.full((a.channels, height + MARGIN + 1, width + 2 * MARGIN), 128, np.int64)
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
        rans = Rans(payload)
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
        return decoded.astype(np.uint8)

    def put(self, channel: int, y: Ints, x: Ints, values: Ints) -> None:
        """Keeps samples, and those beyond the borders that follow from them (5.2)."""
        samples = self.samples[channel]
        samples[y + MARGIN, x + MARGIN] = values
        left = x == 0
        samples[y[left] + MARGIN + 1, :MARGIN] = values[left, None]
        right = x == self.width - 1
        samples[y[right] + MARGIN, -MARGIN:] = values[right, None]

    def wavefront(self, rans: Rans, t: int, y: Ints, x: Ints) -> None:
        """Decodes the pixels (y, x) of wavefront t (5.9)."""
        a, layers, side = self.architecture, self.model.layers, self.architecture.side_channels
        learner = self.learner if self.learner and self.learner.learns_from(t) else None
        at = np.array(NEIGHBOURS)
        near = self.samples[:, y[:, None] + MARGIN + at[:, 0], x[:, None] + MARGIN + at[:, 1]].transpose(1, 0, 2)
        w, n, nw = near[..., 0], near[..., 3], near[..., 6]
        prediction = np.clip(w + n - nw, np.minimum(w, n), np.maximum(w, n))  # pixels x channels (5.3)
        residuals = np.clip(near - prediction[..., None], -128, 127) + 128
        context = [residuals.reshape(len(y), -1), prediction]
        if side:
            at = np.array(SIDE_AT)
            known = self.samples[0, y[:, None] + MARGIN + at[:, 0], x[:, None] + MARGIN + at[:, 1]]
            context.append(np.clip(known - prediction[:, :1], -128, 127) + 128)
        fit = np.zeros((len(y), a.channels - side), np.float32)
        if a.fitted:
            fit_sums = self.fits.faded(t, y)
            fit_inputs = residuals[:, side:, :12] - 128
            if a.coupled:
                fit_inputs[:, 1:] -= fit_inputs[:, :1].copy()
            fit = local_fit(fit_sums, f32(fit_inputs))
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
        difference = np.zeros((len(y), a.channels), np.int64)
        for c in range(a.channels):
            if c >= side:
                first, last = layers[4 + 2 * (c - side)], layers[5 + 2 * (c - side)]
                inputs = [shared, own[:, :c]]
                factors = f32(difference[:, :c])
                if a.coupled:
                    expected = regression.expect(c, difference)
                    inputs.append(as_input(expected)[:, None])
                    factors = np.concatenate([factors, f32(expected)[:, None] * f32(2.0**-6)], axis=1)
                head_inputs = np.concatenate(inputs, axis=1)
                hidden = first.activations(head_inputs)
                outputs = last.sums(hidden)
                logit, mean, log_scale = (outputs[:, i * a.components : (i + 1) * a.components] for i in range(3))
                coefficient = outputs[:, 3 * a.components :]
                limited = np.clip(coefficient, -256, 256)
                centre = 64 * prediction[:, c] + (limited[:, :c] * difference[:, :c]).sum(axis=1)
                if a.coupled:
                    centre = centre + (limited[:, c] * expected + 32 >> 6)
                mixture = Mixture(logit, centre[:, None] + mean, log_scale)
                cumulative = mixture.cumulative()
                sample = rans.group(cumulative)
                self.put(c, y, x, sample)
                if learner:
                    rows = np.arange(len(y))
                    frequency = cumulative[rows, sample + 1] - cumulative[rows, sample]
                    gradients = output_gradients(mixture, sample, frequency, coefficient, factors)
                    learner.channel(c - side, gradients, shared, head_inputs, hidden)
            else:
                sample = self.samples[c, y + MARGIN, x + MARGIN]
            difference[:, c] = sample - prediction[:, c]
            own[:, c] = np.clip(difference[:, c], -128, 127) + 128
            if a.coupled:
                regression.learn_error(c, difference)

        stage1 = [shared_inputs, own]
        if a.coupled:
            stage1.append(as_input(np.stack(regression.errors, axis=1)))
            self.regression.keep(t, y, regression.new_sums(difference))
        features = layers[1].activations(layers[0].activations(np.concatenate(stage1, axis=1)))
        self.cached[y + MARGIN, x + MARGIN] = features
        if a.fitted:
            target = own[:, side:, None] - 128
            if a.coupled:
                target[:, 1:] -= target[:, :1].copy()
            squares = (fit_inputs * fit_inputs).sum(axis=-1)
            g = f32(16.0) / np.sqrt(f32(squares + 16))
            everything = f32(np.concatenate([fit_inputs, target], axis=-1))
            scaled = g[..., None] * everything
            self.fits.keep(t, y, fused(scaled[..., :, None], f32(fit_inputs)[..., None, :], fit_sums))
        if learner:
            learner.finish(stage2_inputs, middle, shared)


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

    def expect(self, c: int, difference: Ints) -> Ints:
        """E[c], given the differences of the channels before."""
        d0 = f32(difference[:, 0])
        if c == 0:
            value = self.fit[:, 0]
        elif c == 1:
            value = fused(self.a01, self.e[0], d0 + self.fit[:, 1])
        else:
            value = fused(self.a12, self.e[1], fused(self.a02, self.e[0], d0 + self.fit[:, 2]))
        self.expected.append(floored(clip32(value, -255, 255) * f32(64.0) + f32(0.5)))
        return self.expected[-1]

    def learn_error(self, c: int, difference: Ints) -> None:
        self.errors.append(64 * difference[:, c] - self.expected[c])
        self.e.append(f32(self.errors[-1]) * f32(1 / 64))

    def new_sums(self, difference: Ints) -> Floats:
        d = f32(difference)
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

PHOTO_CD, VALUE_TABLE, DECODED_JPEG, VIDEO, UPSCALED, RESIDUALS = range(1, 7)


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

    def __post_init__(self) -> None:
        head = self.head
        fits = {
            PHOTO_CD: head.layout == RGB and head.plain and self.flags < 8,
            VALUE_TABLE: head.layout in (GRAY, RGB) and not head.extra_planes and self.flags <= (head.layout == RGB),
            DECODED_JPEG: head.layout in (GRAY, RGB) and head.plain and self.flags < 16,
            VIDEO: head.layout == RGB and head.plain and self.flags < 4,
            UPSCALED: self.flags == 0,
            RESIDUALS: head.depth >= 17 and self.flags <= 2,
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
            low = self.low_bits(tables)
            shapes = [Shape(height, width, len(tables))]
            return shapes + ([Shape(height, (width * len(tables) * low + 7) // 8, 1)] if low else [])
        if self.kind == DECODED_JPEG:
            return [Shape(height, width, 3 if self.flags & 3 else 1)]
        if self.kind == VIDEO:
            rows = half(height) if self.flags & 1 else height
            return [Shape(height, width, 1), *chroma_components(rows, half(width), bool(self.flags & 2))]
        return plain_components(self.smaller() if self.kind == UPSCALED else self.head)

    def numbers(self, components: list[Bytes]) -> NDArray[np.uint64]:
        """The numbers of the image, height x width x channels."""
        redo = [self.photo_cd, self.value_table, self.decoded_jpeg, self.video, self.upscaled, self.residuals]
        return redo[self.kind - 1](components).astype(np.uint64)

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
    def low_bits(tables: list[NDArray[np.uint64]]) -> int:
        longest = max(len(table) for table in tables)
        return max(0, max(1, (longest - 1).bit_length()) - 8)

    def value_table(self, components: list[Bytes]) -> Samples:
        """3.4."""
        tables = self.tables()
        low = self.low_bits(tables)
        ranks = components[0].astype(np.int64) << low
        if low:
            bits = np.unpackbits(components[1][..., 0], axis=1)[:, : ranks[0].size * low].reshape(*ranks.shape, low)
            for place in range(low):
                ranks += bits[..., place].astype(np.int64) << (low - 1 - place)
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

    def decoded_jpeg(self, components: list[Bytes]) -> Ints:
        """3.5."""
        reader = Reader(self.data)
        top, left = reader.u8(), reader.u8()
        require(top <= 15 and left <= 15, "place of the image in the JPEG file")
        sampling = self.flags & 3
        require(sampling == 0 or self.head.layout == RGB, "sampling of the JPEG file")
        file = kept_file(reader.rest(), allowed=(0, 1))
        picture = JpegPicture(file, sampling, nearest=bool(self.flags & 4), fast=bool(self.flags & 8)).pixels()
        height, width = self.head.height, self.head.width
        require(picture.shape[:2] == (top + height, left + width), "size of the JPEG file's picture")
        image = (picture[top:, left:] + components[0]) % 256
        return np.repeat(image, 3, axis=2) if sampling == 0 and self.head.layout == RGB else image


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


class JpegPicture:
    """The picture of a baseline JPEG file, in the arithmetic of 3.5."""

    def __init__(self, file: bytes, sampling: int, *, nearest: bool, fast: bool) -> None:
        self.sampling, self.nearest, self.fast = sampling, nearest, fast
        self.steps: dict[int, Ints] = {}
        self.codes: list[dict[tuple[int, int], int]] = []
        require(file[:2] == b"\xff\xd8", "SOI")
        at = 2
        order = []
        while True:
            require(len(file) >= at + 4 and file[at] == 0xFF, "segments of a JPEG file")
            marker, (length,) = file[at + 1], struct.unpack_from(">H", file, at + 2)
            segment = file[at + 4 : at + 2 + length]
            at += 2 + length
            order.append(marker)
            if marker == 0xDB:
                require(len(segment) == 65 and segment[0] == len(self.steps) and min(segment[1:]) > 0, "DQT")
                table = np.zeros(64, np.int64)
                table[ZIGZAG] = np.frombuffer(segment[1:], np.uint8)
                self.steps[segment[0]] = table.reshape(8, 8)
            elif marker == 0xC0:
                depth, self.height, self.width, count = struct.unpack_from(">BHHB", segment)
                parts = [tuple(segment[i : i + 3]) for i in range(6, len(segment), 3)]
                factors = [[0x11], [0x11] * 3, [0x21, 0x11, 0x11], [0x22, 0x11, 0x11]][sampling]
                require(depth == 8 and count == len(factors) and len(segment) == 6 + 3 * count, "SOF0")
                require([part[:2] for part in parts] == list(zip(range(1, 4), factors, strict=False)), "SOF0")
                self.factors = [(factor & 15, factor >> 4) for factor in factors]  # vertical, horizontal
                self.tables = [part[2] for part in parts]
                require(all(table in self.steps for table in self.tables), "quantization table")
            elif marker == 0xC4:
                require(len(self.codes) < 2 and segment[0] == 16 * len(self.codes), "DHT")
                self.codes.append(huffman_codes(segment[1:]))
            else:
                require(marker == 0xDA, "a segment that is not allowed")
                break
        tables = len(self.steps)
        require(order == [0xDB] * tables + [0xC0, 0xC4, 0xC4, 0xDA] and tables > 0, "order of segments")
        selectors = b"".join(bytes([1 + c, 0]) for c in range(len(self.factors)))
        require(segment == bytes([len(self.factors)]) + selectors + bytes([0, 63, 0]), "SOS")
        require(file[-2:] == b"\xff\xd9", "EOI")
        self.planes = self.read_scan(BitReader(file[at:-2]))

    def read_scan(self, bits: BitReader) -> list[Ints]:
        """The planes of samples (3.5.2, 3.5.3), of whole blocks at first."""
        most_rows, most_columns = (max(factor[axis] for factor in self.factors) for axis in range(2))
        rows, columns = -(-self.height // (8 * most_rows)), -(-self.width // (8 * most_columns))
        shapes = [(rows * v, columns * h) for v, h in self.factors]
        blocks = [np.zeros((*shape, 64), np.int64) for shape in shapes]
        previous = [0] * len(shapes)
        for row in range(rows):
            for column in range(columns):
                for c, (v, h) in enumerate(self.factors):
                    for i in range(v):
                        for j in range(h):
                            block = self.read_block(bits, previous[c])
                            previous[c] = int(block[0])
                            blocks[c][row * v + i, column * h + j] = block
        require(len(bits.bits) - bits.position < 8, "padding of the JPEG data")
        planes = []
        for c, (v, h) in enumerate(self.factors):
            samples = self.block_samples(blocks[c].reshape(*shapes[c], 8, 8), self.steps[self.tables[c]])
            plane = samples.transpose(0, 2, 1, 3).reshape(8 * shapes[c][0], 8 * shapes[c][1])
            height, width = -(-self.height * v // most_rows), -(-self.width * h // most_columns)
            planes.append(plane[:height, :width])
        return planes

    def symbol(self, bits: BitReader, kind: int) -> int:
        code = 0
        for length in range(1, 17):
            code = 2 * code + bits.bit()
            if (length, code) in self.codes[kind]:
                return self.codes[kind][length, code]
        raise RefusedError("a code that no table has")

    def read_block(self, bits: BitReader, dc: int) -> Ints:
        block = np.zeros(64, np.int64)
        block[0] = dc + bits.number(self.symbol(bits, 0))
        require(-2048 <= block[0] <= 2047, "a DC coefficient")
        k = 1
        while k < 64:
            run, size = divmod(self.symbol(bits, 1), 16)
            if size == 0 and run != 15:
                require(run == 0, "an AC code")
                break
            k += run
            require(k < 64, "an AC coefficient beyond the block")
            if size:
                block[ZIGZAG[k]] = bits.number(size)
                require(abs(block[ZIGZAG[k]]) <= 1023, "an AC coefficient")
            k += 1
        return block

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


# -------------------------------------------------------------------------------- images (1.4, 2.5 to 2.8)


WebpReader = Callable[[bytes], Bytes]  # the pixels (height x width x 4) of a WebP file


def no_webp(file: bytes) -> Bytes:
    raise NotImplementedError("WebP")


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


def decode_page(sections: dict[str, bytes], known: dict[bytes, Model], read_webp: WebpReader) -> Samples:
    """The samples of one image: height x width x channels."""
    head = read_head(sections["HEAD"])
    require(("PALT" in sections) == (head.layout == PALETTE), "PALT")
    if "PALT" in sections:
        read_palette(sections["PALT"])
    history = None
    if "HIST" in sections:
        content = sections["HIST"]
        require(len(content) >= 2, "HIST")
        history = History(head, content[0], content[1], content[2:])
    shapes = history.components() if history else plain_components(head)
    models = read_models(sections["MODL"], known)
    if "ADPT" in sections:
        models += read_adaptations(sections["ADPT"], models)
    components = decode_tiles(head, shapes, models, sections["TILE"], sections["DATA"], read_webp)
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
    samples_crc: int


MOST_BYTES = 1 << 32  # of all components of an image; a limit of this decoder


def decode_tiles(
    head: Head, shapes: list[Shape], models: list[Model], index: bytes, data: bytes, read_webp: WebpReader
) -> list[Bytes]:
    """The components, from TILE and DATA (2.7, 2.8)."""
    reader, payloads = Reader(index), Reader(data)
    side = _bounded(reader.varint(), 16, 65535)
    listed: list[list[Tile]] = []
    for shape in shapes:  # the whole index is read before memory is taken (1.7)
        rows, columns = -(-shape.height // side), -(-shape.width // side)
        require(6 * rows * columns <= reader.left(), "tiles are not listed")
        cut = [(y, x) for y in tile_bounds(shape.height, side) for x in tile_bounds(shape.width, side)]
        listed.append([Tile(*y, *x, reader.varint(), reader.varint(), reader.u32()) for y, x in cut])
    reader.end()
    require(sum(shape.height * shape.width * shape.channels for shape in shapes) <= MOST_BYTES, "a large image")
    components: list[Bytes] = []
    alphas: dict[tuple[int, int], Bytes] = {}
    for number, shape in enumerate(shapes):
        component = np.zeros((shape.height, shape.width, shape.channels), np.uint8)
        for tile in listed[number]:
            payload = payloads.take(tile.length)
            height, width = tile.bottom - tile.top, tile.right - tile.left
            size = height * width * shape.channels
            if tile.coder == 0:
                require(tile.length == size, "length of a stored tile")
                samples = np.frombuffer(payload, np.uint8).reshape(height, width, shape.channels)
            elif tile.coder == 1 and tile.length == 0:
                in_alpha = number == 1 and head.layout in (GRAY_ALPHA, RGB_ALPHA) and not head.extra_planes
                require(in_alpha and head.depth <= 8 and (tile.top, tile.left) in alphas, "an empty WebP")
                samples = alphas[tile.top, tile.left]
            elif tile.coder == 1:
                picture = read_webp_tile(payload, height, width, read_webp)
                samples = picture[..., : shape.channels]
                if number == 0:
                    alphas[tile.top, tile.left] = picture[..., 3:]
            elif tile.coder == 2:
                raw = inflate(payload, size, -15)
                require(len(raw) == size, "length of a deflated tile")
                samples = np.frombuffer(raw, np.uint8).reshape(height, width, shape.channels)
            else:
                require(tile.coder - 3 < len(models), "reserved coder")
                model = models[tile.coder - 3]
                require(model.coded == shape.channels, "the model codes other channels")
                require(4096 * tile.length >= size, "a payload is too short")
                luma = None
                if model.architecture.side_channels:
                    require(shape.joint, "no side information")
                    whole = luma_for_chroma(components[0], shape.height, shape.width)
                    luma = whole[tile.top : tile.bottom, tile.left : tile.right]
                samples = WaveTile(model, height, width, luma).decode(payload)
            require(zlib.crc32(samples.tobytes()) == tile.samples_crc, "crc of a tile")
            component[tile.top : tile.bottom, tile.left : tile.right] = samples
        components.append(component)
    payloads.end()
    return components


def read_webp_tile(payload: bytes, height: int, width: int, read_webp: WebpReader) -> Bytes:
    """The picture of a VP8L chunk (2.7.3): red, green, blue, alpha."""
    chunk = b"VP8L" + len(payload).to_bytes(4, "little") + payload + bytes(len(payload) % 2)
    picture = read_webp(b"RIFF" + (4 + len(chunk)).to_bytes(4, "little") + b"WEBP" + chunk)
    require(picture.shape == (height, width, 4), "size of a WebP tile")
    return picture


# -------------------------------------------------------------------------------- files (2.4, 2.9 to 2.11)


def read_palette(content: bytes) -> tuple[Bytes, Bytes]:
    """Colours (n x 3) and opacities (n) of PALT (2.4)."""
    reader = Reader(content)
    count = _bounded(reader.varint(), 1, 256)
    colours = np.frombuffer(reader.take(3 * count), np.uint8).reshape(count, 3)
    given = _bounded(reader.varint(), 0, count)
    alphas = np.full(count, 255, np.uint8)
    alphas[:given] = np.frombuffer(reader.take(given), np.uint8)
    reader.end()
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


def kept_file(data: bytes, allowed: tuple[int, ...] = (0, 1, 2)) -> bytes:
    """A kept file (2.10)."""
    reader = Reader(data)
    coder, length, crc = reader.u8(), reader.varint(), reader.u32()
    require(coder in allowed, "coder of a kept file")
    if coder == 1:
        raise NotImplementedError("JPEG XL")
    file = inflate(reader.rest(), length, -15) if coder == 2 else reader.rest()
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


def decode(data: bytes, known: dict[bytes, Model], read_webp: WebpReader = no_webp) -> Decoded:
    """Decodes a file (1.4). Raises RefusedError where it has to be refused."""
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
        return Decoded([], metadata, kept_file(file.rest()), {"": "jpg", ".": ""}.get(suffix, suffix))
    if "PAGE" not in sections:
        return Decoded([Page(decode_page(sections, known, read_webp), metadata)], metadata)
    return Decoded(decode_pages(Reader(sections["PAGE"]), Reader(sections["DATA"]), known, read_webp), metadata)


def decode_pages(index: Reader, data: Reader, known: dict[bytes, Model], read_webp: WebpReader) -> list[Page]:
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
        pages.append(Page(decode_page(sections, known, read_webp), read_metadata(sections), kind, frame))
    index.end()
    data.end()
    return pages
