"""The network sees only what a decoder has."""

from l3c.wave.definition.architecture import CACHED_POSITIONS, NEIGHBOURS, SLOPE, Architecture


def test_everything_seen_lies_in_earlier_wavefronts() -> None:
    assert all(dx + SLOPE * dy < 0 for dy, dx in NEIGHBOURS + CACHED_POSITIONS)


def test_the_default_has_37_503_parameters() -> None:
    assert sum(layer.outputs * (layer.inputs + 1) for layer in Architecture().layers()) == 37_503
