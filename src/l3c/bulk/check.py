"""Verification of the l3c files of a tree."""

from __future__ import annotations

import traceback
from dataclasses import dataclass

from l3c import api
from l3c.bulk.jobs import DONE, FAILED, Job, Outcome
from l3c.bulk.operation import Operation
from l3c.bulk.plan import plan
from l3c.bulk.run import OnOutcome, RunSummary, run
from l3c.bulk.stores.open import open_store
from l3c.bulk.watch import Watch, share_of_work
from l3c.errors import InputError, explained


@dataclass(frozen=True)
class Check:
    """Decode a file and compare every checksum; nothing is written."""

    source: str
    max_memory: int | None = None
    debug: bool = False

    def __call__(self, job: Job, /) -> Outcome:
        store = open_store(self.source)
        name = store.path(job.source)
        try:
            share_of_work()(0.0)
            data = store.read(job.source)
            verified = api.verify(data, max_memory=self.max_memory)
        except Exception as error:
            return self._failed(job, error, *explained(error, name))
        samples = int(8 * len(data) / verified.bits_per_subpixel)
        return Outcome(job.source, "", DONE, len(data), samples)

    def _failed(self, job: Job, error: BaseException, reason: str, code: int = 1) -> Outcome:
        trace = "".join(traceback.format_exception(error)) if self.debug else ""
        return Outcome(job.source, "", FAILED, job.size, error=reason, code=code, trace=trace)


def check_folder(
    task: Check,
    decoding: Operation,
    on_outcome: OnOutcome,
    workers: int | None = None,
    cluster: str | None = None,
    watch: Watch | None = None,
) -> RunSummary:
    """Verify all files of a tree that decoding takes, of which there must be one.

    bytes_out of an outcome counts samples.
    """
    checks = plan(open_store(task.source).listing(hidden=True), decoding)
    if not checks.jobs:
        raise InputError(f"{task.source}: is a folder without l3c files")
    return run(task, checks, "verify", on_outcome, workers, cluster, watch)
