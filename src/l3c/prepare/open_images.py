"""Open Images: its archives, and the folders of the published training."""

from __future__ import annotations

import re
from pathlib import Path

from l3c.bulk.jobs import Job
from l3c.bulk.plan import Plan
from l3c.bulk.run import OnOutcome, RunSummary, run
from l3c.prepare import record
from l3c.prepare.rescale import Rescale
from l3c.prepare.tree import Workers, prepare_tree
from l3c.prepare.unpack import Unpack

BUCKET = "s3://open-images-dataset/tar"  # where the data set's owners publish it
TRAIN = ("train_0.tar.gz", "train_1.tar.gz", "train_2.tar.gz")  # the archives that the published training used
VALID = ("validation.tar.gz",)  # the archive that the published validation used
ARCHIVE = re.compile(r"\.(tar|tgz|tbz2?|txz|zip|(tar\.)?(gz|bz2|xz))$", re.IGNORECASE)
"""Ends of archives' names: those of Python's tarfile and zipfile."""


def unpack_all(archives: list[str], target: str, on_outcome: OnOutcome, workers: Workers) -> RunSummary:
    """Each archive to a folder of its name. Raises InputError, before anything is written, where two have one."""
    record.refuse_clashes(archives, folder_of)
    jobs = [Job(archive, folder_of(archive), 0) for archive in archives]
    return run(Unpack(target), Plan(jobs, [], {}), "unpack", on_outcome, workers.count, workers.cluster)


def folder_of(archive: str) -> str:
    """An archive's name without what says that it is one."""
    name = record.file_name(archive)
    return ARCHIVE.sub("", name) or name


def rescale_all(task: Rescale, on_outcome: OnOutcome, workers: Workers) -> RunSummary:
    """A whole tree. Raises InputError as `prepare_tree`."""
    options: record.Made = {"seed": task.seed}
    return prepare_tree(task, "rescale", task.source, (task.target, task.discarded), options, on_outcome, workers)


def prepare_open_images(bucket: str, data: Path, on_outcome: OnOutcome, workers: Workers) -> list[RunSummary]:
    """Unpack below `data`/unpacked, rescale to `data`/train_oi and `data`/val_oi. Ends where something failed."""
    done = []
    for archives, folder in ((TRAIN, "train"), (VALID, "val")):
        unpacked = data / "unpacked" / folder
        done.append(unpack_all([f"{bucket}/{name}" for name in archives], str(unpacked), on_outcome, workers))
        if done[-1].exit_code:
            return done
        task = Rescale(str(unpacked), str(data / f"{folder}_oi"), str(data / f"{folder}_discarded"))
        done.append(rescale_all(task, on_outcome, workers))
    return done
