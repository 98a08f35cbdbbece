"""From an integer network back to a float one, that predicts the same but for the rounding of activations.

Export divides activations by steps that no file keeps. Any steps will do: what a network without other nonlinearities
than ReLU computes does not depend on them. The steps here give activations of a few units, as trained networks have.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from l3c.errors import ModelError
from l3c.published.architecture import KINDS, Architecture
from l3c.published.grid import Floats, Steps, grid_of
from l3c.published.layers_integer import layers
from l3c.published.operations import NARROW_MAX, IntegerLayer

if TYPE_CHECKING:
    from torch import Tensor

FIRST_CONVOLUTION = ".body.0.weight"
"""A residual block's first convolution, after the block's name."""

SECOND_CONVOLUTION = ".body.2.weight"
"""A residual block's second convolution, after the block's name."""

REACH = 4.0
"""What the greatest activation of a hidden signal stands for."""


def float_state_of(architecture: Architecture, network: Iterable[IntegerLayer]) -> dict[str, Tensor]:
    """A state with the released keys, float32. Raises ModelError for networks that are none of the paper's."""
    import torch

    from l3c.published.export import fixed_steps, key_of
    from l3c.published.network import MEAN_COLOUR, make_network

    if architecture.kind not in KINDS:
        raise ModelError(f"a network of one's own (kind {architecture.kind}): only its experiment has its floats")
    mean, unit = -255 * np.array(MEAN_COLOUR), 1 / (128 if architecture.learned else 1)
    steps = _steps(architecture, fixed_steps(architecture, unit * np.eye(3)[:, :, None, None], unit * mean))
    with torch.device("meta"):
        wanted = make_network(architecture).state_dict()
    state = {key: torch.linspace(-1, 1, architecture.latent_levels) for key in wanted if key.endswith("levels")}
    for layer in network:
        weight, bias = _in_floats(architecture, layer, steps)
        key = key_of(layer.layer.name)
        if key is not None:
            state |= _pair(key, weight, bias)
        elif architecture.learned:
            state |= _pair("sub_rgb_mean", np.eye(3)[:, :, None, None], mean)
            state |= _pair("heads.0.head.0", weight, bias - weight[:, :, 0, 0] @ mean)
        else:
            state |= _pair("sub_rgb_mean", weight, bias)
    for key in wanted:
        if key.endswith(FIRST_CONVOLUTION):
            _balance(state, key.removesuffix(FIRST_CONVOLUTION))
    return {key: state[key] for key in wanted}


def _balance(state: dict[str, Tensor], block: str) -> None:
    """Give each hidden channel of a residual block the scale at which it is read as strongly as it is written.

    What the block computes stays. Quantization does not care, but an optimizer's steps are as long for all weights.
    """
    into, out = state[f"{block}{FIRST_CONVOLUTION}"], state[f"{block}{SECOND_CONVOLUTION}"]
    written, read = into.flatten(1).norm(dim=1), out.transpose(0, 1).flatten(1).norm(dim=1)
    factor = (read / written).sqrt()
    factor[(read == 0) | (written == 0)] = 1
    into *= factor[:, None, None, None]
    state[f"{block}{FIRST_CONVOLUTION}".replace("weight", "bias")] *= factor
    out /= factor[None, :, None, None]


def _pair(key: str, weight: Floats, bias: Floats) -> dict[str, Tensor]:
    import torch

    return {f"{key}.weight": torch.from_numpy(weight).float(), f"{key}.bias": torch.from_numpy(bias).float()}


def _steps(a: Architecture, fixed: Steps) -> Steps:
    """Of all signals."""
    steps = dict(fixed)
    for layer in layers(a):
        steps.setdefault(layer.source, np.full(layer.shape[1], REACH / NARROW_MAX))
    for layer in layers(a):  # signals that are only read when they are joined with others
        steps.setdefault(layer.target, np.full(layer.shape[0], REACH / NARROW_MAX))
    return steps


def _in_floats(a: Architecture, made: IntegerLayer, steps: Steps) -> tuple[Floats, Floats]:
    """(weight, bias): what `grid_of` and the shift of each channel make of them is undone."""
    grid = grid_of(a, made.layer, len(made.bias), steps)
    share = np.ldexp(1.0, -made.shift.astype(np.int64))
    weight: Floats = made.weight * share[:, None, None, None] / grid.factor
    bias: Floats = (made.bias * share - grid.offset) * grid.unit
    return weight, bias
