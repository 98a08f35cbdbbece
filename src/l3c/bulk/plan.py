"""Which files of a tree are done, and under which names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from l3c.bulk.jobs import FAILED, Job, Outcome
from l3c.bulk.stores.store import Listing
from l3c.storage.remote import is_remote


class Naming(Protocol):
    """Which files are sources, and what their targets may be called."""

    def takes(self, name: str) -> bool: ...

    def names(self, name: str) -> list[str]:
        """Possible names of the target, without those that only a clash leads to; the first is the source's own."""
        ...

    def longer(self, name: str) -> list[str]:
        """Names of the target where another source has one of `names`."""
        ...

    def others(self, name: str) -> list[str]:
        """Names under which other runs may have left this source's target."""
        ...


@dataclass(frozen=True)
class Plan:
    """jobs: what can be done. refused: what cannot. left_out: kind of file to the names of those left alone."""

    jobs: list[Job]
    refused: list[Outcome]
    left_out: dict[str, tuple[str, ...]]


def plan(listing: Listing, operation: Naming, there: Collection[str] = ()) -> Plan:
    """Every source with a target of its own. there: names in the target.

    Where what a source holds decides on its target's name, it may not take the name that another source spells out.
    """
    sources = [name for name in listing.files if operation.takes(name)]
    spelled = Counter(operation.names(name)[0] for name in sources)
    longer = with_one_suffix_more(spelled)
    planned = [job_of(name, listing.files[name].size, operation, spelled, longer, there) for name in sources]
    refused = [clash(job) for job in planned if not job.target]
    refused += [unreadable(name, why) for name, why in listing.unreadable.items()]
    taken = set(sources)
    others = tuple(name for name in listing.files if name not in taken)
    left_out = {"of another kind": others, "links": listing.links, "hidden": listing.hidden}
    left_out["pipes, sockets and devices"] = listing.special
    jobs = [job for job in planned if job.target]
    return Plan(jobs, refused, {key: names for key, names in left_out.items() if names})


def with_one_suffix_more(spelled: Collection[str]) -> dict[str, set[str]]:
    """From a name to the names that add a suffix to it: a source of this name may not have them as its target."""
    longer: dict[str, set[str]] = {}
    for name in spelled:
        if suffix := PurePosixPath(name).suffix:
            longer.setdefault(name.removesuffix(suffix), set()).add(name)
    return longer


def job_of(
    name: str,
    size: int,
    operation: Naming,
    spelled: Counter[str],
    longer: dict[str, set[str]],
    there: Collection[str],
) -> Job:
    """The job of a source. Its target is "" where no name is free."""
    first, *rest = operation.names(name)
    others = (longer.get(first, set()) | longer.get(name, set())) - {first}  # to encode adds a suffix itself
    target = first
    if spelled[first] > 1 and first != name:  # "a.l3c" and "a.L3C"; "a.jpg" beside "a.png"
        others |= {first, *rest}
        target = next((n for n in operation.longer(name) if n not in spelled), "")
    left = tuple(
        n for n in operation.others(name) if n in there and n not in others and (n == first or n not in spelled)
    )
    return Job(name, target, size, frozenset(others), left)


def clash(job: Job) -> Outcome:
    reason = f"{job.source}: another source has the same target; rename one of them"
    return Outcome(job.source, "", FAILED, job.size, error=reason, code=2)


def unreadable(name: str, why: str) -> Outcome:
    return Outcome(name, "", FAILED, error=f"{name}: what this folder holds cannot be read: {why}", code=1)


def inside(source: str, target: str) -> str | None:
    """Where the target lies strictly below the source: its name there, so that results are not taken for sources."""
    if is_remote(source) or is_remote(target):
        return None
    outer, inner = Path(source).resolve(), Path(target).resolve()
    return inner.relative_to(outer).as_posix() if outer in inner.parents else None
