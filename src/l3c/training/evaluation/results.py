"""Results that were computed before, and tables of results.

A result is remembered in its experiment's folder, one file each, under a digest of everything it depends on: the
checkpoint's bytes, every picture's name, size and time, and all settings. Files appear whole, so runs beside each other
do no harm.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from l3c.storage.atomic import write_whole
from l3c.training.evaluation.costs import Result, Settings
from l3c.training.evaluation.test_sets import TestSet

VERSION = 3
"""Part of every digest; raise it when the same inputs give another result."""


class ResultCache:
    """Results of one experiment."""

    def __init__(self, experiment: Path) -> None:
        self.folder = experiment / "results"

    def path(self, checkpoint: Path, testset: TestSet, settings: Settings, device: str) -> Path:
        """Name the file of a result."""
        pictures = [[str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns] for path in testset.paths]
        state = hashlib.sha256(checkpoint.read_bytes()).hexdigest()
        key = json.dumps([VERSION, state, testset.name, testset.crop, pictures, asdict(settings), device])
        return self.folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"

    @staticmethod
    def read(path: Path) -> Result | None:
        """Return a remembered result; None where there is none or it is damaged."""
        try:
            return Result.from_dict(json.loads(path.read_text()))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    @staticmethod
    def write(path: Path, result: Result) -> None:
        write_whole(path, json.dumps(result.to_dict()).encode())

    def clear(self) -> None:
        """Forget everything."""
        for path in self.folder.glob("*.json"):
            path.unlink(missing_ok=True)


def sort_results(results: Sequence[Result], by: str) -> list[Result]:
    keys: dict[str, Any] = {
        "testset": lambda r: (r.testset, r.experiment, r.iteration or 0),
        "exp": lambda r: (r.experiment, r.iteration or 0, r.testset),
        "itr": lambda r: (r.iteration or 0, r.experiment, r.testset),
        "res": lambda r: r.bpsp,
    }
    return sorted(results, key=keys[by])


def table(results: Sequence[Result]) -> str:
    """Aligned columns; the last gives every scale, the image first and the uniform one last."""
    rows = [("Testset", "Experiment", "Itr", "Result", "Scales"), *map(_row, results)]
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _row(result: Result) -> tuple[str, str, str, str, str]:
    label = f"bpsp{f' recursive={result.recursions}' if result.recursions else ''}={result.bpsp:.4f}"
    scales = " ".join(f"{bpsp:.4f}" for bpsp in result.scales)
    iteration = "-" if result.iteration is None else str(result.iteration)
    testset = f"{result.testset} ({len(result.skipped)} skipped)" if result.skipped else result.testset
    return testset, result.experiment, iteration, label, scales


def json_text(results: Sequence[Result]) -> str:
    return json.dumps([result.to_dict() for result in results], indent=1) + "\n"


def csv_text(results: Sequence[Result]) -> str:
    """One line a picture."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(
        ["testset", "experiment", "iteration", "recursions", "picture", "subpixels", "bpsp", "bits per scale"]
    )
    for r in results:
        for p in r.pictures:
            bits = " ".join(f"{bits:.3f}" for bits in p.bits)
            writer.writerow([r.testset, r.experiment, r.iteration, r.recursions, p.name, p.subpixels, p.bpsp, bits])
    return text.getvalue()
