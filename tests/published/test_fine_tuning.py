"""Fine-tuning sees exactly what export writes, and lowers its cost."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from l3c.published.export import calibrate, export_layers, float_layers, grids_of
from l3c.published.fine_tuning import FakeIntegers, FakeNetwork, fine_tune
from l3c.published.integer_model import auxiliary_images, known_answer
from l3c.published.layers_integer import Network, known_values
from l3c.published.runtimes import make_program
from tests.published.integer import ARCHITECTURES, exported, model, picture, plausible_state

KINDS = list(ARCHITECTURES)
PICTURES = [picture(40, 48), picture(33, 20, 1)]


def state_of(kind: str) -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return plausible_state(ARCHITECTURES[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_fake_integers_are_those_that_are_exported(kind: str) -> None:
    a, image = ARCHITECTURES[kind], picture(32, 48, 4)
    weights = float_layers(a, state_of(kind))
    network = Network(a, FakeIntegers(weights, grids_of(a, weights, calibrate(a, weights, PICTURES))))
    program = make_program("definition", a, exported(kind))
    context, fake = None, None
    auxiliary = auxiliary_images(program, image)
    if a.learned:
        found = network.extract(torch.from_numpy(image.transpose(2, 0, 1).copy())[None].float())
        assert all((f.detach().numpy()[0] == x).all() for f, x in zip(found, auxiliary, strict=True))
    for scale in reversed(range(a.scales)):
        context = program.context(scale, auxiliary[scale], context)
        symbols = torch.from_numpy(auxiliary[scale].astype(np.float32))[None]
        fake = network.predict(scale, known_values(a, symbols), fake)
        parameters = network.classify(scale, fake).detach().numpy()[0]
        assert (parameters == program.parameters(scale, context)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_the_cost_is_that_of_the_payload(kind: str) -> None:
    a, image = ARCHITECTURES[kind], 112 + picture(64, 64, 5) // 8
    weights = float_layers(a, state_of(kind))
    network = FakeNetwork(a, FakeIntegers(weights, grids_of(a, weights, calibrate(a, weights, PICTURES))))
    bits = network.bits(torch.from_numpy(image.transpose(2, 0, 1).copy())[None])
    if kind != "rgb-shared":  # which codes three scales more
        assert float(bits.detach()) == pytest.approx(model(kind).code(image).bits, rel=0.05)


@pytest.mark.parametrize("kind", KINDS)
def test_fine_tuning_lowers_the_cost_and_exports(kind: str) -> None:
    a, costs = ARCHITECTURES[kind], []
    crops = [np.stack([picture(16, 16, 10 * i + j).transpose(2, 0, 1) for j in range(4)]) for i in range(4)]
    batches = itertools.cycle(map(torch.from_numpy, crops))

    def tune(a, weights, grids):  # type: ignore[no-untyped-def]
        return fine_tune(a, weights, grids, batches, 12, 3e-3, lambda i, bpsp: costs.append(bpsp))

    layers = export_layers(a, state_of(kind), PICTURES, tune)
    assert np.mean(costs[-4:]) < np.mean(costs[:4])
    assert len(costs) == 12
    assert known_answer(make_program("numpy", a, layers)) == known_answer(make_program("definition", a, layers))
