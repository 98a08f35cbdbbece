"""What codes in an evaluation by real files, and where these go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from l3c.codec.models import TileModel
from l3c.published.integer_model import PublishedModel
from l3c.training.evaluation.real_files import RealFile, make_file, make_published_file, tiles_in
from l3c.training.picture_files import Pixels

Say = Callable[[str], None]


@dataclass(frozen=True)
class Subject:
    """What codes. loss: bits of each scale of a tile by the float network, of an experiment; finest first."""

    label: str
    model: TileModel
    iteration: int | None = None
    loss: Callable[[Pixels], Sequence[float]] | None = None

    @property
    def has_scales(self) -> bool:
        """Whether files are measured scale by scale."""
        return isinstance(self.model, PublishedModel)

    def make(self, image: Pixels, device: str) -> RealFile:
        if isinstance(self.model, PublishedModel):
            return make_published_file(image, self.model, device)
        return make_file(image, self.model, device)

    def losses(self, image: Pixels) -> list[float] | None:
        """Bytes of each scale over all tiles; None of models that are no experiment's."""
        if self.loss is None:
            return None
        bits = np.sum([self.loss(tile) for tile in tiles_in(image, self.model)], axis=0)
        return (bits / 8).tolist()  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Writing:
    """folder: where files go. theory: whether bytes are compared with it. say: called with every line."""

    folder: Path
    theory: bool
    say: Say
