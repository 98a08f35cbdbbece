"""Configuration of the wave network's training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar

from l3c.errors import InputError
from l3c.training.published.config import Data
from l3c.training.ranges import COUNT, DECAY, NOT_NEGATIVE, POSITIVE, SEED, SHARE, Range, check_ranges
from l3c.wave.definition.architecture import Architecture

KIND = "wave"  # of configurations of wave networks
ENGINE = "engine"  # a backend: the engine's gradient code, on one core of the processor
TORCH = "torch"  # a backend: the same in PyTorch, on a GPU or the processor
BACKENDS = (ENGINE, TORCH)  # what computes gradients
BY_ITERATIONS = "half_cosine"  # a schedule: half a cosine over the iterations
BY_CLOCK = "clock"  # a schedule: the same over the minutes
SCHEDULES = (BY_ITERATIONS, BY_CLOCK)  # what the rate follows
CROP_MULTIPLE = 32  # pixels: the engine's gradient code takes widths that are multiples of it


@dataclass(frozen=True)
class WaveNetwork(Architecture):
    """Widths of the layers, within the bounds of the engine, and what tells this network from the others.

    Raises InputError naming a field that is out of them.
    """

    kind: str = KIND

    def __post_init__(self) -> None:
        if self.kind != KIND:
            raise InputError(f"network.kind: {self.kind!r} has a model configuration of its own; this is {KIND!r}")
        try:
            super().__post_init__()
        except ValueError as error:
            raise InputError(f"network.{error}") from error

    def architecture(self) -> Architecture:
        return Architecture(**{f.name: getattr(self, f.name) for f in fields(Architecture)})


@dataclass(frozen=True)
class WaveOptimizer:
    """Adam. warm_up: iterations in which the rate rises from 0; it falls along half a cosine to final_rate.

    schedule: one of SCHEDULES: whether that follows the run's iterations or its minutes. ema_decay: how much of the
    averaged parameters an iteration keeps; where given, those are validated and exported.
    """

    learning_rate: float = 2.5e-3
    final_rate: float = 1e-5
    warm_up: int = 1000
    schedule: str = BY_ITERATIONS
    ema_decay: float | None = None

    RANGES: ClassVar[Mapping[str, Range]] = {
        "learning_rate": NOT_NEGATIVE, "final_rate": NOT_NEGATIVE, "warm_up": NOT_NEGATIVE, "ema_decay": DECAY
    }  # fmt: skip

    def __post_init__(self) -> None:
        if self.schedule not in SCHEDULES:
            raise InputError(f"optimizer.schedule: {self.schedule!r} is none of {', '.join(SCHEDULES)}")
        check_ranges("optimizer", self, self.RANGES)


@dataclass(frozen=True)
class WaveExecution:
    """How a run is executed. pixels: to be seen in all, after which it ends. minutes: after which it ends, saved.

    iterations: after which it ends, where given, whatever its pixels. quantize_from: share of the run after which the
    network is rounded to the integers' grid.

    backend: one of BACKENDS; none is PyTorch on a GPU and the engine on the processor. bfloat16: PyTorch's large
    products take factors of that type. compile: PyTorch compiles the network's graph. patience: minutes within which
    the lowest cost in validation must fall by the share least_gain, else the rate falls to its end in as many; with
    the schedule `clock` alone.
    """

    seed: int = 1
    pixels: float = 9e8
    iterations: int | None = None
    minutes: float | None = None
    quantize_from: float = 0.75
    backend: str | None = None
    bfloat16: bool = False
    compile: bool = False
    patience: float | None = None
    least_gain: float = 0.003

    RANGES: ClassVar[Mapping[str, Range]] = {
        "seed": SEED, "pixels": COUNT, "iterations": COUNT, "minutes": POSITIVE, "quantize_from": SHARE,
        "patience": POSITIVE, "least_gain": DECAY,
    }  # fmt: skip

    def __post_init__(self) -> None:
        check_ranges("run", self, self.RANGES)
        if self.backend not in (None, *BACKENDS):
            raise InputError(f"run.backend: {self.backend!r} is none of {', '.join(BACKENDS)}")

    @property
    def compile_mode(self) -> str:
        """Of PyTorch's."""
        return "default"


@dataclass(frozen=True)
class WaveConfig:
    """All that defines a run. Crops are always turned and mirrored, and come from all pictures without epochs."""

    network: WaveNetwork = field(default_factory=WaveNetwork)
    optimizer: WaveOptimizer = field(default_factory=WaveOptimizer)
    run: WaveExecution = field(default_factory=WaveExecution)
    data: Data = field(default_factory=Data)

    def __post_init__(self) -> None:
        if self.data.crop % CROP_MULTIPLE:
            raise InputError(f"data.crop: {self.data.crop} is no multiple of {CROP_MULTIPLE}, as {KIND} needs")
        unused = {"epochs": self.data.epochs, "first_image": self.data.first_image, "flip=false": not self.data.flip}
        for key, given in unused.items():
            if given:
                raise InputError(f"data.{key}: not for {KIND}, whose crops are drawn from all pictures, and turned")

    def backend(self, device: str) -> str:
        """What computes gradients. device: cpu or cuda. Raises InputError for the engine on a GPU."""
        usual = ENGINE if device == "cpu" else TORCH
        chosen = self.run.backend or usual
        if chosen == ENGINE != usual:
            raise InputError("run.backend: the engine trains on the processor; on a GPU it is torch")
        return chosen

    def iterations(self) -> int:
        """After which the run ends."""
        given = self.run.iterations
        return int(self.run.pixels / self.pixels_a_step()) if given is None else given

    def pixels_a_step(self) -> int:
        return int(self.data.batch * self.data.crop**2)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)
