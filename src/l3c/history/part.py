"""A part of an image with a history."""

from __future__ import annotations

from typing import NamedTuple

from l3c.container.structure import ImageHeader
from l3c.container.tiling import Box


class Part(NamedTuple):
    """A part of an image that can be made alone. header: of it, as an image of its own.

    box: where it lies in the image. boxes: where its components lie in the image's.
    """

    header: ImageHeader
    box: Box
    boxes: list[Box]
