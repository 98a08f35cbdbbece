"""The training loop of coefficient models: both networks in turn, in PyTorch, on the processor."""

from __future__ import annotations

import math
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from l3c.errors import InputError, L3CError, ModelError
from l3c.training.checkpoints import read_state
from l3c.training.dct.caching import FileSet, jpeg_files, stated
from l3c.training.dct.config import DctConfig
from l3c.training.dct.making import Maker
from l3c.training.dct.net import Net, parameters_in
from l3c.training.dct.planes import Batch, Planes, join
from l3c.training.experiments import Experiment
from l3c.training.monitor import Monitor
from l3c.training.options import Options
from l3c.training.picture_files import list_pictures
from l3c.training.restoring import Restore
from l3c.training.stopping import Due, until_due

NAMES = ("luma", "chroma")  # of the networks, in this order
CHROMA_EVERY = 3  # iterations: chroma has fewer bits than luma, and learns faster
MOMENT_RATES = (0.9, 0.99)  # Adam's betas: the second is short, since costs of files differ widely


class DctTrainer:
    """One run: state in memory, checkpoints and logs in its folder."""

    def __init__(self, experiment: Experiment, config: DctConfig, options: Options) -> None:
        self.experiment, self.config, self.options = experiment, config, options
        torch.set_num_threads(config.run.threads)
        torch.manual_seed(config.run.seed)
        self.nets = [Net(architecture, config.run.weight_most) for architecture in config.network.architectures()]
        self.optimizers = [
            torch.optim.AdamW(net.parameters(), betas=MOMENT_RATES, weight_decay=config.optimizer.weight_decay)
            for net in self.nets
        ]
        self.averages = [_parameters(net) for net in self.nets]
        self.iteration = 0

    def restore(self, restore: Restore) -> None:
        """Take over parameters and, unless fresh, moments and iteration."""
        iteration, path = restore.checkpoint()
        state = read_state(path)
        averages = parameters_in(state, "averages", self.nets, path)
        for net, average, known in zip(self.nets, self.averages, averages, strict=True):
            net.load_state_dict(known)
            average.update(known)
        if restore.fresh:
            return
        self.iteration = iteration
        networks = parameters_in(state, "networks", self.nets, path)
        for net, optimizer, known, moments in zip(
            self.nets, self.optimizers, networks, _moments(state, self.nets, path), strict=True
        ):
            net.load_state_dict(known)
            groups = optimizer.state_dict()["param_groups"]  # settings are the configuration's
            optimizer.load_state_dict({"state": moments, "param_groups": groups})

    def train(self) -> None:
        """Until the iterations or minutes are over, or SIGINT or SIGTERM comes; the end is saved."""
        sets, valid = self._planes()
        batches = validation_batches(valid, self.config.data.valid_blocks)
        monitor = Monitor(self.experiment.folder, self.iteration, self.config.run.iterations, self.options.board)
        with closing(monitor), until_due(self.config.run.minutes) as due:
            self._loop(sets, batches, monitor, due)
            self._save(force=True)

    def _planes(self) -> tuple[list[Planes], Planes]:
        """Real files and made ones, if any; those of validation. Their coefficients are written once."""
        data = self.config.data
        cache = Path(data.cache) if data.cache else self.experiment.folder / "coefficients"
        train, valid = jpeg_files(data.train), jpeg_files(data.valid)
        sets = [FileSet.of_folder("train", data.train, train)]
        if data.made:
            sets.append(self._made(train))
        planes = [of.planes(cache) for of in (*sets, FileSet.of_folder("valid", data.valid, valid))]
        if not any(of.coloured for of in planes[:-1]):
            raise InputError(f"{data.train}: all its JPEG files are gray; chroma is trained too, and takes others")
        if self.config.network.related:
            for of in planes:
                of.relate()
        return planes[:-1], planes[-1]

    def _made(self, train: list[Path]) -> FileSet:
        data, seed = self.config.data, self.config.run.seed
        pictures = list_pictures(data.pictures) if data.pictures else []
        key = (data.made, seed, stated(train), stated(pictures) if pictures else [])
        folders = " and ".join(str(Path(name).expanduser().resolve()) for name in (data.pictures, data.train) if name)
        source = f"{data.made} files made with seed {seed} of {folders}"
        return FileSet("made", source, lambda: Maker(pictures, train, seed).files(data.made), key)

    def _loop(self, sets: list[Planes], valid: list[tuple[int, float, Batch]], monitor: Monitor, due: Due) -> None:
        costs: list[list[float]] = [[], []]
        if self.iteration == 0:
            self._save()
        while self.iteration < self.config.run.iterations and not due():
            number, cost = self._step(sets)
            costs[number].append(cost)
            if self.iteration % self.options.log_every == 0:
                values = {f"train/{name}": float(np.mean(c)) for name, c in zip(NAMES, costs, strict=True) if c}
                values["train/lr"] = self._rate()
                monitor.scalars(self.iteration, values)
                monitor.line(self.iteration, ", ".join(f"{name} {value:.4g}" for name, value in values.items()))
                costs = [[], []]
            if self.iteration % self.options.validate_every == 0:
                ratios = self._validate(valid)
                monitor.scalars(self.iteration, {f"val/{name}": r for name, r in zip(NAMES, ratios, strict=True)})
                monitor.line(self.iteration, f"validation: {sum(ratios):.4f} of the JPEG files")
            monitor.progress(self.iteration)
            self._save()

    def _step(self, sets: list[Planes]) -> tuple[int, float]:
        """(which network, its cost)."""
        config = self.config
        rng = np.random.default_rng((config.run.seed, self.iteration))
        number = int(self.iteration % CHROMA_EVERY == CHROMA_EVERY - 1)
        suitable = [planes for planes in sets if planes.coloured or not number]
        planes = suitable[0] if len(suitable) == 1 or rng.random() < config.data.real else suitable[1]
        net, optimizer = self.nets[number], self.optimizers[number]
        net.quantized = self._quantized
        for group in optimizer.param_groups:
            group["lr"] = self._rate()
        cost, _ = net.cost(planes.draw(rng, config.data.files, config.data.blocks, bool(number)))
        if not math.isfinite(cost.item()):
            raise L3CError(f"{self.experiment.folder}: the cost is not finite at iteration {self.iteration}")
        optimizer.zero_grad()
        cost.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(net.parameters(), config.optimizer.clip_norm)
        optimizer.step()
        self.iteration += 1
        # Early on, means of few iterations: those of the beginning would stay too long.
        keep = min(config.optimizer.average, self.iteration / (self.iteration + 200))
        for name, value in _parameters(net).items():
            self.averages[number][name].lerp_(value, 1 - keep)
        return number, cost.item()

    @property
    def _quantized(self) -> bool:
        """Whether an iteration that begins is computed on the integers' grid."""
        return self.iteration >= self.config.run.quantize_from * self.config.run.iterations

    def _rate(self) -> float:
        optimizer, share = self.config.optimizer, self.iteration / self.config.run.iterations
        warm = min(1.0, (self.iteration + 1) / max(1, optimizer.warm_up))
        fallen = max(0.0, share - optimizer.constant) / max(1e-9, 1 - optimizer.constant)
        wave = 0.5 * (1 + math.cos(math.pi * min(1.0, fallen)))
        return warm * (optimizer.final_rate + (optimizer.learning_rate - optimizer.final_rate) * wave)

    def _validate(self, valid: list[tuple[int, float, Batch]]) -> list[float]:
        """Means of files: what their luma and chroma take, of the JPEG file, by the mean parameters."""
        sums, files = [0.0, 0.0], len({id(batch) for number, _, batch in valid if number == 0})
        kept = [_parameters(net) for net in self.nets]
        for net, average in zip(self.nets, self.averages, strict=True):
            net.load_state_dict(average)
            net.quantized = self._quantized
        with torch.no_grad():
            for number, weight, batch in valid:
                batch.blocks.restart()
                sums[number] += weight * float(self.nets[number].cost(batch)[1].mean())
        for net, known in zip(self.nets, kept, strict=True):
            net.load_state_dict(known)
        return [total / files for total in sums]

    def _save(self, force: bool = False) -> None:
        if self.options.save and (force or self.iteration % self.options.save_every == 0):
            self.experiment.checkpoints.save(self.iteration, self._state(), self.options.policy, permanent=force)

    def _state(self) -> dict[str, Any]:
        return {
            "networks": [_parameters(net) for net in self.nets],
            "averages": self.averages,
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "iteration": self.iteration,
            "config": self.config.to_dict(),
        }


def _parameters(net: Net) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in net.state_dict().items()}


def _moments(state: dict[str, Any], nets: list[Net], path: Path) -> list[dict[int, Any]]:
    """Of each network's optimizer. Raises ModelError where they are not those of its parameters."""
    try:
        moments = [dict(saved["state"]) for saved in state["optimizers"]]
        shapes = [[tuple(parameter.shape) for parameter in net.parameters()] for net in nets]
        fits = len(moments) == len(nets) and all(
            tuple(value.shape) == of[place]
            for known, of in zip(moments, shapes, strict=True)
            for place, parts in known.items()
            for value in (parts["exp_avg"], parts["exp_avg_sq"])
        )
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        fits = False
    if not fits:
        raise ModelError(f"{path}: its optimizers are those of other networks")
    return moments


def validation_batches(planes: Planes, blocks: int) -> list[tuple[int, float, Batch]]:
    """(network, weight, batch) of each file: weight times mean bits is its share of the JPEG file."""
    rng, batches = np.random.default_rng(0), []
    for file in planes.files:
        for number, components in ((0, (0,)), (1, tuple(range(1, len(file["planes"]))))):
            parts = []
            for component in components:
                plane = file["planes"][component]
                rows, columns = (rng.integers(plane[side], size=blocks) for side in ("rows", "columns"))
                steps = np.array(plane["steps"], np.int64)
                parts.append((*planes.around(file, component, rows, columns), steps, 1.0))
            if parts:
                total = sum(file["planes"][c]["rows"] * file["planes"][c]["columns"] for c in components)
                batches.append((number, total / (8 * file["bytes"]), join(parts)))
    return batches
