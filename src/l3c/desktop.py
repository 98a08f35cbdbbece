"""l3c files on the desktop, by freedesktop.org's rules: a MIME type with its signature, and a thumbnailer."""

from __future__ import annotations

import io
import os
import shlex
import shutil
import subprocess
from pathlib import Path
from xml.sax.saxutils import quoteattr

from l3c.container.constants import FILE_SUFFIX, SIGNATURES
from l3c.errors import InputError, naming
from l3c.image import open_image
from l3c.storage.atomic import write_whole

MIME = "image/x-l3c"
"""The type of l3c files, until one is registered."""

PATIENCE = 60
"""Seconds that the update of the desktop's tables may take."""


def data_home() -> Path:
    """Where the desktop looks for data of this user."""
    given = os.environ.get("XDG_DATA_HOME", "")
    return Path(given) if Path(given).is_absolute() else Path.home() / ".local" / "share"


def mime_package() -> str:
    """The description of the type: name, suffix, and the bytes at the beginning of every file."""
    magic = ["".join(f"\\x{byte:02x}" for byte in signature) for signature in SIGNATURES]
    matches = "\n      ".join(f'<match type="string" offset="0" value={quoteattr(one)}/>' for one in magic)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">
  <mime-type type={quoteattr(MIME)}>
    <comment>l3c lossless image</comment>
    <generic-icon name="image-x-generic"/>
    <magic priority="60">
      {matches}
    </magic>
    <glob pattern={quoteattr("*" + FILE_SUFFIX)}/>
  </mime-type>
</mime-info>
"""


def thumbnailer(command: list[str]) -> str:
    """The entry that tells file managers how to make a small picture. command: that runs l3c."""
    words = " ".join(shlex.quote(word) for word in command)
    return f"""[Thumbnailer Entry]
TryExec={command[0]}
Exec={words} desktop --thumbnail %i %o --size %s
MimeType={MIME};
"""


def places() -> tuple[Path, Path]:
    """The files of the type and of the thumbnailer."""
    home = data_home()
    return home / "mime" / "packages" / "l3c.xml", home / "thumbnailers" / "l3c.thumbnailer"


def install(command: list[str]) -> list[Path]:
    """Write both, and let the desktop read its tables anew; what was written. command: that runs l3c.

    Raises OSError.
    """
    for place, text in zip(places(), (mime_package(), thumbnailer(command)), strict=True):
        write_whole(place, text.encode())
    _update()
    return list(places())


def remove() -> list[Path]:
    """Take back what `install` wrote; what was there. Raises OSError."""
    there = [place for place in places() if place.exists()]
    for place in there:
        place.unlink()
    _update()
    return there


def _update() -> None:
    """The table of types is made of all packages by a program of the desktop, where there is a desktop."""
    folder = data_home() / "mime"
    program = shutil.which("update-mime-database")
    if program and folder.is_dir():
        subprocess.run([program, str(folder)], check=False, capture_output=True, timeout=PATIENCE)


def write_thumbnail(source: str, target: str, side: int) -> Path:
    """A PNG of an l3c file, neither side above `side` pixels: from its preview, from a JPEG file's own small picture,
    else by decoding it. Raises InputError where the file shows no picture, else as `l3c.open`.
    """
    from PIL import Image

    with naming(source):
        image = open_image(source)
        if not image.layout:
            raise InputError("keeps a file that is no picture")
        small = Image.fromarray(image.preview(side))
    file = io.BytesIO()
    small.save(file, "PNG")
    Path(target).write_bytes(file.getvalue())  # in place: services read it through the file that they have opened
    return Path(target)
