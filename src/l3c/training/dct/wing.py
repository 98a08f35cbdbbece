"""Coefficient models as a family that is trained."""

from __future__ import annotations

from dataclasses import replace

from l3c.errors import InputError
from l3c.training.dct.config import DctConfig
from l3c.training.dct.export import CALIBRATED, export_dct
from l3c.training.dct.trainer import DctTrainer
from l3c.training.experiments import Experiment
from l3c.training.options import Options
from l3c.training.processes import Processes
from l3c.training.request import ExportRequest, OnSave, Request
from l3c.training.restoring import NO_MODELS


class DctWing:
    """See `training.wings.Wing`."""

    restores_the_same_network = True

    def device(self, request: Request) -> str:
        return "cpu"

    def check(self, request: Request, processes: Processes) -> None:
        if processes.world > 1 or request.device == "cuda":
            raise InputError("coefficient models are trained by one process, on the processor")
        if {"validate_minutes", "save_minutes"} & request.options.keys():
            raise InputError("validations and saves of coefficient models are due by iterations, not by minutes")
        if not request.strict:
            raise InputError("--no-strict: all parameters of a coefficient model are restored, or none")

    def trainer(
        self,
        experiment: Experiment,
        config: DctConfig,
        request: Request,
        processes: Processes,
        on_save: OnSave | None,
    ) -> DctTrainer:
        return DctTrainer(experiment, config, replace(Options(), **request.options))

    def channels(self, config: DctConfig) -> int:
        return NO_MODELS

    def export(self, experiment: Experiment, config: DctConfig, request: ExportRequest) -> tuple[int, bytes]:
        """The networks were trained on the integers' grid already."""
        if request.images or request.fine_tune or request.weight_bits:
            raise InputError("--images, --fine-tune and --weight-bits are not for coefficient models")
        return export_dct(experiment, config, request.target, request.iteration, request.learning or CALIBRATED)

    def has_float_form(self, config: DctConfig) -> bool:
        return False
