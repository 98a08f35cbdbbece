"""The pictures of a folder, as the pages of the gallery ask for them: by number, never by path."""

from __future__ import annotations

import io
from collections import OrderedDict
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c import api
from l3c.container.constants import FILE_SUFFIX
from l3c.errors import InputError
from l3c.image import Image, open_image
from l3c.serve.deep_zoom import DeepZoom

LISTED = 10_000
"""Files of a gallery at most: a page of more is of no use."""

OPENED = 4
"""Pictures whose decoded parts are kept: one is looked at, others were just before."""

AT_ONCE = 2
"""Pictures that are decoded at the same time, so that a page of many does not take all memory."""

PREVIEW = 256
"""Pixels of the longest side of pictures in the overview."""

FASTEST = 1
"""zlib's level for PNG files that go no further than this machine."""


class Gallery:
    """Files below a folder, without links and hidden ones, as they are when it is made.

    max_memory: bytes that decoding one may take; None is 4 GiB. All methods may be called by several threads at once.
    Raises InputError for no folder.
    """

    def __init__(self, folder: Path, max_memory: int | None = None, threads: int | None = None) -> None:
        if not folder.is_dir():
            raise InputError(f"{folder}: {'is no folder' if folder.exists() else 'no such folder'}")
        self.folder, self._limits = folder, {"threads": threads, "max_memory": max_memory}
        found = sorted(p for p in folder.rglob(f"*{FILE_SUFFIX}") if is_shown(p, folder))
        self.paths, self.left_out = found[:LISTED], max(0, len(found) - LISTED)
        self._zooms: OrderedDict[int, DeepZoom] = OrderedDict()
        self._previews: dict[int, bytes] = {}
        self._costs: OrderedDict[int, dict[str, Any]] = OrderedDict()
        self._lock, self._busy = Lock(), BoundedSemaphore(AT_ONCE)

    def listed(self) -> list[dict[str, Any]]:
        """Name and bytes of each file, in the order of their numbers."""
        return [{"name": p.relative_to(self.folder).as_posix(), "bytes": p.stat().st_size} for p in self.paths]

    def path(self, number: int) -> Path:
        """Raises InputError where there is no such file."""
        if not 0 <= number < len(self.paths):
            raise InputError(f"{number}: there are {len(self.paths)} files")
        return self.paths[number]

    def described(self, number: int) -> dict[str, Any]:
        """As `l3c info --json` has it, with the levels of its tiles."""
        path = self.path(number)
        described = api.info(path).to_dict()
        zoom = self._zoom(number)
        sizes = [zoom.size(level) for level in range(zoom.levels)]
        return {**described, "name": path.name, "levels": sizes, "side": zoom.side}

    def preview(self, number: int) -> bytes:
        """A small PNG."""
        if number not in self._previews:
            image = self._opened(number)
            with self._busy:
                self._previews[number] = png(image.preview(PREVIEW))
        return self._previews[number]

    def tile(self, number: int, level: int, column: int, row: int) -> bytes:
        """A PNG. Raises InputError where there is no such tile."""
        zoom = self._zoom(number)
        with self._busy:
            return png(zoom.tile(level, column, row))

    def cost(self, number: int) -> dict[str, Any]:
        """Where the bytes go: side of the blocks, pixels, and rows of bits a pixel, as `DeepZoom.cost_map` has it."""
        found = self._costs.get(number)
        if found is None:
            zoom = self._zoom(number)
            with self._busy:
                bits, side = zoom.cost_map(self._limits["threads"])
            found = {"side": side, "bits": [[round(float(bit), 3) for bit in row] for row in bits]}
            with self._lock:
                self._costs[number] = found
                if len(self._costs) > OPENED:
                    self._costs.popitem(last=False)
        return found

    def _opened(self, number: int) -> Image:
        image = open_image(self.path(number), **self._limits)
        if not image.layout:
            raise InputError(f"{self.path(number).name}: keeps a file that is no picture")
        return image

    def _zoom(self, number: int) -> DeepZoom:
        """The one asked for longest ago is given up."""
        with self._lock:
            zoom = self._zooms.pop(number, None) or DeepZoom(self._opened(number))
            self._zooms[number] = zoom
            if len(self._zooms) > OPENED:
                self._zooms.popitem(last=False)
            return zoom


def is_shown(path: Path, folder: Path) -> bool:
    """Whether a file is a plain one, in no folder that is hidden or a link."""
    parts = path.relative_to(folder).parts
    steps = [folder.joinpath(*parts[: n + 1]) for n in range(len(parts))]
    hidden = any(part.startswith(".") for part in parts)
    return not hidden and path.is_file() and not any(step.is_symlink() for step in steps)


def png(pixels: NDArray[np.uint8]) -> bytes:
    from PIL import Image as Pillow

    file = io.BytesIO()
    Pillow.fromarray(pixels).save(file, "PNG", compress_level=FASTEST)
    return file.getvalue()
