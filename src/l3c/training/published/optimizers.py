"""Optimizers of the published networks, and what they take over from a checkpoint."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from l3c.published.network import Published
from l3c.training.published.config import Config

logger = logging.getLogger(__name__)

FUSED = ("adam", "adamw")  # optimizers of which PyTorch has a fused form

MOMENTS = {"rmsprop": ("square_avg",), "adam": ("exp_avg", "exp_avg_sq"), "adamw": ("exp_avg", "exp_avg_sq")}
"""Names of each optimizer's state tensors, which have the parameter's shape."""


def make_optimizer(network: Published, config: Config) -> torch.optim.Optimizer:
    """All parameters that are trained, PyTorch's defaults for what the configuration does not name.

    On a GPU, Adam and AdamW take a step in one kernel, which also can leave it out (see `leave_out`).
    """
    kinds = {"rmsprop": torch.optim.RMSprop, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    o = config.optimizer
    fused = {"fused": True} if o.name in FUSED and all(parameter.is_cuda for parameter in trained) else {}
    optimizer = kinds[o.name](trained, lr=o.learning_rate, weight_decay=o.weight_decay, **fused)
    if o.mean_rate != 1:
        hasten_means(optimizer, network, o.mean_rate)
    return optimizer  # type: ignore[no-any-return]


def hasten_means(optimizer: torch.optim.Optimizer, network: Published, factor: float) -> None:
    """Let the weights that give means of images take `factor` times the optimizer's steps.

    Adam moves every weight by about its rate, and means have to reach 255 where all else is about 1.
    """
    rows: dict[int, Tensor] = {}
    for scale in range(network.architecture.scales):
        layer, mixture = network.last_layer(scale), network.mixture(scale)
        for parameter in (layer.weight, layer.bias):
            if mixture.joint and parameter is not None:
                shape = (-1, mixture.channels, mixture.components, *parameter.shape[1:])
                rows[id(parameter)] = parameter.detach().view(shape)[1]
    before: list[Tensor] = []

    def remember(*_: object) -> None:
        before[:] = [row.clone() for row in rows.values()]

    def hasten(*_: object) -> None:
        for row, old in zip(rows.values(), before, strict=True):
            row.add_(row - old, alpha=factor - 1)

    optimizer.register_step_pre_hook(remember)
    optimizer.register_step_post_hook(hasten)


def is_fused(optimizer: torch.optim.Optimizer) -> bool:
    return all(bool(group.get("fused")) for group in optimizer.param_groups)


def leave_out(optimizer: torch.optim.Optimizer, skipped: Tensor) -> None:
    """Have a fused optimizer do nothing at its next step where `skipped`, a boolean on its device, is true.

    Gradient scalers use the same attributes; nobody waits for the device.
    """
    optimizer.grad_scale, optimizer.found_inf = None, skipped.float()  # type: ignore[attr-defined]


def restore_optimizer(optimizer: torch.optim.Optimizer, name: str, state: Mapping[str, Any], place: Path) -> None:
    """Take over the moments of a checkpoint; settings, weight decay among them, stay those of the configuration.

    name: of the optimizer. Where the moments are another optimizer's, or of other parameters, it starts anew, and a
    warning says why.
    """
    unfit = _unfit(optimizer, name, state)
    if unfit:
        logger.warning("%s: %s; the optimizer starts anew", place, unfit)
        return
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state["optimizer"]["state"], "param_groups": groups})
    _lay_out_moments(optimizer, name)


def _lay_out_moments(optimizer: torch.optim.Optimizer, name: str) -> None:
    """Lay moments out in memory as their parameters are: on a GPU, fused optimizers refuse others.

    A checkpoint may be of a run without `channels_last`, and files that travel hold contiguous tensors.
    """
    for parameter, state in optimizer.state.items():
        for part in MOMENTS[name]:
            state[part] = torch.empty_like(parameter).copy_(state[part])


def _unfit(optimizer: torch.optim.Optimizer, name: str, state: Mapping[str, Any]) -> str:
    """Why a checkpoint's moments are of no use; empty where they are."""
    saved = state.get("optimizer")
    if not saved:
        return "has no optimizer state"
    try:
        earlier = state.get("config", {}).get("optimizer", {}).get("name", name)
        if earlier != name:
            return f"its optimizer is {earlier}, here it is {name}"
        return "" if _fits(optimizer, name, saved) else "its optimizer is that of another network"
    except (AttributeError, KeyError, IndexError, TypeError):
        return "its optimizer's state is damaged"


def _fits(optimizer: torch.optim.Optimizer, name: str, saved: Mapping[str, Any]) -> bool:
    """Whether saved moments are those of the optimizer's parameters."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    places = [place for group in saved["param_groups"] for place in group["params"]]
    return places == list(range(len(parameters))) and all(
        part in moments and moments[part].shape == parameters[place].shape
        for place, moments in saved["state"].items()
        for part in MOMENTS[name]
    )
