"""The float network of coefficients and its cost in bits, on the integers' grid if wanted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from l3c.dct.definition.architecture import BLOCK, LASTS, Architecture
from l3c.dct.definition.levels import ZERO
from l3c.dct.definition.network import SHIFT_MAX, WEIGHT_MAX
from l3c.dct.definition.symbols import TOTAL, ZERO_MOST
from l3c.errors import ModelError
from l3c.training.dct.planes import Batch

ACTIVATION_UNIT = 5
"""Binary logarithm of integer steps in 1 of an activation, and of inputs."""

LOGIT_UNIT = 4
"""The same of logits and log scales."""

FINE_UNIT = 6
"""The same of means and coefficients."""

UNIT = 1 << ACTIVATION_UNIT
"""Steps of an activation in 1."""

TOP = 255 / UNIT
"""The largest activation."""

WINDOW = 64
"""Symbols of the most common window, each of which has a frequency of 1 at least."""

EDGES = slice(5 * BLOCK, 5 * BLOCK + 16)
"""Inputs of the trunk that have signs."""

SCALES = (-2.5, 5.4375)
"""Logarithms of the least and the largest scale, in levels."""

SCALE_ORIGIN = 1.0
"""Logarithm of the scale that an output of 0 stands for."""

RESIDUALS = slice(4, 6)
"""Inputs of a head that have signs."""

OTHER = slice(11, None)
"""More of chroma's."""


def through(x: Tensor, rounded: Tensor) -> Tensor:
    """Rounded values, whose gradients pass to x."""
    return x + (rounded - x).detach()


def exponent(weight: Tensor, unit: int | Tensor = ACTIVATION_UNIT, most: int = WEIGHT_MAX) -> Tensor:
    """[.., outputs, 1]: the power of two that brings a row's weights within -most..most and leaves a shift of 0..14."""
    largest = weight.detach().abs().amax(-1, keepdim=True).clamp_min(1e-6)
    e = torch.floor(torch.log2(most / largest))
    low = torch.as_tensor(unit - ACTIVATION_UNIT, dtype=e.dtype)
    return torch.minimum(torch.maximum(e, low), low + SHIFT_MAX)


def _normal(*shape: int, fan: int) -> nn.Parameter:
    return nn.Parameter(torch.randn(*shape) * math.sqrt(1 / fan))


class Net(nn.Module):
    """Parameters of one network. Those of heads and columns are sums of a common part and one of each position, so that
    positions learn from each other; the integers have the sums alone.

    weight_most: the largest integer weight of all layers but the accumulator's, whose grid columns share.
    """

    def __init__(self, architecture: Architecture, weight_most: int = WEIGHT_MAX) -> None:
        super().__init__()
        self.a = a = architecture
        self.weight_most = weight_most
        k = a.components
        self.t1 = _normal(a.trunk1, a.inputs, fan=4 * a.inputs)
        self.t1b = nn.Parameter(torch.zeros(a.trunk1))
        self.t2 = _normal(a.trunk2, a.trunk1, fan=a.trunk1)
        self.t2b = nn.Parameter(torch.zeros(a.trunk2))
        self.acc = _normal(a.hidden, a.trunk2, fan=a.trunk2)
        self.accb = nn.Parameter(torch.full((a.hidden,), 0.5))
        self.last = nn.Parameter(torch.zeros(LASTS, a.trunk2))
        self.lastb = nn.Parameter(torch.zeros(LASTS))
        self.lastcol = nn.Parameter(0.1 * torch.randn(LASTS, a.hidden))
        self.col = nn.Parameter(0.05 * torch.randn(BLOCK, 2, a.hidden))
        self.col_common = nn.Parameter(torch.zeros(2, a.hidden))
        self.pos = nn.Parameter(0.1 * torch.randn(BLOCK, a.hidden))
        self.h1 = nn.Parameter(torch.zeros(BLOCK, a.head, a.hidden + a.seen))
        self.h1_common = _normal(a.head, a.hidden + a.seen, fan=2 * (a.hidden + a.seen))
        self.h1b = nn.Parameter(torch.full((BLOCK, a.head), 0.5))
        self.h2 = nn.Parameter(torch.zeros(BLOCK, a.outputs, a.head))
        self.h2_common = nn.Parameter(torch.randn(a.outputs, a.head) * 0.02)
        bias = torch.zeros(BLOCK, a.outputs)
        bias[:, k : 2 * k] = torch.linspace(-0.5, 0.5, k)
        bias[:, 2 * k : 3 * k] = torch.linspace(-2.5, 0.5, k)
        bias[0, 3 * k + 2] = 1 / 3
        self.h2b = nn.Parameter(bias)
        middle, seen = torch.zeros(a.inputs), torch.zeros(a.seen)
        middle[EDGES], seen[RESIDUALS] = ZERO, ZERO
        if a.chroma:
            seen[OTHER] = ZERO
        self.register_buffer("mid", middle, persistent=False)
        self.register_buffer("seen_mid", seen, persistent=False)
        self.quantized = False

    def grid(self, weight: Tensor, unit: int | Tensor = ACTIVATION_UNIT, most: int | None = None) -> Tensor:
        """Weights, on the integers' grid if that is wanted. most: the largest integer, `weight_most` if None."""
        if not self.quantized:
            return weight
        e = exponent(weight, unit, self.weight_most if most is None else most)
        return through(weight, (weight * torch.exp2(e)).round() * torch.exp2(-e))

    def output_units(self) -> Tensor:
        """[outputs, 1]: of a head's outputs."""
        k = self.a.components
        units = [LOGIT_UNIT] * k + [FINE_UNIT] * k + [LOGIT_UNIT] * k + [FINE_UNIT] * self.a.references
        return torch.tensor(units)[:, None]

    def columns(self) -> Tensor:
        """[64, 2, hidden]"""
        columns = self.col + self.col_common
        if not self.quantized:
            return columns
        grid = torch.exp2(exponent(self.acc))[:, 0]
        return through(columns, (columns * grid).round() / grid)

    def activations(self, x: Tensor) -> Tensor:
        """Clipped, and rounded if that is wanted."""
        x = x.clamp(0, TOP)
        return through(x, (x * UNIT).round() / UNIT) if self.quantized else x

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Bits of the last positions [N], and of coefficients [M] with the block of each [M]."""
        blocks, last = batch.blocks, torch.from_numpy(batch.last)
        mid, seen_mid = cast(Tensor, self.mid), cast(Tensor, self.seen_mid)
        x = (torch.from_numpy(blocks.trunk()).float() - mid) / UNIT
        x = self.activations(functional.linear(x, self.grid(self.t1), self.t1b))
        x = self.activations(functional.linear(x, self.grid(self.t2), self.t2b))
        logits = functional.linear(x, self.grid(self.last, LOGIT_UNIT), self.lastb)
        share = functional.log_softmax(logits, 1).gather(1, last[:, None])[:, 0].exp()
        last_bits = -torch.log2(share * (1 - LASTS / TOTAL) + 1 / TOTAL)
        start = functional.linear(x, self.grid(self.acc, most=WEIGHT_MAX), self.accb) + self.lastcol[last]
        # Parts of all positions at once: a part taken alone has a gradient as large as the whole.
        h1, h1b = self.grid(self.h1 + self.h1_common).unbind(), self.h1b.unbind()
        h2, h2b = self.grid(self.h2 + self.h2_common, self.output_units()).unbind(), self.h2b.unbind()
        columns, offsets = self.columns().unbind(), self.pos.unbind()
        reach = np.searchsorted(-batch.last, -np.arange(BLOCK), side="left")
        beginning = torch.split(start, np.diff(reach[::-1], prepend=0, append=len(start)).tolist())
        accumulators = start[:0]
        outputs, references, which = [], [], []
        values, ends = [], []
        for k in reversed(range(BLOCK)):
            n = int(reach[k])
            if n == 0:
                continue
            if n > len(accumulators):
                accumulators = torch.cat([accumulators, beginning[BLOCK - 1 - k]])
            seen, predictions = blocks.position(k, n)
            own = (torch.from_numpy(seen).float() - seen_mid) / UNIT
            hidden = self.activations(accumulators + offsets[k])
            hidden = self.activations(functional.linear(torch.cat([hidden, own], 1), h1[k], h1b[k]))
            outputs.append(functional.linear(hidden, h2[k], h2b[k]))
            references.append(torch.from_numpy(predictions).float().T / (1 << FINE_UNIT))
            value = batch.coefficients[:n, k].astype(np.int64)
            values.append(value)
            which.append(np.arange(n))
            ends.append(batch.last[:n] == k + 1)
            steps = torch.from_numpy(blocks.set(k, value)).float() / UNIT
            if k:
                accumulators = accumulators + torch.stack([steps, steps.abs()], 1) @ columns[k]
        if not outputs:
            return last_bits, last_bits[:0], last[:0]
        value_bits = self.value_bits(
            torch.cat(outputs),
            torch.cat(references),
            torch.from_numpy(np.concatenate(values)).float(),
            torch.from_numpy(np.concatenate(ends)),
        )
        return last_bits, value_bits, torch.from_numpy(np.concatenate(which))

    def value_bits(self, outputs: Tensor, references: Tensor, values: Tensor, ends: Tensor) -> Tensor:
        """Bits [M] of coefficients, given outputs [M, ..] of their heads; ends: those that are not 0."""
        k = self.a.components
        scale = (outputs[:, 2 * k : 3 * k] + SCALE_ORIGIN).clamp(*SCALES)
        centre = (outputs[:, 3 * k :].clamp(-2, 2) * references[:, :-1]).sum(1, keepdim=True) + references[:, -1:]
        mean = centre + outputs[:, k : 2 * k].clamp(-16, 16) * scale.exp()
        weight = functional.log_softmax(outputs[:, :k], 1)

        def mass(x: Tensor, mean: Tensor, scale: Tensor) -> Tensor:
            # sigmoid(high) - sigmoid(low) = sigmoid(high) sigmoid(-low) (1 - exp(low - high))
            inverse = torch.exp(-scale)
            high, low = (x + 0.5 - mean) * inverse, (x - 0.5 - mean) * inverse
            both = functional.logsigmoid(high) + functional.logsigmoid(-low)
            return both + torch.log(-torch.expm1(-inverse))

        share = torch.logsumexp(weight + mass(values[:, None], mean, scale), 1)
        zero = torch.logsumexp(weight[ends] + mass(torch.zeros(1, 1), mean[ends], scale[ends]), 1).exp()
        rest = torch.log((1 - zero).clamp_min(1 - ZERO_MOST / TOTAL))
        share = share.masked_scatter(ends, share[ends] - rest)
        # What lies outside windows costs about this much; its slope leads back into them.
        floor = (0.05 * (share + 11).clamp_max(0) - math.log(TOTAL)).clamp_min(-25)
        return torch.logaddexp(share + math.log1p(-WINDOW / TOTAL), floor) * (-1 / math.log(2))

    def cost(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """(weighted mean, bits of each block [N])."""
        last_bits, bits, which = self(batch)
        total = last_bits.index_add(0, which, bits)
        return (total * torch.from_numpy(batch.weights)).mean(), total


def parameters_in(state: Mapping[str, Any], key: str, nets: Sequence[Net], path: Path) -> list[dict[str, Tensor]]:
    """Parameters of both networks in a checkpoint, averages or networks. Raises ModelError where they do not fit."""
    known = state.get(key)
    if not isinstance(known, list) or len(known) != len(nets):
        raise ModelError(f"{path}: is a checkpoint of another network")
    for net, parameters in zip(nets, known, strict=True):
        own = net.state_dict()
        given = parameters if isinstance(parameters, dict) else {}
        fitting = {name for name in given if name in own and getattr(given[name], "shape", None) == own[name].shape}
        astray = sorted(map(str, (own.keys() | given.keys()) - fitting))
        if astray:
            raise ModelError(f"{path}: {len(astray)} tensors do not fit this network, first {astray[0]}")
    return known
