"""Configuration of the published networks' training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from l3c.errors import InputError
from l3c.published.architecture import Architecture
from l3c.training.published.schedule import check_schedule
from l3c.training.ranges import COUNT, DECAY, NOT_NEGATIVE, POSITIVE, SEED, SHARE, Range, check_ranges

OPTIMIZERS = ("rmsprop", "adam", "adamw")  # RMSprop is the published one

COMPILE_MODES = ("default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs")
"""Of `torch.compile`. The second and third record CUDA graphs."""

SMALLEST_FACTOR = 0.125
"""Of reduced crops: their windows have up to 64 times a crop's pixels."""


@dataclass(frozen=True)
class Optimizer:
    """How parameters are changed.

    name: one of OPTIMIZERS. schedule: see `published.schedule`. warm_up: iterations in which the rate rises from 0.
    clip_norm: largest L2 norm of the gradient. ema_decay: maintain and evaluate an exponential mean of the parameters.
    latent_warm_up: iterations in which the weight of each auxiliary image's cost, relative to that of the next finer
        scale, rises to 1. range_penalty: weight of how far quantizers' inputs lie beyond their levels (mean squares).
    skip_non_finite: leave steps out whose gradient is not finite, instead of ending the run.
    rewind: go back to an earlier state, at half the rate, where the mean cost between two reports is so many times the
        lowest; none never does.
    guidance: iterations in which auxiliary images are drawn, ever less, towards smaller copies of the image.
    mean_rate: factor of the learning rate for the weights that give means of images, which are numbers up to 255.
    """

    name: str = "rmsprop"
    learning_rate: float = 1e-4
    schedule: str = "none"
    weight_decay: float = 0.0
    warm_up: int = 0
    clip_norm: float | None = None
    ema_decay: float | None = None
    latent_warm_up: int = 0
    range_penalty: float = 0.0
    guidance: int = 0
    skip_non_finite: bool = False
    rewind: float | None = None
    mean_rate: float = 1.0

    RANGES: ClassVar[Mapping[str, Range]] = {
        "learning_rate": NOT_NEGATIVE, "weight_decay": NOT_NEGATIVE, "warm_up": NOT_NEGATIVE, "clip_norm": POSITIVE,
        "ema_decay": DECAY, "latent_warm_up": NOT_NEGATIVE, "range_penalty": NOT_NEGATIVE, "guidance": NOT_NEGATIVE,
        "rewind": Range(1, open_low=True), "mean_rate": POSITIVE,
    }  # fmt: skip

    def __post_init__(self) -> None:
        if self.name not in OPTIMIZERS:
            raise InputError(f"optimizer.name: {self.name!r} is none of {', '.join(OPTIMIZERS)}")
        check_ranges("optimizer", self, self.RANGES)
        check_schedule(self.schedule)


@dataclass(frozen=True)
class Execution:
    """How a run is executed. iterations: after which it ends; none is endless. minutes: after which it ends, saved.

    spread: begin with mixtures spread over all values, instead of as published. interpolate: begin as an interpolation
        of half-size images instead (published networks).
    compile_mode: one of COMPILE_MODES, of `torch.compile`; where one fails, the default is taken, and where that fails,
        nothing is compiled.
    """

    seed: int = 0
    iterations: int | None = None
    minutes: float | None = None
    bfloat16: bool = False
    compile: bool = False
    channels_last: bool = False
    spread: bool = False
    interpolate: bool = False
    compile_mode: str = "default"

    RANGES: ClassVar[Mapping[str, Range]] = {"seed": SEED, "iterations": COUNT, "minutes": POSITIVE}

    def __post_init__(self) -> None:
        check_ranges("run", self, self.RANGES)
        if self.compile_mode not in COMPILE_MODES:
            raise InputError(f"run.compile_mode: {self.compile_mode!r} is none of {', '.join(COMPILE_MODES)}")


@dataclass(frozen=True)
class Data:
    """What is trained on.

    train, valid: a folder (searched through), a picture, or a pattern with `*`. crop: height and width, pixels.
    batch: pictures an iteration, over all processes. valid_batches: at most so many of valid_batch pictures count.
    epochs: after which training ends; none is endless. first_image: the first picture to be validated, always shown.
    cache: a file that remembers the sizes of pictures. flip: mirror half of the crops left and right. turn: mirror half
    of them top and bottom too, and swap rows and columns of half. crops: of each picture that is read; batch counts
    crops. reduced: share of crops that are made of a larger part of their picture, reduced by a factor from
    `reduce_from` to 1. full_batches: where an epoch ends, a batch goes on with the next, so that all have one size.
    valid_crop: height and width of validation's crops, pixels; none is those of training.
    """

    train: str = ""
    valid: str = ""
    crop: int = 128
    batch: int = 30
    valid_batch: int = 30
    valid_batches: int = 5
    epochs: int | None = None
    first_image: str | None = None
    cache: str | None = None
    flip: bool = True
    turn: bool = False
    crops: int = 1
    reduced: float = 0.0
    reduce_from: float = 0.5
    full_batches: bool = False
    valid_crop: int | None = None

    RANGES: ClassVar[Mapping[str, Range]] = {
        "crop": COUNT, "batch": COUNT, "valid_batch": COUNT, "valid_batches": COUNT, "epochs": COUNT, "crops": COUNT,
        "reduced": SHARE, "reduce_from": Range(SMALLEST_FACTOR, 1), "valid_crop": COUNT,
    }  # fmt: skip

    def __post_init__(self) -> None:
        check_ranges("data", self, self.RANGES)
        if self.batch % self.crops:
            raise InputError(f"data.batch: {self.batch} is no multiple of data.crops, {self.crops}")


@dataclass(frozen=True)
class Config:
    """All that defines a training run."""

    network: Architecture = field(default_factory=Architecture)
    optimizer: Optimizer = field(default_factory=Optimizer)
    run: Execution = field(default_factory=Execution)
    data: Data = field(default_factory=Data)

    def __post_init__(self) -> None:
        multiple = self.network.multiple()
        for name, side in (("crop", self.data.crop), ("valid_crop", self.data.valid_crop or multiple)):
            if side % multiple:
                raise InputError(f"data.{name}: {side} is no multiple of {multiple}, as {self.network.kind} needs")

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)
