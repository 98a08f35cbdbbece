"""What distinguishes the published networks, and those of one's own. No PyTorch: configurations are cheap to read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from l3c.errors import InputError
from l3c.models.digest import stated

KINDS = ("l3c", "rgb", "rgb-shared")  # of the paper; others are classes of one's own
OWN = re.compile(r"(?:[^\W\d]\w*\.)*[^\W\d]\w*:[^\W\d]\w*")
"""How a class of one's own is named: package.module:Class."""

RGB_LEVELS = 256  # samples of 8 bits
RGB_CHANNELS = 3  # of every picture that these networks see
DILATIONS = (1, 2, 4)  # of the classifier's three convolutions side by side, as published
SHARED_RECURSIONS = 3
"""How often, by default, RGB Shared is applied again to its own half-size image (so 4 times in all)."""

SCALES_MAX = 8
"""Tiles are padded to multiples of 2^scales: more would be padding above all."""

SIZE_MAX = 4096
"""Of channels, blocks and components: bounds the time of judging a file, far above any network here (graph.py)."""

SIGMA_MAX = 1e6
"""Of the quantizer's gradient: far above any use."""

SHOWN_MAX = 400
"""Characters of a description in messages: numbers in files may have thousands of digits."""

LATENT_LEVELS_MAX = 256
"""Symbols of an auxiliary image are coded as bytes."""

FIRST_FIELDS = ("kind", "scales", "features", "blocks", "latent_channels", "latent_levels", "sigma", "components")
"""Fields of the format's first version: always in files and digests (`l3c.models.digest.stated`)."""


@dataclass(frozen=True)
class Architecture:
    """Sizes of a published network; the defaults are the paper's L3C.

    kind: `l3c` learns its auxiliary images; `rgb` and `rgb-shared` take half-size images for them;
        `package.module:Class` is a network of one's own, a subclass of `l3c.published.network.Published`.
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
        sizes = (self.scales, self.features, self.blocks, self.latent_channels, self.latent_levels, self.components)
        if type(self.kind) is not str or any(type(size) is not int for size in sizes):
            raise InputError(f"a kind is a text, every size an integer: {str(self)[:SHOWN_MAX]}")
        if type(self.sigma) not in (int, float) or not 0 < self.sigma <= SIGMA_MAX:
            raise InputError(f"sigma is above 0, at most {SIGMA_MAX:g}: {str(self)[:SHOWN_MAX]}")
        self._check_kind()
        if min(*sizes, self.latent_levels - 1) < 1:
            raise InputError(f"every size must be positive, and levels at least 2: {str(self)[:SHOWN_MAX]}")
        if self.scales > SCALES_MAX or self.latent_levels > LATENT_LEVELS_MAX:
            raise InputError(f"at most {SCALES_MAX} scales and {LATENT_LEVELS_MAX} levels: {str(self)[:SHOWN_MAX]}")
        if max(sizes) > SIZE_MAX:
            raise InputError(f"no size is above {SIZE_MAX}: {str(self)[:SHOWN_MAX]}")
        if self.kind == "rgb-shared" and self.scales != 1:
            raise InputError(f"rgb-shared trains one scale, not {self.scales}")

    def _check_kind(self) -> None:
        if self.kind not in KINDS and not OWN.fullmatch(self.kind):
            raise InputError(f"kind {self.kind!r} is none of {', '.join(KINDS)}, nor package.module:Class")

    @property
    def own(self) -> bool:
        """Whether it is a class of one's own."""
        return ":" in self.kind

    @property
    def learned(self) -> bool:
        """Whether auxiliary images are learned, or half-size images. Raises InputError where there is no such class."""
        if self.own:
            from l3c.published.own import find_class

            return bool(find_class(self.kind).learned)
        return self.kind == "l3c"

    def multiple(self, recursions: int = 0) -> int:
        """Height and width must be multiples of this."""
        return 1 << (self.scales + recursions)

    def context_channels(self, scale: int) -> int:
        """Channels of a scale's context."""
        return self.features

    def stated(self) -> dict[str, Any]:
        """What files and digests hold."""
        return stated(self, FIRST_FIELDS)


def recursions_of(architecture: Architecture, wanted: int | None = None) -> int:
    """How often a network is applied again to its coarsest image; None chooses 3 for RGB Shared, and 0 otherwise."""
    if architecture.kind != "rgb-shared":
        return 0
    return SHARED_RECURSIONS if wanted is None else wanted
