"""Luma as side information for a tile of joint chroma."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.container.constants import PAIR
from l3c.container.structure import Component
from l3c.container.tiling import Box
from l3c.wave.definition.side_information import guide_of


def is_guided(component: Component) -> bool:
    """Whether luma, the first component, is its guide."""
    return component.channels == PAIR


def luma_under(components: list[Component], index: int, box: Box) -> Box:
    """What of luma guides a box of chroma."""
    luma, chroma = components[0], components[index]
    rows, columns = 1 + (luma.height > chroma.height), 1 + (luma.width > chroma.width)
    bottom, right = min(box.bottom * rows, luma.height), min(box.right * columns, luma.width)
    return Box(box.top * rows, box.left * columns, bottom, right)


def guide(
    components: list[Component], index: int, box: Box, luma: NDArray[Any], held: Box | None = None
) -> NDArray[np.uint8] | None:
    """uint8 [box.height, box.width, 1] for a box of chroma; None for a component without a guide.

    held: where luma, [held.height, held.width, 1], lies in the whole plane, if it is a part.
    """
    if not is_guided(components[index]):
        return None
    whole = Box(0, 0, components[0].height, components[0].width)
    seen = luma[luma_under(components, index, box).within(held or whole)]
    return guide_of(seen, box.height, box.width)
