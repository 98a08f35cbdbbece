"""An l3c file as an object: what it says at once, samples when they are asked for, and only those."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from l3c.container.constants import EXTRA_NAMES, LAYOUT_NAMES, PAGE_KINDS, UNSIGNED
from l3c.container.cursor import Buffer
from l3c.container.lazy import read_lazily
from l3c.container.ranges import Payloads, SizedRanges
from l3c.container.read import read_file
from l3c.container.structure import Contents, Frame, ImageHeader, Page, Palette
from l3c.container.tiling import Box
from l3c.errors import InputError, L3CError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Region = tuple[int, int, int, int]  # x, y, width, height: pixels
PREVIEW_SIDE = 320  # pixels: the longest side that a stored preview has (container.constants.PREVIEW_SIDE_MAX)


class Image:
    """A file that was opened: `image.samples` is all of it, `image[100:200, 300:400]` a part.

    A part is decoded from the tiles that it meets, and of a path or a URL nothing else is read. Tiles have some hundred
    pixels a side and are not cached: take parts in large pieces, or `samples`, which is cached.

    It may stand in a `with` statement, as images of other libraries. No file stays open between reads, so that the
    image can be used after the statement too.

    layout, depth, maximum, extra: as in `Info`. shape, dtype: of the samples. palette: of layout "palette", else None.
    metadata: kinds to bytes.

    pages: a tuple of images, this one alone where the file holds one picture. Where it holds several, all other
    attributes are those of the first page, but for metadata, which is the file's. kind: of a page, "page",
    "thumbnail", "mask" or "still" (shown where animations are not). animation: an `l3c.Animation`, and of each page
    frame an `l3c.Frame`, where pages follow each other in time; else None.
    """

    def __init__(
        self,
        contents: Contents,
        payloads: Payloads,
        pages: Sequence[Payloads] = (),
        threads: int | None = None,
        max_memory: int | None = None,
    ) -> None:
        self.animation, self.kind = contents.animation, PAGE_KINDS[0]
        self.frame: Frame | None = None
        self.origin: tuple[Any, ...] = ()
        self.metadata = contents.named_metadata
        self.pages: tuple[Image, ...] = (self,)
        if contents.pages:
            limits = threads, max_memory
            both = zip(contents.pages, pages or [page.contents.data for page in contents.pages], strict=True)
            self.pages = tuple(self._page(page, data, *limits) for page, data in both)
            contents = contents.pages[0].contents
            payloads = pages[0] if pages else contents.data
        self._contents, self._payloads, self._threads, self._max_memory = contents, payloads, threads, max_memory
        header = contents.header
        self.layout, self.depth = LAYOUT_NAMES.get(header.layout, ""), header.depth
        self.maximum = (header.maximum or (1 << header.depth) - 1) if header.kind == UNSIGNED else None
        self.extra = tuple(EXTRA_NAMES[number] for number in header.extra)
        self.shape = (header.height, header.width, header.channels)[: 2 + (header.channels > 1)]
        self.palette: Palette | None = contents.palette

    @classmethod
    def _page(cls, page: Page, payloads: Payloads, threads: int | None, max_memory: int | None) -> Image:
        image = cls(page.contents, payloads, (), threads, max_memory)
        image.kind, image.frame = PAGE_KINDS[page.kind], page.frame
        return image

    def __reduce__(self) -> tuple[Any, ...]:
        """By what it was opened from: a path, a URL, or all of its bytes."""
        source, *rest = self.origin
        return open_page, (bytes(source) if isinstance(source, bytearray | memoryview) else source, *rest)

    def __repr__(self) -> str:
        pages = f", {len(self.pages)} pages" if len(self.pages) > 1 else ""
        return f"<l3c.Image {self.layout} {self.dtype} {'x'.join(map(str, self.shape))}{pages}>"

    def _repr_png_(self) -> bytes | None:
        """What notebooks show: `preview()` as a PNG file. None, so that they show the text, where there is none."""
        import io

        try:
            from PIL import Image as Pillow

            file = io.BytesIO()
            Pillow.fromarray(self.preview()).save(file, "PNG")
        except (L3CError, OSError, ImportError):
            return None
        return file.getvalue()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Nothing is open."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, pixels, as of Pillow's images."""
        return self.shape[1], self.shape[0]

    @property
    def contents(self) -> Contents:
        """What the file holds, of the first page; payloads of a path or a URL are not read."""
        return self._contents

    @property
    def header(self) -> ImageHeader:
        """What the file says of the samples, of the first page."""
        return self._contents.header

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def dtype(self) -> Any:
        """Of the samples."""
        import numpy as np

        return np.dtype(self._contents.header.dtype)

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return self.samples.__array__(dtype) if dtype is not None else self.samples

    @cached_property
    def samples(self) -> NDArray[Any]:
        """As `l3c.decode` gives them; raises what it raises."""
        if self._contents.kept is not None:
            from l3c.api import decode_contents

            return decode_contents(self._contents, threads=self._threads, max_memory=self._max_memory)
        return self._decode(Box(0, 0, *self.shape[:2]))

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """As of `samples`, by integers, slices and "..."; other keys take all samples. Raises IndexError."""
        keys = _keys(key, self.ndim)
        if keys is None or "samples" in self.__dict__ or (self._contents.kept and not self._contents.jpeg):
            taken: NDArray[Any] = self.samples[key]
            return taken
        (rows, first), (columns, second) = (_span(k, n) for k, n in zip(keys[:2], self.shape[:2], strict=True))
        if not (rows and columns):
            import numpy as np

            return np.empty((len(rows), len(columns), *self.shape[2:]), self.dtype)[first, second, *keys[2:]]
        box = Box(min(rows), min(columns), max(rows) + 1, max(columns) + 1)
        return self._decode(box)[first, second, *keys[2:]]

    def _decode(self, box: Box) -> NDArray[Any]:
        if self._contents.jpeg is not None:
            from l3c.codec.kept import check_pixels
            from l3c.dct.keep import lines

            check_pixels(self._contents, self._max_memory)
            limits = self._threads, self._max_memory
            strip = lines(self._contents.header, self._contents.jpeg, box.top, box.bottom, *limits)
            if strip is None:  # all is decoded, and kept for the next part
                strip = self.samples[box.top : box.bottom]
            return strip[:, box.left : box.right]
        from l3c.codec.region import decode_region
        from l3c.threads import thread_count

        return decode_region(self._contents, self._payloads, box, thread_count(self._threads), self._max_memory)

    def region(self, x: int, y: int, width: int, height: int) -> NDArray[Any]:
        """Columns x .. x + width - 1 of rows y .. y + height - 1. Raises InputError where they are not in the image."""
        rows, columns = self.shape[:2]
        if min(x, y) < 0 or min(width, height) < 1 or x + width > columns or y + height > rows:
            raise InputError(f"region {x},{y},{width},{height}: the image is {columns} x {rows} pixels")
        return self[y : y + height, x : x + width]

    def preview(self, side: int = PREVIEW_SIDE) -> NDArray[Any]:
        """uint8 [height, width, 3 or 4], neither side above `side` pixels.

        At once where the file carries a preview, which is lossy and has at most 320 pixels a side; else from all
        samples. Raises as `l3c.decode` does, and InputError for a side that is none.
        """
        import numpy as np

        from l3c.images.preview import open_preview, shrink

        if not side >= 1:
            raise InputError(f"a preview of {side} pixels a side: at least 1 is needed")
        if self._contents.preview is not None:
            return np.asarray(open_preview(self._contents.preview, side))
        if self._contents.jpeg is not None:
            from l3c.api import original_of
            from l3c.dct.keep import small

            return small(original_of(self._contents, threads=self._threads, max_memory=self._max_memory), side)
        if self._contents.kept is not None:
            from l3c.api import header_of, kept_picture

            picture = kept_picture(self._contents, threads=self._threads, max_memory=self._max_memory)
            return np.asarray(shrink(picture.samples, header_of(picture), picture.palette, side))
        return np.asarray(shrink(self.samples, self._contents.header, self.palette, side))


class FileRanges:
    """A file of this machine, opened for each piece."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        from l3c.storage.source import naming_paths

        self._path = Path(path)
        with naming_paths(path):
            self.size = self._path.stat().st_size

    def read(self, start: int, stop: int) -> bytes:
        with self._path.open("rb", buffering=0) as file:
            file.seek(start)
            return file.read(stop - start)


class UrlRanges:
    """A file that fsspec reaches."""

    def __init__(self, url: str) -> None:
        from l3c.storage.remote import file_system

        self._fs, self._path = file_system(url)
        size = self._fs.size(self._path)
        if size is None:
            raise InputError("where it lies, nothing tells its size, so parts cannot be read")
        self.size = int(size)

    def read(self, start: int, stop: int) -> bytes:
        """Raises InputError where other bytes come than were asked for."""
        stop = min(stop, self.size)
        data = bytes(self._fs.cat_file(self._path, start=start, end=stop))
        if len(data) == self.size:  # all of it, by a server that knows no ranges
            data = data[start:stop]
        if len(data) != max(0, stop - start):
            raise InputError(f"{len(data)} bytes came where {stop - start} were asked for")
        return data


def open_image(
    source: str | os.PathLike[str] | Buffer, /, *, threads: int | None = None, max_memory: int | None = None
) -> Image:
    """Open a file, by path, by the URL of a file system that fsspec knows, or by its bytes. Raises as `l3c.decode`.

    >>> import l3c, numpy as np
    >>> image = l3c.open(l3c.encode(np.zeros((2, 5, 4), np.uint8)))
    >>> image.layout, image.shape, image.samples.max()
    ('RGBA', (2, 5, 4), np.uint8(0))
    >>> image[:, 1:3].shape
    (2, 2, 4)
    """
    if isinstance(source, bytes | bytearray | memoryview):
        contents = read_file(source)
        image = Image(contents, contents.data, (), threads, max_memory)
    else:
        from l3c.storage.remote import is_remote

        ranges: SizedRanges = UrlRanges(str(source)) if is_remote(str(source)) else FileRanges(source)
        image = Image(*read_lazily(ranges), threads, max_memory)
    for number, page in enumerate(image.pages):
        page.origin = source, threads, max_memory, number
    image.origin = source, threads, max_memory, None
    return image


def open_page(source: Any, threads: int | None, max_memory: int | None, number: int | None) -> Image:
    """An image, or the page of one, as it was opened: what a pickled one becomes."""
    image = open_image(source, threads=threads, max_memory=max_memory)
    return image if number is None else image.pages[number]


def _keys(key: Any, axes: int) -> tuple[Any, ...] | None:
    """One for each axis; None for keys that are more than integers, slices and one "..."."""
    keys = key if isinstance(key, tuple) else (key,)
    if any(not isinstance(k, int | slice | type(...)) or isinstance(k, bool) for k in keys) or len(keys) > axes + 1:
        return None
    dots = [i for i, k in enumerate(keys) if k is ...]
    if len(dots) > 1 or len(keys) - len(dots) > axes:
        return None
    place = dots[0] if dots else len(keys)
    return (*keys[:place], *[slice(None)] * (axes - len(keys) + len(dots)), *keys[place + len(dots) :])


def _span(key: int | slice, size: int) -> tuple[range, int | slice]:
    """Which of `size` rows or columns a key takes, and the key that takes them from the least span of those."""
    if isinstance(key, int):
        if not -size <= key < size:
            raise IndexError(f"index {key} is out of bounds for {size} rows or columns")
        return range(key % size, key % size + 1), 0
    taken = range(size)[key]
    if not taken:
        return taken, slice(None)
    least, stop = min(taken), taken[-1] + (1 if taken.step > 0 else -1)
    return taken, slice(taken.start - least, stop - least if stop >= least else None, taken.step)
