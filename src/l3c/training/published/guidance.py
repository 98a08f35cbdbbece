"""What auxiliary images may show while predictors have not learned to read them: the image itself, made smaller."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

DETAIL_GAIN = 2.0
"""Details are small beside colours; so much larger, 25 levels tell them finely enough. By trial: untrained networks
that interpolate cost 6.02 bits with it, 6.06 with 4."""

HALF_RANGE = 127.5  # of samples of 8 bits: auxiliary images show them as -1 .. 1

GRAY = (0.299, 0.587, 0.114)  # luma of BT.601


def sketch(images: Tensor, scale: int) -> Tensor:
    """What auxiliary image `scale` + 1 would show, float32 in -1 .. 1.

    images: [N, 3, H, W], 0..255 -> [N, 5, H / 2^(scale + 1), W / 2^(scale + 1)]: mean colours, then the differences
    of luma across and down within each cell, amplified.
    """
    fine = functional.avg_pool2d(images.float() / HALF_RANGE - 1, 1 << scale)
    luma = (fine * fine.new_tensor(GRAY)[:, None, None]).sum(1, keepdim=True)
    across = luma[..., 1::2] - luma[..., ::2]
    down = luma[..., 1::2, :] - luma[..., ::2, :]
    details = functional.avg_pool2d(across, (2, 1)), functional.avg_pool2d(down, (1, 2))
    amplified = [(DETAIL_GAIN * detail).clamp(-1, 1) for detail in details]
    return torch.cat([functional.avg_pool2d(fine, 2), *amplified], 1)


def distance(images: Tensor, before: list[Tensor]) -> Tensor:
    """Mean squares between what enters the quantizers and the sketches, summed over scales, float32 [N].

    before: of each scale [N, C, H / 2^(scale + 1), W / 2^(scale + 1)]; only channels that a sketch has count.
    """
    total = torch.zeros(len(images), device=images.device)
    for scale, entering in enumerate(before):
        wanted = sketch(images, scale)[:, : entering.shape[1]]
        total = total + (entering[:, : wanted.shape[1]].float() - wanted).square().mean((1, 2, 3))
    return total
