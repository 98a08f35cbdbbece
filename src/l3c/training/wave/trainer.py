"""The training loop of the wave network."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import torch

from l3c.errors import InputError, L3CError
from l3c.training.checkpoints import BEST, read_state
from l3c.training.experiments import Experiment
from l3c.training.intervals import Interval
from l3c.training.meter import Meter
from l3c.training.monitor import Monitor
from l3c.training.options import Options
from l3c.training.packed import is_packed, open_packs
from l3c.training.picture_files import Pixels, list_pictures
from l3c.training.restoring import Restore
from l3c.training.stopping import Due, until_due
from l3c.training.wave.backends import Backend, EngineBackend, Source, TorchBackend
from l3c.training.wave.config import BY_CLOCK, CROP_MULTIPLE, ENGINE, WaveConfig
from l3c.training.wave.crops import read_pictures
from l3c.training.wave.device_crops import DeviceCrops
from l3c.training.wave.objective import crops_for, initial_parameters, validation_crops
from l3c.training.wave.optimizer import Adam, follow, learning_rate
from l3c.training.wave.patience import Patience
from l3c.training.wave.start import start

OnSave = Callable[["WaveTrainer", bool], None]
"""Called after each save; True: it was the last."""


class WaveTrainer:
    """One run: state in memory, checkpoints and logs in its folder.

    best: (bits per sub-pixel, iteration) of the best validation, of those on the integers' grid if there are any.
    Raises InputError for a schedule by the clock without minutes, for patience without that schedule, and for the
    engine on a GPU.
    """

    def __init__(
        self,
        experiment: Experiment,
        config: WaveConfig,
        options: Options,
        device: torch.device | None = None,
        on_save: OnSave | None = None,
    ) -> None:
        if config.optimizer.schedule == BY_CLOCK and config.run.minutes is None:
            raise InputError("optimizer.schedule: clock needs run.minutes")
        if config.run.patience is not None and config.optimizer.schedule != BY_CLOCK:
            raise InputError("run.patience: hastens the schedule clock; optimizer.schedule is another one")
        self.experiment, self.config, self.options = experiment, config, options
        self.architecture = config.network.architecture()
        self._device, self._on_save = device or torch.device("cpu"), on_save
        self.backend: Backend = self._backend()
        self._take(initial_parameters(self.architecture, config.run.seed))
        self.iteration = 0
        self.best: tuple[float, int] | None = None
        self._best_is_quantized = False
        self._validated = -1
        self._costs: list[Any] = []
        self._saves = Interval(options.save_every, options.save_minutes)
        self._validations = Interval(options.validate_every, options.validate_minutes)
        self._patience = Patience(config.run.patience, config.run.least_gain)

    def _backend(self) -> Backend:
        if self.config.backend(self._device.type) == ENGINE:
            return EngineBackend(self.architecture)
        return TorchBackend(self.architecture, self.config.run, self._device, self.options.fall_back)

    def _take(self, parameters: Any) -> None:
        """Begin with parameters, NumPy's, and moments of 0."""
        array = self.backend.array
        self.parameters, self.average = array(parameters), array(parameters)
        self.adam = Adam(array(0 * parameters), array(0 * parameters))

    def restore(self, restore: Restore) -> None:
        """Take over parameters and, unless fresh, moments and iteration."""
        self._take(start(restore, self.architecture, self.config.run.seed))
        if restore.fresh:
            return
        self.iteration, path = restore.checkpoint()
        state, array = read_state(path), self.backend.array
        self.adam = Adam(array(state["mean"].numpy()), array(state["square"].numpy()))
        self.average = array(state.get("average", state["parameters"]).numpy())

    def train(self) -> None:
        """Until the pixels or minutes are over, or SIGINT or SIGTERM comes; the end is saved."""
        data, run = self.config.data, self.config.run
        with until_due(run.minutes, self.options.began) as due:
            source = self._source()
            least = CROP_MULTIPLE << self.architecture.side_channels
            pictures = self._pictures(data.valid, least, data.valid_batch * data.valid_batches)
            valid = validation_crops(self.architecture, pictures)
            self._read_best()
            monitor = Monitor(self.experiment.folder, self.iteration, self.config.iterations(), self.options.board)
            batches = self.backend.batches(source, data.batch, run.seed, self.iteration)
            with closing(monitor), closing(batches):
                self._loop(batches, valid, monitor, due)
                self._save(force=True)

    def _source(self) -> Source:
        """Packed pictures are cut on the device, those of folders on the processor."""
        data = self.config.data
        on_device = is_packed(data.train) and not isinstance(self.backend, EngineBackend)
        if on_device and not self.architecture.side_channels:
            return DeviceCrops(open_packs(data.train), data.crop, self.architecture.channels, self._device)
        return crops_for(self.architecture, self._pictures(data.train, 2 * data.crop), data.crop)

    def _pictures(self, where: str, min_size: int, most: int | None = None) -> list[Pixels]:
        if is_packed(where):
            packed = (pack.read(i) for pack in open_packs(where) for i in range(len(pack)))
            pictures = [image for image in packed if min(image.shape[:2]) >= min_size]
            if not pictures:
                raise InputError(f"{where}: no picture of at least {min_size} x {min_size} pixels")
            return pictures[:most]
        cache = self.config.data.cache
        return read_pictures(list_pictures(where, min_size, Path(cache) if cache else None)[:most])

    def _loop(self, batches: Iterator[Any], valid: list[Pixels], monitor: Monitor, due: Due) -> None:
        steps, meter = self.config.iterations(), Meter()
        if self.iteration == 0:
            self._save()
        if self.config.run.patience is not None:
            # What a run begins with counts as its best. Its patience begins later: trained parameters, which ended at a
            # low rate, are better than all that follow until the rate falls again.
            self._validate(monitor, valid, due)
        while self.iteration < steps and not due() and self._share(due) <= 1:
            begun = time.perf_counter()
            batch = next(batches)
            meter.add(len(batch), time.perf_counter() - begun)
            share = self._share(due)
            rate = learning_rate(self.config.optimizer, self.iteration, share)
            self._step(batch, rate, self._is_quantized(share))
            self._report(monitor, rate, meter, due)
            if self._validations.due(self.iteration):
                self._note(monitor, self._validate(monitor, valid, due), due)
            monitor.progress(self.iteration)
            self._save()
        if self.options.validate_minutes is not None and self._validated < self.iteration:
            self._validate(monitor, valid, due)

    def _note(self, monitor: Monitor, cost: float, due: Due) -> None:
        """A validation's cost: without gain the rest of the schedule is hastened."""
        was_over = self._patience.over
        self._patience.note(due.minutes, cost, due.share)
        if self._patience.over and not was_over:
            gain = f"less than {self.config.run.least_gain:.1%} gained in {self.config.run.patience:g} minutes"
            monitor.line(self.iteration, f"{gain}: the rate falls, and the run ends within as many")

    def _share(self, due: Due) -> float:
        """Of the run that is over, by its schedule."""
        if self.config.optimizer.schedule == BY_CLOCK:
            return self._patience.hastened(due.share, due.minutes)
        return self.iteration / max(1, self.config.iterations())

    def _is_quantized(self, share: float) -> bool:
        """Whether an iteration that begins is computed on the integers' grid."""
        return share >= self.config.run.quantize_from

    def _step(self, batch: Any, rate: float, quantized: bool) -> None:
        cost, derivative = self.backend.gradient(self.parameters, batch, quantized)
        self.iteration += 1
        if self.backend.waits:
            self._check(cost, derivative, "gradient")
        self.adam.step(self.parameters, derivative, rate, self.iteration)
        if self.config.optimizer.ema_decay is not None:
            follow(self.average, self.parameters, self.config.optimizer.ema_decay, self.iteration)
        self._costs.append(cost)

    def _check(self, cost: float, array: Any, name: str) -> None:
        for what, finite in (("cost", math.isfinite(cost)), (name, math.isfinite(float(array.sum())))):
            if not finite:
                raise L3CError(f"{self.experiment.folder}: the {what} is not finite at iteration {self.iteration}")

    def _report(self, monitor: Monitor, rate: float, meter: Meter, due: Due) -> None:
        """Costs are means since the last report: those of a few small crops say little."""
        if self.iteration % self.options.log_every:
            return
        mean = float(sum(self._costs) / len(self._costs))
        self._check(mean, self.parameters, "sum of the parameters")
        values = {"train/loss": mean, "train/bpsp": mean, "train/lr": rate, **self._progress(due)}
        values.update(meter.rates(self.config.data.crop**2))
        monitor.scalars(self.iteration, values)
        monitor.line(self.iteration, meter.line(values))
        self._costs.clear()

    def _validate(self, monitor: Monitor, valid: list[Pixels], due: Due) -> float:
        """Mean cost of pictures of validation, by the averaged parameters where there are such."""
        self._validated = self.iteration
        quantized = self._is_quantized(self._share(due))
        costs = [len(crops) * self.backend.cost(self._judged, crops, quantized) for crops in valid]
        cost = sum(costs) / sum(map(len, valid))
        monitor.scalars(self.iteration, {"val/bpsp": cost, **self._progress(due)})
        monitor.line(self.iteration, f"validation bpsp {cost:.4f}")
        better = self.best is None or quantized > self._best_is_quantized or cost < self.best[0]
        if self.options.save and better and math.isfinite(cost):
            self.best, self._best_is_quantized = (cost, self.iteration), quantized
            state = {"parameters": self.backend.tensor(self._judged), "config": self.config.to_dict()}
            self.experiment.checkpoints.save_best(
                {**state, "iteration": self.iteration, "bpsp": cost, "quantized": quantized}
            )
        return cost

    @property
    def _judged(self) -> Any:
        """The parameters that are validated and exported."""
        return self.parameters if self.config.optimizer.ema_decay is None else self.average

    def _read_best(self) -> None:
        """What an earlier part of this run left, unless the run goes on from before that."""
        best = self.experiment.checkpoints.best()
        if best is not None and best[1] <= self.iteration:
            state = read_state(self.experiment.checkpoints.choose(BEST)[1])
            self.best, self._best_is_quantized = best, bool(state.get("quantized"))

    def _progress(self, due: Due) -> dict[str, float]:
        quantized = float(self._is_quantized(self._share(due)))
        return {
            "pixels": self.iteration * self.config.pixels_a_step(), "quantized": quantized, "time/minutes": due.minutes
        }  # fmt: skip

    def _save(self, force: bool = False) -> None:
        due = self._saves.due(self.iteration)
        if self.options.save and (force or due):
            self.experiment.checkpoints.save(self.iteration, self.state(), self.options.policy, permanent=force)
            if self._on_save:
                self._on_save(self, force)

    def state(self) -> dict[str, Any]:
        """What a checkpoint holds."""
        arrays = {"parameters": self.parameters, "mean": self.adam.mean, "square": self.adam.square}
        if self.config.optimizer.ema_decay is not None:
            arrays["average"] = self.average
        tensors = {name: self.backend.tensor(array) for name, array in arrays.items()}
        return {**tensors, "iteration": self.iteration, "config": self.config.to_dict()}
