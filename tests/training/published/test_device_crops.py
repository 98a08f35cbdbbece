"""Crops out of packed files: the same pixels wherever they lie, a function of seed and iteration."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from l3c.errors import InputError
from l3c.training.batch_plan import BatchPlan
from l3c.training.device_pixels import turned
from l3c.training.packed import Packed, write_pack
from l3c.training.published.config import Data
from l3c.training.published.device_crops import TOGETHER, PackedCrops, reduce_images
from tests.checks import smooth_picture

CPU = torch.device("cpu")


@pytest.fixture
def packs(tmp_path: Path) -> list[Packed]:
    """Two packs; every pixel tells its picture and place, as far as it goes. One picture is too small."""
    made = []
    for number, sizes in enumerate([[(40, 50), (12, 40)], [(33, 36), (64, 64), (20, 90)]]):
        images = [smooth_picture(height, width, 3, number * 10 + i) for i, (height, width) in enumerate(sizes)]
        write_pack(tmp_path / f"{number}.pack", [(str(i), image) for i, image in enumerate(images)])
        made.append(Packed(tmp_path / f"{number}.pack"))
    return made


def crops_of(packs: list[Packed], monkeypatch: pytest.MonkeyPatch, on_device: bool, **settings: object) -> PackedCrops:
    monkeypatch.setattr("l3c.training.device_pixels._free_bytes", lambda _: 1e9 if on_device else 0)
    return PackedCrops(packs, Data(crop=16, batch=8, **settings), 7, CPU)  # type: ignore[arg-type]


SETTINGS = {"turn": True, "reduced": 0.4, "crops": 2, "full_batches": True}


def test_where_pixels_lie_makes_no_difference(packs: list[Packed], monkeypatch: pytest.MonkeyPatch) -> None:
    plan = BatchPlan(4, 8, 7, crops=2, full=True)
    batches = [crops_of(packs, monkeypatch, on_device, **SETTINGS) for on_device in (True, False)]
    assert len(batches[0]) == 4
    for iteration in (0, 1, 5):
        first, second = (b.batch(plan, iteration) for b in batches)
        assert first.shape == (8, 3, 16, 16)
        assert torch.equal(first, second)
        assert not torch.equal(first, batches[0].batch(plan, iteration + 1))
    assert torch.equal(batches[0].centres(3, 20), batches[1].centres(3, 20))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_cuts_the_same_crops(packs: list[Packed]) -> None:
    plan = BatchPlan(4, 8, 7, crops=2, full=True)
    settings = {**SETTINGS, "reduced": 0.0}  # reductions are float32 products, which devices add in orders of their own
    sources = [PackedCrops(packs, Data(crop=16, batch=8, **settings), 7, torch.device(d)) for d in ("cpu", "cuda")]  # type: ignore[arg-type]
    assert torch.equal(sources[0].batch(plan, 3), sources[1].batch(plan, 3).cpu())


def test_a_run_may_be_entered_anywhere_and_divided(packs: list[Packed], monkeypatch: pytest.MonkeyPatch) -> None:
    source = crops_of(packs, monkeypatch, True, **SETTINGS)
    whole = source.batch(BatchPlan(4, 8, 7, crops=2, full=True), 3)
    entered = next(source.batches(BatchPlan(4, 8, 7, 3, crops=2, full=True)))
    assert torch.equal(whole, entered)
    following = itertools.islice(source.batches(BatchPlan(4, 8, 7, 2, crops=2, full=True)), TOGETHER + 2)
    for iteration, batch in enumerate(following, 2):  # beyond those that are cut together
        assert torch.equal(batch, source.batch(BatchPlan(4, 8, 7, crops=2, full=True), iteration))
    parts = [source.batch(BatchPlan(4, 8, 7, 3, rank, 2, crops=2, full=True), 3) for rank in (0, 1)]
    joined = torch.cat(parts)
    assert sorted(c.numpy().tobytes() for c in joined) == sorted(c.numpy().tobytes() for c in whole)


def test_plain_crops_are_pieces_of_their_pictures(packs: list[Packed], monkeypatch: pytest.MonkeyPatch) -> None:
    source = crops_of(packs, monkeypatch, True, flip=False)
    pictures = [packs[0].read(0), *(packs[1].read(i) for i in range(3))]
    pieces = {
        np.ascontiguousarray(picture[y : y + 16, x : x + 16]).tobytes()
        for picture in pictures
        for y in range(picture.shape[0] - 15)
        for x in range(picture.shape[1] - 15)
    }
    batch = source.batch(BatchPlan(4, 8, 7), 0).permute(0, 2, 3, 1)
    assert all(crop.contiguous().numpy().tobytes() in pieces for crop in batch)


def test_turns() -> None:
    image = torch.arange(9, dtype=torch.uint8).reshape(1, 1, 3, 3)
    got = turned(image.expand(8, 1, 3, 3), torch.arange(8))
    assert torch.equal(got[0], image[0])
    assert torch.equal(got[1], image[0].flip(2))
    assert torch.equal(got[2], image[0].flip(1))
    assert torch.equal(got[4], image[0].transpose(1, 2))
    assert len({x.numpy().tobytes() for x in got}) == 8


@pytest.mark.parametrize("side", [16, 21, 32])
def test_reduced_crops_are_pillows(side: int) -> None:
    """Those of its float images: with 8 bits it rounds and cuts off after the first axis, too."""
    image = smooth_picture(side, side, 3, side)
    padded = np.pad(image, ((0, 32 - side), (0, 32 - side), (0, 0)), "edge")
    tensor = torch.from_numpy(padded).permute(2, 0, 1)[None]
    got = reduce_images(tensor, torch.tensor([side]), 16)[0].permute(1, 2, 0).numpy()
    channels = [Image.fromarray(image[..., c].astype(np.float32)) for c in range(3)]
    floats = np.stack([np.asarray(c.resize((16, 16), Image.Resampling.LANCZOS)) for c in channels], 2)
    expected = np.clip(np.rint(floats), 0, 255)
    np.testing.assert_allclose(got.astype(int), expected, atol=1)


def test_pictures_that_are_too_small_are_refused(packs: list[Packed]) -> None:
    with pytest.raises(InputError, match="no picture of at least 128"):
        PackedCrops(packs, Data(crop=128), 0, CPU)
