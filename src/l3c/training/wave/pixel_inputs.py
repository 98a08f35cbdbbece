"""In PyTorch, for a whole batch at once: what the wave network sees that depends on pixels alone.

All arrays are [rows, height, width, crops]. The sums of local fits and of channel regression run from wavefront to
wavefront while a tile is coded. In training all pixels are known, and the sums of a row follow from those of the row
above it by a product of matrices: so a batch takes as many steps as a crop has rows.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from l3c.wave.definition.architecture import AHEAD, FITTED, NEIGHBOURS, Architecture
from l3c.wave.definition.local_fit import ENERGY, FROM_ABOVE, FROM_LEFT, LEVEL, RIDGE
from l3c.wave.definition.regression import CALM, FINE, REACH
from l3c.wave.definition.scales import ACTIVATION_UNIT, OFFSET
from l3c.wave.definition.tile import BELOW, LEFT, NEUTRAL, RIGHT, TOP

INPUT_STEPS = float(1 << ACTIVATION_UNIT)
"""Integer steps in one unit of an input."""

LEAST_SHARE = 1e-30
"""Shares of a pixel's sums that are taken as 0: binary32 would soon hold them as slow subnormal numbers."""


class PixelInputs(NamedTuple):
    """Inputs are in the network's units, a level being 1/32.

    context: [context rows, ...], for stages 1 and 2. own: [channels, ...] residuals, then errors of coupled channels,
    for stage 1; the heads see the residuals too. expected: [channels, ...], for the heads; [0, ...] unless coupled.
    values, predictions, moves: float32 [channels, ...], levels; moves are what is expected, less the prediction.
    """

    context: Tensor
    own: Tensor
    expected: Tensor
    values: Tensor
    predictions: Tensor
    moves: Tensor


@torch.no_grad()
def pixel_inputs(architecture: Architecture, crops: Tensor) -> PixelInputs:
    """crops: uint8 [count, height, width, channels] in coding order, side channels first."""
    values = crops.permute(3, 1, 2, 0).float().contiguous()
    plane, side = _with_borders(values), architecture.side_channels
    height, width = values.shape[1:3]

    def at(offset: tuple[int, int]) -> Tensor:
        return plane[:, TOP + offset[0] : TOP + offset[0] + height, LEFT + offset[1] : LEFT + offset[1] + width]

    west, north, corner = at((0, -1)), at((-1, 0)), at((-1, -1))
    predictions = (west + north - corner).clamp(torch.minimum(west, north), torch.maximum(west, north))
    differences = values - predictions
    seen = torch.stack([_clipped(at(offset) - predictions) for offset in NEIGHBOURS])
    residuals = _clipped(differences)
    parts = [seen.transpose(0, 1).flatten(0, 1), predictions - OFFSET]
    if side:
        ahead = torch.stack([_clipped(at(offset)[:side] - predictions[:side]) for offset in AHEAD])
        parts.append(ahead.transpose(0, 1).flatten(0, 1))
    fits = torch.zeros_like(values[side:])
    if architecture.fitted:
        inputs, targets = seen[:FITTED, side:].clone(), residuals[side:].clone()
        if architecture.coupled:
            inputs[:, 1:] -= inputs[:, :1]
            targets[1:] -= targets[:1]
        fits = local_fits(inputs, targets)
        parts.append((fits * float(LEVEL) + OFFSET + 0.5).clamp(0, 255).floor() - OFFSET)
    own, expected, moves = residuals, values[:0], values[:0]
    if architecture.coupled:
        energies, moves = _regression(fits, differences)
        parts.append(energies - OFFSET)
        expected = _step_levels(moves)
        own = torch.cat([residuals, _step_levels(differences - moves)])
    context = torch.cat(parts)
    return PixelInputs(
        context / INPUT_STEPS, own / INPUT_STEPS, expected / INPUT_STEPS, values, predictions, moves
    )  # fmt: skip


def _clipped(differences: Tensor) -> Tensor:
    return differences.clamp(-128, 127)


def _with_borders(values: Tensor) -> Tensor:
    """As the definition has them: [channels, TOP + height + BELOW, LEFT + width + RIGHT, crops]. Format 5.2, 5.12."""
    rows = torch.cat([values, *[values[:, -1:]] * BELOW], 1)
    left = torch.cat([torch.full_like(rows[:, :1, :1], NEUTRAL), rows[:, :-1, :1]], 1)
    wide = torch.cat([*[left] * LEFT, rows, *[rows[:, :, -1:]] * RIGHT], 2)
    return torch.cat([torch.full_like(wide[:, :TOP], NEUTRAL), wide], 1)


def faded(addends: Tensor) -> Tensor:
    """Sums [N, height, width, crops] that pixels find, of what each pixel adds behind itself. Format 5.6.

    Overwrites the addends. A row's sums with its own addends are `along` times these and what is carried over from
    above: the powers of FROM_LEFT, by how far a pixel lies to the left.
    """
    count, height, width = addends.shape[:3]
    steps = torch.arange(width, dtype=torch.float64, device=addends.device)
    distance = steps[:, None] - steps
    shares = torch.where(distance >= 0, float(FROM_LEFT) ** distance, 0.0)
    along = torch.where(shares < LEAST_SHARE, 0.0, shares).float()
    above = float(FROM_ABOVE) * torch.cat([torch.zeros_like(along[:, :1]), along[:, :-1]], 1)
    sums = torch.matmul(along, addends)
    carried = above.expand(count, width, width)
    for y in range(1, height):
        sums[:, y].baddbmm_(carried, sums[:, y - 1])
    found = addends
    torch.mul(sums[:, :, :-1], float(FROM_LEFT), out=found[:, :, 1:])
    found[:, :, :1] = 0
    found[:, 1:, :-1].add_(sums[:, :-1, 1:], alpha=float(FROM_ABOVE))
    return found


def local_fits(inputs: Tensor, targets: Tensor) -> Tensor:
    """Predicted differences [C, ...] from those of neighbours [12, C, ...] and the true ones [C, ...]. Format 5.6."""
    weight = float(ENERGY) * torch.rsqrt(inputs.square().sum(0) + float(ENERGY))
    rows = weight * torch.cat([inputs, targets[None]])
    # of the triangle and the target's row the columns, each from its diagonal on
    products = torch.cat([inputs[j] * rows[j:] for j in range(FITTED)])
    columns = torch.split(
        faded(products.flatten(0, 1)).view_as(products), [FITTED + 1 - j for j in range(FITTED)]
    )  # fmt: skip
    features, result = inputs.clone(), torch.zeros_like(targets)
    for j, column in enumerate(columns):
        pivot = (column[0] + float(RIDGE)).clamp(min=float(RIDGE) / 2)
        scaled = column[1:] / pivot
        for k in range(j + 1, FITTED):
            columns[k].addcmul_(column[k - j :], scaled[k - j - 1], value=-1)
        features[j + 1 :].addcmul_(features[j], scaled[:-1], value=-1)
        result.addcmul_(features[j], scaled[-1])
    return result


def _regression(fits: Tensor, differences: Tensor) -> tuple[Tensor, Tensor]:
    """(energies as levels [C, ...], expected differences [C, ...] in levels). Format 5.7.

    A channel's errors follow from sums of those before it, so each channel's sums are taken when its errors are known.
    """
    fits = fits.clamp(-float(REACH), float(REACH))
    expected = [_rounded_finely(fits[0])]
    first = differences[0] - expected[0]
    if len(fits) == 1:
        return _energy_levels(faded((first * first)[None])), torch.stack(expected)
    second, third = (differences[c] - differences[0] - fits[c] for c in (1, 2))
    energy_1, by_second, by_third = faded(torch.stack([first * first, first * second, first * third]))
    slope_2, slope_3 = (products / (energy_1 + float(CALM)) for products in (by_second, by_third))
    expected.append(_rounded_finely(slope_2 * first + (differences[0] + fits[1])))
    error = differences[1] - expected[1]
    rest = third - slope_3 * first
    energy_2, by_rest = faded(torch.stack([error * error, error * rest]))
    slope = by_rest / (energy_2 + float(CALM))
    expected.append(_rounded_finely(slope * error + (slope_3 * first + (differences[0] + fits[2]))))
    last = differences[2] - expected[2]
    energy_3 = faded((last * last)[None])[0]
    return _energy_levels(torch.stack([energy_1, energy_2, energy_3])), torch.stack(expected)


def _rounded_finely(values: Tensor) -> Tensor:
    """To 64ths of a level."""
    return (values.clamp(-float(REACH), float(REACH)) * FINE + 0.5).floor() / FINE


def _step_levels(differences: Tensor) -> Tensor:
    """Quarters of a level of differences in 64ths, less OFFSET. Format 5.7."""
    return ((differences * FINE + FINE // 8) / (FINE // 4)).floor().clamp(-128, 127)


def _energy_levels(sums: Tensor) -> Tensor:
    """Eighths of an octave, read off the bits of the float. Format 5.7."""
    bits = (sums + 0.25).view(torch.int32) >> 20
    return (bits - (127 << 3) + 72).clamp(0, 255).float()
