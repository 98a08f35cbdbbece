"""Pictures in memory: from the bytes of any file, and to those of a PNG file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, UnidentifiedImageError

from l3c.errors import InputError

PIXELS_MAX = 1 << 27
"""Of a picture, 134 megapixels: 0.4 GB as RGB, and a copy or two beside it, in each worker."""


@contextmanager
def opened(raw: bytes, name: str) -> Iterator[Image.Image]:
    """Raises InputError naming the file where it is damaged, also where that shows later, inside, or is too large."""
    try:
        with Image.open(io.BytesIO(raw)) as image:
            if image.width * image.height > PIXELS_MAX:
                raise InputError(f"{name}: {image.width} x {image.height} pixels, at most {PIXELS_MAX} are prepared")
            yield image
    except (MemoryError, InputError):
        raise
    except UnidentifiedImageError as error:  # which names the buffer in memory
        raise InputError(f"{name}: is no picture that Pillow knows") from error
    except Exception as error:  # Pillow's readers raise whatever a damaged file leads to
        raise InputError(f"{name}: cannot be read: {str(error) or type(error).__name__}") from error


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
