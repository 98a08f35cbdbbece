"""The fused product and sum is rounded once, whatever computes it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from l3c.wave.definition.fused import Floats, fused

floats = st.floats(-(2**60), 2**60, width=32)


def one(value: float) -> Floats:
    return np.array([value], np.float32)


def exactly(a: float, b: float, c: float) -> np.float32:
    """a b + c of float32 values: as a ratio of integers, rounded to float32 to the nearest, ties to even."""
    from fractions import Fraction

    exact = Fraction(a) * Fraction(b) + Fraction(c)
    guess = np.float32(float(exact))
    around = (np.nextafter(guess, np.float32(-np.inf)), guess, np.nextafter(guess, np.float32(np.inf)))
    return min(around, key=lambda f: (abs(Fraction(float(f)) - exact), int(f.view(np.uint32)) & 1))


@given(floats, floats, floats)
def test_one_rounding(a: float, b: float, c: float) -> None:
    values = (one(v) for v in (a, b, c))
    assert fused(*values)[0] == exactly(a, b, c)


def test_ties_and_what_lies_beside_them() -> None:
    """Products of 1 + 2^-12 with itself have a last bit at 2^-24, half of what float32 holds beside 1."""
    a, tiny = one(1 + 2**-12), one(2**-60)
    for start in (one(0), tiny, -tiny, one(2**-24), one(-1)):
        assert fused(a, a, start)[0] == exactly(float(a[0]), float(a[0]), float(start[0]))
