"""Integer networks: bounds, equality of all runtimes, round trips, sizes, files."""

from pathlib import Path

import numpy as np
import pytest
import torch

from l3c import api
from l3c.codec.models import find_model, model_by_digest, model_names
from l3c.errors import EngineError, FormatError, ModelError
from l3c.published import models
from l3c.published.integer_model import PublishedModel, all_parameters
from l3c.published.layers_integer import SUM_MAX, Program
from l3c.published.pictures import Padding
from l3c.published.runtimes import RUNTIMES, Definition, runtime_name
from tests.published.integer import ARCHITECTURES, exported, model, picture

KINDS = list(ARCHITECTURES)
SIZES = [(i // 70 + 1, i % 70 + 1) for i in range(0, 4900, 200)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_sum_is_bounded(kind: str) -> None:
    assert all(layer.bound().max() < SUM_MAX for layer in exported(kind))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("runtime", ["torch", "numpy"])
def test_runtimes_equal_the_definition(kind: str, runtime: str, threads: int) -> None:
    image = Padding.to_multiple(37, 53, 16).add(picture(37, 53, 2))
    wanted = all_parameters(Program(ARCHITECTURES[kind], Definition(exported(kind))), image)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        found = all_parameters(Program(ARCHITECTURES[kind], RUNTIMES[runtime](exported(kind))), image)
    finally:
        torch.set_num_threads(before)
    assert all((a == b).all() for a, b in zip(wanted, found, strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_sizes_round_trip(kind: str) -> None:
    for height, width in SIZES:
        image = picture(height, width)
        assert (model(kind).decode(model(kind).encode(image), height, width) == image).all()


@pytest.mark.parametrize("kind", KINDS)
def test_payloads_are_near_theory(kind: str) -> None:
    image = picture(160, 160)
    encoder = model(kind).code(image)
    assert len(encoder.finish()) <= encoder.bits / 8 * 1.005


def test_a_payload_decodes_on_another_runtime() -> None:
    image = picture(21, 35)
    assert (model("l3c", "numpy").decode(model("l3c").encode(image), 21, 35) == image).all()


def test_damage_is_an_error() -> None:
    payload = model("l3c").encode(picture(20, 20))
    with pytest.raises(FormatError):
        model("l3c").decode(payload[:-2], 20, 20)


def test_a_wrong_runtime_is_refused() -> None:
    with pytest.raises(ModelError, match="fails the model's known answer"):
        PublishedModel("x", ARCHITECTURES["l3c"], exported("l3c"), "0" * 64)


def test_an_unknown_runtime_is_refused() -> None:
    with pytest.raises(EngineError, match="'abacus'"):
        runtime_name("abacus")


@pytest.mark.parametrize("kind", KINDS)
def test_files_are_found_and_code(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / f"my-{kind}.safetensors"
    digest = models.write_model(path, ARCHITECTURES[kind], exported(kind))
    image = 112 + picture(64, 80) // 8
    data = api.encode(image, model=str(path))
    monkeypatch.setattr(models, "_loaded", {})
    with pytest.raises(ModelError, match="L3C_MODELS"):
        api.decode(data)
    monkeypatch.setenv(models.FOLDERS_VARIABLE, str(tmp_path))
    assert (api.decode(data) == image).all()
    assert f"my-{kind}" in model_names()
    assert find_model(f"my-{kind}", 3).digest == digest == model_by_digest(digest[:16], "").digest


def test_changed_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    models.write_model(path, ARCHITECTURES["l3c"], exported("l3c"))
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match=r"m\.safetensors"):
        models.read_model(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none\.safetensors.*l3c export"):
        find_model(str(tmp_path / "none.safetensors"), 3)


def test_encoding_twice_is_equal() -> None:
    image = picture(33, 47)
    assert model("rgb").encode(image) == model("rgb", "numpy").encode(image)
    assert np.array_equal(image, picture(33, 47))
