"""Luma as side information for a tile of joint chroma."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.container.constants import JOINT_CHROMA
from l3c.container.structure import Component
from l3c.container.tiling import Box
from l3c.wave.definition.side_information import side_information_of


def is_conditional(component: Component) -> bool:
    """Whether luma, the first component, is its side information."""
    return component.channels == JOINT_CHROMA


def luma_under(components: list[Component], index: int, box: Box) -> Box:
    """The box of luma that is side information for a box of chroma."""
    luma, chroma = components[0], components[index]
    rows, columns = 1 + (luma.height > chroma.height), 1 + (luma.width > chroma.width)
    bottom, right = min(box.bottom * rows, luma.height), min(box.right * columns, luma.width)
    return Box(box.top * rows, box.left * columns, bottom, right)


def side_information(
    components: list[Component], index: int, box: Box, luma: NDArray[Any], held: Box | None = None
) -> NDArray[np.uint8] | None:
    """uint8 [box.height, box.width, 1] for a box of chroma; None for a component without side information.

    held: where luma, [held.height, held.width, 1], lies in the whole plane, if it is a part.
    """
    if not is_conditional(components[index]):
        return None
    whole = Box(0, 0, components[0].height, components[0].width)
    seen = luma[luma_under(components, index, box).within(held or whole)]
    return side_information_of(seen, box.height, box.width)
