"""When a run ends because it gains too little."""

import pytest

from l3c.training.wave.patience import Patience


def ends(costs: list[float], minutes: float | None, gain: float) -> list[bool]:
    """After validations a minute apart."""
    patience, found = Patience(minutes, gain), []
    for minute, cost in enumerate(costs):
        patience.note(minute, cost)
        found.append(patience.over)
    return found


def test_a_run_that_gains_goes_on() -> None:
    assert ends([3.0, 2.9, 2.95, 2.8, 2.7, 2.6], 2, 0.01) == [False] * 6


def test_a_run_that_gains_too_little_ends() -> None:
    """Neither within the first minutes nor because of a single worse validation."""
    assert ends([3.0, 2.9, 2.89, 2.889], 2, 0.01) == [False, False, False, True]


@pytest.mark.parametrize("costs", [[3.0, 3.1, 3.2, 3.3]])
def test_the_beginning_counts(costs: list[float]) -> None:
    assert ends(costs, 2, 0.01)[-1]
    assert not any(ends(costs, None, 0.01))
