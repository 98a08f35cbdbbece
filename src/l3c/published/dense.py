"""Tensors of checkpoints that strangers made: each holds its elements itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from l3c.errors import ModelError

DEPTH_MAX = 20
"""Of dictionaries and lists in a checkpoint; optimizers' states have 4."""


def check_dense(content: Any, place: str, depth: int = 0) -> None:
    """Raise ModelError for a tensor, in whatever dictionaries and lists, that is sparse, quantized or expanded.

    Such take other memory than the file has bytes, and do not have the operations that follow. place: for the message.
    """
    if depth > DEPTH_MAX:
        raise ModelError(f"{place}: dictionaries in dictionaries, deeper than {DEPTH_MAX}")
    if isinstance(content, torch.Tensor):
        plain = content.layout == torch.strided and content.device.type == "cpu" and not content.is_quantized
        if not plain or content.numel() * content.element_size() > content.untyped_storage().nbytes():
            raise ModelError(f"{place}: holds a tensor that is sparse, quantized, or larger than its elements")
    elif isinstance(content, Mapping):
        for value in content.values():
            check_dense(value, place, depth + 1)
    elif isinstance(content, list | tuple):
        for value in content:
            check_dense(value, place, depth + 1)
