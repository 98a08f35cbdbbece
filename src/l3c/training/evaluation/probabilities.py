"""What pictures cost under a trained network, by its probabilities."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from l3c.published.architecture import recursions_of
from l3c.published.network import Published
from l3c.published.pictures import Padding, Pixels
from l3c.training.evaluation.costs import PictureCost, Progress, Settings, check_finite
from l3c.training.evaluation.test_sets import TestSet
from l3c.training.published.batches import to_tensor


def tiles(image: Pixels, max_pixels: int) -> Iterator[Pixels]:
    """Yield the picture, or its quarters (top left and right, bottom left and right), cut again while too large."""
    height, width = image.shape[:2]
    if height * width <= max_pixels or min(height, width) < 2:
        yield image
        return
    y, x = height // 2, width // 2
    for quarter in (image[:y, :x], image[:y, x:], image[y:, :x], image[y:, x:]):
        yield from tiles(quarter, max_pixels)


def padded_tensor(image: Pixels, multiple: int) -> torch.Tensor:
    """[H, W, 3] -> uint8 [1, 3, H', W'], multiples both."""
    return to_tensor(Padding.to_multiple(image.shape[0], image.shape[1], multiple).add(image))[None]


@torch.no_grad()
def cost_of(network: Published, image: Pixels, settings: Settings) -> tuple[float, ...]:
    """Bits of each scale over all tiles, each padded on its own."""
    recursions = recursions_of(network.architecture, settings.recursions)
    multiple = network.architecture.multiple(recursions)
    device = next(network.parameters()).device
    total = torch.zeros(0)
    for tile in tiles(image, settings.max_pixels):
        with torch.autocast(device.type, torch.bfloat16, enabled=settings.bfloat16):
            scales = network(padded_tensor(tile, multiple).to(device).float(), recursions)
        bits = network.bits(scales)[0].cpu()
        total = bits if not total.numel() else total + bits
    return tuple(total.tolist())


def evaluate(
    network: Published, place: str, testset: TestSet, settings: Settings, progress: Progress
) -> tuple[tuple[PictureCost, ...], tuple[str, ...]]:
    """Every picture's cost, in order; and names of those that could not be read. place: of the weights.

    Raises ModelError, naming place and picture, where a cost is not finite.
    """
    costs, skipped = [], list[str]()
    for number, path, image in testset.pictures(skipped):
        bits = cost_of(network, image, settings)
        check_finite(bits, place, path)
        costs.append(PictureCost(path.name, image.size, bits))
        progress((number + 1) / len(testset.paths))
    return tuple(costs), tuple(skipped)
