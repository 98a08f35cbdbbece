"""Whether two files hold the same picture, whatever their formats: samples, what they mean, and metadata."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c import api
from l3c.container.constants import FILE_SUFFIX, SIGNATURES
from l3c.container.read import read_file
from l3c.convert.files import DecodeOptions, decoded, differences, equal, layout_of, read_picture
from l3c.errors import naming
from l3c.images.picture import Picture

OF_SAMPLES = frozenset({"samples", "layout", "palette", "extra", "maximum", "pages", "animation", "frame", "kind"})
"""Fields of a picture that are no metadata."""


@dataclass(frozen=True)
class Difference:
    """what: a field of `Picture`, or a kind of metadata. page: of several, from 0. text: for people."""

    what: str
    text: str
    page: int | None = None

    def __str__(self) -> str:
        return self.text if self.page is None else f"page {self.page}: {self.text}"


def load(raw: bytes, name: str, options: DecodeOptions) -> Picture:
    """The picture of an l3c file, or of a picture's file; of a file that is kept whole, what that shows."""
    if not raw.startswith(SIGNATURES):
        return read_picture(raw, name, options)
    with naming(name):
        contents = read_file(raw)
        if contents.kept is None:
            return decoded(contents, name, options)
        original = api.original_of(contents, threads=options.threads, max_memory=options.max_memory)
    return read_picture(original, name.removesuffix(FILE_SUFFIX), options)


def compare(one: Picture, other: Picture, metadata: bool = True) -> list[Difference]:
    """All differences; without `metadata`, those of the pixels alone."""
    if one.pages or other.pages:
        return _compare_pages(one, other, metadata)
    found = [Difference(what, _told(what, one, other)) for what in differences(one, other)]
    if "samples" in {difference.what for difference in found} and one.samples.shape != other.samples.shape:
        found = [difference for difference in found if difference.what != "layout"]
    return [difference for difference in found if metadata or difference.what in OF_SAMPLES]


def _compare_pages(one: Picture, other: Picture, metadata: bool) -> list[Difference]:
    ours, theirs = one.pages or (one,), other.pages or (other,)
    found = []
    if len(ours) != len(theirs):
        found.append(Difference("pages", f"{len(ours)} pages against {len(theirs)}"))
    if not equal(one.animation, other.animation):
        found.append(Difference("animation", "the animation differs"))
    for number, (mine, yours) in enumerate(zip(ours, theirs, strict=False)):
        found += [Difference(d.what, d.text, number) for d in compare(mine, yours, metadata)]
    if metadata:
        kinds = sorted(k for k in one.metadata | other.metadata if one.metadata.get(k) != other.metadata.get(k))
        found += [Difference(kind, _metadata(kind, one, other)) for kind in kinds]
    return found


def _told(what: str, one: Picture, other: Picture) -> str:
    if what == "samples":
        return _samples(one.samples, other.samples)
    if what == "layout":
        return f"layout: {_shown(layout_of(one))} against {_shown(layout_of(other))}"
    if what in OF_SAMPLES:
        return f"{what} differs"
    return _metadata(what, one, other)


def _shown(layout: Any) -> str:
    name, has_palette, channels = layout
    return f"{name or 'palette' if has_palette else name} of {channels} channels"


def _metadata(kind: str, one: Picture, other: Picture) -> str:
    if kind not in other.metadata:
        return f"metadata {kind}: only in the first"
    return f"metadata {kind}: {'differs' if kind in one.metadata else 'only in the second'}"


def _samples(one: NDArray[Any], other: NDArray[Any]) -> str:
    if one.shape != other.shape:
        sizes = ["{} x {}".format(*array.shape[1::-1]) for array in (one, other)]
        channels = [array.shape[2] if array.ndim > 2 else 1 for array in (one, other)]
        if sizes[0] != sizes[1]:
            return f"size: {sizes[0]} against {sizes[1]} pixels"
        return f"channels: {channels[0]} against {channels[1]}"
    if one.dtype != other.dtype:
        return f"samples: {one.dtype} against {other.dtype}"
    wrong = one != other
    pixels = wrong.any(axis=2) if wrong.ndim > 2 else wrong
    rows, columns = np.nonzero(pixels)
    text = f"samples: {len(rows):,} of {pixels.size:,} pixels differ"
    if one.dtype.kind in "ui" and len(rows):
        most = int(np.maximum(one, other).astype(np.float64).__sub__(np.minimum(one, other)).max())
        text += f", by at most {most:,}"
    return f"{text}, the first at {columns[0]},{rows[0]}" if len(rows) else f"{text} in value, some in bits"
