"""Released checkpoints: from archive, folder and file, with nothing in them run."""

import io
import tarfile
import zipfile
from collections import OrderedDict
from pathlib import Path

import pytest
import torch

from l3c.cli import main
from l3c.errors import InputError, ModelError
from l3c.published.architecture import Architecture
from l3c.published.network import make_network
from l3c.published.released import read_released
from l3c.training.checkpoints import read_state
from l3c.training.experiments import find_experiment
from l3c.training.import_released import import_released

SMALL = Architecture(features=8, blocks=2, components=3, latent_levels=11)
SMALL_RGB = Architecture(kind="rgb", features=8, blocks=1, components=3)
SMALL_SHARED = Architecture(kind="rgb-shared", scales=1, features=8, blocks=1, components=3)
NAME = "0306_0001 cr oi"


def write_released(path: Path, architecture: Architecture) -> dict[str, torch.Tensor]:
    """As PyTorch 1.1 wrote them: not in a zip, with an RMSprop state that has been used."""
    torch.manual_seed(3)
    network = make_network(architecture)
    optimizer = torch.optim.RMSprop([p for p in network.parameters() if p.requires_grad], 1e-4)
    sum(p.sum() for p in network.parameters() if p.requires_grad).backward()  # type: ignore[union-attr]
    optimizer.step()
    state = network.state_dict()
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"net": OrderedDict(state), "optim": optimizer.state_dict()}
    torch.save(content, path, _use_new_zipfile_serialization=False)
    return state


@pytest.fixture
def released(tmp_path: Path) -> Path:
    write_released(tmp_path / "released" / NAME / "ckpts" / "ckpt_0001002750.pt", SMALL)
    return tmp_path / "released"


@pytest.mark.parametrize("architecture", [SMALL, SMALL_RGB, SMALL_SHARED], ids=lambda a: a.kind)
def test_the_network_is_recognised_by_its_tensors(architecture: Architecture, tmp_path: Path) -> None:
    state = write_released(tmp_path / "ckpt_0000000005.pt", architecture)
    (found,) = read_released(tmp_path)
    assert (found.architecture, found.iteration) == (architecture, 5)
    assert all(torch.equal(found.state[key], value) for key, value in state.items())


@pytest.mark.parametrize("form", ["folder", "tar.gz", "zip", "file"])
def test_archives_folders_and_files_become_experiments(released: Path, tmp_path: Path, form: str) -> None:
    source = released
    if form == "tar.gz":
        source = tmp_path / "L3C.tar.gz"
        with tarfile.open(source, "w:gz") as archive:
            archive.add(released / NAME, NAME)
    elif form == "zip":
        source = tmp_path / "L3C.zip"
        with zipfile.ZipFile(source, "w") as packed:
            packed.write(released / NAME / "ckpts" / "ckpt_0001002750.pt", f"{NAME}/ckpts/ckpt_0001002750.pt")
    elif form == "file":
        source = released / NAME / "ckpts" / "ckpt_0001002750.pt"
    (experiment,) = import_released(source, tmp_path / "runs")
    assert experiment.name == NAME
    iteration, path = experiment.checkpoints.choose()
    assert (iteration, experiment.config().network) == (1002750, SMALL)
    make_network(SMALL).load_state_dict(read_state(path)["network"])


def test_drifted_constants_are_imported_not_made_again(tmp_path: Path) -> None:
    path = tmp_path / "ckpt_0000000001.pt"
    state = write_released(path, SMALL)
    state["sub_rgb_mean.bias"] += 0.5
    torch.save({"net": state}, path, _use_new_zipfile_serialization=False)
    (found,) = read_released(path)
    assert torch.equal(found.state["sub_rgb_mean.bias"], state["sub_rgb_mean.bias"])


def test_the_command_prints_what_it_imported(
    released: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import-released", str(released), "--log-dir", str(tmp_path / "runs")]) == 0
    assert "l3c, iteration 1002750" in capsys.readouterr().out
    assert find_experiment("0306_0001", tmp_path / "runs").name == NAME


def test_what_is_no_released_checkpoint_is_refused_by_name(released: Path, tmp_path: Path) -> None:
    path = released / NAME / "ckpts" / "ckpt_0001002750.pt"
    state = torch.load(path, weights_only=True)["net"]
    for content, said in [
        ({"net": {**state, "nets.0.dec.head.bias": torch.zeros(3)}}, "nets.0.dec.head.bias has shape"),
        ({"net": {**state, "extra": torch.zeros(3)}}, "extra has shape"),
        ({"net": {k: v for k, v in state.items() if not k.endswith("lin.bias")}}, "lin.bias has shape None"),
        ({"net": {**state, "sub_rgb_mean.bias": torch.full((3,), torch.nan)}}, "not finite"),
        ({"net": {}}, "no published network"),
        ({"weights": state}, "under 'net'"),
        ({"net": path}, "more than tensors"),
    ]:
        torch.save(content, path, _use_new_zipfile_serialization=False)
        with pytest.raises(ModelError, match=said) as caught:
            read_released(released)
        assert "ckpt_0001002750.pt" in str(caught.value)
    with pytest.raises(InputError, match="holds no file"):
        read_released(_empty_archive(tmp_path))
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes(b"\x1f\x8b broken")
    with pytest.raises(InputError, match="readable archive"):
        read_released(broken)


def _empty_archive(folder: Path) -> Path:
    with tarfile.open(folder / "empty.tar", "w") as archive:
        entry = tarfile.TarInfo("readme.txt")
        entry.size = 2
        archive.addfile(entry, io.BytesIO(b"hi"))
    return folder / "empty.tar"
