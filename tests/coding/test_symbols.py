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
from l3c.errors import FormatError, InputError
from l3c.isa import ISA_VARIABLE, supported_isas
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


DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)]


def tensor(values: np.ndarray[Any, Any], device: str) -> Any:
    """On a device; a leaf that wants gradients, as what a network says does."""
    torch = pytest.importorskip("torch")
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    made = torch.from_numpy(np.ascontiguousarray(values)).to(device)
    return made.requires_grad_() if made.is_floating_point() else made


def distributions(levels: int, dtype: str) -> np.ndarray[Any, Any]:
    """Rows with zeros, of one symbol, of any sum, and halves that rounding has to decide about."""
    rows = [RNG.dirichlet(np.full(levels, 0.05)) * 10.0**power for power in range(-30, 30)]
    return np.array([*rows, np.eye(levels)[-1], np.arange(levels) % 2 + 0.5, np.ones(levels)]).astype(dtype)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("levels", [1, 2, 256, 1000])
def test_frequencies_of_tensors_are_those_of_arrays(levels: int, dtype: str, device: str) -> None:
    rows = distributions(levels, dtype)
    found = frequencies_of(tensor(rows, device))
    assert isinstance(found, np.ndarray)
    assert found.dtype == np.int32
    np.testing.assert_array_equal(found, frequencies_of(rows))
    assert (np.diff(found) >= 1).all()
    assert (found[:, 0] == 0).all()
    assert (found[:, -1] == 1 << 16).all()
    exact = np.cumsum(rows.astype(np.longdouble), -1) / rows.astype(np.longdouble).sum(-1, keepdims=True)
    np.testing.assert_allclose(found[:, 1:], exact * (65536 - levels) + np.arange(1, levels + 1), atol=0.6)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_parameters_of_tensors_are_those_of_arrays(dtype: str, device: str) -> None:
    logits, means = RNG.normal(0, 9, (2, 4, 500)).astype(dtype)
    scales = np.exp(RNG.uniform(-4, 7, (4, 500))).astype(dtype)
    scales[0, :128] = np.exp(np.arange(-56, 72) / 16 + 1)
    means[0, :9] = [1e30, -1e30, *np.arange(-3, 4) / 128]
    expected = mixture_parameters(logits, means, scales)
    found = mixture_parameters(*(tensor(part, device) for part in (logits, means, scales)))
    assert isinstance(found, np.ndarray)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(mixture_parameters(tensor(logits, device), means, scales), expected)
    near = np.clip((np.log(scales.astype(np.float64)) - 1) * 16, -56, 71)
    assert np.abs(found[8:] - near).max() < 0.5 + 1e-5
    assert found[4, :2].tolist() == [1 << 20, -(1 << 20)]


@pytest.mark.parametrize("device", DEVICES)
def test_tensors_on_a_device_are_coded(device: str) -> None:
    symbols, rows = RNG.integers(0, 25, (2, 30)), parameters(2, 4, 30, False)
    encoder = SymbolEncoder()
    encoder.put(tensor(np.array([3, 1]), device), tensor(uniform(4), device))
    encoder.put_mixtures(tensor(symbols, device), tensor(rows.astype(np.float32), device), 25)
    decoder = SymbolDecoder(encoder.finish())
    assert decoder.take(2, tensor(uniform(4), device)).tolist() == [3, 1]
    assert (decoder.take_mixtures(tensor(rows, device), 2, 25) == symbols).all()


def test_results_are_copied_to_the_host_once(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    copies, copy = [], torch.Tensor.cpu

    def counted(given: Any) -> Any:
        copies.append(tuple(given.shape))
        return copy(given)

    monkeypatch.setattr(torch.Tensor, "cpu", counted)
    frequencies_of(torch.rand(3, 25))
    mixture_parameters(*torch.rand(3, 2, 50))
    assert copies == [(3, 26), (6, 50)]


def test_what_torchac_takes_is_coded_as_the_page_says() -> None:
    torch = pytest.importorskip("torch")
    cdf = torch.nn.functional.pad(torch.rand(2, 3, 4, 9).softmax(-1).cumsum(-1), (1, 0)).clamp(max=1)
    symbols = torch.randint(0, 9, (2, 3, 4), dtype=torch.int16)
    rows = frequencies_of(cdf.diff().flatten(0, -2))
    encoder = SymbolEncoder()
    encoder.put(symbols.flatten(), rows)
    assert SymbolDecoder(encoder.finish()).take(24, rows).tolist() == symbols.flatten().tolist()


@pytest.mark.parametrize("reduced", ["float16", "bfloat16"])
def test_tensors_of_half_the_width_are_taken_as_they_are(reduced: str) -> None:
    torch = pytest.importorskip("torch")
    rows = torch.rand(7, 25).to(getattr(torch, reduced))
    np.testing.assert_array_equal(frequencies_of(rows), frequencies_of(rows.double().numpy()))


@pytest.mark.parametrize("library", ["NumPy", "torch"])
@pytest.mark.parametrize("row", [[0.0, 0.0], [0.5, -0.1], [0.5, np.nan], [0.5, np.inf]])
def test_rows_that_are_no_distribution_are_refused(row: list[float], library: str) -> None:
    rows = np.array([[0.5, 0.5], row])
    with pytest.raises(InputError, match="a row is negative, not finite, or 0"):
        frequencies_of(tensor(rows, "cpu") if library == "torch" else rows)


@pytest.mark.parametrize("library", ["NumPy", "torch"])
@pytest.mark.parametrize("values", [(np.nan, 1, 1), (1, np.inf, 1), (1, 1, -1), (1, 1, np.nan)])
def test_what_is_no_mixture_is_refused(values: tuple[float, float, float], library: str) -> None:
    parts = [np.array([[1.0, value]]) for value in values]
    with pytest.raises(InputError, match="not finite, or a scale is negative"):
        mixture_parameters(*(tensor(part, "cpu") if library == "torch" else part for part in parts))


@pytest.mark.parametrize("shape", [(), (3, 0), (1, (1 << 16) + 1)])
def test_distributions_of_impossible_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"needs \[..., L\]"):
        frequencies_of(np.ones(shape))


def test_mixtures_must_have_one_shape() -> None:
    with pytest.raises(InputError, match=r"needs \[components, count\] each"):
        mixture_parameters(np.ones((2, 3)), np.ones((2, 3)), np.ones(3))


class Unreadable:
    """Lies in a device's memory."""

    def __array__(self, *_: object, **__: object) -> None:
        raise TypeError("can't convert cuda:0 device type tensor to numpy")


def test_arrays_that_the_host_cannot_read_are_refused() -> None:
    with pytest.raises(InputError, match=r"Unreadable: no array that the host can read: can't convert"):
        SymbolEncoder().put(Unreadable(), uniform(4))


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
    with pytest.raises(FormatError, match="cut short"):
        SymbolDecoder(b"").take(1, uniform(4))


@pytest.mark.parametrize("module", [l3c.coding, arrays])
def test_examples(module: Any) -> None:
    assert doctest.testmod(module).failed == 0


def test_examples_of_the_documentation() -> None:
    assert doctest.testfile(str(ROOT / "docs" / "coding.md"), module_relative=False).failed == 0


@pytest.mark.parametrize(
    ("symbols", "said"),
    [
        ([0.5, 1.9, 2.7], "symbols: has values that are no integers"),
        ([0.0, np.nan], "symbols: has values that are no integers"),
        ([0.0, np.inf], "symbols: has values that are no integers"),
        ([0, 1 << 32], "symbols: has values beyond 32 bits"),
        (["a"], "symbols: .* needs integers"),
        ([1j], "symbols: complex128, needs integers"),
    ],
)
def test_symbols_that_would_come_back_as_others_are_refused(symbols: list[Any], said: str) -> None:
    """A conversion to integers would cut their fractions, or wrap them."""
    with pytest.raises(InputError, match=said):
        SymbolEncoder().put(symbols, uniform(4))
    with pytest.raises(InputError, match=said):
        SymbolEncoder().put_mixtures([symbols], np.zeros((3, len(symbols)), np.int32))
    with pytest.raises(InputError, match="mixture parameters"):
        SymbolEncoder().put_mixtures([[0] * len(symbols)], [[0] * len(symbols), symbols, symbols])


def test_integers_of_any_type_are_symbols() -> None:
    torch = pytest.importorskip("torch")
    for symbols in ([0.0, 3.0, 2.0], np.array([0, 3, 2], np.uint64), torch.tensor([0, 3, 2], dtype=torch.bfloat16)):
        encoder = SymbolEncoder()
        encoder.put(symbols, uniform(4))
        assert SymbolDecoder(encoder.finish()).take(3, uniform(4)).tolist() == [0, 3, 2]
