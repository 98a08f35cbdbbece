"""Channels are expected to follow those before them as they did so far."""

import numpy as np

from l3c.wave.definition.regression import FINE, Regression, energy_levels, step_levels

ROW = np.array([0])


def test_channels_that_follow_the_first_are_expected_to_after_some_pixels() -> None:
    """Red moves half as much as green beyond it, blue a quarter and against red's own part."""
    random = np.random.default_rng(0)
    regression, fits = Regression(3, 1, 300), np.zeros((3, 1), np.float32)
    for x in range(300):
        green, own = random.integers(-40, 40, 2)
        true = np.array([green, 1.5 * green + own, 1.25 * green - 0.5 * own]).round().astype(np.int64)
        regression.fade(ROW, np.array([x]), fits)
        for c in range(3):
            expected = regression.expect(c)
            error = regression.set_error(c, true[c : c + 1] * FINE, expected)
        regression.update()
    assert abs(error[0]) < 2 * FINE


def test_without_errors_the_fits_are_expected() -> None:
    regression, fits = Regression(3, 1, 1), np.array([[3.25], [-1.5], [400]], np.float32)
    regression.fade(ROW, ROW, fits)
    expected = []
    for c in range(3):
        expected.append(regression.expect(c))
        regression.set_error(c, np.array([4 * FINE]), expected[c])
    assert np.concatenate(expected).tolist() == [3.25 * FINE, 2.5 * FINE, 255 * FINE]


def test_no_number_is_expected_to_be_the_least() -> None:
    regression = Regression(1, 1, 1)
    regression.fade(ROW, ROW, np.full((1, 1), np.nan, np.float32))
    assert regression.expect(0).tolist() == [-255 * FINE]


def test_inputs_are_quarters_of_levels_and_eighths_of_octaves() -> None:
    assert step_levels(np.array([0, 16, -16, 7, 8, 9999, -9999])).tolist() == [128, 129, 127, 128, 129, 255, 0]
    sums = np.array([0, 0.75, 1.75, 3.75, 2.0**40], np.float32)
    assert energy_levels(sums).tolist() == [56, 72, 80, 88, 255]
