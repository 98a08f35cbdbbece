"""Checkpoints as their authors released them: found in an archive or folder, read without running anything in them."""

from __future__ import annotations

import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import torch
from torch import Tensor

from l3c.errors import InputError, ModelError
from l3c.published.architecture import Architecture
from l3c.published.dense import load_dense
from l3c.published.network import make_network

NAME = re.compile(r"ckpt_(\d+)\.pt(\.tmp)?")  # of checkpoints in the authors' archives
SIZE_MAX = 1 << 30
"""Bytes of a checkpoint that is read at all; the released ones have 40 million."""

HELD_MAX = 4 << 30
"""Bytes of networks that are read from one source; a released one has 20 million."""

IMAGE_PARAMETERS = 12
"""Outputs for each component of an image's mixtures."""


@dataclass(frozen=True)
class Released:
    """One checkpoint. experiment: the folder it lay in, as `0306_0001 cr oi`. iteration: from its file's name."""

    place: str
    experiment: str
    iteration: int
    architecture: Architecture
    state: dict[str, Tensor]


def read_released(source: Path) -> list[Released]:
    """All checkpoints in a folder, tar or zip archive, or a single file; at least one, else InputError."""
    checkpoints: list[Released] = []
    held = 0
    for place, experiment, data in _files(source):
        checkpoints.append(_read(place, experiment, data))
        held += sum(tensor.nbytes for tensor in checkpoints[-1].state.values())
        if held > HELD_MAX:
            raise InputError(f"{source}: its networks take more than {HELD_MAX:,} bytes; import fewer at a time")
    if not checkpoints:
        raise InputError(f"{source}: holds no file named ckpt_ITERATION.pt")
    return checkpoints


def _files(source: Path) -> Iterator[tuple[str, str, bytes]]:
    """(place for messages, experiment, content) of each checkpoint."""
    if source.is_dir():
        paths = (path for path in sorted(source.rglob("*")) if path.is_file() and NAME.fullmatch(path.name))
        for path in paths:
            yield _at(path, source)
    elif NAME.fullmatch(source.name):
        yield _at(source, source)
    elif zipfile.is_zipfile(source):
        yield from _in_zip(source)
    else:
        yield from _in_tar(source)


def _at(path: Path, source: Path) -> tuple[str, str, bytes]:
    _check_size(str(path), path.stat().st_size)
    return str(path), _experiment(PurePosixPath(path.resolve().as_posix()), source), path.read_bytes()


def _in_zip(source: Path) -> Iterator[tuple[str, str, bytes]]:
    with zipfile.ZipFile(source) as archive:
        for entry in archive.infolist():
            path = PurePosixPath(entry.filename)
            if NAME.fullmatch(path.name):
                _check_size(f"{source}: {path}", entry.file_size)
                try:
                    content = archive.read(entry)
                except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
                    raise InputError(f"{source}: {path}: cannot be unpacked: {error}") from error
                yield f"{source}: {path}", _experiment(path, source), content


def _in_tar(source: Path) -> Iterator[tuple[str, str, bytes]]:
    try:
        with tarfile.open(source) as archive:
            for entry in archive:
                path = PurePosixPath(entry.name)
                if entry.isfile() and NAME.fullmatch(path.name):
                    _check_size(f"{source}: {path}", entry.size)
                    content = archive.extractfile(entry)
                    assert content is not None
                    yield f"{source}: {path}", _experiment(path, source), content.read()
    except (tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise InputError(f"{source}: neither a folder, a checkpoint nor a readable archive: {error}") from error


def _check_size(place: str, size: int) -> None:
    if size > SIZE_MAX:
        raise InputError(f"{place}: {size:,} bytes are no published checkpoint")


def _experiment(path: PurePosixPath, source: Path) -> str:
    """EXPERIMENT/ckpts/ckpt_N.pt names it; otherwise the source does."""
    if path.parent.name == "ckpts" and path.parent.parent.name not in ("", ".."):
        return path.parent.parent.name
    name = source.resolve().name.split(".")[0]
    if not name:
        raise InputError(f"{source}: its name gives none to an experiment")
    return name


def _read(place: str, experiment: str, data: bytes) -> Released:
    content = load_dense(data, place)
    state = content.get("net") if isinstance(content, Mapping) else None
    if not isinstance(state, Mapping):
        raise ModelError(f"{place}: no network under 'net', as released checkpoints have it")
    checked = check_state(state, place)
    match = NAME.fullmatch(PurePosixPath(place).name)
    return Released(place, experiment, int(match[1]) if match else 0, architecture_of(checked, place), checked)


def check_state(state: Mapping[Any, Any], place: str) -> dict[str, Tensor]:
    """Tensors by name, float32 and finite; ModelError otherwise."""
    checked = {}
    for key, value in state.items():
        if not isinstance(key, str) or not isinstance(value, Tensor):
            raise ModelError(f"{place}: {key!r} is no named tensor")
        if value.is_complex():
            raise ModelError(f"{place}: {key} has complex values")
        checked[key] = value.float()
        if not bool(torch.isfinite(checked[key]).all()):
            raise ModelError(f"{place}: {key} has values that are not finite")
    return checked


def architecture_of(state: Mapping[str, Tensor], place: str) -> Architecture:
    """Tell a state's network by its names and shapes; ModelError where they are no published network's."""
    try:
        architecture = _guess(state)
    except (KeyError, IndexError, ValueError) as error:
        raise ModelError(f"{place}: no published network has these tensors: {error}") from error
    with torch.device("meta"):
        wanted = {key: tuple(value.shape) for key, value in make_network(architecture).state_dict().items()}
    for key in dict.fromkeys([*wanted, *state]):
        ours, theirs = wanted.get(key), tuple(state[key].shape) if key in state else None
        if theirs is None:
            raise ModelError(f"{place}: {key} is missing, which {architecture.kind} has")
        if ours is None:
            raise ModelError(f"{place}: {key} is there, which {architecture.kind} does not have")
        if ours != theirs:
            raise ModelError(f"{place}: {key} has shape {theirs}, but {architecture.kind} has {ours}")
    return architecture


def _guess(state: Mapping[str, Tensor]) -> Architecture:
    scales = len({key.split(".")[1] for key in state if key.startswith("nets.")})
    learned = "nets.0.enc.levels" in state
    sizes: dict[str, Any] = {
        "scales": scales,
        "features": state["nets.0.dec.tail.0.weight"].shape[1],
        "blocks": sum(bool(re.fullmatch(r"nets\.0\.dec\.body\.\d+\.body\.0\.weight", key)) for key in state),
        "components": state["prob_clfs.0.atrous.lin.weight"].shape[0] // IMAGE_PARAMETERS,
    }
    if not learned:
        return Architecture(kind="rgb-shared" if scales == 1 else "rgb", **sizes)
    channels, levels = state["nets.0.dec.head.weight"].shape[1], state["nets.0.enc.levels"].shape[0]
    return Architecture(latent_channels=channels, latent_levels=levels, **sizes)
