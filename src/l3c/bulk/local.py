"""Jobs on the threads of this machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
from threading import Event

from l3c.bulk.jobs import Job, Outcome, Task
from l3c.bulk.watch import Watch
from l3c.threads import POOL, Cancelled, WorkerPool, within_pool

GRACE = 3.0
"""Seconds that work which was begun has to end, once nobody waits for it: most tiles take less."""


def run_local(task: Task, jobs: Iterable[Job], workers: int, watch: Watch | None = None) -> Iterator[Outcome]:
    """Outcomes as they come. Files and their tiles share `workers` processors; no more is at work at once.

    watch: hears what is in progress.

    After a hopeless outcome what has begun is finished and no more is begun. When the caller stops listening, or
    interrupts, files that have begun are given up at their next tile, and nothing of them stays.
    """
    stop, seen = Event(), watch or Watch()

    def work(job: Job) -> Outcome | None:
        if stop.is_set():
            return None
        try:
            with seen.following(job):
                outcome = within_pool(pool, task, job)
        except Cancelled:
            return None
        if outcome.hopeless:
            stop.set()
        return outcome

    with WorkerPool(workers) as pool:
        threads = ThreadPoolExecutor(workers, thread_name_prefix=POOL)
        futures = [threads.submit(work, job) for job in jobs]
        try:
            for future in as_completed(futures):
                outcome = future.result()
                if outcome is not None:
                    yield outcome
        except BaseException:  # an interruption, or GeneratorExit
            stop.set()
            pool.cancel()
            threads.shutdown(wait=False, cancel_futures=True)
            wait(futures, GRACE)
            raise
        threads.shutdown()
