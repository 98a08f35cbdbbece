"""All ways in which a stranger's file is read: each gives a result or an error of l3c, and nothing else is allowed."""

from __future__ import annotations

import contextlib
import io
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from zlib import crc32

import numpy as np
from PIL import Image

import l3c
from l3c.cli import main
from tests.checks import smooth_picture
from tests.fuzz.models import mutated_model

MAX_MEMORY = 192 << 20
SIDE = 24


class UnexpectedError(Exception):
    """Something else than a result or an error of l3c."""


def decode(data: bytes) -> None:
    l3c.decode(data, threads=1, max_memory=MAX_MEMORY)


def region(data: bytes) -> None:
    """Of every page the corners."""
    image = l3c.open(data, threads=1, max_memory=MAX_MEMORY)
    for page in image.pages[:3]:
        height, width = page.shape[:2]
        page[:SIDE, :SIDE]
        page.region(max(0, width - SIDE), max(0, height - SIDE), min(SIDE, width), min(SIDE, height))


def describe(data: bytes) -> None:
    """What a file says of itself, on a screen: nothing that a terminal obeys."""
    l3c.info(data).to_dict()
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "a.l3c")
        path.write_bytes(data)
        said = command(["info", str(path)])
    if any(not letter.isprintable() for letter in said.replace("\n", "").replace("\t", "")):
        raise UnexpectedError("control characters in what is printed")


def verify(data: bytes) -> None:
    l3c.verify(data, threads=1, max_memory=MAX_MEMORY)


def preview(data: bytes) -> None:
    l3c.open(data, threads=1, max_memory=MAX_MEMORY).preview(64)


def salvage(data: bytes) -> None:
    l3c.salvage(data, threads=1, max_memory=MAX_MEMORY)


def pillow(data: bytes) -> None:
    """OSError is what users of Pillow expect of a bad file."""
    l3c.register_pillow()
    with contextlib.suppress(OSError), Image.open(io.BytesIO(data), formats=["L3C"]) as image:
        image.load()


def write(data: bytes) -> None:
    """Pictures in two formats, by the command, which turns what it expects into an exit code."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.l3c")
        path.write_bytes(data)
        for suffix in (".png", ".tif"):
            command(["decode", str(path), str(path.with_suffix(suffix)), "-q", "-t", "1"])


def salvage_by_command(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.l3c")
        path.write_bytes(data)
        command(["decode", "--salvage", str(path), str(path.with_suffix(".png")), "-q", "-t", "1"])


def folder(data: bytes) -> None:
    """Among good files: these are decoded whatever is between them."""
    good = l3c.encode(smooth_picture(8, 8, 3), model="wave-fast", effort=1)
    with tempfile.TemporaryDirectory() as place:
        source, target = Path(place, "in"), Path(place, "out")
        source.mkdir()
        for name, content in (("a.png.l3c", good), ("b.png.l3c", data), ("c.png.l3c", good)):
            (source / name).write_bytes(content)
        command(["decode", str(source), "-o", str(target), "-q", "-j", "1"])
        if not {"a.png", "c.png"} <= {path.name for path in target.glob("*")}:
            raise UnexpectedError("a good file beside it is not decoded")


def model(data: bytes) -> None:
    """Not the file, but a model's file that is mutated by the file's checksum: read, described and listed."""
    from l3c.codec.models import describe_file, find_model

    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "model.safetensors")
        path.write_bytes(mutated_model(0, crc32(data)))
        describe_file(str(path))
        said = command(["models", str(path)])
        if any(not letter.isprintable() for letter in said.replace("\n", "").replace("\t", "")):
            raise UnexpectedError("control characters in what is printed")
        for channels in (1, 3):
            with contextlib.suppress(l3c.L3CError):
                find_model(str(path), channels).encode(smooth_picture(9, 10, channels))


def command(arguments: list[str]) -> str:
    """Run it: what it prints. It must end with an exit code and without a traceback."""
    printed, said = io.StringIO(), io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(printed):
        code = main(arguments)
    if not 0 <= code < 64 or "Traceback" in said.getvalue():
        raise UnexpectedError(f"exit code {code}: {said.getvalue()[-300:]}")
    return printed.getvalue() + said.getvalue()


WAYS: dict[str, Callable[[bytes], None]] = {
    way.__name__: way
    for way in (decode, region, describe, verify, preview, salvage, pillow, write, salvage_by_command, folder, model)
}
SLOW = ("write", "salvage_by_command", "folder")


def examine(data: bytes, ways: tuple[str, ...] = tuple(WAYS)) -> dict[str, str]:
    """What each way came to: "read", "error", or what went wrong, "!" before it."""
    found = {}
    for name in ways:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            found[name] = _one(WAYS[name], data)
    return found


def _one(way: Callable[[bytes], None], data: bytes) -> str:
    try:
        way(data)
    except l3c.L3CError:
        return "error"
    except UnexpectedError as error:
        return f"!{error}"
    except Exception as error:
        return f"!{type(error).__name__}: {error}"
    return "read"
