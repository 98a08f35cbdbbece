"""l3c models."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(options: argparse.Namespace) -> int:
    """One line for each model: name, kind of picture, digest."""
    from l3c.codec.models import find_model, model_names
    from l3c.errors import ModelError

    for name in model_names():
        for channels, kind in ((3, "RGB"), (1, "gray")):
            try:
                model = find_model(name, channels)
            except ModelError:
                continue
            print(f"{name:<12}{kind:<6}{model.digest.hex()[:32]}")
    return 0
