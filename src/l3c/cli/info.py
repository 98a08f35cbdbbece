"""l3c info FILE."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from l3c.cli.files import read_source, shown
from l3c.cli.options import add_debug

if TYPE_CHECKING:
    from l3c.api import Info


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="FILE", help="an l3c file, or - for standard input")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_debug(parser)


def run(options: argparse.Namespace) -> int:
    """Describe one file."""
    from l3c import api
    from l3c.convert import naming

    name = shown(options.source, "standard input")
    data = read_source(options.source)
    with naming(name):
        found = api.info(data)
    print(json.dumps({"file": name, **found.to_dict()}) if options.json else describe(name, found))
    return 0


def describe(name: str, found: Info) -> str:
    """For people."""
    without = "none" if found.webp_tiles else "none, samples are stored"
    models = ", ".join(f"{name} ({digest[:8]})" for name, digest in found.models) or without
    models += f", tuned by {found.tuning_size:,} bytes" if found.tuning_size else ""
    metadata = ", ".join(f"{kind} ({size:,} bytes)" for kind, size in found.metadata.items()) or "none"
    tiles = f"{found.tiles} of at most {found.tile_side} x {found.tile_side}"
    rows = {
        "image": f"{found.width} x {found.height}, {found.layout}, {found.depth} bits",
        "file": f"{found.size:,} bytes, {found.bits_per_subpixel:.3f} bits per sub-pixel, lossless",
        "model": models,
        "tiles": tiles
        + (f", {found.stored_tiles} stored" if found.stored_tiles else "")
        + (f", {found.webp_tiles} lossless WebP" if found.webp_tiles else ""),
        "metadata": metadata,
    }
    if found.kept_size is not None:
        how = {"JPEG XL": "transcoded by libjxl", "deflate": "deflated"}.get(str(found.kept_coder), "stored")
        what = "JPEG" if found.kept_suffix == "jpg" else str(found.kept_suffix)
        kept = {what: f"the file itself, {found.kept_size:,} bytes, {how}"}
        rows = {"image": rows["image"], "file": rows["file"], **kept}
    if found.history:
        rows["history"] = found.history
    return "\n".join([name, *(f"  {key + ':':<10}{value}" for key, value in rows.items())])
