"""The wave network's cost in PyTorch: the twin of the engine's gradient code, for GPUs.

What the network sees beside cached features depends on pixels alone (`pixel_inputs`), and in training all pixels are
known. So stage 1, stage 2 and the heads are products of matrices with all pixels of a batch at once. Arrays are
[rows, height, width, crops], as those of the inputs.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from l3c.coding.mixture import SYMBOLS
from l3c.coding.tables import FREQUENCY_BITS, LOG_SCALE_ORIGIN, LOG_SCALES
from l3c.training.wave.pixel_inputs import PixelInputs
from l3c.wave.definition.architecture import CACHED_POSITIONS, PAIR_MAX, Architecture, Layer
from l3c.wave.definition.network import SHIFT_MAX
from l3c.wave.definition.pairs import WEIGHT_MAX, pair_partner
from l3c.wave.definition.scales import ACTIVATION_UNIT, COEFFICIENT_UNIT, LOG_UNIT, MEAN_UNIT, output_units

Layers = list[tuple[Tensor, Tensor]]
"""Of each layer the weights [outputs, inputs] and the bias [outputs]."""

ACTIVATION_STEPS = 1 << ACTIVATION_UNIT  # in an activation's 1
ACTIVATION_MAX = 255 / ACTIVATION_STEPS  # a byte's largest
COEFFICIENT_MAX = 4.0
"""In magnitude: 256 / 64, as the format clips them."""

MEAN_LEVELS = float(1 << (MEAN_UNIT - COEFFICIENT_UNIT))
"""Gray levels in a unit of a mean's output: the integers of both are 64ths of a level."""

USUAL_SCALE = 1.0
"""Added to the output of a log scale, so that 0 means a usual scale: 56 / 16 - 2.5, see LOG_SCALE_ORIGIN."""

LOG_SCALE_LOW = USUAL_SCALE - LOG_SCALE_ORIGIN / 16  # of the first table
LOG_SCALE_HIGH = LOG_SCALE_LOW + (LOG_SCALES - 1) / 16  # of the last
LEAST_LOGIT = -16.0  # below the largest: the engine's weights have 15 bits
MOST_SCALES = 30.0  # from a mean: beyond, float32 rounds the logistic function to 0 or 1
SLOT = 2.0**-FREQUENCY_BITS
"""Probability of the slot that each symbol has of its own."""

MIXTURE_SHARE = 1 - SYMBOLS * SLOT  # of all slots those that follow the mixture


def split_layers(architecture: Architecture, parameters: Tensor) -> Layers:
    """Views of flat parameters."""
    layers, at = [], 0
    for layer in architecture.layers():
        end = at + layer.outputs * layer.inputs
        weights = parameters[at:end].view(layer.outputs, layer.inputs)
        layers.append((weights, parameters[end : end + layer.outputs]))
        at = end + layer.outputs
    return layers


class Grid:
    """What rounding a layer's parameters takes, on a device."""

    def __init__(self, architecture: Architecture, layer: Layer, device: torch.device) -> None:
        partner = pair_partner(layer)
        self.partner = torch.from_numpy(partner).to(device)
        self.single = torch.from_numpy(partner == np.arange(layer.inputs)).to(device)
        self.least = torch.from_numpy(output_units(architecture, layer) - ACTIVATION_UNIT).float().to(device)


def _round_layer(weights: Tensor, bias: Tensor, grid: Grid) -> tuple[Tensor, Tensor]:
    """On the export's grid, as `quantize.round_parameters` has it; gradients go to what was rounded."""
    rounded_weights, rounded_bias = _on_grid(weights.detach(), bias.detach(), grid)
    return _through(rounded_weights, weights), _through(rounded_bias, bias)


def _on_grid(weights: Tensor, bias: Tensor, grid: Grid) -> tuple[Tensor, Tensor]:
    largest = weights.abs().amax(1).clamp(min=1e-9)
    finest = (WEIGHT_MAX / largest).log2().floor().clamp(grid.least, grid.least + SHIFT_MAX)
    coarser = torch.maximum(finest - 1, grid.least)
    rounded, errors = [], []
    for exponents in (finest, coarser):
        scale = exponents.exp2()[:, None]
        rounded.append(_limit_pairs((weights * scale + 0.5).floor(), grid) / scale)
        errors.append((rounded[-1] - weights).square().sum(1))
    coarse = errors[1] < errors[0]
    steps = (torch.where(coarse, coarser, finest) + ACTIVATION_UNIT).exp2()
    return torch.where(coarse[:, None], rounded[1], rounded[0]), (bias * steps + 0.5).floor() / steps


def _limit_pairs(weights: Tensor, grid: Grid) -> Tensor:
    clipped = weights.clamp(-WEIGHT_MAX, WEIGHT_MAX)
    other = clipped[:, grid.partner].abs()
    limit = torch.where(grid.single, float(WEIGHT_MAX), (PAIR_MAX - other).clamp(min=PAIR_MAX // 2))
    return clipped.clamp(-limit, limit)


def network_cost(
    architecture: Architecture, layers: Layers, inputs: PixelInputs, quantized: bool, bfloat16: bool
) -> Tensor:
    """Mean bits per sub-pixel of what is coded, float32.

    quantized: activations and outputs are rounded as the integer network does, with straight-through gradients.
    bfloat16: large products take factors of that type. It holds rounded weights and activations exactly.
    """
    hidden = _shared_features(architecture, layers, inputs, quantized, bfloat16)
    costs = []
    for channel in architecture.coded:
        at = architecture.head_index(channel)
        seen = [hidden, inputs.own[:channel], inputs.expected[channel : channel + 1]]
        units = _activation(_product(layers[at], torch.cat(seen), bfloat16), quantized)
        # means have fractions that bfloat16 would lose
        outputs = _product(layers[at + 1], units, False)
        earlier = inputs.values[:channel] - inputs.predictions[:channel]
        moves = torch.cat([earlier, inputs.moves[channel : channel + 1]])
        value, prediction = inputs.values[channel], inputs.predictions[channel]
        costs.append(_mixture_bits(outputs, architecture.components, value, prediction, moves, quantized).mean())
    return torch.stack(costs).mean()


def _shared_features(
    architecture: Architecture, layers: Layers, inputs: PixelInputs, quantized: bool, bfloat16: bool
) -> Tensor:
    cached = torch.cat([inputs.context, inputs.own])
    for layer in layers[:2]:
        cached = _activation(_product(layer, cached, bfloat16), quantized)
    height, width = cached.shape[1:3]
    top, left = -min(dy for dy, _ in CACHED_POSITIONS), -min(dx for _, dx in CACHED_POSITIONS)
    right = max(dx for _, dx in CACHED_POSITIONS)
    if bfloat16:
        cached = cached.bfloat16()
    wide = pad(cached, (0, 0, left, right, top, 0))
    seen = [wide[:, top + dy : top + dy + height, left + dx : left + dx + width] for dy, dx in CACHED_POSITIONS]
    hidden = torch.cat([inputs.context.to(cached.dtype), *seen])
    for layer in layers[2:4]:
        hidden = _activation(_product(layer, hidden, bfloat16), quantized)
    return hidden


def _product(layer: tuple[Tensor, Tensor], inputs: Tensor, bfloat16: bool) -> Tensor:
    """float32 [outputs, height, width, crops]."""
    weights, bias = layer
    flat = inputs.flatten(1)
    if bfloat16:
        flat, weights = flat.bfloat16(), weights.bfloat16()
    sums = (weights @ flat).float() + bias[:, None]
    return sums.view(-1, *inputs.shape[1:])


def _through(value: Tensor, source: Tensor, inside: Tensor | None = None) -> Tensor:
    """The value, whose gradient goes to its source, where that lies inside."""
    step = source - source.detach()
    return value.detach() + (step if inside is None else torch.where(inside, step, 0.0))


def _rounded(values: Tensor, steps: int, quantized: bool) -> Tensor:
    return (values * steps + 0.5).floor() / steps if quantized else values


def _activation(sums: Tensor, quantized: bool) -> Tensor:
    units = _rounded(sums, ACTIVATION_STEPS, quantized).clamp(0, ACTIVATION_MAX)
    return _through(units, sums, (units > 0) & (units < ACTIVATION_MAX))


def _mixture_bits(
    outputs: Tensor, components: int, value: Tensor, prediction: Tensor, moves: Tensor, quantized: bool
) -> Tensor:
    """Cost in bits [height, width, crops] of a channel's values. outputs: [3 components + M, ...]; moves: [M, ...]."""
    logits, means, scales, coefficients = torch.split(outputs, [components] * 3 + [len(moves)])
    logits = _through(_rounded(logits, 1 << LOG_UNIT, quantized), logits)
    weights = (logits - logits.detach().amax(0)).clamp(min=LEAST_LOGIT).exp()
    clipped = _rounded(coefficients.clamp(-COEFFICIENT_MAX, COEFFICIENT_MAX), 1 << COEFFICIENT_UNIT, quantized)
    factors = _through(clipped, coefficients, coefficients.abs() < COEFFICIENT_MAX)
    levels = MEAN_LEVELS * means
    offset = value - (prediction + (factors * moves).sum(0))
    centre = offset - _through(_rounded(levels, 1 << COEFFICIENT_UNIT, quantized), levels)
    scales = scales + USUAL_SCALE
    inside = (scales > LOG_SCALE_LOW) & (scales < LOG_SCALE_HIGH)
    rounded = _rounded(scales, 1 << LOG_UNIT, quantized).clamp(LOG_SCALE_LOW, LOG_SCALE_HIGH)
    inverse = (-_through(rounded, scales, inside)).exp()
    below, above = (
        ((centre + edge) * inverse).clamp(-MOST_SCALES, MOST_SCALES).sigmoid() for edge in (-0.5, 0.5)
    )  # fmt: skip
    mass = torch.where(value > SYMBOLS - 1.5, 1.0, above) - torch.where(value < 0.5, 0.0, below)
    probability = (weights * mass).sum(0) / weights.sum(0) * MIXTURE_SHARE + SLOT
    return -probability.log2()


class WaveCoster(nn.Module):
    """The cost of a batch, as one graph."""

    def __init__(self, architecture: Architecture, bfloat16: bool, device: torch.device) -> None:
        super().__init__()
        self._architecture, self._bfloat16 = architecture, bfloat16
        self._grids = [Grid(architecture, layer, device) for layer in architecture.layers()]

    def forward(self, parameters: Tensor, inputs: PixelInputs, quantized: bool) -> Tensor:
        """Mean bits per sub-pixel, float32 []. parameters: float32 [N]. quantized: all is rounded."""
        layers = split_layers(self._architecture, parameters)
        if quantized:
            layers = [_round_layer(*parts, grid) for parts, grid in zip(layers, self._grids, strict=True)]
        return network_cost(self._architecture, layers, inputs, quantized, self._bfloat16)
