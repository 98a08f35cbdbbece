"""Encoding takes no more memory than is said beforehand, and more than is allowed is refused before it is taken."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import l3c
from l3c.codec.encoding_memory import memory_needed
from l3c.container.constants import RGB
from l3c.container.history import DecodedJpeg, PhotoCd, Video
from l3c.container.structure import ImageHeader
from l3c.history.registry import KINDS, undo
from tests.checks import smooth_picture
from tests.codec.test_memory import CASES, SLACK

ENCODE = """
import sys
import l3c
import numpy as np
def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
small, large = (np.load(name) for name in sys.argv[1:3])
l3c.encode(small, model=sys.argv[3], threads=2, effort=1)
open("/proc/self/clear_refs", "w").write("5")
before = peak()
l3c.encode(large, model=sys.argv[3], threads=2, effort=1)
print((peak() - before) * 1024)
"""


def decoded_jpeg(height: int, width: int) -> NDArray[np.uint8]:
    file = io.BytesIO()
    Image.fromarray(smooth_picture(height, width, 3)).save(file, "JPEG", quality=85)
    return np.array(Image.open(file))


MORE: dict[str, tuple[Callable[[int, int], NDArray[Any]], dict[str, Any]]] = {
    "blank page": (lambda h, w: np.full((h, w), True), {}),
    "decoded JPEG": (decoded_jpeg, {}),
}


COSTLY = {
    "Photo CD": KINDS[PhotoCd].search_bytes,
    "video": KINDS[Video].search_bytes,
    "decoded JPEG": KINDS[DecodedJpeg].search_bytes,
}
"""Histories that are left out where the limit does not allow them: bytes a pixel."""


@pytest.mark.skipif(sys.platform != "linux", reason="counts bytes as Linux does")
@pytest.mark.parametrize("name", ["photograph", "drawing", "16 bits", "floats", "video", *MORE])
def test_the_peak_is_at_most_what_is_said(name: str, tmp_path: Path) -> None:
    make, options = (CASES | MORE)[name]
    small, large = make(90, 120), make(780, 1000)
    np.save(tmp_path / "small.npy", small)
    np.save(tmp_path / "large.npy", large)
    files = [str(tmp_path / "small.npy"), str(tmp_path / "large.npy")]
    command = [sys.executable, "-c", ENCODE, *files, options.get("model", "wave-fast")]
    peak = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    pixels = large.shape[0] * large.shape[1]
    said = memory_needed(large.shape[0], large.shape[1], large[0, 0].size, 8 * large.itemsize, 2)
    print(f"{name}: {peak / 1e6:.1f} MB, said {said / 1e6:.1f} MB, samples {large.nbytes / 1e6:.1f}")
    assert peak <= (max(said, COSTLY[name] * pixels) if name in COSTLY else said) + SLACK


def test_more_than_is_allowed_is_refused() -> None:
    image = np.zeros((300, 400, 3), np.uint8)
    needed = memory_needed(300, 400, 3, 8, 1)
    assert l3c.encode(image, threads=1, max_memory=needed)
    with pytest.raises(l3c.LimitError, match=f"encoding takes {needed:,} bytes of memory, the limit is {needed - 1:,}"):
        l3c.encode(image, threads=1, max_memory=needed - 1)


def test_histories_that_take_more_than_is_allowed_are_left_out() -> None:
    frame = CASES["video"][0](300, 400)
    header, needed = ImageHeader(RGB, 300, 400), KINDS[Video].search_bytes * 300 * 400
    assert undo(frame, header, needed)
    assert undo(frame, header, needed - 1) is None


def test_an_array_that_takes_no_memory_itself_is_refused_by_default() -> None:
    with pytest.raises(l3c.LimitError, match="encoding takes"):
        l3c.encode(np.broadcast_to(np.zeros((), np.uint8), (1 << 18, 1 << 18)))
