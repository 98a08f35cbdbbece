"""When a run comes to its end sooner because it gains too little."""

import pytest

from l3c.training.wave.patience import Patience


def over(costs: list[float], minutes: float | None, gain: float) -> list[bool]:
    """After validations a minute apart."""
    patience, found = Patience(minutes, gain), []
    for minute, cost in enumerate(costs):
        patience.note(minute, cost, minute / 100)
        found.append(patience.over)
    return found


def test_a_run_that_gains_goes_on() -> None:
    assert over([3.0, 2.9, 2.95, 2.8, 2.7, 2.6], 2, 0.01) == [False] * 6


def test_patience_with_a_run_that_gains_too_little_is_over_and_stays_so() -> None:
    """Neither within the first minutes nor because of a single worse validation."""
    assert over([3.0, 2.9, 2.89, 2.889, 2.0], 2, 0.01) == [False, False, False, True, True]


@pytest.mark.parametrize("costs", [[3.0, 3.1, 3.2, 3.3]])
def test_the_first_validation_counts(costs: list[float]) -> None:
    assert over(costs, 2, 0.01)[-1]
    assert not any(over(costs, None, 0.01))


def test_the_rest_of_the_schedule_then_takes_as_many_minutes() -> None:
    patience = Patience(2.0, 0.01)
    assert patience.hastened(0.2, 5.0) == 0.2
    for minute in range(1, 5):
        patience.note(minute, 3.0, minute / 10)
    assert patience.over
    found = [patience.hastened(minute / 10, minute) for minute in (3.0, 4.0, 5.0, 5.1)]
    assert found == pytest.approx([0.3, 0.65, 1.0, 1.035])
    assert patience.hastened(0.99, 3.5) == 0.99  # never behind the clock
