"""The packed pictures that a job trains with."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

from l3c.errors import InputError
from l3c.training.job.job import Job
from l3c.training.packed import SUFFIX, Reduction, Source, pack

PLAIN = "train"
"""Folder of the data: pictures as they are."""

SCALED = "scaled"
"""Folder of the data: pictures to be reduced."""

VALID = "valid"
"""Folder of the data: pictures for validation."""

USUAL_CROP = 128
"""Pixels a side, of the configuration `packed`; wave networks have half of that, and pictures of twice their crops."""

REDUCTION = Reduction(0.25, 0.6)
"""Factors for pictures out of JPEG files: at less than 0.6 nothing is left of the grid of 8 x 8 pixels."""


def packed_data(job: Job) -> dict[str, Path]:
    """Packed files by folder of the data: plain and reduced pictures for training, those of validation."""
    crop = _crop(job)
    if not ((job.data / PLAIN).is_dir() and (job.data / VALID).is_dir()):
        raise InputError(f"{job.data}: needs the folders {PLAIN} and {VALID}, and may have {SCALED}")
    packs = {}
    for name, reduction, least in ((PLAIN, None, crop), (SCALED, REDUCTION, crop), (VALID, None, 1)):
        if (job.data / name).is_dir():
            place = job.work / (VALID if name == VALID else PLAIN)
            packs[name] = _packed(job.data / name, place, reduction, least)
    for stale in {path for place in (VALID, PLAIN) for path in (job.work / place).glob("*" + SUFFIX)}:
        if stale not in packs.values():  # of other data: all that lies there is trained on
            stale.unlink()
    return packs


def _crop(job: Job) -> int:
    """Pixels a side of what is cut out of pictures: smaller ones are not packed."""
    crop = USUAL_CROP
    for text in job.settings:
        key, _, value = text.partition("=")
        if key in ("crop", "data.crop"):
            if not value.isdecimal():
                raise InputError(f"-p {text}: is no number of pixels")
            crop = int(value)
    return crop


def _packed(folder: Path, place: Path, reduction: Reduction | None, least: int) -> Path:
    """The packed file of a folder; its name tells of the folder's files, so that others are packed anew."""
    stats = ((path, path.stat()) for path in folder.rglob("*") if path.is_file())
    files = sorted((str(path.relative_to(folder)), stat.st_size, stat.st_mtime_ns) for path, stat in stats)
    digest = hashlib.sha256(repr((files, reduction, least)).encode()).hexdigest()[:12]
    target = place / f"{folder.name}-{digest}{SUFFIX}"
    if not target.exists():
        begin = time.perf_counter()
        count, pixels = pack([Source(str(folder), reduction)], target, least)
        print(f"{target}: {count:,} pictures, {pixels:,} pixels, {time.perf_counter() - begin:.1f} s", flush=True)
    return target


def data_settings(packs: dict[str, Path], minutes: float) -> tuple[str, ...]:
    """Where the pictures are, and how long a training may take."""
    return (f"train={packs[PLAIN].parent / ('*' + SUFFIX)}", f"valid={packs[VALID]}", f"minutes={minutes:.4f}")
