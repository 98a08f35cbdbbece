"""The job of each file and its outcome: plain values that travel between machines."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class Job:
    """source, target: names below the roots; the target's may turn out to be another. size: of the source, bytes.

    others: names that this target may have, but that belong to other sources. left: those of its other possible names,
    and of other runs, that stand in the target already.
    """

    source: str
    target: str
    size: int
    others: frozenset[str] = frozenset()
    left: tuple[str, ...] = ()


DONE = "done"  # the target stands, written by this run
PLANNED = "planned"  # of a dry run: the target would be written
SKIPPED = "skipped"  # the target stood already, and fits
FAILED = "failed"  # there is no target; the error says why
DISCARDED = "discarded"  # the source is not wanted in the target: of `l3c prepare`, pictures that are small or odd


@dataclass(frozen=True)
class Outcome:
    """status: DONE, PLANNED, SKIPPED, FAILED or DISCARDED. code: exit code of a failure. hopeless: the others need not
    be tried.

    deleted: the source was removed. missing: what of the source the target was found not to give back.
    left: names of targets of this source, from runs with other options, that stand there too. pruned: those removed.
    notes: what a person should know of a file that was done. trace: where an unforeseen error was raised.
    """

    source: str
    target: str
    status: str
    bytes_in: int = 0
    bytes_out: int = 0
    deleted: bool = False
    missing: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    pruned: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default_factory=tuple)
    error: str = ""
    code: int = 0
    hopeless: bool = False
    trace: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As `--json` prints it, without empty fields."""
        return {key: value for key, value in asdict(self).items() if value or key.startswith("bytes")}


class Task(Protocol):
    """Does one job. Travels to other machines by pickle; never raises for a problem of one file."""

    def __call__(self, job: Job, /) -> Outcome: ...
