"""Draw size against decoding speed, as SVG and PNG: python benchmarks/pareto.py

Bits per sub-pixel on Kodak, and speeds beside JPEG XL, come from benchmarks/results; benchmarks/speed_ratios.py
measures the speeds. A filled point is one thread, an open one two threads. What others published stands apart, since
its speeds are of other machines. The SVG is the same on every machine, and has a dark form; the PNG is drawn from it.
"""

from __future__ import annotations

import hashlib
import math
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from figures import PRESETS, RESULTS, means, published, ratios
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin

from l3c.storage.atomic import whole_file, write_whole

TARGET = Path(__file__).parents[1] / "docs" / "pictures" / "pareto.svg"
PNG = TARGET.with_suffix(".png")
SET = "kodak"
NAMES = {
    **{preset: preset for preset in PRESETS},
    "jxl1": "effort 1",
    "jxl3": "effort 3",
    "jxl7": "efforts 7 and 9",
    "jxl9": "",
    "webp": "WebP",
    "png": "PNG",
}
"""The codecs that are drawn, and their labels: one for the two that stand together."""

SETS = {"avx512vnni": ("l3c", "AVX-512 VNNI"), "avx2": ("less", "AVX2"), "sse41": ("least", "SSE4.1")}
"""Instruction sets that are drawn where they were measured: class and label."""

JPEG_XL = ("jxl9", "jxl7", "jxl3", "jxl1")
"""Points that a line joins."""

WIDTH, HEIGHT = 780, 440
LEFT, TOP, BOTTOM = 62, 62, 52
"""Pixels around the plot: for labels of sizes, the title, labels of speeds."""

PLOT = 480
"""Width of the plot of speeds."""

GAP, STRIP = 24, 30
"""Between the plot and the strip of published figures; width of the strip's axis, before its labels."""

SLOWEST, FASTEST = 0.015, 30.0
"""Ends of the axis of speeds, JPEG XL at effort 7 with one thread = 1: what lies outside is left out."""

SPEEDS = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20)

SMALLEST, LARGEST = 2.4, 4.6
"""Ends of the axis of sizes, bits per sub-pixel: what lies outside is left out of the strip."""

LINE = 15
"""Pixels between labels of the strip, at least."""

STYLE = """
text{font-family:system-ui,sans-serif;font-size:13px;fill:#1f2328}
.ground{fill:#ffffff;stroke:#d1d9e0}.grid{stroke:#e4e8ec}.axis{stroke:#8c959f}
.title{font-size:15px;font-weight:600}.note{fill:#59636e;font-size:12px}
.l3c{fill:#0969da}.l3c-line{stroke:#0969da}.other{fill:#bc4c00}.other-line{stroke:#bc4c00}
.less{fill:#54aeff}.less-line{stroke:#54aeff}.least{fill:#6e7781}.least-line{stroke:#6e7781}
.open{fill:none;stroke-width:1.4}
.theirs{fill:none;stroke:#8250df;stroke-width:1.6}.leader{stroke:#8c959f}
line,polyline{fill:none;stroke-width:1}.l3c-line,.less-line,.least-line,.other-line{stroke-width:1.6}
@media(prefers-color-scheme:dark){
text{fill:#f0f6fc}.ground{fill:#0d1117;stroke:#3d444d}.grid{stroke:#262c36}.axis{stroke:#9198a1}.note{fill:#9198a1}
.l3c{fill:#58a6ff}.l3c-line{stroke:#58a6ff}.other{fill:#f0883e}.other-line{stroke:#f0883e}
.less{fill:#1f6feb}.less-line{stroke:#1f6feb}.least{fill:#9198a1}.least-line{stroke:#9198a1}.open{fill:none}
.theirs{stroke:#bc8cff}.leader{stroke:#656c76}}
"""


@dataclass(frozen=True)
class Point:
    """A codec in the plot: its short name, bits per sub-pixel, speed beside the reference, instruction set, threads."""

    codec: str
    bits: float
    speed: float
    isa: str = ""
    threads: int = 1

    @property
    def place(self) -> tuple[float, float]:
        """x and y in pixels, to a tenth."""
        share = math.log(self.speed / SLOWEST) / math.log(FASTEST / SLOWEST)
        return round(LEFT + share * PLOT, 1), level(self.bits)


def level(bits: float) -> float:
    """y of a size: small files stand low."""
    share = (LARGEST - bits) / (LARGEST - SMALLEST)
    return round(TOP + share * (HEIGHT - TOP - BOTTOM), 1)


def points(folder: Path = RESULTS) -> list[Point]:
    """What the plot shows, from the results."""
    sizes = means(SET, folder)
    found = [Point(r.codec, round(sizes[r.codec], 3), r.decode, r.isa, r.threads) for r in ratios(folder).values()]
    shown = [p for p in found if p.codec in NAMES and (not p.isa or p.isa in SETS) and p.threads <= 2]
    return [point for point in shown if SLOWEST <= point.speed <= FASTEST]


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
    for speed in SPEEDS:
        x = Point("", SMALLEST, speed).place[0]
        parts += [line("grid", (x, TOP), (x, low)), text(x, low + 17, f"{speed:g}", "note", "middle")]
    parts += [line("axis", (LEFT, TOP), (LEFT, low), (right, low))]
    parts += [
        text((LEFT + right) / 2, low + 38, "decoding speed, JPEG XL effort 7 with one thread = 1", "note", "middle")
    ]
    parts += [text(12, TOP - 14, "bits per sub-pixel: lower is smaller", "note")]
    return parts


def plotted(found: list[Point]) -> list[str]:
    """Lines of families, points, and labels: above or below, where no other is."""
    parts = []
    one = {(p.codec, p.isa): p for p in found if p.threads == 1}
    families = [(SETS[isa][0], PRESETS, isa) for isa in SETS] + [("other", JPEG_XL, "")]
    for kind, members, isa in families:
        places = [one[codec, isa].place for codec in members if (codec, isa) in one]
        if len(places) > 1:
            parts.append(line(f"{kind}-line", *places))
    for point in found:
        kind = SETS[point.isa][0] if point.isa else "other"
        x, y = point.place
        data = f'data-codec="{point.codec}" data-bits="{point.bits:.3f}" data-speed="{point.speed:.2f}"'
        data += f' data-isa="{point.isa}" data-threads="{point.threads}"'
        if point.threads > 1:
            parts.append(f'<circle class="open {kind}-line" cx="{x:g}" cy="{y:g}" r="5" {data}/>')
            continue
        parts.append(f'<circle class="{kind}" cx="{x:g}" cy="{y:g}" r="5" {data}/>')
        if NAMES[point.codec] and point.isa in ("", next(iter(SETS))):
            parts.append(text(*beside(point.codec, x, y)))
    return parts


def legend(found: list[Point]) -> list[str]:
    """What colours and open points mean."""
    parts, x, y = [], LEFT + 12, TOP + 14
    for isa in (isa for isa in SETS if any(point.isa == isa for point in found)):
        kind, words = SETS[isa]
        parts += [f'<circle class="{kind}" cx="{x:g}" cy="{y:g}" r="5"/>', text(x + 12, y + 4, f"l3c, {words}", "note")]
        y += LINE + 2
    parts += [f'<circle class="other" cx="{x:g}" cy="{y:g}" r="5"/>', text(x + 12, y + 4, "other codecs", "note")]
    if any(point.threads > 1 for point in found):
        y += LINE + 2
        parts += [f'<circle class="open axis" cx="{x:g}" cy="{y:g}" r="5"/>']
        parts += [text(x + 12, y + 4, "two threads; filled: one", "note")]
    return parts


def beside(codec: str, x: float, y: float) -> tuple[float, float, str, str, str]:
    """Where a point's label stands, its words, class and anchor."""
    words = f"JPEG XL, {NAMES[codec]}" if codec == "jxl1" else NAMES[codec]
    if codec in PRESETS:
        return (x + 22 if codec == PRESETS[0] else x + 4), y + 20, words, "", "middle"
    if codec == "jxl3":
        return x + 10, y + 14, words, "", "start"
    if codec == "jxl7":
        return x - 4, y - 11, words, "", "end"
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
    found = points(folder)
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
            "<title>Size of the Kodak images against decoding speed: l3c, JPEG XL, WebP and PNG</title>",
            f"<style>{STYLE}</style>",
            f'<rect class="ground" x="0.5" y="0.5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="8"/>',
            text(12, 26, "Kodak: size against decoding speed", "title"),
            *axes(),
            *plotted(found),
            *legend(found),
            *strip(theirs(folder)),
            "</svg>",
            "",
        ]
    )


SCALE = 2
"""Pixels of the PNG for one of the SVG."""


def painted(svg: str) -> Image.Image:
    """The drawing's light form as an image: the few elements that `drawing` is made of."""
    colours = dict(re.findall(r"\.([\w-]+)\{[^}]*?(?:fill|stroke):(#\w+)", STYLE.split("@media")[0]))
    image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), "#ffffff")
    draw = ImageDraw.Draw(image)
    for element in ElementTree.fromstring(svg):
        kinds = element.get("class", "").split()
        colour = next((colours[kind] for kind in reversed(kinds) if kind in colours), "#1f2328")
        tag = element.tag.rpartition("}")[2]
        if tag == "polyline":
            places = [tuple(SCALE * float(n) for n in pair.split(",")) for pair in element.get("points", "").split()]
            draw.line(places, fill=colour, width=SCALE)
        elif tag == "circle":
            x, y, r = (SCALE * float(element.get(name, "0")) for name in ("cx", "cy", "r"))
            hollow = "open" in kinds
            draw.ellipse((x - r, y - r, x + r, y + r), None if hollow else colour, colour, 3 if hollow else 1)
        elif tag == "path":
            corners = re.findall(r"[\d.]+ [\d.]+", element.get("d", ""))
            draw.polygon([tuple(SCALE * float(n) for n in c.split()) for c in corners], outline=colour, width=3)
        elif tag == "text":
            size = {"title": 15, "note": 12}.get(kinds[0] if kinds else "", 13)
            anchor = {"start": "ls", "middle": "ms", "end": "rs"}[element.get("text-anchor", "start")]
            place = SCALE * float(element.get("x", "0")), SCALE * float(element.get("y", "0"))
            draw.text(place, element.text or "", colour, ImageFont.load_default(size * SCALE), anchor)
    return image


def write(svg: str) -> None:
    """Both files. The PNG names the digest of the SVG it was drawn from: fonts differ between versions of Pillow."""
    write_whole(TARGET, svg.encode())
    said = PngImagePlugin.PngInfo()
    said.add_text("drawn-from", digest(svg))
    with whole_file(PNG) as file:
        painted(svg).save(file, "PNG", pnginfo=said, optimize=True)


def digest(svg: str) -> str:
    return hashlib.sha256(svg.encode()).hexdigest()


def main() -> int:
    write(drawing())
    print(TARGET, PNG)
    return 0


if __name__ == "__main__":
    sys.exit(main())
