"""What a run does beside learning: how often it reports, validates and saves."""

from __future__ import annotations

from dataclasses import dataclass, field

from l3c.threads import thread_count
from l3c.training.checkpoints import Policy

USUAL_WORKERS = 8
"""The original's number of processes that load pictures."""

WORKERS_A_CORE = 4
"""Processes that wait for a disk or a network leave their core to others; more than these only take memory."""


def usual_workers() -> int:
    """Where nothing else is asked for: of more than there are cores, PyTorch warns in every run."""
    return min(USUAL_WORKERS, thread_count(None))


def most_workers() -> int:
    """That may be asked for."""
    return max(USUAL_WORKERS, WORKERS_A_CORE * thread_count(None))


@dataclass(frozen=True)
class Options:
    """Settings that do not change a run's result. Numbers are iterations; log_heavy: pictures every log_heavy-th log.

    workers: processes that load pictures. keep_every, keep_last: of saves, see `Policy`. validate_minutes,
    save_minutes: where given, these are done every so many minutes instead. board: write for TensorBoard.
    began: when the run's minutes began, of `time.monotonic`; with the training, where it is not given. fall_back:
    whether a run that asks for a compiled network goes on without, where PyTorch cannot compile it.
    """

    log_every: int = 100
    log_heavy: int = 5
    validate_every: int = 500
    workers: int = field(default_factory=usual_workers)
    save: bool = True
    save_every: int = 250
    keep_every: int = 10
    keep_last: int = 3
    validate_minutes: float | None = None
    save_minutes: float | None = None
    board: bool = True
    began: float | None = None
    fall_back: bool = True

    @property
    def policy(self) -> Policy:
        return Policy(self.save_every, self.keep_every, self.keep_last)


WAVE = Options(log_every=1000, validate_every=4000, save_every=1000)
"""The default: the wave network's iterations are short."""
