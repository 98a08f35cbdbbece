"""Training by the clock, from packed files: rates, validations, the best; steps that wait for nothing."""

import time
from pathlib import Path

import pytest
import torch

from l3c.cli import main
from l3c.errors import InputError, L3CError
from l3c.published.architecture import Architecture
from l3c.published.network import make_network
from l3c.training.checkpoints import BEST, Policy, read_state
from l3c.training.compiling import Ways
from l3c.training.config_files import config_from
from l3c.training.experiments import Experiment
from l3c.training.intervals import Interval
from l3c.training.options import Options
from l3c.training.processes import Processes
from l3c.training.published.carried import read_run, write_run
from l3c.training.published.config import Config, Data, Execution
from l3c.training.published.coster import Coster
from l3c.training.published.schedule import make_schedule
from l3c.training.published.trainer import Trainer
from l3c.training.restoring import Restore
from tests.training.pictures import read_log, train_arguments, write_pictures
from tests.training.test_train import only_experiment

pytestmark = pytest.mark.usefixtures("one_thread")

CPU = Processes(0, 1, torch.device("cpu"))


def test_the_clock_is_flat_then_falls_to_zero() -> None:
    share = 0.0
    rate = make_schedule("clock", 2.0, 10, share=lambda: share)
    rates = []
    for share in (0.0, 0.5, 2 / 3, 5 / 6, 1.0, 1.1):  # noqa: B007
        rates.append(rate(0))
    assert rates == pytest.approx([2.0, 2.0, 2.0, 1.0, 0.0, 0.0])
    with pytest.raises(InputError, match=r"needs run\.minutes"):
        make_schedule("clock", 2.0, 10)


def test_intervals_of_iterations_and_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [i for i in range(1, 10) if Interval(4).due(i)] == [4, 8]
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    interval = Interval(1, 0.5)
    found = []
    for now in (101.0, 129.0, 130.0, 131.0, 161.0):  # noqa: B007
        found.append(interval.due(1))
    assert found == [False, False, True, False, True]


class FakeClock:
    """Time that passes with every look at it, however busy the machine is."""

    def __init__(self, tick: float = 0.03) -> None:
        self.now, self._tick = 0.0, tick

    def monotonic(self) -> float:
        self.now += self._tick
        return self.now

    time = perf_counter = monotonic


def test_a_run_by_the_clock_from_packed_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock()
    monkeypatch.setattr("l3c.training.stopping.time", clock)
    monkeypatch.setattr("l3c.training.intervals.time", clock)
    write_pictures(tmp_path / "pictures")
    packed = str(tmp_path / "a.pack")
    assert main(["prepare", "pack", str(tmp_path / "pictures"), "-o", packed, "--min-size", "16", "-q"]) == 0
    settings = [
        f"train={packed}",
        f"valid={packed}",
        "minutes=0.1",
        "schedule=clock",
        "ema_decay=0.99",
        "valid_crop=32",
    ]
    settings += ["turn", "reduced=0.5", "full_batches", "optimizer.name=adamw", "skip_non_finite"]
    overrides = [text for setting in settings for text in ("-p", setting)]
    by_minutes = ["--validate-minutes", "0.03", "--save-minutes", "0.03"]
    assert main(train_arguments(tmp_path, tmp_path / "runs", *overrides, *by_minutes)) == 0
    experiment = only_experiment(tmp_path / "runs")
    log = read_log(experiment.folder)
    rates = [entry["train/lr"] for entry in log if "train/lr" in entry]
    assert rates[0] > 0
    assert min(rates) < 0.3 * rates[0]
    validations = [entry for entry in log if "val/bpsp" in entry]
    assert len(validations) >= 3
    assert all(v["val/gap"] == pytest.approx(v["val/bpsp"] - v["val/train_bpsp"], abs=1e-6) for v in validations)
    best = min(validations, key=lambda entry: entry["val/bpsp"])
    iteration, path = experiment.checkpoints.choose(BEST)
    assert iteration == best["iteration"]
    assert read_state(path)["bpsp"] == pytest.approx(best["val/bpsp"], rel=1e-6)
    assert len(experiment.checkpoints.all()) >= 3


def trainer_of(tmp_path: Path, processes: Processes = CPU, **settings: object) -> Trainer:
    network = {"features": 8, "blocks": 1, "components": 3}
    optimizer, run = {"name": "adamw", "learning_rate": 1e-3, **settings}, {"channels_last": True}
    config = config_from({"network": network, "optimizer": optimizer, "data": {"crop": 16}, "run": run}, "here")
    assert isinstance(config, Config)
    return Trainer(Experiment(tmp_path), config, Options(), processes)


def images(count: int = 2) -> torch.Tensor:
    return torch.randint(0, 256, (count, 3, 16, 16), generator=torch.Generator().manual_seed(1)).to(torch.uint8)


def step(trainer: Trainer, batch: torch.Tensor) -> None:
    ways = Ways(trainer.coster, trainer.config.run, 1)
    trainer.step(ways, batch, len(batch), 1e-3, False, False)
    trainer.iteration += 1


def test_what_has_no_weight_is_not_computed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> torch.Tensor:
        raise AssertionError

    monkeypatch.setattr("l3c.training.published.coster.excess", refuse)
    monkeypatch.setattr("l3c.training.published.coster.distance", refuse)
    step(trainer_of(tmp_path), images())


def test_fused_steps_leave_out_what_is_not_finite_without_waiting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What a GPU does, on the processor, whose fused AdamW obeys the same attributes."""
    trainer = trainer_of(tmp_path, skip_non_finite=True)
    trainer.optimizer = torch.optim.AdamW(trainer.network.parameters(), 1e-3, fused=True)

    def may_update(measure: torch.Tensor) -> bool:
        trainer._note_non_finite(measure)
        return True

    trainer._may_update = may_update  # type: ignore[method-assign]
    step(trainer, images())
    before = {key: value.clone() for key, value in trainer.network.state_dict().items()}
    for parameter in filter(lambda parameter: parameter.requires_grad, trainer.network.parameters()):
        parameter.register_hook(lambda gradient: gradient * float("nan"))
    step(trainer, images())
    assert all(torch.equal(value, before[key]) for key, value in trainer.network.state_dict().items())
    trainer._check_finite()
    assert "1 times before iteration 2: the step is left out" in caplog.text


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_leaves_them_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    trainer = trainer_of(tmp_path, Processes(0, 1, torch.device("cuda", 0)), skip_non_finite=True, ema_decay=0.9)
    batch = images().cuda()
    step(trainer, batch)
    before = {key: value.clone() for key, value in trainer.network.state_dict().items()}
    parameter = trainer.network.sub_rgb_mean.weight
    parameter.register_hook(lambda gradient: gradient * float("nan"))
    step(trainer, batch)
    assert all(torch.equal(value, before[key]) for key, value in trainer.network.state_dict().items())
    trainer._check_finite()
    assert "the step is left out" in caplog.text


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_goes_on_from_a_state_that_travelled(tmp_path: Path) -> None:
    """Its fused optimizers refuse moments that lie otherwise in memory than their parameters."""
    processes = Processes(0, 1, torch.device("cuda", 0))
    before, after = (trainer_of(tmp_path / name, processes, ema_decay=0.9) for name in ("a", "b"))
    step(before, images().cuda())
    write_run(tmp_path, "l3c", before.state())
    experiment = before.experiment
    experiment.checkpoints.save(5, read_run(tmp_path, "l3c"), Policy(), permanent=True)
    after.restore(Restore(experiment))
    step(after, images().cuda())


def test_gradients_that_are_not_finite_end_a_run_that_may_not_skip_them(tmp_path: Path) -> None:
    trainer = trainer_of(tmp_path)
    trainer._note_non_finite(torch.tensor(float("inf")))
    with pytest.raises(L3CError, match="not finite 1 times"):
        trainer._save(force=True)
    assert not list(tmp_path.rglob("*.pt"))


def test_averages_follow_quickly_at_first(tmp_path: Path) -> None:
    trainer = trainer_of(tmp_path, ema_decay=0.999)
    step(trainer, images())
    assert trainer.ema is not None
    key = "prob_clfs.0.atrous.lin.bias"
    for _ in range(3):
        step(trainer, images())
    own, average = trainer.network.state_dict()[key], trainer.ema[key]
    assert (own - average).abs().mean() < 0.002


def test_where_compiling_fails_the_plainer_way_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tried = []

    def broken(module: torch.nn.Module, *, dynamic: bool, mode: str | None) -> object:
        assert not dynamic

        def call(*_: object) -> None:
            tried.append(mode)
            raise RuntimeError("no compiler here")

        return call

    monkeypatch.setattr(torch, "compile", broken)
    trainer = trainer_of(tmp_path)
    ways = Ways(Coster(trainer.network, False, False), Execution(compile=True, compile_mode="max-autotune"), 1)
    assert ways.compiled
    trainer.step(ways, images(), 2, 1e-3, False, False)
    assert tried == ["max-autotune", None]
    assert not ways.compiled
    assert caplog.text.count("no compiler here") == 2
    with pytest.raises(InputError, match="compile_mode"):
        Execution(compile_mode="fastest")


def test_settings_of_data_are_checked() -> None:
    for wrong in ({"batch": 10, "crops": 4}, {"reduced": 1.5}, {"reduce_from": 0.01}, {"valid_crop": -8}):
        with pytest.raises(InputError, match="data"):
            Data(**wrong)


@pytest.mark.parametrize("kind", ["l3c", "rgb"])
def test_network_and_cost_are_one_graph(kind: str) -> None:
    """Traced without a break, forward and backward, and run by PyTorch's own operations: the values are the same."""
    torch.manual_seed(0)
    torch.compiler.reset()
    network = make_network(Architecture(kind, scales=1, features=8, blocks=1, components=2))
    coster = Coster(network, bfloat16=True, channels_last=True)
    batch = torch.cat([images(), images().flip(3)])
    parts = []
    for way in (coster, torch.compile(coster, backend="aot_eager", fullgraph=True, dynamic=False)):
        network.zero_grad()
        bits, excess, distance = way(batch, True, True)
        torch.autograd.backward(bits.sum() + excess.sum() + distance.sum())
        gradients = [p.grad.clone() for p in network.parameters() if p.grad is not None]
        parts.append([bits.detach(), *gradients])
    for plain, traced in zip(*parts, strict=True):
        torch.testing.assert_close(plain, traced, rtol=0.05, atol=1e-2 * float(plain.abs().max()))
