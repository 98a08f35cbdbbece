"""Bits do not depend on the mode of the floating-point unit in which a program calls, and the mode stays as it was."""

from __future__ import annotations

import ctypes
import ctypes.util
import hashlib
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import l3c
from l3c.coding import SymbolDecoder, SymbolEncoder
from l3c.isa import supported_isas
from l3c.training.wave.objective import initial_parameters
from l3c.wave.compiled import WaveCoder, wave_gradient
from l3c.wave.definition.learning import Learning
from l3c.wave.presets import HEADS_LEARN
from tests.checks import ARCHITECTURES, COUPLED, noise, smooth_picture, untrained_network
from tests.long.hostile import seeds

LIBRARY = ctypes.CDLL(ctypes.util.find_library("m"))
MACHINE = platform.machine()
DIRECTIONS = {
    "x86_64": {"down": 0x400, "up": 0x800, "to zero": 0xC00},
    "aarch64": {"up": 0x400000, "down": 0x800000, "to zero": 0xC00000},
}.get(MACHINE, {})
"""The C library's names for rounding modes."""

ENVIRONMENT_BYTES, MXCSR = 64, slice(28, 32)
"""Room for the C library's fenv_t, and where x86-64 keeps the register of SSE in it."""

FLUSH = 0x8040
"""Bits of that register: results that are subnormal become 0, and operands too."""

MODES = ["nearest", *DIRECTIONS, *(["flush to zero"] if MACHINE == "x86_64" else [])]
pytestmark = pytest.mark.skipif(not DIRECTIONS, reason=f"modes of {MACHINE} are not known here")


def environment() -> bytearray:
    found = bytearray(ENVIRONMENT_BYTES)
    LIBRARY.fegetenv((ctypes.c_char * ENVIRONMENT_BYTES).from_buffer(found))
    return found


def mode_now() -> bytes:
    """The register without its flags."""
    if MACHINE != "x86_64":
        return bytes([LIBRARY.fegetround() >> 22])
    return (int.from_bytes(environment()[MXCSR], "little") & ~0x3F).to_bytes(4, "little")


@contextmanager
def floating_point(mode: str) -> Iterator[None]:
    """Set this thread's unit to a mode, which must be as it was at the end."""
    before = environment()
    if mode == "flush to zero":
        flushing = bytearray(before)
        flushing[MXCSR] = (int.from_bytes(before[MXCSR], "little") | FLUSH).to_bytes(4, "little")
        LIBRARY.fesetenv((ctypes.c_char * ENVIRONMENT_BYTES).from_buffer(flushing))
    elif mode != "nearest":
        LIBRARY.fesetround(DIRECTIONS[mode])
    set_mode = mode_now()
    try:
        yield
        assert mode_now() == set_mode, "the engine left another mode behind"
    finally:
        LIBRARY.fesetenv((ctypes.c_char * ENVIRONMENT_BYTES).from_buffer(before))


LEARNINGS = {"at rest": None, "learning": Learning(learning_rate=3e-3, step_pixels=16), "heads": HEADS_LEARN}


def coded(coder: WaveCoder, tile: NDArray[np.uint8], side_channels: int) -> tuple[str, NDArray[np.uint8]]:
    payload = coder.encode(tile)
    decoded = coder.decode(payload, *tile.shape[:2], side=tile[..., :side_channels])
    return hashlib.sha256(payload).hexdigest(), decoded


@pytest.mark.parametrize("isa", supported_isas())
@pytest.mark.parametrize("architecture", ARCHITECTURES.values(), ids=ARCHITECTURES)
@pytest.mark.parametrize("learning", LEARNINGS.values(), ids=LEARNINGS)
def test_tiles_are_coded_equally_in_every_mode(isa: str, architecture: object, learning: Learning | None) -> None:
    network = untrained_network(architecture)  # type: ignore[arg-type]
    side_channels, channels = network.architecture.side_channels, network.architecture.channels
    tile = np.concatenate([smooth_picture(40, 30, channels), noise(6, 30, channels)])
    coder, digests = WaveCoder(network, isa, learning=learning), set()
    for mode in MODES:
        with floating_point(mode):
            digest, decoded = coded(coder, tile, side_channels)
        digests.add(digest)
        np.testing.assert_array_equal(decoded, tile, mode)
    assert len(digests) == 1


@pytest.mark.parametrize("isa", supported_isas())
def test_coders_made_in_any_mode_are_equal(isa: str) -> None:
    """Parameters that learn are made of integers when the coder is."""
    network, tile, digests = untrained_network(COUPLED), smooth_picture(20, 20, 3), set()
    for mode in MODES:
        with floating_point(mode):
            coder = WaveCoder(network, isa, learning=LEARNINGS["learning"])
        digests.add(coded(coder, tile, 0)[0])
    assert len(digests) == 1


@pytest.mark.parametrize("isa", supported_isas())
def test_symbols_under_mixtures_are_coded_equally_in_every_mode(isa: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("L3C_ISA", isa)
    random, payloads = np.random.default_rng(0), set()
    rows = random.integers(-3000, 9000, (4 * 3 * 10, 500)).astype(np.int32)
    symbols = random.integers(0, 256, (3, 500))
    for mode in MODES:
        with floating_point(mode):
            encoder = SymbolEncoder()
            encoder.put_mixtures(symbols, rows, joint=True)
            payloads.add(payload := encoder.finish())
            decoded = SymbolDecoder(payload).take_mixtures(rows, 3, joint=True)
        np.testing.assert_array_equal(decoded, symbols, mode)
    assert len(payloads) == 1


@pytest.mark.parametrize("isa", supported_isas())
def test_gradients_are_equal_in_every_mode(isa: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("L3C_ISA", isa)
    parameters, crop = initial_parameters(COUPLED, 0), smooth_picture(4, 32, 3)[None]
    expected = wave_gradient(COUPLED, parameters, crop, True)
    for mode in MODES:
        with floating_point(mode):
            bits, gradients = wave_gradient(COUPLED, parameters, crop, True)
        assert bits == expected[0]
        np.testing.assert_array_equal(gradients, expected[1], mode)


PICTURES: dict[str, NDArray[Any]] = {
    "rgb": smooth_picture(60, 70, 3),
    "gray": smooth_picture(60, 70, 1)[..., 0],
    "deep": smooth_picture(40, 50, 3).astype(np.uint16) * 51 + 3,
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", PICTURES)
@pytest.mark.parametrize("model", ["wave-light", "wave-fast", "wave", "wave-max"])
def test_files_decode_exactly_in_every_mode(mode: str, kind: str, model: str) -> None:
    picture = PICTURES[kind]
    data = l3c.encode(picture, model=model, effort=2)
    with floating_point(mode):
        assert l3c.encode(picture, model=model, effort=2) == data
        np.testing.assert_array_equal(l3c.decode(data), picture)


@pytest.mark.parametrize("mode", MODES)
def test_files_of_every_kind_decode_exactly_in_every_mode(mode: str) -> None:
    """What was done to pixels before is done again in integers, or in floats that hold these exactly."""
    with floating_point(mode):
        for seed in seeds():
            np.testing.assert_array_equal(l3c.decode(seed.data), seed.picture)


FAST_MATH = """
import ctypes, hashlib, sys
import numpy as np
if sys.argv[1]:
    ctypes.CDLL(sys.argv[1])
import l3c
from tests.checks import smooth_picture
tiny = np.float32(1e-30) * np.float32(1e-10)
picture = smooth_picture(80, 90, 3)
data = l3c.encode(picture, model="wave-max", effort=1)
assert (l3c.decode(data) == picture).all()
print(bool(tiny), hashlib.sha256(data).hexdigest())
"""


@pytest.mark.skipif(shutil.which("gcc") is None or MACHINE != "x86_64", reason="needs gcc for x86-64")
def test_a_library_of_fast_mathematics_changes_nothing(tmp_path: Path) -> None:
    """GCC's start-up code of such a library flushes subnormal numbers to zero, in the thread that loads it."""
    source, library = tmp_path / "fast.c", tmp_path / "fast.so"
    source.write_text("int fast(void) { return 1; }\n")
    subprocess.run(["gcc", "-shared", "-fPIC", "-ffast-math", "-O2", str(source), "-o", str(library)], check=True)
    found = {}
    for name in ("", str(library)):
        command = [sys.executable, "-W", "ignore", "-c", FAST_MATH, name]
        run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
        found[name] = run.stdout.split()
    if found[str(library)][0] != "False":
        pytest.skip("this compiler's libraries leave the mode alone")
    assert found[""] == ["True", found[str(library)][1]]
