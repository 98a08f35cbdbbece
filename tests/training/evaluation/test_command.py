"""What `l3c eval`, `sample`, `models` and `import-released` refuse, print and keep; what their messages claim."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from l3c.cli import main
from l3c.dct.presets import FOLDER as JPEG_FOLDER
from l3c.dct.presets import PRESETS as JPEG
from l3c.errors import InputError, ModelError
from l3c.models.tensors import tensor_bytes
from l3c.published.models import write_model
from l3c.published.network import make_network
from l3c.training.checkpoints import Policy
from l3c.training.config_files import config_from
from l3c.training.evaluation import results
from l3c.training.evaluation.costs import check_finite
from l3c.training.experiments import Experiment, create_experiment
from l3c.training.published.publications import PUBLICATIONS
from l3c.wave.presets import FOLDER as WAVE_FOLDER
from tests.published.own import exported
from tests.published.test_network import SMALL
from tests.training.evaluation.test_probabilities import untrained
from tests.training.pictures import write_pictures

pytestmark = pytest.mark.usefixtures("one_thread")

Said = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: pictures in va, mine and coefficients of models in weights, an experiment exp."""
    monkeypatch.chdir(tmp_path)
    write_pictures(tmp_path / "va", 2)
    untrained(tmp_path / "runs", SMALL).folder.rename("exp")
    (tmp_path / "mine.safetensors").write_bytes((WAVE_FOLDER / "rgb-8k.safetensors").read_bytes())
    (tmp_path / "jj.safetensors").write_bytes((JPEG_FOLDER / JPEG["jpeg-fast"].file).read_bytes())
    return tmp_path


@pytest.fixture
def said(folder: Path, capsys: pytest.CaptureFixture[str]) -> Said:
    """Exit code, standard output and standard error of a command."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def refuse_writes(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    def refuse(path: Path, *_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    monkeypatch.setattr(f"{module}.write_whole", refuse)


def test_a_result_that_cannot_be_remembered_is_printed_nevertheless(
    said: Said, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    refuse_writes(monkeypatch, results.__name__)
    code, out, _ = said("eval", "exp", "va")
    assert (code, "bpsp=" in out) == (0, True)
    assert "Read-only file system; the result is not remembered" in caplog.text
    assert not Path("exp/results").exists()


@pytest.mark.parametrize("option", ["--json", "--csv"])
@pytest.mark.parametrize("place", ["va", "mine.safetensors/o"])
def test_results_that_could_not_be_written_are_refused_before_anything_is_computed(
    option: str, place: str, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compute(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("l3c.training.evaluation.evaluate.evaluate_all", compute)
    code, out, err = said("eval", "exp", "va", option, place)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith(f"l3c: {place}: ")


def test_figures_that_cannot_be_written_after_all_are_printed(said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_writes(monkeypatch, "l3c.cli.eval")
    code, out, err = said("eval", "exp", "va", "-q", "--json", "o.json")
    assert (code, "bpsp=" in out) == (1, True)
    assert err.splitlines()[-1] == "l3c: o.json: Read-only file system"


def test_what_goes_to_standard_output_is_out_before_a_file_cannot_be_written(
    said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_writes(monkeypatch, "l3c.cli.eval")
    code, out, err = said("eval", "exp", "va", "--json", "o.json", "--csv", "-")
    assert (code, len(list(csv.DictReader(io.StringIO(out))))) == (1, 2)
    assert err.splitlines()[-1] == "l3c: o.json: Read-only file system"


@pytest.mark.parametrize("more", [[], ["-q"]])
def test_either_table_goes_to_standard_output(said: Said, more: list[str]) -> None:
    code, out, _ = said("eval", "exp", "va", "--csv", "-", *more)
    rows = list(csv.DictReader(io.StringIO(out)))
    assert (code, [row["picture"] for row in rows]) == (0, ["0.png", "1.png"])
    assert json.loads(said("eval", "exp", "va", "--json", "-", *more)[1])[0]["bpsp"] > 0
    assert said("eval", "exp", "va", "--csv", "-", "--json", "-")[0] == InputError.exit_code


IGNORED = {
    "no subject": (["eval", "", "va"], "EXP_OR_MODEL: '' names nothing"),
    "no folder": (["eval", "exp", ""], "FOLDER: '' names nothing"),
    "commas": (["eval", ",", ","], "EXP_OR_MODEL: ',' names nothing"),
    "no iteration": (["eval", "exp", "va", "-i", ","], "--iteration: ',' names nothing"),
    "no names": (["eval", "exp", "va", "-n", ","], "--names: ',' names nothing"),
    "no match": (["eval", "exp", "va", "--match", ","], "--match: ',' names nothing"),
    "nothing to sample": (["sample", "", "va", "out"], "EXP_OR_MODEL: '' names nothing"),
    "samples of nothing": (["sample", "exp", ",", "out"], "FOLDER: ',' names nothing"),
    "nothing to fetch": (["models", "--fetch", ","], "--fetch: ',' names nothing"),
    "an empty name to fetch": (["models", "--fetch", ""], "--fetch: '' names nothing"),
    "recursions": (["eval", "wave-light", "va", "--recursive", "2"], "--recursive: is for experiments, and for models"),
    "an iteration": (["eval", "wave-light", "va", "-i", "7"], "--iteration: is for experiments; wave-light: a model"),
    "pixels": (["eval", "wave-light", "va", "--max-pixels", "100"], "--max-pixels: is for experiments, and for"),
    "bfloat16": (["eval", "wave-light", "va", "--bfloat16"], "--bfloat16: is for experiments, and for models by"),
    "the cache": (["eval", "wave-light", "va", "--reset-cache"], "--reset-cache: is for experiments; wave-light: a"),
    "pictures": (["eval", "exp", "va", "--images", "va"], "--compare-theory, --report and --images need --write"),
    "pictures for a model": (["eval", "wave-light", "va", "--write", "w", "--images", "va"], "--images: is for exp"),
    "the cache of files": (["eval", "exp", "va", "--write", "w", "--reset-cache"], "--reset-cache: results of --write"),
    "history": (["eval", "exp", "va", "--history"], "--history: is for models; exp: an experiment, measured by"),
    "floats": (["eval", "exp", "va", "--float"], "--float: is for models; exp: an experiment, measured by"),
    "bfloat16 of files": (["eval", "exp", "va", "--write", "w", "--bfloat16"], "--bfloat16: files are made of"),
    "theory": (
        ["eval", "wave-light", "va", "--write", "w", "--compare-theory"],
        "--compare-theory: wave-light: codes all at once; only published networks have scales",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", IGNORED)
def test_what_would_do_nothing_is_refused(name: str, said: Said) -> None:
    arguments, message = IGNORED[name]
    code, out, err = said(*arguments)
    assert (code, out) == (InputError.exit_code, "")
    assert err.startswith(f"l3c: {message}")


def test_options_that_concern_some_of_the_subjects_are_taken(said: Said) -> None:
    code, out, _ = said("eval", "exp,wave-light", "va", "-i", "0", "--max-pixels", "1000")
    assert (code, out.count("bpsp=")) == (0, 2)


@pytest.mark.parametrize(
    "options", [["-i", "best"], ["-i", "7"], ["--no-strict"]], ids=["the best", "an iteration", "not strict"]
)
def test_a_training_that_begins_anew_restores_nothing(options: list[str], said: Said) -> None:
    code, _, err = said("train", "debug", "folder", "new", *options)
    assert (code, err) == (2, "l3c: --iteration and --no-strict need an experiment to begin with: --restore EXP\n")


def test_an_experiment_s_folder_goes_before_a_file_beside_it(said: Said) -> None:
    Path("mine.safetensors").rename("exp.safetensors")
    code, out, _ = said("eval", "exp", "va")
    assert (code, out.splitlines()[1].split()[2]) == (0, "0")
    code, _, err = said("eval", "exp", "va", "-i", "best")
    assert (code, "holds no best.pt" in err) == (InputError.exit_code, True)
    assert said("sample", "exp", "va", "out", "-m", "1")[0] == 0


def test_what_was_released_is_printed_as_json(said: Said) -> None:
    code, out, _ = said("import-released", "--json")
    records = [json.loads(line) for line in out.splitlines()]
    assert (code, [each["name"] for each in records]) == (0, [p.name for p in PUBLICATIONS])
    assert records[0]["url"] == PUBLICATIONS[0].url


def spoil_one(state: dict[str, torch.Tensor]) -> None:
    """Of the first weights: quantization hides them from the cost."""
    next(iter(v for k, v in state.items() if k.endswith("weight"))).view(-1)[0] = torch.nan


def spoil_last(state: dict[str, torch.Tensor]) -> None:
    [v for k, v in state.items() if k.endswith("weight")][-1].view(-1)[0] = torch.nan


def enlarge(state: dict[str, torch.Tensor]) -> None:
    for key, value in state.items():
        if key.endswith("weight"):
            value *= 1e30


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (spoil_one, "has values that are not finite"),
        (spoil_last, "has values that are not finite"),
        (enlarge, "gives no finite cost of va/0.png: its weights are not finite, or far too large"),
    ],
)
def test_a_cost_that_is_no_number_is_an_error(
    damage: Callable[[dict[str, torch.Tensor]], None], reason: str, said: Said, folder: Path
) -> None:
    experiment = Experiment(folder / "exp")
    state = make_network(SMALL).state_dict()
    damage(state)
    path = experiment.checkpoints.save(5, {"network": state}, Policy(), permanent=True)
    for arguments in (["eval", "exp", "va"], ["sample", "exp", "va", "out"]):
        code, out, err = said(*arguments)
        assert (code, out) == (ModelError.exit_code, "")
        assert (err.startswith(f"l3c: {path}: "), err.endswith(f"{reason}\n"), err.count("\n")) == (True, True, 1)
    assert not (experiment.folder / "results").exists()
    assert not list(Path("out").rglob("*.png"))


def test_costs_are_finite() -> None:
    check_finite([0.0, 3.5], "w", "p")
    for wrong in (float("nan"), float("inf")):
        with pytest.raises(ModelError, match="w: gives no finite cost of p"):
            check_finite([1.0, wrong], "w", "p")


NO_FLOAT = "which has no float form: only the paper's networks have one"
CLAIMS = {
    "a wave file to sample": (["sample", "./mine.safetensors", "va", "out"], f"is a wave model, {NO_FLOAT}"),
    "a wave model to sample": (["sample", "wave", "va", "out"], f"is a wave model, {NO_FLOAT}"),
    "a wave model in floats": (["eval", "wave", "va", "--float"], f"is a wave model, {NO_FLOAT}"),
    "a JPEG model to sample": (["sample", "jpeg", "va", "out"], f"is a JPEG model, {NO_FLOAT}"),
    "a JPEG file to sample": (["sample", "jj.safetensors", "va", "out"], f"is a JPEG model, {NO_FLOAT}"),
    "a JPEG model": (["eval", "jpeg-fast", "va"], "codes JPEG files themselves, not pixels"),
    "a JPEG file": (["eval", "./jj.safetensors", "va"], "codes JPEG files themselves, not pixels"),
    "JPEG files": (["eval", "jpeg", "va", "--write", "w"], "codes JPEG files themselves, not pixels"),
    "an absent file": (["sample", "absent.safetensors", "va", "out"], "No such file or directory"),
}  # fmt: skip


@pytest.mark.parametrize("name", CLAIMS)
def test_messages_about_models_are_true(name: str, said: Said) -> None:
    arguments, message = CLAIMS[name]
    code, out, err = said(*arguments)
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"l3c: {arguments[1]}: {message}") or name == "an absent file"
    assert code == (InputError if name == "an absent file" else ModelError).exit_code
    assert "fetch" not in err


@pytest.mark.parametrize(("kind", "said_of_it"), [("wave", "`l3c eval` takes"), ("jpeg", "not for `l3c eval`")])
@pytest.mark.parametrize("command", ["eval", "sample"])
def test_experiments_of_other_networks_say_what_takes_them(
    kind: str, said_of_it: str, command: str, said: Said, folder: Path
) -> None:
    experiment = create_experiment(folder / "more", [kind], config_from({"network": {"kind": kind}}, "test"))
    experiment.checkpoints.save(1, {}, Policy(), permanent=True)
    code, _, err = said(command, str(experiment.folder), "va", *(["out"] if command == "sample" else []))
    assert code == InputError.exit_code
    assert f"{experiment.folder}: holds networks of kind {kind}; `l3c export` makes a model" in err
    assert said_of_it in err


def test_a_model_of_an_own_network_has_no_float_form_and_nothing_else_is_said(
    said: Said, caplog: pytest.LogCaptureFixture
) -> None:
    write_model(Path("own.safetensors"), *exported("example"))
    for arguments in (["sample", "./own.safetensors", "va", "out"], ["eval", "./own.safetensors", "va", "--float"]):
        code, _, err = said(*arguments)
        assert (code, err) == (
            ModelError.exit_code,
            "l3c: ./own.safetensors: a network of one's own (kind graph): only its experiment has its floats\n",
        )
    assert not caplog.text


@pytest.mark.parametrize(
    ("key", "text", "reason"),
    [
        ("architecture", '{"kept": 3}', "architecture: 'kept' is unknown there"),
        ("architecture", "[3]", "architecture: '[3]', an object is needed"),
        ("architecture", '{"hidden1": "many"}', "architecture: "),
        ("learning", '{"rate": 3}', "learning: 'rate' is unknown there"),
        ("", "", "lacks 'architecture'"),
    ],
)
def test_a_hostile_header_is_named_with_its_place(key: str, text: str, reason: str, said: Said) -> None:
    header = {"format": "l3c-wave-1", "architecture": "{}", "learning": "{}", key: text}
    if not key:
        del header["architecture"]
    Path("bad.safetensors").write_bytes(tensor_bytes({"a": np.zeros(1, np.int8)}, header))
    code, _, err = said("eval", "./bad.safetensors", "va")
    assert code == ModelError.exit_code
    assert err.startswith(f"l3c: ./bad.safetensors: not a wave model: {reason}")
    assert "__init__" not in err
