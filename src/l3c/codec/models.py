"""The one table of model families, and what the codec asks of a model."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from l3c.container.structure import Adaptation, Contents
from l3c.errors import FormatError, ModelError

FILES = ("l3c.wave.files", "l3c.published.models")  # families that read a model from a file of any name
FLOATS = "l3c.published.float_state"
"""The float form of models. It codes nothing, but is found, listed and described like a model."""

COEFFICIENTS = ("l3c.dct.presets", "l3c.dct.files")
"""Models of JPEG files' coefficients: listed and described like the others."""

DESCRIBED = (FLOATS, COEFFICIENTS[1], *FILES)
"""Kinds of files, with `describe(file)`: a row, or None of another kind's; the last one names what is none."""

FAMILIES = ("l3c.wave.presets", *FILES)
"""Modules with `load(name, channels, device)` and `by_digest(digest, device)`, each a TileModel or None; `names()`; and
`listing()`, rows of a `Listed` each. A name that has one model only loads it for any channels. device: auto, cpu or
cuda; EngineError where a model cannot be computed there."""

# what a model of so many channels codes, in messages
PLANES = {1: "one channel (gray, alpha, palettes)", 2: "subsampled chroma, given luma", 3: "three channels (RGB)"}


class TileModel(Protocol):
    """Codes tiles. Thread-safe; the heavy work releases the interpreter's lock."""

    name: str
    digest: bytes
    channels: int
    tile: int

    def encode(self, tile: NDArray[np.uint8], /) -> bytes:
        """Payload of a tile, uint8 [height, width, channels]; of a conditional model the side channels come before
        them.
        """
        ...

    def decode(self, payload: bytes, height: int, width: int, /) -> NDArray[np.uint8]:
        """uint8 [height, width, channels]; raises FormatError on a damaged payload."""
        ...


@runtime_checkable
class ConditionalModel(TileModel, Protocol):
    """One that may know something of a tile's place beforehand."""

    def decode_conditional(self, payload: bytes, side: NDArray[np.uint8], /) -> NDArray[np.uint8]:
        """uint8 [height, width, channels], given side, uint8 [height, width, 1]; raises FormatError."""
        ...


@runtime_checkable
class DeepModel(TileModel, Protocol):
    """One that codes samples of 9 to 16 bits too."""

    def encode_deep(self, tile: NDArray[np.uint16], depth: int, /) -> bytes:
        """Payload of a tile, uint16 [height, width, channels], samples of `depth` bits."""
        ...

    def decode_deep(self, payload: bytes, depth: int, height: int, width: int, /) -> NDArray[np.uint16]:
        """uint16 [height, width, channels]; raises FormatError on a damaged payload."""
        ...


@runtime_checkable
class MeasuredModel(TileModel, Protocol):
    """One that takes more memory for a tile than the format's bound has room for."""

    def memory_needed(self, height: int, width: int, /) -> int:
        """Bytes, at most, that coding a tile of this size takes."""
        ...


@runtime_checkable
class AdaptableModel(TileModel, Protocol):
    """One that can be adapted to an image, by what its file then holds."""

    def adaptations(self, samples: NDArray[np.uint8], effort: int, /) -> Iterator[bytes]:
        """Adaptations to samples, as `encode` takes them, one after another; the first ones for any effort."""
        ...

    def adapted(self, data: bytes, /) -> AdaptedModel:
        """Raises FormatError."""
        ...


@runtime_checkable
class AdaptedModel(TileModel, Protocol):
    """base: the model as it was. adaptation: what made this one of it."""

    base: TileModel
    adaptation: bytes


class Listed(NamedTuple):
    """A known model. channels: 0 of a float form, which codes nothing, or where there is a problem; 64 of one of JPEG
    files' coefficients.

    place: a file, or empty. problem: a description, or empty.
    """

    name: str
    channels: int
    digest: str
    place: str
    problem: str


def list_models() -> Iterator[Listed]:
    """Every model, verified by its digest, and what is missing."""
    for family in (*FAMILIES, *COEFFICIENTS, FLOATS):
        yield from (Listed(*row) for row in import_module(family).listing())


def describe_file(file: str) -> Listed:
    """A model's file, by path or URL, verified by its digest."""
    rows = (import_module(family).describe(file) for family in DESCRIBED)
    return Listed(*next(row for row in rows if row))


def model_names() -> list[str]:
    """Names of all available models, sorted."""
    return sorted(name for family in FAMILIES for name in import_module(family).names())


def find_model(name: str, channels: int, device: str = "auto") -> TileModel:
    """The model of that name for 1 to 3 channels, 2 being chroma given luma.

    Raises ModelError naming what there is, EngineError for devices.
    """
    for family in FAMILIES:
        model: TileModel | None = import_module(family).load(name, channels, device)
        if model is not None:
            if model.channels != channels:
                raise ModelError(f"model {name!r} is for {PLANES[model.channels]}, not for {PLANES[channels]}")
            return model
    raise ModelError(
        f"no model {name!r} for {channels} channels; there is {', '.join(model_names())}; "
        "others are found by path or URL, in ./weights, or in the folders and URLs that L3C_MODELS names; "
        "`l3c models --fetch NAME` fetches those that are released"
    )


def check_name(name: str) -> None:
    """Raise ModelError for a name that no model of any kind has."""
    families = [import_module(family) for family in (*FAMILIES, *COEFFICIENTS)]
    if not any(name in family.names() for family in families) and not any(f.load(name) for f in families[-2:]):
        find_model(name, 3)


def codes(name: str, channels: int, device: str = "auto") -> bool:
    """Whether there is a model of that name for so many channels."""
    try:
        find_model(name, channels, device)
    except ModelError:
        return False
    return True


def model_by_digest(digest: bytes, name: str, device: str = "auto") -> TileModel:
    """The model whose SHA-256 begins with `digest`; `name` is for the message of the ModelError."""
    for family in FAMILIES:
        model: TileModel | None = import_module(family).by_digest(digest, device)
        if model is not None:
            return model
    raise ModelError(
        f"the file needs model {name!r} with digest {digest.hex()}, which is not installed: "
        "put its file into ./weights, or into a folder or URL that L3C_MODELS names; "
        "`l3c models --fetch NAME` fetches those that are released"
    )


def models_of(contents: Contents, device: str = "auto") -> list[TileModel]:
    """What a file's tiles are coded with: its models, then the adapted ones. Raises ModelError and FormatError."""
    models = [model_by_digest(m.digest, m.name, device) for m in contents.models]
    return models + [_adapted(models[adaptation.model], adaptation) for adaptation in contents.adaptations]


def _adapted(model: TileModel, adaptation: Adaptation) -> TileModel:
    if not isinstance(model, AdaptableModel):
        raise FormatError(f"model {model.name!r} cannot be adapted")
    return model.adapted(adaptation.data)
