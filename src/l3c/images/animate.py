"""Pictures and animations as they are shown: palettes looked up, frames laid on the canvas one after another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.container.structure import Animation, Frame
from l3c.images.picture import Picture

TO_BACKGROUND = 2  # disposals, as GIF numbers them: the frame's place is cleared
TO_BEFORE = 3  # the frame's place gets back what was there; others leave the frame


def shown_frames(pages: tuple[Picture, ...], animation: Animation) -> Iterator[NDArray[np.uint8]]:
    """Yield the canvas, uint8 [height, width, 4], at each page; the background is transparent, as viewers have it."""
    canvas = np.zeros((animation.height, animation.width, 4), np.uint8)
    for page in pages:
        frame = page.frame or Frame()
        colours = rgba(page)
        height, width = colours.shape[:2]
        place = (slice(frame.top, frame.top + height), slice(frame.left, frame.left + width))
        if page.kind == "still":
            still = np.zeros_like(canvas)
            still[place] = colours[: still[place].shape[0], : still[place].shape[1]]
            yield still
            continue
        before = canvas.copy()
        below = canvas[place]
        colours = colours[: below.shape[0], : below.shape[1]]
        canvas[place] = over(colours, below) if frame.blend else colours
        yield canvas.copy()
        if frame.disposal == TO_BACKGROUND:
            canvas[place] = 0
        elif frame.disposal == TO_BEFORE:
            canvas = before


def over(above: NDArray[np.uint8], below: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8 [height, width, 4] laid over another; exact where above is opaque or clear, else rounded."""
    a, b = above[..., 3:].astype(np.uint32), below[..., 3:].astype(np.uint32)
    alpha = 255 * a + b * (255 - a)
    mixed = (above[..., :3] * (255 * a) + below[..., :3] * (b * (255 - a)) + alpha // 2) // np.maximum(alpha, 1)
    laid = np.concatenate([mixed, (alpha + 127) // 255], axis=2).astype(np.uint8)
    return np.where(a == 255, above, np.where(a == 0, below, laid))


def rgba(page: Picture) -> NDArray[np.uint8]:
    """uint8 [height, width, 4] of a page of up to 16 bits a sample, with its transparency."""
    samples = shown(page)
    if page.maximum:
        samples = (samples.astype(np.uint32) * 255 // page.maximum).astype(np.uint8)
    elif samples.dtype != np.uint8:
        samples = (samples >> 8).astype(np.uint8)
    channels = samples.shape[2]
    colours = np.repeat(samples[..., :1], 3, axis=2) if channels < 3 else samples[..., :3]
    opaque = np.full((*samples.shape[:2], 1), 255, np.uint8)
    return np.concatenate([colours, samples[..., -1:] if channels in (2, 4) else opaque], axis=2)


def shown(picture: Picture) -> NDArray[Any]:
    """[height, width, channels]: palettes looked up, bits as 0 and 255, a transparent colour as alpha."""
    samples = picture.samples if picture.samples.ndim == 3 else picture.samples[..., None]
    clear = picture.metadata.get("transparent colour", b"")
    if picture.palette:
        colours = np.frombuffer(picture.palette.colours, np.uint8).reshape(-1, 3)
        alphas = np.frombuffer(picture.palette.alphas.ljust(len(colours), b"\xff"), np.uint8)[:, None]
        table = np.concatenate([colours, alphas], axis=1) if picture.palette.alphas else colours
        looked_up: NDArray[Any] = table[samples[..., 0]]
        return looked_up
    if len(clear) == 2 * samples.shape[2]:
        values = np.frombuffer(clear, ">u2")
        if samples.dtype == np.uint8:
            values = values & 255
        hidden = (samples == values.astype(samples.dtype)).all(axis=2)
        if samples.dtype == bool:
            samples = samples.astype(np.uint8) * np.uint8(255)
        opacity = np.where(hidden, 0, np.iinfo(samples.dtype).max).astype(samples.dtype)
        return np.dstack([samples, opacity])
    return samples.astype(np.uint8) * np.uint8(255) if samples.dtype == bool else samples
