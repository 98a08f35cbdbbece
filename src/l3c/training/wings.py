"""The families of networks that are trained, by their configurations."""

from __future__ import annotations

from typing import Any, Protocol

from l3c.training.config_files import AnyConfig
from l3c.training.dct.config import DctConfig
from l3c.training.dct.wing import DctWing
from l3c.training.experiments import Experiment
from l3c.training.processes import Processes
from l3c.training.published.config import Config
from l3c.training.published.wing import PublishedWing
from l3c.training.request import ExportRequest, OnSave, Request
from l3c.training.restoring import Restore
from l3c.training.wave.config import WaveConfig
from l3c.training.wave.wing import WaveWing


class Trainer(Protocol):
    """What trains one experiment."""

    def restore(self, restore: Restore) -> None:
        """Begin where another run, or this one, was."""
        ...

    def train(self) -> None:
        """Until the end that the configuration sets."""
        ...


class Wing(Protocol):
    """What differs between the families. config: of the family."""

    @property
    def restores_the_same_network(self) -> bool:
        """Whether a run that goes on in a new folder must have the network that it had."""
        ...

    def device(self, request: Request) -> str:
        """Where it trains: auto, cpu or cuda."""
        ...

    def check(self, request: Request, processes: Processes) -> None:
        """Raise InputError for what the trainer does not do."""
        ...

    def trainer(
        self, experiment: Experiment, config: Any, request: Request, processes: Processes, on_save: OnSave | None
    ) -> Trainer: ...

    def channels(self, config: Any) -> int | None:
        """Of the models that may be begun with, 2 being joint chroma; None where that is not asked, NO_MODELS where
        a run begins with experiments alone.
        """
        ...

    def export(self, experiment: Experiment, config: Any, request: ExportRequest) -> tuple[int, bytes]:
        """Write the model of a checkpoint: (iteration, digest). Raises InputError for options of the other family."""
        ...

    def has_float_form(self, config: Any) -> bool:
        """Whether the weights in floating point may lie beside the model."""
        ...


WINGS: dict[type[Any], Wing] = {
    WaveConfig: WaveWing(),
    DctConfig: DctWing(),
    Config: PublishedWing(),
}  # by the type of the configuration


def wing_of(config: AnyConfig) -> Wing:
    """The family that a configuration belongs to."""
    return WINGS[type(config)]
