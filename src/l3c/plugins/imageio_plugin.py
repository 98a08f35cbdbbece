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
from l3c.container.constants import FILE_SUFFIX, SIGNATURES
from l3c.image import Image, open_image
from l3c.images.picture import Picture

NAME = "l3c"  # of the plugin, in imageio's list


class L3CPlugin(PluginV3):
    """The pages of a file, by their numbers; mostly one."""

    def __init__(self, request: Request, **options: Any) -> None:
        super().__init__(request)
        if request.mode.io_mode == "r":
            data = request.get_file().read()
            if not data.startswith(SIGNATURES):
                raise InitializationError("not an l3c file")
            self._image = open_image(data, **options)
        elif request.extension != FILE_SUFFIX and request.raw_uri != "<bytes>":
            raise InitializationError("only .l3c files are written")

    def read(self, *, index: Any = 0) -> NDArray[Any]:
        """A page as `l3c.decode` gives it; of an ellipsis all of them, along an axis before, if they are alike."""
        if index is not ...:
            return self._page(index).samples
        _alike(self._image.pages)
        return np.stack([page.samples for page in self._image.pages])

    def iter(self) -> Iterator[NDArray[Any]]:
        """All pages."""
        for page in self._image.pages:
            yield page.samples

    def write(self, ndimage: Any, **options: Any) -> bytes | None:
        """One image, or a list of several, which become pages; and options of `l3c.encode`."""
        images = [np.asarray(image) for image in (ndimage if isinstance(ndimage, list) else [ndimage])]
        if len(images) == 1:
            data = api.encode(images[0], **options)
        else:
            data = api.encode_pages([Picture(image) for image in images], **options)
        self.request.get_file().write(data)
        return data if self.request.raw_uri == "<bytes>" else None

    def properties(self, index: Any = 0) -> ImageProperties:
        """Shape and dtype, without decoding."""
        pages = self._image.pages
        if index is not ...:
            page = self._page(index)
            return ImageProperties(shape=page.shape, dtype=page.dtype, n_images=None, is_batch=False)
        _alike(pages)
        shape = (len(pages), *pages[0].shape)
        return ImageProperties(shape=shape, dtype=pages[0].dtype, n_images=len(pages), is_batch=True)

    def metadata(self, index: Any = 0, exclude_applied: bool = True) -> dict[str, Any]:
        """Kinds to bytes, the layout, and the palette of indices."""
        page = self._image if index is ... else self._page(index)
        own = {"layout": page.layout, **page.metadata}
        return own | ({"palette": page.palette} if page.palette else {})

    def _page(self, index: Any) -> Image:
        pages = self._image.pages
        if index is not None and not (isinstance(index, int) and -len(pages) <= index < len(pages)):
            raise ValueError(f"index {index}: the file holds {len(pages)} pages")
        return pages[index or 0]


def _alike(pages: tuple[Image, ...]) -> None:
    if len({(page.shape, page.dtype) for page in pages}) > 1:
        raise ValueError("pages of different shapes or types make no array: take them one by one")


def register() -> None:
    """Tell imageio. Registering twice does no harm."""
    known_plugins[NAME] = PluginConfig(name=NAME, class_name="L3CPlugin", module_name=__name__)
    known_extensions[FILE_SUFFIX] = [FileExtension(extension=FILE_SUFFIX, priority=[NAME], name="l3c lossless image")]
