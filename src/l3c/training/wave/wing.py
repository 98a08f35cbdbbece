"""The wave networks as a family that is trained."""

from __future__ import annotations

from dataclasses import replace

from l3c.errors import InputError
from l3c.training.experiments import Experiment
from l3c.training.options import WAVE
from l3c.training.processes import Processes
from l3c.training.request import ExportRequest, OnSave, Request
from l3c.training.wave.config import WaveConfig
from l3c.training.wave.export import EVERYDAY, export_wave
from l3c.training.wave.trainer import WaveTrainer


class WaveWing:
    """See `training.wings.Wing`."""

    restores_the_same_network = True

    def device(self, request: Request) -> str:
        """The engine trains where nothing else is asked for."""
        return "cpu" if request.device == "auto" else request.device

    def check(self, request: Request, processes: Processes) -> None:
        if processes.world > 1:
            raise InputError("the wave network is trained by one process")
        if not request.strict:
            raise InputError("--no-strict: all of the wave network's parameters are restored, or none")

    def trainer(
        self,
        experiment: Experiment,
        config: WaveConfig,
        request: Request,
        processes: Processes,
        on_save: OnSave | None,
    ) -> WaveTrainer:
        return WaveTrainer(experiment, config, replace(WAVE, **request.options), processes.device, on_save)

    def channels(self, config: WaveConfig) -> int:
        return config.network.channels - config.network.side_channels

    def export(self, experiment: Experiment, config: WaveConfig, request: ExportRequest) -> tuple[int, bytes]:
        """The network was trained on the integers' grid already."""
        if request.images or request.fine_tune or request.weight_bits:
            raise InputError("--images, --fine-tune and --weight-bits are for the published networks")
        return export_wave(experiment, config, request.target, request.iteration, request.learning or EVERYDAY)

    def has_float_form(self, config: WaveConfig) -> bool:
        return False
