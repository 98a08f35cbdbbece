"""Which files of a tree are done, and under which names."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from l3c.bulk.jobs import FAILED, Job, Outcome
from l3c.bulk.store import Listing
from l3c.remote import is_remote


class Naming(Protocol):
    """Which files are sources, and what their targets are called."""

    def takes(self, name: str) -> bool: ...

    def target(self, name: str) -> str: ...


@dataclass(frozen=True)
class Plan:
    """jobs: what can be done. refused: what cannot. left_out: kind of file to how many were left alone."""

    jobs: list[Job]
    refused: list[Outcome]
    left_out: dict[str, int]


def plan(listing: Listing, kind: Naming) -> Plan:
    """Every source with a target of its own; two sources whose targets have one name get names that differ."""
    sources = [name for name in listing.files if kind.takes(name)]
    targets = apart({name: kind.target(name) for name in sources})
    jobs = [Job(name, targets[name], listing.files[name].size) for name in sources if targets[name]]
    refused = [clash(name, listing.files[name].size) for name in sources if not targets[name]]
    others = len(listing.files) - len(sources)
    left_out = {"of another kind": others, "links": listing.links, "hidden": listing.hidden}
    return Plan(jobs, refused, {key: count for key, count in left_out.items() if count})


def apart(targets: dict[str, str]) -> dict[str, str]:
    """A name that several would have goes to the source that spells it out; the others append its suffix to their own.

    "" where even that fails.
    """
    taken = Counter(targets.values())
    found = dict(targets)
    for source, target in targets.items():
        if taken[target] > 1 and not source.startswith(target):
            found[source] = source + Path(target).suffix
    counts = Counter(found.values())
    return {source: target if counts[target] == 1 else "" for source, target in found.items()}


def clash(name: str, size: int) -> Outcome:
    reason = f"{name}: another source has the same target; rename one of them"
    return Outcome(name, "", FAILED, size, error=reason, code=2)


def inside(source: str, target: str) -> str | None:
    """Where the target lies strictly below the source: its name there, so that results are not taken for sources."""
    if is_remote(source) or is_remote(target):
        return None
    outer, inner = Path(source).resolve(), Path(target).resolve()
    return inner.relative_to(outer).as_posix() if outer in inner.parents else None
