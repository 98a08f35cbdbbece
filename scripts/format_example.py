"""Make what the format's documents show of real files and models: scripts/format_example.py [--write].

Six blocks of docs/format, each between two comments of its name: `example`, an l3c file of fewer than 256 bytes, byte
by byte; `trace`, how its samples are decoded; `steps`, what the first steps of learning give in a golden file;
`models`, the tables of the models that come with the package; `dictionary`, what headers of JPEG files share; and
`jpeg`, a JPEG file of four blocks. Without `--write` the blocks that differ are named.
`tests/format/test_documents.py` holds pages and blocks equal.
"""

from __future__ import annotations

import json
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

import l3c
from l3c.codec import encode, graphics
from l3c.coding import rans
from l3c.coding.mixture import intervals
from l3c.container.constants import LAYOUT_NAMES, SIGNATURE
from l3c.jpeg import entropy
from l3c.jpeg.file import JpegFile, write
from l3c.jpeg.layout import CODES, planes_of, read_layout, segments
from l3c.jpeg.lean import full_header
from l3c.jpeg.notes import REGULAR, most_ends, unpack_notes
from l3c.jpeg.pack import pack_header
from l3c.jpeg.standard import NO_CODE, QUALITIES
from l3c.jpeg.standard import dictionary as shared_bytes
from l3c.storage.atomic import write_whole
from l3c.wave import presets
from l3c.wave.definition import streams
from l3c.wave.definition import tile as definition
from l3c.wave.definition.learning import HEADS, LearningNetwork
from l3c.wave.model import FORMAT
from l3c.wave.model_file import read_stored

DOCUMENTS = Path(__file__).parents[1] / "docs" / "format"
PLACES = {
    "example": "README.md",
    "trace": "wave.md",
    "steps": "wave.md",
    "models": "models.md",
    "dictionary": "jpeg.md",
    "jpeg": "jpeg.md",
}
"""Where each block stands."""

HEIGHT, WIDTH = 10, 12
MODEL, CHANNELS = "wave-fast", 1
RESOLUTION = b"\1" + b"".join(n.to_bytes(4, "little") for n in (300, 1, 300, 1))
"""300 pixels an inch, across and down."""

BYTES_A_LINE = 16
TRACED = 12
"""Samples of which the document shows how they are decoded."""

PROBED = (3, 5)
"""Row and column of the pixel whose network inputs and outputs the document shows."""

LEARNING_FILE = DOCUMENTS.parents[1] / "tests" / "golden" / "v1" / "gray-fast.l3c"
STEPS = 3
"""Steps of learning that the document shows."""

DICTIONARY_LINE = 32
"""Bytes in a line of the dictionary: 95 characters."""

STATED = 16 + len(QUALITIES) * 2 * 69
"""Bytes of the dictionary that the document states in words: a segment of 16, then two segments of 69 for each quality.
"""

JPEG_BLOCKS: tuple[dict[int, int], ...] = ({0: -12, 1: 5, 2: -1, 20: 2}, {0: -9, 3: 1}, {0: 3, 1: -3}, {0: 3})
"""Coefficients of the JPEG file's blocks by position, without those that are 0."""

JPEG_HEADER = (
    ("FF D8", "SOI"),
    (f"FF DB 00 43 00 {' '.join(['10'] * 64)}", "DQT: table 0, all steps 16"),
    ("FF C2 00 0B 08 00 08 00 20 01 01 11 00", "SOF2: 8 x 32, component 1 with table 0"),
    (f"FF C4 00 13 00 {NO_CODE.hex(' ')}", "DHT: DC code 0, number 0, left out"),
    ("FF DA 00 08 01 01 00 00 00 00", "SOS: positions 0 .. 0, bits above 0; scan 0 follows"),
    (f"FF C4 00 13 10 {NO_CODE.hex(' ')}", "DHT: AC code 0, number 1, left out"),
    ("FF DA 00 08 01 01 00 01 3F 01", "SOS: positions 1 .. 63, bits above 1; scan 1 follows"),
    (f"FF C4 00 13 10 {NO_CODE.hex(' ')}", "DHT: AC code 0, number 2, left out"),
    ("FF DA 00 08 01 01 00 01 3F 10", "SOS: positions 1 .. 63, bit 0; scan 2 follows"),
    ("FF D9", "EOI"),
)
"""The JPEG file's header in hexadecimal, with what its parts mean."""

JPEG_CODES = (0, 1, 2)  # numbers of those that are left out: all
JPEG_TAIL = b"end"


def picture() -> NDArray[np.uint8]:
    """The example's pixels, uint8 [10, 12]: 40 + (x^2 + 3 y^2 + x y >> 2)."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return np.asarray(40 + (x * x + 3 * y * y + x * y >> 2), np.uint8)


def file() -> bytes:
    """The example: by a model and with all sections, though graphics, or one section, would be smaller."""
    with patch.object(graphics, "attempt", return_value=None), patch.object(encode, "is_sole", return_value=False):
        return l3c.encode(picture(), model=MODEL, metadata={"resolution": RESOLUTION}, effort=1)


Field = tuple[bytes, str]


def fields(data: bytes) -> Iterator[Field]:
    """The example's bytes and what they mean, in the file's order; a reader for this one kind of file."""
    at = 0

    def take(count: int, meaning: str) -> Field:
        nonlocal at
        at += count
        return data[at - count : at], meaning

    yield take(len(SIGNATURE), "signature")
    yield take(1, "`version`")
    while at < len(data):
        tag = data[at : at + 4].decode()
        length = data[at + 4]
        assert length < 128, "varints of one byte are all that this knows"
        yield take(4, f"**{tag}**")
        yield take(1, f"`length`: {length}")
        yield from CONTENTS[tag](data[at : at + length], take)
        yield take(4, f"`crc` of {tag} and its content")


def _head(content: bytes, take: Callable[[int, str], Field]) -> Iterator[Field]:
    layout, width, height, kind = content
    yield take(1, f"`layout`: {LAYOUT_NAMES[layout]}")
    yield take(1, f"`width`: {width}")
    yield take(1, f"`height`: {height}")
    yield take(1, f"`sample_type`: kind {kind >> 6} (unsigned), depth {(kind & 63) + 1}")


def _models(content: bytes, take: Callable[[int, str], Field]) -> Iterator[Field]:
    yield take(1, f"`model_count`: {content[0]}")
    yield take(16, "`digest`: first 16 bytes, see [models.md](models.md)")
    yield take(1, f"`name_length`: {content[17]}")
    yield take(content[17], f"`name`: {content[18:].decode()}")


def _resolution(content: bytes, take: Callable[[int, str], Field]) -> Iterator[Field]:
    yield take(1, f"`unit`: {content[0]}, inch")
    for i, name in enumerate(("across_numerator", "across_denominator", "down_numerator", "down_denominator")):
        yield take(4, f"`{name}`: {int.from_bytes(content[1 + 4 * i : 5 + 4 * i], 'little')}")


def _tiles(content: bytes, take: Callable[[int, str], Field]) -> Iterator[Field]:
    side = (content[0] & 127) + (content[1] << 7)
    yield take(2, f"`tile_side`: varint, {content[0] & 127} + {content[1]} x 128 = {side}")
    yield take(1, f"`coder`: {content[2]}, model 0 of MODL")
    yield take(1, f"`payload_length`: {content[3]}")
    yield take(4, "`samples_crc`: of the 120 samples, row by row")


def _payload(content: bytes, take: Callable[[int, str], Field]) -> Iterator[Field]:
    yield take(1, f"`streams`: {content[0]}")
    for lane in range(8):
        state = int.from_bytes(content[5 * lane + 1 : 5 * lane + 6], "little")
        yield take(5, f"state of lane {lane}: 0x{state:010X}")
    words = (len(content) - 41) // 2
    for first in range(0, words, BYTES_A_LINE // 2):
        last = min(first + BYTES_A_LINE // 2, words) - 1
        yield take(2 * (last - first + 1), f"words {first} to {last}" if last > first else f"word {first}")


CONTENTS: dict[str, Callable[[bytes, Callable[[int, str], Field]], Iterator[Field]]] = {
    "HEAD": _head,
    "MODL": _models,
    "reso": _resolution,
    "TILE": _tiles,
    "DATA": _payload,
}


def example() -> str:
    """The annotated hex dump."""
    data, at = file(), 0
    lines = ["| offset | bytes | meaning |", "| ---: | --- | --- |"]
    for part, meaning in fields(data):
        lines.append(f"| {at:02X} | `{part.hex(' ').upper()}` | {meaning} |")
        at += len(part)
    assert at == len(data) <= 256
    return "\n".join([*lines, "", f"The file has {len(data)} bytes."])


def trace() -> str:
    """How the definition decodes the example: its first samples, and one pixel's inputs and outputs."""
    rows: list[str] = []
    calls: dict[str, list[Any]] = {"context": [], "mixture": [], "take": []}

    def recorded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            result = function(*arguments)
            calls[name].append((arguments, result))
            return result

        return call

    class Decoder(rans.Decoder):
        def take(self, starts: Any, frequencies: Any, first: int = 0) -> None:
            slots = self.slots(len(starts), first)
            super().take(starts, frequencies, first)
            calls["take"].append((slots, starts, frequencies, list(self._states)))

    contents = read(file())
    payload = bytes(contents.data)
    stored = read_stored(str(presets.FOLDER / presets.PRESETS[MODEL, CHANNELS].file))
    with (
        patch.object(streams, "Decoder", Decoder),
        patch.object(definition, "channel_mixture", recorded("mixture", definition.channel_mixture)),
        patch.object(definition.Wavefronts, "context", recorded("context", definition.Wavefronts.context)),
    ):
        learning = presets.PRESETS[MODEL, CHANNELS].learning
        pixels = definition.decode_tile(stored.network, payload, HEIGHT, WIDTH, learning)[..., 0]
    assert (pixels == picture()).all()
    takes = iter(calls["take"])
    shown: list[str] = []
    for ((_, ys, xs, _), context), (outputs, mixture) in zip(calls["context"], calls["mixture"], strict=True):
        for i, (y, x) in enumerate(zip(ys.tolist(), xs.tolist(), strict=True)):
            if i % 8 == 0:
                slots, starts, frequencies, states = next(takes)
            lane, value = i % 8, int(pixels[y, x])
            if len(rows) < TRACED:
                words = f"0x{int(slots[lane]):04X} | {value} | {starts[lane]} | {frequencies[lane]}"
                rows.append(f"| {x + 3 * y} | {y}, {x} | {outputs[2][i]} | {lane} | {words} | 0x{states[lane]:010X} |")
            if (y, x) in ((0, 0), PROBED):
                parts = [int(n[i]) for n in intervals(mixture, pixels[ys, xs].astype(np.int64))]
                shown += _shown((y, x), context[:, i], outputs[0][:, i], mixture, i, value, parts)
    head = "| t | y, x | prediction | lane | slot | symbol | start | frequency | state afterwards |"
    table = [head, "| ---: | --- | ---: | ---: | --- | ---: | ---: | ---: | --- |", *rows]
    return "\n".join([*table, *shown])


def _shown(
    place: tuple[int, int], context: Any, outputs: Any, mixture: Any, i: int, value: int, parts: list[int]
) -> list[str]:
    def listed(values: Any) -> str:
        return " ".join(str(int(v)) for v in values)

    columns = {name: [int(v) for v in field[:, i]] for name, field in vars(mixture).items()}
    lines = [f"{name:<10}{listed(columns[name])}" for name in ("weights", "means", "mantissas", "shifts")]
    context_lines = [f"context   {listed(context[:9])}", f"          {listed(context[9:])}"]
    end = f"C({value}) = {parts[0]}, C({value + 1}) = {parts[0] + parts[1]}"
    title = f"Pixel ({place[0]}, {place[1]}), sample {value}:"
    return ["", title, "", "```text", *context_lines, f"outputs   {listed(outputs)}", *lines, end, "```"]


def steps() -> str:
    """Integers of a learning model after its first steps in a golden file, as checksums."""
    contents = read(LEARNING_FILE.read_bytes())
    rows: list[str] = []

    class Network(LearningNetwork):
        wavefront = 0

        def learns_from(self, wavefront: int) -> bool:
            self.wavefront = wavefront
            return super().learns_from(wavefront)

        def _step(self) -> None:
            pixels = self.pixels
            super()._step()
            if len(rows) < STEPS:
                tensors = [self.layers[index] for index in (HEADS, HEADS + 1)]
                sums = [crc32(part.astype(part.dtype.newbyteorder("<")).tobytes()) for layer in tensors
                        for part in (layer.weights, layer.bias)]  # fmt: skip
                rows.append(f"| {self.wavefront} | {pixels} | {' | '.join(f'`{value:08x}`' for value in sums)} |")

    stored = read_stored(str(presets.FOLDER / presets.PRESETS[MODEL, CHANNELS].file))
    header = contents.header
    with patch.object(definition, "LearningNetwork", Network):
        learning = presets.PRESETS[MODEL, CHANNELS].learning
        definition.decode_tile(stored.network, bytes(contents.data), header.height, header.width, learning)
    names = " | ".join(f"{layer}.{part}" for layer in ("head0.0", "head0.1") for part in ("weight", "bias"))
    return "\n".join([f"| t | N | {names} |", "| ---: | ---: | --- | --- | --- | --- |", *rows])


def read(data: bytes) -> Any:
    """A file's contents."""
    from l3c.container.read import read_file

    return read_file(data)


def models() -> str:
    """The tables of the package's models."""
    blocks = []
    for columns, keys in ((_architecture_of, ARCHITECTURE), (_learning_of, LEARNING)):
        lines = [f"| digest (first 16 bytes) | file | {' | '.join(f'`{key}`' for key in keys)} |"]
        lines.append("| --- | --- |" + " ---: |" * len(keys))
        for preset in presets.PRESETS.values():
            values = columns(preset)
            assert values.keys() <= set(keys)
            cells = " | ".join(str(values.get(key, 0)) for key in keys)
            lines.append(f"| `{preset.digest[:32]}` | `{preset.file}` | {cells} |")
        blocks.append("\n".join(lines))
    names = ["| digest (all of it) | name | channels coded |", "| --- | --- | ---: |"]
    names += [f"| `{p.digest}` | `{name}` | {channels} |" for (name, channels), p in presets.PRESETS.items()]
    first = next(iter(presets.PRESETS.values()))
    configuration = json.dumps([FORMAT, _architecture_of(first), _learning_of(first)], sort_keys=True)
    text = f"The configuration of the first model (6.4):\n\n```json\n{configuration}\n```"
    return "\n\n".join([*blocks, "\n".join(names), text])


ARCHITECTURE = (
    "channels", "hidden1", "cached", "hidden2", "hidden3", "head", "components", "fitted", "coupled", "side_channels",
)  # fmt: skip
LEARNING = (
    "learning_rate", "first_moment_rate", "second_moment_rate", "epsilon", "step_pixels", "period", "learned",
    "first_layer", "ramp",
)  # fmt: skip


def _architecture_of(preset: presets.Preset) -> dict[str, Any]:
    return read_stored(str(presets.FOLDER / preset.file)).network.architecture.to_dict()


def _learning_of(preset: presets.Preset) -> dict[str, Any]:
    return dict(preset.learning.to_dict())


def dictionary() -> str:
    """The part of the dictionary that the document lists, a segment at the start of a line."""
    rest = shared_bytes()[STATED:]
    starts = [0, *(i for i in range(1, len(rest)) if rest[i] == 0xFF), len(rest)]
    lines = []
    for start, end in pairwise(starts):
        part = rest[start:end]
        lines += [part[i : i + DICTIONARY_LINE].hex(" ").upper() for i in range(0, len(part), DICTIONARY_LINE)]
    return "\n".join(["```text", *lines, "```"])


def jpeg_file() -> JpegFile:
    """The JPEG file of four blocks; its codes are left out."""
    header = bytes.fromhex(" ".join(part for part, _ in JPEG_HEADER))
    layout, _ = read_layout(header)
    blocks = np.zeros((1, len(JPEG_BLOCKS), 64), np.int16)
    for x, values in enumerate(JPEG_BLOCKS):
        blocks[0, x, list(values)] = list(values.values())
    blank = JpegFile(1 << 10, header, layout, [blocks], [REGULAR] * len(layout.scans), JPEG_TAIL, (), JPEG_CODES)
    full = full_header(header, JPEG_CODES, layout, [blocks], blank.notes, blank.length)
    file = replace(blank, header=full, layout=read_layout(full)[0], left_out=())
    data = sum(len(coded) for coded, _ in scans(file))
    return replace(file, length=len(full) + data + len(JPEG_TAIL))


def scans(file: JpegFile) -> Iterator[tuple[bytes, str]]:
    """Coded data and bits of all scans: what is written at once, corrections in brackets."""

    class Writer(entropy._Writer):
        def _put(self, value: int, count: int) -> None:
            known = sum(len(part.strip("()")) for part in bits)
            if known < len(self._bits):
                bits.append(f"({''.join(map(str, self._bits[known:]))})")
            super()._put(value, count)
            if count:
                bits.append("".join(map(str, self._bits[-count:])))

    for scan, notes in zip(file.layout.scans, file.notes, strict=True):
        bits: list[str] = []
        planes = planes_of(file.layout, scan, file.coefficients)
        yield Writer(unpack_notes(notes, most_ends(file.length)), planes).write(), " ".join(bits)


def jpeg() -> str:
    """The JPEG file of four blocks: its packed header, codes and scans."""
    file = jpeg_file()
    data, rows = zlib.decompressobj(-zlib.MAX_WBITS, zdict=shared_bytes()).decompress(pack_header(file)), list[str]()

    def row(count: int, meaning: str) -> None:
        nonlocal data
        shown = re.sub(
            "( 10){64}$|( 00){16}$", lambda found: f"{found[0][:3]} ...{found[0][:3]}", data[:count].hex(" ")
        )
        rows.append(f"| `{shown.upper()}` | {meaning} |")
        data = data[count:]

    def number(name: str, meaning: str = "") -> int:
        size = 2 if data[0] > 127 else 1
        value = (data[0] & 127) + (data[1] << 7) * (size - 1)
        row(size, f"`{name}`: {value}{meaning}")
        return value

    number("file_length")
    number("hole_count")
    for i in range(number("left_out_count")):
        number("step", f", code {i}")
    number("header_length")
    for part, meaning in JPEG_HEADER:
        row(len(bytes.fromhex(part)), meaning)
    row(1, "`noted`: 0")
    row(len(JPEG_TAIL), "`tail`")
    assert not data
    table = ["| bytes of the stream | meaning |", "| --- | --- |", *rows]
    blocks = [f"block {x}   " + "  ".join(f"c[{k}] = {v}" for k, v in b.items()) for x, b in enumerate(JPEG_BLOCKS)]
    codes = ["| code | counts, symbols |", "| ---: | --- |"]
    contents = [file.header[a + 1 : b] for marker, a, b in segments(file.header, coded=False) if marker == CODES]
    codes += [f"| {i} | `{code[:16].hex(' ')}`, `{code[16:].hex(' ').upper()}` |" for i, code in enumerate(contents)]
    coded = ["| scan | coded data | bits |", "| ---: | --- | --- |"]
    coded += [f"| {i} | `{d.hex(' ').upper()}` | `{bits}` |" for i, (d, bits) in enumerate(scans(file))]
    whole = write(file)
    return "\n\n".join(
        [
            "\n".join(table),
            "\n".join(["```text", *blocks, "```"]),
            "The codes that follow from these (9.7):",
            "\n".join(codes),
            "The coded data (9.6). Brackets hold corrections, and the last bits fill a byte:",
            "\n".join(coded),
            f"The JPEG file has {len(whole)} bytes; its crc is `{crc32(whole):08x}`.",
        ]
    )


BLOCKS = {
    "example": example,
    "trace": trace,
    "steps": steps,
    "models": models,
    "dictionary": dictionary,
    "jpeg": jpeg,
}


def place(name: str) -> tuple[Path, str, str, str]:
    """Of a block its page, and the page's text before it, in it and behind it."""
    page = DOCUMENTS / PLACES[name]
    before, start, rest = page.read_text(encoding="utf-8").partition(f"<!-- {name} -->")
    inside, end, behind = rest.partition(f"<!-- end of {name} -->")
    assert end, f"{page} has no block {name}"
    return page, before + start, inside, end + behind


def main() -> None:
    for name, make in BLOCKS.items():
        page, before, inside, behind = place(name)
        made = f"\n\n{make()}\n\n"
        if made != inside:
            print(f"{page}: {name}")
            if "--write" in sys.argv[1:]:
                write_whole(page, (before + made + behind).encode())


if __name__ == "__main__":
    main()
