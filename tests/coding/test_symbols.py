"""The compiled symbol coder equals its definition, restores what it coded, and refuses what it cannot code."""

import doctest
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import l3c.coding
from l3c.coding import SymbolDecoder, SymbolEncoder, arrays, frequencies_of, mixture_parameters, uniform
from l3c.coding.rans import Encoder
from l3c.coding.symbols import channel_mixture, cumulative
from l3c.engine import ISA_VARIABLE, supported_isas
from l3c.errors import FormatError, InputError
from tests.house.sources import ROOT

RNG = np.random.default_rng(1)


def parameters(channels: int, components: int, count: int, joint: bool) -> np.ndarray[Any, Any]:
    logits = RNG.integers(-40, 40, (channels * components, count))
    means = RNG.integers(-2000, 18000, (channels * components, count))
    scales = RNG.integers(-60, 60, (channels * components, count))
    coefficients = RNG.integers(-9000, 9000, (channels * components, count))
    return np.concatenate([logits, means, scales, *([coefficients] if joint else [])]).astype(np.int32)


@pytest.mark.parametrize("isa", supported_isas())
@pytest.mark.parametrize(("channels", "components", "levels", "joint"), [(3, 10, 256, True), (5, 10, 25, False)])
def test_mixtures_equal_the_definition(
    monkeypatch: pytest.MonkeyPatch, isa: str, channels: int, components: int, levels: int, joint: bool
) -> None:
    monkeypatch.setenv(ISA_VARIABLE, isa)
    rows, symbols = parameters(channels, components, 61, joint), RNG.integers(0, levels, (channels, 61))
    encoder, definition = SymbolEncoder(), Encoder()
    encoder.put_mixtures(symbols, rows, levels, joint=joint)
    for c in range(channels):
        mixture = channel_mixture(rows.astype(np.int64), channels, c, symbols[:c], joint)
        start = cumulative(mixture, symbols[c], levels)
        definition.put(start, cumulative(mixture, symbols[c] + 1, levels) - start)
    payload = encoder.finish()
    assert payload == definition.finish()
    decoder = SymbolDecoder(payload)
    assert (decoder.take_mixtures(rows, channels, levels, joint=joint) == symbols).all()
    decoder.finish()


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 1000])
def test_frequencies_round_trip(count: int) -> None:
    rows = frequencies_of(RNG.dirichlet(np.full(256, 0.05), count)) if count else np.zeros((0, 257), np.int32)
    symbols = RNG.integers(0, 256, count)
    encoder = SymbolEncoder()
    encoder.put(symbols, rows)
    encoder.put(symbols, uniform(256))
    payload = encoder.finish()
    assert len(payload) <= encoder.bits / 8 * 1.002 + 40
    decoder = SymbolDecoder(payload)
    assert (decoder.take(count, rows) == symbols).all()
    assert (decoder.take(count, uniform(256)) == symbols).all()
    decoder.finish()


def test_a_certain_symbol_costs_nothing() -> None:
    encoder = SymbolEncoder()
    encoder.put([1] * 100, [0, 0, 65536, 65536])
    payload = encoder.finish()
    assert len(payload) == 40
    assert SymbolDecoder(payload).take(100, [0, 0, 65536, 65536]).tolist() == [1] * 100


class OnlyDLPack:
    """An array that speaks DLPack and nothing else."""

    def __init__(self, array: np.ndarray[Any, Any]) -> None:
        self.__dlpack__, self.__dlpack_device__ = array.__dlpack__, array.__dlpack_device__


@pytest.mark.parametrize("library", ["torch", "DLPack"])
def test_arrays_of_other_libraries_are_taken(library: str) -> None:
    other: Any = OnlyDLPack if library == "DLPack" else pytest.importorskip("torch").from_numpy
    symbols, rows = RNG.integers(0, 25, (2, 30)), parameters(2, 4, 30, False)
    encoder = SymbolEncoder()
    encoder.put(other(np.array([3, 1])), other(uniform(4)))
    encoder.put_mixtures(other(symbols), other(rows), 25)
    decoder = SymbolDecoder(encoder.finish())
    assert decoder.take(2, other(uniform(4))).tolist() == [3, 1]
    assert (decoder.take_mixtures(other(rows), 2, 25) == symbols).all()


def test_parameters_are_made_of_tensors() -> None:
    torch = pytest.importorskip("torch")
    values = RNG.uniform(1, 9, (3, 2, 50)).astype(np.float32)
    assert (mixture_parameters(*map(torch.from_numpy, values)) == mixture_parameters(*values)).all()


def test_coding_does_not_import_torch() -> None:
    code = "import sys, l3c.coding as c; c.SymbolEncoder().put([1], c.uniform(3)); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("levels", [1, 2, 3, 255, 256, 257, 1000])
def test_any_number_of_levels_round_trips(levels: int) -> None:
    rows, symbols = frequencies_of(RNG.dirichlet(np.full(levels, 0.2), 61)), RNG.integers(0, levels, 61)
    encoder = SymbolEncoder()
    encoder.put(symbols, rows)
    assert (SymbolDecoder(encoder.finish()).take(61, rows) == symbols).all()


@pytest.mark.parametrize("cdf", [[0, 5, 4, 65536], [1, 2, 65536], [0, 1, 65535], [0.0, 1.0]])
def test_bad_frequencies_are_refused(cdf: list[float]) -> None:
    with pytest.raises(InputError, match="frequencies"):
        SymbolEncoder().put([0], cdf)


@pytest.mark.parametrize("symbol", [-1, 2, 3])
def test_impossible_symbols_are_refused(symbol: int) -> None:
    with pytest.raises(InputError, match="out of range or has no frequency"):
        SymbolEncoder().put([symbol], [0, 10, 65536, 65536])


def test_damage_is_an_error() -> None:
    with pytest.raises(FormatError, match="shorter"):
        SymbolDecoder(b"").take(1, uniform(4))


@pytest.mark.parametrize("module", [l3c.coding, arrays])
def test_examples(module: Any) -> None:
    assert doctest.testmod(module).failed == 0


def test_examples_of_the_documentation() -> None:
    assert doctest.testfile(str(ROOT / "docs" / "coding.md"), module_relative=False).failed == 0
