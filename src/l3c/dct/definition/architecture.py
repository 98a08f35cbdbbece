"""Shape of a coefficient network."""

from __future__ import annotations

from dataclasses import dataclass

BLOCK = 64
"""Coefficients of a block."""

LASTS = BLOCK + 1
"""Last positions: none, or 1 .. 64 coefficients."""

LUMA_INPUTS = 5 * BLOCK + 2 * 8 + 8 + 2
"""Left, above, corners, statistics, steps; two edges; eight counts; two flags."""

CHROMA_INPUTS = LUMA_INPUTS + 2 * BLOCK + 1
"""Also luma, the other chroma component, and which of the two it is."""

LUMA_SEEN = 10
"""What a head of luma sees of its own position."""

CHROMA_SEEN = 12
"""What a head of chroma sees: luma and the other component, too."""

RELATED = 2
"""Components that chroma may be predicted from: luma, and the first chroma component."""

COMPONENTS_MAX = 3
"""Logistics in a mixture. With three, one has a weight of at least a third (`symbols.HEAVY`)."""

WIDTHS = ("trunk1", "trunk2", "hidden", "head")
"""Fields that are widths of layers."""

GRANULE = 4
"""Widths are multiples of it, as those of wave models."""

WIDTH_MAX = 512
"""Keeps the sums of the widest layer inside 32 bits: 1024 inputs of 255 times weights of 64 are 2^24."""


@dataclass(frozen=True)
class Architecture:
    """Widths. chroma: 1 for chroma given luma. trunk1, trunk2: layers of the trunk. hidden: the accumulator.
    head: of each position. components: logistics in a mixture. related: 1 where chroma is predicted from other
    components by slopes (`relation`), or 0.

    Raises ValueError naming a field that is out of bounds.
    """

    chroma: int = 0
    trunk1: int = 256
    trunk2: int = 256
    hidden: int = 192
    head: int = 16
    components: int = 3
    related: int = 0

    def __post_init__(self) -> None:
        allowed = {"chroma": range(2), "components": range(1, COMPONENTS_MAX + 1), "related": range(2)}
        allowed |= dict.fromkeys(WIDTHS, range(GRANULE, WIDTH_MAX + 1, GRANULE))
        for name, values in allowed.items():
            value = getattr(self, name)
            if type(value) is not int or value not in values:
                steps = f"{values.start} to {values[-1]} in steps of {values.step}"
                raise ValueError(f"{name}: {value!r}, expected {steps}")
        if self.related > self.chroma:
            raise ValueError("related: 1 is for chroma alone")

    @property
    def inputs(self) -> int:
        """Of the trunk."""
        return CHROMA_INPUTS if self.chroma else LUMA_INPUTS

    @property
    def seen(self) -> int:
        """Inputs of a head beside the accumulator."""
        return CHROMA_SEEN + RELATED * self.related if self.chroma else LUMA_SEEN

    @property
    def references(self) -> int:
        """Predictions that a mixture's centre is made of."""
        return 5 + RELATED * self.related if self.chroma else 4

    @property
    def outputs(self) -> int:
        """Of a head: logits, means, log scales, coefficients of references."""
        return 3 * self.components + self.references
