"""The coder for anybody: exact, close to the entropy, the same for arrays and tensors, and clear about mistakes."""

import doctest
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest

from l3c import coding
from l3c.coding import levels as definition
from l3c.coding import library
from l3c.coding.mixture import cumulative, make_mixture
from l3c.coding.rans import Encoder
from l3c.errors import FormatError, InputError

HEAD = 40
"""Bytes of overhead: eight states."""


def some_cdfs(count: int, levels: int, seed: int = 0) -> np.ndarray:
    """float64 [count, levels + 1]."""
    weights = np.random.default_rng(seed).random((count, levels)) ** 4 + 1e-4
    cdf = np.concatenate([np.zeros((count, 1)), weights.cumsum(1)], 1)
    return np.asarray(cdf / cdf[:, -1:])


def draw(cdf: np.ndarray, seed: int = 1) -> np.ndarray:
    slots = np.random.default_rng(seed).random((len(cdf), 1))
    return np.asarray((cdf[:, 1:-1] <= slots).sum(1))


def some_mixtures(count: int, components: int, levels: int, seed: int = 0) -> tuple[np.ndarray, ...]:
    random = np.random.default_rng(seed)
    logits, means = random.normal(0, 2, (count, components)), random.uniform(-2, levels + 2, (count, components))
    return logits, means, random.uniform(-4, 4, (count, components))


def test_examples_run() -> None:
    assert doctest.testmod(library).failed == 0


@pytest.mark.parametrize("levels", [2, 3, 25, 255, 256, 1000])
@pytest.mark.parametrize("kind", [np.float32, np.int32, np.uint16])
def test_cdfs_round_trip_and_equal_the_definition(levels: int, kind: type) -> None:
    cdf = some_cdfs(500, levels)
    symbols = draw(cdf)
    integers = coding.integer_cdf(cdf.astype(np.float32))
    given = (
        cdf.astype(np.float32)
        if kind is np.float32
        else (integers % 65536 if kind is np.uint16 else integers).astype(kind)
    )
    data = coding.encode(symbols, given)
    np.testing.assert_array_equal(coding.decode(data, given), symbols)
    rows = np.arange(500)
    encoder = Encoder()
    starts = integers[rows, symbols].astype(np.int64)
    encoder.put(starts, integers[rows, symbols + 1] - starts)
    assert data == encoder.finish()


def test_size_is_the_entropy_of_the_frequencies() -> None:
    cdf = some_cdfs(20000, 256)
    symbols, integers = draw(cdf), coding.integer_cdf(cdf)
    at = np.arange(len(symbols))
    bits = -np.log2((integers[at, symbols + 1] - integers[at, symbols]) / 65536).sum()
    assert 8 * (len(coding.encode(symbols, cdf)) - HEAD) == pytest.approx(bits, rel=1e-3, abs=8 * 16)


def test_one_cdf_for_all_needs_a_shape() -> None:
    cdf = np.array([0, 100, 65000, 65536])
    symbols = np.random.default_rng(0).integers(0, 3, (7, 11))
    data = coding.encode(symbols, cdf)
    np.testing.assert_array_equal(coding.decode(data, cdf, shape=(7, 11)), symbols)


@pytest.mark.parametrize(("components", "levels"), [(1, 2), (3, 25), (10, 256), (64, 100)])
def test_mixtures_round_trip_and_equal_the_definition(components: int, levels: int) -> None:
    logits, means, log_scales = some_mixtures(600, components, levels)
    symbols = np.random.default_rng(1).integers(0, levels, 600)
    data = coding.encode_mixture(symbols, logits, means, log_scales, levels=levels)
    np.testing.assert_array_equal(coding.decode_mixture(data, logits, means, log_scales, levels=levels), symbols)
    in_units = [
        np.floor(x * f + 0.5).astype(np.int64).T - s
        for x, f, s in ((logits, 16, 0), (means, 64, 0), (log_scales, 16, 16))
    ]
    encoder = Encoder()
    encoder.put(*definition.intervals(make_mixture(*in_units), symbols, levels))
    assert data == encoder.finish()


def test_the_general_definition_is_the_codecs_at_256_levels() -> None:
    random = np.random.default_rng(2)
    mixture = make_mixture(
        *(random.integers(low, high, (4, 3000)) for low, high in ((-80, 80), (-500, 17000), (-60, 70)))
    )
    symbols = random.integers(0, 257, 3000)
    np.testing.assert_array_equal(definition.cumulative(mixture, symbols, 256), cumulative(mixture, symbols))


def test_a_mixture_costs_what_its_logistics_say() -> None:
    count, components, levels = 20000, 3, 256
    logits, means, log_scales = some_mixtures(count, components, levels)
    log_scales = log_scales * 0.3 + 2
    edges = np.arange(1, levels) - 0.5
    weights = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    inner = sum(
        weights[:, k, None] / (1 + np.exp((means[:, k, None] - edges) / np.exp(log_scales[:, k, None])))
        for k in range(components)
    )
    cdf = np.concatenate([np.zeros((count, 1)), inner, np.ones((count, 1))], 1)
    symbols = draw(cdf)
    at = np.arange(count)
    bits = -np.log2(cdf[at, symbols + 1] - cdf[at, symbols]).sum()
    size = 8 * (len(coding.encode_mixture(symbols, logits, means, log_scales)) - HEAD)
    assert size == pytest.approx(bits, rel=0.006)


def test_tensors_give_tensors_and_the_same_bytes() -> None:
    torch = pytest.importorskip("torch")
    cdf = some_cdfs(60, 7).reshape(3, 20, 8).astype(np.float32)
    symbols = draw(cdf.reshape(60, 8)).reshape(3, 20)
    data = coding.encode(torch.from_numpy(symbols), torch.from_numpy(cdf))
    assert data == coding.encode(symbols, cdf)
    decoded = coding.decode(data, torch.from_numpy(cdf))
    assert isinstance(decoded, torch.Tensor)
    assert decoded.tolist() == symbols.tolist()
    parameters = [p.astype(np.float32) for p in some_mixtures(60, 2, 7)]
    tensors = [torch.from_numpy(p) for p in parameters]
    packed = coding.encode_mixture(torch.from_numpy(symbols.reshape(-1)), *tensors, levels=7)
    assert packed == coding.encode_mixture(symbols.reshape(-1), *parameters, levels=7)
    assert coding.decode_mixture(packed, *tensors, levels=7).tolist() == symbols.reshape(-1).tolist()


@pytest.mark.gpu
def test_cuda_tensors_give_the_same_bytes() -> None:
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    cdf = some_cdfs(600, 25).astype(np.float32)
    symbols = draw(cdf)
    assert coding.encode(torch.tensor(symbols).cuda(), torch.tensor(cdf).cuda()) == coding.encode(symbols, cdf)
    parameters = [p.astype(np.float32) for p in some_mixtures(600, 4, 25)]
    tensors = [torch.tensor(p).cuda() for p in parameters]
    packed = coding.encode_mixture(symbols, *parameters, levels=25)
    assert packed == coding.encode_mixture(torch.tensor(symbols).cuda(), *tensors, levels=25)
    assert coding.decode_mixture(packed, *tensors, levels=25).device.type == "cuda"


def test_mistakes_are_explained() -> None:
    cdf = some_cdfs(4, 5)
    logits, means, log_scales = some_mixtures(4, 2, 5)
    calls: list[tuple[Callable[[], object], str]] = [
        (lambda: coding.encode([0, 1, 5, 0], cdf), "symbol 2 of 4: 5 has no frequency"),
        (lambda: coding.encode([0, -1], cdf[0]), "symbol 1 of 2"),
        (lambda: coding.encode([0.5], cdf[0]), "whole numbers"),
        (lambda: coding.encode([0, 1], cdf), "need CDFs"),
        (lambda: coding.encode([0], np.array([0, 9, 9, 65536])[None] * 0), "no frequency"),
        (lambda: coding.encode([0], np.array([0.0, 0.9, 0.2, 1.0])), "falls"),
        (lambda: coding.encode([0], np.array([0.0, np.nan, 1.0])), "not a number"),
        (lambda: coding.encode([0], np.array([0, 65536])), "2 levels"),
        (lambda: coding.encode_mixture([0, 0, 5, 0], logits, means, log_scales, levels=5), "none of 5 levels"),
        (lambda: coding.encode_mixture([0] * 4, logits, means[:2], log_scales, levels=5), "means of shape"),
        (lambda: coding.encode_mixture([0] * 4, logits, means, log_scales, levels=257), "257 levels"),
    ]
    for call, said in calls:
        with pytest.raises(InputError, match=said):
            call()


def test_damage_is_noticed_or_decodes_to_something_else() -> None:
    cdf = some_cdfs(300, 25)
    data = coding.encode(draw(cdf), cdf)
    for length in range(0, len(data), 7):
        with pytest.raises(FormatError):
            coding.decode(data[:length], cdf)
    with pytest.raises(FormatError):
        coding.decode(data + b"\0\0", cdf)
    noise = np.random.default_rng(0)
    for _ in range(200):
        with pytest.raises(FormatError):
            coding.decode(noise.bytes(len(data)), cdf)


def test_any_integers_as_cdf_are_safe_to_decode_with() -> None:
    noise = np.random.default_rng(1)
    for _ in range(200):
        cdf = noise.integers(-(2**31), 2**31, (50, 9)).astype(np.int32)
        with pytest.raises(FormatError):
            coding.decode(noise.bytes(140), cdf)


def test_coding_does_not_bring_torch() -> None:
    code = """
import sys, l3c.coding, numpy
l3c.coding.encode(numpy.zeros(3, int), numpy.array([0.0, 0.5, 1.0]))
assert 'torch' not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
