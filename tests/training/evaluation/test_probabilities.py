"""What `l3c eval` reports: the published figures, test sets, tiles, remembered results, tables."""

import csv
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import l3c
from l3c.cli import main
from l3c.codec.models import find_model
from l3c.errors import InputError
from l3c.published.network import make_network
from l3c.training.checkpoints import Policy
from l3c.training.evaluation.costs import Settings
from l3c.training.evaluation.probabilities import cost_of, tiles
from l3c.training.evaluation.results import ResultCache
from l3c.training.evaluation.test_sets import Selection, select
from l3c.training.experiments import Experiment, create_experiment
from l3c.training.published.config import Config
from l3c.training.published.loading import load_trained
from tests.checks import noise, smooth_picture
from tests.conformance.fixtures import ARCHITECTURES, DATA, expected, weights
from tests.published.test_network import SMALL, SMALL_SHARED
from tests.training.pictures import write_pictures


def untrained(log_dir: Path, architecture, iterations=(0,)) -> Experiment:  # type: ignore[no-untyped-def]
    experiment = create_experiment(log_dir, [architecture.kind, "oi"], Config(network=architecture))
    for iteration in iterations:
        torch.manual_seed(iteration)
        state = {"network": make_network(architecture).state_dict()}
        experiment.checkpoints.save(iteration, state, Policy(), permanent=True)
    return experiment


@pytest.mark.parametrize("model", ARCHITECTURES)
def test_released_weights_give_the_figures_of_the_original(model: str, tmp_path: Path) -> None:
    released = tmp_path / "released" / f"0306_0001 {model} oi" / "ckpts"
    released.mkdir(parents=True)
    torch.save({"net": weights(model)}, released / "ckpt_0000000007.pt", _use_new_zipfile_serialization=False)
    runs = ["--log-dir", str(tmp_path / "runs"), "--device", "cpu"]
    assert main(["import-released", str(tmp_path / "released"), *runs[:2]]) == 0
    images = ",".join(str(DATA / f"image_{name}.png") for name in ("a_64x48", "b_37x53"))
    assert main(["eval", "0306", images, *runs, "--json", str(tmp_path / "all.json"), "-q"]) == 0
    results = json.loads((tmp_path / "all.json").read_text())
    cases = [expected()["cases"][f"{model}_{name}"] for name in ("a_64x48", "b_37x53")]
    assert [r["bpsp"] for r in results] == pytest.approx([case["total_bpsp"] for case in cases], rel=1e-5)
    assert [r["recursions"] for r in results] == [case["recursive"] for case in cases]


def test_summary_json_and_csv(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pictures = write_pictures(tmp_path / "pictures", 3)
    untrained(tmp_path / "runs", SMALL, (0, 100))
    untrained(tmp_path / "runs", SMALL_SHARED)
    files = [str(tmp_path / "r.json"), str(tmp_path / "r.csv")]
    common = ["--log-dir", str(tmp_path / "runs"), "--device", "cpu", "--json", files[0], "--csv", files[1]]
    assert (
        main(
            ["eval", "l3c,shared", f"{pictures},{pictures / '1.png'}", "-n", "A,B", "-i", "0,100", "-s", "res", *common]
        )
        == 0
    )
    lines = capsys.readouterr().out.splitlines()
    results = json.loads(Path(files[0]).read_text())
    assert len(lines) == 9
    assert lines[0].split() == ["Testset", "Experiment", "Itr", "Result", "Scales"]
    assert any("pictures_3" in line and "A (" in line and "bpsp=" in line for line in lines)
    assert any("B (" in line and "bpsp recursive=3=" in line for line in lines)
    assert [r["bpsp"] for r in results] == sorted(r["bpsp"] for r in results)
    with Path(files[1]).open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4 * (3 + 1)
    assert {row["picture"] for row in rows} == {"0.png", "1.png", "2.png"}
    assert all(r["bpsp"] == pytest.approx(sum(r["scales"])) for r in results)


def test_selections(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "set", 9)
    (folder / "notes.txt").write_text("no picture")
    write_pictures(folder / "deeper", 1)
    assert select(folder, Selection()).name == "set_9"
    assert [p.stem for p in select(folder, Selection(maximum=3)).paths] == ["0", "4", "8"]
    assert [p.stem for p in select(folder, Selection(match=("5", "7", "77"))).paths] == ["5", "7"]
    cropped = select(folder / "3.png", Selection(crop=20))
    assert cropped.name == f"{folder / '3.png'}_crop20"
    assert cropped.read(cropped.paths[0]).shape == (20, 20, 3)
    with pytest.raises(InputError, match="no picture there"):
        select(folder, Selection(match=("none",)))
    with pytest.raises(InputError, match="no such folder"):
        select(tmp_path / "absent", Selection())


def test_large_pictures_are_cut_in_the_published_order() -> None:
    image = noise(9, 14, 3)
    quarters = list(tiles(image, 9 * 14 - 1))
    assert [tile.shape[:2] for tile in quarters] == [(4, 7), (4, 7), (5, 7), (5, 7)]
    np.testing.assert_array_equal(quarters[1], image[:4, 7:])
    assert sum(tile.size for tile in tiles(image, 5)) == image.size
    assert len(list(tiles(image, 9 * 14))) == 1


def test_cost_of_a_cut_picture_is_that_of_its_pieces(tmp_path: Path) -> None:
    network = load_trained(untrained(tmp_path, SMALL)).network
    image = noise(33, 20, 3)
    cut = cost_of(network, image, Settings(max_pixels=200))
    pieces = [cost_of(network, np.ascontiguousarray(piece), Settings()) for piece in tiles(image, 200)]
    np.testing.assert_allclose(cut, np.sum(pieces, axis=0))


def test_remembered_results_are_used_until_anything_changes(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "set", 2)
    experiment = untrained(tmp_path, SMALL)
    testset, checkpoint = select(folder, Selection()), experiment.checkpoints.choose()[1]
    cache = ResultCache(experiment.folder)
    path = cache.path(checkpoint, testset, Settings(), "cpu")
    others = [
        cache.path(checkpoint, testset, Settings(recursions=1), "cpu"),
        cache.path(checkpoint, testset, Settings(max_pixels=7), "cpu"),
        cache.path(checkpoint, testset, Settings(), "cuda"),
        cache.path(checkpoint, select(folder, Selection(crop=16)), Settings(), "cpu"),
        cache.path(checkpoint, select(folder, Selection(maximum=1)), Settings(), "cpu"),
    ]
    copyfile(folder / "0.png", folder / "1.png")
    others.append(cache.path(checkpoint, testset, Settings(), "cpu"))
    assert len({path, *others}) == 7
    assert cache.path(checkpoint, testset, Settings(), "cpu") == others[-1]


def test_the_cache_is_safe_beside_other_runs_and_can_be_forgotten(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "set", 2)
    experiment = untrained(tmp_path / "runs", SMALL)
    arguments = ["eval", str(experiment.folder), str(folder), "--device", "cpu", "-q"]
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(main, [arguments] * 3)) == [0, 0, 0]
    (kept,) = (experiment.folder / "results").iterdir()
    changed = json.loads(kept.read_text())
    changed["pictures"][0]["bits"] = [7.0] * 4
    kept.write_text(json.dumps(changed))
    out = tmp_path / "out.json"
    first_bits = []
    for more in ([], ["-f"], ["--reset-cache"]):
        assert main([*arguments, *more, "--json", str(out)]) == 0
        first_bits.append(json.loads(out.read_text())[0]["pictures"][0]["bits"][0])
    assert first_bits[0] == 7.0
    assert first_bits[1] == first_bits[2] > 7.0
    kept.write_text("damaged")
    assert main(arguments) == 0


def test_mistakes_are_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(write_pictures(tmp_path / "set", 1))
    name = str(untrained(tmp_path / "runs", SMALL).folder)
    for arguments, said in [
        (["eval", name, folder, "-n", "A,B"], "2 names for 1"),
        (["eval", name, folder, "-i", "last"], "neither an iteration nor `best`"),
        (["eval", str(tmp_path / "runs" / "rgb"), folder], "no experiment"),
        (["eval", name, str(tmp_path / "absent")], "no such folder"),
    ]:
        assert main(arguments) == 2
        assert said in capsys.readouterr().err


def model_results(*arguments: str) -> tuple[int, dict[str, Any]]:
    """Exit code and the one result of `l3c eval`."""
    with TemporaryDirectory() as folder:
        code = main(["eval", *arguments, "-q", "--json", f"{folder}/r.json"])
        (result,) = json.loads(Path(folder, "r.json").read_text())
    return code, result


def test_a_model_is_measured_by_what_it_codes_itself(tmp_path: Path) -> None:
    """Of a picture that was enlarged, of a drawing, and of noise that is smaller stored."""
    small = smooth_picture(24, 24, 3, 0)
    Image.fromarray(small.repeat(3, 0).repeat(3, 1)).save(tmp_path / "enlarged.png")
    drawing = np.full((64, 64, 3), 255, np.uint8)
    drawing[9:20, ::7] = 0
    Image.fromarray(drawing).save(tmp_path / "drawing.png")
    Image.fromarray(noise(40, 40, 3)).save(tmp_path / "noise.png")
    _, alone = model_results("wave-fast", str(tmp_path))
    _, encoded = model_results("wave-fast", str(tmp_path), "--history")
    model = find_model("wave-fast", 3)
    for one, other in zip(alone["pictures"], encoded["pictures"], strict=True):
        image = np.asarray(Image.open(tmp_path / one["name"]))
        (bits,), (fewer,) = one["bits"], other["bits"]
        assert bits > fewer == 8 * len(l3c.encode(image, model="wave-fast"))
        assert 0 <= bits / 8 - len(model.encode(np.ascontiguousarray(image))) < 150


def test_damaged_and_deep_pictures_are_named_and_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_pictures(tmp_path / "set", 2)
    (folder / "damaged.png").write_bytes((folder / "0.png").read_bytes()[:400])
    deep = np.arange(40 * 48 * 3, dtype=np.uint16).reshape(40, 48, 3) * 11
    Image.fromarray(deep[..., 0]).save(folder / "gray16.png")
    (folder / "deep.ppm").write_bytes(b"P6 48 40 65535\n" + deep.astype(">u2").tobytes())
    imagecodecs = pytest.importorskip("imagecodecs")
    (folder / "deep.png").write_bytes(imagecodecs.png_encode(deep))
    tifffile = pytest.importorskip("tifffile")
    tifffile.imwrite(folder / "deep.tif", deep, photometric="rgb")
    experiment = untrained(tmp_path / "runs", SMALL)
    for subject in ("wave-fast", str(experiment.folder)):
        caplog.clear()
        code, result = model_results(subject, str(folder), "--device", "cpu")
        assert code == 1
        assert [picture["name"] for picture in result["pictures"]] == ["0.png", "1.png"]
        assert result["skipped"] == ["damaged.png", "deep.png", "deep.ppm", "deep.tif", "gray16.png"]
        assert f"skipped {folder / 'damaged.png'}: " in caplog.text
        assert caplog.text.count("has samples of more than 8 bits") == 4
    assert main(["eval", "wave-fast", str(folder), "--write", str(tmp_path / "out")]) == 1
    assert "set_7 (5 skipped)" in capsys.readouterr().out
    assert main(["eval", "wave-fast", str(folder / "deep.tif")]) == 2
    assert "no picture there can be read" in capsys.readouterr().err
