"""Reads what the original system gave for made-up weights and pictures; data/README.md says how both are made."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from l3c.published.architecture import Architecture
from l3c.published.network import Published, make_network
from l3c.published.pictures import Padding, Pixels

DATA = Path(__file__).parent / "data"
SALT = "52:"
ARCHITECTURES = {
    "l3c": Architecture(),
    "rgb": Architecture(kind="rgb"),
    "rgb_shared": Architecture(kind="rgb-shared", scales=1),
}


@cache
def expected() -> dict[str, Any]:
    return json.loads((DATA / "expected.json").read_text())  # type: ignore[no-any-return]


CASES = sorted(expected()["cases"])


def fill(key: str, rule: dict[str, Any]) -> np.ndarray:
    """float32 values of one tensor, by the rule of weights.json."""
    if rule["kind"] == "literal":
        return np.array(rule["values"], np.float32).reshape(rule["shape"])
    count = int(np.prod(rule["shape"]))
    uniform = (_hashes(key, count) >> 8) / 2**23 - 1
    offset, amplitude = (np.repeat(rule[name], count // len(rule[name])) for name in ("offset", "amp"))
    return (offset + amplitude * uniform).astype(np.float16).astype(np.float32).reshape(rule["shape"])


def _hashes(key: str, count: int) -> np.ndarray:
    seed = 2166136261
    for byte in (SALT + key).encode():
        seed = ((seed ^ byte) * 16777619) % 2**32
    h = (seed + 0x9E3779B9 * np.arange(1, count + 1, dtype=np.uint64)) % 2**32
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        h = ((h ^ (h >> np.uint64(shift))) * np.uint64(factor)) % 2**32
    return h ^ (h >> np.uint64(16))


@cache
def weights(model: str) -> OrderedDict[str, torch.Tensor]:
    """Make the state of a model, in the order of its keys; checked against the recorded hash."""
    described = json.loads((DATA / "weights.json").read_text())["models"][model]
    arrays = {key: fill(key, rule) for key, rule in described["keys"].items()}
    digest = hashlib.sha256()
    for key, array in arrays.items():
        digest.update(key.encode() + array.astype("<f4").tobytes())
    assert digest.hexdigest() == described["sha256_of_keys_and_float32_bytes_in_order"]
    return OrderedDict((key, torch.from_numpy(array)) for key, array in arrays.items())


@cache
def network(model: str) -> Published:
    """In evaluation mode; do not train this one, it is shared."""
    made = make_network(ARCHITECTURES[model])
    made.load_state_dict(weights(model))
    return made.eval()


@cache
def picture(name: str) -> Pixels:
    pixels = np.asarray(Image.open(DATA / f"image_{name}.png"))
    assert hashlib.sha256(pixels.tobytes()).hexdigest() == expected()["image_sha256_of_HWC_bytes"][name]
    return pixels


def padded_batch(name: str, multiple: int) -> torch.Tensor:
    """float32 [1, 3, H, W]."""
    pixels = picture(name)
    padded = Padding.to_multiple(pixels.shape[0], pixels.shape[1], multiple).add(pixels)
    return torch.from_numpy(padded.transpose(2, 0, 1).copy())[None].float()
