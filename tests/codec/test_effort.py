"""More effort never gives a larger file; adapted models are named, needed and limited as the format says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

import l3c
from l3c.codec.models import models_of
from l3c.container.constants import ADAPTATIONS
from l3c.container.read import read_file
from l3c.container.structure import Adaptation
from l3c.container.tiling import boxes
from l3c.container.write import write_file
from l3c.errors import FormatError, InputError, LimitError
from l3c.wave.model import WaveModel
from tests.checks import encode_tiled, packaged_model, plain, smooth_picture


def inner_picture(channels: int) -> NDArray[np.uint8]:
    """150 x 200 pixels without corners of one colour, which would be tried as WebP."""
    return np.ascontiguousarray(smooth_picture(220, 280, channels)[35:185, 40:240])


PICTURE = inner_picture(3)
TILED = encode_tiled(PICTURE, packaged_model(3, 64, "wave-fast"), effort=3)


def encoded(picture: NDArray[np.uint8], model: str, effort: int) -> bytes:
    return l3c.encode(plain(picture), model=model, effort=effort, history=False)


def test_more_effort_gives_no_larger_file() -> None:
    sizes = [len(encoded(PICTURE, "wave-light", effort)) for effort in (1, 3, 4, 5)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < 0.99 * sizes[0]


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize(("model", "effort"), [("wave-fast", 3), ("wave", 4)])
def test_pixels_come_back(channels: int, model: str, effort: int) -> None:
    picture = inner_picture(channels)
    data = encoded(picture, model, effort)
    np.testing.assert_array_equal(l3c.decode(data).reshape(picture.shape), picture)


def test_each_component_is_tuned_by_itself() -> None:
    contents = read_file(encoded(inner_picture(4), "wave-fast", 4))
    assert [adaptation.model for adaptation in contents.adaptations] == [0, 1]


def test_bytes_do_not_depend_on_threads() -> None:
    model = packaged_model(3, 64, "wave-fast")
    assert encode_tiled(PICTURE, model, threads=3, effort=3) == TILED


def test_info_says_what_tuning_takes() -> None:
    assert l3c.info(TILED).adaptation_size == sum(len(t.data) for t in read_file(TILED).adaptations) > 0
    assert l3c.info(encoded(PICTURE, "wave-fast", 1)).adaptation_size == 0


def test_parts_come_from_tuned_tiles() -> None:
    np.testing.assert_array_equal(l3c.open(TILED)[10:90, 60:70], PICTURE[10:90, 60:70])


def test_a_damaged_tile_costs_no_other() -> None:
    damaged = bytearray(TILED)
    damaged[-40] ^= 1
    last = boxes(150, 200, 64)[-1]
    found = l3c.salvage(bytes(damaged))
    assert len(found.lost) == 1
    np.testing.assert_array_equal(found.samples[: last.top], PICTURE[: last.top])


def test_tuning_that_is_damaged_is_said_to_be() -> None:
    damaged = bytearray(TILED)
    damaged[TILED.index(ADAPTATIONS) + 20] ^= 3
    with pytest.raises(FormatError):
        l3c.salvage(bytes(damaged))


@pytest.mark.parametrize("data", [b"", bytes(5), bytes(60), b"\xff" * 60])
def test_a_tuning_of_nonsense_is_refused(data: bytes) -> None:
    contents = replace(read_file(TILED), adaptations=[Adaptation(0, data)])
    with pytest.raises(FormatError):
        l3c.decode(write_file(contents))


def test_many_tunings_are_within_the_limit_of_memory() -> None:
    contents = read_file(TILED)
    many = write_file(replace(contents, adaptations=contents.adaptations * 255))
    with pytest.raises(LimitError):
        l3c.decode(many, max_memory=256 << 20)


def test_a_model_that_cannot_be_tuned_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(WaveModel, "adapted")
    with pytest.raises(FormatError, match="model 'wave-fast' cannot be adapted"):
        models_of(read_file(TILED))


@pytest.mark.parametrize("effort", [0, 10, -1])
def test_other_efforts_are_refused(effort: int) -> None:
    with pytest.raises(InputError, match="effort"):
        l3c.encode(PICTURE, effort=effort)
