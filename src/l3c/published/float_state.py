"""The float form of a model: the weights that its integers were made of, to sample, evaluate and train from.

A safetensors file with the keys of the released checkpoints: NAME-float.safetensors, beside the integers,
NAME.safetensors.
Large tensors are bfloat16, half of float32; small ones, such as quantizers' levels and biases, are float32. Where there
is no such file, the integers are turned back (`dequantize`), which costs nothing but the precision of their weights.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from l3c.errors import InputError, ModelError
from l3c.models import search_path
from l3c.models.search_path import Row
from l3c.models.stated import from_stated, reason_of
from l3c.published.architecture import Architecture
from l3c.published.dequantize import float_state_of
from l3c.published.integer_model import FORMAT as INTEGERS
from l3c.published.models import read_stored
from l3c.storage.atomic import write_whole

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = "l3c-published-float-1"  # in the metadata of files, which tells them from other models
ENDING = "-float"
"""Of a file's name, before the suffix."""

SMALL = 1024
"""Elements up to which a tensor stays float32: levels, biases, constants between colours; 1 % of the values."""

logger = logging.getLogger(__name__)

LENGTH_BYTES = 8
"""In which a safetensors file begins with the length of its header."""


@dataclass(frozen=True)
class FloatState:
    """state: float32 tensors by released key. iteration: None where it is not known.

    model: digest of the integers, empty where none were made.
    """

    place: str
    architecture: Architecture
    state: dict[str, Tensor]
    iteration: int | None
    model: str


def float_name(target: Path) -> Path:
    """Where the float form of a model lies: beside its integers."""
    return target.with_name(target.stem + ENDING + target.suffix)


def write_float(
    path: Path, architecture: Architecture, state: Mapping[str, Tensor], iteration: int = 0, model: str = ""
) -> str:
    """Write a file, whole or not at all; its digest. model: hexadecimal digest of the integers of the same weights.

    Raises InputError where a value is not finite.
    """
    import torch
    from safetensors.torch import save

    tensors = {}
    for key, value in state.items():
        if not bool(torch.isfinite(value).all()):
            raise InputError(f"{path}: {key} has values that are not finite")
        kind = torch.float32 if value.numel() <= SMALL else torch.bfloat16
        tensors[key] = value.detach().cpu().to(kind).contiguous().clone()
    said = {
        "format": FORMAT,
        "architecture": json.dumps(architecture.stated(), sort_keys=True),
        "iteration": str(iteration),
        "model": model,
    }
    digest = _digest(save(tensors, said), said["architecture"])
    write_whole(path, save(tensors, {**said, "digest": digest}))
    return digest


def find_float(name: str) -> str | None:
    """The float form of a model, by the model's name, path or URL, or the file's own; else its integers; else None.

    Of a model that is found, the float form beside it goes before others of its name.
    """
    integers = search_path.find(name)
    if integers is not None and search_path.format_of(integers) == FORMAT:
        return integers
    if integers is not None:
        beside = integers.removesuffix(search_path.MODEL_SUFFIX) + ENDING + search_path.MODEL_SUFFIX
        if search_path.format_of(beside) == FORMAT:
            return beside
    wanted = name + ENDING
    named = (f for f, said in search_path.model_files() if said["format"] == FORMAT and search_path.stem(f) == wanted)
    by_path = integers in (name, name + search_path.MODEL_SUFFIX)
    place = None if by_path else next(named, None)
    if place is None and integers is not None and search_path.format_of(integers) == INTEGERS:
        return integers
    return place


def read_float(place: str) -> FloatState:
    """Read a file, its digest verified; of integers, turn them back, and say so.

    Raises ModelError where it is missing, damaged or something else.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    said = search_path.metadata(place)
    if said.get("format") == INTEGERS:
        stored = read_stored(place)
        try:
            state = float_state_of(stored.architecture, stored.network)
        except ModelError as error:
            raise ModelError(f"{place}: {error}") from error
        logger.warning("%s: its float form is not here; the weights are those of its integers", place)
        return FloatState(place, stored.architecture, state, None, stored.digest)
    content = search_path.content(place)
    try:
        if said.get("format") != FORMAT:
            raise ValueError(f"format {said.get('format')!r}, expected {FORMAT!r}")
        if _digest(content, said["architecture"]) != said["digest"]:
            raise ModelError(f"{place}: its tensors are not what its digest says")
        state = {key: value.float() for key, value in load(content).items()}
        a = from_stated(Architecture, json.loads(said["architecture"]), "architecture")
        if a.own:
            raise ModelError(f"{place}: names a class of one's own, {a.kind}: files that are passed on never run code")
        return FloatState(place, a, state, int(said["iteration"]), said["model"])
    except ModelError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, SafetensorError) as error:
        raise ModelError(f"{place}: not the float form of a model: {reason_of(error)}") from error


def listing() -> Iterator[Row]:
    """Every file in the folders where models are looked for, verified."""
    return search_path.rows(describe)


def describe(file: str) -> Row | None:
    """One file, verified without PyTorch; None where it is something else."""
    if search_path.format_of(file) != FORMAT:
        return None
    said = search_path.metadata(file)
    try:
        if _digest(search_path.content(file), said["architecture"]) != said["digest"]:
            raise ModelError(f"{file}: its tensors are not what its digest says")
    except (ModelError, InputError) as error:
        return search_path.stem(file), 0, "", file, str(error)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return search_path.stem(file), 0, "", file, f"{file}: not the float form of a model: {error}"
    return search_path.stem(file), 0, said["digest"], file, ""


def _digest(content: bytes, architecture: str) -> str:
    """SHA-256, hexadecimal, over format, architecture and all tensors as they are stored, in the order of names."""
    length = int.from_bytes(content[:LENGTH_BYTES], "little")
    header = json.loads(content[LENGTH_BYTES : LENGTH_BYTES + length])
    data = memoryview(content)[LENGTH_BYTES + length :]
    hasher = hashlib.sha256(f"{FORMAT} {architecture}".encode())
    for key, entry in sorted(header.items()):
        if key != "__metadata__":
            first, last = entry["data_offsets"]
            hasher.update(f"{key} {entry['dtype']} {entry['shape']} ".encode())
            hasher.update(data[first:last])
    return hasher.hexdigest()
