"""Sizes against speeds of decoding, drawn as SVG or PNG."""

from __future__ import annotations

import io
import math
from html import escape

from l3c.convert.bench import Score

WIDTH = 720
"""Pixels of the drawing."""

HEIGHT = 420
"""Pixels of the drawing."""

LEFT = 64
"""Pixels before the axis of sizes, for its labels."""

RIGHT = 150
"""Pixels behind the fastest codec, for its name."""

TOP = 40
"""Pixels above the plot, for the title."""

BOTTOM = 50
"""Pixels below the plot, for labels of speeds."""

ROOM = 1.25
"""Factor by which the axes go beyond the outermost codecs."""

OURS = "#0969da"  # blue: l3c
OTHERS = "#bc4c00"  # orange: the other codecs
INK = "#1f2328"  # text
GRID = "#d1d9e0"  # lines of the grid

TITLE = "Size against decoding speed"  # over the plot
SPEEDS = "megapixels a second, decoding"  # under it
SIZES = "bits per sub-pixel"  # beside it


class Plot:
    """Where things stand: points, grid lines and texts, for both forms."""

    def __init__(self, scores: list[Score]) -> None:
        speeds, bits = [score.decode_speed for score in scores], [score.bits for score in scores]
        self._slow, self._fast = math.log10(min(speeds) / ROOM), math.log10(max(speeds) * ROOM)
        spread = max(max(bits) - min(bits), 0.05 * max(bits), 0.01)
        self._least, self._most = max(0.0, min(bits) - spread / 8), max(bits) + spread / 8
        self.points = [
            (self._x(score.decode_speed), self._y(score.bits), score.codec.name, OURS if score.codec.ours else OTHERS)
            for score in scores
        ]

    def _x(self, speed: float) -> float:
        share = (math.log10(speed) - self._slow) / (self._fast - self._slow)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def _y(self, bits: float) -> float:
        return TOP + (self._most - bits) / (self._most - self._least) * (HEIGHT - TOP - BOTTOM)

    def columns(self) -> list[tuple[float, str]]:
        """Place and label of lines of speeds: 1, 2 and 5 times powers of ten."""
        steps = [m * 10.0**e for e in range(math.floor(self._slow) - 1, math.ceil(self._fast) + 1) for m in (1, 2, 5)]
        return [(self._x(s), f"{s:g}") for s in steps if self._slow <= math.log10(s) <= self._fast]

    def rows(self) -> list[tuple[float, str]]:
        """Place and label of lines of sizes, some five."""
        raw = (self._most - self._least) / 5
        power = 10.0 ** math.floor(math.log10(raw))
        step = next(m * power for m in (1, 2, 5, 10) if m * power >= raw)
        first = math.ceil(self._least / step)
        numbers = [n * step for n in range(first, math.floor(self._most / step) + 1)]
        return [(self._y(n), f"{n:.3g}") for n in numbers]


def svg(scores: list[Score]) -> str:
    """The drawing as SVG."""
    plot, low = Plot(scores), HEIGHT - BOTTOM
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="sans-serif" font-size="13" fill="{INK}">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="24" font-size="15" font-weight="bold">{TITLE}</text>',
        f'<text x="{LEFT}" y="{HEIGHT - 10}">{SPEEDS}</text>',
        f'<text transform="translate(16 {low}) rotate(-90)">{SIZES}</text>',
    ]
    for x, label in plot.columns():
        lines.append(f'<path d="M{x:.1f} {TOP}V{low}" stroke="{GRID}"/>')
        lines.append(f'<text x="{x:.1f}" y="{low + 18}" text-anchor="middle">{label}</text>')
    for y, label in plot.rows():
        lines.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="{GRID}"/>')
        lines.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
    for x, y, name, colour in plot.points:
        lines.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>')
        lines.append(f'<text x="{x + 9:.1f}" y="{y + 4:.1f}" fill="{colour}">{escape(name)}</text>')
    return "\n".join([*lines, "</svg>", ""])


def png(scores: list[Score]) -> bytes:
    """The drawing as PNG."""
    from PIL import Image, ImageDraw, ImageFont

    plot, low = Plot(scores), HEIGHT - BOTTOM
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(13)
    draw.text((LEFT, 12), TITLE, INK, ImageFont.load_default(15))
    draw.text((LEFT, HEIGHT - 22), SPEEDS, INK, font)
    draw.text((8, TOP - 18), SIZES, INK, font)
    for x, label in plot.columns():
        draw.line((x, TOP, x, low), GRID)
        draw.text((x, low + 8), label, INK, font, anchor="ma")
    for y, label in plot.rows():
        draw.line((LEFT, y, WIDTH - RIGHT, y), GRID)
        draw.text((LEFT - 8, y), label, INK, font, anchor="rm")
    for x, y, name, colour in plot.points:
        draw.ellipse((x - 5, y - 5, x + 5, y + 5), colour)
        draw.text((x + 9, y), name, colour, font, anchor="lm")
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()
