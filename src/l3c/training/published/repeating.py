"""RGB begins with the one predictor of RGB Shared, at every scale."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from l3c.published.network import Published, Pyramid

COARSER = 0.1
"""Share of the coarser context in what a predictor reads. RGB Shared's reads none: all of it costs 13 bits per
sub-pixel at first, where this costs 4.9, and 0.03 costs 4.7, but has to grow. By trial."""

PREDICTOR = "nets"  # what keys of a scale's predictor begin with, before its number
CLASSIFIER = "prob_clfs"  # the same of its classifier


def repeated(network: Published, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A state by released key, as a network begins with it: unchanged, but for RGB Shared's where the network is RGB.

    Contexts that a finer predictor reads are made small, and their classifiers' weights as much larger: mixtures of a
    scale are those of RGB Shared, but for what they add to it.
    """
    scales = network.architecture.scales
    if type(network) is not Pyramid or scales == 1 or any(key.startswith(f"{PREDICTOR}.1.") for key in state):
        return dict(state)
    made: dict[str, Tensor] = {}
    for key, value in state.items():
        part, _, name = key.partition(".0.")
        if part in (PREDICTOR, CLASSIFIER):
            made |= {f"{part}.{scale}.{name}": value * _factor(name) if scale else value for scale in range(scales)}
        else:
            made[key] = value
    return made


def _factor(name: str) -> float:
    """Of a tensor of a scale whose context a finer one reads."""
    if name.startswith("dec.tail."):
        return COARSER
    if name.startswith("atrous.atrous.") and name.endswith(".weight"):
        return 1 / COARSER
    return 1.0
