"""What a coefficient model makes of JPEG files, beside libjxl and Lepton (`pip install lepton-jpeg-python`).

    python benchmarks/jpeg_model.py MODEL FOLDER [--blocks 2000] [--write NAME]

The model's bits are those of its integer frequencies, of random blocks of each component, scaled to all blocks.
Calibration, for which blocks have to be coded in order, is left out. The header's bytes are added, as `pack_header`
packs them. --write: a table in benchmarks/results.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import imagecodecs
import numpy as np

from l3c.dct.definition.plane import SLOPE, Plane, SymbolMeter, code_front, front_levels, plane_slopes
from l3c.dct.model import DctModel, read_model
from l3c.jpeg.file import parse
from l3c.jpeg.pack import pack_header

AT_ONCE = 256  # blocks: so that their features fit the caches
RESULTS = Path(__file__).parent / "results"


@dataclass
class Row:
    """One file. Sizes in bytes; None where a codec refuses it. luma, chroma: the model's, without the header."""

    name: str
    jpeg: int
    luma: float
    chroma: float
    header: int
    jxl: int | None
    lepton: int | None

    @property
    def ours(self) -> float:
        return self.luma + self.chroma + self.header

    def ratios(self) -> list[float | None]:
        sizes = (self.luma, self.chroma, self.ours, self.jxl, self.lepton)
        return [None if size is None else size / self.jpeg for size in sizes]


def component_bytes(model: DctModel, planes: list[Plane], number: int, blocks: int, rng: np.random.Generator) -> float:
    """What one component takes, from a random sample of its blocks, or all of them."""
    coefficients = planes[number].coefficients
    rows, columns = coefficients.shape[:2]
    bordered = np.pad(coefficients, ((1, 0), (1, 1), (0, 0)))
    network, levels = model.networks[number > 0], front_levels(coefficients)
    found = plane_slopes(planes, number) if network.architecture.related else []
    meter, seen = SymbolMeter(), min(blocks, rows * columns)
    chosen = rng.permutation(rows * columns)[:seen]
    for at in range(0, seen, AT_ONCE):
        y, x = np.divmod(chosen[at : at + AT_ONCE], columns)
        slopes = [slope[y, x] for slope in found]
        code_front(network, planes, number, meter, bordered, y, x, levels[x + SLOPE * y], slopes)
    return float(meter.bits / 8 * rows * columns / seen)


def measure(model: DctModel, path: Path, blocks: int) -> Row:
    content = path.read_bytes()
    file = parse(content)
    planes = [
        Plane(coefficients, c.steps, c.horizontal, c.vertical)
        for coefficients, c in zip(file.coefficients, file.layout.components, strict=True)
    ]
    rng = np.random.default_rng(1)
    luma, *chroma = (component_bytes(model, planes, i, blocks, rng) for i in range(len(planes)))
    return Row(path.stem, len(content), luma, sum(chroma), len(pack_header(file)), jxl(content), lepton(content))


def jxl(content: bytes) -> int | None:
    try:
        return len(imagecodecs.jpegxl_encode_jpeg(content, usecontainer=False))
    except (imagecodecs.JpegxlError, ValueError):
        return None


def lepton(content: bytes) -> int | None:
    try:
        import lepton_jpeg_python
    except ImportError:
        return None
    try:
        return len(lepton_jpeg_python.compress_bytes(content))
    except RuntimeError:
        return None


def table(rows: list[Row]) -> str:
    """Markdown, ratios to the JPEG file; means of files last, those that a codec refuses left out."""
    head = ["file", "bytes", "luma", "chroma", "model", "libjxl", "Lepton"]
    lines = [f"| {' | '.join(head)} |", f"| --- |{' ---: |' * (len(head) - 1)}"]
    for row in rows:
        lines.append(f"| {row.name} | {row.jpeg} | {' | '.join(map(shown, row.ratios()))} |")
    for name, part in (("mean", rows), ("mean where Lepton codes", [row for row in rows if row.lepton is not None])):
        columns = zip(*(row.ratios() for row in part), strict=True)
        means = [mean([value for value in column if value is not None]) for column in columns]
        lines.append(f"| {name} | | {' | '.join(map(shown, means))} |")
    return "\n".join(lines)


def mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def shown(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.4f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a model's file")
    parser.add_argument("folder", type=Path, help="JPEG files, suffix .jpg")
    parser.add_argument("--blocks", type=int, default=2000, help="of each component")
    parser.add_argument("--write", metavar="NAME", help="write NAME.md into benchmarks/results")
    options = parser.parse_args()
    model, rows = read_model(options.model), []
    for path in sorted(options.folder.glob("*.jpg")):
        rows.append(measure(model, path, options.blocks))
        print(rows[-1].name, *map(shown, rows[-1].ratios()), flush=True)
    text = table(rows)
    print(text)
    if options.write:
        (RESULTS / f"{options.write}.md").write_text(f"{options.blocks} blocks of each component.\n\n{text}\n")


if __name__ == "__main__":
    main()
