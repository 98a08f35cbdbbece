"""What is seen, and when: a plan that can be entered anywhere, and pictures that may be damaged."""

import itertools
import logging
from pathlib import Path

import pytest
import torch

from l3c.errors import InputError
from l3c.training.batches import Plan, RandomCrops, training_batches, validation_batches
from l3c.training.config import Data
from l3c.training.picture_files import list_pictures
from tests.training.pictures import write_pictures


def take(plan: Plan, count: int) -> list[list[tuple[int, int, int]]]:
    return list(itertools.islice(plan, count))


def test_an_epoch_shows_every_picture_once() -> None:
    plan = Plan(10, 4, seed=1)
    epoch = [place for batch in take(plan, plan.per_epoch) for place in batch]
    assert [plan.size(i) for i in range(4)] == [4, 4, 2, 4]
    assert sorted(number for _, _, number in epoch) == list(range(10))
    assert take(plan, 6)[3:] != take(plan, 3)


def test_a_plan_entered_later_is_the_rest_of_the_plan() -> None:
    assert take(Plan(10, 4, seed=1, start=5), 4) == take(Plan(10, 4, seed=1), 9)[5:]


def test_processes_divide_a_batch_among_them() -> None:
    whole = take(Plan(11, 4, seed=1), 6)
    halves = [take(Plan(11, 4, seed=1, rank=rank, world=2), 6) for rank in (0, 1)]
    assert [sorted(a + b) for a, b in zip(*halves, strict=True)] == [sorted(batch) for batch in whole]


def test_crops_follow_from_seed_and_place(tmp_path: Path) -> None:
    paths = list_pictures(str(write_pictures(tmp_path)))
    data = Data(crop=16, batch=3)
    batches = [iter(training_batches(paths, data, 5, Plan(6, 3, 5, start), 0)) for start in (0, 1)]
    next(batches[0])
    first, again = next(batches[0]), next(batches[1])
    assert first.shape == (3, 3, 16, 16)
    assert torch.equal(first, again)


def test_damaged_pictures_are_named_once_and_replaced(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_pictures(tmp_path)
    (tmp_path / "3.png").write_bytes((tmp_path / "3.png").read_bytes()[:1000])
    (tmp_path / "header.png").write_bytes(b"\x89PNG nothing more")
    with caplog.at_level(logging.WARNING):
        paths = list_pictures(str(tmp_path), 16)
        crops = RandomCrops(paths, 16, 0, flip=True)
        shapes = [crops[0, i, i].shape for i in range(6)] + [crops[1, 3, 3].shape]
    assert set(shapes) == {(3, 16, 16)}
    assert caplog.text.count("3.png: image file is truncated") == 1
    assert caplog.text.count("skipped") == 2


def test_small_pictures_are_left_out_and_lists_remembered(tmp_path: Path) -> None:
    write_pictures(tmp_path / "a", 2, 40, 48)
    write_pictures(tmp_path / "a" / "deeper", 2, 20, 48)
    cache = tmp_path / "cache.json"
    assert len(list_pictures(str(tmp_path / "a"), 32, cache)) == 2
    write_pictures(tmp_path / "a" / "later", 2)
    assert len(list_pictures(str(tmp_path / "a"), 32, cache)) == 2
    assert len(list_pictures(str(tmp_path / "a"), 32)) == 4
    assert len(list_pictures(str(tmp_path / "a" / "*" / "0.png"))) == 2
    assert list_pictures(str(tmp_path / "a" / "0.png")) == [tmp_path / "a" / "0.png"]
    with pytest.raises(InputError, match="no readable picture"):
        list_pictures(str(tmp_path / "a"), 100)


def test_validation_takes_whole_batches_of_the_first_pictures(tmp_path: Path) -> None:
    write_pictures(tmp_path)
    data = Data(valid=str(tmp_path), crop=16, valid_batch=4, valid_batches=5, first_image=str(tmp_path / "5.png"))
    (batch,) = validation_batches(data)
    assert batch.shape == (4, 3, 16, 16)
    (other,) = validation_batches(Data(valid=str(tmp_path), crop=16, valid_batch=4, valid_batches=1))
    assert torch.equal(batch[1:], other[:3])
