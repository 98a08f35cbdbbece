"""Downsampled ImageNet, 32 x 32 and 64 x 64: packed batches to pictures.

Both versions that are published as packed files are read: pickled dictionaries (train_data_batch_1, val_data) and NumPy
archives (train_data_batch_1.npz). The older one, archives of PNG files, is unpacked by `unpack`.
"""

from __future__ import annotations

import io
import pickle
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from math import isqrt
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from l3c.bulk.jobs import DONE, SKIPPED, Job, Outcome
from l3c.bulk.plan import Plan
from l3c.bulk.run import OnOutcome, RunSummary, run
from l3c.bulk.stores.open import open_store
from l3c.errors import InputError, L3CError
from l3c.prepare import record
from l3c.prepare.pictures import png
from l3c.prepare.tree import Workers, failure

PART = 1000
"""Pictures that are one job."""

Pictures = NDArray[np.uint8]
_lock = Lock()


@dataclass(frozen=True)
class Extract:
    """target: root of the pictures, NAME/000000.png and so on. A picture that is there is left."""

    target: str

    def __call__(self, job: Job, /) -> Outcome:
        """job.source: path of a packed file, "#", number of its first picture. job.target: folder below the root."""
        try:
            return self._extract(job)
        except Exception as error:
            return failure(job, error)

    def _extract(self, job: Job) -> Outcome:
        store = open_store(self.target)
        path, _, first = job.source.rpartition("#")
        pictures = packed(path)[int(first) : int(first) + PART]
        names = [f"{job.target}/{int(first) + i:06}.png" for i in range(len(pictures))]
        missing = [i for i, name in enumerate(names) if not store.stamp(name)]
        written = 0
        for i in missing:
            data = png(Image.fromarray(pictures[i]))
            written += len(data)
            store.write(names[i], data, replace=True)
        return Outcome(job.source, job.target, DONE if missing else SKIPPED, pictures.nbytes, written)


def extract_all(sources: list[str], target: str, on_outcome: OnOutcome, workers: Workers) -> list[RunSummary]:
    """Each packed file to a folder of its name; one that cannot be read is a failure, and the others go on.

    Raises InputError, before anything is written, where two would go to one folder.
    """
    record.refuse_clashes(sources, folder_of)
    summaries = []
    for source in sources:  # one after another: a packed file is large
        plan = _plan(source, f"{target.rstrip('/')}/{folder_of(source)}")
        summaries.append(run(Extract(target), plan, "extract", on_outcome, workers.count, workers.cluster))
    return summaries


def _plan(source: str, folder: str) -> Plan:
    """The jobs of a packed file, whose folder says from now on that it is of this file."""
    try:
        made = {"step": "imagenet", **record.identity(source)}
        jobs = jobs_of(source)
        if not record.known(folder, made):
            record.write(folder, made)
    except (L3CError, OSError) as error:
        return Plan([], [failure(Job(source, folder_of(source), 0), error)], {})
    return Plan(jobs, [], {})


def jobs_of(path: str) -> list[Job]:
    """A packed file's pictures, by the thousand. Raises InputError where it is none."""
    pictures = packed(path)
    size = pictures[0].nbytes
    parts = range(0, len(pictures), PART)
    return [Job(f"{path}#{i}", folder_of(path), min(PART, len(pictures) - i) * size) for i in parts]


def folder_of(path: str) -> str:
    return record.file_name(path).removesuffix(".npz")


def packed(path: str) -> Pictures:
    """All pictures of a packed file: uint8 [number, side, side, 3]. The last two files are remembered."""
    with _lock:
        return _packed(path)


@lru_cache(maxsize=2)
def _packed(path: str) -> Pictures:
    raw = Path(path).read_bytes()
    try:
        data = np.asarray(_npz(raw) if zipfile.is_zipfile(io.BytesIO(raw)) else _pickled(raw))
    except MemoryError:
        raise
    except Exception as error:  # unpickling raises whatever damage leads to
        raise InputError(f"{path}: not a packed file of downsampled ImageNet: {error}") from error
    side = isqrt(data.shape[1] // 3) if data.ndim == 2 else 0
    if data.dtype != np.uint8 or not side or data.shape[1] != 3 * side * side or not len(data):
        raise InputError(f"{path}: {data.dtype} {data.shape}, which is no list of pictures")
    return np.ascontiguousarray(data.reshape(-1, 3, side, side).transpose(0, 2, 3, 1))


def _npz(raw: bytes) -> Any:
    return np.load(io.BytesIO(raw), allow_pickle=False)["data"]


def _pickled(raw: bytes) -> Any:
    return ArraysOnly(io.BytesIO(raw), encoding="latin1").load()["data"]


class ArraysOnly(pickle.Unpickler):
    """Reads arrays of numbers and plain values, and runs nothing else."""

    ALLOWED = frozenset(
        [("multiarray", "_reconstruct"), ("numpy", "ndarray"), ("numpy", "dtype"), ("multiarray", "scalar")]
    )

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("_codecs", "encode"):
            return super().find_class(module, name)
        if (module.rpartition(".")[2], name) not in self.ALLOWED or module.partition(".")[0] != "numpy":
            raise pickle.UnpicklingError(f"{module}.{name} is not allowed")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)
