"""Arrays and tensors alike: anything with the array or DLPack protocol goes in, and what comes out is of the same kind.

No framework is imported here. Arithmetic uses operators alone, so that a tensor on a GPU is worked on there; only
integers are copied to the CPU, to be coded.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.errors import InputError

CPU = 1
"""DLPack's number for it."""


def is_tensor(x: Any) -> bool:
    """Whether this is a PyTorch tensor; if it is, PyTorch is loaded already."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(x, torch.Tensor)


def to_numpy(x: Any) -> NDArray[Any]:
    """Copy to the CPU only what is not there."""
    if isinstance(x, np.ndarray):
        return x
    if is_tensor(x):
        return np.asarray(x.detach().cpu())
    if hasattr(x, "__dlpack_device__") and x.__dlpack_device__()[0] == CPU:
        return np.from_dlpack(x)
    return np.asarray(x)


def like(result: NDArray[Any], template: Any) -> Any:
    """Return the result as what the template is: a tensor on the same device, or an array."""
    if not is_tensor(template):
        return result
    return sys.modules["torch"].from_numpy(result).to(template.device)


def is_float(x: Any) -> bool:
    """Whether an array or tensor holds floating-point numbers."""
    return bool(x.is_floating_point()) if is_tensor(x) else np.asarray(x).dtype.kind == "f"


def rounded(x: Any, factor: float, most: int) -> NDArray[np.int32]:
    """floor(factor x + 0.5), kept within -most .. most, int32. Raises InputError on what is not a number."""
    if not is_tensor(x):
        x = to_numpy(x)
    if not bool((x == x).all()):
        raise InputError("a parameter is not a number")
    scaled = (x.clip(-most / factor, most / factor) * factor + 0.5) // 1
    return np.ascontiguousarray(to_numpy(scaled)).astype(np.int32)
