"""A whole run over a tree, and the summary of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from l3c.bulk.jobs import DONE, FAILED, PLANNED, SKIPPED, Job, Outcome, Task
from l3c.bulk.plan import Plan, inside, plan
from l3c.bulk.stores.open import open_store
from l3c.bulk.transfer import Transfer
from l3c.bulk.watch import Watch
from l3c.threads import thread_count

OnOutcome = Callable[[Outcome, "RunSummary"], None]


@dataclass
class RunSummary:
    """What a run has done so far. total, total_bytes: what is to be done. started: by time.monotonic.

    bytes_seen: of sources that are finished. bytes_worked: of those among them that were not just skipped.
    """

    verb: str
    total: int
    total_bytes: int
    left_out: dict[str, tuple[str, ...]] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=lambda: {DONE: 0, SKIPPED: 0, FAILED: 0})
    deleted: int = 0
    pruned: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    bytes_seen: int = 0
    bytes_worked: int = 0
    codes: set[int] = field(default_factory=set)
    started: float = field(default_factory=time.monotonic)

    def add(self, outcome: Outcome) -> None:
        self.files[outcome.status] = self.files.get(outcome.status, 0) + 1
        self.deleted += outcome.deleted
        self.pruned += len(outcome.pruned)
        self.bytes_seen += outcome.bytes_in
        if outcome.status not in (SKIPPED, PLANNED, FAILED):
            self.bytes_worked += outcome.bytes_in
        if outcome.status == DONE:
            self.bytes_in += outcome.bytes_in
            self.bytes_out += outcome.bytes_out
        if outcome.status == FAILED:
            self.codes.add(outcome.code)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    @property
    def finished(self) -> int:
        return sum(self.files.values())

    @property
    def exit_code(self) -> int:
        """0 where nothing failed; that of the failures where they are of one kind, else 1."""
        if self.finished < self.total:
            return 1
        return (self.codes.pop() if len(self.codes) == 1 else 1) if self.files[FAILED] else 0

    def to_dict(self) -> dict[str, Any]:
        """As `--json` prints it at the end."""
        ratio = self.bytes_out / self.bytes_in if self.bytes_in else None
        return {
            "command": self.verb, "files": self.total, **self.files, "not_tried": self.total - self.finished,
            "deleted": self.deleted, "pruned": self.pruned,
            "left_out": {kind: len(names) for kind, names in self.left_out.items()}, "bytes_in": self.bytes_in,
            "bytes_out": self.bytes_out, "ratio": ratio, "seconds": round(self.seconds, 3),
        }  # fmt: skip


def convert_folder(
    task: Transfer,
    on_outcome: OnOutcome,
    workers: int | None = None,
    cluster: str | None = None,
    watch: Watch | None = None,
) -> RunSummary:
    """Convert a tree. on_outcome: called for every file as it is finished. Raises StoreError where the target is none.

    workers: processors to use; None is all. cluster: address of a Dask scheduler, instead of this machine.
    watch: hears what is in progress on this machine.
    """
    source = open_store(task.source)
    listing = source.listing(inside(task.source, task.target), task.operation.everything)
    with closing(open_store(task.target)) as target:
        if not task.dry:
            target.prepare(source.folder_mode(""))
        conversions = plan(listing, task.operation, target.names())
        summary = run(task, conversions, task.operation.verb, on_outcome, workers, cluster, watch)
        if not task.dry:
            target.tidy()
        return summary


def run(
    task: Task,
    plan: Plan,
    verb: str,
    on_outcome: OnOutcome,
    workers: int | None = None,
    cluster: str | None = None,
    watch: Watch | None = None,
) -> RunSummary:
    """Do a plan's jobs, those of large files first, so that no large one is begun last."""
    jobs = sorted(plan.jobs, key=lambda job: -job.size)
    sizes = [job.size for job in jobs] + [outcome.bytes_in for outcome in plan.refused]
    summary = RunSummary(verb, len(sizes), sum(sizes), plan.left_out)
    for outcome in plan.refused:
        summary.add(outcome)
        on_outcome(outcome, summary)
    with closing(runner(task, jobs, thread_count(workers), cluster, watch)) as outcomes:
        for outcome in outcomes:
            summary.add(outcome)
            on_outcome(outcome, summary)
    return summary


def runner(task: Task, jobs: list[Job], workers: int, cluster: str | None, watch: Watch | None = None) -> Any:
    """A generator of outcomes."""
    if cluster is not None:
        from l3c.bulk.cluster import run_cluster

        return run_cluster(task, jobs, cluster)
    from l3c.bulk.local import run_local

    return run_local(task, jobs, workers, watch)
