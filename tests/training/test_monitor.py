"""The log of a run that goes on: what was written after its checkpoint goes, and so does a line that was cut."""

import json
from pathlib import Path

import pytest

from l3c.errors import InputError
from l3c.training.monitor import Monitor
from tests.training.pictures import read_log

WHOLE = "".join(json.dumps({"iteration": i, "train/loss": 0.5}) + "\n" for i in (10, 20, 30))


def gone_on(folder: Path, iteration: int) -> list[int]:
    """Iterations of the log's lines when a run goes on from one of its checkpoints."""
    monitor = Monitor(folder, iteration, None, board=False)
    monitor.scalars(iteration + 1, {"train/loss": 0.25})
    return [entry["iteration"] for entry in read_log(folder)]


@pytest.mark.parametrize("end", ["", "{", '{"iteration": 40, "train', "\0" * 30, "{\n\n", "4", '{"iteration": "x"}\n'])
def test_a_line_that_a_killed_run_left_is_dropped(end: str, tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text(WHOLE + end)
    assert gone_on(tmp_path, 20) == [10, 20, 21]


def test_a_log_of_a_cut_line_alone_is_empty(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_bytes(b'{"iteration": 1, "\xff')
    assert gone_on(tmp_path, 0) == [1]


def test_damage_before_whole_lines_is_named(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text('{"itera\n' + WHOLE)
    with pytest.raises(InputError, match=r"log\.jsonl: line 1 is no record of a run: '{\"itera'"):
        Monitor(tmp_path, 20, None, board=False)
    assert (tmp_path / "log.jsonl").read_text() == '{"itera\n' + WHOLE
