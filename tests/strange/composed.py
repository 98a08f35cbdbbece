"""What an animation shows: for formats that say the same with other frames."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.strange.truth import Page, Truth

CANVAS, PLAYS = "canvas", "plays"
"""Entries of metadata: (width, height), and how often it is played, 0 for ever."""

BACKGROUND, PREVIOUS = 1, 2
OVER = 1


def is_animated(truth: Truth) -> bool:
    return CANVAS in truth.metadata


def differences(wrote: Truth, found: Truth) -> list[str]:
    """What is not shown as it was."""
    one, other = list(shown(wrote)), list(shown(found))
    if len(one) != len(other):
        return [f"{len(one)} frames came back as {len(other)}"]
    lines = []
    for number, ((canvas, duration), (canvas_found, duration_found)) in enumerate(zip(one, other, strict=True)):
        if not np.array_equal(canvas, canvas_found):
            lines.append(f"frame {number} shows something else")
        if duration != duration_found and len(one) > 1:
            lines.append(f"frame {number} for {duration} s came back for {duration_found}")
    if len(one) > 1 and wrote.metadata.get(PLAYS) != found.metadata.get(PLAYS):
        lines.append(f"played {wrote.metadata.get(PLAYS)} times came back as {found.metadata.get(PLAYS)}")
    return lines


def shown(truth: Truth) -> Iterator[tuple[NDArray[Any], Fraction]]:
    """(RGBA of the canvas, seconds) of each frame; what nobody sees is black."""
    pages = [page for page in truth.pages if page.timing != ("still",)]
    width, height = truth.metadata.get(CANVAS, pages[0].samples.shape[1::-1])
    canvas = np.zeros((height, width, 4), np.uint8)
    for page in pages:
        left, top, duration, disposal, blend = page.timing or (0, 0, Fraction(0), 0, 0)
        part = opaque(page)
        part = part[: max(height - top, 0), : max(width - left, 0)]
        place = (slice(top, top + part.shape[0]), slice(left, left + part.shape[1]))
        before = canvas.copy()
        canvas[place] = np.where(part[..., 3:] > 0, part, canvas[place]) if blend == OVER else part
        yield canvas * (canvas[..., 3:] > 0), duration
        if disposal == BACKGROUND or (disposal == PREVIOUS and page is pages[0]):
            canvas[place] = 0
        elif disposal == PREVIOUS:
            canvas = before


def opaque(page: Page) -> NDArray[Any]:
    """uint8 RGBA; there is no opacity but none and all of it."""
    samples = page.samples.astype(np.uint64) * 255 // np.array(page.largest, np.uint64)
    colours, alpha = (
        (samples[..., :-1], samples[..., -1:]) if page.extra else (samples, np.full_like(samples[..., :1], 255))
    )
    if colours.shape[2] == 1:
        colours = np.repeat(colours, 3, axis=2)
    return np.concatenate([colours, alpha], axis=2).astype(np.uint8)
