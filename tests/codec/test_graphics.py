"""Which tiles are tried as drawings: those that look like one, and of which crops say that it may pay."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import l3c
from l3c.codec import graphics
from l3c.codec.models import find_model
from l3c.graphics import compiled
from l3c.graphics.drawings import is_drawn, repeated_share
from tests.house.sources import ROOT

Samples = NDArray[np.uint8]
SIDE = 700
"""Above what crops are asked about."""


def enlarged() -> Samples:
    """A dark photograph four times as large: as many equal neighbours as in a drawing."""
    with Image.open(ROOT / "docs" / "pictures" / "chelsea.png") as photograph:
        small = photograph.convert("RGB").crop((20, 60, 195, 235))
    return np.asarray(small.resize((SIDE, SIDE), Image.Resampling.LANCZOS)) // 5


def drawing() -> Samples:
    """Runs of few colours, of which a bit less than the decisive share repeat a neighbour."""
    rng = np.random.default_rng(4)
    samples = np.repeat(np.repeat(rng.integers(0, 5, (70, 70), dtype=np.uint8) * 50, 10, 0), 10, 1)
    samples = np.stack([samples, samples, samples], axis=2)
    samples[::3, 1::2] = 7
    return samples


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Pixels of what the graphics coder encodes from now on."""
    pixels: list[int] = []
    encode = compiled.encode

    def noted(samples: Samples) -> bytes:
        pixels.append(samples.shape[0] * samples.shape[1])
        return encode(samples)

    monkeypatch.setattr(compiled, "encode", noted)
    return pixels


def test_smooth_photographs_are_not_coded_as_drawings(monkeypatch: pytest.MonkeyPatch) -> None:
    samples, pixels = enlarged(), counted(monkeypatch)
    assert is_drawn(samples)
    assert not graphics.may_pay(samples, find_model("wave-fast", 3, "auto").encode)
    pixels.clear()
    data = l3c.encode(samples, model="wave-fast", history=False, effort=1)
    assert max(pixels) < SIDE * SIDE / 4
    assert l3c.info(data).graphics_tiles == 0
    np.testing.assert_array_equal(l3c.decode(data), samples)


def test_drawings_are(monkeypatch: pytest.MonkeyPatch) -> None:
    samples, pixels = drawing(), counted(monkeypatch)
    assert repeated_share(samples) < graphics.DECISIVE_SHARE
    data = l3c.encode(samples, model="wave-fast", history=False, effort=1)
    assert max(pixels) == SIDE * SIDE
    assert l3c.info(data).graphics_tiles == 1
    np.testing.assert_array_equal(l3c.decode(data), samples)


def test_photographs_of_middling_size_are_asked_about_too() -> None:
    part = np.ascontiguousarray(enlarged()[100:550, 100:500])
    assert is_drawn(part)
    assert not graphics.may_pay(part, find_model("wave-fast", 3, "auto").encode)


def test_small_pictures_and_plain_repeats_are_not_asked_about() -> None:
    def refuse(_: Samples) -> bytes:
        raise AssertionError

    assert graphics.may_pay(enlarged()[:100, :100], refuse)
    assert graphics.may_pay(np.zeros((SIDE, SIDE, 3), np.uint8), refuse)
