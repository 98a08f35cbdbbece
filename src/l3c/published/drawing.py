"""Samples of an integer model, in NumPy: what it takes a picture for, when some of its scales are drawn at random.

`l3c sample` draws from float networks, as published; here drawn auxiliary images are symbols, since integers know no
others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.coding.arrays import LOG_SCALE_OFFSET
from l3c.coding.compiled import SymbolEncoder
from l3c.coding.tables import GRAY_BITS
from l3c.published.architecture import RGB_LEVELS, Architecture, recursions_of
from l3c.published.integer_model import PublishedModel, auxiliary_images
from l3c.published.layers_integer import parameter_channels
from l3c.published.pictures import Padding, Pixels

LOGIT_UNIT = 1 / 16
"""Nats in an integer (format 7.4)."""

LOG_SCALE_UNIT = 1 / 16
"""Nats in an integer (format 7.4)."""

COEFFICIENT_UNIT = 1 / 1024
"""Of a coefficient before the logistic function (format 7.4)."""

MEAN_UNIT = 1 / (1 << GRAY_BITS)
"""Of a symbol."""

UNIFORM_MIN = 1e-5
"""Uniform numbers lie in [1e-5, 1 - 1e-5], as published."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Drawn:
    """A picture of which scales 0 .. scales - 1 were drawn, and the bits per sub-pixel of those that stayed true."""

    scales: int
    bpsp: float
    picture: Pixels


def mixtures_of(architecture: Architecture, scale: int, parameters: NDArray[np.int32]) -> list[Floats]:
    """Parameters as a model gives them, int32 [outputs, H, W], as numbers in symbols: [C, K, H, W] each.

    Weights (they sum to 1), means, scales, and, of an image, coefficients of the colours before. A coefficient of an
    image is 0 .. 1, in the order green by red, blue by red, blue by green.
    """
    channels = parameter_channels(architecture, scale)
    maps = parameters.reshape(-1, channels, architecture.components, *parameters.shape[1:]).astype(np.float64)
    logits = maps[0] * LOGIT_UNIT
    weights = np.exp(logits - logits.max(1, keepdims=True))
    mixtures = [weights / weights.sum(1, keepdims=True), maps[1] * MEAN_UNIT]
    mixtures.append(np.exp(maps[2] * LOG_SCALE_UNIT + LOG_SCALE_OFFSET))
    return mixtures + [1 / (1 + np.exp(-part * COEFFICIENT_UNIT)) for part in maps[3:]]


def draw(
    architecture: Architecture, scale: int, parameters: NDArray[np.int32], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Symbols [C, H, W] drawn from the mixtures of a scale; colours follow those before them."""
    weights, means, scales, *coefficients = mixtures_of(architecture, scale, parameters)
    gumbel = -np.log(-np.log(_uniform(rng, weights.shape)))
    picked = (np.log(weights + 1e-300) + gumbel).argmax(1)[:, None]
    means, scales = (np.take_along_axis(part, picked, 1)[:, 0] for part in (means, scales))
    u = _uniform(rng, means.shape)
    drawn = means + scales * (np.log(u) - np.log1p(-u))
    if not coefficients:
        symbols: NDArray[np.int64] = np.rint(drawn).clip(0, architecture.latent_levels - 1).astype(np.int64)
        return symbols
    owners = picked[[1, 2, 2]]  # a coefficient belongs to the component of the colour that it moves
    of_green, of_blue_by_red, of_blue_by_green = np.take_along_axis(coefficients[0], owners, 1)[:, 0]
    red = drawn[0].clip(0, RGB_LEVELS - 1)
    green = (drawn[1] + of_green * red).clip(0, RGB_LEVELS - 1)
    blue = (drawn[2] + of_blue_by_red * red + of_blue_by_green * green).clip(0, RGB_LEVELS - 1)
    return np.stack([red, green, blue]).astype(np.int64)


def _uniform(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return UNIFORM_MIN + (1 - 2 * UNIFORM_MIN) * rng.random(shape)


def bits_of(model: PublishedModel, image: Pixels) -> list[float]:
    """What each scale of a picture costs under the model's frequencies, the image first, the coarsest last.

    image: uint8 [H, W, 3], coded as one tile.
    """
    sums = [0.0]

    def add(encoder: SymbolEncoder) -> None:
        sums.append(encoder.bits)

    model.code(image, add)
    return [float(bits) for bits in np.diff(sums)[::-1]]


def samples_of(model: PublishedModel, image: Pixels, seed: int = 0) -> list[Drawn]:
    """The picture, then with scale 0 drawn given true z1, scales 0 and 1 given true z2, and so on to the coarsest.

    image: uint8 [H, W, 3], computed whole: memory grows with it.
    """
    a, bits = model.architecture, bits_of(model, image)
    padding = Padding.to_multiple(image.shape[0], image.shape[1], 1 << (a.scales + recursions_of(a)))
    padded = padding.add(image)
    true = [padded.transpose(2, 0, 1), *auxiliary_images(model.program, padded)]
    rng, pictures = np.random.default_rng(seed), [Drawn(0, sum(bits) / image.size, image)]
    for drawn in range(1, len(true)):
        picture = _drawn(model, true, drawn, rng).transpose(1, 2, 0).astype(np.uint8)
        pictures.append(Drawn(drawn, sum(bits[drawn:]) / image.size, padding.remove(picture)))
    return pictures


def _drawn(model: PublishedModel, true: list[Any], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw the `count` finest scales, one after another."""
    symbols, context = list(true), None
    for scale in reversed(range(len(true) - 1)):
        context = model.program.context(scale, symbols[scale + 1], context)
        if scale < count:
            symbols[scale] = draw(model.architecture, scale, model.program.parameters(scale, context), rng)
    image: NDArray[np.int64] = symbols[0]
    return image
