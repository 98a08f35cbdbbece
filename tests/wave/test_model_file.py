"""Weight files are read back as they were written; what is none is refused by its name."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from l3c.errors import ModelError
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
        ("architecture", []),
        ("learning", {"rate": 0}),
        ("learning", {"epsilon": 1e-60}),
        ("learning", {"rate": float("nan")}),
        ("learning", {"speed": 1}),
    ],
)
def test_impossible_metadata_is_refused(key: str, value: object, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.safetensors: not a wave model"):
        read_stored(changed(tmp_path, **{key: json.dumps(value)}))


@pytest.mark.parametrize(
    "learning",
    [
        {"rate": "1"},
        {"every": 0},
        {"taken": 0},
        {"every": 3, "taken": 4},
        {"group": 0},
        {"first": 6},
        {"group": 1.5},
        {"group": 2**40},
    ],
)
def test_learning_that_the_engine_refuses_is_refused(learning: dict[str, object], tmp_path: Path) -> None:
    stored = read_stored(changed(tmp_path, learning=json.dumps(learning)))
    with pytest.raises(ModelError, match=r"model\.safetensors: not a wave model"):
        stored.model("x", stored.learning)
