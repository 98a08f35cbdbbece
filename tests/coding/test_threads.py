"""A coder of symbols serves one thread at a time: a second one is refused, and nothing is changed by that."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from l3c.coding import SymbolDecoder, SymbolEncoder, mixture_parameters, uniform
from l3c.errors import InputError

COUNT = 60_000
ROWS = mixture_parameters(np.zeros((2, COUNT)), np.full((2, COUNT), 100.0), np.full((2, COUNT), 3.0))
SYMBOLS = np.random.default_rng(0).integers(90, 110, (1, COUNT))
THREADS, TRIES = 4, 60


def refusals(work: Callable[[], object]) -> int:
    """How many of the calls from several threads are refused; all others succeed."""

    def call(_: int) -> bool:
        try:
            work()
        except InputError as error:
            return "two threads at once" in str(error)
        return False

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(call, range(TRIES)))


def test_an_encoder_refuses_a_second_thread_and_keeps_what_it_has() -> None:
    encoder = SymbolEncoder()
    refused = refusals(lambda: encoder.put_mixtures(SYMBOLS, ROWS))
    assert 0 < refused < TRIES
    decoder = SymbolDecoder(encoder.finish())
    for _ in range(TRIES - refused):
        np.testing.assert_array_equal(decoder.take_mixtures(ROWS, 1), SYMBOLS)
    decoder.finish()


def test_a_decoder_refuses_a_second_thread_and_goes_on() -> None:
    encoder = SymbolEncoder()
    for _ in range(TRIES):
        encoder.put_mixtures(SYMBOLS, ROWS)
    decoder = SymbolDecoder(encoder.finish())
    refused = refusals(lambda: decoder.take_mixtures(ROWS, 1))
    assert 0 < refused < TRIES
    for _ in range(refused):
        np.testing.assert_array_equal(decoder.take_mixtures(ROWS, 1), SYMBOLS)
    decoder.finish()


def test_finishing_is_a_call_like_any_other() -> None:
    encoder = SymbolEncoder()
    for _ in range(8):
        encoder.put_mixtures(SYMBOLS, ROWS)
    assert refusals(encoder.finish) > 0


def test_coders_of_their_own_run_side_by_side() -> None:
    def work(_: int) -> bytes:
        encoder = SymbolEncoder()
        encoder.put_mixtures(SYMBOLS, ROWS)
        payload: bytes = encoder.finish()
        return payload

    with ThreadPoolExecutor(THREADS) as pool:
        assert len(set(pool.map(work, range(8)))) == 1


def test_a_refused_symbol_changes_nothing() -> None:
    encoder = SymbolEncoder()
    encoder.put([1, 2], uniform(4))
    with pytest.raises(InputError, match="out of range"):
        encoder.put([1, 9], uniform(4))
    encoder.put([3], uniform(4))
    decoder = SymbolDecoder(encoder.finish())
    assert decoder.take(2, uniform(4)).tolist() + decoder.take(1, uniform(4)).tolist() == [1, 2, 3]
    decoder.finish()
