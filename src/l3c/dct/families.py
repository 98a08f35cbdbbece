"""Coefficient models by name, and by what a file says of one."""

from __future__ import annotations

from l3c.container.structure import ModelReference
from l3c.dct import files, presets
from l3c.dct.model import DctModel
from l3c.errors import ModelError

USUAL = "jpeg"
"""The model of JPEG files that goes with most models of pixels."""

BESIDE = {"wave-light": "jpeg-fast", "wave-fast": "jpeg-fast"}
"""Models of pixels whose speed asks for another model of JPEG files, so that one name chooses both."""


def model_for(name: str) -> DctModel:
    """The coefficient model of that name, or the one that goes with a model of pixels. Raises ModelError."""
    model = presets.load(name) or files.load(name) or presets.load(BESIDE.get(name, USUAL))
    assert model is not None
    return model


def model_of(reference: ModelReference) -> DctModel:
    """The coefficient model that a file names. Raises ModelError."""
    model = presets.by_digest(reference.digest) or files.by_digest(reference.digest)
    if model is None:
        raise ModelError(
            f"the file needs the coefficient model {reference.name!r} with digest {reference.digest.hex()}, "
            "which is not installed: put its file into ./weights, or into a folder or URL that L3C_MODELS names"
        )
    return model
