"""rANS: what goes in comes out, at the price of its entropy, and damage is noticed."""

import numpy as np
import pytest

from l3c.coding.rans import LANES, Decoder, Encoder
from l3c.errors import FormatError

Groups = list[tuple[np.ndarray, np.ndarray]]


def some_groups(seed: int, sizes: list[int]) -> Groups:
    random = np.random.default_rng(seed)
    groups = []
    for size in sizes:
        frequencies = np.maximum(1, (65536 * random.random(size) ** 3).astype(np.int64) - 1)
        groups.append(((random.random(size) * (65536 - frequencies)).astype(np.int64), frequencies))
    return groups


def encode(groups: Groups) -> bytes:
    encoder = Encoder()
    for starts, frequencies in groups:
        encoder.put(starts, frequencies)
    return encoder.finish()


def decode(payload: bytes, groups: Groups) -> None:
    decoder = Decoder(payload)
    for starts, frequencies in groups:
        for first in range(0, starts.size, LANES):
            part = slice(first, first + LANES)
            slots = decoder.slots(starts[part].size)
            if not ((starts[part] <= slots) & (slots < starts[part] + frequencies[part])).all():
                raise FormatError("another symbol")
            decoder.take(starts[part], frequencies[part])
    decoder.finish()


@pytest.mark.parametrize("sizes", [[1], [7, 8, 9], [0, 3, 0, 100], [5000]])
def test_round_trip(sizes: list[int]) -> None:
    groups = some_groups(3, sizes)
    decode(encode(groups), groups)


def test_extreme_frequencies() -> None:
    groups = [(np.array([0, 65535, 0]), np.array([1, 1, 65281])) for _ in range(500)]
    decode(encode(groups), groups)


def test_payload_is_within_a_thousandth_of_the_entropy_and_40_bytes() -> None:
    groups = some_groups(4, [64] * 3000)
    bits = sum(-np.log2(frequencies / 65536).sum() for _, frequencies in groups)
    assert 8 * len(encode(groups)) < bits * 1.0005 + 320


def test_every_truncation_is_noticed() -> None:
    groups = some_groups(5, [20, 20])
    payload = encode(groups)
    for length in range(len(payload)):
        with pytest.raises(FormatError):
            decode(payload[:length], groups)


def test_surplus_is_noticed() -> None:
    groups = some_groups(6, [20])
    with pytest.raises(FormatError, match="does not end"):
        decode(encode(groups) + b"\0\0", groups)
