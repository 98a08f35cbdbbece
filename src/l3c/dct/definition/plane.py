"""Definition: the planes of a picture's coefficients, in block wavefronts.

Block (y, x) belongs to wavefront x + 2 y. The blocks of a wavefront are coded together: the last positions of all, by
rising y; then, for each position from 63 down to 0, the coefficients of all blocks that reach it, by falling last
position, those that share one by rising y.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from l3c.coding.rans import LANES, Decoder, Encoder
from l3c.dct.definition.architecture import BLOCK, RELATED
from l3c.dct.definition.calibration import SURVEY_PERIOD, Calibration
from l3c.dct.definition.features import (
    DEQUANTIZED_MAX,
    Blocks,
    Statistics,
    Surroundings,
    counted,
    dequantize,
    last_positions,
)
from l3c.dct.definition.levels import Integers, Levels
from l3c.dct.definition.network import Network
from l3c.dct.definition.relation import Relation, predictions, slopes
from l3c.dct.definition.symbols import FINE_FROM, NONE, TOTAL, Window, last_cumulative, last_weights, make_window
from l3c.errors import FormatError

SLOPE = 2
"""Columns by which a row of blocks lags behind the row above it."""

EXCESS_LENGTHS = 17
"""Lengths of an excess, plus 1, less its leading one: 0 .. 16 bits."""

CHUNK = 8
"""Bits that are coded as one symbol."""

COEFFICIENT_RANGE = (-(1 << 15), (1 << 15) - 1)
"""Coefficients are int16."""


@dataclass(frozen=True)
class Plane:
    """A component. coefficients: int16 [rows, columns, 64] in zigzag order. steps: [64]. horizontal, vertical: its
    sampling factors.
    """

    coefficients: NDArray[np.int16]
    steps: NDArray[np.uint16]
    horizontal: int
    vertical: int


class Symbols(Protocol):
    """Codes or decodes groups of symbols. `known`: the symbols, or anything where they are to be decoded."""

    decoding: bool

    def rows(self, known: Integers, cumulative: Integers) -> Integers:
        """Symbols [N] under cumulative frequencies [N, levels + 1]."""
        ...

    def windows(self, known: Integers, window: Window) -> Integers:
        """Symbols [N] of windows."""
        ...


class SymbolWriter:
    """Codes groups."""

    decoding = False

    def __init__(self) -> None:
        self.encoder = Encoder()

    def rows(self, known: Integers, cumulative: Integers) -> Integers:
        start, end = (np.take_along_axis(cumulative, known[:, None] + i, 1)[:, 0] for i in (0, 1))
        self.put(start, end - start)
        return known

    def windows(self, known: Integers, window: Window) -> Integers:
        start = window.cumulative(known)
        self.put(start, window.cumulative(known + 1) - start)
        return known

    def put(self, starts: Integers, frequencies: Integers) -> None:
        self.encoder.put(starts, frequencies)

    def finish(self) -> bytes:
        return self.encoder.finish()


class SymbolMeter(SymbolWriter):
    """Adds up what groups cost, in bits, without coding them."""

    def __init__(self) -> None:
        self.bits = 0.0

    def put(self, starts: Integers, frequencies: Integers) -> None:
        self.bits -= float(np.log2(frequencies / TOTAL).sum())


class SymbolReader:
    """Decodes groups. Raises FormatError."""

    decoding = True

    def __init__(self, payload: bytes) -> None:
        self.decoder = Decoder(payload)

    def rows(self, known: Integers, cumulative: Integers) -> Integers:
        out = np.zeros(len(cumulative), np.int64)
        for first in range(0, len(out), LANES):
            part = slice(first, first + LANES)
            slots = self.decoder.slots(len(out[part]), first)
            out[part] = (cumulative[part] <= slots[:, None]).sum(axis=1) - 1
            start, end = (np.take_along_axis(cumulative[part], out[part, None] + i, 1)[:, 0] for i in (0, 1))
            self.decoder.take(start, end - start, first)
        return out

    def windows(self, known: Integers, window: Window) -> Integers:
        out = np.zeros(len(window.base), np.int64)
        for first in range(0, len(out), LANES):
            part = Window(*(value[..., first : first + LANES] for value in vars(window).values()))
            found = part.find(self.decoder.slots(len(part.base), first))
            start = part.cumulative(found)
            self.decoder.take(start, part.cumulative(found + 1) - start, first)
            out[first : first + LANES] = found
        return out

    def finish(self) -> None:
        self.decoder.finish()


def code_planes(
    networks: tuple[Network, Network], planes: Sequence[Plane], symbols: Symbols, calibrated: bool = False
) -> None:
    """Code all planes, or fill their coefficients with what is decoded. networks: for the first plane; for others.
    calibrated: whether what networks say is corrected by what came so far.
    """
    for number in range(len(planes)):
        code_plane(networks[number > 0], planes, number, symbols, Calibration() if calibrated else None)


def front_count(rows: int, columns: int) -> int:
    """Wavefronts of a plane, some of which may hold no block."""
    return columns + SLOPE * (rows - 1)


def front(rows: int, columns: int, t: int) -> tuple[Integers, Integers]:
    """Rows and columns of the blocks of wavefront t, by rising row."""
    y = np.arange(max(0, (t - columns + SLOPE) // SLOPE), min(rows - 1, t // SLOPE) + 1)
    return y, t - SLOPE * y


def front_levels(coefficients: NDArray[np.int16]) -> Levels:
    """Levels of the statistics before each wavefront of a known plane, [wavefronts, 64]: `code_plane` has the same."""
    rows, columns = coefficients.shape[:2]
    fronts = front_count(rows, columns)
    sums, counts = np.zeros((fronts, BLOCK), np.int64), np.zeros(fronts, np.int64)
    for y in range(rows):
        before = np.empty(columns, np.int16)
        before[1:], before[0] = coefficients[y, :-1, 0], coefficients[y - 1, 0, 0] if y else 0
        sums[SLOPE * y : SLOPE * y + columns] += counted(coefficients[y], before)
        counts[SLOPE * y : SLOPE * y + columns] += 1
    statistics, out = Statistics(), np.zeros((fronts, BLOCK), np.uint8)
    for t in range(fronts):
        out[t] = statistics.levels()
        statistics.add(sums[t], int(counts[t]))
    return out


def code_plane(
    network: Network, planes: Sequence[Plane], number: int, symbols: Symbols, calibration: Calibration | None = None
) -> None:
    """Code one plane, whose predecessors are known."""
    plane = planes[number]
    rows, columns = plane.coefficients.shape[:2]
    bordered = np.zeros((rows + 1, columns + 2, BLOCK), np.int16)
    if not symbols.decoding:
        bordered[1:, 1:-1] = plane.coefficients
    statistics = Statistics()
    others = related_planes(planes, number) if network.architecture.related else []
    relations = [Relation(rows, columns) for _ in others]
    for t in range(front_count(rows, columns)):
        y, x = front(rows, columns, t)
        if not len(y):
            continue
        found = [slopes(relation.faded(y, x)) for relation in relations]
        before = np.where(x > 0, bordered[y + 1, x, 0], bordered[y, x + 1, 0])
        survey = t % SURVEY_PERIOD == 0
        code_front(network, planes, number, symbols, bordered, y, x, statistics.levels(), found, calibration, survey)
        coded = bordered[y + 1, x + 1]
        for relation, other in zip(relations, others, strict=True):
            own = dequantize(coded, plane.steps.astype(np.int64))
            relation.add(y, x, own, dequantize(other.coefficients[y, x], other.steps.astype(np.int64)))
        statistics.add(counted(coded, before).sum(axis=0), len(y))
    if symbols.decoding:
        plane.coefficients[:] = bordered[1:, 1:-1]


def code_front(
    network: Network,
    planes: Sequence[Plane],
    number: int,
    symbols: Symbols,
    bordered: NDArray[np.int16],
    y: Integers,
    x: Integers,
    statistics: Levels,
    found: Sequence[Integers] = (),
    calibration: Calibration | None = None,
    survey: bool = False,
) -> None:
    """Code the blocks (y, x) of a wavefront, or fill them in. found: their slopes for each of `related_planes`. survey:
    whether all magnitudes are counted.
    """
    steps = planes[number].steps.astype(np.int64)
    around = surroundings(planes, number, bordered, y, x, statistics)
    if network.architecture.related:
        around = replace(around, related=related(planes, number, y, x, found))
    known = bordered[y + 1, x + 1]
    shared = network.shared(Blocks(around, steps).trunk())
    last = code_lasts(symbols, last_positions(known), network.last.sums(shared), calibration)
    order = np.argsort(-last, kind="stable")
    last, known = last[order], known[order]
    blocks = Blocks(_ordered(around, order), steps)
    blocks.start(last)
    accumulators = network.begin(shared[order], last)
    out = np.zeros_like(known)
    for k in reversed(range(last[0])):
        n = int((last > k).sum())
        seen, references = blocks.position(k, n)
        outputs, ends, value = network.outputs(k, accumulators[:n], seen), last[:n] == k + 1, known[:n, k]
        if calibration is None:
            values = code_values(symbols, value.astype(np.int64), make_window(outputs, references, ends))
        else:
            window = make_window(outputs, references, np.zeros_like(ends), FINE_FROM)
            values = code_calibrated(symbols, value.astype(np.int64), window, ends, k, calibration, survey)
        out[:n, k] = values
        network.add(k, accumulators[:n], blocks.set(k, values))
    bordered[y[order] + 1, x[order] + 1] = out


def _ordered(around: Surroundings, order: Integers) -> Surroundings:
    return replace(around, **{name: value[order] for name, value in vars(around).items() if value is not None})


def surroundings(
    planes: Sequence[Plane],
    number: int,
    bordered: NDArray[np.int16],
    y: Integers,
    x: Integers,
    statistics: Levels,
) -> Surroundings:
    """What is known before blocks (y, x) of a plane are coded. bordered: the plane with a row above, and a column on
    either side, of zeros. statistics: levels [64], or [N, 64] where they differ.
    """
    around = Surroundings(
        bordered[y + 1, x],
        bordered[y, x + 1],
        bordered[y, x],
        bordered[y, x + 2],
        x > 0,
        y > 0,
        np.broadcast_to(statistics, (len(y), BLOCK)),
    )
    if number == 0:
        return around
    first = planes[1].coefficients
    second = number > 1 and first.shape == planes[number].coefficients.shape
    other, change = np.zeros((len(y), BLOCK), np.int16), np.zeros(len(y), np.int64)
    if second:
        other = first[y, x]
        left = np.where(x > 0, first[y, np.maximum(x - 1, 0), 0], 0).astype(np.int64)
        above = np.where(y > 0, first[np.maximum(y - 1, 0), x, 0], 0)
        change = 2 * other[:, 0].astype(np.int64) - left - above
    luma = mean_magnitudes(planes[0], planes[number], y, x)
    return replace(around, luma=luma, other=other, other_change=change, second=np.full(len(y), number > 1))


def related_planes(planes: Sequence[Plane], number: int) -> list[Plane]:
    """Those that a plane is predicted from: luma and the first chroma component, where all have the same blocks."""
    shape = planes[number].coefficients.shape
    others = list(planes[: min(number, RELATED)])
    return others if all(other.coefficients.shape == shape for other in others) else []


def related(planes: Sequence[Plane], number: int, y: Integers, x: Integers, found: Sequence[Integers]) -> Integers:
    """Predictions [N, 2, 64] from other planes; 0 of those that there are not."""
    out = np.zeros((len(y), RELATED, BLOCK), np.int64)
    for i, (other, slope) in enumerate(zip(related_planes(planes, number), found, strict=True)):
        coefficients, steps = other.coefficients, other.steps.astype(np.int64)
        values = dequantize(coefficients[y, x], steps)
        left = np.where(x > 0, coefficients[y, np.maximum(x - 1, 0), 0], 0).astype(np.int64)
        above = np.where(y > 0, coefficients[np.maximum(y - 1, 0), x, 0], 0)
        change = (2 * coefficients[y, x, 0].astype(np.int64) - left - above) * steps[0] >> 1
        values[:, 0] = np.clip(change, -DEQUANTIZED_MAX, DEQUANTIZED_MAX)
        out[:, i] = predictions(slope, values, planes[number].steps.astype(np.int64))
    return out


def plane_slopes(planes: Sequence[Plane], number: int) -> list[Integers]:
    """Slopes before each block of a known plane, [rows, columns] for each of its related planes."""
    rows, columns = planes[number].coefficients.shape[:2]
    others, found = related_planes(planes, number), []
    for other in others:
        relation, out = Relation(rows, columns), np.zeros((rows, columns), np.int64)
        for t in range(front_count(rows, columns)):
            y, x = front(rows, columns, t)
            if len(y):
                out[y, x] = slopes(relation.faded(y, x))
                own, given = (
                    dequantize(plane.coefficients[y, x], plane.steps.astype(np.int64))
                    for plane in (planes[number], other)
                )
                relation.add(y, x, own, given)
        found.append(out)
    return found


def mean_magnitudes(luma: Plane, chroma: Plane, y: Integers, x: Integers) -> Integers:
    """[N, 64]: means of the dequantized magnitudes of the blocks of luma at the places of blocks of chroma."""
    tall, wide = max(1, luma.vertical // chroma.vertical), max(1, luma.horizontal // chroma.horizontal)
    rows, columns = luma.coefficients.shape[:2]
    top = np.minimum(y * luma.vertical // chroma.vertical, max(0, rows - tall))
    left = np.minimum(x * luma.horizontal // chroma.horizontal, max(0, columns - wide))
    total = np.zeros((len(y), BLOCK), np.int64)
    for dy in range(tall):
        for dx in range(wide):
            place = np.minimum(top + dy, rows - 1), np.minimum(left + dx, columns - 1)
            total += np.abs(dequantize(luma.coefficients[place], luma.steps.astype(np.int64)))
    return total // (tall * wide)


def code_lasts(symbols: Symbols, known: Integers, logits: Integers, calibration: Calibration | None) -> Integers:
    """Code last positions [n]; returns them."""
    if calibration is None:
        return symbols.rows(known, last_cumulative(logits))
    cumulative, expected = calibration.calibrate_lasts(last_weights(logits))
    last = symbols.rows(known, cumulative)
    calibration.count_lasts(expected, last)
    return last


def code_values(symbols: Symbols, known: Integers, window: Window) -> Integers:
    """Code coefficients [n] of one position; returns them. Raises FormatError where one is beyond 16 bits."""
    zero, symbol = window.zero, symbol_of(known, window)
    behind = (zero != NONE) & (symbol > zero)
    symbol = symbols.windows(symbol - behind, window)
    return code_rest(symbols, known, window, symbol + ((zero != NONE) & (symbol >= zero)))


def code_calibrated(
    symbols: Symbols,
    known: Integers,
    window: Window,
    ends: NDArray[np.bool_],
    k: int,
    calibration: Calibration,
    survey: bool,
) -> Integers:
    """The same by calibrated frequencies; the coefficients are then counted."""
    coded = calibration.calibrate(k, window, ends, survey)
    symbol = symbols.rows(symbol_of(known, window), coded.cumulative)
    values = code_rest(symbols, known, window, symbol)
    calibration.count(coded, symbol)
    return values


def symbol_of(values: Integers, window: Window) -> Integers:
    """The symbols of values, [n]."""
    symbols: Integers = np.clip((values - window.base) >> window.step, 0, window.levels - 1)
    return symbols


def code_rest(symbols: Symbols, known: Integers, window: Window, symbol: Integers) -> Integers:
    """Code what symbols leave open of coefficients; returns these. Raises FormatError where one is beyond 16 bits."""
    low, high = symbol == 0, symbol == window.levels - 1
    edge = window.base + (np.where(low, 1, symbol) << window.step)
    values = edge.copy()
    for step in range(1, int(window.step.max(initial=0)) + 1):
        of = np.flatnonzero((window.step == step) & ~low & ~high)
        if len(of):
            values[of] += symbols.rows(known[of] - edge[of], _uniform(len(of), 1 << step))
    of = np.flatnonzero(low | high)
    if len(of):
        excess = np.where(low[of], edge[of] - 1 - known[of], known[of] - edge[of])
        excess = code_excess(symbols, excess)
        values[of] = np.where(low[of], edge[of] - 1 - excess, edge[of] + excess)
        if values[of].min() < COEFFICIENT_RANGE[0] or values[of].max() > COEFFICIENT_RANGE[1]:
            raise FormatError("a coefficient beyond 16 bits")
    return values


def code_excess(symbols: Symbols, excess: Integers) -> Integers:
    """Code numbers from 0 up: the length of n + 1 in bits, less 1; then its bits below the leading one, from above."""
    given = np.array([int(e + 1).bit_length() - 1 for e in np.maximum(excess, 0)], np.int64)
    length = symbols.rows(given, _uniform(len(excess), EXCESS_LENGTHS))
    total = np.ones_like(excess)
    for low in (CHUNK, 0):
        bits = np.clip(length - low, 0, CHUNK)
        for count in range(1, CHUNK + 1):
            of = np.flatnonzero(bits == count)
            if len(of):
                known = (excess[of] + 1 >> low) & ((1 << count) - 1)
                total[of] = total[of] << count | symbols.rows(known, _uniform(len(of), 1 << count))
    return total - 1


def _uniform(n: int, levels: int) -> Integers:
    return np.broadcast_to(TOTAL * np.arange(levels + 1, dtype=np.int64) // levels, (n, levels + 1))


def encode(networks: tuple[Network, Network], planes: Sequence[Plane], calibrated: bool = False) -> bytes:
    """A payload of all planes."""
    writer = SymbolWriter()
    code_planes(networks, planes, writer, calibrated)
    return writer.finish()


def decode(
    networks: tuple[Network, Network], planes: Sequence[Plane], payload: bytes, calibrated: bool = False
) -> None:
    """Fill the planes' coefficients. Raises FormatError on a damaged payload."""
    reader = SymbolReader(payload)
    code_planes(networks, planes, reader, calibrated)
    reader.finish()
