"""What the network sees is what its definition says."""

import math
from dataclasses import replace

import numpy as np
import pytest

from l3c.dct.definition.architecture import BLOCK
from l3c.dct.definition.features import COLUMN, EDGE, ROW, Blocks, Statistics, Surroundings, counted, last_positions
from l3c.dct.definition.levels import levels, log_table, signed_steps
from l3c.jpeg.idct import SIDE
from tests.dct.examples import SMALL


@pytest.mark.parametrize("octave", [8, 12, 16, 23, 32])
def test_logarithms_are_exact(octave: int) -> None:
    for i, level in enumerate(log_table(octave, 400, 255)):
        assert level == 255 or 2 ** int(level) <= (1 + i) ** octave < 2 ** (int(level) + 1)


def test_levels_are_clipped_and_signed() -> None:
    assert levels(np.array([0, 1, 3, 1 << 20]), 16).tolist() == [0, 16, 32, 255]
    assert signed_steps(np.array([-1, 0, 1, -(1 << 20)]), 8).tolist() == [-8, 0, 8, -127]


def test_edges_are_extrapolated_from_two_samples() -> None:
    for v in range(SIDE):
        scale = math.sqrt(1 / 8) if v == 0 else 0.5
        near, far = (scale * math.cos((2 * y + 1) * v * math.pi / 16) for y in (0, 1))
        assert EDGE[v] == round(1024 * (1.5 * near - 0.5 * far))


def around(left: int, above: int) -> Surroundings:
    blocks = np.zeros((4, 1, BLOCK), np.int16)
    blocks[0, 0, 0], blocks[1, 0, 0] = left, above
    present = np.ones(1, np.bool_)
    return Surroundings(blocks[0], blocks[1], blocks[2], blocks[3], present, present, np.zeros((1, BLOCK), np.uint8))


def test_flat_neighbours_predict_their_mean() -> None:
    steps = np.full(BLOCK, 3)
    blocks = Blocks(around(20, -7), steps)
    blocks.start(np.array([1]))
    _, references = blocks.position(0, 1)
    origin = references[-1]
    assert abs(origin[0] - 64 * 6.5) <= 1
    assert np.abs((references[:-1] + origin)[:, 0] - 64 * np.array([-7, 20, 13, 0])).max() <= 1


def test_a_missing_neighbour_predicts_nothing() -> None:
    given = replace(around(20, 0), has_above=np.zeros(1, np.bool_))
    blocks = Blocks(given, np.full(BLOCK, 3))
    blocks.start(np.array([1]))
    _, references = blocks.position(0, 1)
    assert abs(references[-1, 0] - 64 * 20) <= 1


def test_coded_coefficients_are_taken_off_the_edges() -> None:
    steps = np.arange(2, 2 + BLOCK)
    blocks = Blocks(around(0, 0), steps)
    blocks.start(np.array([BLOCK]))
    k = 12
    assert blocks.set(k, np.array([5])).tolist() == signed_steps(5 * steps[k : k + 1], 8).tolist()
    assert blocks.rows[0, COLUMN[k]] == -5 * steps[k] * EDGE[ROW[k]]
    assert blocks.columns[0, ROW[k]] == -5 * steps[k] * EDGE[COLUMN[k]]
    assert np.count_nonzero(blocks.rows) == np.count_nonzero(blocks.columns) == 1


def test_inputs_are_as_many_as_the_network_takes() -> None:
    blocks = Blocks(around(1, 2), np.ones(BLOCK, np.int64))
    blocks.start(np.array([BLOCK]))
    seen, references = blocks.position(5, 1)
    assert blocks.trunk().shape == (1, SMALL[0].inputs)
    assert (seen.shape[1], len(references)) == (SMALL[0].seen, SMALL[0].references + 1)


def test_last_positions() -> None:
    coefficients = np.zeros((3, BLOCK), np.int16)
    coefficients[1, 0], coefficients[2, [4, 63]] = 9, (1, -1)
    assert last_positions(coefficients).tolist() == [0, 1, 64]


def test_statistics_are_means_that_fade() -> None:
    statistics = Statistics()
    assert not statistics.levels().any()
    statistics.add(np.full(BLOCK, 30), 10)
    assert statistics.levels().tolist() == levels(np.full(BLOCK, 3 * 64), 16).tolist()
    statistics.add(np.full(BLOCK, 12_000), 4090)
    assert statistics.count == 2050


def test_statistics_count_changes_of_means() -> None:
    coefficients = np.array([[100, -3, *[0] * 62]], np.int16)
    assert counted(coefficients, np.array([96], np.int16))[0, :3].tolist() == [4, 3, 0]
