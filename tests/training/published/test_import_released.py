"""Released checkpoints: from archive, folder and file, with nothing in them run."""

import io
import shutil
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
from l3c.training.config_files import find_config, read_config
from l3c.training.experiments import find_experiment
from l3c.training.published import publications
from l3c.training.published.config import Config
from l3c.training.published.import_released import import_released
from l3c.training.published.publications import PUBLICATIONS
from tests.server import serving
from tests.training.pictures import write_pictures

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


@pytest.fixture(autouse=True)
def no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test asks the authors' page."""
    monkeypatch.setattr(publications, "PAGE", "http://127.0.0.1:1")


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
        ({"net": {**state, "extra": torch.zeros(3)}}, "extra is there, which l3c does not have"),
        ({"net": {k: v for k, v in state.items() if not k.endswith("lin.bias")}}, "lin.bias is missing, which l3c has"),
        ({"net": {**state, "sub_rgb_mean.bias": torch.full((3,), torch.nan)}}, "not finite"),
        ({"net": {**state, "sub_rgb_mean.bias": torch.zeros(3, dtype=torch.complex64)}}, "complex"),
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
    whole = archived(released, tmp_path / "whole").read_bytes()
    middle = len(whole) // 2
    broken.write_bytes(whole[:middle] + b"\xff" * 64 + whole[middle + 64 :])
    with pytest.raises(InputError, match="readable archive"):
        read_released(broken)


def test_a_folder_that_is_named_by_a_dot_gives_its_own_name(
    released: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flat = tmp_path / "flat"
    flat.mkdir()
    shutil.copy(released / NAME / "ckpts" / "ckpt_0001002750.pt", flat)
    monkeypatch.chdir(flat)
    assert main(["import-released", ".", "--log-dir", str(tmp_path / "runs")]) == 0
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["flat"]


def archived(released: Path, folder: Path, name: str = "L3C.tar.gz") -> Path:
    """As released: an archive of the experiment's folder."""
    folder.mkdir(exist_ok=True)
    with tarfile.open(folder / name, "w:gz") as archive:
        archive.add(released / NAME, NAME)
    return folder / name


def test_the_released_models_are_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import-released"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [row[0] for row in rows[1:]] == ["l3c", "rgb-shared", "rgb", "l3c-imagenet32", "l3c-imagenet64"]
    assert rows[1] == ["l3c", "l3c", "0306_0001", "Open", "Images", "http://127.0.0.1:1/L3C.tar.gz"]
    for known in PUBLICATIONS:
        config = read_config([find_config("model", known.model), find_config("data", known.data)])
        assert isinstance(config, Config)
        assert config.network.kind == known.network
        assert config.optimizer.schedule == f"exp_0.75_e{1 if 'ImageNet' in known.trained_on else 5}"


@pytest.mark.parametrize("place", ["here", "folder", "URL", "page"])
@pytest.mark.parametrize("name", ["l3c", "L3C", "0306_0001"])
def test_a_name_takes_its_archive(
    name: str, place: str, released: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archived(released, tmp_path / "down loaded")
    monkeypatch.chdir(tmp_path / "down loaded" if place == "here" else tmp_path)
    runs = ["--log-dir", str(tmp_path / "runs")]
    with serving(tmp_path) as url:
        monkeypatch.setattr(publications, "PAGE", f"{url}/down%20loaded")
        sources = {
            "here": [],
            "page": [],
            "folder": ["--from", "down loaded"],
            "URL": ["--from", f"{url}/down%20loaded/"],
        }
        assert main(["import-released", name, *sources[place], *runs]) == 0
    experiment = find_experiment("0306_0001", tmp_path / "runs")
    assert experiment.config().network == SMALL
    assert (experiment.config().data.crop, experiment.config().data.batch) == (128, 30)


def test_an_archive_and_a_checkpoint_are_taken_from_urls(
    released: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archived(released, tmp_path)
    runs = ["--log-dir", str(tmp_path / "runs")]
    with serving(tmp_path) as url:
        for place in ("L3C.tar.gz?download=1", "released/0306_0001%20cr%20oi/ckpts/ckpt_0001002750.pt"):
            assert main(["import-released", f"{url}/{place}", *runs]) == 0
            assert "l3c, iteration 1002750" in capsys.readouterr().out
        assert main(["import-released", f"{url}/none.tar.gz", *runs]) == InputError.exit_code
        assert f"{url}/none.tar.gz: HTTP Error 404" in capsys.readouterr().err
        (tmp_path / "broken.tar.gz").write_bytes(b"nothing of the kind")
        assert main(["import-released", f"{url}/broken.tar.gz", *runs]) == InputError.exit_code
        assert f"{url}/broken.tar.gz: neither a folder" in capsys.readouterr().err
        assert main(["import-released", f"{url}/short-L3C.tar.gz", *runs]) == InputError.exit_code
        assert "ended after" in capsys.readouterr().err


def test_a_name_is_not_believed(
    released: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["import-released", "rgb"]) == InputError.exit_code
    assert "http://127.0.0.1:1/RGB.tar.gz: " in capsys.readouterr().err
    assert main(["import-released", "rgb", "--from", "released"]) == InputError.exit_code
    assert "released/RGB.tar.gz: no such file; it would be rgb, experiment 0306_0003" in capsys.readouterr().err
    archived(released, tmp_path, "RGB.tar.gz")
    assert main(["import-released", "rgb"]) == ModelError.exit_code
    assert "holds no checkpoint of rgb, experiment 0306_0003" in capsys.readouterr().err
    (released / NAME).rename(released / "0306_0003 cr_rgb oi")
    assert main(["import-released", str(released), "--from", "."]) == InputError.exit_code
    with tarfile.open("RGB.tar.gz", "w:gz") as archive:
        archive.add(released / "0306_0003 cr_rgb oi", "0306_0003 cr_rgb oi")
    assert main(["import-released", "rgb"]) == ModelError.exit_code
    assert "is l3c, but rgb is rgb" in capsys.readouterr().err
    assert not Path("runs").exists()


def test_one_flag_makes_a_model_that_codes(
    released: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    archived(released, tmp_path)
    write_pictures(tmp_path / "pictures", 2)
    assert main(["import-released", "l3c", "--export", "weights/mine.safetensors"]) == InputError.exit_code
    assert "--export needs --images" in capsys.readouterr().err
    export = ["--export", "weights/mine.safetensors", "--images", "pictures"]
    assert main(["import-released", "l3c", *export]) == 0
    assert [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()[1:]] == [
        "weights/mine.safetensors", "weights/mine-float.safetensors"
    ]  # fmt: skip
    assert main(["encode", "-q", "-m", "mine", "pictures/0.png"]) == 0
    write_released(tmp_path / "released" / "other" / "ckpts" / "ckpt_0000000001.pt", SMALL_RGB)
    assert main(["import-released", "released", *export]) == InputError.exit_code
    assert "several experiments, 0306_0001 cr oi, other" in capsys.readouterr().err


def _empty_archive(folder: Path) -> Path:
    with tarfile.open(folder / "empty.tar", "w") as archive:
        entry = tarfile.TarInfo("readme.txt")
        entry.size = 2
        archive.addfile(entry, io.BytesIO(b"hi"))
    return folder / "empty.tar"
