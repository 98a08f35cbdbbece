"""Repeats of deep samples: which count, their shares, and how counts follow what is seen."""

import numpy as np
import pytest

from l3c.coding.mixture import make_mixture
from l3c.wave.definition.deep import PLACE_BITS, PLAIN_BITS, Alphabet, Places, interval
from l3c.wave.definition.repeats import COUNTS_MAX, FIRST, LEAST, SAMPLE, RepeatCounts, Repeats

DEPTH = 16


def repeats_of(
    counts: RepeatCounts, excesses: list[int], shift: int = 0, first: int = 0, channel: int = 0, edge: int = 900
) -> Repeats:
    """Of one sample."""
    column = np.array(excesses, np.int64)[:, None]
    return counts.of(channel, column, np.array([first]), np.array([edge]), np.array([shift]), DEPTH)


def test_equal_values_beyond_the_ends_and_far_ones_do_not_count() -> None:
    counts = RepeatCounts(1)
    found = repeats_of(counts, [900, 900, 910, 5000])
    assert found.residuals[:, 0].tolist() == [128, -1, 138, -1, -1]  # the plane is at -3200
    assert found.contexts.tolist() == [1]
    assert 65000 < found.mixture[0] + found.slots.sum() <= 65536
    assert found.slots[[1, 3, 4], 0].tolist() == [0, 0, 0]


def test_later_channels_repeat_what_exceeds_the_first() -> None:
    found = repeats_of(RepeatCounts(2), [5, 6, 7, 5], first=900, channel=0)
    assert found.values[:, 0].tolist() == [905, 906, 907, 905, 906]


@pytest.mark.parametrize("shift", [0, 3, 5, 8])
def test_frequencies_of_all_symbols_sum_to_the_whole(shift: int) -> None:
    counts = RepeatCounts(1)
    counts.counts[:, :, 1:] = 9000
    repeats = repeats_of(counts, [901, 1500, 40, 903], shift, edge=950 - (1 << shift >> 1))
    mixture = make_mixture(*(np.array([[value], [value]], np.int64) for value in (0, 128 * 64, 10)))
    alphabet = Alphabet(mixture, repeats, np.array([shift]), DEPTH)

    def total(below: object, count: int) -> int:
        widths = [interval(below, np.array([symbol]))[1][0] for symbol in range(count)]  # type: ignore[arg-type]
        assert min(widths) > 0
        return int(sum(widths))

    assert total(alphabet.residual, 256) == 65536
    for residual in (1, 127, 128, int(max(repeats.residuals[0, 0], 1))):
        of = np.array([residual])
        places = Places.of(of, np.array([shift]), DEPTH)
        assert places.bits[0] <= PLACE_BITS
        assert places.plain[0] <= PLAIN_BITS
        assert total(lambda place, of=of: alphabet.place(of, place), 1 << int(places.bits[0])) == 65536
        place = np.array([(1 << int(places.bits[0])) - 1])
        below = lambda plain, of=of, place=place: alphabet.plain(of, place, plain)  # noqa: E731
        assert total(below, 1 << int(places.plain[0])) == 65536


def test_counts_follow_what_repeats_and_fade() -> None:
    counts = RepeatCounts(1)
    for _ in range(300):
        repeats = repeats_of(counts, [900, 911, 922, 933])
        counts.add(0, repeats, np.array([911]), np.array([2.0**30]))  # rare for the mixture
        assert counts.repeated.tolist() == [2]
        assert counts.kept[0] < 0.5
        counts.merge()
    found = counts.counts[0, 0]
    assert found.sum() <= COUNTS_MAX
    assert (found >= np.array(LEAST)).all()
    assert found[2] > 50 * SAMPLE
    assert repeats_of(counts, [900, 911, 922, 933]).slots[1, 0] > 50000
    assert counts.counts[0, 1].tolist() == list(FIRST)


def test_a_sample_that_repeats_nothing_is_the_mixtures() -> None:
    counts = RepeatCounts(1)
    counts.add(0, repeats_of(counts, [900, 911, 922, 933]), np.array([1]), np.array([2.0**40]))
    counts.merge()
    assert counts.counts[0, 0].tolist() == [FIRST[0] + SAMPLE, *FIRST[1:]]
    assert counts.kept.tolist() == [1]
    assert counts.repeated.tolist() == [0]
