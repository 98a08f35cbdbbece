"""What is to be done with each file, and what became of it: plain values that travel between machines."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class Job:
    """source, target: names below the roots. size: of the source, bytes."""

    source: str
    target: str
    size: int


DONE, SKIPPED, FAILED, DISCARDED = "done", "skipped", "failed", "discarded"


@dataclass(frozen=True)
class Outcome:
    """status: DONE, SKIPPED, FAILED or DISCARDED. code: exit code of a failure. hopeless: the others need not be tried.

    deleted: the source was removed. notes: what a person should know of a file that was done.
    """

    source: str
    target: str
    status: str
    bytes_in: int = 0
    bytes_out: int = 0
    deleted: bool = False
    notes: tuple[str, ...] = field(default_factory=tuple)
    error: str = ""
    code: int = 0
    hopeless: bool = False

    def to_dict(self) -> dict[str, Any]:
        """As `--json` prints it, without what is empty."""
        return {key: value for key, value in asdict(self).items() if value or key.startswith("bytes")}


class Task(Protocol):
    """Does one job. Travels to other machines by pickle; never raises for what is wrong with one file."""

    def __call__(self, job: Job, /) -> Outcome: ...
