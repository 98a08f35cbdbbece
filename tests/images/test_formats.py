"""Whatever Pillow writes is read and comes back exactly, or is refused with a reason."""

import io
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from l3c import api
from l3c.convert.files import differences
from l3c.errors import InputError
from l3c.images.read import read_picture
from tests.checks import smooth_picture

Image.init()
RGB = Image.fromarray(smooth_picture(24, 32, 3))
DEEP = Image.fromarray((np.arange(24 * 32, dtype=np.uint16) * 85).reshape(24, 32))
MODES = ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I", "F"]
KEPT = {"PNG", "TIFF", "WEBP", "BMP", "PPM", "TGA", "PCX"}


def images() -> Iterator[tuple[str, Image.Image]]:
    yield from ((mode, RGB.convert("L" if mode == "LA" else "RGB").convert(mode)) for mode in MODES)
    yield "I;16", DEEP


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("form", sorted(Image.SAVE))
def test_it_comes_back_or_is_refused(form: str) -> None:
    kept = set()
    for mode, image in images():
        file = io.BytesIO()
        try:
            image.save(file, form)
        except Exception:  # whatever Pillow's writers raise for modes that they cannot write
            continue
        try:
            picture = read_picture(io.BytesIO(file.getvalue()), "x")
        except InputError:
            continue
        found = api.decode_picture(api.encode_picture(picture, model="wave-fast"))
        assert differences(picture, found) == []
        kept.add(mode)
    assert "RGB" in kept or form not in KEPT
