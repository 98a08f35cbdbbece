"""Draw the network of the paper as SVG: python scripts/draw_network.py [FILE].

Boxes and arrows are placed on a grid of three scales; the file is the same on every machine.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

from l3c.storage.atomic import write_whole

TARGET = Path(__file__).parents[1] / "docs" / "pictures" / "network.svg"
SCALES = 3
COLUMN, LEFT = 250, 150
"""Pixels from scale to scale, and in front of the first."""

WIDTH, HEIGHT = LEFT + SCALES * COLUMN, 470
BOX, TALL = 152, 44
ROWS = {"extract": 60, "quantize": 140, "latent": 215, "predict": 300, "mixture": 390}
"""Upper edges of the boxes."""

LEARNED, DATA, CODED = "#dbe9f6", "#f4f4f4", "#fbe5d0"
"""Fills: networks; images and features; distributions that symbols are coded with."""


def box(x: float, y: float, title: str, below: str, fill: str, *, rounded: bool = False) -> str:
    """A box with two lines of text."""
    middle = x + BOX / 2
    corner = TALL / 2 if rounded else 4
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{BOX}" height="{TALL}" rx="{corner:g}" fill="{fill}" stroke="#444"/>'
        f'<text x="{middle:g}" y="{y + 18:g}" class="title">{title}</text>'
        f'<text x="{middle:g}" y="{y + 35:g}" class="note">{below}</text>'
    )


def arrow(*points: tuple[float, float], label: str = "") -> str:
    """A line from point to point, with a head at the end, and a label beside its middle."""
    path = " ".join(f"{x:g},{y:g}" for x, y in points)
    found = f'<polyline points="{path}" fill="none" stroke="#444" marker-end="url(#head)"/>'
    if label:
        (x0, y0), (x1, y1) = points[0], points[-1]
        side = (x0 + x1) / 2, (y0 + y1) / 2 - 6
        found += f'<text x="{side[0]:g}" y="{side[1]:g}" class="note">{label}</text>'
    return found


def raised(name: str, scale: int, after: str = "") -> str:
    """A name with its scale raised behind it, and more on the line."""
    text = f'{name}<tspan dy="-5" font-size="10">({scale})</tspan>'
    return f'{text}<tspan dy="5">{after}</tspan>' if after else text


def drawing() -> str:
    """The whole SVG."""
    parts = [box(10, ROWS["extract"], "image x", "H × W × 3", DATA, rounded=True)]
    for scale in range(1, SCALES + 1):
        parts += _scale(scale)
    legend = "blue: networks with weights; orange: distributions that symbols are coded with; grey: images"
    parts.append(f'<text x="10" y="{HEIGHT - 10}" class="legend">{legend}</text>')
    style = (
        "text{font-family:sans-serif;fill:#111}.title{font-size:14px;text-anchor:middle}"
        ".note{font-size:11px;text-anchor:middle}.legend{font-size:11px}"
    )
    head = (
        '<marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0,0L10,5L0,10z" fill="#444"/></marker>'
    )
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
            "<title>L3C: feature extractors, quantizers and predictors of three scales</title>",
            f"<style>{style}</style><defs>{head}</defs>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
            *parts,
            "</svg>",
            "",
        ]
    )


def _scale(s: int) -> list[str]:
    """One column: E, Q, z, D and the distribution that D's context gives."""
    x = LEFT + (s - 1) * COLUMN + 40
    middle, side = x + BOX / 2, TALL / 2
    size = f"H/{2**s} × W/{2**s}"
    context = raised("f", s, ")")
    described = f"p(x | {context}" if s == 1 else raised("p(z", s - 1, f" | {context}")
    before = x - COLUMN + BOX if s > 1 else 10 + BOX
    parts = [
        box(x, ROWS["extract"], raised("E", s), "halves, 8 residual blocks", LEARNED),
        box(x, ROWS["quantize"], "Q", "to 5 channels of 25 levels", LEARNED),
        box(x, ROWS["latent"], raised("z", s), f"{size} × 5", DATA, rounded=True),
        box(x, ROWS["predict"], raised("D", s), "8 residual blocks, doubles", LEARNED),
        box(x, ROWS["mixture"], described, "10 logistics a channel", CODED),
        arrow((before, ROWS["extract"] + side), (x, ROWS["extract"] + side), label="64 features" if s > 1 else ""),
    ]
    for upper, lower in pairwise(ROWS):
        parts.append(arrow((middle, ROWS[upper] + TALL), (middle, ROWS[lower])))
    if s < SCALES:
        level = ROWS["predict"] + side
        parts.append(arrow((x + COLUMN, level), (x + BOX, level), label=raised("context f", s + 1)))
    else:
        level = ROWS["latent"] + side
        parts.append(arrow((x + BOX, level), (x + BOX + 45, level), label="uniform"))
    return parts


if __name__ == "__main__":
    write_whole(Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET, drawing().encode())
