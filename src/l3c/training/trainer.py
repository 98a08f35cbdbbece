"""The training loop of the published networks."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from l3c.errors import L3CError, ModelError
from l3c.published.float_state import read_float
from l3c.published.network import Published, Scales, make_network
from l3c.training.batch_plan import Plan
from l3c.training.batches import open_pictures, validation_batches
from l3c.training.beginning import spread_mixtures
from l3c.training.checkpoints import read_state
from l3c.training.config import Config
from l3c.training.experiments import Experiment
from l3c.training.guidance import distance
from l3c.training.meter import Meter
from l3c.training.monitor import Monitor
from l3c.training.optimizers import make_optimizer, restore_optimizer
from l3c.training.options import Options
from l3c.training.processes import Processes
from l3c.training.restoring import Restore
from l3c.training.schedule import make_schedule, warmed_up, watched
from l3c.training.stopping import Due, until_due

logger = logging.getLogger(__name__)


LEAST_SHARE = 0.05
"""Of an auxiliary image's cost, when a warm-up begins."""

GUIDANCE = 10.0
"""Weight of mean squares, when guidance begins."""


MOST_SKIPPED = 20
"""Steps with a gradient that is not finite, one after another: more mean that the weights themselves are lost."""


class Coster(nn.Module):
    """Bits of every scale of each image; wrapped as one module, so that gradients of several processes are averaged."""

    def __init__(self, network: Published, bfloat16: bool, channels_last: bool) -> None:
        super().__init__()
        self.network, self.reduced, self.channels_last = network, bfloat16, channels_last

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """uint8 [N, 3, H, W] -> bits, float64 [N, scales + 1], the uniform scale last; excess and distance, [N]."""
        scales = self.take_apart(images)
        return self.network.bits(scales), excess(scales), distance(images, scales.before)

    def take_apart(self, images: Tensor) -> Scales:
        layout = torch.channels_last if self.channels_last else torch.contiguous_format
        with torch.autocast(images.device.type, torch.bfloat16, enabled=self.reduced):
            return self.network(images.float().contiguous(memory_format=layout))  # type: ignore[no-any-return]


def excess(scales: Scales) -> Tensor:
    """How far quantizers' inputs lie beyond their levels, where no gradient comes back: mean squares, float32 [N]."""
    parts = [(before.float().abs() - 1).clamp(min=0).square().mean((1, 2, 3)) for before in scales.before]
    return torch.stack(parts).sum(0) if parts else scales.values[0].new_zeros(len(scales.values[0]))


class Trainer:
    """One run: state in memory, checkpoints and logs in its folder."""

    def __init__(self, experiment: Experiment, config: Config, options: Options, processes: Processes) -> None:
        self.experiment, self.config, self.options, self.processes = experiment, config, options, processes
        torch.manual_seed(config.run.seed)
        network = make_network(config.network)
        if config.run.spread:
            spread_mixtures(network)
        self.network = network.to(processes.device)
        self.ema: dict[str, Tensor] | None = None
        self.iteration = 0
        self._skipped = 0
        self.optimizer = make_optimizer(self.network, config)
        self._coster = Coster(self.network, config.run.bfloat16, config.run.channels_last)

    def restore(self, restore: Restore) -> None:
        """Take over weights and, unless fresh, optimizer and iteration."""
        if restore.file is not None:
            load_weights(self.network, read_float(restore.file).state, restore.strict, restore.file)
            return
        iteration, path = restore.checkpoint()
        state = read_state(path)
        if restore.fresh:
            load_weights(self.network, evaluated_weights(state, path), restore.strict, str(path))
            return
        load_weights(self.network, trained_weights(state, path), restore.strict, str(path))
        self.iteration = iteration
        self._restore_ema(state)
        restore_optimizer(self.optimizer, self.config.optimizer.name, state, path)

    def _restore_ema(self, state: dict[str, Any]) -> None:
        """Averaged weights, where they are still asked for; those that do not fit begin with the network's."""
        if self.config.optimizer.ema_decay is None or not state.get("ema"):
            return
        own = self.network.state_dict()
        fitting = {k: v for k, v in state["ema"].items() if k in own and own[k].shape == v.shape}
        self.ema = {key: fitting.get(key, value).detach().to(value.device, copy=True) for key, value in own.items()}

    def train(self) -> None:
        """Until the iterations, epochs or minutes are over, or SIGINT or SIGTERM comes; the end is saved."""
        run, device = self.config.run, self.processes.device
        pictures = open_pictures(self.config.data, run.seed, self.options.workers, device)
        plan = self._plan(len(pictures))
        batches = pictures.batches(plan)
        monitor = Monitor(self.experiment.folder, self.iteration, self._last(plan)) if self.processes.leads else None
        with closing(monitor) if monitor else nullcontext(), until_due(self.config.run.minutes) as due:
            with closing(batches):
                self._loop(plan, batches, monitor, due)
            self._save(force=True)

    def _plan(self, pictures: int) -> Plan:
        ours, data = self.processes, self.config.data
        place = self.iteration, ours.rank, ours.world
        return Plan(pictures, data.batch, self.config.run.seed, *place, crops=data.crops, full=data.full_batches)

    def _last(self, plan: Plan) -> int | None:
        epochs = self.config.data.epochs
        ends = [self.config.run.iterations, epochs * plan.per_epoch if epochs is not None else None]
        return min((end for end in ends if end is not None), default=None)

    def _loop(self, plan: Plan, batches: Iterator[Tensor], monitor: Monitor | None, due: Due) -> None:
        optimizer, run = self.config.optimizer, self.config.run
        rate = make_schedule(optimizer.schedule, optimizer.learning_rate, plan.per_epoch, run.iterations)
        rate = warmed_up(rate, optimizer.warm_up) if optimizer.warm_up else rate
        rate = watched(rate, optimizer.learning_rate, optimizer.warm_up) if monitor else rate
        coster = self._distributed_coster()
        valid = validation_batches(self.config.data) if monitor else []
        meter, last = Meter(), self._last(plan)
        if self.iteration == 0:
            self._save()
        while last is None or self.iteration < last:
            images, waited = _next(batches)
            learning_rate = rate(self.iteration)
            bpsp, norm = self._step(coster, images, plan.size(self.iteration), learning_rate)
            self.iteration += 1
            meter.add(plan.size(self.iteration - 1), waited)
            if monitor:
                self._report(monitor, images, bpsp, norm, learning_rate, meter, valid)
            self._save()
            if self.processes.any(due()):
                break

    def _distributed_coster(self) -> nn.Module:
        coster: nn.Module = self._coster
        if self.config.run.compile:
            coster = torch.compile(coster)  # type: ignore[assignment]
        if self.processes.world > 1:
            coster = nn.parallel.DistributedDataParallel(coster)
        return coster

    def _step(self, coster: nn.Module, images: Tensor, pictures: int, rate: float) -> tuple[Tensor, float]:
        """One update. Returns bpsp of each scale over the whole batch, float64 [scales + 1], and the gradient's norm.

        The loss is a sum over this process's pictures, divided by those of all and times the number of processes, whose
        gradients are averaged: the gradient does not depend on how a batch is divided.
        """
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        bits, beyond, astray = coster(images.to(self.processes.device))
        bpsp = bits.sum(0) / (images[0].numel() * pictures)
        aside = self.config.optimizer.range_penalty * beyond.sum() + self._guidance() * astray.sum()
        loss = self._loss(bpsp) + aside / pictures
        self.optimizer.zero_grad()
        torch.autograd.backward(loss * self.processes.world)
        limit = self.config.optimizer.clip_norm
        norm = float(nn.utils.clip_grad_norm_(self.network.parameters(), limit if limit is not None else math.inf))
        if self._is_finite(norm):
            self.optimizer.step()
            self._update_ema()
        return self.processes.total(bpsp.detach().clone()), norm

    def _loss(self, bpsp: Tensor) -> Tensor:
        """Cost of all predicted scales; at first each counts less than the one it describes, if so configured.

        Equal weights would let auxiliary images collapse before predictors have learned what to do with them.
        """
        warm_up = self.config.optimizer.latent_warm_up
        share = min(1.0, max(LEAST_SHARE, self.iteration / warm_up)) if warm_up else 1.0
        return sum((share**scale * cost for scale, cost in enumerate(bpsp[:-1])), bpsp.new_zeros(()))

    def _guidance(self) -> float:
        """Weight of the distance of auxiliary images from sketches; it falls to 0."""
        until = self.config.optimizer.guidance
        return GUIDANCE * max(0.0, 1 - self.iteration / until) if until else 0.0

    def _is_finite(self, norm: float) -> bool:
        """Whether to update. Raises L3CError where a gradient is not finite, unless a few such may be skipped."""
        if math.isfinite(norm):
            self._skipped = 0
            return True
        self._skipped += 1
        said = f"{self.experiment.folder}: the gradient is not finite at iteration {self.iteration}"
        if not self.config.optimizer.skip_non_finite:
            raise L3CError(f"{said}; optimizer.skip_non_finite leaves such steps out")
        if self._skipped == MOST_SKIPPED:
            raise L3CError(f"{said}, the {MOST_SKIPPED}th time in a row")
        logger.warning("%s: the step is left out", said)
        return False

    def _update_ema(self) -> None:
        decay = self.config.optimizer.ema_decay
        if decay is None:
            return
        state = self.network.state_dict()
        if self.ema is None:
            self.ema = {key: value.clone() for key, value in state.items()}
        for key, value in state.items():
            self.ema[key].lerp_(value, 1 - decay)

    def _report(
        self,
        monitor: Monitor,
        images: Tensor,
        bpsp: Tensor,
        norm: float,
        rate: float,
        meter: Meter,
        valid: list[Tensor],
    ) -> None:
        o = self.options
        if self.iteration % o.log_every == 0:
            values = {"train/loss": float(bpsp[:-1].sum()), "train/bpsp": float(bpsp.sum()), "train/lr": rate,
                      "grads/all/total": norm, **meter.rates(images[0, 0].numel())}  # fmt: skip
            if self.iteration % (o.log_every * o.log_heavy) == 0:
                values.update({f"train/costs/scale_{i}_bpsp": float(cost) for i, cost in enumerate(bpsp)})
                self._show(monitor, "train", images)
            monitor.scalars(self.iteration, values)
            monitor.line(self.iteration, meter.line(values))
        if self.iteration % o.validate_every == 0:
            self._validate(monitor, valid)
        monitor.progress(self.iteration)

    def _validate(self, monitor: Monitor, valid: list[Tensor]) -> None:
        with self.averaged():
            bits = [self._evaluate(batch) for batch in valid]
            self._show(monitor, "val", valid[0])
        bpsp = torch.cat(bits).mean(0) / valid[0][0].numel()
        costs = {f"val/costs/scale_{i}_bpsp": float(cost) for i, cost in enumerate(bpsp)}
        monitor.scalars(self.iteration, {"val/bpsp": float(bpsp.sum()), **costs})
        monitor.line(self.iteration, f"validation bpsp {float(bpsp.sum()):.4f}")

    @torch.no_grad()
    def _evaluate(self, images: Tensor) -> Tensor:
        return self._coster(images.to(self.processes.device))[0].cpu()  # type: ignore[no-any-return]

    @torch.no_grad()
    def _show(self, monitor: Monitor, kind: str, images: Tensor) -> None:
        scales = self._coster.take_apart(images[:1].to(self.processes.device))
        monitor.pictures(self.iteration, kind, self.network, scales)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Lend the network its averaged weights, where they are kept."""
        if self.ema is None:
            yield
            return
        own = {key: value.clone() for key, value in self.network.state_dict().items()}
        self.network.load_state_dict(self.ema)
        try:
            yield
        finally:
            self.network.load_state_dict(own)

    def _save(self, force: bool = False) -> None:
        policy, due = self.options.policy, self.iteration % self.options.save_every == 0
        if self.options.save and self.processes.leads and (force or due):
            self.experiment.checkpoints.save(self.iteration, self._state(), policy, keep=force)

    def _state(self) -> dict[str, Any]:
        state = {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "iteration": self.iteration,
            "config": self.config.to_dict(),
        }
        return {**state, "ema": self.ema} if self.ema is not None else state


def trained_weights(state: dict[str, Any], place: Path) -> dict[str, Tensor]:
    """The network of a checkpoint. Raises ModelError where it is none of a published network."""
    if "network" not in state:
        raise ModelError(f"{place}: is a checkpoint of another network")
    weights: dict[str, Tensor] = state["network"]
    return weights


def evaluated_weights(state: dict[str, Any], place: Path) -> dict[str, Tensor]:
    """The same, averaged where that was kept: what is evaluated, exported and begun with."""
    return state.get("ema") or trained_weights(state, place)


def load_weights(network: nn.Module, state: dict[str, Tensor], strict: bool, place: str) -> None:
    """Load a state; not strict: leave out what is missing or has another shape, and say so."""
    own = network.state_dict()
    fitting = {k: v for k, v in state.items() if k in own and own[k].shape == v.shape}
    astray = sorted((own.keys() | state.keys()) - fitting.keys())
    if astray and strict:
        raise ModelError(f"{place}: {len(astray)} tensors do not fit this network, first {astray[0]}")
    if astray:
        logger.warning("%s: left out %d tensors that do not fit: %s", place, len(astray), ", ".join(astray))
    network.load_state_dict({**own, **fitting})


def _next(batches: Iterator[Tensor]) -> tuple[Tensor, float]:
    """Return a batch and the seconds waited for it."""
    start = time.perf_counter()
    return next(batches), time.perf_counter() - start
