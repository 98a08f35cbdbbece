"""l3c: lossless image compression with small learned models, exact on every machine.

>>> import l3c, numpy as np
>>> image = np.full((20, 30, 3), 77, np.uint8)
>>> data = l3c.encode(image)
>>> bool((l3c.decode(data) == image).all())
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from l3c.api import (
    Info,
    Salvaged,
    decode,
    encode,
    encode_jpeg,
    encode_pages,
    info,
    keep_file,
    original,
    salvage,
    verify,
)
from l3c.container.structure import Animation, Frame, Palette
from l3c.errors import (
    ChecksumError,
    DependencyError,
    EngineError,
    FormatError,
    InputError,
    L3CError,
    L3CWarning,
    LimitError,
    ModelError,
    TargetExistsError,
    VersionError,
)
from l3c.image import Image
from l3c.image import open_image as open
from l3c.plugins.registration import register_imageio, register_pillow

if TYPE_CHECKING:
    from l3c.convert.paths import Converted, decode_file, encode_file
    from l3c.images.picture import Picture
    from l3c.serve.deep_zoom import DeepZoom

__version__ = "0.1.0.dev0"

__all__ = [
    "Animation",
    "ChecksumError",
    "Converted",
    "DeepZoom",
    "DependencyError",
    "EngineError",
    "FormatError",
    "Frame",
    "Image",
    "Info",
    "InputError",
    "L3CError",
    "L3CWarning",
    "LimitError",
    "ModelError",
    "Palette",
    "Picture",
    "Salvaged",
    "TargetExistsError",
    "VersionError",
    "__version__",
    "decode",
    "decode_file",
    "encode",
    "encode_file",
    "encode_jpeg",
    "encode_pages",
    "info",
    "keep_file",
    "open",
    "original",
    "register_imageio",
    "register_pillow",
    "salvage",
    "verify",
]


LATER = {
    "Converted": "l3c.convert.paths",
    "DeepZoom": "l3c.serve.deep_zoom",
    "Picture": "l3c.images.picture",
    "decode_file": "l3c.convert.paths",
    "encode_file": "l3c.convert.paths",
}
"""Names that are imported when they are asked for, since NumPy comes with some: to their modules."""


def __dir__() -> list[str]:
    """With the names of `LATER`, for completion in consoles and notebooks."""
    return sorted({*globals(), *LATER})


def __getattr__(name: str) -> Any:
    """A name of `LATER`."""
    if name not in LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(LATER[name]), name)
