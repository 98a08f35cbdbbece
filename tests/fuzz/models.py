"""Models' files mutated: the header's JSON, its texts, and tensors, with lengths and offsets mostly right."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import l3c
from l3c.published.architecture import KINDS, RGB_CHANNELS, Architecture
from l3c.published.graph import CONTEXT, KNOWN, Graph, GraphArchitecture, Node
from l3c.published.layers_integer import layers
from l3c.published.models import write_model
from l3c.published.operations import PARAMETER_MAX, WIDE_MAX, IntegerLayer
from l3c.wave import presets
from l3c.wave.model_file import file_content, read_stored
from tests.checks import noise

Random = random.Random
NESTING = 100_000
"""Brackets in brackets: more than any reader's stack."""

TEXTS = ("[" * NESTING, "9" * 5000, "-" + "9" * 400, "{}", "[]", "null", "NaN", "\u0665\u0661\u0662")
"""Of JSON and of numbers, the last one of Arabic digits."""

COMPONENTS = 2
"""Of the graph's mixtures."""

FEATURES = 4
"""Of the graph's contexts."""

MEAN = 128 << 6
"""In 1/64 level: of all mixtures."""

LOG_SCALE = 0
"""In 1/16 nat, of all mixtures: a level or two."""

COEFFICIENT = -7 << 10
"""Before its sigmoid, in 1/1024: channels do not follow each other."""

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 3, 7, 255, 4096, 2**31, 2**63, 10**400, 1.0, 0.5, -0.0, 1e308, float("nan"),
    float("inf"), "", "3", "\u0663", "nan", "graph", "l3c", "rgb-shared", "os:system", "a\x1b[2J\nb", "\ud800",
    [], [[]], {}, {"a": 1}, [1] * 9,
)  # fmt: skip
"""Values that no writer has there."""


def graph() -> GraphArchitecture:
    """Over half-size images: one scale."""
    up = Node("up", "layer", (KNOWN,), 4 * FEATURES, low=-WIDE_MAX, high=WIDE_MAX)
    predict = Graph((up, Node("narrow", "narrow", ("up",)), Node("out", "shuffle", ("narrow",))), ("out",))
    outputs = 4 * RGB_CHANNELS * COMPONENTS
    last = Node("params.0", "layer", (CONTEXT,), outputs, low=-PARAMETER_MAX, high=PARAMETER_MAX)
    classify = Graph((last,), (last.name,))
    return GraphArchitecture(scales=1, components=COMPONENTS, halves=True, predict=(predict,), classify=(classify,))


def paper(kind: str) -> Architecture:
    return Architecture(kind, scales=1, features=FEATURES, blocks=1, latent_channels=2, components=COMPONENTS)


def network(a: Architecture) -> list[IntegerLayer]:
    """Random features, and a middling guess whatever these are."""
    random, found = np.random.default_rng(0), []
    for layer in layers(a):
        last = layer.name == "params.0"
        weight = random.integers(-1, 2, layer.shape).astype(np.int8) * (not last)
        bias = np.zeros(len(weight), np.int32)
        if last:
            bias.reshape(4, -1)[1:] = [[MEAN], [LOG_SCALE], [COEFFICIENT]]
        found.append(IntegerLayer(layer, weight.astype(np.int8), bias, np.zeros(len(weight), np.uint8)))
    return found


@cache
def model_seeds() -> dict[str, bytes]:
    """Name to a model's file: of networks of the paper, a graph, and the package's smallest of each kind of wave."""
    found = {}
    for name in (presets.SMALL, presets.GRAY, presets.CHROMA):
        stored = read_stored(str(presets.FOLDER / name))
        found[name], _ = file_content(stored.network.architecture, stored.tensors, presets.HEADS_LEARN)
    with tempfile.TemporaryDirectory() as folder:
        for name, a in {"graph": graph(), **{kind: paper(kind) for kind in KINDS}}.items():
            write_model(Path(folder, name), a, network(a))
            found[name] = Path(folder, name).read_bytes()
    return found


@cache
def published_file() -> bytes:
    """An l3c file that a graph codes. The graph is known from then on: in this process its file need not be found."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "graph.safetensors")
        path.write_bytes(model_seeds()["graph"])
        return l3c.encode(126 + noise(40, 48, 3) // 50, model=str(path))


def mutated_model(seed: int, number: int) -> bytes:
    """File `number` of a run, the same for the same seed."""
    r = Random(f"model/{seed}/{number}")
    data = r.choice(list(model_seeds().values()))
    length = int.from_bytes(data[:8], "little")
    said, body = json.loads(data[8 : 8 + length]), data[8 + length :]
    for _ in range(r.choice([1, 1, 2])):
        body = r.choice(CHANGES)(said, body, r)
    header = json.dumps(said).encode()
    if r.random() < 0.15:
        header = r.choice([header[:-1], b"[" * NESTING, b'{"a":' * NESTING, header + b"\xff", b"{}", b"", b"9" * 9999])
    length = len(header) if r.random() < 0.95 else r.choice([0, 1, len(header) // 2, 2**31, 2**63, 2**64 - 1])
    return length.to_bytes(8, "little") + header + body


def _in_metadata(said: dict[str, Any], body: bytes, r: Random) -> bytes:
    """A text of the header, or a value of the JSON in it."""
    metadata = said["__metadata__"]
    if not isinstance(metadata, dict) or not metadata:
        return body
    key = r.choice(list(metadata))
    try:
        inner = json.loads(metadata[key])
    except (ValueError, TypeError, RecursionError):
        inner = None
    if isinstance(inner, dict | list) and inner and r.random() < 0.9:
        _replace(inner, r)
        metadata[key] = json.dumps(inner)
    elif r.random() < 0.2:
        metadata.pop(key)
    else:
        value = r.choice([*ODD, *TEXTS])
        metadata[key] = value if r.random() < 0.3 else str(value)
    return body


def _replace(inner: Any, r: Random) -> None:
    """One value of nested lists and objects is another one, gone or there twice."""
    while True:
        keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
        key = r.choice(keys)
        if not (isinstance(inner[key], dict | list) and inner[key] and r.random() < 0.9):
            break
        inner = inner[key]
    action = r.randrange(4)
    if action == 0:
        inner.pop(key)
    elif action == 1 and isinstance(inner, list):
        inner.insert(key, inner[r.choice(keys)])
    elif action == 1:
        inner[r.choice(["learned", "period", "side_channels", "fitted", "\x1b[m", "kind"])] = r.choice(ODD)
    elif action == 2 and type(inner[key]) is int:
        inner[key] += r.choice([-1, 1, 4, 2**20, 0.0])
    else:
        inner[key] = r.choice(ODD)


def _in_header(said: dict[str, Any], body: bytes, r: Random) -> bytes:
    """What is said of a tensor."""
    names = [name for name in said if name != "__metadata__"]
    if not names:
        return body
    name, other = r.choice(names), r.choice(names)
    action = r.randrange(6)
    if action == 0:
        said[name] = said[other]
    elif action == 1:
        said[f"{name}.more"] = said.pop(name)
    elif action == 2:
        said[name] = r.choice(ODD)
    elif action == 3 and isinstance(said[name], dict):
        said[name]["dtype"] = r.choice(["F32", "U8", "I64", "BF16", "F8_E4M3", "BOOL", "X", 3])
    elif isinstance(said[name], dict):
        _replace(said[name], r)
    return body


def _in_tensors(said: dict[str, Any], body: bytes, r: Random) -> bytes:
    if not body:
        return body
    at = r.randrange(len(body))
    changed = (
        body[:at] + r.randbytes(4) + body[at + 4 :],
        body[:at] + b"\x7f\xff\x80\x00" * 40 + body[at + 160 :],
        body[:at],
        body + bytes(9),
    )
    return r.choice(changed)


def _in_all(said: dict[str, Any], body: bytes, r: Random) -> bytes:
    said["__metadata__"] = r.choice(ODD)
    return body


CHANGES: tuple[Callable[[dict[str, Any], bytes, Random], bytes], ...] = (
    *[_in_metadata] * 6,
    *[_in_header] * 2,
    _in_tensors,
    _in_all,
)
"""Kinds of mutations, as often as they are chosen: most is in the JSON."""
