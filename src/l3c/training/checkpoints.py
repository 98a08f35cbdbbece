"""Files that hold the state of a training at an iteration: which are there, which is wanted, which may go.

`ITERATION.pt` stays; `ITERATION.recent.pt` goes when newer ones have come. `best.pt` holds the weights that had the
lowest cost on validation's pictures. A file appears whole or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from l3c.errors import InputError, ModelError
from l3c.storage.atomic import PARTIAL, remove_abandoned, whole_file

LATEST = -1
"""Instead of an iteration: that of the newest checkpoint."""

BEST = -2
"""Instead of an iteration: that of the best validation."""

BEST_NAME = "best.pt"  # replaced whenever a validation is better
PERMANENT = ".pt"  # suffix of checkpoints that stay
RECENT = ".recent.pt"  # suffix of checkpoints of which only the newest stay
DIGITS = 10  # of an iteration in names, so that they sort; more than any run has


@dataclass(frozen=True)
class Policy:
    """Save every `every` iterations; retain each `permanent`-th of them, and of the others the last `newest`."""

    every: int = 250
    permanent: int = 10
    newest: int = 3


class Checkpoints:
    """A folder of checkpoints."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> dict[int, Path]:
        """Paths by iteration, in rising order."""
        paths = {}
        for path in self.folder.glob("*.pt"):
            digits = path.name.split(".")[0]
            if digits.isdecimal():
                paths[int(digits)] = path
        return dict(sorted(paths.items()))

    def choose(self, iteration: int = LATEST) -> tuple[int, Path]:
        """Return the nearest checkpoint that is not later, or the latest, or that of the best validation.

        The number that is returned chooses the same weights again, as long as they are there.
        """
        if iteration == BEST:
            return self._best()
        paths = self.all()
        if iteration != LATEST and iteration not in paths and (best := self.best()) and best[1] == iteration:
            return self._best()
        if not paths:
            raise InputError(f"{self.folder}: holds no checkpoint")
        wanted = [i for i in paths if iteration == LATEST or i <= iteration]
        if not wanted:
            raise InputError(
                f"{self.folder}: no checkpoint at or before iteration {iteration}; the first is {min(paths)}"
            )
        return wanted[-1], paths[wanted[-1]]

    def best(self) -> tuple[float, int] | None:
        """(bits per sub-pixel, iteration) of the best validation; None where there was none."""
        path = self.folder / BEST_NAME
        if not path.exists():
            return None
        state = read_state(path)
        try:
            return float(state["bpsp"]), int(state["iteration"])
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"{path}: does not say what its validation cost, and at which iteration") from error

    def tidy(self) -> None:
        """Remove what a process that was killed while it wrote left here."""
        if self.folder.is_dir():
            for path in self.folder.iterdir():
                if PARTIAL.fullmatch(path.name):
                    remove_abandoned(path)

    def save_best(self, state: dict[str, Any]) -> None:
        """Write weights under `network`, and `bpsp` and `iteration` of their validation, in place of the last best."""
        save_state(self.folder / BEST_NAME, state)

    def _best(self) -> tuple[int, Path]:
        best = self.best()
        if best is None:
            raise InputError(f"{self.folder}: holds no {BEST_NAME}: no validation was made")
        return best[1], self.folder / BEST_NAME

    def save(self, iteration: int, state: dict[str, Any], policy: Policy, *, permanent: bool = False) -> Path:
        """Write one, and remove those that the policy does not retain. permanent: it is never removed."""
        stays = permanent or iteration % (policy.every * policy.permanent) == 0
        path = self.folder / f"{iteration:0{DIGITS}d}{PERMANENT if stays else RECENT}"
        save_state(path, state)
        if stays:
            path.with_name(f"{iteration:0{DIGITS}d}{RECENT}").unlink(missing_ok=True)
        for old in sorted(self.folder.glob(f"*{RECENT}"))[: -policy.newest]:
            old.unlink()
        return path


def save_state(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint, whole or not at all."""
    import torch

    with whole_file(path) as file:
        kept = _Kept(file)
        try:
            torch.save(state, kept)  # type: ignore[arg-type]
        except RuntimeError:
            if kept.error is not None:  # PyTorch says what it did not expect then, not why
                raise OSError(kept.error.errno, kept.error.strerror, str(path)) from None
            raise


class _Kept:
    """A file to write into, and the error that writing ended with."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.error: OSError | None = None

    def write(self, data: bytes) -> int:
        try:
            return self._file.write(data)
        except OSError as error:
            self.error = error
            raise

    def flush(self) -> None:
        self._file.flush()


def read_state(path: Path) -> dict[str, Any]:
    """Read a checkpoint onto the CPU. Only tensors and plain values are unpickled; anything else is a ModelError."""
    from l3c.published.dense import load_dense

    state = load_dense(path, str(path))
    if not isinstance(state, dict):
        raise ModelError(f"{path}: a checkpoint holds a dictionary, this a {type(state).__name__}")
    return state
