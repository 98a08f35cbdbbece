"""Baseline files of coefficients: any decoder reads them; only the image's own are taken."""

import numpy as np
import pytest

from l3c.errors import FormatError
from l3c.jpeg.baseline import read_jpeg, write_jpeg
from l3c.jpeg.transcode import transcode
from tests.history.jpegs import pixels_of
from tests.jpeg.test_pixels import SUBSAMPLED_ROWS, random_coefficients

SIZE = (33, 47)


@pytest.mark.parametrize("sampling", SUBSAMPLED_ROWS)
def test_coefficients_come_back(sampling: str) -> None:
    found = random_coefficients(SIZE, sampling)
    file = write_jpeg(found, SIZE)
    assert pixels_of(file).shape[:2] == SIZE
    assert transcode(file, 1) is not None
    back = read_jpeg(file, SIZE, len(found.blocks), found.subsampled)
    for kind in range(2):
        for ours, theirs in zip(found[kind], back[kind], strict=True):
            np.testing.assert_array_equal(ours, theirs)


FILE = write_jpeg(random_coefficients(SIZE, "4:2:0"), SIZE)
WRONG = {
    "not a JPEG file": b"\x89PNG" + FILE[4:],
    "no end": FILE[:-2],
    "a marker in the scan": FILE[:-2] + b"\xff\xd0\xff\xd9",
    "a step of 0": FILE.replace(b"\xff\xdb\0\x43\0\x0b", b"\xff\xdb\0\x43\0\0"),
    "a table of 16 bits": FILE.replace(b"\xff\xdb\0\x43\0", b"\xff\xdb\0\x43\x10"),
    "no table": FILE.replace(b"\xff\xdb", b"\xff\xe1"),
    "a progressive frame": FILE.replace(b"\xff\xc0", b"\xff\xc2"),
    "a code of the wrong class": FILE.replace(b"\xff\xc4", b"\xff\xc8", 1),
    "another scan": FILE.replace(b"\xff\xda", b"\xff\xdd"),
    "nothing": b"",
}


@pytest.mark.parametrize("name", WRONG)
def test_other_files_are_refused(name: str) -> None:
    assert WRONG[name] != FILE
    with pytest.raises(FormatError):
        read_jpeg(WRONG[name], SIZE, 3, (True, True))


@pytest.mark.parametrize(
    ("size", "components", "subsampled"),
    [((47, 33), 3, (True, True)), (SIZE, 1, (True, True)), (SIZE, 3, (False, True))],
)
def test_the_file_of_another_image_is_refused(
    size: tuple[int, int], components: int, subsampled: tuple[bool, bool]
) -> None:
    with pytest.raises(FormatError, match="frame"):
        read_jpeg(FILE, size, components, subsampled)
