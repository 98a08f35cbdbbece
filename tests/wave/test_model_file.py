"""Weight files are read back as they were written; what is none is refused by its name."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from l3c.errors import ModelError
from l3c.models import search_path
from l3c.wave import presets
from l3c.wave.model_file import file_content, read_stored

PLAIN = str(presets.FOLDER / presets.GRAY)


def changed(folder: Path, **metadata: str) -> str:
    """The packaged file with other metadata."""
    with safe_open(PLAIN, "numpy") as file:
        said = file.metadata() | metadata
    save_file(read_stored(PLAIN).tensors, folder / "model.safetensors", said)
    return str(folder / "model.safetensors")


@pytest.mark.parametrize("name", presets.LEARNING)
def test_what_was_written_is_read(name: str, tmp_path: Path) -> None:
    plain, learning = read_stored(PLAIN), presets.LEARNING[name]
    content, digest = file_content(plain.network.architecture, plain.tensors, learning)
    (tmp_path / "model.safetensors").write_bytes(content)
    stored = read_stored(str(tmp_path / "model.safetensors"))
    assert stored.learning == learning
    assert stored.digest == digest.hex() == stored.model("x", learning).digest.hex()
    for key, tensor in plain.tensors.items():
        np.testing.assert_array_equal(stored.tensors[key], tensor)


def test_a_file_of_a_preset_has_its_digest() -> None:
    preset, plain = presets.PRESETS[("wave-fast", 1)], read_stored(PLAIN)
    assert file_content(plain.network.architecture, plain.tensors, preset.learning)[1].hex() == preset.digest


@pytest.mark.parametrize("content", [b"", b"not safetensors at all", (8).to_bytes(8, "little") + b"{}      "])
def test_what_is_no_weight_file_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.safetensors"):
        read_stored(str(path))


def test_a_missing_weight_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="absent"):
        read_stored(str(tmp_path / "absent.safetensors"))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("architecture", {"channels": 10**9}),
        ("architecture", {"channels": 1, "depth": 3}),
        ("architecture", {"channels": True}),
        ("architecture", {"hidden1": 10}),
        ("architecture", {"hidden1": 0}),
        ("architecture", {"hidden1": -4}),
        ("architecture", {"hidden2": 516}),
        ("architecture", {"hidden3": 2**40}),
        ("architecture", {"head": 8.0}),
        ("architecture", {"cached": "8"}),
        ("architecture", {"components": 9}),
        ("architecture", {"components": 0}),
        ("architecture", {"fitted": 11}),
        ("architecture", {"coupled": 2}),
        ("architecture", {"side_channels": 2}),
        ("architecture", {"side_channels": 1, "coupled": 1}),
        ("architecture", {"channels": 1, "side_channels": 1}),
        ("architecture", []),
        ("learning", {"learning_rate": 0}),
        ("learning", {"learning_rate": 10**400}),
        ("learning", {"second_moment_rate": 1e308}),
        ("learning", {"epsilon": 1e-60}),
        ("learning", {"learning_rate": float("nan")}),
        ("learning", {"learning_rate": "1"}),
        ("learning", {"speed": 1}),
        ("learning", {"every": 0}),
        ("learning", {"taken": 0}),
        ("learning", {"every": 3, "taken": 4}),
        ("learning", {"group": 0}),
        ("learning", {"first": 1}),
        ("learning", {"first": 6}),
        ("learning", {"group": 1.5}),
        ("learning", {"group": 2**40}),
    ],
)
def test_impossible_metadata_is_refused_before_more_is_read(
    key: str, value: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = changed(tmp_path, **{key: json.dumps(value)})
    monkeypatch.delattr(search_path, "content")
    with pytest.raises(ModelError, match=r"model\.safetensors: not a wave model"):
        read_stored(file)


def test_metadata_of_nested_lists_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.safetensors: not a wave model"):
        read_stored(changed(tmp_path, architecture="[" * 100_000))


def test_what_follows_the_tensors_is_not_read(tmp_path: Path) -> None:
    """A file of 10 GB that says to be a small model."""
    path = Path(changed(tmp_path))
    with path.open("r+b") as file:
        file.truncate(10**10)
    with pytest.raises(ModelError, match=r"more than the \d+ bytes"):
        read_stored(str(path))


@pytest.mark.parametrize(
    ("part", "number", "said"),
    [("shift", 15, "a shift of 15"), ("bias", 1 << 29, "a bias"), ("bias", -1 << 29, "a bias")],
)
def test_numbers_that_the_engine_cannot_hold_are_refused(part: str, number: int, said: str, tmp_path: Path) -> None:
    plain = read_stored(PLAIN)
    tensor = plain.tensors[f"stage2.1.{part}"].copy()
    tensor[0] = number
    content, _ = file_content(plain.network.architecture, plain.tensors | {f"stage2.1.{part}": tensor}, None)
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(ModelError, match=rf"model\.safetensors: not a wave model: stage2\.1: {said}"):
        read_stored(str(tmp_path / "model.safetensors"))
