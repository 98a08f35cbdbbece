"""The identity of a model: a SHA-256 over the configuration and all tensors.

A field that an architecture gets later, with a default under which nothing changes, enters neither digests nor files
unless it differs from that default: files that were written before keep their digests, and stay readable.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import MISSING, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray


def stated(architecture: Any, first: Collection[str]) -> dict[str, Any]:
    """Fields of a dataclass that files and digests hold: those it had at first, and others that are not their defaults.

    Raises TypeError for a later field without a default, since files from before cannot have it.
    """
    values = {}
    for field in fields(architecture):
        value = getattr(architecture, field.name)
        if field.name not in first and field.default is MISSING:
            raise TypeError(f"{field.name}: a field that was added later needs a default")
        if field.name in first or value != field.default:
            values[field.name] = value
    return values


def digest_of(configuration: list[Any], tensors: Mapping[str, NDArray[Any]]) -> bytes:
    """SHA-256 over a JSON array and all tensors in the order of their names, little-endian."""
    hasher = hashlib.sha256(json.dumps(configuration, sort_keys=True).encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        hasher.update(f"{name} {tensor.dtype.name} {list(tensor.shape)} ".encode())
        hasher.update(np.ascontiguousarray(tensor, tensor.dtype.newbyteorder("<")).tobytes())
    return hasher.digest()
