"""The training loop of the published networks."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from l3c.errors import InputError, L3CError, ModelError
from l3c.published.float_state import read_float
from l3c.published.network import make_network
from l3c.training.batch_plan import BatchPlan
from l3c.training.checkpoints import read_state
from l3c.training.compiling import Ways
from l3c.training.experiments import Experiment
from l3c.training.intervals import Interval
from l3c.training.meter import Meter
from l3c.training.monitor import Monitor
from l3c.training.options import Options
from l3c.training.processes import Processes
from l3c.training.published.batches import Pictures, open_pictures, validation_batches
from l3c.training.published.beginning import interpolate, spread_mixtures
from l3c.training.published.config import Config
from l3c.training.published.coster import Coster
from l3c.training.published.mean_cost import MeanCost
from l3c.training.published.optimizers import is_fused, leave_out, make_optimizer, restore_optimizer
from l3c.training.published.repeating import repeated
from l3c.training.published.rewinding import Rewinder
from l3c.training.published.schedule import CLOCK, Rate, make_schedule, warmed_up, watched
from l3c.training.restoring import Restore
from l3c.training.stopping import Due, until_due

logger = logging.getLogger(__name__)

OnSave = Callable[["Trainer", bool], None]
"""Called after each save; True: it was the last."""

LEAST_SHARE = 0.05
"""Of an auxiliary image's cost, when a warm-up begins. By trial."""

GUIDANCE = 10.0
"""Weight of mean squares, when guidance begins. By trial."""


MOST_SKIPPED = 20
"""Steps with a gradient that is not finite, one after another: more mean that the weights themselves are lost."""


RAMP = 10
"""Averages follow the weights quickly at first: after n iterations the decay is at most (1 + n) / (RAMP + n)."""


@dataclass(frozen=True)
class Validation:
    """Pictures that are costed now and then, batches of uint8 [n, 3, side, side].

    seen: as many of the training, to measure overfitting.
    """

    pictures: list[Tensor]
    seen: list[Tensor]


class Trainer:
    """One run: state in memory, checkpoints and logs in its folder.

    on_save: is called after each save.
    """

    def __init__(
        self,
        experiment: Experiment,
        config: Config,
        options: Options,
        processes: Processes,
        on_save: OnSave | None = None,
    ) -> None:
        self.experiment, self.config, self.options, self.processes = experiment, config, options, processes
        self._on_save = on_save
        torch.backends.cudnn.benchmark = True  # on a GPU: the fastest convolutions are found by trying
        torch.manual_seed(config.run.seed)
        network = make_network(config.network)
        if config.run.interpolate:
            interpolate(network)
        elif config.run.spread:
            spread_mixtures(network)
        layout = torch.channels_last if config.run.channels_last else torch.contiguous_format
        self.network = network.to(processes.device, memory_format=layout)  # type: ignore[call-overload]
        self._weights = self.network.state_dict()  # shares its memory, whatever is loaded into it later
        self.ema: dict[str, Tensor] | None = None
        self.iteration = 0
        self.optimizer = make_optimizer(self.network, config)
        self.best: tuple[float, int] | None = None
        self.coster = Coster(self.network, config.run.bfloat16, config.run.channels_last)
        self._saves = Interval(options.save_every, options.save_minutes)
        self._validations = Interval(options.validate_every, options.validate_minutes)
        self._skipped = 0
        self._rate_scale = 1.0
        self._non_finite = torch.zeros((), device=processes.device)
        self._checked, self._validated = 0, -1

    def restore(self, restore: Restore) -> None:
        """Take over weights and, unless fresh, optimizer and iteration."""
        if restore.file is not None:
            self._begin_with(read_float(restore.file).state, restore, restore.file)
            return
        iteration, path = restore.checkpoint()
        state = read_state(path)
        if restore.fresh:
            self._begin_with(evaluated_weights(state, path), restore, str(path))
            return
        load_weights(self.network, trained_weights(state, path), restore.strict, str(path))
        self.iteration = iteration
        self._rate_scale = float(state.get("rate_scale", 1.0))
        self._restore_ema(state)
        restore_optimizer(self.optimizer, self.config.optimizer.name, state, path)

    def _begin_with(self, state: dict[str, Tensor], restore: Restore, place: str) -> None:
        load_weights(self.network, repeated(self.network, state), restore.strict, place)

    def _restore_ema(self, state: dict[str, Any]) -> None:
        """Averaged weights, where they are still asked for; those that do not fit begin with the network's."""
        if self.config.optimizer.ema_decay is None or not state.get("ema"):
            return
        own = self.network.state_dict()
        fitting = {k: v for k, v in state["ema"].items() if k in own and own[k].shape == v.shape}
        self.ema = {key: torch.empty_like(value).copy_(fitting.get(key, value)) for key, value in own.items()}

    def train(self) -> None:
        """Until the iterations, epochs or minutes are over, or SIGINT or SIGTERM comes; the end is saved."""
        run, device = self.config.run, self.processes.device
        with until_due(run.minutes, self.options.began) as due:
            pictures = open_pictures(self.config.data, run.seed, self.options.workers, device)
            plan = self._plan(len(pictures))
            leads = self.processes.leads
            place, board = self.experiment.folder, self.options.board
            monitor = Monitor(place, self.iteration, self._last(plan), board) if leads else None
            with closing(monitor) if monitor else nullcontext():
                validation = self._validation(pictures) if monitor else Validation([], [])
                with closing(pictures.batches(plan)) as batches:
                    self._loop(plan, batches, monitor, validation, due)
                if monitor and self.options.validate_minutes is not None and self._validated < self.iteration:
                    self._validate(monitor, validation, due)
                self._save(force=True)

    def _plan(self, pictures: int) -> BatchPlan:
        ours, data = self.processes, self.config.data
        place = self.iteration, ours.rank, ours.world
        return BatchPlan(pictures, data.batch, self.config.run.seed, *place, crops=data.crops, full=data.full_batches)

    def _last(self, plan: BatchPlan) -> int | None:
        epochs = self.config.data.epochs
        ends = [self.config.run.iterations, epochs * plan.per_epoch if epochs is not None else None]
        return min((end for end in ends if end is not None), default=None)

    def _validation(self, pictures: Pictures) -> Validation:
        data = self.config.data
        valid = validation_batches(data)
        side = data.valid_crop or data.crop
        best = self.experiment.checkpoints.best()
        self.best = best if best and best[1] <= self.iteration else None
        try:
            seen = pictures.centres(sum(map(len, valid)), side)
        except InputError:  # none is that large
            return Validation(valid, [])
        return Validation(valid, list(torch.split(seen, data.valid_batch)))

    def _rate(self, plan: BatchPlan, due: Due, watching: bool) -> Rate:
        optimizer, run = self.config.optimizer, self.config.run
        share = None if run.minutes is None else lambda: self.processes.leaders(due.share)
        rate = make_schedule(optimizer.schedule, optimizer.learning_rate, plan.per_epoch, run.iterations, share)
        rate = warmed_up(rate, optimizer.warm_up) if optimizer.warm_up else rate
        if not watching or optimizer.schedule == CLOCK:  # which ends at 0 on purpose
            return rate
        return watched(rate, optimizer.learning_rate, optimizer.warm_up)

    def _loop(
        self, plan: BatchPlan, batches: Iterator[Tensor], monitor: Monitor | None, validation: Validation, due: Due
    ) -> None:
        rate = self._rate(plan, due, monitor is not None)
        ways = Ways(self.coster, self.config.run, self.processes.world, self.options.fall_back)
        guided = self._guidance() > 0
        meter, costs, last = Meter(), MeanCost(), self._last(plan)
        rewinder = self._rewinder()
        self._checked = self.iteration
        if self.iteration == 0:
            self._save()
        while last is None or self.iteration < last:
            images, waited = _next(batches)
            learning_rate = rate(self.iteration) * (rewinder.scale if rewinder else 1)
            reports = (self.iteration + 1) % self.options.log_every == 0
            # in a compiled graph the term stays to the end: leaving it out would mean to compile anew
            distance = guided if ways.compiled else self._guidance() > 0
            bpsp, norm = self.step(ways, images, plan.size(self.iteration), learning_rate, reports, distance)
            self.iteration += 1
            meter.add(plan.size(self.iteration - 1), waited)
            costs.add(bpsp)
            mean = costs.take() if reports else None
            if rewinder and mean is not None:
                self._watch(rewinder, float(mean.sum()))
            if monitor:
                if reports:
                    mean = torch.full_like(bpsp, math.nan) if mean is None else mean
                    self._report(monitor, images, mean, norm, learning_rate, meter, due)
                if self._validations.due(self.iteration):
                    self._validate(monitor, validation, due)
                monitor.progress(self.iteration)
            self._save()
            if self.processes.any(due()):
                break

    def _rewinder(self) -> Rewinder | None:
        factor = self.config.optimizer.rewind
        return None if factor is None else Rewinder(self.network, self.optimizer, factor, self._rate_scale)

    def _watch(self, rewinder: Rewinder, mean: float) -> None:
        """Every process sees the same costs, so all go back together."""
        if rewinder.look(mean, self.ema):
            self._rate_scale = rewinder.scale
            logger.warning(
                "%s: %.2f bits per sub-pixel before iteration %d: the run goes back to an earlier state, at %g of its "
                "rate", self.experiment.folder, mean, self.iteration, rewinder.scale,
            )  # fmt: skip

    def step(
        self, ways: Ways, images: Tensor, crops: int, rate: float, wants_norm: bool, with_distance: bool
    ) -> tuple[Tensor, Tensor | None]:
        """One update. Returns bpsp of each scale over the whole batch, float64 [scales + 1], and the gradient's norm.

        crops: of all processes. On a GPU nothing here waits for it, and the norm is there only where it is needed.
        """
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        bpsp = ways.take(lambda coster: self._backward(coster, images, crops, with_distance))
        limit, skips = self.config.optimizer.clip_norm, self.config.optimizer.skip_non_finite
        norm = None
        if wants_norm or limit is not None or skips or not images.is_cuda:
            gradients = [p.grad for p in self.network.parameters() if p.grad is not None]
            norm = nn.utils.get_total_norm(gradients)
            if limit is not None:
                nn.utils.clip_grads_with_norm_(self.network.parameters(), limit, norm)
        if self._may_update(bpsp if norm is None else norm):
            self.optimizer.step()
            self._update_ema()
        return self.processes.total(bpsp), norm

    def _backward(self, coster: nn.Module, images: Tensor, crops: int, with_distance: bool) -> Tensor:
        """Gradients of a batch, and its bpsp of each scale.

        The loss is a sum over this process's crops, divided by those of all and times the number of processes, whose
        gradients are averaged: the gradient does not depend on how a batch is divided.
        """
        penalty = self.config.optimizer.range_penalty
        self.optimizer.zero_grad()
        if self.config.run.compile:
            torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]
        bits, excess, distance = coster(images, penalty > 0, with_distance)
        bpsp = bits.sum(0) / (images[0].numel() * crops)
        aside = penalty * excess.sum() + self._guidance() * distance.sum()
        torch.autograd.backward((self._loss(bpsp) + aside / crops) * self.processes.world)
        return bpsp.detach().clone()  # type: ignore[no-any-return]

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

    def _may_update(self, measure: Tensor) -> bool:
        """Whether to update, as the gradient's norm or the cost tells: both are finite where the gradient is.

        Fused optimizers on a GPU decide there; the host only asks at reports and saves whether any was not finite.
        """
        skips = self.config.optimizer.skip_non_finite
        if measure.is_cuda and (is_fused(self.optimizer) or not skips):
            self._note_non_finite(measure)
            return True
        return self._is_finite(bool(torch.isfinite(measure).all()))

    def _note_non_finite(self, measure: Tensor) -> None:
        strange = ~torch.isfinite(measure).all()
        self._non_finite += strange
        if self.config.optimizer.skip_non_finite:
            leave_out(self.optimizer, strange)

    def _is_finite(self, finite: bool) -> bool:
        """Whether to update. Raises L3CError where a gradient is not finite, unless a few such may be skipped."""
        if finite:
            self._skipped = 0
            return True
        self._skipped += 1
        in_a_row = f", the {MOST_SKIPPED}th time in a row" if self._skipped == MOST_SKIPPED else ""
        self._complain(f"at iteration {self.iteration}", in_a_row)
        return False

    def _check_finite(self) -> None:
        """Ask the device for gradients that were not finite since the last time."""
        count, steps = int(self._non_finite), self.iteration - self._checked
        self._checked = self.iteration
        if count:
            self._non_finite.zero_()
            too_often = f", of {steps} steps" if count >= max(MOST_SKIPPED, steps // 2) else ""
            self._complain(f"{count} times before iteration {self.iteration}", too_often)

    def _complain(self, when: str, too_often: str) -> None:
        """Warn, or raise L3CError where steps may not be left out, or too many were."""
        said = f"{self.experiment.folder}: the gradient is not finite {when}"
        if not self.config.optimizer.skip_non_finite:
            raise L3CError(f"{said}; optimizer.skip_non_finite leaves such steps out")
        if too_often:
            raise L3CError(f"{said}{too_often}")
        logger.warning("%s: the step is left out", said)

    @torch.no_grad()
    def _update_ema(self) -> None:
        decay = self.config.optimizer.ema_decay
        if decay is None:
            return
        if self.ema is None:
            self.ema = {key: value.clone() for key, value in self._weights.items()}
        ramp = (1 + self.iteration) / (RAMP + self.iteration)
        averages = [self.ema[key] for key in self._weights]
        torch._foreach_lerp_(averages, list(self._weights.values()), 1 - min(decay, ramp))

    def _report(
        self,
        monitor: Monitor,
        images: Tensor,
        bpsp: Tensor,
        norm: Tensor | None,
        rate: float,
        meter: Meter,
        due: Due,
    ) -> None:
        """bpsp: mean of each scale since the last report. images: of the last step."""
        self._check_finite()
        o = self.options
        values = {"train/loss": float(bpsp[:-1].sum()), "train/bpsp": float(bpsp.sum()), "train/lr": rate,
                  "grads/all/total": math.nan if norm is None else float(norm),
                  "time/minutes": due.minutes, **meter.rates(images[0, 0].numel())}  # fmt: skip
        if self.iteration % (o.log_every * o.log_heavy) == 0:
            values.update({f"train/costs/scale_{i}_bpsp": float(cost) for i, cost in enumerate(bpsp)})
            self._show(monitor, "train", images)
        monitor.scalars(self.iteration, values)
        monitor.line(self.iteration, meter.line(values))

    def _validate(self, monitor: Monitor, validation: Validation, due: Due) -> None:
        self._check_finite()
        self._validated = self.iteration
        with self.averaged():
            scales = self._costs(validation.pictures)
            bpsp = float(scales.sum())
            values = {"val/bpsp": bpsp, "time/minutes": due.minutes}
            if validation.seen:
                seen = float(self._costs(validation.seen).sum())
                values |= {"val/train_bpsp": seen, "val/gap": bpsp - seen}
            self._show(monitor, "val", validation.pictures[0])
            better = math.isfinite(bpsp) and (self.best is None or bpsp < self.best[0])
            if self.options.save and better:
                self.best = (bpsp, self.iteration)
                state = {"network": self.network.state_dict(), "config": self.config.to_dict()}
                self.experiment.checkpoints.save_best({**state, "iteration": self.iteration, "bpsp": bpsp})
        costs = {f"val/costs/scale_{i}_bpsp": float(cost) for i, cost in enumerate(scales)}
        monitor.scalars(self.iteration, {**values, **costs})
        gap = f", of pictures of training {values['val/train_bpsp']:.4f}" if validation.seen else ""
        monitor.line(self.iteration, f"validation bpsp {bpsp:.4f}{gap}")

    def _costs(self, batches: list[Tensor]) -> Tensor:
        """Mean bpsp of each scale, float64 [scales + 1]."""
        return torch.cat([self._evaluate(batch) for batch in batches]).mean(0) / batches[0][0].numel()

    @torch.no_grad()
    def _evaluate(self, images: Tensor) -> Tensor:
        return self.coster(images.to(self.processes.device))[0].cpu()  # type: ignore[no-any-return]

    @torch.no_grad()
    def _show(self, monitor: Monitor, kind: str, images: Tensor) -> None:
        if not monitor.shows:
            return
        scales = self.coster.take_apart(images[:1].to(self.processes.device))
        monitor.pictures(self.iteration, kind, self.network, scales)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Lend the network its averaged weights, where there are any."""
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
        due = self._saves.due(self.iteration)
        if not (self.options.save and self.processes.leads and (force or due)):
            return
        self._check_finite()
        self.experiment.checkpoints.save(self.iteration, self.state(), self.options.policy, permanent=force)
        if self._on_save:
            self._on_save(self, force)

    def state(self) -> dict[str, Any]:
        """What a checkpoint holds."""
        state = {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "iteration": self.iteration,
            "config": self.config.to_dict(),
            "rate_scale": self._rate_scale,
        }
        return {**state, "ema": self.ema} if self.ema is not None else state


def trained_weights(state: dict[str, Any], place: Path) -> dict[str, Tensor]:
    """The network of a checkpoint. Raises ModelError where it is none of a published network."""
    if "network" not in state:
        raise ModelError(f"{place}: is a checkpoint of another network")
    return _named_tensors(state["network"], place)


def evaluated_weights(state: dict[str, Any], place: Path) -> dict[str, Tensor]:
    """The same, averaged where the checkpoint has averages: what is evaluated, exported and begun with."""
    averages = state.get("ema")
    return _named_tensors(averages, place) if averages else trained_weights(state, place)


def _named_tensors(weights: Any, place: Path) -> dict[str, Tensor]:
    named = isinstance(weights, dict) and all(
        isinstance(key, str) and isinstance(value, Tensor) for key, value in weights.items()
    )
    if not named:
        raise ModelError(f"{place}: its network is no tensors by name")
    return weights  # type: ignore[no-any-return]


def load_weights(network: nn.Module, state: dict[str, Tensor], strict: bool, place: str) -> None:
    """Load a state; not strict: leave out what is missing or has another shape, and say so.

    A bias goes with its weight: it says nothing of another layer.
    """
    own = network.state_dict()
    alike = {k for k, v in state.items() if k in own and own[k].shape == v.shape}
    fitting = {k: state[k] for k in state if k in alike and _weight_of(k, state) in alike}
    unfit = sorted((own.keys() | state.keys()) - fitting.keys())
    if unfit and strict:
        raise ModelError(f"{place}: {len(unfit)} tensors do not fit this network, first {unfit[0]}")
    if unfit:
        logger.warning("%s: left out %d tensors that do not fit: %s", place, len(unfit), ", ".join(unfit))
    network.load_state_dict({**own, **fitting})


def _weight_of(name: str, state: dict[str, Tensor]) -> str:
    """The name of the weight beside a bias; of all else its own."""
    weight = f"{name.removesuffix('bias')}weight"
    return weight if name.endswith("bias") and weight in state else name


def _next(batches: Iterator[Tensor]) -> tuple[Tensor, float]:
    """Return a batch and the seconds waited for it."""
    start = time.perf_counter()
    return next(batches), time.perf_counter() - start
