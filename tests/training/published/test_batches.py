"""What is seen, and when: a plan that can be entered anywhere, and pictures that may be damaged."""

import itertools
import logging
from pathlib import Path

import pytest
import torch

from l3c.errors import InputError
from l3c.training import picture_files
from l3c.training.batch_plan import BatchPlan
from l3c.training.picture_files import list_pictures
from l3c.training.published.batches import RandomCrops, training_batches, validation_batches
from l3c.training.published.config import Data
from tests.training.pictures import write_pictures


def take(plan: BatchPlan, count: int) -> list[list[tuple[int, int, int]]]:
    return list(itertools.islice(plan, count))


def test_an_epoch_shows_every_picture_once() -> None:
    plan = BatchPlan(10, 4, seed=1)
    epoch = [place for batch in take(plan, plan.per_epoch) for place in batch]
    assert [plan.size(i) for i in range(4)] == [4, 4, 2, 4]
    assert sorted(number for _, _, number in epoch) == list(range(10))
    assert take(plan, 6)[3:] != take(plan, 3)


def test_a_plan_entered_later_is_the_rest_of_the_plan() -> None:
    assert take(BatchPlan(10, 4, seed=1, start=5), 4) == take(BatchPlan(10, 4, seed=1), 9)[5:]


def test_processes_divide_a_batch_among_them() -> None:
    whole = take(BatchPlan(11, 4, seed=1), 6)
    halves = [take(BatchPlan(11, 4, seed=1, rank=rank, world=2), 6) for rank in (0, 1)]
    assert [sorted(a + b) for a, b in zip(*halves, strict=True)] == [sorted(batch) for batch in whole]


def test_full_batches_go_on_with_the_next_epoch() -> None:
    plan = BatchPlan(5, 3, seed=1, full=True)
    places = [place for batch in take(plan, 10) for place in batch]
    assert [(epoch, at) for epoch, at, _ in places] == [divmod(i, 5) for i in range(30)]
    assert all(sorted(number for _, _, number in places[i : i + 5]) == list(range(5)) for i in range(0, 30, 5))
    assert take(BatchPlan(5, 3, seed=1, start=4, full=True), 3) == take(plan, 7)[4:]
    assert [len(batch) for batch in take(BatchPlan(2, 7, seed=1, full=True), 3)] == [7, 7, 7]


def test_a_batch_counts_crops() -> None:
    plan = BatchPlan(10, 8, seed=1, crops=4)
    assert [len(batch) for batch in take(plan, 3)] == [2, 2, 2]
    assert plan.size(0) == 8


def test_several_crops_of_each_picture_turned_and_reduced(tmp_path: Path) -> None:
    paths = list_pictures(str(write_pictures(tmp_path)))
    data = Data(crop=16, batch=6, crops=3, turn=True, reduced=0.5)
    batch, other = itertools.islice(training_batches(paths, data, 5, BatchPlan(6, 6, 5, crops=3), 0), 2)
    assert batch.shape == other.shape == (6, 3, 16, 16)
    assert len({crop.numpy().tobytes() for crop in (*batch, *other)}) == 12


def test_crops_follow_from_seed_and_place(tmp_path: Path) -> None:
    paths = list_pictures(str(write_pictures(tmp_path)))
    data = Data(crop=16, batch=3)
    batches = [iter(training_batches(paths, data, 5, BatchPlan(6, 3, 5, start), 0)) for start in (0, 1)]
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
        crops = RandomCrops(paths, Data(crop=16), 0)
        shapes = [crops[0, i, i].shape for i in range(6)] + [crops[1, 3, 3].shape]
    assert set(shapes) == {(1, 3, 16, 16)}
    assert caplog.text.count("3.png: cannot be read: ") == 1
    assert caplog.text.count("skipped") == 2


def test_small_pictures_are_left_out(tmp_path: Path) -> None:
    write_pictures(tmp_path / "a", 2, 40, 48)
    write_pictures(tmp_path / "a" / "deeper", 2, 20, 48)
    assert len(list_pictures(str(tmp_path / "a"), 32)) == 2
    assert len(list_pictures(str(tmp_path / "a" / "*" / "0.png"))) == 1
    assert list_pictures(str(tmp_path / "a" / "0.png")) == [tmp_path / "a" / "0.png"]
    with pytest.raises(InputError, match="no readable picture"):
        list_pictures(str(tmp_path / "a"), 100)


def test_a_cache_saves_opening_pictures_and_notices_changed_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, opened = tmp_path / "cache.json", list[str]()
    short_side = picture_files._short_side

    def noted(path: Path) -> int:
        opened.append(path.name)
        return short_side(path)

    monkeypatch.setattr(picture_files, "_short_side", noted)
    (tmp_path / "a").mkdir()
    with pytest.raises(InputError, match="no readable picture"):
        list_pictures(str(tmp_path / "a"), 32, cache)
    assert not cache.exists()
    write_pictures(tmp_path / "a", 3, 40, 48)
    (tmp_path / "a" / "bad.png").write_bytes(b"bad")
    assert len(list_pictures(str(tmp_path / "a"), 32, cache)) == 3
    assert sorted(opened) == ["0.png", "1.png", "2.png", "bad.png"]
    opened.clear()
    assert len(list_pictures(str(tmp_path / "a"), 32, cache)) == 3
    with pytest.raises(InputError, match="no readable picture"):
        list_pictures(str(tmp_path / "a"), 100, cache)
    assert opened == ["bad.png"] * 2
    opened.clear()
    (tmp_path / "a" / "0.png").unlink()
    write_pictures(tmp_path / "a" / "later", 1).joinpath("0.png").rename(tmp_path / "a" / "later" / "7.png")
    (tmp_path / "a" / "2.png").rename(tmp_path / "a" / "bad.png")
    names = [path.name for path in list_pictures(str(tmp_path / "a"), 32, cache)]
    assert names == ["1.png", "bad.png", "7.png"]
    assert sorted(opened) == ["7.png", "bad.png"]


def test_a_cache_serves_equal_names_in_other_working_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache.json"
    for name, height in (("here", 40), ("there", 20)):
        write_pictures(tmp_path / name / "a", 2, height, 48)
    monkeypatch.chdir(tmp_path / "here")
    assert len(list_pictures("a", 32, cache)) == 2
    monkeypatch.chdir(tmp_path / "there")
    with pytest.raises(InputError, match="no readable picture"):
        list_pictures("a", 32, cache)


@pytest.mark.parametrize(
    "content", ["", '{"a 0": ["x', "\xff", "[]", '{"a 0": 3}', '{"a 0": ["x"]}', '{"a": {"x": ""}}']
)
def test_a_list_that_cannot_be_read_is_named(content: str, tmp_path: Path) -> None:
    cache = tmp_path / "cache.json"
    cache.write_bytes(content.encode("latin-1"))
    with pytest.raises(InputError, match=r"cache\.json: not a list of pictures: "):
        list_pictures(str(write_pictures(tmp_path / "a", 1)), 0, cache)


def test_validation_takes_whole_batches_of_the_first_pictures(tmp_path: Path) -> None:
    write_pictures(tmp_path)
    data = Data(valid=str(tmp_path), crop=16, valid_batch=4, valid_batches=5, first_image=str(tmp_path / "5.png"))
    (batch,) = validation_batches(data)
    assert batch.shape == (4, 3, 16, 16)
    (other,) = validation_batches(Data(valid=str(tmp_path), crop=16, valid_batch=4, valid_batches=1))
    assert torch.equal(batch[1:], other[:3])
