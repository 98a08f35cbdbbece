"""Half-size images by PyTorch are Pillow's, pixel by pixel."""

import numpy as np
import PIL
import pytest
import torch

from l3c.published.halving import half_size_of
from l3c.published.pictures import Pixels, half_size
from tests.checks import smooth_picture

SIZES = [(2, 2), (3, 2), (4, 5), (8, 6), (7, 9), (16, 16), (33, 64), (128, 127), (2, 500), (40, 20)]
TALL = [(41, 20), (9, 4), (1000, 3)]
NEW_PILLOW = int(PIL.__version__.split(".")[0]) >= 13
GPU = pytest.param(
    "cuda", marks=[pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")]
)


def by_torch(images: Pixels, device: str = "cpu") -> Pixels:
    tensor = torch.from_numpy(images).permute(0, 3, 1, 2).float().to(device)
    halves: Pixels = half_size_of(tensor).permute(0, 2, 3, 1).to(torch.uint8).cpu().numpy()
    return halves


@pytest.mark.parametrize(("height", "width"), [*SIZES, *(TALL if NEW_PILLOW else [])])
@pytest.mark.parametrize("device", ["cpu", GPU])
def test_they_are_pillows(height: int, width: int, device: str) -> None:
    random = np.random.default_rng(height * 1000 + width)
    noise = random.integers(0, 256, (height, width, 3), np.uint8)
    extremes = 255 * random.integers(0, 2, (height, width, 3), np.uint8)
    images = np.stack([noise, extremes, smooth_picture(height, width, 3, 1)])
    np.testing.assert_array_equal(by_torch(images, device), [half_size(image) for image in images])


def test_reduced_precision_around_it_changes_nothing() -> None:
    images = torch.randint(0, 256, (2, 3, 32, 32)).float()
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(half_size_of(images), half_size_of(images.double()).float())
    assert torch.equal(half_size_of(images).to(torch.uint8), half_size_of(images.to(torch.uint8)))


def test_a_compiler_sees_one_operation() -> None:
    torch.library.opcheck(half_size_of, (torch.randint(0, 256, (2, 3, 8, 6)).float(),))
