"""Definition: interleaved rANS. 8 lanes, states of 40 bits, 16 bits at a time, frequencies that sum to 2^16.

A state x lies in 2^24 <= x < 2^40. To decode a symbol with interval (start, frequency) from x, whose low 16 bits lie in
that interval: x = frequency * (x >> 16) + (x & 65535) - start, and if x < 2^24 then x = x << 16 | the next word.
One word is always enough, since frequency >= 1 leaves x >= 2^8. Encoding undoes these steps in reverse order.

Payload: the 8 states, 5 bytes each, then the words in the order of decoding, 2 bytes each; little-endian.
A decoder ends with every state at 2^24 and no word left; anything else is a damaged payload.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from l3c.coding.tables import FREQUENCY_BITS
from l3c.errors import FormatError

LANES = 8
"""One vector of 8 numbers of 32 bits: AVX2 decodes a symbol of each lane at once."""

STATE_MIN = 1 << 24
"""With words of 16 bits, states lie in 2^24 .. 2^40 - 1: a frequency of 1 leaves x >> 16 >= 2^8, and one word
brings that back to 2^24. So a step takes one word at most, and the engine needs no loop."""

STATE_BYTES = 5  # states are below 2^40
WORD_BITS = 16  # as FREQUENCY_BITS: with both equal, one word a symbol is always enough
SLOT_MASK = (1 << FREQUENCY_BITS) - 1  # the low bits of a state, which say its symbol


class Decoder:
    """Reads one payload. Groups are taken in the order in which they were put. Format 4.3."""

    def __init__(self, payload: bytes) -> None:
        head = LANES * STATE_BYTES
        if len(payload) < head or (len(payload) - head) % 2:
            raise FormatError(f"payload of {len(payload)} bytes: needs {head} and an even number more")
        self._states = [int.from_bytes(payload[i : i + STATE_BYTES], "little") for i in range(0, head, STATE_BYTES)]
        if min(self._states) < STATE_MIN:
            raise FormatError("payload begins with an impossible coder state")
        self._words = np.frombuffer(payload, "<u2", offset=head).tolist()
        self._next = 0

    def slots(self, count: int, first: int = 0) -> NDArray[np.int64]:
        """The low bits of the states that hold symbols first .. first + count - 1 of a group; count at most 8.
        Format 4.1, 4.2.
        """
        return np.array([self._states[(first + i) % LANES] & SLOT_MASK for i in range(count)], np.int64)

    def take(self, starts: NDArray[np.int64], frequencies: NDArray[np.int64], first: int = 0) -> None:
        """Remove the symbols that `slots` led to. Format 4.2."""
        for i, (start, frequency) in enumerate(zip(starts.tolist(), frequencies.tolist(), strict=True)):
            lane = (first + i) % LANES
            x = self._states[lane]
            x = frequency * (x >> FREQUENCY_BITS) + (x & SLOT_MASK) - start
            self._states[lane] = (x << WORD_BITS | self._read()) if x < STATE_MIN else x

    def _read(self) -> int:
        if self._next == len(self._words):
            raise FormatError("payload ends before its last symbol")
        self._next += 1
        return int(self._words[self._next - 1])

    def finish(self) -> None:
        """Raises FormatError unless the payload ends here. Format 4.3."""
        if self._next != len(self._words) or any(x != STATE_MIN for x in self._states):
            raise FormatError("payload does not end where its last symbol ends")


class Encoder:
    """Collects groups of intervals in the order of decoding; `finish` codes them backwards. Format 4.4."""

    def __init__(self) -> None:
        self._groups: list[tuple[list[int], list[int]]] = []

    def put(self, starts: NDArray[np.int64], frequencies: NDArray[np.int64]) -> None:
        """A group [N]: its symbol i goes to lane i modulo 8. Format 4.1."""
        self._groups.append((starts.tolist(), frequencies.tolist()))

    def finish(self) -> bytes:
        """The payload. Format 4.4."""
        states, words = [STATE_MIN] * LANES, []
        for starts, frequencies in reversed(self._groups):
            for i in reversed(range(len(starts))):
                x, frequency = states[i % LANES], frequencies[i]
                if x >= frequency << 24:
                    words.append(x & ((1 << WORD_BITS) - 1))
                    x >>= WORD_BITS
                states[i % LANES] = ((x // frequency) << FREQUENCY_BITS) + x % frequency + starts[i]
        head = b"".join(x.to_bytes(STATE_BYTES, "little") for x in states)
        return head + np.array(words[::-1], "<u2").tobytes()
