"""The paper's networks, and those of one's own, as a family that is trained."""

from __future__ import annotations

from dataclasses import replace

from l3c.errors import InputError
from l3c.published.grid import WEIGHT_BITS
from l3c.training.experiments import Experiment
from l3c.training.options import Options
from l3c.training.processes import Processes
from l3c.training.published.config import Config
from l3c.training.published.export import FineTuning, export_experiment, training_images
from l3c.training.published.trainer import Trainer
from l3c.training.request import ExportRequest, OnSave, Request


class PublishedWing:
    """See `training.wings.Wing`."""

    restores_the_same_network = False

    def device(self, request: Request) -> str:
        return request.device

    def check(self, request: Request, processes: Processes) -> None:
        """All options are its own."""

    def trainer(
        self, experiment: Experiment, config: Config, request: Request, processes: Processes, on_save: OnSave | None
    ) -> Trainer:
        return Trainer(experiment, config, replace(Options(), **request.options), processes, on_save)

    def channels(self, config: Config) -> None:
        return None

    def export(self, experiment: Experiment, config: Config, request: ExportRequest) -> tuple[int, bytes]:
        if request.learning:
            raise InputError("--learning is for wave networks")
        images = request.images or training_images(experiment)
        tuning = FineTuning(request.fine_tune, request.learning_rate, request.on_cost) if request.fine_tune else None
        bits = request.weight_bits or max(WEIGHT_BITS)
        return export_experiment(experiment, request.target, images, request.iteration, tuning, bits)

    def has_float_form(self, config: Config) -> bool:
        return not config.network.own
