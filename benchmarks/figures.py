"""Figures that were measured: reading, merging and writing the files of benchmarks/results.

For a set of images NAME: `NAME.csv` has the bytes of every image (columns: codecs by their short names, as
`codecs_compared.find` takes them), `NAME-speed.csv` speeds of the whole set, `NAME.md` both as a table.
`speed-ratios.csv` has speeds beside the reference, by instruction set and threads, `memory.csv` peaks of processes,
`effort-time.csv` encoding times by effort, `published.csv` figures that others published.
"""

from __future__ import annotations

import csv
import io
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from l3c.storage.atomic import write_whole

RESULTS = Path(__file__).parent / "results"
REFERENCE = "jxl7"
"""Ratios are to this codec."""

GEOMETRY = ("image", "height", "width")
HISTORY = "+history"
"""Ending of a model's name: the images' history is undone, which the others leave out."""

LABELS = {
    "jxl1": "JPEG XL effort 1",
    "jxl3": "JPEG XL effort 3",
    "jxl7": "JPEG XL effort 7",
    "jxl9": "JPEG XL effort 9",
    "webp": "WebP lossless, method 6",
    "png": "PNG, level 9",
    "j2k": "JPEG 2000 reversible",
}
PRESETS = ("wave-light", "wave-fast", "wave", "wave-max")
ORDER = (*PRESETS, *(f"{preset}{HISTORY}" for preset in PRESETS), *LABELS)
"""Columns and rows of results; others come behind."""

Row = dict[str, str]


def label(codec: str) -> str:
    """A codec's name for people: of presets in code style, with effort and history in words."""
    if codec in LABELS:
        return LABELS[codec]
    plain = codec.removesuffix(HISTORY)
    model, _, effort = plain.partition(":")
    return f"`{model}`{f', effort {effort}' if effort else ''}{', with history' if plain != codec else ''}"


class Timed:
    """Figures of one run."""

    def cells(self: Any) -> list[str]:
        """The fields, as a CSV file has them."""
        return [f"{value:.2f}" if isinstance(value, float) else str(value) for value in astuple(self)]


@dataclass(frozen=True)
class Speed(Timed):
    """A codec's speed over a whole set, and the run that gave it: its commit, and the load when it began."""

    codec: str
    threads: int
    encode: float
    decode: float
    commit: str
    load: float


@dataclass(frozen=True)
class Ratio(Timed):
    """A codec's speed over that of the reference with one thread, on Kodak, and the run that gave it.

    isa: the instruction set of a preset; of other codecs nothing. load: of the machine when the codec was timed.
    """

    codec: str
    isa: str
    threads: int
    encode: float
    decode: float
    commit: str
    load: float
    processor: str


@dataclass(frozen=True)
class Memory:
    """Peak MiB of coding one picture with one thread, beyond a process that holds its pixels, or the file."""

    codec: str
    megapixels: float
    encode: int
    decode: int
    commit: str


@dataclass(frozen=True)
class Published:
    """A figure of others. source: who says so. read: "paper" or "repository" (the authors), "quoted", or "measured"."""

    method: str
    of: str
    bits: float
    source: str
    read: str


def read_rows(path: Path) -> list[Row]:
    """The rows of a CSV file; none where there is no file."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_csv(path: Path, heads: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Whole or not at all: hours of measuring may stand in a file that is written anew."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(list(heads))
    writer.writerows(rows)
    write_whole(path, text.getvalue().encode())


def codecs(rows: list[Row]) -> list[str]:
    """The codecs that every image was encoded with, in their order."""
    found = [name for name in rows[0] if name not in GEOMETRY and all(row[name] for row in rows)] if rows else []
    return sorted(found, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), found.index(name)))


def bits(rows: list[Row], codec: str, channels: int = 3) -> float:
    """Mean bits per sub-pixel: 8 x whole file / samples, averaged over the images."""
    return statistics.mean(8 * int(r[codec]) / (channels * int(r["height"]) * int(r["width"])) for r in rows)


def channels_of(name: str) -> int:
    return 1 if name.endswith("-gray") else 3


def means(name: str, folder: Path = RESULTS) -> dict[str, float]:
    """Mean bits per sub-pixel of each codec on a set."""
    rows = read_rows(folder / f"{name}.csv")
    return {codec: bits(rows, codec, channels_of(name)) for codec in codecs(rows)}


def speeds(name: str, folder: Path = RESULTS, threads: int = 1) -> dict[str, Speed]:
    """Megapixels a second of each codec on a set."""
    found = [
        Speed(r["codec"], int(r["threads"]), float(r["encode"]), float(r["decode"]), r["commit"], float(r["load"]))
        for r in read_rows(folder / f"{name}-speed.csv")
    ]
    return {speed.codec: speed for speed in found if speed.threads == threads}


def ratios(folder: Path = RESULTS) -> dict[tuple[str, str, int], Ratio]:
    """Speeds beside the reference, by codec, instruction set and threads."""
    found = [
        Ratio(
            r["codec"],
            r["isa"],
            int(r["threads"]),
            float(r["encode"]),
            float(r["decode"]),
            r["commit"],
            float(r["load"]),
            r["processor"],
        )
        for r in read_rows(folder / "speed-ratios.csv")
    ]
    return {(r.codec, r.isa, r.threads): r for r in found}


def memories(folder: Path = RESULTS) -> dict[str, Memory]:
    rows = read_rows(folder / "memory.csv")
    return {
        r["codec"]: Memory(r["codec"], float(r["megapixels"]), int(r["encode"]), int(r["decode"]), r["commit"])
        for r in rows
    }


def published(folder: Path = RESULTS) -> list[Published]:
    rows = read_rows(folder / "published.csv")
    return [Published(r["method"], r["set"], float(r["bits"]), r["source"], r["read"]) for r in rows]


def merge_sizes(name: str, images: list[tuple[str, int, int]], sizes: Mapping[str, list[int]], folder: Path) -> None:
    """Put codecs' columns into NAME.csv; what was measured before of other codecs stays, if the images are these."""
    path = folder / f"{name}.csv"
    rows: list[Row] = [dict(zip(GEOMETRY, map(str, image), strict=True)) for image in images]
    before = read_rows(path)
    if [tuple(row[key] for key in GEOMETRY) for row in before] == [tuple(row.values()) for row in rows]:
        rows = before
    for codec, column in sizes.items():
        for row, size in zip(rows, column, strict=True):
            row[codec] = str(size)
    columns = [*GEOMETRY, *codecs(rows)]
    write_csv(path, columns, ([row[column] for column in columns] for row in rows))


def merge_speeds(name: str, measured: list[Speed], folder: Path) -> None:
    """Put speeds into NAME-speed.csv, in place of those of the same codecs and threads."""
    found = {(s.codec, s.threads): s for n in (1, *range(2, 257)) for s in speeds(name, folder, n).values()}
    found |= {(speed.codec, speed.threads): speed for speed in measured}
    known = {codec: number for number, codec in enumerate(ORDER)}
    ordered = sorted(found.values(), key=lambda s: (s.threads, known.get(s.codec, len(ORDER)), s.codec))
    write_csv(folder / f"{name}-speed.csv", (f.name for f in fields(Speed)), (figure.cells() for figure in ordered))


def merge_ratios(measured: list[Ratio], folder: Path = RESULTS) -> None:
    """Put ratios into speed-ratios.csv, in place of those of the same codec, instruction set and threads."""
    found = ratios(folder) | {(r.codec, r.isa, r.threads): r for r in measured}
    known = {codec: number for number, codec in enumerate(ORDER)}
    ordered = sorted(found.values(), key=lambda r: (r.threads, r.isa, known.get(r.codec, len(ORDER)), r.codec))
    write_csv(folder / "speed-ratios.csv", (f.name for f in fields(Ratio)), (figure.cells() for figure in ordered))


def merge_memories(measured: list[Memory], folder: Path) -> None:
    """Put peaks into memory.csv, in place of those of the same codecs."""
    found = memories(folder) | {memory.codec: memory for memory in measured}
    ordered = sorted(found.values(), key=lambda m: ORDER.index(m.codec) if m.codec in ORDER else len(ORDER))
    write_csv(folder / "memory.csv", (f.name for f in fields(Memory)), (map(str, astuple(m)) for m in ordered))


def set_table(name: str, folder: Path = RESULTS) -> str:
    """All that is known of a set, as a Markdown table."""
    found, fast = means(name, folder), speeds(name, folder)
    heads = ["codec", "bits per sub-pixel", "of JPEG XL effort 7", "encode MP/s", "decode MP/s", "run", "load"]
    lines = ["| " + " | ".join(heads) + " |", "| --- |" + " ---: |" * 4 + " --- | ---: |"]
    for codec, mean in found.items():
        ratio = f"{mean / found[REFERENCE]:.3f}" if REFERENCE in found else ""
        cells = [label(codec), f"{mean:.3f}", ratio, *(fast[codec].cells()[2:] if codec in fast else [""] * 4)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
