"""Random crops of a folder of l3c files for PyTorch: only the tiles that a crop meets are read and decoded.

    python examples/torch_dataset.py FOLDER [--crop 256] [--batches 20] [--workers 0]

FOLDER has l3c files (`l3c encode photos -o FOLDER -m wave-fast`). It prints crops a second.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

import l3c


class L3CCrops(Dataset[torch.Tensor]):
    """uint8 tensors [3, crop, crop] of RGB pictures; smaller ones, and those of other layouts, are left out."""

    def __init__(self, folder: Path, crop: int) -> None:
        opened = [l3c.open(path, threads=1) for path in sorted(folder.rglob("*.l3c"))]
        self.images = [i for i in opened if i.shape[2:] == (3,) and i.dtype == np.uint8 and min(i.size) >= crop]
        self.crop = crop

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, number: int) -> torch.Tensor:
        image = self.images[number]
        x, y = (int(torch.randint(pixels - self.crop + 1, ())) for pixels in image.size)
        return torch.from_numpy(np.array(image.region(x, y, self.crop, self.crop))).permute(2, 0, 1)


def measure(folder: Path, crop: int, batches: int, workers: int) -> float:
    """Crops a second."""
    loader = DataLoader(L3CCrops(folder, crop), batch_size=8, shuffle=True, num_workers=workers)
    count, begun = 0, time.perf_counter()
    while count < 8 * batches:
        for batch in loader:
            count += len(batch)
            if count >= 8 * batches:
                break
    return count / (time.perf_counter() - begun)


def main(arguments: list[str] | None = None) -> None:
    """Print crops a second."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--crop", type=int, default=256)
    parser.add_argument("--batches", type=int, default=20)
    parser.add_argument("--workers", type=int, default=0)
    given = parser.parse_args(arguments)
    print(f"{measure(given.folder, given.crop, given.batches, given.workers):.1f} crops a second")


if __name__ == "__main__":
    main()
