"""Samples are made of components in no more memory than the reader's word has for that, to the byte."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import l3c
from l3c.codec.decode import decode_components, joining_needed
from l3c.container.read import read_file
from l3c.history import registry
from l3c.history.value_table import convert
from tests.checks import noise, smooth_picture
from tests.codec.test_memory import CASES

SLACK = 1 << 16
"""Bytes of Python's own objects, and of what is loaded late."""


def normal(kind: str, channels: int) -> Callable[[int, int], NDArray[Any]]:
    return lambda h, w: np.random.default_rng(0).normal(0, 1, (h, w, channels)).astype(kind)


def integers(kind: str, channels: int) -> Callable[[int, int], NDArray[Any]]:
    return lambda h, w: noise(h, w, channels * np.dtype(kind).itemsize).view(kind)


MAKES: dict[str, Callable[[int, int], NDArray[Any]]] = {
    **{name: make for name, (make, _) in CASES.items()},
    "alpha": lambda h, w: smooth_picture(h, w, 4),
    "gray and alpha": lambda h, w: smooth_picture(h, w, 2),
    "one bit": lambda h, w: noise(h, w, 1)[..., 0] > 99,
    "signed bytes": integers("int8", 3),
    **{f"{kind} x {n}": integers(kind, n) for kind in ("uint16", "int16", "uint32", "int64") for n in (1, 4)},
    **{f"{kind} x {n}": normal(kind, n) for kind in ("float16", "float32", "float64") for n in (1, 3, 4)},
}


@pytest.mark.parametrize("history", [False, True])
@pytest.mark.parametrize("name", MAKES)
def test_the_peak_is_what_the_word_has_room_for(name: str, history: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        convert, "STRIP", 1 << 10
    )  # else all rows are one strip, which the tiles' workspace has room for
    picture = MAKES[name](190, 301)
    contents = read_file(l3c.encode(picture, model="wave-fast", effort=1, history=history))
    components = decode_components(contents, 1, None, lambda share: None)
    registry.redo(components, contents.header)
    tracemalloc.start()
    try:
        samples = registry.redo(components, contents.header)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    said = joining_needed(contents.header)
    print(f"{name}: {peak / picture.nbytes:.2f} samples, said {said / picture.nbytes:.2f}")
    np.testing.assert_array_equal(samples.squeeze(), picture.squeeze())
    assert peak <= said + SLACK
