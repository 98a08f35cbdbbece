"""A task over a whole tree of pictures, and what it tells of a picture that cannot be prepared."""

from __future__ import annotations

import traceback
from contextlib import ExitStack
from dataclasses import dataclass, replace

from l3c.bulk.jobs import FAILED, Job, Outcome, Task
from l3c.bulk.plan import inside, plan
from l3c.bulk.run import OnOutcome, RunSummary, run
from l3c.bulk.stores.open import open_store
from l3c.bulk.stores.store import Listing, StoreError
from l3c.errors import InputError, L3CError, unforeseen
from l3c.prepare import record
from l3c.prepare.naming import ToPng


@dataclass(frozen=True)
class Workers:
    """count: processors, None is all. cluster: address of a Dask scheduler, None is this machine."""

    count: int | None = None
    cluster: str | None = None


def prepare_tree(
    task: Task,
    verb: str,
    source: str,
    targets: tuple[str, ...],
    options: record.Made,
    on_outcome: OnOutcome,
    workers: Workers,
) -> RunSummary:
    """Every picture below `source`, but those below a target; the targets are roots that are made.

    options: what results follow from beside their sources. Raises InputError, before anything is written, where the
    source is missing or has no picture, or a target was made of another source or with other options.
    """
    conversions = plan(_listing(source, targets), ToPng())
    if not conversions.jobs and not conversions.refused:
        raise InputError(f"{source}: no picture in it")
    made = {"step": verb, "source": record.place(source, targets[0]), **options}
    new = [root for root in targets if not record.known(root, made)]
    with ExitStack() as held:
        for root in targets:
            store = open_store(root)
            held.callback(store.close)
            store.prepare()
        for root in new:
            record.write(root, made)
        return run(task, conversions, verb, on_outcome, workers.count, workers.cluster)


def _listing(source: str, targets: tuple[str, ...]) -> Listing:
    """Of a source, without the results of runs before that lie in it."""
    within = [name for target in targets if (name := inside(source, target))]
    listing = open_store(source).listing(within[0] if within else None)
    others = tuple(f"{name}/" for name in within)
    return replace(listing, files={name: stamp for name, stamp in listing.files.items() if not name.startswith(others)})


def failure(job: Job, error: Exception) -> Outcome:
    """What is said of a source that led to an error, whatever it is: a run goes on."""
    trace = ""
    if isinstance(error, MemoryError):
        text = "not enough memory"
    elif isinstance(error, L3CError | OSError):
        text = reason(error)
    else:
        text, trace = unforeseen(error), "".join(traceback.format_exception(error))
    if not text.startswith(job.source) and not str(getattr(error, "filename", "")).endswith(f"/{job.source}"):
        text = f"{job.source}: {text}"
    hopeless = isinstance(error, StoreError)
    return Outcome(job.source, job.target, FAILED, job.size, error=text, code=1, hopeless=hopeless, trace=trace)


def reason(error: L3CError | OSError) -> str:
    """Without numbers of the system, and never a name alone, which is all that some libraries say of a missing file."""
    if isinstance(error, L3CError):
        return str(error)
    said = error.strerror or str(error) or type(error).__name__
    if isinstance(error, FileNotFoundError) and not error.strerror:
        said += ": not found"
    return f"{error.filename}: {said}" if error.filename else said
