"""Baseline files of coefficients: any decoder reads them; only the image's own are taken."""

import io

import numpy as np
import pytest
from PIL import Image

from l3c.errors import FormatError
from l3c.jpeg.baseline import coefficients_of, write_jpeg
from l3c.jpeg.file import parse
from l3c.jpeg.pixels import grid
from tests.history.jpegs import decoded, pixels_of
from tests.jpeg.test_pixels import SUBSAMPLED_ROWS, random_coefficients

SIZE = (33, 47)


@pytest.mark.parametrize("sampling", SUBSAMPLED_ROWS)
def test_coefficients_come_back(sampling: str) -> None:
    found = random_coefficients(SIZE, sampling)
    file = write_jpeg(found, SIZE)
    assert pixels_of(file).shape[:2] == SIZE
    back = coefficients_of(parse(file), SIZE, len(found.blocks), found.subsampled)
    for kind in range(2):
        for ours, theirs in zip(found[kind], back[kind], strict=True):
            np.testing.assert_array_equal(ours, theirs)


FILE = write_jpeg(random_coefficients(SIZE, "4:2:0"), SIZE)
WRONG = {
    "a step of 0": FILE.replace(b"\xff\xdb\0\x43\0\x0b", b"\xff\xdb\0\x43\0\0"),
    "a step of 16 bits": FILE.replace(
        FILE[2:71], b"\xff\xdb\0\x83\x10\1\0" + b"".join(bytes([0, step]) for step in FILE[8:71])
    ),
    "another height": FILE.replace(b"\xff\xc0\0\x11\x08\0\x21", b"\xff\xc0\0\x11\x08\0\x20"),
}


@pytest.mark.parametrize("name", WRONG)
def test_other_files_are_refused(name: str) -> None:
    assert WRONG[name] != FILE
    with pytest.raises(FormatError):
        coefficients_of(parse(WRONG[name]), SIZE, 3, (True, True))


def test_coefficients_without_blocks_that_only_fill_units_are_padded() -> None:
    pixels = decoded("4:2:0", 33, 47)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", progressive=True)  # scans of one component code the picture's own blocks
    found = coefficients_of(parse(file.getvalue()), SIZE, 3, (True, True))
    assert [plane.shape[:2] for plane in found.blocks] == [grid(SIZE, (True, True), i) for i in range(3)]


@pytest.mark.parametrize(
    ("size", "components", "subsampled"),
    [((47, 33), 3, (True, True)), (SIZE, 1, (True, True)), (SIZE, 3, (False, True))],
)
def test_the_file_of_another_image_is_refused(
    size: tuple[int, int], components: int, subsampled: tuple[bool, bool]
) -> None:
    with pytest.raises(FormatError, match="frame"):
        coefficients_of(parse(FILE), size, components, subsampled)
