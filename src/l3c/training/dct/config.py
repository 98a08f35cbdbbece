"""Configuration of the training of coefficient models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from l3c.dct.definition.architecture import Architecture
from l3c.dct.definition.network import WEIGHT_MAX
from l3c.errors import InputError
from l3c.training.ranges import COUNT, DECAY, NOT_NEGATIVE, POSITIVE, SEED, SHARE, Range, check_ranges

THREADS_MAX = 1024  # of PyTorch, which would try to start any number
KIND = "jpeg"  # `network.kind` of these configurations


@dataclass(frozen=True)
class DctNetwork:
    """Widths of the layers of both networks, luma's and chroma's, as `Architecture` has them. related: of chroma's.

    Raises InputError naming a field that is out of its bounds.
    """

    kind: str = KIND
    trunk1: int = 256
    trunk2: int = 256
    hidden: int = 192
    head: int = 16
    components: int = 3
    related: int = 1

    def __post_init__(self) -> None:
        if self.kind != KIND:
            raise InputError(f"network.kind: {self.kind!r} has a model configuration of its own; this is {KIND!r}")
        self.architectures()

    def architectures(self) -> tuple[Architecture, Architecture]:
        """Of luma, and of chroma given luma."""
        try:
            luma, chroma = (
                Architecture(
                    chroma, self.trunk1, self.trunk2, self.hidden, self.head, self.components, chroma * self.related
                )
                for chroma in (0, 1)
            )
        except ValueError as error:
            raise InputError(f"network.{error}") from error
        return luma, chroma


@dataclass(frozen=True)
class DctOptimizer:
    """AdamW. warm_up: iterations in which the rate rises from 0; after `constant` of the run, a share, it falls along
    half a cosine to final_rate. average: how much of the mean parameters an iteration keeps; they are exported.
    """

    learning_rate: float = 2e-3
    final_rate: float = 2e-5
    warm_up: int = 100
    constant: float = 0.4
    average: float = 0.998
    weight_decay: float = 0.01
    clip_norm: float = 0.5

    RANGES: ClassVar[Mapping[str, Range]] = {
        "learning_rate": NOT_NEGATIVE, "final_rate": NOT_NEGATIVE, "warm_up": NOT_NEGATIVE, "constant": SHARE,
        "average": DECAY, "weight_decay": NOT_NEGATIVE, "clip_norm": POSITIVE,
    }  # fmt: skip

    def __post_init__(self) -> None:
        check_ranges("optimizer", self, self.RANGES)


@dataclass(frozen=True)
class DctExecution:
    """How a run is executed. iterations: after which it ends; every third is of chroma. minutes: after which it ends,
    saved. quantize_from: share of the run after which the networks are rounded to the integers' grid. weight_most: the
    largest integer weight of most layers; fewer integers deflate to smaller files. threads: of PyTorch.
    """

    seed: int = 1
    iterations: int = 15_000
    minutes: float | None = None
    quantize_from: float = 0.75
    weight_most: int = WEIGHT_MAX
    threads: int = 1

    RANGES: ClassVar[Mapping[str, Range]] = {
        "seed": SEED, "iterations": COUNT, "minutes": POSITIVE, "quantize_from": SHARE,
        "weight_most": Range(1, WEIGHT_MAX), "threads": Range(1, THREADS_MAX),
    }  # fmt: skip

    def __post_init__(self) -> None:
        check_ranges("run", self, self.RANGES)


@dataclass(frozen=True)
class DctData:
    """train, valid: folders of JPEG files. pictures: a folder, of which `made` more JPEG files are made, besides those
    of train. real: share of the batches' files that are those of train. cache: a folder for their coefficients, made
    once for the same files; empty is the experiment's own. files, blocks: of an iteration, and of each file.
    valid_blocks: of each file.
    """

    train: str = ""
    valid: str = ""
    pictures: str = ""
    made: int = 0
    real: float = 0.4
    cache: str = ""
    files: int = 12
    blocks: int = 128
    valid_blocks: int = 384

    RANGES: ClassVar[Mapping[str, Range]] = {
        "made": NOT_NEGATIVE, "real": SHARE, "files": COUNT, "blocks": COUNT, "valid_blocks": COUNT
    }  # fmt: skip

    def __post_init__(self) -> None:
        check_ranges("data", self, self.RANGES)


@dataclass(frozen=True)
class DctConfig:
    """All that defines a run."""

    network: DctNetwork = field(default_factory=DctNetwork)
    optimizer: DctOptimizer = field(default_factory=DctOptimizer)
    run: DctExecution = field(default_factory=DctExecution)
    data: DctData = field(default_factory=DctData)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)
