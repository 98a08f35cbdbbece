"""Samples of integer models: true scales keep their bits, drawn ones follow the mixtures."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from l3c.published.drawing import bits_of, draw, mixtures_of, samples_of
from l3c.published.grid import parameter_units
from tests.published.integer import ARCHITECTURES, model, picture

KINDS = list(ARCHITECTURES)
IMAGE = picture(21, 30)


@pytest.mark.parametrize("kind", KINDS)
def test_bits_are_those_of_the_payload(kind: str) -> None:
    bits = bits_of(model(kind), IMAGE)
    assert len(bits) == {"l3c": 4, "rgb": 4, "rgb-shared": 5}[kind]
    assert sum(bits) == pytest.approx(8 * len(model(kind).encode(IMAGE)), abs=8 * 45)


@pytest.mark.parametrize("kind", KINDS)
def test_samples_have_the_pictures_size_and_fewer_bits(kind: str) -> None:
    samples = samples_of(model(kind), IMAGE)
    assert [sample.scales for sample in samples] == list(range(len(samples)))
    assert all(a.bpsp > b.bpsp > 0 for a, b in pairwise(samples))
    assert all(sample.picture.shape == IMAGE.shape and sample.picture.dtype == np.uint8 for sample in samples)
    assert np.array_equal(samples[0].picture, IMAGE)
    again = samples_of(model(kind), IMAGE)
    assert all(np.array_equal(a.picture, b.picture) for a, b in zip(samples, again, strict=True))
    assert not np.array_equal(samples[1].picture, samples_of(model(kind), IMAGE, seed=1)[1].picture)


@pytest.mark.parametrize("scale", [0, 1])
def test_draws_follow_the_mixture(scale: int) -> None:
    a = ARCHITECTURES["l3c"]
    channels, width, low = (3, 1.0, 0.0) if scale == 0 else (5, 2 / 24, -1.0)
    values = [0.0, low + 12 * width, np.log(1.5 * width), -20.0][: 4 if scale == 0 else 3]
    floats = np.repeat(values, channels * a.components)
    units, offsets = parameter_units(a, scale, len(floats))
    whole = np.rint(floats / units + offsets).astype(np.int32)
    parameters = np.broadcast_to(whole[:, None, None], (len(whole), 100, 120))
    weights, means, scales, *_ = mixtures_of(a, scale, parameters)
    assert np.allclose(weights.sum(1), 1)
    assert np.allclose(means, 12)
    assert np.allclose(scales, 1.5, rtol=0.05)
    drawn = draw(a, scale, parameters, np.random.default_rng(3))
    assert drawn.shape == (channels, 100, 120)
    assert drawn.mean() == pytest.approx(12 - (0.5 if scale == 0 else 0), abs=0.1)
    assert drawn.std() == pytest.approx(1.5 * np.pi / np.sqrt(3), rel=0.1)
