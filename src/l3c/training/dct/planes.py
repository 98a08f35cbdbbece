"""Cached coefficients of many JPEG files, and batches of blocks of them with what surrounds them."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.dct.definition.architecture import BLOCK, RELATED
from l3c.dct.definition.features import Blocks, Surroundings, dequantize, last_positions
from l3c.dct.definition.levels import Integers
from l3c.dct.definition.plane import Plane, front_count, front_levels, plane_slopes, related, related_planes
from l3c.errors import InputError
from l3c.jpeg.file import ReproductionError, parse
from l3c.storage.atomic import PARTIAL, remove_abandoned, whole_file, write_whole

logger = logging.getLogger(__name__)

COMPONENTS = (1, 3)  # of files that are trained on: gray, or luma and two of chroma
BITS = 8
"""Of a byte."""


@dataclass(frozen=True)
class Batch:
    """Blocks sorted by falling last position. coefficients: int16 [N, 64]. weights: float32 [N], such that the mean
    of weights times bits is the ratio to the JPEG file, when all its blocks are drawn alike.
    """

    blocks: Blocks
    coefficients: NDArray[np.int16]
    last: Integers
    weights: NDArray[np.float32]


BLOCKS = "blocks.i16"  # of all planes, one after another
INDEX = "index.json"  # files, and where their planes lie; it is written last, so that a folder that has it is whole
STATISTICS = "statistics.npy"  # derived from the blocks
SLOPES = "slopes.npy"  # derived from the blocks
FILES = (INDEX, STATISTICS, SLOPES, BLOCKS)  # of a folder, in the order in which they may be removed


def write_planes(folder: Path, files: Iterable[tuple[str, bytes]], source: str) -> int:
    """Write the coefficients of JPEG files, (name, content) each, into a folder; returns how many.

    Those of one component or three are taken; others, and those that do not come back byte for byte, are left out.
    source: where the files come from. Raises InputError naming it where none is left.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if PARTIAL.fullmatch(path.name):  # coefficients are large, and a run that was killed leaves them
            remove_abandoned(path)
    index: list[dict[str, Any]] = []
    at = 0
    with whole_file(folder / BLOCKS) as blocks:
        for name, content in files:
            try:
                file = parse(content)
            except ReproductionError as error:
                logger.warning("skipped %s: %s", name, error)
                continue
            planes = []
            for component, coefficients in zip(file.layout.components, file.coefficients, strict=True):
                bordered = np.zeros((component.rows + 1, component.columns + 2, BLOCK), np.int16)
                bordered[1:, 1:-1] = coefficients
                planes.append(
                    {
                        "at": at,
                        "rows": component.rows,
                        "columns": component.columns,
                        "h": component.horizontal,
                        "v": component.vertical,
                        "steps": component.steps.tolist(),
                    }
                )
                if len(file.coefficients) in COMPONENTS:
                    blocks.write(bordered.tobytes())
                    at += bordered.size // BLOCK
            if len(planes) in COMPONENTS:
                index.append({"name": name, "bytes": len(content), "planes": planes})
            else:
                logger.warning("skipped %s: it has %d components; 1 or 3 are trained on", name, len(planes))
        if not index:
            raise InputError(f"{source}: no JPEG file of 1 or 3 components comes back byte for byte")
    write_whole(folder / INDEX, json.dumps({"source": source, "files": index}).encode())
    return len(index)


def source_of(folder: Path) -> str | None:
    """Where the files of a folder of coefficients come from; None where it is no such folder."""
    try:
        return str(json.loads((folder / INDEX).read_text(encoding="utf-8"))["source"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


class Planes:
    """A folder with `blocks.i16`, planes [rows + 1, columns + 2, 64] of int16 with a border of 0, and `index.json`.

    source: where the files come from. coloured: those of them that have chroma. Raises InputError where the folder is
    damaged or has no files.
    """

    def __init__(self, folder: Path) -> None:
        try:
            said = json.loads((folder / INDEX).read_text(encoding="utf-8"))
            self.source: str = said["source"]
            self.files: list[dict[str, Any]] = said["files"]
            blocks = sum((p["rows"] + 1) * (p["columns"] + 2) for file in self.files for p in file["planes"])
            if not self.files:
                raise InputError(f"{folder}: no JPEG files: the index is empty")
            self.blocks = np.memmap(folder / BLOCKS, np.int16, "r").reshape(blocks, BLOCK)
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{folder}: damaged: {error}; delete it, and it is made anew") from error
        self.coloured = [file for file in self.files if len(file["planes"]) > 1]
        for file in self.files:
            file["weight"] = sum(p["rows"] * p["columns"] for p in file["planes"]) / (BITS * file["bytes"])
        self.statistics = self._statistics(folder / STATISTICS)
        self.folder = folder

    def plane(self, plane: dict[str, Any]) -> NDArray[np.int16]:
        rows, columns = plane["rows"] + 1, plane["columns"] + 2
        return self.blocks[plane["at"] : plane["at"] + rows * columns].reshape(rows, columns, BLOCK)

    def _statistics(self, path: Path) -> NDArray[np.uint8]:
        """Levels before each wavefront of each plane; planes get the key "fronts", where theirs begin."""
        at = 0
        for file in self.files:
            for plane in file["planes"]:
                plane["fronts"] = at
                at += front_count(plane["rows"], plane["columns"])
        known: NDArray[np.uint8] | None = _derived(path, np.dtype(np.uint8), (at, BLOCK))
        if known is not None:
            return known
        out = np.zeros((at, BLOCK), np.uint8)
        for file in self.files:
            for plane in file["planes"]:
                levels = front_levels(self.plane(plane)[1:, 1:-1])
                out[plane["fronts"] : plane["fronts"] + len(levels)] = levels
        _save(path, out)
        return out

    def around(
        self, file: dict[str, Any], component: int, rows: Integers, columns: Integers
    ) -> tuple[Surroundings, NDArray[np.int16]]:
        """Surroundings of blocks of a component, and their coefficients."""
        plane = file["planes"][component]
        stride = plane["columns"] + 2
        at = plane["at"] + (rows + 1) * stride + columns + 1
        b = self.blocks
        more: dict[str, Any] = {}
        if component:
            luma = file["planes"][0]
            tall, wide = max(1, luma["v"] // plane["v"]), max(1, luma["h"] // plane["h"])
            y = np.minimum(rows * luma["v"] // plane["v"], luma["rows"] - tall)
            x = np.minimum(columns * luma["h"] // plane["h"], luma["columns"] - wide)
            total = np.zeros((len(rows), BLOCK), np.int64)
            steps = np.array(luma["steps"], np.int64)
            for dy in range(tall):
                for dx in range(wide):
                    place = luma["at"] + (y + dy + 1) * (luma["columns"] + 2) + x + dx + 1
                    total += np.abs(dequantize(b[place], steps))
            more["luma"] = total // (tall * wide)
            first = file["planes"][1]
            same = component > 1 and (first["rows"], first["columns"]) == (plane["rows"], plane["columns"])
            more["other"] = b[first["at"] + (rows + 1) * stride + columns + 1] if same else np.zeros_like(b[at])
            place = first["at"] + (rows + 1) * stride + columns + 1
            change = 2 * b[place, 0].astype(np.int64) - b[place - 1, 0] - b[place - stride, 0]
            more["other_change"] = change if same else np.zeros(len(rows), np.int64)
            if "slopes" in plane:
                more["related"] = self._related(file, component, rows, columns)
            more["second"] = np.full(len(rows), component > 1)
        statistics = self.statistics[plane["fronts"] + columns + 2 * rows]
        around = Surroundings(
            b[at - 1], b[at - stride], b[at - stride - 1], b[at - stride + 1], columns > 0, rows > 0, statistics, **more
        )
        return around, b[at]

    def relate(self) -> None:
        """Find the slopes of all chroma planes, or read them, for networks that see them."""
        path = self.folder / SLOPES
        at = 0
        for file in self.files:
            for plane in file["planes"][1:]:
                plane["slopes"] = at
                at += plane["rows"] * plane["columns"]
        known_slopes = _derived(path, np.dtype(np.int16), (at, RELATED))
        self.slopes: NDArray[np.int16] = np.zeros((at, RELATED), np.int16) if known_slopes is None else known_slopes
        if known_slopes is not None:
            return
        for file in self.files:
            known = self.known(file)
            for number, plane in enumerate(file["planes"][1:], 1):
                for i, found in enumerate(plane_slopes(known, number)):
                    self.slopes[plane["slopes"] : plane["slopes"] + found.size, i] = found.ravel()
        _save(path, self.slopes)

    def known(self, file: dict[str, Any]) -> list[Plane]:
        """A file's planes as the definition takes them."""
        return [Plane(self.plane(p)[1:, 1:-1], np.array(p["steps"], np.uint16), p["h"], p["v"]) for p in file["planes"]]

    def _related(self, file: dict[str, Any], component: int, rows: Integers, columns: Integers) -> Integers:
        plane, known = file["planes"][component], self.known(file)
        at = plane["slopes"] + rows * plane["columns"] + columns
        count = len(related_planes(known, component))
        return related(known, component, rows, columns, [self.slopes[at, i].astype(np.int64) for i in range(count)])

    def draw(self, rng: np.random.Generator, files: int, blocks: int, chroma: bool) -> Batch:
        """`blocks` blocks of each of `files` random files. Raises InputError for chroma where all files are gray."""
        of = self.coloured if chroma else self.files
        if not of:
            raise InputError(f"{self.source}: all JPEG files are gray, and chroma is to be drawn")
        parts = []
        for _ in range(files):
            file = of[rng.integers(len(of))]
            component = int(rng.integers(1, 3)) if chroma else 0
            plane = file["planes"][component]
            rows, columns = rng.integers(plane["rows"], size=blocks), rng.integers(plane["columns"], size=blocks)
            steps = np.array(plane["steps"], np.int64)
            parts.append((*self.around(file, component, rows, columns), steps, file["weight"]))
        return join(parts)


def _derived(path: Path, dtype: np.dtype[Any], shape: tuple[int, int]) -> Any:
    """What was derived from the blocks before; None where that is not there, or not whole."""
    try:
        known = np.load(path)
    except (OSError, ValueError, EOFError):
        return None
    return known if isinstance(known, np.ndarray) and (known.dtype, known.shape) == (dtype, shape) else None


def _save(path: Path, array: NDArray[Any]) -> None:
    with whole_file(path) as file:
        np.save(file, array)


def join(parts: list[tuple[Surroundings, NDArray[np.int16], Integers, float]]) -> Batch:
    """One batch of parts of several files."""
    coefficients = np.concatenate([p[1] for p in parts])
    last = last_positions(coefficients)
    order = np.argsort(-last, kind="stable")
    fields: dict[str, Any] = {
        name: None if value is None else np.concatenate([getattr(p[0], name) for p in parts])[order]
        for name, value in vars(parts[0][0]).items()
    }
    steps = np.concatenate([np.broadcast_to(p[2], (len(p[1]), BLOCK)) for p in parts])[order]
    weights = np.concatenate([np.full(len(p[1]), p[3], np.float32) for p in parts])[order]
    blocks = Blocks(Surroundings(**fields), steps)
    blocks.start(last[order])
    return Batch(blocks, coefficients[order], last[order], weights)
