"""A task over a whole tree of pictures, and what it tells of a picture that cannot be prepared."""

from __future__ import annotations

import traceback
from contextlib import ExitStack
from dataclasses import dataclass

from l3c.bulk.jobs import FAILED, Job, Outcome, Task
from l3c.bulk.plan import inside, plan
from l3c.bulk.run import OnOutcome, RunSummary, run
from l3c.bulk.stores.open import open_store
from l3c.bulk.stores.store import StoreError
from l3c.errors import L3CError, unforeseen
from l3c.prepare.naming import ToPng


@dataclass(frozen=True)
class Workers:
    """count: processors, None is all. cluster: address of a Dask scheduler, None is this machine."""

    count: int | None = None
    cluster: str | None = None


def prepare_tree(
    task: Task, verb: str, source: str, targets: tuple[str, ...], on_outcome: OnOutcome, workers: Workers
) -> RunSummary:
    """Every picture below `source`, but those below the first target; the targets are roots that are made."""
    with ExitStack() as held:
        for root in targets:
            store = open_store(root)
            held.callback(store.close)
            store.prepare()
        conversions = plan(open_store(source).listing(inside(source, targets[0])), ToPng())
        return run(task, conversions, verb, on_outcome, workers.count, workers.cluster)


def failure(job: Job, error: Exception) -> Outcome:
    """What is said of a source that led to an error, whatever it is: a run goes on."""
    trace = ""
    if isinstance(error, MemoryError):
        text = "not enough memory"
    elif isinstance(error, L3CError | OSError):
        text = str(error)
    else:
        text, trace = unforeseen(error), "".join(traceback.format_exception(error))
    if not text.startswith(job.source):
        text = f"{job.source}: {text}"
    hopeless = isinstance(error, StoreError)
    return Outcome(job.source, job.target, FAILED, job.size, error=text, code=1, hopeless=hopeless, trace=trace)
