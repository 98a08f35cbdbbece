"""Arrays in files of models, in the form of safetensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def tensor_bytes(tensors: Mapping[str, NDArray[Any]], metadata: Mapping[str, str] | None = None) -> bytes:
    """A safetensors file of arrays of any layout, with texts in its header.

    `safetensors.numpy.save` writes memory as it lies (0.8), so that arrays of another order than C's, such as those of
    a network trained with `channels_last`, would come back as other ones.
    """
    from safetensors.numpy import save

    return save({name: np.asarray(array, order="C") for name, array in tensors.items()}, dict(metadata or {}) or None)
