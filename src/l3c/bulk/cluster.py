"""Jobs on the workers of a Dask cluster. What a lost worker had begun is done again by another."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Any

from l3c.bulk.jobs import FAILED, Job, Outcome, Task
from l3c.errors import InputError, install_command
from l3c.threads import WorkerPool, within_pool


def run_cluster(task: Task, jobs: list[Job], address: str) -> Iterator[Outcome]:
    """Outcomes as they come; after a hopeless one the rest is cancelled. Raises InputError where nobody answers."""
    try:
        from distributed import Client, as_completed
    except ImportError as error:
        raise InputError(f"--cluster: {error}; it needs: {install_command('cluster')}") from error
    try:
        client = Client(address)
    except (OSError, ValueError) as error:
        raise InputError(f"--cluster {address}: no scheduler answers there: {error}") from error
    with client:
        futures = client.map(partial(work, task), jobs, pure=False)
        named = {future.key: job for future, job in zip(futures, jobs, strict=True)}
        for future in as_completed(futures):
            outcome = result_of(future, named[future.key])
            yield outcome
            if outcome.hopeless:
                client.cancel(futures)
                return


def result_of(future: Any, job: Job) -> Outcome:
    """A job that ends worker after worker is a failure like any other."""
    if future.status == "finished":
        outcome: Outcome = future.result()
        return outcome
    reason = f"{job.source}: the workers that tried it were lost: {future.exception()}"
    return Outcome(job.source, job.target, FAILED, job.size, error=reason, code=1)


def work(task: Task, job: Job) -> Outcome:
    """On a worker: all its threads share its processors, files and tiles alike."""
    from distributed import get_worker

    return within_pool(pool_of(get_worker().state.nthreads), task, job)


@lru_cache(maxsize=1)
def pool_of(count: int) -> WorkerPool:
    """Of this process."""
    return WorkerPool(count)
