"""From a trained float network to the integers of a codec."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from l3c.dct.definition.network import WEIGHT_MAX, Network, read_network
from l3c.dct.model import file_content
from l3c.errors import InputError, ModelError
from l3c.storage.atomic import write_whole
from l3c.training.checkpoints import read_state
from l3c.training.dct.config import DctConfig
from l3c.training.dct.net import ACTIVATION_UNIT, LOGIT_UNIT, Net, exponent, parameters_in
from l3c.training.experiments import Experiment

Tensors = dict[str, NDArray[np.generic]]

CALIBRATED = "everyday"
"""The way of learning of model `jpeg`: frequencies are calibrated while it codes."""

LEARNING = {CALIBRATED: True, "none": False}
"""Whether a model is calibrated, by the names that wave models' ways of learning have."""

OFFSET_PARTS = 4
"""Offsets of accumulators are rounded to this part of a step of activations. That moves activations by at most
a quarter of what their own rounding does, and files deflate better.
"""


def export(net: Net) -> Tensors:
    """Tensors as `read_network` takes them. Raises ValueError where a sum may leave 32 bits."""
    with torch.no_grad():
        tensors = _tensors(net)
    read_network(net.a, tensors.__getitem__)
    return tensors


def export_dct(
    experiment: Experiment, config: DctConfig, target: Path, iteration: int, learning: str = CALIBRATED
) -> tuple[int, bytes]:
    """Write the integers of a checkpoint's mean parameters, whole or not at all: (iteration, digest). learning: a key
    of LEARNING.

    Raises InputError for another, ModelError for a checkpoint of other networks, and where a sum may leave 32 bits.
    """
    if learning not in LEARNING:
        raise InputError(f"learning {learning!r}: there is {', '.join(LEARNING)} for coefficient models")
    found, path = experiment.checkpoints.choose(iteration)
    luma, chroma = nets = [Net(architecture, config.run.weight_most) for architecture in config.network.architectures()]
    for net, known in zip(nets, parameters_in(read_state(path), "averages", nets, path), strict=True):
        net.load_state_dict(known)
    try:
        content, digest = file_content((luma.a, chroma.a), (export(luma), export(chroma)), LEARNING[learning])
    except ValueError as error:
        raise ModelError(f"{path}: {error}; train on from an earlier checkpoint") from error
    write_whole(target, content)
    return found, digest


def exported(net: Net) -> Network:
    """The integer network."""
    return read_network(net.a, export(net).__getitem__)


def _tensors(net: Net) -> Tensors:
    out: Tensors = {}

    def layer(
        name: str, weight: Tensor, bias: Tensor, unit: int | Tensor, middle: Tensor, most: int = net.weight_most
    ) -> None:
        e = exponent(weight, unit, most).double()
        integers = torch.round(weight.double() * torch.exp2(e))
        start = torch.floor(bias.double() * torch.exp2(e[..., 0] + ACTIVATION_UNIT) + 0.5)
        start -= (integers * middle.double()).sum(-1)
        shift = e + ACTIVATION_UNIT - torch.as_tensor(unit)
        out[f"{name}.weight"] = integers.numpy().astype(np.int8)
        out[f"{name}.bias"] = start.numpy().astype(np.int32)
        out[f"{name}.shift"] = shift[..., 0].numpy().astype(np.uint8)

    zero = torch.zeros(1)
    layer("trunk.0", net.t1, net.t1b, ACTIVATION_UNIT, cast(Tensor, net.mid))
    layer("trunk.1", net.t2, net.t2b, ACTIVATION_UNIT, zero)
    layer("last", net.last, net.lastb, LOGIT_UNIT, zero)
    layer("start", net.acc, net.accb, ACTIVATION_UNIT, zero, WEIGHT_MAX)
    middle = torch.cat([torch.zeros(net.a.hidden), cast(Tensor, net.seen_mid)])
    layer("heads.0", net.h1 + net.h1_common, net.h1b, ACTIVATION_UNIT, middle)
    layer("heads.1", net.h2 + net.h2_common, net.h2b, net.output_units(), zero)
    grid = torch.exp2(exponent(net.acc))[:, 0].double()
    fine = grid * 2**ACTIVATION_UNIT
    step = (grid / OFFSET_PARTS).clamp_min(1)
    for name, offsets in (("last_columns", net.lastcol), ("positions", net.pos)):
        out[name] = (torch.round(offsets * fine / step) * step).numpy().astype(np.int32)
    columns = torch.round((net.col + net.col_common) * grid)
    if columns.abs().max() > np.iinfo(np.int16).max:
        raise ValueError("columns: beyond 16 bits")
    out["columns"] = columns.numpy().astype(np.int16)
    return out
