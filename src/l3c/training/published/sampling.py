"""Pictures that a network imagines: coarse scales stay true, finer ones are drawn from their mixtures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from l3c.errors import InputError
from l3c.published.architecture import recursions_of
from l3c.published.network import Published, Scales
from l3c.published.pictures import Pixels
from l3c.storage.atomic import whole_file
from l3c.training.evaluation.costs import Settings, check_finite
from l3c.training.evaluation.probabilities import padded_tensor
from l3c.training.evaluation.test_sets import TestSet
from l3c.training.published.loading import Trained

THUMBNAIL = 256  # pixels a side on a sheet
LABEL = 16  # pixels of a line of text


@dataclass(frozen=True)
class Sample:
    """label: which scales were drawn, or `gt`. bpsp: of the scales that stayed true."""

    label: str
    bpsp: float
    picture: Pixels


@torch.no_grad()
def sample_picture(network: Published, image: Pixels, settings: Settings, seed: int) -> list[Sample]:
    """Give the padded picture; RGB drawn given the true z1; RGB and z1 given the true z2; and so on."""
    recursions = recursions_of(network.architecture, settings.recursions)
    device = next(network.parameters()).device
    batch = padded_tensor(image, network.architecture.multiple(recursions)).to(device).float()
    scales = network(batch, recursions)
    bpsp = (network.bits(scales)[0] / image.size).tolist()
    generator = torch.Generator(device).manual_seed(seed)
    samples = [Sample("gt", sum(bpsp), _to_pixels(batch))]
    for drawn in range(1, len(scales.values)):
        label = "+".join(["rgb", *(f"bn{i}" for i in range(drawn - 1))])
        samples.append(Sample(label, sum(bpsp[drawn:]), _to_pixels(_draw(network, scales, drawn, generator))))
    return samples


def _draw(network: Published, scales: Scales, drawn: int, generator: torch.Generator) -> Tensor:
    """Draw the `drawn` finest scales, one after another. A drawn scale is fed on as it is, not quantized."""
    values = list(scales.values)
    context = None
    for scale in reversed(range(len(scales.params))):
        context = network.context(scale, values[scale + 1], context)
        if scale < drawn:
            values[scale] = network.mixture(scale).sample(network.classify(scale, context), generator)
    return values[0]


def _to_pixels(images: Tensor) -> Pixels:
    """Cut off fractions: float [1, 3, H, W] -> uint8 [H, W, 3]."""
    return images[0].clamp(0, 255).to(torch.uint8).permute(1, 2, 0).cpu().numpy()


def sample_all(trained: Trained, testset: TestSet, folder: Path, settings: Settings, seed: int = 0) -> list[Path]:
    """Write every picture's samples, and one contact sheet of them all. Refuses to overwrite.

    Raises ModelError, naming weights and picture, where a cost is not finite.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _check_free(folder, "contact_sheet")
    written, rows = [], []
    for index, path, image in testset.pictures([]):
        prefix = f"{index}_{path.stem}"
        _check_free(folder, prefix)
        samples = sample_picture(trained.network, image, settings, seed + index)
        check_finite((sample.bpsp for sample in samples), trained.place, path)
        rows.append(samples)
        for sample in samples:
            written.append(folder / f"{prefix}_{_suffix(sample)}.png")
            _save(Image.fromarray(sample.picture), written[-1])
    written.append(folder / "contact_sheet.png")
    _save(contact_sheet(rows), written[-1])
    return written


def _save(image: Image.Image, path: Path) -> None:
    with whole_file(path) as file:
        image.save(file, "PNG")


def _suffix(sample: Sample) -> str:
    return f"{sample.bpsp:.3f}_gt" if sample.label == "gt" else f"{sample.label}_{sample.bpsp:.3f}"


def _check_free(folder: Path, prefix: str) -> None:
    taken = [path for path in folder.iterdir() if path.name.startswith(prefix)]
    if taken:
        raise InputError(f"{taken[0]}: exists already; choose another folder")


def contact_sheet(rows: list[list[Sample]]) -> Image.Image:
    """Lay out a row for each picture, a column for each sample, labelled with the bits of what stayed true."""
    columns, cell = max(map(len, rows)), THUMBNAIL + LABEL
    sheet = Image.new("RGB", (columns * THUMBNAIL, len(rows) * cell), "white")
    draw = ImageDraw.Draw(sheet)
    for y, row in enumerate(rows):
        for x, sample in enumerate(row):
            thumbnail = Image.fromarray(np.ascontiguousarray(sample.picture))
            thumbnail.thumbnail((THUMBNAIL, THUMBNAIL))
            sheet.paste(thumbnail, (x * THUMBNAIL, y * cell + LABEL))
            draw.text((x * THUMBNAIL + 2, y * cell + 1), f"{sample.label} {sample.bpsp:.3f} bpsp", fill="black")
    return sheet
