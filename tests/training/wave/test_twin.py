"""The cost and gradient in PyTorch, beside the engine's."""

import numpy as np
import pytest
import torch

from l3c.training.wave.backends import EngineBackend, TorchBackend
from l3c.training.wave.config import WaveExecution
from l3c.training.wave.objective import initial_parameters
from l3c.training.wave.pixel_inputs import faded, pixel_inputs
from l3c.training.wave.twin import WaveCoster
from l3c.wave.definition.architecture import Architecture
from l3c.wave.definition.local_fit import FROM_ABOVE, FROM_LEFT
from tests.checks import ARCHITECTURES, COUPLED
from tests.training.wave.test_objective import crops_of

pytestmark = pytest.mark.usefixtures("one_thread")

CPU = torch.device("cpu")


def both(architecture: Architecture, quantized: bool, bfloat16: bool = False) -> tuple[float, float, float, float]:
    """Costs of engine and twin, the relative distance of their gradients, and the cosine between these."""
    parameters, crops = initial_parameters(architecture, 1), crops_of(architecture)
    true, slope = EngineBackend(architecture).gradient(parameters, crops, quantized)
    backend = TorchBackend(architecture, WaveExecution(bfloat16=bfloat16), CPU)
    cost, found = backend.gradient(backend.array(parameters), torch.from_numpy(crops), quantized)
    mine = found.numpy()
    sizes = np.linalg.norm(mine), np.linalg.norm(slope)
    return true, float(cost), float(np.linalg.norm(mine - slope) / sizes[1]), float(mine @ slope / sizes[0] / sizes[1])


@pytest.mark.parametrize("quantized", [False, True], ids=["float", "quantized"])
@pytest.mark.parametrize("architecture", ARCHITECTURES.values(), ids=ARCHITECTURES)
def test_cost_and_gradient_are_the_engines(architecture: Architecture, quantized: bool) -> None:
    """To the last bits of sums in float32, which run in another order.

    Sums of fits do so too. Where an input or an activation then lies on the other side of a rounding edge, it is
    another step: a few in ten thousand do, which shows in the gradient's fourth digit.
    """
    true, cost, distance, _ = both(architecture, quantized)
    assert cost == pytest.approx(true, rel=1e-5)
    assert distance < 2e-3


@pytest.mark.parametrize("quantized", [False, True], ids=["float", "quantized"])
def test_short_factors_leave_the_gradient_its_direction(quantized: bool) -> None:
    """bfloat16 has 8 bits: rounded weights and activations are exact in it, sums of them are not."""
    true, cost, distance, cosine = both(COUPLED, quantized, bfloat16=True)
    assert cost == pytest.approx(true, rel=1e-3)
    assert distance < 0.05
    assert cosine > 0.998


def test_the_cost_is_one_graph() -> None:
    """Nothing in it makes PyTorch's compiler leave the graph, which would mean to wait for the device."""
    parameters = torch.from_numpy(initial_parameters(COUPLED, 1)).requires_grad_()
    inputs = pixel_inputs(COUPLED, torch.from_numpy(crops_of(COUPLED)))
    coster = WaveCoster(COUPLED, True, CPU)
    compiled = torch.compile(coster, fullgraph=True, dynamic=False, backend="aot_eager")
    costs = [way(parameters, inputs, True) for way in (coster, compiled)]
    torch.testing.assert_close(*costs)
    torch.testing.assert_close(*[torch.autograd.grad(cost, parameters)[0] for cost in costs])


def test_inputs_of_a_crop_do_not_depend_on_its_batch() -> None:
    crops = torch.from_numpy(crops_of(COUPLED, 3))
    together, alone = pixel_inputs(COUPLED, crops), pixel_inputs(COUPLED, crops[1:2])
    for whole, part in zip(together, alone, strict=True):
        assert (whole[..., 1:2] != part).float().mean() < 1e-3


def test_sums_fade_as_the_format_says() -> None:
    """Each pixel takes 35/64 of its left neighbour's and 27/64 of its upper right one's, with what these add."""
    random = np.random.default_rng(0)
    addends = random.random((2, 5, 7, 3)).astype(np.float32)
    expected, after = np.zeros((2, 5, 7, 3)), np.zeros((2, 6, 9, 3))
    for y in range(5):
        for x in range(7):
            expected[:, y, x] = FROM_LEFT * after[:, y + 1, x] + FROM_ABOVE * after[:, y, x + 2]
            after[:, y + 1, x + 1] = expected[:, y, x] + addends[:, y, x]
    np.testing.assert_allclose(faded(torch.from_numpy(addends.copy())).numpy(), expected, rtol=1e-5)
