"""Throughput of `l3c.coding` beside `torchac` and `constriction`: a million symbols of 256 levels, one thread.

Two cases: a distribution for each symbol is given as the coder takes it (integer frequencies; probabilities for
constriction), or mixtures of logistics are given (and the others' tables are built first, which is counted).

    python benchmarks/coding.py [--symbols 1000000] [--repeats 3] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from l3c.coding import SymbolDecoder, SymbolEncoder, mixture_parameters
from l3c.storage.atomic import write_whole

LEVELS, COMPONENTS, PIECE = 256, 5, 100_000
Array = NDArray[Any]


class Mixtures(NamedTuple):
    """float32 [K, N] each, in symbols; symbols int32 [N]."""

    logits: Array
    means: Array
    scales: Array
    symbols: Array


class Coder(NamedTuple):
    """prepare: mixtures, or shares_below of them (tables), to what is coded under.

    encode(prepared, symbols); decode(prepared, payload, count).
    """

    tables: bool
    prepare: Callable[[Any], Any]
    encode: Callable[[Any, Array], Any]
    decode: Callable[[Any, Any, int], Array]


def pieces(count: int) -> Iterator[Mixtures]:
    """Mixtures as networks give them, and symbols drawn near them."""
    rng = np.random.default_rng(0)
    for first in range(0, count, PIECE):
        n = min(PIECE, count - first)
        centre = rng.uniform(20, 235, n)
        means = (centre + rng.normal(0, 8, (COMPONENTS, n))).astype(np.float32)
        scales = rng.uniform(0.5, 6, (COMPONENTS, n)).astype(np.float32)
        symbols = np.clip(np.rint(rng.logistic(means[0], scales[0])), 0, LEVELS - 1).astype(np.int32)
        yield Mixtures(rng.normal(0, 1, (COMPONENTS, n)).astype(np.float32), means, scales, symbols)


def shares_below(m: Mixtures) -> Array:
    """Mass below each border, float32 [N, 257]."""
    import torch

    weights = torch.softmax(torch.from_numpy(m.logits), 0)
    borders = torch.arange(LEVELS + 1) - 0.5
    total = torch.zeros(m.logits.shape[1], LEVELS + 1)
    for w, mean, scale in zip(weights, torch.from_numpy(m.means), torch.from_numpy(m.scales), strict=True):
        total += w[:, None] * torch.sigmoid((borders - mean[:, None]) / scale[:, None])
    total[:, 0], total[:, -1] = 0, 1
    found: Array = total.numpy()
    return found


def cumulative(shares: Array) -> Array:
    """int32 [N, 257], every symbol at least 1."""
    steps = np.arange(LEVELS + 1)
    rows: Array = np.floor(shares * (65536 - LEVELS)).astype(np.int32) + steps.astype(np.int32)
    return rows


def ours_frequencies() -> Coder:
    def encode(rows: Array, symbols: Array) -> bytes:
        encoder = SymbolEncoder()
        encoder.put(symbols, rows)
        payload: bytes = encoder.finish()
        return payload

    return Coder(True, cumulative, encode, lambda rows, payload, count: SymbolDecoder(payload).take(count, rows))


def ours_mixtures() -> Coder:
    def encode(rows: Array, symbols: Array) -> bytes:
        encoder = SymbolEncoder()
        encoder.put_mixtures(symbols[None], rows)
        payload: bytes = encoder.finish()
        return payload

    def decode(rows: Array, payload: bytes, count: int) -> Array:
        symbols: Array = SymbolDecoder(payload).take_mixtures(rows, 1)[0]
        return symbols

    return Coder(False, lambda m: mixture_parameters(m.logits, m.means, m.scales), encode, decode)


def torchac_coder() -> Coder:
    import torch
    import torchac

    def prepare(shares: Array) -> Any:
        return torch.from_numpy(cumulative(shares).astype(np.uint16).view(np.int16))

    def encode(cdf: Any, symbols: Array) -> Any:
        return torchac.encode_int16_normalized_cdf(cdf, torch.from_numpy(symbols.astype(np.int16)))

    return Coder(True, prepare, encode, lambda cdf, data, count: torchac.decode_int16_normalized_cdf(cdf, data).numpy())


def constriction_coder() -> Coder:
    import constriction

    model = constriction.stream.model.Categorical(perfect=False)

    def encode(probabilities: Array, symbols: Array) -> Any:
        coder = constriction.stream.stack.AnsCoder()
        coder.encode_reverse(symbols, model, probabilities)
        return coder.get_compressed()

    def decode(probabilities: Array, words: Any, count: int) -> Array:
        return np.asarray(constriction.stream.stack.AnsCoder(words).decode(model, probabilities))

    return Coder(True, lambda shares: np.maximum(np.diff(shares), 1e-6), encode, decode)


def measure(coders: dict[str, Coder], count: int, repeats: int) -> dict[str, dict[str, float]]:
    """Seconds of each part, and bits per symbol: of each coder on each piece in turn, so that noise meets them all.

    Building tables of shares from mixtures is done once a piece and counted for each that needs it.
    """
    results = {name: {"prepare": 0.0, "encode": 0.0, "decode": 0.0, "bits_per_symbol": 0.0} for name in coders}
    for m in pieces(count):
        shares, seconds = timed(partial(shares_below, m))
        for name, coder in coders.items():
            for part, spent in run(coder, m, shares, repeats).items():
                results[name][part] += spent / count if part == "bits_per_symbol" else spent
            results[name]["prepare"] += seconds if coder.tables else 0
    return results


def run(coder: Coder, m: Mixtures, shares: Array, repeats: int) -> dict[str, float]:
    """Least seconds of several attempts at one piece, and bits of all its symbols."""
    prepared, prepare = timed(lambda: coder.prepare(shares if coder.tables else m))
    payload, encode = least(lambda: coder.encode(prepared, m.symbols), repeats)
    back, decode = least(lambda: coder.decode(prepared, payload, m.symbols.size), repeats)
    if not np.array_equal(back, m.symbols):
        raise SystemExit("a coder did not give its symbols back")
    bits = 8 * memoryview(payload).nbytes
    return {"prepare": prepare, "encode": encode, "decode": decode, "bits_per_symbol": bits}


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    begin = time.perf_counter()
    done = work()
    return done, time.perf_counter() - begin


def least(work: Callable[[], Any], repeats: int) -> tuple[Any, float]:
    attempts = [timed(work) for _ in range(repeats)]
    return attempts[-1][0], min(seconds for _, seconds in attempts)


def print_table(results: dict[str, dict[str, float]]) -> None:
    """Seconds; and ratios of whole throughputs to ours of the same case, both ways."""
    print(f"{'coder':<18}{'prepare s':>11}{'encode s':>11}{'decode s':>11}{'bits/symbol':>13}")
    for name, r in results.items():
        print(f"{name:<18}{r['prepare']:>11.3f}{r['encode']:>11.3f}{r['decode']:>11.3f}{r['bits_per_symbol']:>13.4f}")
    given, mixed = results["l3c, frequencies"], results["l3c, mixtures"]
    for name, r in list(results.items())[2:]:
        for part in ("encode", "decode"):
            tables, mixtures = r[part] / given[part], (r["prepare"] + r[part]) / (mixed["prepare"] + mixed[part])
            print(f"{part} beside {name}: {tables:.1f}x with tables given, {mixtures:.0f}x with mixtures given")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--symbols", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3, help="attempts, of which the fastest counts")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    coders = {"l3c, frequencies": ours_frequencies, "l3c, mixtures": ours_mixtures}
    others = {"torchac": torchac_coder, "constriction": constriction_coder}
    coders |= {name: make for name, make in others.items() if find_spec(name)}
    results = measure({name: make() for name, make in coders.items()}, options.symbols, options.repeats)
    print_table(results)
    if options.json:
        write_whole(options.json, (json.dumps(results, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
