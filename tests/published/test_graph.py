"""Graphs in files: read as written, and refused where they are not sound, before anything is computed."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file, save_file

from l3c import api
from l3c.errors import InputError, L3CError, ModelError
from l3c.published import models
from l3c.published.graph import GraphArchitecture, parse_architecture
from l3c.published.integer_model import network_digest
from l3c.published.models import read_model, write_model
from tests.house.test_imports import loaded_by
from tests.published.integer import picture
from tests.published.own import NETWORKS, exported


@pytest.mark.parametrize("name", NETWORKS)
def test_graphs_are_read_as_written(name: str, tmp_path: Path) -> None:
    a, layers = exported(name)
    assert parse_architecture(json.loads(json.dumps(a.stated()))) == a
    digest = write_model(tmp_path / "own.safetensors", a, layers)
    stored = models.read_stored(str(tmp_path / "own.safetensors"))
    assert stored.architecture == a
    assert stored.digest == digest.hex() == network_digest(a, layers).hex()


def test_a_decoder_needs_neither_class_nor_torch(tmp_path: Path) -> None:
    path = tmp_path / "own.safetensors"
    write_model(path, *exported("example"))
    image = 112 + picture(48, 40) // 8
    (tmp_path / "x.l3c").write_bytes(api.encode(image, model=str(path)))
    code = f"""
import os
os.environ.update(L3C_MODELS={str(tmp_path)!r}, L3C_RUNTIME="numpy")
from l3c.cli import main
assert main(["decode", "-q", {str(tmp_path / "x.l3c")!r}, {str(tmp_path / "x.png")!r}]) == 0
"""
    assert not {"torch", "own_network", "examples"} & loaded_by(code)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "x.png")), image)


def stated() -> dict[str, Any]:
    return copy.deepcopy(exported("example")[0].stated())


def nodes(said: dict[str, Any], operation: str, graph: str = "predict") -> list[Any]:
    """Operations of one kind in the first of these graphs."""
    found = said[graph] if graph == "extract" else said[graph][0]
    return [node for node in found[0] if node[1] == operation]


def change(operation: str, **numbers: Any) -> Callable[[dict[str, Any]], None]:
    return lambda said: nodes(said, operation)[0][3].update(numbers)


def forget(key: str) -> Callable[[dict[str, Any]], None]:
    return lambda said: said.pop(key)


def put(key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda said: said.update({key: value})


def rename(said: dict[str, Any]) -> None:
    nodes(said, "layer")[1][0] = nodes(said, "layer")[0][0]


def grow(said: dict[str, Any]) -> None:
    said["predict"][0][0] = said["predict"][0][0] * 500


HOSTILE: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "no graphs": (forget("predict"), "predict: not what"),
    "unknown field": (put("attention", 1), "attention: not what"),
    "sizes as text": (put("scales", "2"), "scales: not what"),
    "sizes as truth": (put("scales", True), "scales: not what"),
    "too many scales": (put("scales", 30), "at most 8 scales"),
    "too many levels": (put("latent_levels", 100_000), "at most 8 scales and 256 levels"),
    "one graph too few": (lambda said: said["predict"].pop(), "graphs for 1 and 2 scales"),
    "not a graph": (lambda said: said["predict"].__setitem__(0, {"a": 1}), "a list of operations"),
    "no node": (lambda said: said["predict"][0][0].__setitem__(0, ["x"]), "not an operation"),
    "unknown number": (change("layer", padding=1), "not an operation of a graph"),
    "fraction": (change("layer", stride=1.5), "not an operation of a graph"),
    "truth": (change("layer", stride=True), "not an operation of a graph"),
    "unknown operation": (lambda said: nodes(said, "layer")[0].__setitem__(1, "eval"), "no operation 'eval' of 1"),
    "two inputs": (lambda said: nodes(said, "layer")[0].__setitem__(2, ["known", "known"]), "'layer' of 2 inputs"),
    "no inputs": (lambda said: nodes(said, "join")[0].__setitem__(2, []), "'join' of 0 inputs"),
    "from nowhere": (lambda said: nodes(said, "layer")[0].__setitem__(2, ["x"]), "reads 'x', which is not computed"),
    "from later": (lambda said: said["predict"][0][0].reverse(), "which is not computed before it"),
    "a name twice": (rename, "a name that graphs cannot have"),
    "an input's name": (lambda said: nodes(said, "layer")[0].__setitem__(0, "known"), "a name that graphs cannot"),
    "no name": (lambda said: nodes(said, "layer")[0].__setitem__(0, ""), "a name that graphs cannot have"),
    "too many": (grow, "at most 4096"),
    "nothing comes out": (lambda said: said["predict"][0].__setitem__(1, []), "0 outputs, not 1"),
    "something else comes out": (lambda said: said["predict"][0].__setitem__(1, ["y"]), "'y' is to come out"),
    "even kernel": (change("layer", kernel=4), "not a layer"),
    "vast kernel": (change("layer", kernel=1001), "not a layer"),
    "stride": (change("layer", stride=3), "not a layer"),
    "dilation": (change("layer", dilation=10**9), "not a layer"),
    "negative outputs": (change("layer", outputs=-1), "not a layer"),
    "vast outputs": (change("layer", outputs=10**9), "too large or too small"),
    "wide outputs": (change("layer", outputs=4000), "numbers for each pixel at a time|adds|cannot be"),
    "vast range": (change("layer", high=1 << 30), "not a range"),
    "range upside down": (change("layer", low=5, high=4), "not a range"),
    "leak": (change("leak", factor=1 << 20), "cannot be computed exactly"),
    "leak upwards": (change("leak", factor=9, shift=3), "cannot be computed exactly"),
    "leak by a wide shift": (change("leak", shift=60), "cannot be computed exactly"),
    "shuffled oddly": (change("layer", outputs=17), "adds|shuffled|joins|cannot be"),
    "symbols out of range": (
        lambda said: next(n for n in said["extract"][0] if n[0] in said["extract"][1])[3].update(high=25),
        "of 25 levels",
    ),
    "symbols of another scale": (lambda said: said["extract"][1].reverse(), "cannot be the symbols of scale 1"),
    "parameters of another scale": (lambda said: said["classify"].reverse(), "cannot be|a name that graphs"),
    "half-size images and an extractor": (put("halves", True), "are not extracted by a graph"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_graphs_are_refused(case: str) -> None:
    spoil, message = HOSTILE[case]
    said = stated()
    spoil(said)
    with pytest.raises(InputError, match=message):
        GraphArchitecture.parse(json.loads(json.dumps(said)))


def places_in(said: Any) -> list[tuple[Any, Any]]:
    """Every container in a JSON value, with a key or index of it."""
    keys = list(said) if isinstance(said, dict) else list(range(len(said))) if isinstance(said, list) else []
    return [(said, key) for key in keys] + [place for key in keys for place in places_in(said[key])]


@pytest.mark.parametrize("seed", range(4))
def test_graphs_changed_at_random_are_refused_or_sound(seed: int) -> None:
    rng, whole = random.Random(seed), json.dumps(stated())
    values: list[Any] = [
        0,
        -1,
        3,
        2**40,
        1.5,
        True,
        None,
        "",
        "known",
        "x" * 1000,
        [],
        {},
        [[]],
        [["x", "layer", ["known"], {}]],
    ]
    for _ in range(150):
        said = json.loads(whole)
        for _ in range(rng.randint(1, 3)):
            container, key = rng.choice(places_in(said))
            container[key] = rng.choice(values)
        with suppress(InputError):
            a = GraphArchitecture.parse(said)
            assert all(layer.read_max <= 1 << 20 for layer in a.layers())


Tensors = dict[str, np.ndarray[Any, Any]]


def spoiled(path: Path, spoil: Callable[[dict[str, str], Tensors], Any]) -> None:
    """Write a file anew, changed; its digest is not."""
    from safetensors import safe_open

    with safe_open(str(path), "numpy") as file:
        said = dict(file.metadata())
    tensors = load_file(str(path))
    spoil(said, tensors)
    save_file(tensors, str(path), said)


def first(tensors: Tensors, part: str) -> str:
    return next(name for name in sorted(tensors) if name.endswith(part))


SPOILED: dict[str, tuple[Callable[[dict[str, str], Tensors], Any], str]] = {
    "lost tensor": (lambda said, t: t.pop(first(t, "bias")), "bias"),
    "added tensor": (
        lambda said, t: t.update(x=np.zeros(3, np.int8)),
        "1 tensors that the network does not",
    ),
    "other shape": (lambda said, t: t.update({first(t, "weight"): t[first(t, "weight")][:-1]}), "arrays do not fit"),
    "other type": (lambda said, t: t.update({first(t, "bias"): t[first(t, "bias")].astype(np.int64)}), "do not fit"),
    "large sums": (lambda said, t: t[first(t, "bias")].fill(2**24), "sums may reach"),
    "shift": (lambda said, t: t[first(t, "shift")].fill(60), "do not fit"),
    "other weights": (lambda said, t: t[first(t, "weight")].fill(0), "not what its digest says"),
    "no graph": (lambda said, t: said.update(architecture='{"kind": "graph"}'), "not what a graph's file has"),
    "a list": (lambda said, t: said.update(architecture="[1]"), "not an exported model"),
    "deep": (lambda said, t: said.update(architecture="[" * 100_000), "not an exported model"),
    "a class": (lambda said, t: said.update(architecture='{"kind": "os:system"}'), "class of one's own"),
    "tile": (lambda said, t: said.update(tile="100000000"), "tiles of 100000000 pixels"),
}


@pytest.mark.parametrize("case", SPOILED)
def test_spoiled_files_are_refused(case: str, tmp_path: Path) -> None:
    path = tmp_path / "own.safetensors"
    write_model(path, *exported("example"))
    spoil, message = SPOILED[case]
    spoiled(path, spoil)
    with pytest.raises(ModelError, match=message):
        models.read_stored(str(path))
    with pytest.raises(L3CError):
        read_model(path)


def test_files_never_name_a_class(tmp_path: Path) -> None:
    from l3c.published.architecture import Architecture
    from l3c.published.float_state import read_float, write_float

    write_float(tmp_path / "x-float.safetensors", Architecture(kind="os:system"), {})
    with pytest.raises(ModelError, match=r"x-float\.safetensors: names a class of one's own, os:system"):
        read_float(str(tmp_path / "x-float.safetensors"))
