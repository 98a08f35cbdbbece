"""The training loop of the wave network: the engine's gradient code, one thread."""

from __future__ import annotations

import math
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import torch

from l3c.errors import L3CError
from l3c.training.checkpoints import read_state
from l3c.training.experiments import Experiment
from l3c.training.meter import Meter
from l3c.training.monitor import Monitor
from l3c.training.options import Options
from l3c.training.picture_files import Pixels, list_pictures
from l3c.training.restoring import Restore
from l3c.training.stopping import Due, until_due
from l3c.training.wave.config import CROP_MULTIPLE, WaveConfig
from l3c.training.wave.crops import Crops, read_pictures
from l3c.training.wave.objective import crops_for, gradient, initial_parameters, validation_cost
from l3c.training.wave.optimizer import Adam, learning_rate
from l3c.training.wave.start import start


class WaveTrainer:
    """One run: state in memory, checkpoints and logs in its folder."""

    def __init__(self, experiment: Experiment, config: WaveConfig, options: Options) -> None:
        self.experiment, self.config, self.options = experiment, config, options
        self.architecture = config.network.architecture()
        self.parameters = initial_parameters(self.architecture, config.run.seed)
        self.adam = Adam(self.parameters.size)
        self.iteration = 0
        self._costs: list[float] = []

    def restore(self, restore: Restore) -> None:
        """Take over parameters and, unless fresh, moments and iteration."""
        self.parameters = start(restore, self.architecture)
        if restore.fresh:
            return
        self.iteration, path = restore.checkpoint()
        state = read_state(path)
        self.adam.mean, self.adam.square = state["mean"].numpy(), state["square"].numpy()

    def train(self) -> None:
        """Until the pixels or minutes are over, or SIGINT or SIGTERM comes; the end is saved."""
        data, steps = self.config.data, self.config.iterations()
        crops = crops_for(self.architecture, self._pictures(data.train, 2 * data.crop), data.crop)
        least = CROP_MULTIPLE << self.architecture.side_channels
        valid = self._pictures(data.valid, least, data.valid_batch * data.valid_batches)
        monitor = Monitor(self.experiment.folder, self.iteration, steps)
        with closing(monitor), until_due(self.config.run.minutes) as due:
            self._loop(crops, valid, monitor, due)
            self._save(force=True)

    def _pictures(self, where: str, min_size: int, most: int | None = None) -> list[Pixels]:
        cache = self.config.data.cache
        return read_pictures(list_pictures(where, min_size, Path(cache) if cache else None)[:most])

    def _loop(self, crops: Crops, valid: list[Pixels], monitor: Monitor, due: Due) -> None:
        steps, meter = self.config.iterations(), Meter()
        if self.iteration == 0:
            self._save()
        while self.iteration < steps and not due():
            begun = time.perf_counter()
            batch = crops.batch(self.config.data.batch, (self.config.run.seed, self.iteration))
            meter.add(len(batch), time.perf_counter() - begun)
            rate = learning_rate(self.config.optimizer, self.iteration, steps)
            self._step(batch, rate)
            self._report(monitor, valid, rate, meter)
            self._save()

    @property
    def _quantized(self) -> bool:
        """Whether an iteration that begins is computed on the integers' grid."""
        return self.iteration >= self.config.run.quantize_from * self.config.iterations()

    def _step(self, batch: Pixels, rate: float) -> None:
        cost, derivative = gradient(self.architecture, self.parameters, batch, self._quantized)
        self.iteration += 1
        if not math.isfinite(cost):
            raise L3CError(f"{self.experiment.folder}: the cost is not finite at iteration {self.iteration}")
        if not np.isfinite(derivative).all():
            raise L3CError(f"{self.experiment.folder}: the gradient is not finite at iteration {self.iteration}")
        self.adam.step(self.parameters, derivative, rate, self.iteration)
        self._costs.append(cost)

    def _report(self, monitor: Monitor, valid: list[Pixels], rate: float, meter: Meter) -> None:
        """Costs are means since the last report: those of a few small crops say little."""
        if self.iteration % self.options.log_every == 0:
            mean = sum(self._costs) / len(self._costs)
            values = {"train/loss": mean, "train/bpsp": mean, "train/lr": rate, **self._progress()}
            values.update(meter.rates(self.config.data.crop**2))
            monitor.scalars(self.iteration, values)
            monitor.line(self.iteration, meter.line(values))
            self._costs.clear()
        if self.iteration % self.options.validate_every == 0:
            cost = validation_cost(self.architecture, self.parameters, valid, self._quantized)
            monitor.scalars(self.iteration, {"val/bpsp": cost, **self._progress()})
            monitor.line(self.iteration, f"validation bpsp {cost:.4f}")
        monitor.progress(self.iteration)

    def _progress(self) -> dict[str, float]:
        return {"pixels": self.iteration * self.config.pixels_a_step(), "quantized": float(self._quantized)}

    def _save(self, force: bool = False) -> None:
        if self.options.save and (force or self.iteration % self.options.save_every == 0):
            self.experiment.checkpoints.save(self.iteration, self._state(), self.options.policy, permanent=force)

    def _state(self) -> dict[str, Any]:
        arrays = {"parameters": self.parameters, "mean": self.adam.mean, "square": self.adam.square}
        tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
        return {**tensors, "iteration": self.iteration, "config": self.config.to_dict()}
