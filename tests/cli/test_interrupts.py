"""Signals, and streams that are closed or that libraries write to."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from l3c.cli import main
from l3c.cli.interrupts import Interrupted, interruptible
from tests.cli.conftest import Run
from tests.cli.test_main import TIMEOUT, child

posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no such signals")
SIDE = 700
"""Of noise, pixels: at effort 9 it keeps a processor for longer than any test may last."""


@pytest.fixture
def long(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A run over a folder that takes minutes, and has begun."""
    (folder / "in").mkdir()
    for seed in range(3):
        noise = np.random.default_rng(seed).integers(0, 64, (SIDE, SIDE, 3), np.uint8)
        Image.fromarray(np.cumsum(noise, axis=1, dtype=np.uint8)).save(folder / "in" / f"{seed}.png")
    command = [sys.executable, "-m", "l3c", "encode", "in", "-o", "out", "-e", "9", "-j", "2", "--delete-source"]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE) as run:
        try:
            end = time.monotonic() + TIMEOUT
            while not (folder / "out").exists():
                assert time.monotonic() < end
                time.sleep(0.05)
            time.sleep(1)
            yield run
        finally:
            run.kill()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_run_soon_and_leaves_nothing(long: subprocess.Popen[bytes], number: int, folder: Path) -> None:
    long.send_signal(number)
    assert long.wait(30) == 128 + number
    assert long.stderr is not None
    said = long.stderr.read()
    assert said.startswith(b"l3c: interrupted: ")
    assert said.count(b"\n") == 1
    long.stderr.close()
    assert names(folder / "in") == ["0.png", "1.png", "2.png"]
    assert names(folder / "out") == []


@posix
def test_a_second_signal_ends_at_once(long: subprocess.Popen[bytes], folder: Path) -> None:
    long.send_signal(signal.SIGINT)
    time.sleep(0.1)
    long.send_signal(signal.SIGINT)
    assert long.wait(10) == 128 + signal.SIGINT
    assert long.stderr is not None
    long.stderr.close()
    assert names(folder / "out") == []


def test_signals_are_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(Interrupted), interruptible():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


@posix
@pytest.mark.parametrize(
    ("arguments", "redirection"),
    [
        ("encode photo.png x.l3c", "<&- >&- 2>&-"),
        ("encode - x.l3c", "<&-"),
        ("encode photo.png -", ">&-"),
        ("encode photo.png -", "2>&-"),
        ("info x.l3c", ">&-"),
    ],
)
def test_closed_streams_are_no_tracebacks(folder: Path, arguments: str, redirection: str) -> None:
    assert main(["encode", "photo.png", "kept.l3c", "-q"]) == 0
    command = f"{sys.executable} -m l3c {arguments.replace('info x', 'info kept')} {redirection}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, timeout=TIMEOUT, stdin=subprocess.DEVNULL)
    assert b"Traceback" not in done.stderr
    assert done.returncode in (0, 1, 2)
    if Path("x.l3c").exists():
        assert main(["verify", "x.l3c", "-q"]) == 0


@posix
@pytest.mark.parametrize("quiet", [True, False])
def test_quiet_commands_say_nothing_of_libraries(folder: Path, quiet: bool) -> None:
    script = (
        "import os, sys, warnings, logging\n"
        "from l3c.cli import main\n"
        "from l3c.images import read\n"
        "usual = read.read_bytes\n"
        "def noisy(*arguments):\n"
        "    os.write(2, b'libtiff: warning\\n')\n"
        "    warnings.warn('python')\n"
        "    logging.getLogger('tifffile').warning('log')\n"
        "    return usual(*arguments)\n"
        "read.read_bytes = noisy\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    command = [sys.executable, "-c", script, "encode", "photo.png", *["-q"] * quiet]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT)
    assert done.returncode == 0
    assert ("libtiff" in done.stderr, "python" in done.stderr, "log" in done.stderr) == (not quiet, False, False)
    done = subprocess.run([*command[:-1], "absent.png", "-q"], cwd=folder, capture_output=True, text=True)
    assert "Traceback" not in done.stderr


def test_errors_are_said_in_quiet_commands(folder: Path) -> None:
    done = child("encode", "absent.png", "-q", cwd=folder)
    assert (done.returncode, done.stderr) == (1, b"l3c: absent.png: No such file or directory\n")


def test_the_signal_is_the_exit_code(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("l3c.api.encode_parts", lambda *_, **__: signal.raise_signal(signal.SIGTERM))
    assert run("encode", "photo.png").code == 128 + signal.SIGTERM
