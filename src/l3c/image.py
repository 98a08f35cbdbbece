"""An l3c file as an object: what it says at once, its samples when they are asked for."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from l3c.container.constants import LAYOUT_NAMES, METADATA
from l3c.container.cursor import Buffer
from l3c.container.read import read_file
from l3c.container.structure import Palette

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Image:
    """A file that was read, and is decoded on first use of `samples`.

    layout: as in `Info`. shape: of the samples. depth: bits of a sample. pages: 1. palette: of layout "palette", else
    None. metadata: kinds to bytes.
    """

    pages = 1

    def __init__(self, data: Buffer, threads: int | None = None, max_memory: int | None = None) -> None:
        self._contents, self._threads, self._max_memory = read_file(data), threads, max_memory
        header = self._contents.header
        self.layout, self.depth = LAYOUT_NAMES[header.layout], header.depth
        self.shape = (header.height, header.width, header.channels)[: 2 + (header.channels > 1)]
        self.palette: Palette | None = self._contents.palette
        self.metadata = {METADATA[tag]: value for tag, value in self._contents.metadata.items()}

    @cached_property
    def samples(self) -> NDArray[Any]:
        """As `l3c.decode` gives them; raises what it raises."""
        from l3c.codec.decode import decode_samples
        from l3c.codec.threads import thread_count

        threads, jpeg = thread_count(self._threads), self._contents.jpeg
        if jpeg is not None:
            from l3c.jpeg.keep import original, pixels

            return pixels(original(self._contents.header, jpeg, threads, self._max_memory))
        return decode_samples(self._contents, threads, self._max_memory, lambda share: None)


def open_image(
    source: str | os.PathLike[str] | Buffer, /, *, threads: int | None = None, max_memory: int | None = None
) -> Image:
    """Open a file, by path or by its bytes. Raises as `l3c.decode` does.

    >>> import l3c, numpy as np
    >>> image = l3c.open(l3c.encode(np.zeros((2, 5, 4), np.uint8)))
    >>> image.layout, image.shape, image.samples.max()
    ('RGBA', (2, 5, 4), np.uint8(0))
    """
    data = source if isinstance(source, bytes | bytearray | memoryview) else Path(source).read_bytes()
    return Image(data, threads, max_memory)
