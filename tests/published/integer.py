"""Small networks with made-up weights, exported."""

from functools import cache

import numpy as np
import torch

from l3c.published.architecture import Architecture
from l3c.published.export import export_layers
from l3c.published.integer_model import PublishedModel, known_answer
from l3c.published.network import make_network
from l3c.published.operations import IntegerLayer
from l3c.published.pictures import Pixels
from l3c.published.runtimes import make_program

ARCHITECTURES = {
    "l3c": Architecture(features=8, blocks=1, components=3),
    "rgb": Architecture(kind="rgb", features=8, blocks=1, components=3),
    "rgb-shared": Architecture(kind="rgb-shared", scales=1, features=8, blocks=1, components=3),
}


def picture(height: int, width: int, seed: int = 0) -> Pixels:
    """Smooth colours and noise, uint8 [height, width, 3]."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    plane = 128 + 80 * np.sin(x / 9 + seed) * np.cos(y / 7)
    noisy: Pixels = np.clip(plane[..., None] + rng.normal(0, 9, (height, width, 3)), 0, 255).astype(np.uint8)
    return noisy


def plausible_state(a: Architecture) -> dict[str, torch.Tensor]:
    """Make a network that, untrained, guesses the middle, so that it beats stored pixels of pale pictures."""
    state = make_network(a).state_dict()
    for key, bias in state.items():
        if key.endswith("lin.bias"):
            state[key.replace("bias", "weight")].mul_(0.01)
            image = not a.learned or key.startswith("prob_clfs.0.")
            values = (0, 128, 2.0, -7) if image else (0, 0, -1.0)
            bias.copy_(torch.tensor(values).repeat_interleave(len(bias) // len(values)))
    return state


@cache
def exported(kind: str) -> list[IntegerLayer]:
    torch.manual_seed(0)
    a = ARCHITECTURES[kind]
    return export_layers(a, plausible_state(a), [picture(40, 48), picture(33, 20, 1)])


@cache
def model(kind: str, runtime: str = "torch") -> PublishedModel:
    a, layers = ARCHITECTURES[kind], exported(kind)
    return PublishedModel(kind, a, layers, known_answer(make_program("definition", a, layers)), runtime)
