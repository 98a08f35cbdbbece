"""How short trainings begin: with mixtures spread over all values, or with a network that interpolates."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from l3c.errors import InputError
from l3c.published.mixture import LogisticMixture
from l3c.published.modules import FeatureExtractor, Predictor, ProbabilityClassifier
from l3c.published.network import L3C, MEAN_COLOUR, Published, Pyramid
from l3c.training.published.guidance import DETAIL_GAIN, GRAY, HALF_RANGE

COEFFICIENTS = -3.0
"""Coefficient logits: colours hardly depend on one another at first."""

CALM = 0.1
"""Factor of the last layer's weights, so that the spread decides at first; means get it times half the range."""

PLACES = 5
"""Hidden channels that a scale's colours and details pass through: as many as an auxiliary image of L3C shows."""

COLOURS = 3  # of every picture that these networks see

SHOWN_MEAN = [255 * share / HALF_RANGE - 1 for share in MEAN_COLOUR]
"""What auxiliary images show of the mean colour."""

HIDDEN = 2.0
"""What a hidden channel says of white: outputs of untrained layers are about as large."""

FOLLOWING = ((0.0, 0.0, 0.0), (0.9, 0.0, 0.0), (0.03, 0.9, 0.0))
"""By how much green follows red, and blue red and green, above what is predicted of them. By trial."""

IMAGE_SCALES = 0.5, 10.0
"""Of the narrowest and the widest logistic, levels: flat places, and edges that interpolation misses. By trial."""

LATENT_SCALES = 0.016, 0.24
"""The same of auxiliary images, of which levels lie 0.083 apart."""


@torch.no_grad()
def spread_mixtures(network: Published) -> None:
    """Place components side by side over the range, each half as wide as its share of it.

    Raises InputError for a network of one's own that does not say which layer gives them.
    """
    for scale in range(network.architecture.scales):
        layer, mixture = network.last_layer(scale), network.mixture(scale)
        span, bias = mixture.high - mixture.low, _calmed(layer, mixture)[1]
        bias[1] = mixture.low + span * (torch.arange(mixture.components) + 0.5) / mixture.components
        bias[2] = math.log(span / mixture.components / 2)
        if mixture.joint:
            bias[3] = COEFFICIENTS


@torch.no_grad()
def interpolate(network: Published) -> None:
    """Have a network begin as an interpolation of half-size images, of which L3C's extractors make its auxiliary ones.

    Auxiliary images are those of `guidance.sketch`: smaller copies, and their details. Means are these, enlarged, and
    components differ in their scales alone. Nothing but the bodies of residual blocks is not linear: so some channels
    pass colours on unchanged, and get nothing from others at first. All other weights stay random.

    Raises InputError for a network of one's own, and for one that has too few features.
    """
    a = network.architecture
    if type(network) not in (L3C, Pyramid):
        raise InputError(f"run.interpolate: knows the published networks, not {type(network).__name__}; see run.spread")
    if a.features < PLACES * a.scales or (a.learned and a.latent_channels < COLOURS):
        raise InputError(f"run.interpolate: needs {PLACES * a.scales} features, and {COLOURS} latent channels of L3C")
    for scale in range(a.scales):
        if isinstance(network, L3C):
            head = network.heads[scale].head
            first = head[1].head if isinstance(head, nn.Sequential) else head
            _show_sketch(first, network.nets[scale].enc)  # type: ignore[arg-type]
        predictor, classifier = network.nets[scale].dec, network.prob_clfs[scale]
        _pass_on(predictor, a.learned, scale)  # type: ignore[arg-type]
        _read(classifier, network.mixture(scale), scale)  # type: ignore[arg-type]


def _show_sketch(first: nn.Conv2d, extractor: FeatureExtractor) -> None:
    """Features begin with means of 2 x 2 colours, then with their differences across and down; so does z."""
    last, to_q = extractor.body[-1], extractor.to_q[0]
    assert isinstance(last, nn.Conv2d)
    assert isinstance(to_q, nn.Conv2d)
    means = torch.full((2, 2), 0.25)
    signs = torch.tensor([-1.0, 1.0])
    details = signs.expand(2, 2) / 2, signs[:, None].expand(2, 2) / 2
    for i in range(COLOURS):
        _connect(first, i, {i: _centred(3, torch.ones(1, 1))})
        _connect(extractor.down, i, {i: _centred(5, means)})
    for i in range(PLACES - COLOURS):
        taps = DETAIL_GAIN * details[i]
        _connect(extractor.down, COLOURS + i, {j: _centred(5, share * taps) for j, share in enumerate(GRAY)})
    for i in range(PLACES):
        _connect(last, i, {})
    for i in range(min(PLACES, to_q.out_channels)):
        _connect(to_q, i, {i: torch.full((1, 1), 128 / HALF_RANGE)})  # images are divided by 128
        if i < COLOURS:
            _bias(to_q)[i] = SHOWN_MEAN[i]


def _pass_on(predictor: Predictor, learned: bool, scale: int) -> None:
    """Of the auxiliary image to the context: colours enlarged bilinearly; luma by its details, where there are any."""
    places = PLACES * scale
    last, tail = predictor.body[-1], predictor.tail[0]
    assert isinstance(last, nn.Conv2d)
    assert isinstance(tail, nn.Conv2d)
    inputs = min(PLACES, predictor.head.in_channels)
    if not learned:
        predictor.head.weight.div_(HALF_RANGE / HIDDEN)  # so that features are as large as L3C's
    for i in range(PLACES):
        factor = HIDDEN if learned else HIDDEN / HALF_RANGE
        _connect(predictor.head, places + i, {i: torch.full((1, 1), factor)} if i < inputs else {})
        if learned and i < COLOURS:
            _bias(predictor.head)[places + i] = -HIDDEN * SHOWN_MEAN[i]  # hidden channels are 0 of the mean colour
        _connect(last, places + i, {})
    for down in range(2):
        for across in range(2):
            smooth, near = _bilinear(down, across), _centred(3, torch.ones(1, 1))
            for i in range(places + PLACES):
                row, taps = 4 * i + 2 * down + across, {}
                if places <= i < places + COLOURS:
                    taps[i] = smooth
                    if learned and inputs == PLACES:
                        taps = {places + j: share * (near - smooth) for j, share in enumerate(GRAY)}
                        taps[i] = taps[i] + smooth
                        for j, side in enumerate((across, down)):
                            taps[places + COLOURS + j] = (side - 0.5) / DETAIL_GAIN * near
                _connect(tail, row, taps)  # nothing else, and nothing where finer scales pass theirs


def _read(classifier: ProbabilityClassifier, mixture: LogisticMixture, scale: int) -> None:
    """Means are colours of the context, less what they follow of earlier ones."""
    layer, places = classifier.atrous.lin, PLACES * scale
    weight, bias = _calmed(layer, mixture)
    near = classifier.atrous.atrous[0]
    assert isinstance(near, nn.Conv2d)
    following = torch.tensor(FOLLOWING)
    for i in range(COLOURS):
        _connect(near, places + i, {places + i: _centred(3, torch.ones(1, 1))})
    share = torch.eye(COLOURS) - (following if mixture.joint else 0)
    unit = (mixture.high - mixture.low) / 2 / HIDDEN
    middle = 255 * torch.tensor(MEAN_COLOUR) if mixture.joint else torch.tensor(SHOWN_MEAN)
    for colour in range(COLOURS):
        bias[1, colour] = share[colour] @ middle
        for other in range(COLOURS):
            weight[1, colour, :, places + other] += unit * share[colour, other]
    narrow, wide = IMAGE_SCALES if mixture.joint else LATENT_SCALES
    bias[2] = torch.linspace(math.log(narrow), math.log(wide), mixture.components)
    if mixture.joint:
        order = following[1, 0], following[2, 0], following[2, 1]
        bias[3] = torch.stack(order)[:, None].clamp(min=1e-3).logit()


def _calmed(layer: nn.Conv2d, mixture: LogisticMixture) -> tuple[Tensor, Tensor]:
    """The last layer's weights, calmed, and its biases, all 0: views [kind, channel, component, ...]."""
    shape = (-1, mixture.channels, mixture.components)
    layer.weight.mul_(CALM)
    weight, bias = layer.weight.view(*shape, layer.in_channels), _bias(layer).zero_().view(*shape)
    weight[1] *= (mixture.high - mixture.low) / 2 * CALM
    return weight, bias


def _bias(layer: nn.Conv2d) -> Tensor:
    assert layer.bias is not None
    return layer.bias


def _connect(layer: nn.Conv2d, output: int, taps: dict[int, Tensor]) -> None:
    """Let an output be a sum over some inputs, each with its taps, and nothing else."""
    layer.weight[output] = 0
    _bias(layer)[output] = 0
    for place, value in taps.items():
        layer.weight[output, place] = value


def _centred(side: int, taps: Tensor) -> Tensor:
    """Taps [h, w] from the middle on, in a kernel [side, side]."""
    kernel = torch.zeros(side, side)
    kernel[side // 2 : side // 2 + taps.shape[0], side // 2 : side // 2 + taps.shape[1]] = taps
    return kernel


def _bilinear(down: int, across: int) -> Tensor:
    """The kernel [3, 3] of one of four pixels that become of one."""
    lines = torch.tensor([[0.25, 0.75, 0.0], [0.0, 0.75, 0.25]])
    return torch.outer(lines[down], lines[across])
