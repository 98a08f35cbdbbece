"""A wave network with fewer units behind its cached features: those that its cost depends on most.

    python -m l3c.training.wave.narrow MODEL PHOTOGRAPHS OUT.npz --hidden2 128 --hidden3 64

writes parameters that `l3c train wave_everyday ... --restore-restart OUT.npz` goes on with.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from l3c.errors import InputError, L3CError
from l3c.storage.atomic import write_whole
from l3c.training.picture_files import Pixels, list_pictures
from l3c.training.wave.crops import read_pictures
from l3c.training.wave.objective import Parameters, crops_for, gradient, parameter_count
from l3c.training.wave.quantize import split
from l3c.wave.definition.architecture import Architecture, Layer
from l3c.wave.definition.parameters import network_parameters
from l3c.wave.model_file import read_stored

BATCHES = 300  # that importance is measured on, of two crops each: a network's training has some 100,000
CROP = 64  # pixels a side
SEED = 7  # of the crops; any would do, and this one made the package's network


def narrowed(
    architecture: Architecture, parameters: Parameters, narrow: Architecture, batches: Iterable[Pixels]
) -> Parameters:
    """float32 [N] of the narrow network, whose hidden2 and hidden3 may be smaller than the architecture's.

    A unit's importance is the mean square, over batches, of what the cost would change by if it were left out, as far
    as its slope tells: the sum of weight times gradient over what sees the unit.

    Raises InputError where anything else differs, or a width is larger.
    """
    if replace(narrow, hidden2=architecture.hidden2, hidden3=architecture.hidden3) != architecture:
        raise InputError("a narrower network has other hidden2 and hidden3 alone")
    if narrow.hidden2 > architecture.hidden2 or narrow.hidden3 > architecture.hidden3:
        raise InputError("hidden2 and hidden3 of a narrower network are not larger")
    of_2, of_3 = np.zeros(architecture.hidden2), np.zeros(architecture.hidden3)
    for batch in batches:
        _, derivative = gradient(architecture, parameters, batch, False)
        seen_3 = np.zeros(architecture.hidden3)
        for (layer, weights, _), (_, by_weight, _) in zip(
            split(architecture, parameters), split(architecture, derivative), strict=True
        ):
            if layer.name == "stage2.1":
                of_2 += (weights * by_weight).sum(0) ** 2
            elif _sees_shared(layer):
                seen_3 += (weights * by_weight).sum(0)[: architecture.hidden3]
        of_3 += seen_3**2
    return _kept(architecture, parameters, narrow, _largest(of_2, narrow.hidden2), _largest(of_3, narrow.hidden3))


def _sees_shared(layer: Layer) -> bool:
    return layer.name.startswith("head") and layer.name.endswith(".0")


def _largest(importance: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Their places, rising."""
    return np.sort(np.argsort(-importance, kind="stable")[:count])


def _kept(
    architecture: Architecture,
    parameters: Parameters,
    narrow: Architecture,
    units_2: NDArray[np.int64],
    units_3: NDArray[np.int64],
) -> Parameters:
    out = np.zeros(parameter_count(narrow), np.float32)
    for (layer, weights, bias), (_, kept, kept_bias) in zip(
        split(architecture, parameters), split(narrow, out), strict=True
    ):
        rows, columns = np.arange(layer.outputs), np.arange(layer.inputs)
        if layer.name == "stage2.0":
            rows = units_2
        elif layer.name == "stage2.1":
            rows, columns = units_3, units_2
        elif _sees_shared(layer):
            columns = np.concatenate([units_3, columns[architecture.hidden3 :]])
        kept[:], kept_bias[:] = weights[np.ix_(rows, columns)], bias[rows]
    return out


def main(arguments: list[str]) -> int:
    """As above; an error is one line, and leaves no file."""
    parser = argparse.ArgumentParser(prog="python -m l3c.training.wave.narrow", description=__doc__)
    parser.add_argument("model", help="a weight file of the wave network")
    parser.add_argument("photographs", help="a folder")
    parser.add_argument("out", type=Path, help="an .npz file to write")
    parser.add_argument("--hidden2", type=int, required=True)
    parser.add_argument("--hidden3", type=int, required=True)
    options = parser.parse_args(arguments)
    try:
        _write_narrowed(options)
    except (L3CError, OSError, ValueError) as error:  # a width that no network may have is a ValueError
        print(f"narrow: {error}", file=sys.stderr)
        return 2
    return 0


def _write_narrowed(options: argparse.Namespace) -> None:
    network = read_stored(options.model).network
    narrow = replace(network.architecture, hidden2=options.hidden2, hidden3=options.hidden3)
    crops = crops_for(network.architecture, read_pictures(list_pictures(options.photographs, 2 * CROP)), CROP)
    batches = (crops.batch(2, (SEED, i)) for i in range(BATCHES))
    parameters = narrowed(network.architecture, network_parameters(network), narrow, batches)
    content = io.BytesIO()
    np.savez(content, parameters=parameters)
    write_whole(options.out, content.getvalue())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
