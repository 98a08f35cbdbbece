"""The wave network in floating point: where its parameters start, and what they cost, by the engine's gradient code."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from l3c.training.picture_files import Pixels, centre_crop
from l3c.training.wave.chroma_crops import ChromaCrops, chroma_planes
from l3c.training.wave.crops import Crops, to_coding_order
from l3c.training.wave.quantize import round_parameters, split
from l3c.wave.definition.architecture import Architecture

Parameters = NDArray[np.float32]
VALID_CROP = 256  # pixels a side: validation takes seconds
VALID_TOGETHER = 8  # crops: as many pixels as a usual batch on a GPU
VALID_MULTIPLE = 32  # pixels: as config.CROP_MULTIPLE


def initial_parameters(architecture: Architecture, seed: int) -> Parameters:
    """He initialisation; spread scales in the mixtures; each colour predicted to move with the colours before it."""
    random = np.random.default_rng(seed)
    parameters = np.zeros(parameter_count(architecture), np.float32)
    for layer, weights, bias in split(architecture, parameters):
        weights[:] = random.standard_normal(weights.shape) * np.sqrt(2 / layer.inputs)
        if layer.name.startswith("head") and layer.name.endswith(".1"):
            k = architecture.components
            weights *= 0.1
            bias[2 * k : 3 * k] = np.linspace(-1, 1.5, k)
            coefficients = layer.outputs - 3 * k
            if architecture.coupled:
                bias[-1] = 1
            elif not architecture.side_channels:
                bias[3 * k :] = 0.9 / max(coefficients, 1)
    return parameters


def parameter_count(architecture: Architecture) -> int:
    return sum(layer.outputs * (layer.inputs + 1) for layer in architecture.layers())


def gradient(
    architecture: Architecture, parameters: Parameters, crops: Pixels, quantized: bool
) -> tuple[float, Parameters]:
    """Mean bits per sub-pixel over the crops, and its gradient."""
    from l3c.wave.compiled import wave_gradient

    if quantized:
        parameters = round_parameters(architecture, parameters)
    bits, total = wave_gradient(architecture, parameters, crops, quantized)
    samples = crops[..., architecture.side_channels :].size
    return bits / samples, total / np.float32(samples)


def crops_for(architecture: Architecture, images: list[Pixels], size: int) -> Crops:
    """A source of what the network codes. images: uint8 [H, W, 3]."""
    return ChromaCrops(images, size) if architecture.side_channels else Crops(images, size, architecture.channels)


def validation_crops(architecture: Architecture, images: list[Pixels]) -> list[Pixels]:
    """Centres of images, uint8 [H, W, 3], at most 256 x 256, as the network codes them: [n, h, w, channels] of a size.

    Few of one size stand together: a GPU computes them at once, and its memory holds them.
    """
    by_size: dict[tuple[int, ...], list[Pixels]] = {}
    for image in images:
        crop = _centre(architecture, image)
        by_size.setdefault(crop.shape, []).append(crop)
    return [
        np.stack(crops[first : first + VALID_TOGETHER])
        for crops in by_size.values()
        for first in range(0, len(crops), VALID_TOGETHER)
    ]


def _centre(architecture: Architecture, image: Pixels) -> Pixels:
    middle = centre_crop(image, VALID_CROP)
    multiple = VALID_MULTIPLE << architecture.side_channels
    height, width = (size // multiple * multiple for size in middle.shape[:2])
    rgb = middle[:height, :width]
    return chroma_planes(rgb) if architecture.side_channels else to_coding_order(rgb, architecture.channels)
