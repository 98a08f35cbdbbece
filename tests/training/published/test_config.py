"""Configurations: those we ship, inheritance, overrides, and what is said about mistakes."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from l3c.errors import InputError
from l3c.published.architecture import Architecture
from l3c.training.config_files import CONFIGS, config_from, find_config, read_config
from l3c.training.published.config import Config
from l3c.training.wave.config import WaveConfig
from l3c.wave.model_file import read_stored
from l3c.wave.presets import FOLDER

MODELS = sorted(path for path in (CONFIGS / "model").glob("*.yaml"))
DATA = sorted(path for path in (CONFIGS / "data").glob("*.yaml"))


NOT_WAVE = ("imagenet32", "imagenet64", "packed")
"""They name schedules and optimizers, which the wave network has none of."""

WAVE_ONLY = ("small_packed",)  # data whose settings are those of the wave networks' training

JPEG = "jpeg"
"""How names of model configurations begin whose data are JPEG files, and names of such data."""

PAIRS = [
    (m, d)
    for m in MODELS
    for d in DATA
    if d.stem not in (NOT_WAVE if m.stem.startswith("wave") else WAVE_ONLY)
    and m.stem.startswith(JPEG) == d.stem.startswith(JPEG)
]


@pytest.mark.parametrize(("model", "data"), PAIRS, ids=lambda path: path.stem)
def test_every_shipped_pair_loads_and_survives_being_saved(model: Path, data: Path) -> None:
    config = read_config([model, data])
    assert isinstance(config, WaveConfig) == model.stem.startswith("wave")
    assert config_from(config.to_dict(), "again") == config


def published(paths: Iterable[Path], overrides: Iterable[str] = ()) -> Config:
    config = read_config(paths, overrides)
    assert isinstance(config, Config)
    return config


def wave(model: str, *overrides: str) -> WaveConfig:
    config = read_config([CONFIGS / f"model/{model}.yaml", CONFIGS / "data/small_crops.yaml"], overrides)
    assert isinstance(config, WaveConfig)
    return config


def test_the_published_settings() -> None:
    config = published([CONFIGS / "model/l3c.yaml", CONFIGS / "data/open_images.yaml"])
    assert config.network == Architecture()
    assert (config.optimizer.name, config.optimizer.learning_rate) == ("rmsprop", 1e-4)
    assert (config.optimizer.schedule, config.data.batch, config.data.crop) == ("exp_0.75_e5", 30, 128)
    small = published([CONFIGS / "model/l3c.yaml", CONFIGS / "data/imagenet64.yaml"])
    assert (small.optimizer.schedule, small.data.crop, small.data.valid_batch) == ("exp_0.75_e1", 64, 120)
    assert published([CONFIGS / "model/rgb_shared.yaml"]).network == Architecture(kind="rgb-shared", scales=1)


def test_overrides_reach_every_section_by_full_or_short_key() -> None:
    config = published(
        [], ["sigma=3", "optimizer.learning_rate=1e-3", "bfloat16", "train=2024", "minutes=null", "batch=4"]
    )
    assert config.network.sigma == 3.0
    assert config.optimizer.learning_rate == 1e-3
    assert config.run.bfloat16 is True
    assert config.data.train == "2024"
    assert config.run.minutes is None


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("learning_rat=1", "did you mean optimizer.learning_rate"),
        ("optimiser.name=adam", "did you mean optimizer.name"),
        ("batch=four", "data.batch: int expected, not 'four'"),
        ("batch=0", "expected at least 1"),
        ("crop=100", "data.crop: 100 is no multiple of 8"),
        ("optimizer.name=sgd", "'sgd' is none of rmsprop"),
        ("kind=l4c", "none of l3c"),
    ],
)
def test_mistakes_in_overrides_are_explained(override: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_config([], [override])


@pytest.mark.parametrize(
    ("model", "file"),
    [
        ("wave_fast", "rgb-27k-coupled"),
        ("wave_everyday", "rgb-61k-coupled"),
        ("wave_max", "rgb-82k-coupled"),
        ("wave_gray", "gray-22k"),
        ("wave_light", "rgb-8k"),
        ("wave_light_gray", "gray-6k"),
        ("wave_light_chroma", "chroma-8k"),
    ],
)
def test_wave_networks_are_those_of_the_package(model: str, file: str) -> None:
    """They inherit from one another."""
    stored = read_stored(str(FOLDER / f"{file}.safetensors")).network
    assert wave(model).network.architecture() == stored.architecture


def test_a_wave_run_is_as_long_as_its_pixels_or_iterations() -> None:
    assert wave("wave").iterations() == int(9e8) // (2 * 64 * 64)
    assert wave("wave", "pixels=1e6", "batch=4", "crop=32").iterations() == 1_000_000 // 4096
    assert wave("wave", "iterations=7").iterations() == 7


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("quantise_from=0.5", "did you mean run.quantize_from"),
        ("channels_last", "there is no key channels_last"),
        ("backend=numpy", "run.backend: 'numpy' is none of engine, torch"),
        ("optimizer.schedule=stairs", "'stairs' is none of half_cosine, clock"),
        ("ema_decay=1", "expected above 0 and below 1"),
        ("crop=48", "data.crop: 48 is no multiple of 32"),
        ("hidden2=98", "network.hidden2: a multiple of 4"),
        ("channels=2", "network.channels: 1 or 3, not 2"),
        ("fitted=10", "network.fitted: 0 or 12, not 10"),
        ("coupled=2", "network.coupled: 0 or 1, not 2"),
        ("components=9", "1 to 8, not 9"),
        ("kind=l3c", "a model configuration of its own"),
        ("epochs=3", "data.epochs: not for wave"),
        ("flip=false", "data.flip=false: not for wave"),
    ],
)
def test_mistakes_in_wave_configurations_are_explained(override: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        wave("wave", override)


def test_mistakes_in_files_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    for text, said in {
        "network:\n  blokcs: 3\n": "did you mean network.blocks",
        "network: 3\n": "a section with keys expected",
        "- 3\n": "sections expected",
        "a: [\n": "not YAML",
        "inherit: other.yaml\n": r"other\.yaml: there is no such",
        "inherit: mine.yaml\n": "inherits from itself",
    }.items():
        path.write_text(text)
        with pytest.raises(InputError, match=said) as caught:
            read_config([path])
        assert str(tmp_path) in str(caught.value)


def test_defaults_are_complete() -> None:
    assert config_from({}, "nothing") == Config()


def test_a_file_anywhere_inherits_from_the_package(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("inherit: rgb.yaml\nnetwork:\n  blocks: 2\n")
    assert published([path]).network == Architecture(kind="rgb", blocks=2)
    (tmp_path / "rgb.yaml").write_text("network:\n  kind: rgb\n  features: 8\n")
    assert published([path]).network == Architecture(kind="rgb", blocks=2, features=8)
    (tmp_path / "rgb.yaml").write_text("inherit: rgb.yaml\nnetwork:\n  features: 16\n")
    assert published([path]).network == Architecture(kind="rgb", blocks=2, features=16)


def test_configurations_are_found_by_name_in_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_config("model", "l3c_modern") == CONFIGS / "model" / "l3c_modern.yaml"
    (tmp_path / "own.yaml").touch()
    assert find_config("data", "own.yaml") == Path("own.yaml")
    with pytest.raises(InputError, match=r"folders: no such file, and no data configuration .*folder, imagenet32"):
        find_config("data", "folders")
