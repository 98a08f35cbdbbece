"""l3c info FILE."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from l3c.cli.files import read_source, shown
from l3c.cli.options import add_debug

if TYPE_CHECKING:
    from l3c.api import Info


LISTED_PAGES = 100
"""Lines that a file of many pages takes, at most; --json has all."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="FILE", help="an l3c file, or - for standard input")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_debug(parser)


def run(options: argparse.Namespace) -> int:
    """Describe one file."""
    from l3c import api
    from l3c.errors import naming

    name = shown(options.source, "standard input")
    data = read_source(options.source)
    with naming(name):
        found = api.info(data)
    print(json.dumps({"file": name, **found.to_dict()}) if options.json else describe(name, found))
    return 0


def describe(name: str, found: Info) -> str:
    """For people."""
    rows = {
        "image": picture_of(found),
        "file": f"{found.size:,} bytes, {found.bits_per_subpixel:.3f} bits per sub-pixel, lossless",
    }
    if found.kept_size is not None:
        rows = kept_rows(found)
    elif found.pages:
        rows |= pages_rows(found)
    else:
        rows |= coding_rows(found)
    rows["metadata"] = ", ".join(f"{kind} ({size:,} bytes)" for kind, size in found.metadata.items()) or "none"
    if found.kept_size is not None and not found.metadata:
        del rows["metadata"]
    if found.history:
        rows["history"] = found.history
    return "\n".join([name, *(f"  {key + ':':<10}{value}" for key, value in rows.items())])


def picture_of(found: Info) -> str:
    """Size, layout and samples."""
    kind = f", {found.dtype}" if found.maximum is None else ""
    usual = (1 << found.depth) - 1
    white = f" (white is {found.maximum})" if found.maximum not in (None, usual) else ""
    extra = f" and {', '.join(found.extra)}" if found.extra else ""
    return f"{found.width} x {found.height}, {found.layout}{extra}, {found.depth} bits{white}{kind}"


def kept_rows(found: Info) -> dict[str, str]:
    """Of a file that is kept whole."""
    how = {"JPEG XL": "transcoded by libjxl", "deflate": "deflated"}.get(str(found.kept_coder), "stored")
    what = {"jpg": "JPEG", "": "kept"}.get(str(found.kept_suffix), str(found.kept_suffix))
    share = f", {found.bits_per_subpixel:.3f} bits per sub-pixel" if found.layout else ""
    rows = {"image": picture_of(found)} if found.layout else {}
    return {
        **rows,
        "file": f"{found.size:,} bytes{share}, lossless",
        what: f"the file itself, {found.kept_size:,} bytes, {how}",
    }


def pages_rows(found: Info) -> dict[str, str]:
    """Of several pictures."""
    rows = {"pages": f"{len(found.pages)}, the first is described above"}
    if found.animation:
        plays = found.animation["plays"] or "for ever"
        canvas = f"{found.animation['width']} x {found.animation['height']}"
        rows = {"frames": f"{len(found.pages)} on a canvas of {canvas}, plays: {plays}"}
    for number, page in enumerate(found.pages[:LISTED_PAGES]):
        kind = "" if page.kind == "page" else f", {page.kind}"
        rows[f"{number}"] = f"{picture_of(page)}, {page.size:,} bytes{kind}"
    return rows


def coding_rows(found: Info) -> dict[str, str]:
    """How the tiles of one picture are coded."""
    without = "none" if found.webp_tiles or found.deflated_tiles else "none, samples are stored"
    models = ", ".join(f"{name} ({digest[:8]})" for name, digest in found.models) or without
    models += f", adapted by {found.adaptation_size:,} bytes" if found.adaptation_size else ""
    counts = {"stored": found.stored_tiles, "lossless WebP": found.webp_tiles, "deflated": found.deflated_tiles}
    tiles = [f"{found.tiles} of at most {found.tile_side} x {found.tile_side}"]
    tiles += [f"{count} {how}" for how, count in counts.items() if count]
    return {"model": models, "tiles": ", ".join(tiles)}
