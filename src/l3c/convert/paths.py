"""One file of this machine to an l3c file and back, as the commands do it: `l3c.encode_file`, `l3c.decode_file`."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePath

from l3c.api import DEFAULT_EFFORT
from l3c.container.constants import FILE_SUFFIX
from l3c.errors import InputError, TargetExistsError
from l3c.storage.atomic import attributes_of, write_whole
from l3c.storage.source import read_file

MODEL = "wave"
"""The everyday model: docs/models.md compares it with the others."""


def _quiet(share: float) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class Converted:
    """What `encode_file` and `decode_file` did.

    source, target: as paths. bytes_in, bytes_out: of their files. kept: the format of the file that the l3c file keeps
    whole, such as "JPEG", and "" where it holds pixels. notes: what a person should know, a line each.
    """

    source: Path
    target: Path
    bytes_in: int
    bytes_out: int
    kept: str
    notes: tuple[str, ...] = ()


def encode_file(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str] | None = None,
    *,
    force: bool = False,
    verify: bool = False,
    model: str = MODEL,
    effort: int = DEFAULT_EFFORT,
    strip: bool = False,
    history: bool = True,
    pixels: bool = False,
    preview: bool = False,
    everything: bool = False,
    device: str = "auto",
    threads: int | None = None,
    max_memory: int | None = None,
    progress: Callable[[float], None] = _quiet,
) -> Converted:
    """Encode a picture's file with its metadata, as `l3c encode` does.

    JPEG files, and others that are smaller than their pixels, are kept byte for byte. The l3c file appears whole or not
    at all, and has the time and the permissions of the source.

    source: a path. target: the l3c file, by default the source's name with ".l3c" appended. force: overwrite it.
    verify: decode the result and compare it before anything is written; a note says what it lacks of the source.
    strip: leave metadata out. pixels: never keep the file itself, but encode its pixels. everything: keep files that
    are no pictures too. The other options are those of `l3c.encode`.

    Raises InputError for no picture, and for a target that is the source, a folder, in no folder, or named as a
    picture; TargetExistsError, which is a FileExistsError too; else as `l3c.encode` does, and OSError. Messages name
    the file.

    >>> import l3c, numpy as np, tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Image.fromarray(np.zeros((20, 30, 3), np.uint8)).save(f"{folder}/a.png")
    ...     done = l3c.encode_file(f"{folder}/a.png")
    ...     done.target.name, l3c.decode_file(done.target, f"{folder}/b.png").target.name
    ('a.png.l3c', 'b.png')
    """
    name = _name(source)
    out = name + FILE_SUFFIX if target is None else _name(target)
    check_target(out, name, force)
    check_encoded_name(out)
    from l3c.convert import files

    raw = read_file(name)
    options = files.EncodeOptions(
        model, effort, strip, history, pixels, preview, device, threads, everything, max_memory
    )
    try:
        encoded = files.encode_file(raw, name, options, progress)
    except InputError as error:
        if pixels or files.is_known(raw):
            raise
        raise InputError(f"{error}; everything=True keeps the file itself") from error
    missing = files.check_encoded(raw, encoded.data, name, options) if verify else ()
    return _written(name, out, raw, encoded.data, encoded.kept, (*encoded.notes, *_lacking(missing)), force)


def decode_file(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str] | None = None,
    *,
    force: bool = False,
    verify: bool = False,
    device: str = "auto",
    threads: int | None = None,
    max_memory: int | None = None,
    progress: Callable[[float], None] = _quiet,
) -> Converted:
    """Decode an l3c file to a picture's file, or to the file that it keeps, as `l3c decode` does.

    The result appears whole or not at all, and has the time and the permissions of the source.

    source: a path. target: the picture, its format by suffix (PNG without one); by default the source's name without
    ".l3c", with a suffix appended where its own cannot hold the picture. A file that was kept is given back itself,
    unless the target names another format, which gets its pixels. force: overwrite it. verify: read the result and
    compare it before anything is written; a note says what it lacks of the source. The other options are those of
    `l3c.decode`.

    Raises InputError for a target that is the source, a folder, in no folder, named as an l3c file, or of a format that
    cannot hold the picture, and where the source's name gives none; TargetExistsError, which is a FileExistsError too;
    else as `l3c.decode` does, and OSError. Messages name the file.
    """
    name, out = _name(source), None if target is None else _name(target)
    if out is None:
        check_source_name(name)
    else:
        check_decoded_name(out)
        check_target(out, name, force)
    from l3c.container import read
    from l3c.convert import files
    from l3c.errors import naming

    raw = read_file(name)
    if out is None:
        with naming(name):
            out = files.target_name(name, read.read_file(raw))
        check_target(out, name, force)
    options = files.DecodeOptions(max_memory, device, threads)
    decoded = files.decode_file(raw, name, out, options, progress, named=target is not None)
    missing = files.check_decoded(raw, decoded.data, name, out, options) if verify else ()
    notes = [files.dropping(decoded.dropped)] if decoded.dropped else []
    return _written(name, out, raw, decoded.data, decoded.kept, (*notes, *_lacking(missing)), force)


def _name(path: str | os.PathLike[str]) -> str:
    """Of a file of this machine. Raises InputError for a URL or another type."""
    try:
        name = os.fsdecode(path)
    except TypeError:
        raise InputError(f"a file by its path is needed, not {type(path).__name__}") from None
    if "://" in name:
        raise InputError(f"{name}: is a URL; l3c.open takes URLs of files, `l3c encode -o` those of folders")
    return name


def _lacking(missing: tuple[str, ...]) -> tuple[str, ...]:
    return (f"the result lacks {', '.join(missing)}",) if missing else ()


def _written(
    source: str, target: str, raw: bytes, data: bytes, kept: str, notes: tuple[str, ...], force: bool
) -> Converted:
    try:
        write_whole(Path(target), data, replace=force, attributes=attributes_of(Path(source)))
    except FileExistsError:
        raise _exists(target, FORCE) from None
    return Converted(Path(source), Path(target), len(raw), len(data), kept, notes)


FORCE = "force=True"
"""What overwrites targets, in Python."""


def check_target(name: str, source: str | None, force: bool, remedy: str = FORCE) -> None:
    """Raise InputError where writing would destroy something, before any work is done.

    source: None where it is no file. remedy: what overwrites targets, for the message.
    """
    path = Path(name)
    if path.is_dir():
        raise InputError(f"{name}: is a folder")
    if source is not None and path.exists() and path.samefile(source):
        raise InputError(f"{name}: is the source itself")
    if path.exists() and not force:
        raise _exists(name, remedy)
    if not path.parent.is_dir():
        raise InputError(f"{name}: there is no folder {path.parent}")


def _exists(name: str, remedy: str) -> TargetExistsError:
    return TargetExistsError(f"{name}: exists already; {remedy} overwrites it")


def check_encoded_name(name: str) -> None:
    """Raise InputError for the name of a picture: of `l3c encode *.png` it may be one that nobody wants to lose."""
    from l3c.convert.files import TAKEN

    if PurePath(name).suffix.lower() in TAKEN:
        raise InputError(f"{name}: is named as a picture; the name of an l3c file ends in .l3c")


def check_decoded_name(name: str) -> None:
    """Raise InputError for the name of an l3c file, as `l3c decode *.l3c` may give."""
    if PurePath(name).suffix.lower() == FILE_SUFFIX:
        raise InputError(f"{name}: is named as an l3c file; name a picture, or decode folders with -o")


def check_source_name(source: str) -> None:
    """Raise InputError where the target's name cannot be taken from the source's."""
    if not source.lower().endswith(FILE_SUFFIX) or PurePath(source).name.lower() == FILE_SUFFIX:
        raise InputError(f"{source}: does not end in {FILE_SUFFIX}; name a target")
