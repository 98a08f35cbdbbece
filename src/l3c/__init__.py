"""l3c: lossless image compression with small learned models, exact on every machine.

>>> import l3c, numpy as np
>>> image = np.full((20, 30, 3), 77, np.uint8)
>>> data = l3c.encode(image)
>>> bool((l3c.decode(data) == image).all())
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
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
    from l3c.convert.paths import Converted, decode_file, encode_file
    from l3c.image import Image
    from l3c.image import open_image as open
    from l3c.images.picture import Picture
    from l3c.plugins.registration import register_imageio, register_pillow
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


MODULES = {
    "l3c.api": (
        "Info", "Salvaged", "decode", "encode", "encode_jpeg", "encode_pages", "info", "keep_file", "original",
        "salvage", "verify",
    ),
    "l3c.container.structure": ("Animation", "Frame", "Palette"),
    "l3c.convert.paths": ("Converted", "decode_file", "encode_file"),
    "l3c.image": ("Image", "open"),
    "l3c.images.picture": ("Picture",),
    "l3c.plugins.registration": ("register_imageio", "register_pillow"),
    "l3c.serve.deep_zoom": ("DeepZoom",),
}  # fmt: skip
"""Where the names are that are imported when they are asked for, so that a command imports only what it needs."""

LATER = {name: module for module, names in MODULES.items() for name in names}  # each name's module


def __dir__() -> list[str]:
    """With the names of `LATER`, for completion in consoles and notebooks."""
    return sorted({*globals(), *LATER})


def __getattr__(name: str) -> Any:
    """A name of `LATER`."""
    if name not in LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = getattr(import_module(LATER[name]), "open_image" if name == "open" else name)
    globals()[name] = found
    return found
