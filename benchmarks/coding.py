"""Time `l3c.coding` beside torchac and constriction on the same symbols, in one run, on one thread.

    python benchmarks/coding.py [--symbols 1000000] [--components 5]

A million symbols of 256 levels, each with a distribution of its own: once given as cumulative frequencies (integers for
ours and torchac), once as parameters of mixtures of logistics. torchac takes distributions only, so it is given those
of the mixtures, built in PyTorch, in pieces. constriction has no mixtures of logistics; it codes the same probabilities
as categorical distributions, of which it is given fewer symbols. Best of three; torchac and constriction are left out
where they are not installed.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from l3c import coding

LEVELS = 256
PIECE = 50_000


def best(call: Callable[[], Any], repeats: int = 3) -> tuple[float, Any]:
    """(seconds, what it returned)."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = call()
        times.append(time.perf_counter() - start)
    return min(times), result


def make_parameters(count: int, components: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """float32 [count, components] each: logits, means, log scales, as a network gives them for a photograph."""
    random = np.random.default_rng(0)
    centre = random.uniform(0, 255, (count, 1))
    shape = (count, components)
    values = random.normal(0, 1, shape), centre + random.normal(0, 6, shape), random.uniform(0, 2.5, shape)
    return tuple(v.astype(np.float32) for v in values)  # type: ignore[return-value]


def cumulative_of(logits: Any, means: Any, log_scales: Any) -> Any:
    """float32 tensor [n, 257] of mixtures."""
    import torch

    edges = torch.arange(1, LEVELS) - 0.5
    shares = torch.softmax(logits, 1)[:, :, None]
    inner = (shares * torch.sigmoid((edges - means[:, :, None]) * torch.exp(-log_scales)[:, :, None])).sum(1)
    return torch.nn.functional.pad(torch.nn.functional.pad(inner, (1, 0)), (0, 1), value=1.0)


def all_cumulative(parameters: tuple[np.ndarray, ...]) -> np.ndarray:
    """int32 [n, 257]."""
    import torch

    pieces = zip(*(torch.split(torch.from_numpy(p), PIECE) for p in parameters), strict=True)
    return np.concatenate([coding.integer_cdf(cumulative_of(*piece)) for piece in pieces])


def draw(cdf: np.ndarray) -> np.ndarray:
    slots = np.random.default_rng(1).integers(0, 65536, len(cdf))
    return np.concatenate([(c[:, 1:-1] <= s[:, None]).sum(1) for c, s in _pieces(cdf, slots)]).astype(np.int32)


def _pieces(*arrays: np.ndarray) -> Any:
    return zip(*(np.split(a, range(PIECE, len(a), PIECE)) for a in arrays), strict=True)


def report(name: str, encode: float, decode: float, count: int, size: int, per: int) -> None:
    print(f"{name:<44}{count / encode / 1e6:>9.2f}{count / decode / 1e6:>9.2f}{8 * size / per:>9.4f}", flush=True)


def time_ours(symbols: np.ndarray, cdf: np.ndarray, parameters: tuple[np.ndarray, ...]) -> None:
    count = len(symbols)
    for kind in (np.int32, np.uint16):
        given = (cdf % 65536 if kind is np.uint16 else cdf).astype(kind)
        encode, data = best(lambda given=given: coding.encode(symbols, given))  # type: ignore[misc]
        decode, back = best(lambda given=given, data=data: coding.decode(data, given))  # type: ignore[misc]
        assert (back == symbols).all()
        report(f"l3c.coding, {np.dtype(kind)} frequencies", encode, decode, count, len(data), count)
    encode, data = best(lambda: coding.encode_mixture(symbols, *parameters))
    decode, back = best(lambda: coding.decode_mixture(data, *parameters))
    assert (back == symbols).all()
    report("l3c.coding, mixtures", encode, decode, count, len(data), count)


def time_torchac(symbols: np.ndarray, cdf: np.ndarray, parameters: tuple[np.ndarray, ...]) -> None:
    import torch
    import torchac

    count, given = len(symbols), torch.from_numpy((cdf % 65536).astype(np.uint16).view(np.int16))
    tensor = torch.from_numpy(symbols.astype(np.int16))
    encode, data = best(lambda: torchac.encode_int16_normalized_cdf(given, tensor))
    decode, back = best(lambda: torchac.decode_int16_normalized_cdf(given, data))
    assert bool((back == tensor).all())
    report("torchac, int16 frequencies", encode, decode, count, len(data), count)
    build, _ = best(lambda: all_cumulative(parameters), 1)
    report("torchac, frequencies built from mixtures", encode + build, decode + build, count, len(data), count)


def time_constriction(symbols: np.ndarray, cdf: np.ndarray) -> None:
    import constriction

    few = min(len(symbols), PIECE)
    probabilities = (np.diff(cdf[:few], axis=1) / 65536).astype(np.float32)
    family = constriction.stream.model.Categorical(perfect=False)

    def encode() -> np.ndarray:
        coder = constriction.stream.stack.AnsCoder()
        coder.encode_reverse(symbols[:few], family, probabilities)
        return np.asarray(coder.get_compressed())

    seconds, words = best(encode)
    decode, back = best(lambda: constriction.stream.stack.AnsCoder(words).decode(family, probabilities))
    assert (back == symbols[:few]).all()
    report(f"constriction, categorical, {few:,} symbols", seconds, decode, few, 4 * len(words), few)
    time_constriction_gaussians(symbols[:few])


def time_constriction_gaussians(symbols: np.ndarray) -> None:
    """One quantized Gaussian a symbol: simpler than a mixture, and what constriction does best."""
    import constriction

    few = len(symbols)
    family = constriction.stream.model.QuantizedGaussian(0, LEVELS - 1)
    means, spreads = symbols + np.random.default_rng(2).normal(0, 5, few), np.full(few, 5.0)

    def encode() -> np.ndarray:
        coder = constriction.stream.stack.AnsCoder()
        coder.encode_reverse(symbols, family, means, spreads)
        return np.asarray(coder.get_compressed())

    seconds, words = best(encode)
    decode, _ = best(lambda: constriction.stream.stack.AnsCoder(words).decode(family, means, spreads))
    report(f"constriction, one Gaussian, {few:,} symbols", seconds, decode, few, 4 * len(words), few)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--symbols", type=int, default=1_000_000)
    parser.add_argument("--components", type=int, default=5)
    options = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    parameters = make_parameters(options.symbols, options.components)
    cdf = all_cumulative(parameters)
    symbols = draw(cdf)
    print(f"{'':<44}{'encode':>9}{'decode':>9}{'size':>9}\n{'':<44}{'M sym/s':>9}{'M sym/s':>9}{'bit/sym':>9}")
    time_ours(symbols, cdf, parameters)
    others: list[Callable[[], None]] = [
        lambda: time_torchac(symbols, cdf, parameters),
        lambda: time_constriction(symbols, cdf),
    ]
    for other in others:
        try:
            other()
        except ImportError as error:
            print(f"not installed: {error.name}")


if __name__ == "__main__":
    main()
