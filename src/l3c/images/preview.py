"""Small pictures that show at once what a file holds."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from l3c.container.constants import ICC_LAB, ITU_LAB, LAB, LAYOUT_NAMES, PLANES, PREVIEW_SIDE_MAX, UNSIGNED, YCBCR
from l3c.container.structure import ImageHeader, Palette
from l3c.errors import FormatError
from l3c.images.picture import Picture
from l3c.images.write import to_image

QUALITY = 70  # of WebP: a preview is looked at for a moment. By taste


def make_preview(samples: NDArray[Any], header: ImageHeader, palette: Palette | None) -> bytes:
    """A lossy WebP file for samples [height, width, channels]."""
    file = io.BytesIO()
    shrink(samples, header, palette, PREVIEW_SIDE_MAX).save(file, "WEBP", quality=QUALITY, method=4)
    return file.getvalue()


def shrink(samples: NDArray[Any], header: ImageHeader, palette: Palette | None, side: int) -> Image.Image:
    """RGB or RGBA, neither side above `side` pixels, nor above the image's own."""
    image = shown(samples, header, palette)
    image.thumbnail((side, side), Image.Resampling.BOX)
    return image


def shown(samples: NDArray[Any], header: ImageHeader, palette: Palette | None) -> Image.Image:
    """RGB or RGBA, as on a screen, without what a colour profile says."""
    own = samples.reshape(*samples.shape[:2], -1)[..., : sum(PLANES[header.layout])]
    image = _image(_bytes(own, header), header, palette)
    if palette and palette.alphas:
        image.info["transparency"] = palette.alphas
    clear = "A" in image.getbands() or "transparency" in image.info
    return image.convert("RGBA" if clear else "RGB")


def is_shown_alike(header: ImageHeader) -> bool:
    """Whether what a sample is shown as depends on no other samples: a part is then shown as in the whole."""
    return header.dtype in ("bool", "uint8") or (header.kind == UNSIGNED and header.depth <= 16)


def _bytes(samples: NDArray[Any], header: ImageHeader) -> NDArray[Any]:
    """bool or uint8, 255 for what is white: of signed samples and floats the largest, 0 for the smallest."""
    if header.dtype in ("bool", "uint8") and not header.maximum and header.depth in (1, 8):
        return samples
    if header.kind == UNSIGNED and header.depth <= 16:
        white = header.maximum or (1 << header.depth) - 1
        return (samples >> 8 if white == 65535 else samples.astype(np.uint32) * 255 // white).astype(np.uint8)
    values = samples.astype(np.float64)
    finite = np.isfinite(values)
    if not finite.any():
        return np.zeros(samples.shape, np.uint8)
    low, high = values[finite].min(), values[finite].max()
    scaled = (values / 2 - low / 2) / max(high / 2 - low / 2, np.finfo(np.float64).tiny)
    shown: NDArray[Any] = (255 * np.clip(np.where(finite, scaled, 0), 0, 1)).astype(np.uint8)
    return shown


def _image(samples: NDArray[Any], header: ImageHeader, palette: Palette | None) -> Image.Image:
    """Of bytes or flags; of Lab the lightness."""
    if header.layout in (LAB, ICC_LAB, ITU_LAB):
        samples = samples[..., :1]
    if samples.shape[2] == 1:
        samples = samples[..., 0]
    if header.layout == YCBCR:
        return Image.fromarray(samples, "YCbCr")
    layout = LAYOUT_NAMES[header.layout] if samples.ndim == 3 or palette else None
    return to_image(Picture(samples, layout=layout, palette=palette))


def open_preview(data: bytes, side: int) -> Image.Image:
    """The picture that a file carries, shrunk if need be. Raises FormatError where it cannot be read."""
    try:
        with Image.open(io.BytesIO(data), formats=["WEBP"]) as image:
            if max(image.size) > PREVIEW_SIDE_MAX:
                raise FormatError(f"section prvw is {image.width} x {image.height} pixels, at most {PREVIEW_SIDE_MAX}")
            image.load()
            image.thumbnail((side, side), Image.Resampling.BOX)
            return image
    except FormatError:
        raise
    except (OSError, ValueError) as error:
        raise FormatError(f"section prvw cannot be read: {error}") from error
