"""Learning rates over iterations, in the published grammar and two forms more.

none                            the initial rate
exp_F_{i|e}N                    times F every N iterations (i) or epochs (e, may be a fraction): a staircase
exp_F_{i|e}N_warm_S_G_{i|e}M    the same for S epochs; then, from the initial rate anew every S epochs, times G every M
cos_MAX_MIN_{i|e}T              MIN + (MAX - MIN) cos(pi / 2 * (iteration mod T) / T)
half_cosine                     half a cosine from the initial rate to a hundredth of it over the whole run
clock                           the initial rate, and in a straight line to 0 over the last third of the run's minutes
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Callable

from l3c.errors import InputError

Rate = Callable[[int], float]
CLOCK = "clock"  # a schedule that follows the run's minutes
NUMBER = r"(\d+(?:\.\d*)?(?:e-?\d{1,2})?|\.\d+(?:e-?\d{1,2})?)"  # a part of the grammar's forms
# the published form: a factor each so many iterations or epochs, and a second one after a warm restart
STAIRS = re.compile(rf"exp_{NUMBER}_([ie]){NUMBER}(?:_warm_{NUMBER}_{NUMBER}_([ie]){NUMBER})?")
# a quarter of a cosine from one rate to another, again and again
COSINE = re.compile(rf"cos_{NUMBER}_{NUMBER}_([ie]){NUMBER}")
LAST = 0.01  # share of the first rate that `half_cosine` ends with. By trial

FALLING = 1 / 3
"""Share of a run's minutes, at its end, in which `clock` falls."""

DEAD = 1e-3
"""Share of the first rate below which nothing more is learned: a thousand steps do what one did at first."""

logger = logging.getLogger(__name__)


def make_schedule(
    text: str,
    initial: float,
    batches_per_epoch: int,
    iterations: int | None = None,
    share: Callable[[], float] | None = None,
) -> Rate:
    """Rate of an iteration, counted from 0. Raises InputError where the text is none of the forms.

    share: says how much of the run's minutes is over, 0..1; None where they have no limit.
    """
    if text == "none":
        return lambda iteration: initial
    if text == "half_cosine":
        return _half_cosine(initial, iterations)
    if text == CLOCK:
        return _by_clock(initial, share)
    if match := STAIRS.fullmatch(text):
        return _stairs(match, initial, batches_per_epoch)
    if match := COSINE.fullmatch(text):
        high, low, period = float(match[1]), float(match[2]), _span(match[3], match[4], batches_per_epoch)
        return lambda iteration: low + (high - low) * math.cos(math.pi / 2 * (iteration % period) / period)
    raise InputError(
        f"optimizer.schedule: {text!r} is none of: none, exp_F_eN, exp_F_eN_warm_S_G_eM, cos_MAX_MIN_eT, half_cosine, "
        f"{CLOCK}"
    )


def check_schedule(text: str) -> None:
    """Raise InputError where a text is none of the forms, or has numbers that make no schedule."""
    make_schedule(text, 1.0, 1, 1, lambda: 0.0)


def warmed_up(rate: Rate, iterations: int) -> Rate:
    """Let the rate rise from near 0 in a straight line at first."""
    return lambda iteration: rate(iteration) * min(1.0, (iteration + 1) / (iterations + 1))


def watched(rate: Rate, initial: float, warm_up: int = 0) -> Rate:
    """Say once when the rate has died, as that of a staircase by epochs does where epochs are short."""
    said: list[int] = []

    def watching(iteration: int) -> float:
        now = rate(iteration)
        if now < DEAD * initial and iteration >= warm_up and not said:
            said.append(iteration)
            logger.warning(
                "the learning rate has died: %.1e at iteration %d, begun with %.1e; see optimizer.schedule",
                now, iteration, initial,
            )  # fmt: skip
        return now

    return watching


def _span(unit: str, count: str, batches_per_epoch: int) -> int:
    return max(1, int(_positive(count) * (batches_per_epoch if unit == "e" else 1)))


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < math.inf:
        raise InputError(f"optimizer.schedule: {text} is no length or factor above 0")
    return value


def _stairs(match: re.Match[str], initial: float, batches_per_epoch: int) -> Rate:
    factor, steps = _positive(match[1]), _span(match[2], match[3], batches_per_epoch)
    if not match[4]:
        return lambda iteration: initial * factor ** (iteration // steps)
    restart = _span("e", match[4], batches_per_epoch)
    later_factor, later_steps = _positive(match[5]), _span(match[6], match[7], batches_per_epoch)

    def rate(iteration: int) -> float:
        if iteration < restart:
            return initial * factor ** (iteration // steps)
        return initial * later_factor ** (iteration % restart // later_steps)

    return rate


def _half_cosine(initial: float, iterations: int | None) -> Rate:
    if iterations is None:
        raise InputError("optimizer.schedule: half_cosine needs run.iterations")
    last = LAST * initial
    return lambda iteration: last + (initial - last) * (1 + math.cos(math.pi * min(1.0, iteration / iterations))) / 2


def _by_clock(initial: float, share: Callable[[], float] | None) -> Rate:
    if share is None:
        raise InputError("optimizer.schedule: clock needs run.minutes")
    return lambda iteration: initial * min(1.0, max(0.0, 1 - share()) / FALLING)
