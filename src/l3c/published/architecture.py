"""What distinguishes the three published networks. No PyTorch here, so that configurations are cheap to read."""

from __future__ import annotations

from dataclasses import dataclass

from l3c.errors import InputError

KINDS = ("l3c", "rgb", "rgb-shared")
RGB_LEVELS = 256
RGB_CHANNELS = 3
SHARED_RECURSIONS = 3
"""How often RGB Shared is applied again to its own half-size image, unless told otherwise (so 4 times in all)."""


@dataclass(frozen=True)
class Architecture:
    """Sizes of a published network; the defaults are the paper's L3C.

    kind: `l3c` learns its auxiliary images; `rgb` and `rgb-shared` take half-size images for them.
    scales: networks, S in the paper (`rgb-shared` trains one and applies it at every scale).
    features: channels of hidden layers, C_f. blocks: residual blocks in each extractor and predictor.
    latent_channels, latent_levels: C and L of an auxiliary image z. sigma: softness of the quantizer's gradient.
    components: logistics in each mixture, K.
    """

    kind: str = "l3c"
    scales: int = 3
    features: int = 64
    blocks: int = 8
    latent_channels: int = 5
    latent_levels: int = 25
    sigma: float = 2.0
    components: int = 10

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError(f"kind {self.kind!r} is none of {', '.join(KINDS)}")
        smallest = min(
            self.scales, self.features, self.blocks, self.latent_channels, self.latent_levels - 1, self.components
        )
        if smallest < 1:
            raise InputError(f"every size must be positive, and levels at least 2: {self}")
        if self.kind == "rgb-shared" and self.scales != 1:
            raise InputError(f"rgb-shared trains one scale, not {self.scales}")

    @property
    def learned(self) -> bool:
        """Whether auxiliary images are learned, or half-size images."""
        return self.kind == "l3c"

    def multiple(self, recursions: int = 0) -> int:
        """Height and width must be multiples of this."""
        return 1 << (self.scales + recursions)


def recursions_of(architecture: Architecture, wanted: int | None = None) -> int:
    """How often a network is applied again to its coarsest image; None chooses 3 for RGB Shared, and 0 otherwise."""
    if architecture.kind != "rgb-shared":
        return 0
    return SHARED_RECURSIONS if wanted is None else wanted
