"""Draw size against decoding speed as SVG: python benchmarks/pareto.py [FILE]

Bits per sub-pixel on Kodak and megapixels a second of one thread come from benchmarks/results; what others published
stands apart, since its speeds are of other machines. The drawing is the same on every machine, and has a dark form.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from pathlib import Path

from figures import PRESETS, RESULTS, means, published, speeds

TARGET = Path(__file__).parents[1] / "docs" / "pictures" / "pareto.svg"
SET = "kodak"
NAMES = {
    **{preset: preset for preset in PRESETS},
    "jxl1": "effort 1",
    "jxl3": "effort 3",
    "jxl7": "effort 7",
    "jxl9": "effort 9",
    "webp": "WebP",
    "png": "PNG",
}
"""The codecs that are drawn, and their labels."""

FAMILIES = {"l3c": PRESETS, "JPEG XL": ("jxl9", "jxl7", "jxl3", "jxl1")}
"""Points that a line joins, named beside it."""

WIDTH, HEIGHT = 780, 440
LEFT, TOP, BOTTOM = 62, 62, 52
"""Pixels around the plot: for labels of sizes, the title, labels of speeds."""

PLOT = 480
"""Width of the plot of speeds."""

GAP, STRIP = 24, 30
"""Between the plot and the strip of published figures; width of the strip's axis, before its labels."""

SLOWEST, FASTEST = 0.12, 100.0
"""Ends of the axis of speeds, MP/s."""

SMALLEST, LARGEST = 2.4, 4.6
"""Ends of the axis of sizes, bits per sub-pixel: what lies outside is left out of the strip."""

LINE = 15
"""Pixels between labels of the strip, at least."""

STYLE = """
text{font-family:system-ui,sans-serif;font-size:13px;fill:#1f2328}
.ground{fill:#ffffff;stroke:#d1d9e0}.grid{stroke:#e4e8ec}.axis{stroke:#8c959f}
.title{font-size:15px;font-weight:600}.note{fill:#59636e;font-size:12px}
.l3c{fill:#0969da}.l3c-line{stroke:#0969da}.other{fill:#bc4c00}.other-line{stroke:#bc4c00}
.theirs{fill:none;stroke:#8250df;stroke-width:1.6}.leader{stroke:#8c959f}
line,polyline{fill:none;stroke-width:1}.l3c-line,.other-line{stroke-width:1.6}
@media(prefers-color-scheme:dark){
text{fill:#f0f6fc}.ground{fill:#0d1117;stroke:#3d444d}.grid{stroke:#262c36}.axis{stroke:#9198a1}.note{fill:#9198a1}
.l3c{fill:#58a6ff}.l3c-line{stroke:#58a6ff}.other{fill:#f0883e}.other-line{stroke:#f0883e}
.theirs{stroke:#bc8cff}.leader{stroke:#656c76}}
"""


@dataclass(frozen=True)
class Point:
    """A codec in the plot: its short name, bits per sub-pixel, MP/s."""

    codec: str
    bits: float
    speed: float

    @property
    def place(self) -> tuple[float, float]:
        """x and y in pixels, to a tenth."""
        share = math.log(self.speed / SLOWEST) / math.log(FASTEST / SLOWEST)
        return round(LEFT + share * PLOT, 1), level(self.bits)


def level(bits: float) -> float:
    """y of a size: small files stand low."""
    share = (LARGEST - bits) / (LARGEST - SMALLEST)
    return round(TOP + share * (HEIGHT - TOP - BOTTOM), 1)


def points(folder: Path = RESULTS) -> dict[str, Point]:
    """What the plot shows, from the results."""
    sizes, fast = means(SET, folder), speeds(SET, folder)
    return {codec: Point(codec, round(sizes[codec], 3), fast[codec].decode) for codec in NAMES}


def theirs(folder: Path = RESULTS) -> list[tuple[str, float]]:
    """Published figures on Kodak that lie inside the axis, smallest first."""
    found = [(p.method, p.bits) for p in published(folder) if p.of == "Kodak" and SMALLEST <= p.bits <= LARGEST]
    return sorted(found, key=lambda pair: (pair[1], pair[0]))


def text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    classed = f' class="{kind}"' if kind else ""
    return f'<text x="{x:g}" y="{y:g}"{classed} text-anchor="{anchor}">{words}</text>'


def line(kind: str, *places: tuple[float, float]) -> str:
    return f'<polyline class="{kind}" points="{" ".join(f"{x:g},{y:g}" for x, y in places)}"/>'


def axes() -> list[str]:
    low, right = HEIGHT - BOTTOM, LEFT + PLOT
    parts = []
    for tenth in range(math.ceil(SMALLEST * 10), math.floor(LARGEST * 10) + 1):
        if tenth % 5 == 0:
            y = level(tenth / 10)
            parts += [line("grid", (LEFT, y), (right, y)), text(LEFT - 8, y + 4, f"{tenth / 10:.1f}", "note", "end")]
    for speed in (0.2, 0.5, 1, 2, 5, 10, 20, 50, 100):
        x = Point("", SMALLEST, speed).place[0]
        parts += [line("grid", (x, TOP), (x, low)), text(x, low + 17, f"{speed:g}", "note", "middle")]
    parts += [line("axis", (LEFT, TOP), (LEFT, low), (right, low))]
    parts += [text((LEFT + right) / 2, low + 38, "decoding, megapixels a second, one thread", "note", "middle")]
    parts += [text(12, TOP - 14, "bits per sub-pixel: lower is smaller", "note")]
    return parts


def plotted(found: dict[str, Point]) -> list[str]:
    """Lines of families, points, and labels: above or below, where no other is."""
    parts = []
    for family, members in FAMILIES.items():
        kind = "l3c" if family == "l3c" else "other"
        parts.append(line(f"{kind}-line", *(found[codec].place for codec in members)))
    for codec, point in found.items():
        kind = "l3c" if codec in PRESETS else "other"
        x, y = point.place
        data = f'data-codec="{codec}" data-bits="{point.bits:.3f}" data-speed="{point.speed:.2f}"'
        parts.append(f'<circle class="{kind}" cx="{x:g}" cy="{y:g}" r="5" {data}/>')
        parts.append(text(*beside(codec, x, y)))
    return parts


def beside(codec: str, x: float, y: float) -> tuple[float, float, str, str, str]:
    """Where a point's label stands, its words, class and anchor."""
    words = f"JPEG XL, {NAMES[codec]}" if codec in ("jxl1", "jxl9") else NAMES[codec]
    if codec == "wave-fast":
        return x, y + 20, words, "", "middle"
    if codec in ("jxl3", "jxl9"):
        return x + 10, y + 14, words, "", "start"
    if codec == "jxl7":
        return x + 3, y - 11, words, "", "end"
    return x, y - 11, words, "", "middle"


def strip(found: list[tuple[str, float]]) -> list[str]:
    """Published figures: diamonds on an axis of their own, labels moved apart."""
    x = LEFT + PLOT + GAP + STRIP / 2
    parts = [line("axis", (x, TOP), (x, HEIGHT - BOTTOM))]
    parts.append(text(x - STRIP / 2, HEIGHT - BOTTOM + 17, "sizes by others: no speeds", "note"))
    parts.append(text(x - STRIP / 2, HEIGHT - BOTTOM + 32, "of this machine", "note"))
    lowest: float = HEIGHT - BOTTOM + LINE
    for name, size in found:
        y = level(size)
        lowest = min(lowest - LINE, y)
        parts.append(
            f'<path class="theirs" d="M{x - 5:g} {y:g}L{x:g} {y - 5:g}L{x + 5:g} {y:g}L{x:g} {y + 5:g}z"'
            f' data-method="{name}" data-bits="{size:.2f}"/>'
        )
        parts.append(line("leader", (x + 7, y), (x + 17, lowest)))
        parts.append(text(x + 21, lowest + 4, f"{name} {size:.2f}"))
    return parts


def drawing(folder: Path = RESULTS) -> str:
    """The whole SVG."""
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
            "<title>Size of the Kodak images against decoding speed: l3c, JPEG XL, WebP and PNG</title>",
            f"<style>{STYLE}</style>",
            f'<rect class="ground" x="0.5" y="0.5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="8"/>',
            text(12, 26, "Kodak: size against decoding speed", "title"),
            *axes(),
            *plotted(points(folder)),
            *strip(theirs(folder)),
            "</svg>",
            "",
        ]
    )


def main() -> int:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    target.write_text(drawing(), encoding="utf-8")
    print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
