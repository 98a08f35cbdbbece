"""What a coefficient model makes of JPEG files, beside libjxl and Lepton (`pip install lepton-jpeg-python`).

    python benchmarks/jpeg_model.py MODEL FOLDER [--write NAME]

The model's bytes are those of payloads, and of the header as `pack_header` packs it; also without calibration.
--write: a table in benchmarks/results.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import imagecodecs

from l3c.dct.definition.plane import Plane
from l3c.dct.model import DctModel, read_model
from l3c.jpeg.file import parse
from l3c.jpeg.pack import pack_header
from l3c.storage.atomic import write_whole

RESULTS = Path(__file__).parent / "results"


@dataclass
class Row:
    """One file. Sizes in bytes; None where a codec refuses it. luma, all: the model's payloads of the first component,
    and of all. plain: the same of all, without calibration.
    """

    name: str
    jpeg: int
    luma: int
    all: int
    plain: int
    header: int
    jxl: int | None
    lepton: int | None

    def ratios(self) -> list[float | None]:
        sizes = (
            self.luma,
            self.all - self.luma,
            self.plain + self.header,
            self.all + self.header,
            self.jxl,
            self.lepton,
        )
        return [None if size is None else size / self.jpeg for size in sizes]


def measure(model: DctModel, path: Path) -> Row:
    content = path.read_bytes()
    file = parse(content)
    planes = [
        Plane(coefficients, c.steps, c.horizontal, c.vertical)
        for coefficients, c in zip(file.coefficients, file.layout.components, strict=True)
    ]
    luma, payload = len(model.encode(planes[:1])), len(model.encode(planes))
    plain = len(replace(model, calibrated=False).encode(planes)) if model.calibrated else payload
    header = len(pack_header(file))
    return Row(path.stem, len(content), luma, payload, plain, header, jxl(content), lepton(content))


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
    head = ["file", "bytes", "luma", "chroma", "uncalibrated", "model", "libjxl", "Lepton"]
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
    parser.add_argument("--write", metavar="NAME", help="write NAME.md into benchmarks/results")
    options = parser.parse_args()
    model, rows = read_model(options.model), []
    for path in sorted(options.folder.glob("*.jpg")):
        rows.append(measure(model, path))
        print(rows[-1].name, *map(shown, rows[-1].ratios()), flush=True)
    text = table(rows)
    print(text)
    if options.write:
        write_whole(RESULTS / f"{options.write}.md", f"{text}\n".encode())


if __name__ == "__main__":
    main()
