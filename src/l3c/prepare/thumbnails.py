"""Stand-ins for downsampled ImageNet from any photographs: random squares of each, reduced to one small size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from PIL import Image

from l3c.bulk.jobs import DISCARDED, DONE, SKIPPED, Job, Outcome
from l3c.bulk.run import OnOutcome, RunSummary
from l3c.bulk.stores.open import open_store
from l3c.prepare.pictures import opened, png
from l3c.prepare.record import Made
from l3c.prepare.tree import Workers, failure, prepare_tree
from l3c.threads import at_work

Square = tuple[int, int, int, int]
"""Left, top, right, bottom."""


@dataclass(frozen=True)
class Thumbnails:
    """source, target: roots, folders or URLs. size: sides of the results, pixels. each: results of a picture.

    The squares of a picture follow from seed and name, whoever prepares it.
    """

    source: str
    target: str
    size: int = 32
    each: int = 60
    seed: int = 123

    def __call__(self, job: Job, /) -> Outcome:
        """job.target: a/b.png, for a/b_00.png and so on; those that are there are left."""
        try:
            return self._prepare(job)
        except Exception as error:
            return failure(job, error)

    def _prepare(self, job: Job) -> Outcome:
        target = open_store(self.target)
        missing = {i: name for i, name in enumerate(self._names(job)) if not target.stamp(name)}
        if not missing:
            return Outcome(job.source, job.target, SKIPPED, job.size)
        raw = open_store(self.source).read(job.source)
        with at_work():
            files, reason = self._reduced(raw, job.source, missing)
        if reason:
            return Outcome(job.source, job.target, DISCARDED, len(raw), notes=(reason,))
        for name, data in files.items():
            target.write(name, data, replace=True)
        return Outcome(job.source, job.target, DONE, len(raw), sum(map(len, files.values())))

    def _reduced(self, raw: bytes, source: str, wanted: dict[int, str]) -> tuple[dict[str, bytes], str]:
        """PNG files by name, of the squares that are wanted; or none, and the reason to discard the picture."""
        size, filter_ = (self.size, self.size), Image.Resampling.BOX
        with opened(raw, source) as image:
            if reason := unfit(image, self.size):
                return {}, reason
            places = list(squares(image, self.each, Random(f"{self.seed} {source}")))
            return {name: png(image.resize(size, filter_, places[i])) for i, name in wanted.items()}, ""

    def _names(self, job: Job) -> list[str]:
        stem, digits = job.target.removesuffix(".png"), max(2, len(str(self.each - 1)))
        return [f"{stem}_{i:0{digits}}.png" for i in range(self.each)]


def unfit(image: Image.Image, size: int) -> str:
    """Why a picture is discarded, or nothing: a square of half its short side would have to be enlarged; not RGB."""
    if min(image.size) < 2 * size:
        return f"short side of {min(image.size)} pixels"
    return "" if image.mode == "RGB" else f"mode {image.mode}"


def squares(image: Image.Image, count: int, random: Random) -> Iterator[Square]:
    """Anywhere in the picture, sides between half of its short side and all of it."""
    short = min(image.size)
    for _ in range(count):
        side = random.randint(-(-short // 2), short)
        left, top = (random.randint(0, length - side) for length in image.size)
        yield left, top, left + side, top + side


def thumbnails_of(task: Thumbnails, on_outcome: OnOutcome, workers: Workers) -> RunSummary:
    """A whole tree. Raises InputError as `prepare_tree`."""
    options: Made = {"size": task.size, "each": task.each, "seed": task.seed}
    return prepare_tree(task, "thumbnails", task.source, (task.target,), options, on_outcome, workers)
