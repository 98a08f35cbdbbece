"""A short run of the fuzzing, its files and its corpus: nothing is read in another way than it should be."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

import l3c
from l3c.codec.models import describe_file
from tests.fuzz.__main__ import main
from tests.fuzz.models import mutated_model
from tests.fuzz.mutate import mutated
from tests.fuzz.seeds import seeds
from tests.fuzz.structure import parse, seal
from tests.fuzz.ways import SLOW, WAYS, UnexpectedError, examine

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.l3c"))
QUICK = tuple(name for name in WAYS if name not in SLOW)


def wrong(outcomes: dict[str, str]) -> dict[str, str]:
    return {way: outcome for way, outcome in outcomes.items() if outcome.startswith("!")}


def test_files_are_taken_apart_and_put_together() -> None:
    for name, data in seeds().items():
        assert seal(parse(data)) == data, name


def test_mutated_files_repeat_with_their_seed_and_pass_the_check_sums() -> None:
    said = []
    for number in range(150):
        name, data = mutated(3, number)
        assert mutated(3, number) == (name, data)
        try:
            l3c.info(data)
        except l3c.L3CError as error:
            said.append(str(error))
    assert sum("checksum" in text for text in said) < len(said) / 10
    assert len(set(said)) > 20


@pytest.mark.parametrize("way", QUICK)
def test_mutated_files_give_results_or_errors(way: str) -> None:
    for number in range(60):
        name, data = mutated(0, number)
        assert not wrong(examine(data, (way,))), f"file {number}, made of {name!r}"


@pytest.mark.parametrize("path", CORPUS, ids=[path.stem for path in CORPUS])
def test_files_that_were_once_read_wrongly(path: Path) -> None:
    assert not wrong(examine(path.read_bytes()))


def test_mutated_models_repeat_with_their_seed_and_pass_their_headers() -> None:
    said = set()
    for number in range(120):
        assert mutated_model(3, number) == mutated_model(3, number)
        said.add(_one_model(mutated_model(3, number)))
    assert len(said) > 25


def _one_model(data: bytes) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "m.safetensors")
        path.write_bytes(data)
        return describe_file(str(path)).problem.partition("m.safetensors")[2]


def test_every_kind_of_section_and_history_is_there() -> None:
    tags = {part.tag for data in seeds().values() for top in parse(data) for part in (top, *top.inner)}
    assert {b"HEAD", b"HIST", b"MODL", b"ADPT", b"TILE", b"DATA", b"PAGE", b"FILE", b"SOLE", b"prvw"} <= tags
    histories = " ".join(str(l3c.info(data).history) for data in seeds().values())
    for name in ("Photo CD", "video frame", "decoded JPEG", "values", "differences", "pixels repeated"):
        assert name in histories
    assert any(l3c.info(data).animation for data in seeds().values())


def test_what_is_looked_for_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(data: bytes) -> None:
        raise IndexError("out of range")

    def strange(data: bytes) -> None:
        raise UnexpectedError("a good file is gone")

    monkeypatch.setitem(WAYS, "decode", broken)
    monkeypatch.setitem(WAYS, "verify", strange)
    found = wrong(examine(seeds()["gray"], QUICK))
    assert found == {"decode": "!IndexError: out of range", "verify": "!a good file is gone"}


def test_a_run_counts_and_keeps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["5", "--files", "9", "--keep", str(tmp_path)])
    out = capsys.readouterr().out
    assert "9 files, seed 0" in out
    assert out.count("read") >= len(WAYS)
