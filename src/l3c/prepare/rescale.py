"""The published rules for training pictures: rescaled at random, the small and the odd ones discarded."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import numpy as np
from PIL import Image

from l3c.bulk.jobs import DISCARDED, DONE, SKIPPED, Job, Outcome
from l3c.bulk.stores.open import open_store
from l3c.prepare.pictures import opened, png
from l3c.prepare.tree import failure
from l3c.threads import at_work

SHORT_SIDE = 512  # pixels, at least, after rescaling: the published rule
LARGEST_SCALE = 0.8  # the published rule: pictures shrink, so that less is left of what JPEG did to them
MOST_SATURATION = 0.9  # mean of HSV's saturation, above which a picture is left out: the published rule
MOST_VALUE = 0.8  # mean of HSV's value, above which a picture is left out: the published rule


@dataclass(frozen=True)
class Rescale:
    """source, target, discarded: roots, folders or URLs; discarded originals are copied to the last.

    Every picture has a scale of its own, which follows from seed and name, whoever prepares it.
    """

    source: str
    target: str
    discarded: str
    seed: int = 123

    def __call__(self, job: Job, /) -> Outcome:
        try:
            return self._prepare(job)
        except Exception as error:
            return failure(job, error)

    def _prepare(self, job: Job) -> Outcome:
        target, discarded = open_store(self.target), open_store(self.discarded)
        if target.stamp(job.target) or discarded.stamp(job.source):
            return Outcome(job.source, job.target, SKIPPED, job.size)
        raw = open_store(self.source).read(job.source)
        with at_work():
            data, reason = rescaled(raw, job.source, Random(f"{self.seed} {job.source}"))
        if data is None:
            discarded.write(job.source, raw, replace=True)
            return Outcome(job.source, job.target, DISCARDED, len(raw), notes=(reason,))
        target.write(job.target, data, replace=True)
        return Outcome(job.source, job.target, DONE, len(raw), len(data))


def rescaled(raw: bytes, name: str, random: Random) -> tuple[bytes | None, str]:
    """A PNG file; or None, and the reason to discard the picture. Raises InputError for damaged files."""
    with opened(raw, name) as image:
        if reason := unfit(image):
            return None, reason
        scale = random.uniform(SHORT_SIDE / min(image.size), LARGEST_SCALE)
        size = round(image.width * scale), round(image.height * scale)
        small = image.resize(size, Image.Resampling.LANCZOS)
    reason = unnatural(small)
    return (None, reason) if reason else (png(small), "")


def unfit(image: Image.Image) -> str:
    """Why a picture is discarded before it is rescaled, or nothing."""
    if LARGEST_SCALE * min(image.size) < SHORT_SIDE:
        return f"short side of {min(image.size)} pixels"
    return "" if image.mode == "RGB" else f"mode {image.mode}"


def unnatural(image: Image.Image) -> str:
    """Why a rescaled picture is discarded, or nothing: means of saturation and value, 0..1, above the limits."""
    _, saturation, value = np.asarray(image.convert("HSV")).mean(axis=(0, 1)) / 255
    if saturation > MOST_SATURATION:
        return f"saturation {saturation:.2f}"
    return f"value {value:.2f}" if value > MOST_VALUE else ""
