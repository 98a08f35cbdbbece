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
    VersionError,
)
from l3c.image import Image
from l3c.image import open_image as open
from l3c.plugins.registration import register_imageio, register_pillow

if TYPE_CHECKING:
    from l3c.images.picture import Picture

__version__ = "0.1.0.dev0"

__all__ = [
    "Animation",
    "ChecksumError",
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
    "VersionError",
    "__version__",
    "decode",
    "encode",
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


def __getattr__(name: str) -> Any:
    """`Picture`, when it is asked for: it needs NumPy, which `import l3c` does not load."""
    if name != "Picture":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from l3c.images.picture import Picture

    return Picture
