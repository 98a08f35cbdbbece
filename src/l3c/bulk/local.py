"""Jobs on the threads of this machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Event

from l3c.bulk.jobs import Job, Outcome, Task
from l3c.codec.threads import Crew, crewed


def run_local(task: Task, jobs: Iterable[Job], workers: int) -> Iterator[Outcome]:
    """Outcomes as they come. Files and their tiles share `workers` processors; no more is at work at once.

    After a hopeless outcome, or when the caller stops listening, what has begun is finished and no more is begun.
    """
    stop = Event()

    def work(job: Job) -> Outcome | None:
        if stop.is_set():
            return None
        outcome = crewed(crew, task, job)
        if outcome.hopeless:
            stop.set()
        return outcome

    with Crew(workers) as crew, ThreadPoolExecutor(workers) as pool:
        try:
            for future in as_completed([pool.submit(work, job) for job in jobs]):
                outcome = future.result()
                if outcome is not None:
                    yield outcome
        finally:
            stop.set()
