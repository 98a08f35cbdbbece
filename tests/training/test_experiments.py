"""Folders of runs: their names, finding them, and which checkpoints stay."""

from datetime import datetime
from pathlib import Path

import pytest
import torch

from l3c.errors import InputError, ModelError
from l3c.training.checkpoints import BEST, Checkpoints, Policy, read_state
from l3c.training.config_files import CONFIGS, read_config
from l3c.training.experiments import create_experiment, find_experiment, label_parts
from l3c.training.published.config import Config

NOW = datetime(2026, 11, 23, 23, 59)


def test_names_carry_date_configurations_and_overrides(tmp_path: Path) -> None:
    parts = label_parts(Path("mine/l3c.yaml"), Path("folder.yaml"), ["train=/data/a b", "batch=4", "schedule=a/b"])
    first, second = (create_experiment(tmp_path, parts, Config(), NOW) for _ in range(2))
    assert first.name == "20261123_2359 l3c folder batch=4 schedule=a-b"
    assert second.name.startswith("20261124_0000 ")
    assert first.config() == Config()


def test_any_unique_part_of_a_name_finds_it(tmp_path: Path) -> None:
    made = [create_experiment(tmp_path, [name, "oi"], Config(), NOW) for name in ("l3c", "rgb", "rgb_shared")]
    assert find_experiment("l3c", tmp_path).name == made[0].name
    assert find_experiment("20261124_0000", tmp_path).name == made[1].name
    assert find_experiment(str(tmp_path / "shared"), Path("elsewhere")).name == made[2].name
    assert find_experiment(str(made[2].folder), Path("elsewhere")).name == made[2].name
    with pytest.raises(InputError, match=r"several .*rgb oi, .*rgb_shared oi"):
        find_experiment("rgb", tmp_path)
    with pytest.raises(InputError, match=r"no experiment .*rgb_shared"):
        find_experiment("rgb_shard", tmp_path)


def test_the_number_of_the_best_chooses_it_again(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    for iteration in 5, 9:
        checkpoints.save(iteration, {}, Policy(), permanent=True)
    checkpoints.save_best({"network": {}, "bpsp": 3.0, "iteration": 7})
    chosen, path = checkpoints.choose(BEST)
    assert checkpoints.choose(chosen) == (7, path)
    assert checkpoints.choose(6)[0] == 5
    assert checkpoints.choose(8)[0] == 5


def test_the_policy_keeps_every_tenth_and_the_last_three(tmp_path: Path) -> None:
    checkpoints, policy = Checkpoints(tmp_path), Policy(every=5, permanent=10, newest=3)
    for iteration in range(0, 121, 5):
        checkpoints.save(iteration, {"iteration": iteration}, policy)
    assert list(checkpoints.all()) == [0, 50, 100, 110, 115, 120] or list(checkpoints.all()) == [
        0,
        50,
        100,
        105,
        110,
        115,
        120,
    ]
    assert checkpoints.choose()[0] == 120
    assert checkpoints.choose(99)[0] == 50
    assert read_state(checkpoints.choose(100)[1]) == {"iteration": 100}
    with pytest.raises(InputError, match="no checkpoint"):
        Checkpoints(tmp_path / "none").choose()


class Harmful:
    """Stands for what a pickle could run."""


def test_damaged_and_harmful_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "0000000001.pt"
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(ModelError, match="not a checkpoint"):
        read_state(path)
    torch.save({"network": Harmful()}, path)
    with pytest.raises(ModelError, match="more than tensors"):
        read_state(path)
    torch.save([1], path)
    with pytest.raises(ModelError, match="dictionary"):
        read_state(path)


@pytest.mark.parametrize(
    "tensor",
    [torch.eye(3).to_sparse(), torch.zeros(1).expand(1 << 40), torch.zeros(2, device="meta")],
    ids=["sparse", "expanded", "without elements"],
)
def test_tensors_that_do_not_hold_their_elements_are_refused(tensor: torch.Tensor, tmp_path: Path) -> None:
    path = tmp_path / "1.pt"
    torch.save({"network": {"a": tensor}}, path)
    with pytest.raises(ModelError, match=r"1\.pt: (holds a tensor that is sparse|not a checkpoint)"):
        read_state(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"network:\n  kind: l3c\n scales: [3", ", line 3, column 2: not YAML: while parsing a block mapping"),
        (b"run: {seed: \x01}", ": not YAML: unacceptable character"),
        (b"run: \xff", ": not YAML: 'utf-8' codec"),
        (b"run: {seed: 2026-13-45}", ": not YAML: month must be in 1..12"),
        (b"", ": is empty"),
        (b"- 3", ": sections expected, not list"),
        (b"run: {sed: 3}", ": there is no key run.sed"),
        (None, ": there is no such configuration"),
    ],
)
def test_a_configuration_that_cannot_be_read_is_named(content: bytes | None, said: str, tmp_path: Path) -> None:
    experiment = create_experiment(tmp_path, ["l3c"], Config(), NOW)
    path = experiment.folder / "config.yaml"
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        experiment.any_config()
    assert str(caught.value).startswith(f"{path}{said}")
    assert "\n" not in str(caught.value)


def test_an_override_that_is_no_yaml_is_named() -> None:
    with pytest.raises(InputError, match=r"^-p seed=\[3, line 1, column 3: not YAML: "):
        read_config([CONFIGS / "model" / "l3c.yaml"], ["seed=[3"])
