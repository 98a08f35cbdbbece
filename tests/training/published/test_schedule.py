"""Every form of schedule at the iterations where it changes."""

import pytest

from l3c.errors import InputError
from l3c.training.published.schedule import make_schedule, warmed_up


@pytest.mark.parametrize(
    ("text", "rates"),
    [
        ("none", {0: 1.0, 10**6: 1.0}),
        ("exp_0.75_e5", {0: 1.0, 49: 1.0, 50: 0.75, 100: 0.75**2}),
        ("exp_0.5_e0.5", {4: 1.0, 5: 0.5}),
        ("exp_0.5_i3", {2: 1.0, 3: 0.5, 6: 0.25}),
        ("exp_0.5_e1_warm_4_0.1_e2", {39: 0.125, 40: 1.0, 59: 1.0, 60: 0.1, 80: 1.0}),
        ("cos_1.0_0.2_i4", {0: 1.0, 2: 0.2 + 0.8 * 0.5**0.5, 4: 1.0}),
        ("half_cosine", {0: 1.0, 50: 0.505, 100: 0.01, 200: 0.01}),
    ],
)
def test_rates(text: str, rates: dict[int, float]) -> None:
    schedule = make_schedule(text, 1.0, batches_per_epoch=10, iterations=100)
    assert {iteration: schedule(iteration) for iteration in rates} == pytest.approx(rates)


def test_warm_up_rises_to_the_rate() -> None:
    rate = warmed_up(make_schedule("none", 2.0, 10), 3)
    assert [rate(i) for i in range(5)] == pytest.approx([0.5, 1.0, 1.5, 2.0, 2.0])


@pytest.mark.parametrize("text", ["exp", "exp_0.75", "exp_a_e5", "cosine", "half_cosine"])
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"optimizer\.schedule"):
        make_schedule(text, 1.0, 10)
