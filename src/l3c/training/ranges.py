"""The numbers that keys of configurations may have: others would train, and nothing would come of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from l3c.errors import InputError


@dataclass(frozen=True)
class Range:
    """From low to high. open_low, open_high: without the end itself. No number that is not finite is in any."""

    low: float
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False

    def __contains__(self, value: float) -> bool:
        above = self.low < value if self.open_low else self.low <= value
        below = value < self.high if self.open_high else value <= self.high
        return (isinstance(value, int) or math.isfinite(value)) and above and below

    def __str__(self) -> str:
        low = f"above {self.low:g}" if self.open_low else f"at least {self.low:g}"
        if self.high == math.inf:
            return low
        return f"{low} and {'below' if self.open_high else 'at most'} {self.high:g}"


LARGEST = 10**15  # far more than any training has of anything
COUNT = Range(1, LARGEST)  # of what there has to be one of at least
NOT_NEGATIVE = Range(0, LARGEST)  # of what there may be nothing of
POSITIVE = Range(0, open_low=True)  # of rates, lengths of time, norms
SHARE = Range(0, 1)  # of a whole
DECAY = Range(0, 1, open_low=True, open_high=True)  # of averages: what an iteration keeps
SEED = Range(0, 2**63 - 1)  # as PyTorch and NumPy take it


def check_ranges(section: str, values: Any, ranges: Mapping[str, Range]) -> None:
    """Raise InputError naming the first key of a section that is out of its range. None is in any."""
    for name, allowed in ranges.items():
        value = getattr(values, name)
        if value is not None and value not in allowed:
            raise InputError(f"{section}.{name}: {value!r}, expected {allowed}")
