"""What a picture file means: the same for every way of writing it, so that two files can be compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

UNASSOCIATED, ASSOCIATED, UNSPECIFIED = "unassociated", "associated", "unspecified"
UPRIGHT: dict[int, Callable[[NDArray[Any]], NDArray[Any]]] = {
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: np.rot90,
}
OPPOSITE = {"white": "gray"}
"""Polarities of unsigned samples: turned round before they are compared."""


@dataclass(frozen=True)
class Page:
    """samples: [height, width, channels], as the file has them, palettes looked up.

    colour: "gray", "white" (gray, 0 is white), "rgb", "cmyk", "ycbcr", "lab" ... largest: of each channel, the value
    that stands for 1; empty where values stand for themselves (signed, floating point). extra: kinds of the last
    channels. orientation: as TIFF and EXIF have it. timing: of a frame. indices: where there is a palette.
    """

    samples: NDArray[Any]
    colour: str
    largest: tuple[int, ...] = ()
    extra: tuple[str, ...] = ()
    orientation: int = 1
    timing: tuple[Any, ...] = ()
    indices: NDArray[Any] | None = None


@dataclass(frozen=True)
class Truth:
    """pages: in their order, a sub-directory's behind its owner. metadata: by name, whatever compares by ==.

    opaque: why only the file's own bytes would do; "" where pages and metadata tell it all.
    """

    pages: tuple[Page, ...]
    metadata: dict[str, Any] = field(default_factory=dict)
    opaque: str = ""


def differences(wrote: Truth, found: Truth) -> tuple[list[str], list[str]]:
    """Of pictures, and of metadata: what is not the same."""
    if len(wrote.pages) != len(found.pages):
        return [f"{len(wrote.pages)} pages came back as {len(found.pages)}"], []
    pictures = [
        line if len(wrote.pages) == 1 else f"page {number}: {line}"
        for number, (one, other) in enumerate(zip(wrote.pages, found.pages, strict=True))
        for line in page_differences(one, other)
    ]
    names = sorted(wrote.metadata.keys() | found.metadata.keys())
    return pictures, [line for name in names for line in _entry(name, wrote.metadata, found.metadata)]


def elsewhere(truth: Truth) -> Truth:
    """As other formats say it: they know neither masks nor samples of no kind, but gray."""
    pages = []
    for page in truth.pages:
        if page.colour.endswith(" void"):
            largest = (int(np.iinfo(page.samples.dtype).max),) * page.samples.shape[2]
            page = replace(page, colour=page.colour.removesuffix(" void"), largest=largest)
        pages.append(replace(page, colour="gray") if page.colour == "mask" else page)
    return replace(truth, pages=tuple(pages))


def _entry(name: str, wrote: dict[str, Any], found: dict[str, Any]) -> Iterator[str]:
    if name not in found:
        yield f"{name} lost"
    elif name not in wrote:
        yield f"{name} added"
    elif wrote[name] != found[name]:
        yield f"{name} other"


def page_differences(one: Page, other: Page) -> Iterator[str]:
    """What is not the same in two pages."""
    one, other = normal(one), normal(other)
    if one.colour != other.colour:
        yield f"{one.colour} came back as {other.colour}"
    if one.extra != other.extra:
        yield f"extra samples {one.extra} came back as {other.extra}"
    if one.timing != other.timing:
        yield f"timing {one.timing} came back as {other.timing}"
    if one.samples.shape != other.samples.shape:
        yield f"shape {one.samples.shape} came back as {other.samples.shape}"
    elif not same_samples(one, other):
        yield f"samples of {kind(one)} came back as others, of {kind(other)}"
    if one.indices is not None and other.indices is not None and not np.array_equal(one.indices, other.indices):
        yield "indices came back as others"


def kind(page: Page) -> str:
    return f"{page.samples.dtype} up to {max(page.largest)}" if page.largest else str(page.samples.dtype)


def normal(page: Page) -> Page:
    """Upright, and black where there is a choice."""
    samples, colour = page.samples, page.colour
    if page.largest and colour in OPPOSITE:
        samples = samples.copy()
        samples[..., 0] = page.largest[0] - samples[..., 0]
        colour = OPPOSITE[colour]
    indices = page.indices
    if indices is not None:
        indices = upright(indices, page.orientation)
    return Page(upright(samples, page.orientation), colour, page.largest, page.extra, 1, page.timing, indices)


def upright(samples: NDArray[Any], orientation: int) -> NDArray[Any]:
    """As it is to be looked at."""
    return UPRIGHT[orientation](samples) if orientation in UPRIGHT else samples


def same_samples(one: Page, other: Page) -> bool:
    """Whether values stand for the same; values that stand for themselves have the same bits."""
    if not one.largest or not other.largest:
        return (
            one.largest == other.largest
            and one.samples.dtype == other.samples.dtype
            and np.ascontiguousarray(one.samples).tobytes() == np.ascontiguousarray(other.samples).tobytes()
        )
    a, b = one.samples.astype(np.uint64), other.samples.astype(np.uint64)
    return all(
        _same_channel(a[..., c], b[..., c], x or 0, y or 0)
        for c, (x, y) in enumerate(zip_longest(one.largest, other.largest))
    )


def _same_channel(a: NDArray[Any], b: NDArray[Any], largest_a: int, largest_b: int) -> bool:
    """As shares of the largest value: exactly; 5 or 6 bits of a bit field also as every viewer shows them in 8."""
    if largest_a in (31, 63) and largest_b == 255:
        return bool((abs(a / largest_a * 255 - b.astype(float)) < 1.01).all())
    return np.array_equal(a * np.uint64(largest_b), b * np.uint64(largest_a))
