"""Verification of the l3c files of a tree."""

from __future__ import annotations

from dataclasses import dataclass

from l3c import api
from l3c.bulk.jobs import DONE, FAILED, Job, Outcome
from l3c.bulk.kinds import Decoding
from l3c.bulk.plan import plan
from l3c.bulk.run import Account, Heard, run
from l3c.bulk.store import open_store
from l3c.errors import InputError, L3CError


@dataclass(frozen=True)
class Check:
    """Decode a file and compare every check sum; nothing is written."""

    source: str
    max_memory: int | None = None

    def __call__(self, job: Job, /) -> Outcome:
        store = open_store(self.source)
        name = store.path(job.source)
        try:
            data = store.read(job.source)
            found = api.verify(data, max_memory=self.max_memory)
        except L3CError as error:
            return Outcome(job.source, "", FAILED, job.size, error=f"{name}: {error}", code=error.exit_code)
        except (OSError, MemoryError) as error:
            return Outcome(job.source, "", FAILED, job.size, error=f"{name}: {error or 'not enough memory'}", code=1)
        samples = int(8 * len(data) / found.bits_per_subpixel)
        return Outcome(job.source, "", DONE, len(data), samples)


def check_folder(task: Check, heard: Heard, workers: int | None = None, cluster: str | None = None) -> Account:
    """Verify all l3c files of a tree, of which there must be one; bytes_out of an outcome counts samples."""
    found = plan(open_store(task.source).listing(), Decoding())
    if not found.jobs:
        raise InputError(f"{task.source}: is a folder without l3c files")
    return run(task, found, "verify", heard, workers, cluster)
