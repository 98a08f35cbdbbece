"""Shape of the wave network: what a pixel sees, and the layers that turn it into mixtures.

A pixel (y, x) sees 16 coded neighbours and the cached features of 7 of them. All reach at most two columns to the
right, so the pixels with x + 3 y = t are independent of each other: one wavefront.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from l3c.models.digest import stated

SLOPE = 3
"""Columns by which a row lags behind the row above it."""

NEIGHBOURS = (
    (0, -1), (0, -2), (0, -3),
    (-1, 0), (-1, 1), (-1, 2), (-1, -1), (-1, -2),
    (-2, 0), (-2, 1), (-2, 2), (-2, -1), (-2, -2),
    (-3, 0), (-3, 1), (-3, -1),
)  # fmt: skip
"""(dy, dx) of the pixels whose values a pixel sees."""

CACHED_POSITIONS = ((0, -1), (0, -2), (-1, -1), (-1, 0), (-1, 1), (-1, 2), (-2, 0))
"""(dy, dx) of the pixels whose cached features a pixel sees."""

AHEAD = ((0, 0), (0, 1), (0, 2), (1, -1), (1, 0), (1, 1))
"""(dy, dx) of the pixels of side information that a pixel sees beside its neighbours: itself, and what is coded after
it."""

CHANNELS = (1, 3)
"""Gray, or three channels."""

WIDTHS = ("hidden1", "cached", "hidden2", "hidden3", "head")
"""Fields that are widths of layers."""

GRANULE = 4
"""Widths are multiples of it: the engine holds four outputs in a cell."""

WIDTH_MAX = 512
"""With it a layer has 7 * 512 + 59 = 3,643 inputs at most (stage2.0, with side information and fits). So a sum with
its bias, its rounding and what the engine adds for signed cells stays in int32:
(127 * 255 + 127 * 128) * 3,643 + 2^29 + 2^14 < 2^30. The engine proves it when it is compiled (network.hpp)."""

COMPONENTS_MAX = 8
"""Logistics in a mixture: the engine holds them in registers."""

FITTED = 12
"""Neighbours in the least-squares prediction, the first of NEIGHBOURS."""

PAIR_MAX = 128
"""Largest sum of the magnitudes of a pair's weights. AVX2 adds two products of an input and a weight in 16 bits:
128 * 255 = 32,640 is below 2^15, with 129 it would not be."""


FIRST_FIELDS = ("channels", "hidden1", "cached", "hidden2", "hidden3", "head", "components")
"""Fields of the format's first version: always in files and digests."""

BOUNDS: dict[str, range | tuple[int, ...]] = {
    "channels": CHANNELS,
    **dict.fromkeys(WIDTHS, range(GRANULE, WIDTH_MAX + 1, GRANULE)),
    "components": range(1, COMPONENTS_MAX + 1),
    "fitted": (0, FITTED),
    "coupled": (0, 1),
    "side_channels": (0, 1),
}
"""What each field of an architecture may be."""


def _listed(allowed: range | tuple[int, ...]) -> str:
    if isinstance(allowed, tuple):
        return " or ".join(map(str, allowed))
    return (f"a multiple of {allowed.step} from " if allowed.step > 1 else "") + f"{allowed[0]} to {allowed[-1]}"


@dataclass(frozen=True)
class Layer:
    """One fully connected layer: a weight for each output and input, and a bias for each output. Format 5.8.

    segments: numbers of inputs that come from one source each. Within a segment, inputs 2 i and 2 i + 1 are a pair, of
    whose weights an integer network limits the sum (PAIR_MAX).
    """

    name: str
    outputs: int
    segments: tuple[int, ...]

    @property
    def inputs(self) -> int:
        return sum(self.segments)


@dataclass(frozen=True)
class Architecture:
    """Widths of the layers. Format 6.2.

    channels: samples a pixel has, 1 (gray) or 3 (coded in the order green, red, blue).
    side_channels: of these the first ones that are known beforehand, everywhere, and not coded: 0, or 1 of 3 (luma,
    before blue and red chroma, in this order).
    hidden1, cached: stage 1, from a coded pixel and its neighbours to the features that are cached.
    hidden2, hidden3: stage 2, from neighbours and cached features to what all heads share.
    head: hidden layer of each channel's head. components: logistics in each channel's mixture.
    fitted: neighbours in the least-squares prediction that a pixel sees too (`local_fit`), 12, or 0 for none.
    coupled: 1 where channels are expected to follow those before them as they did so far (`regression`), or 0.

    Raises ValueError, naming the field, for what the engine cannot hold: no network of other widths exists.
    """

    channels: int = 3
    hidden1: int = 32
    cached: int = 24
    hidden2: int = 96
    hidden3: int = 64
    head: int = 32
    components: int = 4
    fitted: int = 0
    coupled: int = 0
    side_channels: int = 0

    def __post_init__(self) -> None:
        for name, allowed in BOUNDS.items():
            value = getattr(self, name)
            if type(value) is not int or value not in allowed:
                raise ValueError(f"{name}: {_listed(allowed)}, not {value!r}")
        if self.side_channels and (self.channels == 1 or self.coupled):
            raise ValueError("side_channels: 0, or 1 of 3 channels that are not coupled")

    @property
    def coded(self) -> range:
        """The channels that are coded. Format 5.1."""
        return range(self.side_channels, self.channels)

    @property
    def order(self) -> tuple[int, ...]:
        """Where each channel, in the order of coding, lies in a tile. Format 5.1."""
        return (1, 0, 2) if self.channels == 3 and not self.side_channels else tuple(range(self.channels))

    @property
    def context(self) -> int:
        """Inputs that need no cached features: neighbours, predictions, pixels ahead, the fits and the energies.
        Format 5.4.
        """
        seen = (len(NEIGHBOURS) + 1) * self.channels + len(AHEAD) * self.side_channels
        return seen + (bool(self.fitted) + self.coupled) * len(self.coded)

    def head_index(self, channel: int) -> int:
        """Index of the first of a channel's two layers. Format 5.8."""
        return 4 + 2 * (channel - self.side_channels)

    def layers(self) -> list[Layer]:
        """All layers, in the order in which their parameters are stored. Format 5.8."""
        cached = (self.cached,) * len(CACHED_POSITIONS)
        residuals = (self.channels,) * (1 + self.coupled)
        expected = (1,) * self.coupled
        layers = [
            Layer("stage1.0", self.hidden1, (self.context, *residuals)),
            Layer("stage1.1", self.cached, (self.hidden1,)),
            Layer("stage2.0", self.hidden2, (self.context, *cached)),
            Layer("stage2.1", self.hidden3, (self.hidden2,)),
        ]
        for c in self.coded:
            layers.append(Layer(f"head{c}.0", self.head, (self.hidden3, c, *expected)))
            layers.append(Layer(f"head{c}.1", 3 * self.components + c + self.coupled, (self.head,)))
        return layers

    def to_dict(self) -> dict[str, Any]:
        """What files and digests hold (`l3c.models.digest.stated`). Format 6.2."""
        return stated(self, FIRST_FIELDS)
