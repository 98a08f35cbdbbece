"""Folders of made-up pictures, and a configuration that learns from them within seconds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PIL import Image

from l3c.training.config_files import CONFIGS
from tests.checks import smooth_picture


def write_pictures(folder: Path, count: int = 6, height: int = 40, width: int = 48) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(count):
        Image.fromarray(smooth_picture(height, width, 3, seed)).save(folder / f"{seed}.png")
    return folder


def train_arguments(pictures: Path, log_dir: Path, *more: str, model: str = "debug") -> list[str]:
    """For `l3c train`: batches of four crops of 16 pixels, no loader processes, everything logged."""
    settings = {"train": pictures, "valid": pictures, "crop": 16, "batch": 4, "valid_batch": 2, "valid_batches": 2}
    overrides = [text for key, value in settings.items() for text in ("-p", f"{key}={value}")]
    files = [str(CONFIGS / "model" / f"{model}.yaml"), str(CONFIGS / "data" / "folder.yaml")]
    every = ["--log-every", "1", "--log-heavy", "10", "--validate-every", "10", "--save-every", "5", "-W", "0"]
    return ["train", *files, str(log_dir), *overrides, *every, "--device", "cpu", *more]


def read_log(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def losses(folder: Path) -> dict[int, float]:
    return {entry["iteration"]: entry["train/loss"] for entry in read_log(folder) if "train/loss" in entry}
