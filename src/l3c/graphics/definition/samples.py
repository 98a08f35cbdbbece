"""A colour that was not foreseen, sample by sample and bit by bit."""

from __future__ import annotations

from collections import defaultdict

from l3c.graphics.definition.colours import GOLDEN, WORD, mix
from l3c.graphics.definition.decisions import Chance, Decisions, Refinement
from l3c.graphics.definition.foreseen import Foreseen
from l3c.graphics.definition.tables import STRETCH_REACH, squash_table

PREDICTIONS = 5  # of a sample
RATE = 30  # at which the weights of mixtures learn, in 1/16
SMALL_RATE = 60  # in small tiles, where there is little time to
WEIGHT = 2560  # of an input at first: 0.16
FORESEEN_WEIGHT = 4000  # of one of those that small tiles have beside: 0.24, by trial
DIFFERENCES = 128  # classes of them
NODE = 0x2545F491  # odd: keeps the lower bits' chances apart from the upper ones'
SLOPE = 6  # of log odds at first, for half a class of differences, in 1/256
ACTIVITY_MAX = 7  # classes of differences around, by their bits, of which the last is for 64 and more

COLOURS = 0xFFFFFF  # red, green and blue of a colour
GRAY = 0x10101  # the gray whose samples are 1
GRAYS = 7  # bits of the last three decisions whether a pixel is gray

CHANNELS = {1: (0,), 2: (1, 0), 3: (1, 0, 2), 4: (3, 1, 0, 2)}
"""The order in which channels are coded: green first, which foretells most of the others, alpha before all."""

HELPS = {1: (0,), 2: (0, 0), 3: (0, 1, 2), 4: (0, 0, 1, 2)}
"""How many of the channels coded before are a help to predict each."""


def difference_class(difference: int) -> int:
    """0 .. 127; exact to 15, then coarser. Format 10.9."""
    size = abs(difference)
    if size < 16:
        step = size
    elif size < 24:
        step = 16 + (size - 16) // 2
    elif size < 48:
        step = 20 + (size - 24) // 4
    elif size < 96:
        step = 26 + (size - 48) // 8
    else:
        step = 32 + (size - 96) // 32
    return 63 - step if difference < 0 else 64 + step


def first_chance(step: int) -> Chance:
    """Of a bit, by the class of a prediction's difference from the border: beyond it, 1 is likelier. Format 10.9."""
    return Chance(int(squash_table()[SLOPE * (2 * step - DIFFERENCES + 1) + STRETCH_REACH]), 1)


def is_gray(colour: int) -> bool:
    """Whether red, green and blue are equal. Format 10.8."""
    return colour & COLOURS == (colour & 255) * GRAY


def clipped(value: int) -> int:
    """Within 0 .. 255. Format 10.8."""
    return min(max(value, 0), 255)


def median_edge(left: int, above: int, corner: int) -> int:
    """The median of both neighbours and their plane. Format 10.8."""
    return min(max(left + above - corner, min(left, above)), max(left, above))


class SampleCoder:
    """bits: of the number of lines in a table of exact values. Format 10.8, 10.9."""

    def __init__(self, decide: Decisions, channels: int, bits: int) -> None:
        self._decide, self._order, self._helps, self._bits = decide, CHANNELS[channels], HELPS[channels], bits
        self._by_prediction: dict[tuple[int, ...], Chance] = {}
        self._by_foreseen: dict[tuple[int, ...], Chance] = {}
        self._by_values: dict[tuple[int, int, int], Chance] = defaultdict(Chance)
        self._gray: dict[int, Chance] = defaultdict(Chance)
        self._grays = 0
        self._weights: dict[tuple[int, int, int], list[int]] = {}
        self._refinements: dict[tuple[int, int, int], Refinement] = defaultdict(Refinement)

    def code(
        self, actual: int, left: int, above: int, corner: int, right: int, foreseen: Foreseen | None = None
    ) -> int:
        """A colour, given those to the left, above, above to the left and above to the right. foreseen: of small tiles.

        Format 10.8.
        """
        known, edge_errors, left_errors, upper_errors = 0, 0, 0, 0
        for k, (channel, helps) in enumerate(zip(self._order, self._helps, strict=True)):
            w, n, nw, ne = (colour >> 8 * channel & 255 for colour in (left, above, corner, right))
            edge = median_edge(w, n, nw)
            if not helps:
                edge_errors = left_errors = upper_errors = 0
            by_edge, by_left, by_upper = (e >> (helps == 2) for e in (edge_errors, left_errors, upper_errors))
            predictions = (
                clipped(edge + by_edge),
                clipped(w + by_left),
                clipped(n + by_upper),
                clipped(w + n - nw + by_left + by_upper - by_edge),
                edge if helps else w + ne >> 1,
            )
            activity = abs(w - nw) + abs(n - nw) + abs(n - ne) + 2 * abs(by_edge)
            alone = mix(known, k)
            beside = mix(alone, left)
            values = (
                alone,
                beside,
                mix(alone, above),
                mix(alone, predictions[0] >> 4),
                mix(beside, above),
                256 * k + predictions[0],
            )
            level = min(activity.bit_length(), ACTIVITY_MAX)
            said = (foreseen.samples[channel], foreseen.trusts[channel]) if foreseen else None
            value = self._code_sample(k, actual >> 8 * channel & 255, predictions, level, values, said)
            known |= value << 8 * channel
            if len(self._order) > 2 and channel == 1:
                gray = known & ~COLOURS | value * GRAY
                if self._code_gray(actual == gray, left, above, right):
                    return gray
            edge_errors, left_errors = edge_errors + value - edge, left_errors + value - w
            upper_errors += value - n
        return known

    def _code_gray(self, gray: bool, left: int, above: int, right: int) -> bool:
        """Whether a pixel, of which green is known, is gray. Format 10.8."""
        around = is_gray(left) | is_gray(above) << 1 | is_gray(right) << 2
        gray = bool(self._decide.single(int(gray), self._gray[around | (self._grays & GRAYS) << 3]))
        self._grays = self._grays << 1 | gray
        return gray

    def _code_sample(
        self,
        k: int,
        actual: int,
        predictions: tuple[int, ...],
        level: int,
        values: tuple[int, ...],
        said: tuple[int, int] | None,
    ) -> int:
        """From the highest bit to the lowest. said: in small tiles, what is foreseen, and its trust. Format 10.9."""
        value, node, lines = 0, 1, [self._line(context, 0) for context in values]
        for depth in reversed(range(8)):
            if depth == 3:
                lines, node = [self._line(context, node) for context in values], 1
            border = value + (1 << depth)
            near = []
            for i, prediction in enumerate(predictions):
                step = difference_class(prediction - border)
                near.append(self._by_prediction.setdefault((i, k, depth, step, level), first_chance(step)))
            exact = [self._by_values[i, line, node] for i, line in enumerate(lines)]
            kind = min(3, exact[0].seen + 1 >> 1) + 4 * (exact[1].seen > 1)
            more: list[Chance] = []
            if said:
                step = difference_class(said[0] - border)
                for key in ((k, depth, step, said[1]), (depth, step)):
                    more.append(self._by_foreseen.setdefault(key, first_chance(step)))
            first = [WEIGHT] * (len(near) + len(exact)) + [FORESEEN_WEIGHT] * len(more)
            weights = self._weights.setdefault((k, depth, kind), first)
            self._decide.inputs = near + exact + more
            rate = SMALL_RATE if said else RATE
            bit = self._decide.mixed(actual >> depth & 1, weights, rate, self._refinements[k, depth, level])
            value, node = value | bit << depth, node << 1 | bit
        return value

    def _line(self, context: int, node: int) -> int:
        """Where the chances of four bits of a value are. node: of the bits before them, 0 for none. Format 10.9."""
        return ((context + node * NODE) * GOLDEN & WORD) >> 32 - self._bits
