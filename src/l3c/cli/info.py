"""l3c info FILE [FILE ...]."""

from __future__ import annotations

import argparse
import json
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from l3c.cli.files import read_source, shown
from l3c.cli.streams import say, visible
from l3c.errors import InputError, L3CError, explained, naming

if TYPE_CHECKING:
    from l3c.api import Info


LISTED_PAGES = 100
"""Lines that a file of many pages takes, at most; --json has all."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sources", metavar="FILE", nargs="+", help="l3c files, or - for standard input")
    parser.add_argument("--json", action="store_true", help="print one JSON object a file")


def run(options: argparse.Namespace) -> int:
    """Describe every file, whatever is wrong with the others; the exit code is the first failure's."""
    if len(options.sources) == 1:
        return describe_source(options.sources[0], options)
    codes = []
    for source in options.sources:
        try:
            codes.append(describe_source(source, options))
        except (L3CError, OSError) as error:
            if options.trace:
                traceback.print_exc()
            reason, code = explained(error, shown(source, "standard input"))
            say(f"l3c: {reason}")
            codes.append(code)
    return next((code for code in codes if code), 0)


def describe_source(source: str, options: argparse.Namespace) -> int:
    from l3c import api

    name = shown(source, "standard input")
    if Path(source).is_dir():
        raise InputError(f"{name}: is a folder; name its files, or check all of them with `l3c verify {name}`")
    data = read_source(source)
    with naming(name):
        described = api.info(data)
    print(json.dumps({"file": name, **described.to_dict()}) if options.json else describe(name, described))
    return 0


def describe(name: str, info: Info) -> str:
    """For people."""
    rows = {
        "image": picture_of(info),
        "file": f"{info.size:,} bytes, {info.bits_per_subpixel:.3f} bits per sub-pixel, lossless",
    }
    if info.kept_size is not None:
        rows = kept_rows(info)
    elif info.pages:
        rows |= pages_rows(info)
    else:
        rows |= coding_rows(info)
    rows["metadata"] = ", ".join(f"{kind} ({size:,} bytes)" for kind, size in info.metadata.items()) or "none"
    if info.kept_size is not None and not info.metadata:
        del rows["metadata"]
    if info.history:
        rows["history"] = info.history
    return "\n".join([visible(name), *(f"  {key + ':':<10}{value}" for key, value in rows.items())])


def picture_of(info: Info) -> str:
    """Size, layout and samples."""
    kind = f", {info.dtype}" if info.maximum is None else ""
    usual = (1 << info.depth) - 1
    white = f" (white is {info.maximum})" if info.maximum not in (None, usual) else ""
    extra = f" and {', '.join(info.extra)}" if info.extra else ""
    return f"{info.width} x {info.height}, {info.layout}{extra}, {info.depth} bits{white}{kind}"


def kept_rows(info: Info) -> dict[str, str]:
    """Of a file that is kept whole."""
    known = {"JPEG XL": "transcoded by libjxl", "deflate": "deflated"}
    if info.models:
        known["coefficients"] = f"coefficients by model {info.models[0][0]} ({info.models[0][1][:8]})"
    how = known.get(str(info.kept_coder), "stored")
    what = {"jpg": "JPEG", "": "kept"}.get(str(info.kept_suffix), str(info.kept_suffix))
    share = f", {info.bits_per_subpixel:.3f} bits per sub-pixel" if info.layout else ""
    rows = {"image": picture_of(info)} if info.layout else {}
    return {
        **rows,
        "file": f"{info.size:,} bytes{share}, lossless",
        what: f"the file itself, {info.kept_size:,} bytes, {how}",
    }


def pages_rows(info: Info) -> dict[str, str]:
    """Of several pictures."""
    rows = {"pages": f"{len(info.pages)}, the first is described above"}
    if info.animation:
        plays = info.animation["plays"] or "for ever"
        canvas = f"{info.animation['width']} x {info.animation['height']}"
        rows = {"frames": f"{len(info.pages)} on a canvas of {canvas}, plays: {plays}"}
    for number, page in enumerate(info.pages[:LISTED_PAGES]):
        kind = "" if page.kind == "page" else f", {page.kind}"
        rows[f"{number}"] = f"{picture_of(page)}, {page.size:,} bytes{kind}"
    return rows


def coding_rows(info: Info) -> dict[str, str]:
    """How the tiles of one picture are coded."""
    without = "none" if info.graphics_tiles or info.deflated_tiles else "none, samples are stored"
    models = ", ".join(f"{name} ({digest[:8]})" for name, digest in info.models) or without
    models += f", adapted by {info.adaptation_size:,} bytes" if info.adaptation_size else ""
    counts = {"stored": info.stored_tiles, "graphics": info.graphics_tiles, "deflated": info.deflated_tiles}
    tiles = [f"{info.tiles} of at most {info.tile_side} x {info.tile_side}"]
    tiles += [f"{count} {how}" for how, count in counts.items() if count]
    return {"model": models, "tiles": ", ".join(tiles)}
