"""l3c as a plugin of imageio, for `.l3c` files, once `l3c.register_imageio()` was called."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from imageio.config import known_extensions, known_plugins
from imageio.config.extensions import FileExtension
from imageio.config.plugins import PluginConfig
from imageio.core.request import InitializationError, Request
from imageio.core.v3_plugin_api import ImageProperties, PluginV3
from numpy.typing import NDArray

from l3c import api
from l3c.container.constants import SIGNATURE
from l3c.image import open_image

NAME, SUFFIX = "l3c", ".l3c"


class L3CPlugin(PluginV3):
    """One image a file; index 0 alone."""

    def __init__(self, request: Request, **options: Any) -> None:
        super().__init__(request)
        if request.mode.io_mode == "r":
            data = request.get_file().read()
            if not data.startswith(SIGNATURE):
                raise InitializationError("not an l3c file")
            self._image = open_image(data, **options)
        elif request.extension != SUFFIX and request.raw_uri != "<bytes>":
            raise InitializationError("only .l3c files are written")

    def read(self, *, index: Any = 0) -> NDArray[Any]:
        """As `l3c.decode` gives it; of an ellipsis with an axis of length 1 before it."""
        self._check(index)
        return self._image.samples[None] if index is ... else self._image.samples

    def iter(self) -> Iterator[NDArray[Any]]:
        """The one image."""
        yield self.read()

    def write(self, ndimage: Any, **options: Any) -> bytes | None:
        """One image and options of `l3c.encode`."""
        images = ndimage if isinstance(ndimage, list) else [ndimage]
        if len(images) != 1:
            raise ValueError(f"{len(images)} images: an l3c file holds one")
        data = api.encode(np.asarray(images[0]), **options)
        self.request.get_file().write(data)
        return data if self.request.raw_uri == "<bytes>" else None

    def properties(self, index: Any = 0) -> ImageProperties:
        """Shape and dtype, without decoding."""
        self._check(index)
        image, batch = self._image, index is ...
        shape = (1, *image.shape) if batch else image.shape
        return ImageProperties(shape=shape, dtype=image.dtype, n_images=1 if batch else None, is_batch=batch)

    def metadata(self, index: Any = 0, exclude_applied: bool = True) -> dict[str, Any]:
        """Kinds to bytes, and the layout."""
        self._check(index)
        return {"layout": self._image.layout, **self._image.metadata}

    def _check(self, index: Any) -> None:
        if index not in (0, None, ...):
            raise ValueError(f"index {index}: an l3c file holds one image")


def register() -> None:
    """Tell imageio. Registering twice does no harm."""
    known_plugins[NAME] = PluginConfig(name=NAME, class_name="L3CPlugin", module_name=__name__)
    known_extensions[SUFFIX] = [FileExtension(extension=SUFFIX, priority=[NAME], name="l3c lossless image")]
