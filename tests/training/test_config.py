"""Configurations: those we ship, inheritance, overrides, and what is said about mistakes."""

from pathlib import Path

import pytest

from l3c.errors import InputError
from l3c.published.architecture import Architecture
from l3c.training.config import Config, config_from, read_config

CONFIGS = Path(__file__).parents[2] / "configs"
MODELS = sorted(path for path in (CONFIGS / "model").glob("*.yaml"))
DATA = sorted(path for path in (CONFIGS / "data").glob("*.yaml"))


@pytest.mark.parametrize("model", MODELS, ids=lambda path: path.stem)
@pytest.mark.parametrize("data", DATA, ids=lambda path: path.stem)
def test_every_shipped_pair_loads_and_survives_being_saved(model: Path, data: Path) -> None:
    config = read_config([model, data])
    assert config_from(config.to_dict(), "again") == config


def test_the_published_settings() -> None:
    config = read_config([CONFIGS / "model/l3c.yaml", CONFIGS / "data/open_images.yaml"])
    assert config.network == Architecture()
    assert (config.optimizer.name, config.optimizer.learning_rate) == ("rmsprop", 1e-4)
    assert (config.optimizer.schedule, config.data.batch, config.data.crop) == ("exp_0.75_e5", 30, 128)
    small = read_config([CONFIGS / "model/l3c.yaml", CONFIGS / "data/imagenet64.yaml"])
    assert (small.optimizer.schedule, small.data.crop, small.data.valid_batch) == ("exp_0.75_e1", 64, 120)
    assert read_config([CONFIGS / "model/rgb_shared.yaml"]).network == Architecture(kind="rgb-shared", scales=1)


def test_overrides_reach_every_section_by_full_or_short_key() -> None:
    config = read_config(
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
        ("batch=0", "must be positive"),
        ("crop=100", "data.crop: 100 is no multiple of 8"),
        ("optimizer.name=sgd", "'sgd' is none of rmsprop"),
        ("kind=l4c", "none of l3c"),
    ],
)
def test_mistakes_in_overrides_are_explained(override: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_config([], [override])


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
