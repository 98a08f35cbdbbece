"""The fit solves its least-squares problem, forgets with distance, and takes anything."""

import numpy as np

from l3c.wave.definition.architecture import FITTED
from l3c.wave.definition.local_fit import RIDGE, LocalFit, fit_levels, solve


def test_elimination_gives_the_least_squares_prediction() -> None:
    random = np.random.default_rng(0)
    inputs, targets = random.normal(0, 20, (FITTED, 60)), random.normal(0, 20, 60)
    pixel = random.normal(0, 20, FITTED)
    matrix = inputs @ inputs.T + float(RIDGE) * np.eye(FITTED)
    expected = np.linalg.solve(matrix, inputs @ targets) @ pixel
    rows = np.concatenate([matrix, [inputs @ targets], [pixel]]).astype(np.float32)
    np.testing.assert_allclose(solve(rows[..., None]), [expected], rtol=1e-3)


def test_a_linear_picture_is_learned() -> None:
    """Differences that follow from the neighbours' are predicted after some pixels of one row."""
    random = np.random.default_rng(1)
    fit, weights = LocalFit(1, 400), random.normal(0, 0.3, FITTED)
    for x in range(400):
        inputs = random.integers(-60, 60, (FITTED, 1)).astype(np.float32)
        target = (weights @ inputs).astype(np.float32)
        place = np.array([0]), np.array([x])
        error = abs(fit.predict(*place, inputs)[0] - target[0])
        fit.update(*place, inputs, target)
    assert error < 8


def test_levels_are_quarters_within_a_byte() -> None:
    differences = np.array([0, 0.25, -0.5, 40, -40, np.inf, -np.inf, np.nan], np.float32)
    assert fit_levels(differences).tolist() == [128, 129, 126, 255, 0, 255, 0, 0]
