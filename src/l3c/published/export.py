"""From a float network to an integer one: steps of all signals from pictures, then weights that keep every bound."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from l3c.errors import InputError, ModelError
from l3c.published.architecture import DILATIONS, Architecture, recursions_of
from l3c.published.grid import SMALL_WEIGHT, Floats, Grid, Grids, Steps, grid_of, most_of, shifts_of
from l3c.published.integer_model import all_parameters
from l3c.published.layers_integer import Program, layers, scale_count
from l3c.published.operations import INPUT_MAX, NARROW_BITS, NARROW_MAX, SUM_MAX, IntegerLayer, Layer
from l3c.published.pictures import Padding, Pixels

Weights = dict[str, tuple[Floats, Floats]]
"""(weight [outputs, inputs, k, k], bias [outputs]) of every layer."""

State = Mapping[str, torch.Tensor]
HEADROOM = 1.1
"""Steps leave this much above what calibration saw: other pictures go further. By trial."""

QUIET = 32
"""Channels that calibration saw this much fainter than their signal's strongest get its step over this."""

LEVEL_ERROR = 1e-5
"""By so much the levels of a quantizer may be off: versions of PyTorch differ by 1.2e-7."""

BEGIN_SUMS = (".enc.down", ".dec.head", ".dec.tail")
"""Layers that a sum begins with: what they read is no part of it, so that its steps may follow from theirs."""

TINY = 1e-9  # of a step: less is rounding

SHIFT_MIN = 3
"""Steps of signals that one layer writes are made large enough for this shift."""


Tune = Callable[[Architecture, Weights, Grids], Weights]
"""Changes the weights of an integer network's layers once their grids are known."""


def float_layers(architecture: Architecture, state: State) -> Weights:
    """What every layer in `layers(a)` has in a state.

    Raises ModelError naming tensors that are missing or too many, or hold what is no finite number.
    """
    read: set[str] = set()

    def tensor(key: str) -> torch.Tensor:
        if key not in state:
            raise ModelError(f"the network has no {key}, which one of kind {architecture.kind} has")
        read.add(key)
        values = state[key].detach().cpu().double()
        if not values.isfinite().all():
            raise ModelError(f"{key}: parameters that are no finite numbers; train on from an earlier checkpoint")
        return values

    def pair(key: str) -> tuple[Floats, Floats]:
        return tensor(f"{key}.weight").numpy(), tensor(f"{key}.bias").numpy()

    by_layer = {layer.name: pair(key) for layer in layers(architecture) if (key := key_of(layer.name)) is not None}
    weight, bias = pair("sub_rgb_mean")
    if architecture.learned:
        after, offset = pair("heads.0.head.0")
        bias = after[:, :, 0, 0] @ bias + offset
        weight = (after[:, :, 0, 0] @ weight[:, :, 0, 0])[:, :, None, None]
        for scale in range(architecture.scales):
            for key in (f"nets.{scale}.enc.levels", f"nets.{scale}.enc.q.levels"):
                check_levels(key, tensor(key), architecture.latent_levels)
    astray = sorted(state.keys() - read)
    if astray:
        raise ModelError(
            f"a network of kind {architecture.kind} does not have {', '.join(astray)}: export would lose "
            f"{'them' if len(astray) > 1 else 'it'}; a class of one's own is named by network.kind=package.module:Class"
        )
    return {**by_layer, "input": (weight, bias)}


def check_levels(name: str, levels: torch.Tensor, count: int) -> None:
    """Raise ModelError where a quantizer's levels are not those that integers stand for: equidistant from -1 to 1."""
    wanted = torch.linspace(-1, 1, count, dtype=torch.float64)
    if levels.shape != wanted.shape or not torch.allclose(levels.cpu().double(), wanted, atol=LEVEL_ERROR):
        raise ModelError(f"{name}: not {count} levels at equal distances from -1 to 1")


def key_of(name: str) -> str | None:
    """Where a layer's tensors lie in a state; None for the one that is made of two."""
    kind, _, rest = name.partition(".")
    if kind == "input":
        return None
    if kind == "heads":
        return "heads.0.head.1.head" if rest == "0" else f"{name}.head"
    if kind == "params":
        return f"prob_clfs.{rest}.atrous.lin"
    if kind == "atrous":
        scale, dilation = rest.split(".")
        return f"prob_clfs.{scale}.atrous.atrous.{DILATIONS.index(int(dilation))}"
    return f"{name}.0" if name.endswith(("tail", "to_q")) else name


class Recorder:
    """The float network as a backend, which remembers the largest magnitude of every channel of every signal."""

    def __init__(self, a: Architecture, weights: Weights) -> None:
        self._levels = a.latent_levels
        self._layers = {layer.name: layer for layer in layers(a)}
        self._weights = {n: (torch.tensor(w).float(), torch.tensor(b).float()) for n, (w, b) in weights.items()}
        self.largest: dict[str, Floats] = {}

    def receive(self, signal: str, values: NDArray[np.int64]) -> torch.Tensor:
        step = 1 / (self._levels - 1) if signal == "latent" else 1.0
        return torch.from_numpy(values * step).float()[None]

    def give(self, values: torch.Tensor) -> NDArray[Any]:
        return values[0].numpy()

    def layer(self, name: str, x: torch.Tensor) -> torch.Tensor:
        layer, (weight, bias) = self._layers[name], self._weights[name]
        reach = layer.dilation * (weight.shape[2] // 2)
        y = functional.conv2d(x, weight, bias, layer.stride, reach, layer.dilation)
        if name.endswith("to_q"):
            return ((y + 1) * (self._levels - 1) / 2 + 0.5).floor().clamp(layer.low, layer.high)
        y = y.relu() if layer.low == 0 else y
        if layer.high == NARROW_MAX:
            self._see(layer.target, y)
        return y

    def narrow(self, signal: str, x: torch.Tensor) -> torch.Tensor:
        self._see(signal, x)
        return x

    def add(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return x + y

    def join(self, parts: list[torch.Tensor]) -> torch.Tensor:
        return torch.cat(parts, 1)

    def shuffle(self, x: torch.Tensor) -> torch.Tensor:
        return functional.pixel_shuffle(x, 2)

    def clip(self, x: torch.Tensor, low: int, high: int) -> torch.Tensor:
        raise NotImplementedError("published networks have no such operation")

    def leak(self, x: torch.Tensor, factor: int, shift: int) -> torch.Tensor:
        raise NotImplementedError("published networks have no such operation")

    def _see(self, signal: str, x: torch.Tensor) -> None:
        now = x.abs().amax((0, 2, 3)).double().numpy()
        self.largest[signal] = np.maximum(self.largest.get(signal, 0), now)


def calibrate(architecture: Architecture, weights: Weights, pictures: Iterable[Pixels], bits: int = 16) -> Steps:
    """What one unit of every signal's channels stands for. bits: as of `export_layers`."""
    recorder = Recorder(architecture, weights)
    program = Program(architecture, recorder)
    count = 0
    with torch.inference_mode():
        for count, picture in enumerate(pictures, 1):  # noqa: B007
            padded = Padding.to_multiple(
                picture.shape[0], picture.shape[1], architecture.multiple(recursions_of(architecture))
            ).add(picture)
            all_parameters(program, padded)
    if not count:
        raise InputError("no pictures to calibrate with")
    floor = {signal: np.maximum(seen, seen.max() / QUIET + 1e-12) for signal, seen in recorder.largest.items()}
    steps = {signal: HEADROOM * seen / NARROW_MAX for signal, seen in floor.items()}
    steps |= fixed_steps(architecture, *weights["input"])
    while _widen(architecture, weights, steps, bits):
        pass
    return steps | _joined_steps(architecture, steps)


def _widen(a: Architecture, weights: Weights, steps: Steps, bits: int) -> bool:
    """Enlarge steps that leave no room; whether any was. What reads a signal whose step grew needs more room itself."""
    changed = False
    for layer in layers(a):
        begins_sum = layer.name.endswith(BEGIN_SUMS)
        if layer.high == NARROW_MAX or begins_sum:
            shift = NARROW_BITS if begins_sum else SHIFT_MIN  # sums are that much finer, and may do without a shift
            least = _least_step(layer, *weights[layer.name], steps[layer.source], shift, most_of(layer, bits))
            step = steps[layer.target]
            least = least.reshape(len(step), -1).max(1)  # outputs that are shuffled into space share a step
            changed |= bool((least > step * (1 + TINY)).any())
            steps[layer.target] = np.maximum(step, least)
    return changed


def _least_step(layer: Layer, weight: Floats, bias: Floats, source: Floats, shift: int, most: int) -> Floats:
    """Smallest steps of a layer's outputs that leave room for weights and sums at a shift."""
    weights = np.abs(weight * source[None, :, None, None])
    sums = weights.sum((1, 2, 3)) * layer.read_max + np.abs(bias)
    room = np.maximum(weights.max((1, 2, 3)) / most, 1.1 * sums / SUM_MAX)
    least: Floats = room * 2.0**shift
    return least


def fixed_steps(architecture: Architecture, weight: Floats, bias: Floats) -> Steps:
    """Steps of what needs no calibration; the input's from the range of all colours."""
    flat = weight[:, :, 0, 0]
    high = 255 * np.maximum(flat, 0).sum(1) + bias
    low = 255 * np.minimum(flat, 0).sum(1) + bias
    reach = np.maximum(np.abs(high), np.abs(low)).max()
    return {
        "image": np.ones(3),
        "input": np.full(3, 2.0 ** math.ceil(math.log2(reach / INPUT_MAX))),
        "latent": np.full(architecture.latent_channels, 1 / (architecture.latent_levels - 1)),
    }


def _joined_steps(a: Architecture, steps: Steps) -> Steps:
    return {f"atrous.{s}": np.concatenate([steps[f"atrous.{s}.{d}"] for d in DILATIONS]) for s in range(scale_count(a))}


def as_they_are(a: Architecture, weights: Weights, grids: Grids) -> Weights:
    """Tune nothing."""
    return weights


def grids_of(a: Architecture, weights: Weights, steps: Steps, bits: int = 16) -> Grids:
    """Grids of all layers under the steps of their signals. bits: as of `export_layers`."""
    return {layer.name: (layer, grid_of(a, layer, len(weights[layer.name][1]), steps, bits)) for layer in layers(a)}


def export_layers(
    architecture: Architecture, state: State, pictures: Iterable[Pixels], tune: Tune = as_they_are, bits: int = 16
) -> list[IntegerLayer]:
    """Integer network of a state. pictures: uint8 [H, W, 3], what calibration looks at; a few are enough.

    tune: changes the weights when steps are known. bits: of the weights of predictors and classifiers, 8 or 16. Raises
    ModelError where a channel's bound cannot be kept, or tensors are missing or too many; InputError without pictures.
    """
    weights = float_layers(architecture, state)
    grids = grids_of(architecture, weights, calibrate(architecture, weights, pictures, bits), bits)
    return integer_layers(grids, tune(architecture, weights, grids))


def integer_layers(grids: Grids, weights: Weights) -> list[IntegerLayer]:
    """Whole weights on their grids. Raises ModelError where a channel's bound cannot be kept."""
    return [_integer_layer(layer, grid, *weights[layer.name]) for layer, grid in grids.values()]


def _integer_layer(layer: Layer, grid: Grid, weight: Floats, bias: Floats) -> IntegerLayer:
    scaled_weight, scaled_bias = grid.weight(weight), grid.bias(bias)
    shift = shifts_of(layer, grid.most, scaled_weight, scaled_bias)
    power = 2.0**shift
    made = IntegerLayer(
        layer,
        np.rint(scaled_weight * power[:, None, None, None]).astype(np.int8 if grid.most == SMALL_WEIGHT else np.int16),
        np.rint(scaled_bias * power).astype(np.int32),
        shift.astype(np.uint8),
    )
    check_bound(made)
    return made


def check_bound(layer: IntegerLayer) -> None:
    """Raise ModelError where a channel's sum may reach 2^24."""
    bound = layer.bound()
    if bound.max() >= SUM_MAX:
        raise ModelError(
            f"{layer.layer.name}: channel {int(bound.argmax())} sums to {int(bound.max())}, limit {SUM_MAX}"
        )
