"""What a run does beside learning: how often it reports, validates and saves."""

from __future__ import annotations

from dataclasses import dataclass

from l3c.training.checkpoints import Policy


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
    workers: int = 8
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
