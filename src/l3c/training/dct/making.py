"""JPEG files made for training: of photographs and drawings, at many qualities, with many tables and samplings.

Real files alone are too few makers' tables, and too few smooth or drawn pictures: a network that saw only those was far
behind on unusual files.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from l3c.training.picture_files import UNREADABLE, ReadableFrom

Table = list[int]
Tables = list[Table]

QUALITY_SHARES = ((0.12, 100, 101), (0.3, 93, 100), (0.3, 85, 93), (0.18, 70, 85), (0.1, 30, 70))
"""(share, from, to) of libjpeg's qualities: files of high quality are most of people's bytes."""

DRAWN = 0.2  # share of drawings
COMPRESSED_BEFORE = 0.16  # share of pictures that were a JPEG file before
SIDE = 640  # of a picture at most, pixels: more pictures are better than larger ones
logger = logging.getLogger(__name__)
SAMPLINGS = (0, 0, 1, 2, 2)  # Pillow's numbers of 4:4:4, 4:2:2 and 4:2:0, as often as they stand here


class Maker:
    """Makes files. pictures: photographs without loss. jpegs: JPEG files; they also lend their tables.

    What is damaged or too large is named and replaced by the next one.
    """

    def __init__(self, pictures: list[Path], jpegs: list[Path], seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.pictures, self.jpegs = pictures, jpegs
        self._read_picture, self._read_jpeg = ReadableFrom(pictures), ReadableFrom(jpegs)
        self.tables = [tables for path in jpegs if (tables := _tables(path))]

    def files(self, count: int) -> Iterator[tuple[str, bytes]]:
        """(name, content) of each."""
        for i in range(count):
            content = io.BytesIO()
            sampling = SAMPLINGS[self.rng.integers(len(SAMPLINGS))]
            self.picture().save(content, "JPEG", qtables=self.some_tables(), subsampling=sampling, optimize=True)
            yield f"made{i}.jpg", content.getvalue()

    def quality(self) -> int:
        shares = [share for share, _, _ in QUALITY_SHARES]
        _, low, high = QUALITY_SHARES[self.rng.choice(len(shares), p=shares)]
        return int(self.rng.integers(low, high))

    def some_tables(self) -> Tables:
        """libjpeg's, a real file's, scaled, or any between flat and steep ones."""
        rng, kind = self.rng, self.rng.random()
        if kind < 0.5:
            return libjpeg_tables(self.quality())
        if kind < 0.75 and self.tables:
            factor, tables = 2 ** rng.uniform(-1, 1), self.tables[rng.integers(len(self.tables))]
            return [[int(min(255, max(1, round(x * factor)))) for x in table] for table in tables]
        scale, noise = 2 ** rng.uniform(0, 3.5), rng.uniform(0, 0.15)
        made = []
        for table in libjpeg_tables(50):
            steep = (np.array(table) / 16) ** rng.uniform(0.3, 1.3) * np.exp(noise * rng.standard_normal(64))
            made.append([int(x) for x in np.clip(np.rint(scale * steep), 1, 255)])
        return made

    def picture(self) -> Image.Image:
        """Of any kind."""
        rng = self.rng
        if rng.random() < DRAWN or not (self.pictures or self.jpegs):
            return drawing(rng)
        image = self._resized(self._photograph())
        if rng.random() < 0.15:
            image = image.filter(ImageFilter.UnsharpMask(rng.uniform(0.5, 3), int(rng.uniform(30, 150))))
        image = cropped(image, SIDE, SIDE, rng)
        if rng.random() < 0.5:
            image = image.transpose(
                Image.Transpose.TRANSPOSE if rng.random() < 0.5 else Image.Transpose.FLIP_LEFT_RIGHT
            )
        if rng.random() < COMPRESSED_BEFORE:
            content = io.BytesIO()
            image.save(content, "JPEG", quality=self.quality(), subsampling=int(rng.integers(3)))
            image = Image.open(content).convert("RGB")
            if rng.random() < 0.3:
                left, top = (int(rng.integers(min(8, side))) for side in image.size)
                image = image.crop((left, top, *image.size))
        return image

    def _photograph(self) -> Image.Image:
        rng = self.rng
        if self.pictures and (rng.random() < 0.55 or not self.jpegs):
            return Image.fromarray(self._read_picture(int(rng.integers(len(self.pictures)))))
        image = Image.fromarray(self._read_jpeg(int(rng.integers(len(self.jpegs)))))
        if max(image.size) > 900 and rng.random() < 0.85:  # smaller, it has lost the traces of its first compression
            return resized(image, rng.uniform(0.3, 0.7), Image.Resampling.LANCZOS)
        return image

    def _resized(self, image: Image.Image) -> Image.Image:
        """Half of them larger, so smoother, as the wallpapers of large screens are."""
        rng = self.rng
        if rng.random() < 0.5:
            factor = float(np.exp(rng.uniform(0.1, 1.8)))
            image = cropped(image, int(SIDE / factor) + 8, int(SIDE / factor) + 8, rng)
            filters = (Image.Resampling.BICUBIC, Image.Resampling.LANCZOS, Image.Resampling.BILINEAR)
            image = resized(image, factor, filters[rng.integers(3)])
        return image


def resized(image: Image.Image, factor: float, method: Image.Resampling) -> Image.Image:
    width, height = (max(8, int(side * factor)) for side in image.size)
    return image.resize((width, height), method)


def cropped(image: Image.Image, width: int, height: int, rng: np.random.Generator) -> Image.Image:
    """A random part, at most so large."""
    width, height = min(width, image.size[0]), min(height, image.size[1])
    x, y = rng.integers(image.size[0] - width + 1), rng.integers(image.size[1] - height + 1)
    return image.crop((int(x), int(y), int(x) + width, int(y) + height))


def drawing(rng: np.random.Generator) -> Image.Image:
    """Shapes on a gradient, perhaps blurred, perhaps with noise."""
    width, height = (int(side) for side in rng.integers(300, 1000, 2))
    corner, right, down = rng.uniform(0, 255, (3, 3))
    y, x = np.mgrid[:height, :width]
    colours = corner + (right - corner) * (x / width)[..., None] + (down - corner) * (y / height)[..., None]
    image = Image.fromarray(np.clip(np.rint(colours), 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(int(np.exp(rng.uniform(0, 5)))):
        middle, reach = rng.uniform(0, [width, height]), float(np.exp(rng.uniform(1, 6)))
        points = [(float(a), float(b)) for a, b in middle + reach * rng.standard_normal((rng.integers(3, 8), 2))]
        red, green, blue = (int(value) for value in rng.integers(0, 256, 3))
        kind = rng.integers(3)
        if kind == 0:
            draw.polygon(points, fill=(red, green, blue))
        elif kind == 1:
            draw.line(points, fill=(red, green, blue), width=int(rng.integers(1, 8)))
        else:
            box = (*(middle - reach).tolist(), *(middle + reach).tolist())
            draw.ellipse(box, fill=(red, green, blue))
    if rng.random() < 0.6:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 3)))
    if rng.random() < 0.2:
        values = np.asarray(image, np.float64)
        values = values + rng.standard_normal(values.shape) * rng.uniform(0.3, 5)
        image = Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
    return image


def libjpeg_tables(quality: int) -> Tables:
    """Luma's and chroma's, as Pillow takes them."""
    content = io.BytesIO()
    Image.new("RGB", (8, 8)).save(content, "JPEG", quality=quality)
    with Image.open(content) as image:
        tables = image.quantization  # type: ignore[attr-defined]
    return [list(tables[0]), list(tables.get(1, tables[0]))]


def _tables(path: Path) -> Tables | None:
    """A file's; None where it has none that Pillow reads. A damaged file is named."""
    try:
        with Image.open(path) as image:
            tables = getattr(image, "quantization", {})
    except UNREADABLE as error:
        logger.warning("skipped %s: %s", path, error)
        return None
    return [list(tables[0]), list(tables.get(1, tables[0]))] if 0 in tables else None
