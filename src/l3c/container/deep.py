"""Which components are the two parts of samples of 9 to 16 bits, which a model may code as one."""

from __future__ import annotations

from dataclasses import replace

from l3c.container.constants import DEEP_BITS
from l3c.container.history import Upscaled, ValueTable
from l3c.container.structure import ImageHeader


def deep_components(header: ImageHeader) -> dict[int, int]:
    """Of each component that holds the upper 8 bits of deep samples, whose lower ones are in the next, their bits."""
    history = header.history
    if isinstance(history, ValueTable):
        planes = header.channels if history.less_green else 1
        return {2 * plane: history.bits for plane in range(planes)} if history.bits in DEEP_BITS else {}
    if isinstance(history, Upscaled):
        return deep_components(replace(header, history=None))
    if history is not None or header.depth not in DEEP_BITS:
        return {}
    return {header.parts * plane: header.depth for plane in range(len(header.planes))}


def lower_bits(depth: int) -> int:
    """Bits of deep samples in the second component (2.3.4)."""
    return (depth - 1) % 8 + 1
