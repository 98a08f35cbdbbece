"""The tables of README and docs that state sizes and speeds, from benchmarks/results.

python benchmarks/tables.py            names the pages whose tables are not those of the results
python benchmarks/tables.py --write    writes them, benchmarks/results/*.md and the picture of benchmarks/pareto.py

A table stands between `<!-- table NAME -->` and `<!-- end -->`; tests/house/test_figures.py compares.
"""

from __future__ import annotations

import argparse
import math
import re
import statistics
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

import pareto
from figures import (
    HISTORY,
    PRESETS,
    REFERENCE,
    RESULTS,
    Speed,
    bits,
    codecs,
    label,
    means,
    memories,
    published,
    read_rows,
    set_table,
    speeds,
)

from l3c.dct import presets as dct_presets
from l3c.dct.definition.architecture import LASTS
from l3c.dct.definition.architecture import Architecture as DctArchitecture
from l3c.dct.definition.network import shapes
from l3c.dct.model import read_model
from l3c.storage.atomic import write_whole
from l3c.wave.definition.architecture import Architecture
from l3c.wave.definition.learning import Learning
from l3c.wave.model_file import read_stored
from l3c.wave.presets import FOLDER
from l3c.wave.presets import PRESETS as MODELS

ROOT = Path(__file__).parents[1]
BESIDE = (*PRESETS, "jxl7", "jxl9", "webp", "png")
"""The codecs of README's table."""

NETWORKS = {3: "RGB", 1: "gray", 2: "chroma given luma"}
"""What a network of so many channels codes, as `l3c models` numbers them."""

EFFORTS = ("", ":3", ":5", ":7", ":9")


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """A Markdown table whose first `left` columns are aligned to the left, the others to the right."""
    rule = ["---"] * left + ["---:"] * (len(heads) - left)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, rule, *rows))


def rate(speed: float) -> str:
    """MP/s with two digits that count."""
    return f"{speed:.2f}" if speed < 1 else f"{speed:.1f}" if speed < 10 else f"{speed:.0f}"


def rates(found: dict[str, Speed], codec: str) -> list[str]:
    """Encoding and decoding; nothing where no quiet machine measured it."""
    return [rate(found[codec].encode), rate(found[codec].decode)] if codec in found else ["", ""]


def ratio(found: dict[str, float], codec: str) -> str:
    return f"{found[codec] / found[REFERENCE]:.3f}"


def readme() -> str:
    """The one table: sizes on two sets, and speeds on the first."""
    kodak, valid, fast = means("kodak"), means("valid"), speeds("kodak")
    rows = []
    for codec in BESIDE:
        saved = f"{100 * (1 - valid[codec] / valid[REFERENCE]):.1f} %" if codec != REFERENCE else ""
        cells = [label(codec) + (" (default)" if codec == "wave" else ""), f"{kodak[codec]:.3f}", f"{valid[codec]:.3f}"]
        rows.append([*cells, saved, *(f"{s} MP/s" if s else "" for s in rates(fast, codec))])
    return table(["", "Kodak", "40 photographs", "smaller than JPEG XL", "encode", "decode"], rows)


def preset_sizes() -> str:
    """Every preset on every set, with ratios to the reference."""
    sets = {"Kodak": "kodak", "`valid/`": "valid", "`valid/` gray": "valid-gray"}
    found = {head: means(name) for head, name in sets.items()}
    heads = [""] + [cell for head in sets for cell in (head, "ratio")] + ["Kodak with history"]
    rows = []
    for codec in (*PRESETS, "jxl7", "jxl9", "webp", "png"):
        cells = [label(codec)]
        for of in found.values():
            cells += [f"{of[codec]:.3f}", ratio(of, codec)] if codec in of else ["", ""]
        undone = found["Kodak"].get(codec + HISTORY)
        rows.append([*cells, f"{undone:.3f}" if undone else ""])
    return table(heads, rows)


def preset_speeds() -> str:
    """Speeds in colour and gray, one thread, and memory."""
    colour, gray, memory = speeds("kodak"), speeds("valid-gray"), memories()
    heads = ["", "RGB: encode", "decode", "gray: encode", "decode", "memory: encode", "decode"]
    rows = []
    for codec in (*PRESETS, "jxl7", "png"):
        cells = [label(codec)]
        for of in (colour, gray):
            cells += rates(of, codec)
        rows.append([*cells, f"{memory[codec].encode} MiB", f"{memory[codec].decode} MiB"])
    return table(heads, rows)


def weights(architecture: Architecture) -> int:
    """Numbers in a network, biases among them."""
    return sum(layer.outputs * (layer.inputs + 1) for layer in architecture.layers())


def learns(learning: Learning, architecture: Architecture) -> str:
    """Which layers learn from which wavefronts."""
    layers = [layer for index, layer in enumerate(architecture.layers()) if learning.learns(index)]
    count = sum(layer.outputs * (layer.inputs + 1) for layer in layers)
    if learning.period == learning.learned:
        return f"{count:,} weights, every wavefront"
    if learning.ramp:
        return f"{count:,} weights, all wavefronts at first, 1 of {learning.period} in the end"
    return f"{count:,} weights, {learning.learned} of {learning.period} wavefronts"


def deep() -> str:
    """Samples of 9 to 16 bits beside the reference: means of ratios, and the worst of `wave`."""
    rows = read_rows(RESULTS / "deep.csv")
    presets, cells = [preset for preset in PRESETS if preset in rows[0]], []
    for kind in dict.fromkeys(row["kind"] for row in rows):
        of = [row for row in rows if row["kind"] == kind]
        codecs = ("noise", "planes", *presets)
        ratios = {codec: [int(row[codec]) / int(row[REFERENCE]) for row in of] for codec in codecs}
        means_of = [f"{statistics.mean(ratios[codec]):.3f}" if any(ratios[codec]) else "" for codec in codecs]
        cells.append([kind, str(len(of)), *means_of, f"{max(ratios['wave']):.3f}"])
    head = ["", "pictures", "noise alone", "two planes", *(f"`{preset}`" for preset in presets), "worst of `wave`"]
    return table(head, cells)


def deep_speeds() -> str:
    """Megapixels a second of the processor, of samples of 9 to 16 bits."""
    rows, cells = read_rows(RESULTS / "deep.csv"), []
    for preset in PRESETS:
        speeds = []
        for colours in ("RGB", "gray"):
            of = [row for row in rows if row["kind"].endswith(colours)]
            pixels = sum(int(row["height"]) * int(row["width"]) for row in of) / 1e6
            for what in ("encode", "decode"):
                speeds.append(f"{pixels / sum(float(row[f'{preset} {what} seconds']) for row in of):.2f}")
        cells.append([f"`{preset}`", *speeds])
    return table(["", "encode RGB", "decode RGB", "encode gray", "decode gray"], cells)


def networks(names: Sequence[str] = PRESETS) -> str:
    """The networks of presets: file, weights, learning, digest."""
    rows = []
    for name in names:
        for channels, codes in NETWORKS.items():
            preset = MODELS[name, channels]
            path = FOLDER / preset.file
            architecture = read_stored(str(path)).network.architecture
            size = f"{path.stat().st_size / 1000:.0f} kB"
            cells = [f"`{path.stem}`", size, f"{weights(architecture):,}", learns(preset.learning, architecture)]
            rows.append([f"`{name}`", codes, *cells, f"`{preset.digest[:16]}`"])
    heads = ["preset", "codes", "file", "size", "weights", "learns while coding", "digest begins with"]
    if len(names) == 1:
        return table(heads[1:], [row[1:] for row in rows], 2)
    return table(heads, rows, 3)


def card(preset: str) -> str:
    """A model's figures."""
    kodak, valid, gray, fast = means("kodak"), means("valid"), means("valid-gray"), speeds("kodak")
    best = {name: effort_means(name) for name in ("kodak", "valid")}
    rows = [
        [
            "Kodak",
            f"{kodak[preset]:.3f}, {ratio(kodak, preset)} of JPEG XL; with history {kodak[preset + HISTORY]:.3f}",
        ],
        ["`valid/`", f"{valid[preset]:.3f}, {ratio(valid, preset)} of JPEG XL"],
        ["`valid/`, gray", f"{gray[preset]:.3f}, {ratio(gray, preset)} of JPEG XL"],
    ]
    if all(f"{preset}:9" in found for found in best.values()):
        kodak_change, valid_change = (change(found[f"{preset}:9"], found[preset]) for found in best.values())
        rows.append(["at effort 9", f"{kodak_change} on Kodak, {valid_change} on `valid/`"])
    if preset in fast:
        rows.append(["encodes, decodes", f"{rate(fast[preset].encode)} and {rate(fast[preset].decode)} MP/s"])
    peak = memories()[preset]
    rows.append([f"memory for {peak.megapixels} megapixels", f"{peak.encode} and {peak.decode} MiB"])
    return table(["", preset], rows, 2)


def products(a: DctArchitecture) -> tuple[int, int]:
    """(of the trunk, once a block; of a head, once a coefficient up to the last)."""
    trunk = a.inputs * a.trunk1 + a.trunk1 * a.trunk2 + a.trunk2 * (LASTS + a.hidden)
    return trunk, a.head * (a.hidden + a.seen + a.outputs)


def coefficient_networks(name: str) -> str:
    """The two networks of a coefficient model: widths, weights, products."""
    rows = []
    for a in (network.architecture for network in read_model(str(dct_file(name))).networks):
        count = sum(math.prod(shape) for _, shape in shapes(a).values())
        trunk, head = products(a)
        widths = f"{a.trunk1}, {a.trunk2}; {a.hidden}; {a.head}; {a.components}"
        codes = "chroma given luma" if a.chroma else "luma"
        rows.append([codes, widths, f"{count:,}", f"{trunk / 1000:.0f} thousand", f"{head / 1000:.1f} thousand"])
    heads = ["codes", "trunk; accumulator; heads; logistics", "numbers", "products a block", "and a coefficient"]
    return table(heads, rows, 2)


def coefficient_card(name: str) -> str:
    """A coefficient model's figures."""
    model, path = read_model(str(dct_file(name))), dct_file(name)
    found = jpeg_means(f"{name}-model")
    beside = f"libjxl {found['libjxl']}, Lepton {found['Lepton']} on the files that it takes"
    rows = [
        ["file, digest begins with", f"`{path.stem}`, `{model.digest.hex()[:16]}`"],
        ["size", f"{path.stat().st_size / 1000:.0f} kB"],
        ["calibrated while it codes", "yes" if model.calibrated else "no"],
        ["`jpeg/valid`", f"{found['model']} of the JPEG files; {beside}"],
    ]
    if model.calibrated:
        rows.append(["without calibration", found["uncalibrated"]])
    return table(["", name], rows, 2)


def dct_file(name: str) -> Path:
    return dct_presets.FOLDER / dct_presets.PRESETS[name].file


def jpeg_means(name: str) -> dict[str, str]:
    """The means over all files of a table of benchmarks/jpeg_model.py, by the names of its columns."""
    lines = [line for line in (RESULTS / f"{name}.md").read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    heads, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    (means_of,) = [row for row in rows if row[0] == "mean"]
    return dict(zip(heads, means_of, strict=True))


def effort_means(name: str) -> dict[str, float]:
    """Means over the images that were encoded at every effort."""
    return means(f"{name}-effort")


def change(after: float, before: float) -> str:
    percent = 100 * (after / before - 1)
    return f"{percent:+.1f} %".replace("+0.0", "0.0").replace("-0.0", "0.0")


def efforts() -> str:
    """What effort gives and costs."""
    kodak, valid = effort_means("kodak"), effort_means("valid")
    times = {(row["model"], row["effort"]): row["times"] for row in read_rows(RESULTS / "effort-time.csv")}
    rows = []
    for effort in EFFORTS:
        cells = [effort[1:] or "1, and 2, the default"]
        for preset in ("wave-fast", "wave"):
            cells += [change(of[preset + effort], of[preset]) for of in (valid, kodak)]
            cells.append(times[preset, effort[1:] or "1"])
        rows.append(cells)
    heads = ["effort"]
    for preset in ("wave-fast", "wave"):
        heads += [f"`{preset}`: `valid/`", "Kodak", "time"]
    return table(heads, rows)


def robustness() -> str:
    """Images unlike photographs: means of groups."""
    groups: dict[str, list[dict[str, str]]] = {}
    for row in read_rows(RESULTS / "robustness.csv"):
        groups.setdefault(row["group"], []).append(row)
    names = ("graphics", *PRESETS)
    rows = []
    for name, members in groups.items():
        shown = f"{name} ({len(members)})" if len(members) > 1 else name
        rows.append([shown, *(f"{bits(members, codec):.3f}" for codec in names)])
    return table(["image", "graphics", *(label(preset) for preset in PRESETS)], rows)


def graphics() -> str:
    """Kinds of drawings and documents: ratios of sizes and times."""
    kinds: dict[str, list[dict[str, str]]] = {}
    for row in read_rows(RESULTS / "graphics.csv"):
        kinds.setdefault(row["kind"], []).append(row)
    rows = []
    for kind, members in sorted(kinds.items()):
        best = [int(row["l3c"]) / min(int(row["webp"]), int(row["jxl9"])) for row in members]
        fast = [int(row["l3c"]) / int(row["jxl7"]) for row in members]
        fax = [int(row["l3c"]) / int(row["g4"]) for row in members if row["g4"]]
        shares = [f"{statistics.mean(best):.3f}", f"{max(best):.3f}", f"{statistics.mean(fast):.3f}"]
        beside = [(of(members, what), of(members, f"{what}_jxl7")) for what in ("encode", "decode")]
        times = [f"{ours / theirs:.2f}" if theirs else "" for ours, theirs in beside]  # some take no millisecond
        rows.append(
            [
                f"{kind} ({len(members)})",
                *shares,
                f"{statistics.mean(fax):.3f}" if len(fax) == len(members) else "",
                *times,
            ]
        )
    heads = ["kind", "of the best", "largest", "of JPEG XL effort 7", "of CCITT G4", "encode time", "decode time"]
    return table(heads, rows)


def of(rows: list[dict[str, str]], what: str) -> float:
    return sum(float(row[what]) for row in rows)


def kodak_by_image() -> str:
    """Every image of the suite, without and with history."""
    rows, found = read_rows(RESULTS / "kodak.csv"), []
    names = ["jxl7", *(preset + end for preset in PRESETS for end in ("", HISTORY))]
    names = [name for name in names if name in codecs(rows)]
    for row in rows:
        found.append([row["image"], *(f"{bits([row], name):.3f}" for name in names)])
    found.append(["mean", *(f"{bits(rows, name):.3f}" for name in names)])
    heads = ["image", "JPEG XL", *("" if name.endswith(HISTORY) else label(name) for name in names[1:])]
    return table(heads, found)


def reported() -> str:
    """What others report of the paper's networks."""
    figures: dict[tuple[str, str], dict[str, float]] = {}
    for p in published():
        if p.method in ("L3C", "RGB Shared", "RGB") and not p.of.startswith("authors"):
            figures.setdefault((p.source, p.of), {})[p.method] = p.bits
    names = ("L3C", "RGB Shared", "RGB")
    rows = [
        [source, of, *(f"{found[name]:.3f}".removesuffix("0") if name in found else "" for name in names)]
        for (source, of), found in figures.items()
    ]
    return table(["source", "set", *names], rows, 2)


def thumbnails() -> str:
    rows = read_rows(RESULTS / "thumbnails.csv")
    heads = list(rows[0])
    named = [
        [", ".join(f"`{name}`" for name in row["model"].split(", ")), *(row[h] for h in heads[1:])] for row in rows
    ]
    return table(["", *heads[1:]], named)


def previews() -> str:
    """What previews cost and save."""
    found = read_rows(RESULTS / "previews.csv")

    def mean(head: str, digits: int = 2) -> str:
        return f"{statistics.mean(float(row[head]) for row in found):.{digits}f}"

    largest = max(float(row["share"]) for row in found)
    thumbnail = sum(float(row["thumbnail s"]) for row in found) / sum(float(row["megapixels"]) for row in found)
    rows = [
        ["size of a preview", f"{float(mean('preview bytes')):,.0f} bytes"],
        ["of the file", f"{mean('share')} %, at most {largest:.2f} %"],
        ["time to make it", f"{1000 * float(mean('making s', digits=4)):.0f} ms"],
        ["time to a thumbnail with it", f"{1000 * float(mean('with preview s', digits=4)):.0f} ms"],
        ["time to a thumbnail without it", f"{1000 * thumbnail:.0f} ms a megapixel"],
    ]
    return table([f"{len(found)} photographs, 1 to 11 megapixels", "mean"], rows)


JPEG_CODERS = {"wave-fast": "`jpeg-fast`", "wave": "`jpeg`", "lepton": "Lepton", "libjxl": "JPEG XL"}
"""Coders of JPEG files by their columns in the results; ours are chosen by the models of pixels."""

JPEG_SOURCES = {
    "ianare": "cameras and phones",
    "openMVG": "cameras, full size",
    "ubuntu-mate": "wallpapers",
    "elementary": "photographs from the web",
}
"""Kinds of files by the beginning of their names."""


def jpeg_ratios(names: str = "") -> dict[str, float]:
    """Mean ratio to the JPEG file by coder, of files whose names begin so, those left out that a coder refuses."""
    found = [row for row in read_rows(RESULTS / "jpeg-files.csv") if row["file"].startswith(names)]
    ratios = {coder: [int(row[coder]) / int(row["jpeg"]) for row in found if row[coder]] for coder in JPEG_CODERS}
    return {coder: statistics.mean(values) for coder, values in ratios.items() if values}


def jpeg_sizes() -> str:
    """Means of kinds of files, and of all."""
    rows = []
    for start, kind in (*JPEG_SOURCES.items(), ("", "all")):
        count = sum(row["file"].startswith(start) for row in read_rows(RESULTS / "jpeg-files.csv"))
        found = jpeg_ratios(start)
        rows.append([kind, str(count), *(f"{found[coder]:.3f}" if coder in found else "" for coder in JPEG_CODERS)])
    return table(["files", "number", *JPEG_CODERS.values()], rows)


def jpeg_speeds() -> str:
    """Of one thread, on all files that a coder takes."""
    found = {row["coder"]: row for row in read_rows(RESULTS / "jpeg-files-coders.csv")}
    lepton = found["lepton"]
    rows = []
    for coder, name in JPEG_CODERS.items():
        row = found[coder]
        cells = [rate(float(row[what])) for what in ("encode_mp", "decode_mp", "encode_mb", "decode_mb")]
        shares = [f"{float(row[what]) / float(lepton[what]):.2f}" for what in ("encode_mp", "decode_mp")]
        rows.append([name, *cells, *shares, row["encode_mib"], row["decode_mib"]])
    heads = ["", "encode MP/s", "decode MP/s", "encode MB/s", "decode MB/s", "encode, of Lepton", "decode, of Lepton"]
    return table([*heads, "encode MiB", "decode MiB"], rows)


PAGES: dict[str, dict[str, Callable[[], str]]] = {
    "README.md": {"sizes": readme},
    "docs/models.md": {
        "sizes": preset_sizes,
        "speeds": preset_speeds,
        "networks": networks,
        "effort": efforts,
        "robustness": robustness,
        "graphics": graphics,
        "deep": deep,
        "deep speeds": deep_speeds,
    },
    "docs/desktop.md": {"previews": previews},
    "docs/model-cards.md": {
        **{f"networks {preset}": partial(networks, (preset,)) for preset in PRESETS},
        **{f"figures {preset}": partial(card, preset) for preset in PRESETS},
        **{f"networks {name}": partial(coefficient_networks, name) for name in dct_presets.PRESETS},
        **{f"figures {name}": partial(coefficient_card, name) for name in dct_presets.PRESETS},
    },
    "docs/history.md": {"kodak": kodak_by_image},
    "docs/jpeg.md": {"sizes": jpeg_sizes, "speeds": jpeg_speeds},
    "docs/paper.md": {"reported": reported, "thumbnails": thumbnails},
}
"""The tables of each page."""

BLOCK = r"(<!-- table {name} -->\n).*?(<!-- end -->)"


def with_tables(page: str, tables: dict[str, Callable[[], str]]) -> str:
    """A page's text with its tables made anew."""
    for name, make in tables.items():
        pattern = re.compile(BLOCK.format(name=re.escape(name)), re.DOTALL)
        assert len(pattern.findall(page)) == 1, f"{name}: needs one place"
        made = make()
        page = pattern.sub(lambda match, made=made: match[1] + made + "\n" + match[2], page)  # type: ignore[misc]
    return page


def sets() -> list[str]:
    """The sets of images in the results that have a page."""
    names = (path.stem.removesuffix("-speed") for path in RESULTS.glob("*-speed.csv"))
    return sorted(name for name in names if (RESULTS / f"{name}.md").exists())


def with_set_table(name: str) -> str:
    """The page of a set's results: what people wrote above the table, and the table."""
    text = (RESULTS / f"{name}.md").read_text(encoding="utf-8")
    return with_tables(text, {"all": partial(set_table, name)})


def expected() -> dict[Path, str]:
    """Every file that follows from the results, with the text that it should have."""
    found = {ROOT / page: with_tables((ROOT / page).read_text(encoding="utf-8"), of) for page, of in PAGES.items()}
    found |= {RESULTS / f"{name}.md": with_set_table(name) for name in sets()}
    return found | {pareto.TARGET: pareto.drawing()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write what differs")
    write = parser.parse_args().write
    differing = {path: text for path, text in expected().items() if path.read_text(encoding="utf-8") != text}
    for path, text in differing.items():
        print(path.relative_to(ROOT))
        if write and path == pareto.TARGET:
            pareto.write(text)
        elif write:
            write_whole(path, text.encode())
    return 1 if differing and not write else 0


if __name__ == "__main__":
    sys.exit(main())
