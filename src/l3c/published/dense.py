"""Checkpoints that strangers made: nothing in them is run, and they take no more memory than the file has bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from l3c.errors import ModelError

DEPTH_MAX = 20
"""Of dictionaries and lists in a checkpoint; optimizers' states have 4."""


def load_dense(source: Path | bytes, place: str) -> Any:
    """What a checkpoint of PyTorch's holds, on the processor: plain values, and tensors that `check_dense` accepts.

    place: for messages. Raises ModelError for anything else, or damage.
    """
    with source.open("rb") if isinstance(source, Path) else io.BytesIO(source) as file:
        try:
            _check_stored(file, place)
            file.seek(0)
            content = torch.load(file, map_location="cpu", weights_only=True)
        except (MemoryError, OSError, ModelError):
            raise
        except Exception as error:  # unpickling raises whatever damage leads to
            # what PyTorch says of pickles is how to run what is in them
            said = "" if isinstance(error, UnpicklingError) else str(error)
            reason = "".join(f": {line}" for line in said.splitlines()[:1])
            raise ModelError(f"{place}: not a checkpoint, damaged, or holding more than tensors{reason}") from error
    check_dense(content, place)
    return content


def _check_stored(file: io.IOBase, place: str) -> None:
    """Raise ModelError for an archive that would take more bytes than it has: PyTorch's writer compresses nothing."""
    if not zipfile.is_zipfile(file):
        return  # the form of before PyTorch 1.6, which has every byte too
    size = file.seek(0, io.SEEK_END)
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > size or any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise ModelError(f"{place}: {size:,} bytes that would become {unpacked:,}: no checkpoint is compressed")


def check_dense(content: Any, place: str, depth: int = 0) -> None:
    """Raise ModelError for a tensor, in whatever dictionaries and lists, that is sparse, quantized or expanded.

    Such take other memory than the file has bytes, and do not have the operations that follow. place: for the message.
    """
    if depth > DEPTH_MAX:
        raise ModelError(f"{place}: dictionaries in dictionaries, deeper than {DEPTH_MAX}")
    if isinstance(content, torch.Tensor):
        plain = content.layout == torch.strided and content.device.type == "cpu" and not content.is_quantized
        if not plain or content.numel() * content.element_size() > content.untyped_storage().nbytes():
            raise ModelError(f"{place}: holds a tensor that is sparse, quantized, or larger than its elements")
    elif isinstance(content, Mapping):
        for value in content.values():
            check_dense(value, place, depth + 1)
    elif isinstance(content, list | tuple):
        for value in content:
            check_dense(value, place, depth + 1)
