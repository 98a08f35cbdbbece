"""Whether two pictures are the same, whatever a picture consists of."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from l3c.images.picture import Picture

OF_THE_FILE = {"source_format", "layout"}
"""Fields that tell of the file a picture came from, or (layout) may be left for the channels to tell."""


def differences(one: Picture, other: Picture) -> list[str]:
    """Names of what differs: fields of Picture, for metadata its kinds."""
    found = ["layout"] if layout(one) != layout(other) else []
    for field in fields(Picture):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if field.name in OF_THE_FILE or equal(a, b):
            continue
        found += sorted(k for k in a | b if a.get(k) != b.get(k)) if isinstance(a, dict) else [field.name]
    return found


def layout(picture: Picture) -> object:
    """What its samples mean."""
    return picture.is_cmyk, picture.palette is not None, picture.channels


def equal(a: Any, b: Any) -> bool:
    """Arrays by type, shape and every element; lists by their elements; else by ==."""
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and np.array_equal(a, b)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(equal(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)
