"""What a run takes over when it is restored, what it refuses, and what is left behind then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from l3c.cli import main
from l3c.errors import InputError, L3CError
from l3c.training.batch_plan import BatchPlan
from l3c.training.checkpoints import Policy, read_state
from l3c.training.compiling import Ways
from l3c.training.config_files import read_config
from l3c.training.experiments import Experiment, create_experiment, label_parts, list_experiments
from l3c.training.options import Options
from l3c.training.processes import Processes
from l3c.training.published.carried import read_run, write_run
from l3c.training.published.config import Config, Data, Execution, Optimizer
from l3c.training.published.schedule import make_schedule, warmed_up, watched
from l3c.training.published.trainer import Trainer
from l3c.training.restoring import Restore
from l3c.training.wave.config import WaveConfig
from tests.published.test_network import SMALL
from tests.training.pictures import losses, train_arguments, write_pictures

pytestmark = pytest.mark.usefixtures("one_thread")

CPU, META = torch.device("cpu"), torch.device("meta")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pictures(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="module")
def trained(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    """Ten iterations of RMSprop."""
    log_dir = tmp_path_factory.mktemp("runs")
    assert main(train_arguments(pictures, log_dir, "-p", "iterations=10")) == 0
    return list_experiments(log_dir)[0]


def copy_of(experiment: Experiment, folder: Path) -> Experiment:
    made = create_experiment(folder, ["copy"], experiment.config())
    iteration, path = experiment.checkpoints.choose()
    made.checkpoints.save(iteration, read_state(path), Policy(), permanent=True)
    return made


def trainer(folder: Path, device: torch.device = CPU, **optimizer: Any) -> Trainer:
    config = Config(network=SMALL, optimizer=Optimizer(**optimizer), data=Data(crop=16))
    return Trainer(create_experiment(folder, ["t"], config), config, Options(), Processes(0, 1, device))


def step(run: Trainer, value: float = 1.0) -> None:
    """One update with made-up gradients."""
    for parameter in run.network.parameters():
        parameter.grad = torch.full_like(parameter, value) if parameter.requires_grad else None
    run.optimizer.step()
    run._update_ema()


def saved(run: Trainer, iteration: int = 5) -> Restore:
    run.iteration = iteration
    run._save(force=True)
    return Restore(run.experiment)


@pytest.mark.parametrize(("earlier", "now"), [("rmsprop", "adamw"), ("adam", "rmsprop"), ("adam", "adamw")])
def test_another_optimizer_starts_anew_and_says_so(
    earlier: str, now: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before, after = trainer(tmp_path, name=earlier), trainer(tmp_path, name=now)
    step(before)
    after.restore(saved(before))
    assert f"its optimizer is {earlier}, here it is {now}; the optimizer starts anew" in caplog.text
    assert not after.optimizer.state
    step(after)
    assert after.iteration == 5


def test_the_same_optimizer_keeps_its_moments_and_takes_new_settings(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before, after = trainer(tmp_path, name="adamw"), trainer(tmp_path, name="adamw", weight_decay=0.5)
    step(before)
    after.restore(saved(before))
    assert not caplog.text
    assert [group["weight_decay"] for group in after.optimizer.param_groups] == [0.5]
    moments = [state["exp_avg"] for state in after.optimizer.state.values()]
    assert moments
    assert all(bool((moment != 0).all()) for moment in moments)
    step(after)


def test_moments_and_averages_are_laid_out_as_their_parameters_are(tmp_path: Path) -> None:
    """Fused optimizers on a GPU refuse others, and those of a file that travelled are contiguous."""
    before = trainer(tmp_path, name="adamw", ema_decay=0.5)
    step(before)
    write_run(tmp_path, "run", before.state())
    carried = read_run(tmp_path, "run")
    kept = saved(before)
    for state in (carried, read_state(kept.checkpoint()[1])):
        kept.experiment.checkpoints.save(5, state, Policy(), permanent=True)
        config = Config(SMALL, Optimizer("adamw", ema_decay=0.5), Execution(channels_last=True), Data(crop=16))
        after = Trainer(create_experiment(tmp_path, ["t"], config), config, Options(), Processes(0, 1, CPU))
        after.restore(kept)
        moments = [(p, s[part]) for p, s in after.optimizer.state.items() for part in ("exp_avg", "exp_avg_sq")]
        averages = [(value, (after.ema or {}).get(key, value)) for key, value in after.network.state_dict().items()]
        assert any(p.stride() != p.contiguous().stride() for p, _ in moments), "the layout is another one"
        assert all(p.stride() == laid_out.stride() for p, laid_out in (*moments, *averages))
        assert all(bool((moment != 0).any()) for _, moment in moments)
        step(after)


def test_moments_of_other_shapes_are_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    before, after = trainer(tmp_path), trainer(tmp_path)
    step(before)
    restore = saved(before)
    iteration, path = restore.checkpoint()
    state = read_state(path)
    state["optimizer"]["state"][0]["square_avg"] = torch.zeros(7)
    restore.experiment.checkpoints.save(iteration, state, Policy(), permanent=True)
    after.restore(restore)
    assert "of another network; the optimizer starts anew" in caplog.text
    step(after)


@pytest.mark.filterwarnings("ignore:.*copying from a non-meta parameter")
def test_averaged_weights_go_to_the_device(tmp_path: Path) -> None:
    """The meta device computes nothing, but refuses what lies elsewhere, as CUDA does."""
    before = trainer(tmp_path, ema_decay=0.5)
    step(before)
    restore = saved(before)
    after = trainer(tmp_path, META, ema_decay=0.5)
    after.restore(restore)
    assert after.ema is not None
    assert {value.device.type for value in after.ema.values()} == {"meta"}
    after._update_ema()
    again = trainer(tmp_path, ema_decay=0.5)
    again.restore(restore)
    assert again.ema is not None
    assert before.ema is not None
    assert all(torch.equal(again.ema[key], value) for key, value in before.ema.items())


def test_a_run_that_was_taken_back_goes_on_at_its_lower_rate(tmp_path: Path) -> None:
    before, after, anew = (trainer(tmp_path, rewind=1.5) for _ in range(3))
    step(before)
    before._rate_scale = 0.25
    restore = saved(before)
    after.restore(restore)
    anew.restore(Restore(restore.place, fresh=True))
    found = [run._rewinder() for run in (after, anew)]
    assert [rewinder.scale for rewinder in found if rewinder] == [0.25, 1.0]


def test_averages_that_are_no_longer_kept_are_dropped(tmp_path: Path) -> None:
    before, after = trainer(tmp_path, ema_decay=0.5), trainer(tmp_path)
    step(before)
    after.restore(saved(before))
    assert after.ema is None


def test_a_restart_begins_with_the_averaged_weights(tmp_path: Path) -> None:
    before, after = trainer(tmp_path, ema_decay=0.5), trainer(tmp_path)
    step(before)
    step(before)
    assert before.ema is not None
    after.restore(Restore(saved(before).place, fresh=True))
    assert all(torch.equal(value, before.ema[key]) for key, value in after.network.state_dict().items())


def test_what_changes_when_a_run_continues_is_recorded(
    trained: Experiment, pictures: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = copy_of(trained, tmp_path)
    more = ["-p", "iterations=12", "-p", "learning_rate=5e-4", "--restore-continue", str(run.folder)]
    assert main(train_arguments(pictures, tmp_path, *more)) == 0
    assert "from iteration 10 on, optimizer.learning_rate: 0.001 -> 0.0005" in caplog.text
    assert read_config([run.folder / "config_until_0000000010.yaml"]) == trained.config()
    assert run.config().optimizer.learning_rate == 5e-4
    caplog.clear()
    assert main(train_arguments(pictures, tmp_path, *more)) == 0
    assert "learning_rate" not in caplog.text
    assert len(list(run.folder.glob("config*.yaml"))) == 2


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (["-p", "components=2", "--restore"], 4),
        (["-p", "schedule=never", "--restore"], 2),
        (["-p", "train=nowhere", "--restore-restart"], 2),
    ],
)
def test_a_refused_restore_leaves_no_folder(
    more: list[str], code: int, trained: Experiment, pictures: Path, tmp_path: Path
) -> None:
    assert main(train_arguments(pictures, tmp_path, *more, str(trained.folder))) == code
    assert not list(tmp_path.iterdir())


def test_a_refused_continuation_leaves_the_run_as_it_was(trained: Experiment, pictures: Path, tmp_path: Path) -> None:
    run = copy_of(trained, tmp_path)
    before = {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()}
    more = ["-p", "schedule=never", "--restore-continue", str(run.folder)]
    assert main(train_arguments(pictures, tmp_path, *more)) == 2
    left = {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file() and "tfevents" not in path.name}
    assert left == before


def test_a_checkpoint_of_the_wave_network_is_refused(trained: Experiment, pictures: Path, tmp_path: Path) -> None:
    run = create_experiment(tmp_path / "wave", ["wave"], WaveConfig())
    run.checkpoints.save(3, {"parameters": torch.zeros(3)}, Policy(), permanent=True)
    assert main(train_arguments(pictures, tmp_path / "runs", "--restore-restart", str(run.folder))) == 4
    assert not list((tmp_path / "runs").iterdir())


def test_names_have_overrides_and_no_paths() -> None:
    given = ["train=/data/a b", "data.valid=/b", "cache=c.json", "batch=4", "batch=8", "schedule=exp_0.5_e1"]
    assert label_parts(Path("x/l3c.yaml"), Path("oi.yaml"), given) == ["l3c", "oi", "batch=8 schedule=exp_0.5_e1"]
    assert label_parts(Path("l3c.yaml"), Path("oi.yaml"), ["train=/data"]) == ["l3c", "oi"]
    long = label_parts(Path("l3c.yaml"), Path("oi.yaml"), [f"key{i}=value" for i in range(40)])[-1]
    assert len(long) <= 120
    assert long.endswith("=value")


def test_a_learning_rate_that_has_died_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    rate = watched(make_schedule("exp_0.75_i1", 1e-4, 1), 1e-4)
    assert [rate(i) for i in range(24)][-1] > 1e-7
    assert not caplog.text
    assert [rate(i) for i in range(24, 60)]
    assert caplog.text.count("the learning rate has died: 7.5e-08 at iteration 25, begun with 1.0e-04") == 1
    caplog.clear()
    rising = watched(warmed_up(make_schedule("none", 1e-4, 1), 5000), 1e-4, 5000)
    assert rising(0) < 1e-7
    assert rising(6000) == 1e-4
    assert not caplog.text


@pytest.mark.parametrize(("pictures", "batch"), [(100, 3), (3, 100)])
def test_a_batch_that_leaves_processes_without_pictures_is_refused(pictures: int, batch: int) -> None:
    with pytest.raises(
        InputError, match=f"batches of 3 pictures for 4 processes.*data.batch is {batch}, .* {pictures}"
    ):
        BatchPlan(pictures, batch, seed=0, world=4)


def with_bad_gradients(folder: Path, **optimizer: Any) -> Trainer:
    run = trainer(folder, **optimizer)
    weight = run.network.sub_rgb_mean.weight
    weight.register_hook(lambda gradient: torch.full_like(gradient, torch.nan))
    return run


def try_steps(run: Trainer, count: int = 1) -> None:
    ways = Ways(run.coster, run.config.run, 1)
    for _ in range(count):
        run.step(ways, torch.zeros((2, 3, 16, 16), dtype=torch.uint8), 2, 1e-3, False, False)


def test_gradients_that_are_not_finite_end_the_run(tmp_path: Path) -> None:
    with pytest.raises(L3CError, match=r"not finite at iteration 0; optimizer\.skip_non_finite"):
        try_steps(with_bad_gradients(tmp_path))


def test_a_few_of_them_may_be_skipped(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    run = with_bad_gradients(tmp_path, skip_non_finite=True)
    before = {key: value.clone() for key, value in run.network.state_dict().items()}
    try_steps(run)
    assert "the step is left out" in caplog.text
    assert all(torch.equal(value, before[key]) for key, value in run.network.state_dict().items())
    with pytest.raises(L3CError, match="the 20th time in a row"):
        try_steps(run, 19)


def test_a_run_goes_on_after_all_of_that(trained: Experiment, pictures: Path, tmp_path: Path) -> None:
    more = [
        "-p",
        "iterations=11",
        "-p",
        "optimizer.name=adamw",
        "-p",
        "ema_decay=0.9",
        "--restore",
        str(trained.folder),
    ]
    assert main(train_arguments(pictures, tmp_path, *more)) == 0
    assert list(losses(list_experiments(tmp_path)[0].folder)) == [11]
