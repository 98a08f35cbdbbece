"""Nearest level forwards, soft assignment backwards."""

import torch

from l3c.published.modules import Quantizer


def quantizer() -> Quantizer:
    return Quantizer(torch.nn.Parameter(torch.linspace(-1, 1, 25), requires_grad=False), 2.0)


def test_values_are_levels_exactly_with_and_without_gradient() -> None:
    q, x = quantizer(), torch.linspace(-2, 2, 1001).reshape(1, 1, 7, 143)
    values, symbols = q(x)
    with torch.no_grad():
        assert torch.equal(q(x)[0], values)
    assert torch.equal(values, q.dequantize(symbols))
    assert int(symbols.min()) == 0
    assert int(symbols.max()) == 24
    assert float((values - x.clamp(-1, 1)).abs().max()) <= 1 / 24 + 1e-6


def test_a_tie_goes_to_the_first_level() -> None:
    q = Quantizer(torch.nn.Parameter(torch.tensor([-1.0, 0.0, 1.0]), requires_grad=False), 2.0)
    assert q(torch.tensor([[[[-0.5, 0.5]]]]))[1].flatten().tolist() == [0, 1]


def test_gradient_is_that_of_the_soft_assignment() -> None:
    q = quantizer()
    x = torch.tensor([[[[0.3, -0.71]]]], requires_grad=True)
    q(x)[0].sum().backward()
    with torch.no_grad():
        ahead, behind = (_soft(q, x.double() + s) for s in (1e-4, -1e-4))
    torch.testing.assert_close(x.grad.double(), (ahead - behind) / 2e-4, rtol=1e-3, atol=1e-4)  # type: ignore[union-attr]


def _soft(q: Quantizer, x: torch.Tensor) -> torch.Tensor:
    shares = torch.softmax(-2 * (x.unsqueeze(-1) - q.levels.double()) ** 2, -1)
    return (shares * q.levels).sum(-1)
