"""Tables of a job's log: how fast each training was, how well it used its device, and what it had reached when."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from typing import Any

Line = dict[str, Any]
"""Of the log, with `stage` and `call` beside what trainers write."""

SPEED = "speed/pixels"  # keys of the log: pixels in a second
COST = "val/bpsp"  # bits per sub-pixel in validation
GAP = "val/gap"  # by how much validation costs more than training pictures
MINUTES = "time/minutes"  # since the run began


def table_of(lines: Iterable[Line], operations: Mapping[str, float], rate: float | None, machine: str) -> str:
    """Markdown. operations: of a training step for each pixel, by stage. rate: a second, of the device.

    Speeds are medians over a training, so that compiling and validations do not count.
    """
    rows = list(lines)
    parts = [machine + "\n"]
    if rate:
        parts.append(f"Large bfloat16 matrix products: {rate / 1e12:.0f} TFLOP/s, which shares refer to.\n")
    parts.append(_speeds(rows, operations, rate))
    parts.append(_costs(rows))
    return "\n".join(parts)


def _speeds(rows: list[Line], operations: Mapping[str, float], rate: float | None) -> str:
    heads = ["training", "call", "iterations", "minutes", "pixels a second", "share of the rate", "best", "last", "gap"]
    cells = []
    for stage, call in dict.fromkeys((line["stage"], line["call"]) for line in rows):
        mine = [line for line in rows if (line["stage"], line["call"]) == (stage, call)]
        speeds = [line[SPEED] for line in mine if SPEED in line]
        speed = statistics.median(speeds) if speeds else 0.0
        share = f"{operations[stage] * speed / rate:.1%}" if rate and stage in operations else ""
        costs = [line for line in mine if COST in line]
        best, last = (min(line[COST] for line in costs), costs[-1]) if costs else (None, {})
        cells.append([
            stage, str(call), f"{max(line['iteration'] for line in mine):,}",
            f"{max(line.get(MINUTES, 0) for line in mine):.1f}", f"{speed:,.0f}", share,
            _number(best), _number(last.get(COST)), _number(last.get(GAP)),
        ])  # fmt: skip
    return _table(heads, cells)


def _costs(rows: list[Line]) -> str:
    """Every validation. The gap: by how much pictures of validation cost more than those of training."""
    heads = ["training", "call", "minute", "iteration", "bits per sub-pixel", "of training's pictures", "gap"]
    cells = [
        [line["stage"], str(line["call"]), f"{line.get(MINUTES, 0):.1f}", f"{line['iteration']:,}",
         *(_number(line.get(key)) for key in (COST, "val/train_bpsp", GAP))]
        for line in rows if COST in line
    ]  # fmt: skip
    return _table(heads, cells)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---", *("---:" for _ in heads[1:])], *rows]
    return "".join("| " + " | ".join(cells) + " |\n" for cells in lines)
