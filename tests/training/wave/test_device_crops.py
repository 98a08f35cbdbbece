"""Crops of packed pictures, cut and augmented where the network trains."""

from pathlib import Path

import numpy as np
import pytest
import torch

from l3c.errors import InputError
from l3c.training.packed import Packed, write_pack
from l3c.training.wave import crops as host
from l3c.training.wave import device_crops as device
from l3c.training.wave.device_crops import DeviceCrops
from tests.checks import smooth_picture

CPU = torch.device("cpu")
SIDE = 16


@pytest.fixture
def pack(tmp_path: Path) -> Packed:
    sizes = [(40, 50), (12, 90), (64, 33)]
    write_pack(tmp_path / "a.pack", [(str(i), smooth_picture(*size, 3, i)) for i, size in enumerate(sizes)])
    return Packed(tmp_path / "a.pack")


@pytest.mark.parametrize("on_device", [True, False])
def test_crops_follow_from_their_seed(pack: Packed, monkeypatch: pytest.MonkeyPatch, on_device: bool) -> None:
    monkeypatch.setattr("l3c.training.device_pixels._free_bytes", lambda _: 1e9 if on_device else 0)
    crops = DeviceCrops([pack], SIDE, 3, CPU)
    first, other, again = (crops.batch(40, (5, number)) for number in (0, 1, 0))
    assert first.shape == (40, SIDE, SIDE, 3)
    assert first.dtype == torch.uint8
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert DeviceCrops([pack], SIDE, 1, CPU).batch(3, (5, 0)).shape == (3, SIDE, SIDE, 1)


def test_most_crops_are_windows_of_the_pictures(pack: Packed) -> None:
    """Turned and mirrored, in the order of coding; a picture with a side below two crops is left out."""
    pictures = [pack.read(i)[..., [1, 0, 2]] for i in (0, 2)]
    windows = {
        window.tobytes()
        for picture in pictures
        for turned in (np.rot90(picture, turns) for turns in range(4))
        for mirrored in (turned, turned[:, ::-1])
        for y in range(mirrored.shape[0] - SIDE + 1)
        for x in range(mirrored.shape[1] - SIDE + 1)
        for window in [np.ascontiguousarray(mirrored[y : y + SIDE, x : x + SIDE])]
    }
    batch = DeviceCrops([pack], SIDE, 3, CPU).batch(400, (1, 2)).numpy()
    known = np.mean([np.ascontiguousarray(crop).tobytes() in windows for crop in batch])
    plain = (1 - host.DOWNSCALED) * (1 - host.TONED) * (1 - host.SUBSAMPLED)
    assert known == pytest.approx(plain, abs=0.08)


def as_images(crop: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(crop.transpose(2, 0, 1)[None])).float()


def test_changes_are_those_of_the_processor() -> None:
    """But for a level here and there, which float32 rounds to the other side."""
    crop = smooth_picture(32, 32, 3)
    random = np.random.default_rng(3)
    gamma, gain = np.exp(random.normal(0, host.GAMMA_SPREAD)), np.exp(random.normal(0, host.GAIN_SPREAD, 3))
    changed = [
        (host.change_tone(crop, np.random.default_rng(3)),
         device.change_tone(as_images(crop), torch.tensor([gamma]).float(), torch.from_numpy(gain[None]).float())),
        (host.subsample_chroma(crop), device.subsample_chroma(as_images(crop))),
        (host.to_coding_order(crop, 3), device.in_coding_order(as_images(crop), 3)),
        (host.to_coding_order(crop, 1), device.in_coding_order(as_images(crop), 1)),
    ]  # fmt: skip
    for expected, found in changed:
        difference = np.abs(expected.astype(int) - found[0].numpy().transpose(1, 2, 0))
        assert difference.max() <= 1
        assert (difference > 0).mean() < 0.01
    means = crop.reshape(16, 2, 16, 2, 3).mean(axis=(1, 3))
    np.testing.assert_array_equal(
        device.average_down(as_images(crop))[0].numpy().transpose(1, 2, 0), (means + 0.5) // 1
    )


def test_pictures_that_are_all_too_small_are_refused(pack: Packed) -> None:
    with pytest.raises(InputError, match="no picture of at least 128 x 128"):
        DeviceCrops([pack], 64, 3, CPU)
