"""A short run of the decoder's fuzzing, and that it would notice what it looks for."""

import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import l3c
from l3c.container.read import read_file
from tests.long import fuzz_decoder
from tests.long.fuzz_decoder import BAD, examine, main
from tests.long.hostile import KINDS, Hostile, hostile_file, seeds

BLANK_BYTES = 2
"""Of a blank drawing's payload, where other bytes may stand for the same pixels; all longer ones must be refused."""

GOOD = Hostile("good", seeds()[0].data, seeds()[0].picture)


def test_two_hundred_files_give_errors_or_exact_pixels() -> None:
    counts: Counter[str] = Counter()
    for number in range(200):
        hostile, start = hostile_file(1, number), time.monotonic()
        outcome, detail = examine(hostile)
        assert outcome not in BAD, f"file {number}: {hostile.kind}: {outcome} {detail}"
        assert time.monotonic() - start < fuzz_decoder.TIMEOUT
        counts[outcome] += 1
    assert counts["error"] > 120
    assert counts["exact"] > 0


def test_the_files_repeat_with_their_seed() -> None:
    for number in range(2 * len(KINDS)):
        assert hostile_file(7, number).data == hostile_file(7, number).data
    assert len({hostile_file(7, number).kind for number in range(len(KINDS))}) == len(KINDS)


def test_the_coder_itself_is_reached() -> None:
    """Among containers whose checksums fit, errors come from payloads and pixels, not from the container alone."""
    messages = []
    for number in range(0, 40 * len(KINDS)):
        hostile = hostile_file(3, number)
        if hostile.kind == "payloads of noise":
            if len(read_file(hostile.data).data) <= BLANK_BYTES and examine(hostile)[0] == "exact":
                continue
            with pytest.raises(l3c.L3CError) as caught:
                l3c.decode(hostile.data)
            messages.append(str(caught.value))
    assert all(message.startswith("tile ") for message in messages)
    assert len({message.split(": ")[1] for message in messages}) >= 3


def test_good_files_are_exact() -> None:
    for seed in seeds():
        assert examine(Hostile("good", seed.data, seed.picture)) == ("exact", "")
        assert examine(Hostile("good", seed.data, None)) == ("exact", "")


def test_wrong_pixels_and_foreign_exceptions_are_noticed() -> None:
    def wrong(data: bytes, **_: object) -> NDArray[np.uint8]:
        return l3c.decode(data) ^ np.uint8(1)

    def broken(data: bytes, **_: object) -> NDArray[np.uint8]:
        raise IndexError("out of range")

    assert examine(GOOD, wrong)[0] == "wrong pixels"
    assert examine(Hostile("good", GOOD.data, None), wrong)[0] == "wrong pixels"
    assert examine(GOOD, broken) == ("foreign exception", "IndexError: out of range")


def test_a_run_prints_its_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["45", "--seed", "2"]) == 0
    out = capsys.readouterr().out
    assert "45 files in" in out
    assert out.splitlines()[0].split()[:3] == ["kind", "error", "exact"]


class Scripted:
    """Stands for a child that dies at file 1 and hangs at file 2."""

    def __init__(self, seed: int, first: int, count: int) -> None:
        self._script: list[str] = ["crash" if n == 1 else "hang" if n == 2 else "" for n in range(first, count)]
        self._script.insert(0, "ready")

    def line(self, timeout: float) -> str | None:
        step = self._script.pop(0)
        if step == "hang":
            raise TimeoutError
        return None if step == "crash" else step or "truncated\terror\tFormatError"

    def end(self) -> int:
        return -11


def test_deaths_and_hangs_are_counted_and_the_run_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(fuzz_decoder, "Child", Scripted)
    assert main(["5", "--keep", str(tmp_path / "kept")]) == 1
    out = capsys.readouterr().out.splitlines()
    assert out[0].endswith("crash exit status -11")
    assert out[1].endswith("hang more than 5 s")
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == ["0-1.l3c", "0-2.l3c"]
