"""Two chroma planes as one component, which a model codes that has luma as side information."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from l3c.container.history import Corrected
from l3c.container.structure import ImageHeader
from l3c.history.plain import Components


def join_chroma(header: ImageHeader, components: Components) -> tuple[ImageHeader, Components]:
    """The same image, its chroma in one component; of a history without chroma as it is."""
    if not isinstance(header.history, Corrected):
        return header, components
    luma, *chroma = components
    return replace(header, history=replace(header.history, joint_chroma=True)), [luma, np.concatenate(chroma, axis=2)]


def planes_of(components: Components) -> list[NDArray[np.uint8]]:
    """Luma, blue and red chroma, [height, width] each, of any such image."""
    return [component[..., c] for component in components for c in range(component.shape[2])]
