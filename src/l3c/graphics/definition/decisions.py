"""Binary decisions: chances that adapt, their mixture, and the arithmetic coder."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from l3c.errors import FormatError
from l3c.graphics.definition.tables import (
    COUNT_LIMIT,
    STRETCH_BITS,
    STRETCH_REACH,
    rate_table,
    squash_table,
    stretch_table,
)

ONE_HALF = 1 << 15
"""Probabilities are in 1/65536."""

CERTAIN = 65535  # what a chance moves towards after a 1

SINGLE_MIN = 32
"""A chance that is used alone stays so far from 0 and 65536, since it has no mixture to correct it."""

REFINED_MIN = 16
"""The least refined probability, from either end: it costs 22 thousandths of a percent of a bit."""

STEPS = 24
"""Intervals of a refinement: its nodes are 2/3 apart in log odds."""

FIRST_SEEN = 6
"""Decisions that a node of a refinement counts as having seen: it starts out as what the mixture says."""

WEIGHT_BITS = 14
"""Of the fractions of a mixture's weights, which have 16 bits: two vectors of eight hold a mixture, and 2 is more than
weights come to."""

WEIGHT_MIN = -(1 << 15)  # the least integer of 16 bits

WEIGHT_MAX = (1 << 15) - 1  # the greatest one

ERROR_SHIFT = 7
"""Of an error times its rate, which then fits 16 bits."""

ROOM = 3
"""Bytes that a decoder reads beyond a payload: 4 to begin with, of which the encoder's last step writes one."""

WORD = 0xFFFFFFFF  # the bounds of the coder's interval have 32 bits


@dataclass
class Chance:
    """The probability that a decision is 1, in 1/65536. seen: decisions so far, up to COUNT_LIMIT. Format 10.2."""

    p: int = ONE_HALF
    seen: int = 0

    def learn(self, bit: int) -> None:
        """Move towards a decision, by less the more were seen. Format 10.2."""
        self.p += ((CERTAIN if bit else 0) - self.p) * int(rate_table()[self.seen]) >> 16
        self.seen = min(self.seen + 1, COUNT_LIMIT)


class Refinement:
    """What probabilities turn out to be, at STEPS + 1 log odds. Format 10.3."""

    def __init__(self) -> None:
        squash = squash_table()
        places = [i * 2 * STRETCH_REACH // STEPS for i in range(STEPS + 1)]
        self.nodes = [Chance(int(squash[place]), FIRST_SEEN) for place in places]


class Coder(Protocol):
    """Either end of the arithmetic coder. Format 10.4."""

    def code(self, bit: int, p: int) -> int:
        """A decision that is 1 with probability p / 65536. bit: what it is, which a decoder does not look at."""
        ...


def middle(low: int, high: int, p: int) -> int:
    """The last number of the interval that means 1. Format 10.4."""
    return low + ((high - low) * p >> 16)


class Writer:
    """Decisions to bytes. Format 10.4."""

    def __init__(self) -> None:
        self._low, self._high, self._out = 0, WORD, bytearray()

    def code(self, bit: int, p: int) -> int:
        """As `Coder`. Format 10.4."""
        border = middle(self._low, self._high, p)
        if bit:
            self._high = border
        else:
            self._low = border + 1
        while self._low >> 24 == self._high >> 24:
            self._out.append(self._high >> 24)
            self._low, self._high = self._low << 8 & WORD, self._high << 8 & WORD | 255
        return bit

    def finish(self) -> bytes:
        """The payload: one more byte, the least after which zeros lie in the interval. Format 10.4."""
        return bytes(self._out) + bytes([-(-self._low >> 24)])


class Reader:
    """Bytes to decisions. Format 10.4."""

    def __init__(self, payload: bytes) -> None:
        self._payload, self._read = payload, 0
        self._low, self._high, self._value = 0, WORD, 0
        for _ in range(4):
            self._value = self._value << 8 | self._next()

    def _next(self) -> int:
        self._read += 1
        return self._payload[self._read - 1] if self._read <= len(self._payload) else 0

    def code(self, bit: int, p: int) -> int:
        """As `Coder`. Format 10.4."""
        border = middle(self._low, self._high, p)
        bit = int(self._value <= border)
        if bit:
            self._high = border
        else:
            self._low = border + 1
        while self._low >> 24 == self._high >> 24:
            self._low, self._high = self._low << 8 & WORD, self._high << 8 & WORD | 255
            self._value = self._value << 8 & WORD | self._next()
        return bit

    def check(self) -> None:
        """Raises FormatError where more was read than a payload of this size can hold. Format 10.4."""
        if self._read > len(self._payload) + ROOM:
            raise FormatError("payload ends before its last decision")

    def finish(self) -> None:
        """Raises FormatError unless the payload ends here. Format 10.4."""
        if self._read != len(self._payload) + ROOM:
            raise FormatError("payload does not end where its last decision ends")


@dataclass
class Decisions:
    """Codes decisions one by one, by one chance or a mixture of several. Format 10.2, 10.3."""

    coder: Coder
    inputs: list[Chance] = field(default_factory=list)

    def even(self, bit: int) -> int:
        """By a probability of one half. Format 10.2."""
        return self.coder.code(bit, ONE_HALF)

    def single(self, bit: int, chance: Chance) -> int:
        """By one chance, which learns. Format 10.2."""
        bit = self.coder.code(bit, min(max(chance.p, SINGLE_MIN), 65536 - SINGLE_MIN))
        chance.learn(bit)
        return bit

    def mixed(self, bit: int, weights: list[int], rate: int, refinement: Refinement) -> int:
        """By a mixture of `inputs`; they, the weights and the refinement learn. weights: one an input, in 1/16384.

        Format 10.3.
        """
        stretched = [int(stretch_table()[chance.p >> 16 - STRETCH_BITS]) for chance in self.inputs]
        total = sum(weight * odds for weight, odds in zip(weights, stretched, strict=True))
        odds = min(max(total >> WEIGHT_BITS, -STRETCH_REACH), STRETCH_REACH)
        p = int(squash_table()[odds + STRETCH_REACH])
        place, rest = divmod((odds + STRETCH_REACH) * STEPS, 1 << STRETCH_BITS)
        share = rest >> 6
        lower, upper = refinement.nodes[place : place + 2]
        refined = lower.p * (64 - share) + upper.p * share >> 6
        bit = self.coder.code(bit, min(max(p + refined >> 1, REFINED_MIN), 65536 - REFINED_MIN))
        error = ((bit << 16) - p) * rate >> ERROR_SHIFT
        for i, value in enumerate(stretched):
            weights[i] = min(max(weights[i] + (value * error + (1 << 14) >> 15), WEIGHT_MIN), WEIGHT_MAX)
        for chance in self.inputs:
            chance.learn(bit)
        (upper if share >= 32 else lower).learn(bit)
        return bit
