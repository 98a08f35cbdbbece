"""Reading a picture takes no more memory than is said beforehand."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from l3c.images.read import describe, memory_needed

SLACK = 4 << 20
"""Bytes: allocators keep some."""

READ = """
import sys
from l3c.images.read import read_bytes
from l3c.threads import sparing
def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
small, large = (open(name, "rb").read() for name in sys.argv[1:])
read_bytes(small, "x")
open("/proc/self/clear_refs", "w").write("5")
before = peak()
with sparing(2):
    read_bytes(large, "x")
print((peak() - before) * 1024)
"""

KINDS: dict[str, tuple[str, dict[str, Any], str]] = {
    "PNG": ("PNG", {"compress_level": 1}, "RGB"),
    "PNG of 1 bit": ("PNG", {}, "1"),
    "PNG of 16 bits": ("PNG", {}, "I;16"),
    "TIFF": ("TIFF", {}, "RGB"),
    "TIFF, deflate": ("TIFF", {"compression": "tiff_adobe_deflate"}, "RGB"),
    "TIFF of 1 bit": ("TIFF", {"compression": "group4"}, "1"),
    "WebP": ("WEBP", {"lossless": True, "method": 0, "quality": 0}, "RGB"),
    "BMP": ("BMP", {}, "RGB"),
    "PPM": ("PPM", {}, "RGB"),
    "GIF": ("GIF", {}, "P"),
    "TGA": ("TGA", {}, "RGB"),
}


def picture(kind: str, height: int, width: int) -> bytes:
    form, options, mode = KINDS[kind]
    y, x = np.mgrid[:height, :width]
    samples = np.stack([(x + y) % 256, x % 256, y % 256], -1).astype(np.uint8)
    if mode == "1":
        image = Image.fromarray(samples[..., 0] > 99)
    elif mode == "I;16":
        image = Image.fromarray(samples[..., 0].astype(np.uint16) * 200)
    else:
        image = Image.fromarray(samples if mode == "RGB" else samples[..., 0]).convert(mode)
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


@pytest.mark.skipif(sys.platform != "linux", reason="counts bytes as Linux does")
@pytest.mark.parametrize("kind", KINDS)
def test_the_peak_is_at_most_what_is_said(kind: str, tmp_path: Path) -> None:
    large = picture(kind, 900, 1200)
    (tmp_path / "small").write_bytes(picture(kind, 50, 60))
    (tmp_path / "large").write_bytes(large)
    command = [sys.executable, "-c", READ, str(tmp_path / "small"), str(tmp_path / "large")]
    peak = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    said = memory_needed(describe(large, "x"))
    print(f"{kind}: {peak / 1e6:.1f} MB, said {said / 1e6:.1f} MB")
    assert peak <= said + SLACK
