"""What a device could compute, for saying how well it is used."""

from __future__ import annotations

import torch

BACKWARD = 3
"""A step computes three times what the network does: its output, the gradient of its input, that of its weights."""

MATRIX = 8192
"""Side of the products by which a device's rate is measured: large enough to fill any GPU."""

REPEATS = 10
"""Products that are timed, after as many to warm up."""


def matrix_rate(device: torch.device) -> float | None:
    """Operations a second of large bfloat16 matrix products on a GPU, on random numbers; None on a processor."""
    if device.type != "cuda":
        return None
    a, b = (torch.randn(MATRIX, MATRIX, device=device, dtype=torch.bfloat16) for _ in range(2))
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
    for _ in range(REPEATS):
        a @ b
    begin.record()
    for _ in range(REPEATS):
        a @ b
    end.record()
    torch.cuda.synchronize(device)
    return REPEATS * 2 * MATRIX**3 / float(begin.elapsed_time(end) / 1000)
