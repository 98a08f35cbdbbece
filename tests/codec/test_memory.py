"""Decoding takes no more memory than the reader says beforehand, whatever kind of file it is."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import l3c
from l3c.codec.decode import memory_needed
from l3c.container.constants import DEFLATED, GRAPHICS, STORED
from l3c.container.read import read_file
from l3c.history.photo_cd import convert as photo_cd
from l3c.history.video import convert as video
from l3c.history.video.invert import converters
from tests.checks import noise, smooth_picture
from tests.history.sources import photo_cd_planes, video_planes

DECODE = """
import sys
import l3c
def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
small, large = (open(name, "rb").read() for name in sys.argv[1:])
l3c.decode(small, threads=2)
open("/proc/self/clear_refs", "w").write("5")
before = peak()
l3c.decode(large, threads=2)
print((peak() - before) * 1024)
"""
"""Prints by how many bytes decoding a file raises the peak (Linux's VmHWM, begun anew), once everything is loaded."""

SLACK = 4 << 20
"""Bytes: allocators keep some."""


def drawing(height: int, width: int) -> NDArray[np.uint8]:
    blocks = np.random.default_rng(0).integers(0, 4, (height // 50 + 1, width // 50 + 1, 3)).astype(np.uint8) * 60
    return np.kron(blocks, np.ones((50, 50, 1), np.uint8))[:height, :width]


def few_deep_values(height: int, width: int) -> NDArray[np.uint16]:
    random = np.random.default_rng(0)
    values = np.sort(random.choice(65536, 3000, replace=False)).astype(np.uint16)
    return values[random.integers(0, 3000, (height, width))]


def video_frame(height: int, width: int) -> NDArray[np.uint8]:
    return video.redo(*video_planes(height, width, True), next(iter(converters())), True)


CASES: dict[str, tuple[Callable[[int, int], NDArray[Any]], dict[str, Any]]] = {
    "photograph": (lambda h, w: smooth_picture(h, w, 3), {"model": "wave-fast"}),
    "drawing": (drawing, {}),
    "noise": (lambda h, w: noise(h, w, 3), {"model": "wave-fast"}),
    "value table": (few_deep_values, {"model": "wave-fast"}),
    "16 bits": (lambda h, w: noise(h, w, 6).view(np.uint16), {"model": "wave-fast"}),
    "floats": (lambda h, w: np.random.default_rng(0).normal(0, 1, (h, w)).astype(np.float32), {"model": "wave-fast"}),
    "Photo CD": (lambda h, w: photo_cd.redo(*photo_cd_planes(h, w), False), {"model": "wave-fast"}),
    "video": (video_frame, {"model": "wave-fast"}),
    "upscaled pixels": (lambda h, w: smooth_picture(h // 3, w // 3, 3).repeat(3, 0).repeat(3, 1), {}),
}


@pytest.mark.skipif(sys.platform != "linux", reason="counts bytes as Linux does")
@pytest.mark.parametrize("name", CASES)
def test_the_peak_is_what_the_reader_says(name: str, tmp_path: Path) -> None:
    make, options = CASES[name]
    small, large = l3c.encode(make(90, 120), **options), l3c.encode(make(780, 1000), **options)
    contents = read_file(large)
    kinds = {entry.coder for entry in contents.tiles}
    assert {"drawing": GRAPHICS in kinds, "noise": STORED in kinds}.get(name, True)
    assert kinds - {DEFLATED, GRAPHICS, STORED} or name not in ("photograph", "Photo CD", "video")
    (tmp_path / "small").write_bytes(small)
    (tmp_path / "large").write_bytes(large)
    command = [sys.executable, "-c", DECODE, str(tmp_path / "small"), str(tmp_path / "large")]
    peak = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    said = memory_needed(contents, 2)
    print(f"{name}: {peak / 1e6:.1f} MB, said {said / 1e6:.1f} MB")
    assert peak <= 1.1 * said + SLACK
