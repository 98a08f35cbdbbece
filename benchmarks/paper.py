"""The paper's tables and sampling pictures, from the weights that are here.

python benchmarks/paper.py measure FOLDER...     adds to benchmarks/results/paper.csv what each picture costs
python benchmarks/paper.py pages                 writes the tables of docs/paper.md, and the pictures of samples
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from figures import means, write_csv
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from l3c.codec.models import find_model
from l3c.published.drawing import bits_of, samples_of
from l3c.published.integer_model import PublishedModel
from l3c.storage.atomic import whole_file, write_whole
from l3c.training.evaluation.real_files import tiles_in

ROOT = Path(__file__).parents[1]
WEIGHTS = ROOT / "weights"
RESULTS = ROOT / "benchmarks" / "results" / "paper.csv"
PAGE = ROOT / "docs" / "paper.md"
SAMPLES = ROOT / "docs" / "pictures" / "paper-samples.jpg"
PHOTOGRAPH = ROOT / "docs" / "pictures" / "chelsea.png"

MODELS = {"l3c": "L3C", "rgb": "RGB", "rgb-shared": "RGB Shared"}
SETS = ("kodak", "valid")
OTHERS = {"png": "PNG, level 9", "webp": "WebP lossless, method 6", "j2k": "JPEG 2000", "jxl7": "JPEG XL, effort 7"}
"""Codecs of files, by their columns in the results of benchmarks/compare.py; those that were measured are shown."""

SCALES = 5
"""Columns: the image and at most four coarser scales."""

SUFFIXES = (".png", ".webp")
CROP = (60, 110, 252, 302)
"""Of the photograph that is sampled: top, left, bottom, right."""

BAR = 16
"""Rows above each sample, for its label."""

FIELDS = ("set", "picture", "model", "digest", "subpixels", *(f"bits{scale}" for scale in range(SCALES)))
Row = dict[str, str]


def read_rows(path: Path = RESULTS) -> list[Row]:
    """What was measured; nothing where there is no file."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def shipped(name: str) -> PublishedModel:
    """A model of the weights folder."""
    model = find_model(str(WEIGHTS / f"{name}.safetensors"), 3)
    assert isinstance(model, PublishedModel)
    return model


def measure(folders: list[Path], path: Path = RESULTS) -> None:
    """Add a row for each picture and model that is not there yet; rows of other weights go."""
    models = {name: shipped(name) for name in MODELS}
    digests = {name: model.digest.hex()[:16] for name, model in models.items()}
    rows = [row for row in read_rows(path) if digests.get(row["model"]) == row["digest"]]
    done = {(row["set"], row["picture"], row["model"]) for row in rows}
    for name, model in models.items():
        for folder in folders:
            for file in sorted(f for f in folder.iterdir() if f.suffix in SUFFIXES):
                if (folder.name, file.stem, name) not in done:
                    rows.append(measured(folder.name, file, name, model))
                    write_rows(rows, path)
                    print(*rows[-1].values(), flush=True)


def measured(of: str, file: Path, name: str, model: PublishedModel) -> Row:
    """What a picture costs under a model's integer frequencies, whose files are 0.02 to 0.1 % larger."""
    with Image.open(file) as opened:
        image = np.asarray(opened.convert("RGB"))
    bits = np.sum([bits_of(model, tile) for tile in tiles_in(image, model)], axis=0)
    scales = {f"bits{scale}": f"{bits[scale]:.0f}" if scale < len(bits) else "" for scale in range(SCALES)}
    said = {"set": of, "picture": file.stem, "model": name, "digest": model.digest.hex()[:16]}
    return {**said, "subpixels": str(image.size), **scales}


def write_rows(rows: list[Row], path: Path) -> None:
    ordered = sorted(rows, key=lambda row: [row[field] for field in FIELDS[:3]])
    write_csv(path, FIELDS, ([row[field] for field in FIELDS] for row in ordered))


def shares(rows: list[Row], model: str, of: str) -> NDArray[np.float64]:
    """Mean bits per sub-pixel of each scale over a set's pictures; empty where not all of them were measured."""
    chosen = [row for row in rows if row["model"] == model and row["set"] == of]
    pictures = {row["picture"] for row in rows if row["set"] == of}
    if not chosen or len(chosen) < len(pictures):
        return np.zeros(0)
    count = sum(bool(chosen[0][f"bits{scale}"]) for scale in range(SCALES))
    costs = [[float(row[f"bits{s}"]) / int(row["subpixels"]) for s in range(count)] for row in chosen]
    found: NDArray[np.float64] = np.mean(costs, axis=0)
    return found


def rate_table(rows: list[Row]) -> str:
    """Bits per sub-pixel of every model and codec on every set."""
    sets = [of for of in SETS if any(row["set"] == of for row in rows)]
    columns = [{name: float(shares(rows, name, of).sum()) for name in MODELS} | means(of) for of in sets]
    lines = [f"| bits per sub-pixel | {' | '.join(sets)} |", f"| --- |{' ---: |' * len(sets)}"]
    for name, label in {**MODELS, **OTHERS}.items():
        cells = [f"{column[name]:.3f}" if column.get(name) else "" for column in columns]
        if any(cells):
            lines.append(f"| {label} | {' | '.join(cells)} |")
    return "\n".join(lines)


def scale_table(rows: list[Row]) -> str:
    """Where the bits go: each scale of each model."""
    named = [f"z{scale}" for scale in range(1, SCALES)]
    lines = [f"| model | set | image | {' | '.join(named)} | all |", f"| --- | --- |{' ---: |' * (SCALES + 1)}"]
    for name, label in MODELS.items():
        for of in SETS:
            parts = shares(rows, name, of)
            if parts.size:
                cells = [f"{part:.3f}" for part in parts] + [""] * (SCALES - len(parts))
                lines.append(f"| {label} | {of} | {' | '.join(cells)} | {parts.sum():.3f} |")
    return "\n".join(lines)


TABLES = {"rates": rate_table, "scales": scale_table}


def with_tables(page: str, rows: list[Row]) -> str:
    """A page whose tables between `<!-- NAME -->` and `<!-- end -->` are those of the results."""
    for name, table in TABLES.items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        assert pattern.search(page), name
        made = table(rows)
        page = pattern.sub(lambda match, made=made: match[1] + made + "\n" + match[2], page)  # type: ignore[misc]
    return page


@dataclass(frozen=True)
class Sheet:
    """A row of samples: the model's label, and (label, picture) of each."""

    label: str
    cells: list[tuple[str, NDArray[np.uint8]]]


def sheets(image: NDArray[np.uint8]) -> Iterator[Sheet]:
    for name, label in MODELS.items():
        cells = []
        for sample in samples_of(shipped(name), image):
            drawn = "+".join(["x", *(f"z{s}" for s in range(1, sample.scales))])
            cells.append((f"{f'{drawn} drawn' if sample.scales else label}: {sample.bpsp:.3f}", sample.picture))
        yield Sheet(label, cells)


def sample_picture(rows: list[Sheet]) -> Image.Image:
    """One picture of all samples."""
    height, width = rows[0].cells[0][1].shape[:2]
    columns = max(len(row.cells) for row in rows)
    sheet = Image.new("RGB", (columns * width, len(rows) * (height + BAR)), "white")
    draw: Any = ImageDraw.Draw(sheet)
    for y, row in enumerate(rows):
        for x, (label, picture) in enumerate(row.cells):
            sheet.paste(Image.fromarray(picture), (x * width, y * (height + BAR) + BAR))
            draw.text((x * width + 2, y * (height + BAR) + 2), label, fill="black")
    return sheet


def pages() -> None:
    """Write tables and pictures."""
    write_whole(PAGE, with_tables(PAGE.read_text(encoding="utf-8"), read_rows()).encode())
    top, left, bottom, right = CROP
    with Image.open(PHOTOGRAPH) as opened:
        image = np.asarray(opened.convert("RGB"))[top:bottom, left:right]
    with whole_file(SAMPLES) as sheet:
        sample_picture(list(sheets(image))).save(sheet, "JPEG", quality=85)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("measure", "pages"))
    parser.add_argument("folders", nargs="*", type=Path)
    options = parser.parse_args()
    if options.what == "measure":
        measure([folder.resolve() for folder in options.folders])
    else:
        pages()
    return 0


if __name__ == "__main__":
    sys.exit(main())
