"""One file to an l3c file and back, as the commands do it: `l3c.encode_file`, `l3c.decode_file`."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from l3c.api import DEFAULT_EFFORT
from l3c.container.constants import FILE_SUFFIX
from l3c.errors import InputError, TargetExistsError
from l3c.storage.atomic import NEW, Attributes, attributes_of, is_special, write_whole
from l3c.storage.draft import Draft, drafting
from l3c.storage.large import whole
from l3c.storage.remote import WEB, file_system, is_remote, path_of, put, reaching
from l3c.storage.source import Source, open_any

if TYPE_CHECKING:
    from l3c.image import Region

MODEL = "wave"
"""The everyday model: docs/models.md compares it with the others."""


def _unwatched(share: float) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class Converted:
    """What `encode_file` and `decode_file` did.

    source, target: as paths; URLs as text. bytes_in, bytes_out: of their files, 0 of one that was not
    read whole. kept: the format of the file that the l3c file keeps whole, such as "JPEG", and "" where it holds
    pixels. notes: what a person should know, a line each. deleted: the source was removed.
    """

    source: Path | str
    target: Path | str
    bytes_in: int
    bytes_out: int
    kept: str
    notes: tuple[str, ...] = ()
    deleted: bool = False


def encode_file(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str] | None = None,
    *,
    force: bool = False,
    verify: bool = False,
    delete_source: bool = False,
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
    progress: Callable[[float], None] = _unwatched,
) -> Converted:
    """Encode a picture's file with its metadata, as `l3c encode` does.

    JPEG files, and others that are smaller than their pixels, are kept byte for byte. The l3c file appears whole or not
    at all, and has the time and the permissions of the source.

    source: a path, or a URL. target: the l3c file, a path or a URL of a store that fsspec writes to; by default the
    source's name with ".l3c" appended, of a URL in this folder. force: overwrite it. verify: decode the result and
    compare it before anything is written; a note says what it lacks of the source. delete_source: remove the source,
    once its result is verified and on disk, unless the result lacks something of it.
    strip: leave metadata out. pixels: never keep the file itself, but encode its pixels. everything: keep files that
    are no pictures too. The other options are those of `l3c.encode`.

    Raises InputError for no picture, and for a target that is the source, a folder, in no folder, on the web, or named
    as a picture; TargetExistsError, which is a FileExistsError too; else as `l3c.encode` does, and OSError. Messages
    name the file.

    >>> import l3c, numpy as np, tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Image.fromarray(np.zeros((20, 30, 3), np.uint8)).save(f"{folder}/a.png")
    ...     done = l3c.encode_file(f"{folder}/a.png")
    ...     done.target.name, l3c.decode_file(done.target, f"{folder}/b.png").target.name
    ('a.png.l3c', 'b.png')
    """
    name = _name(source)
    out = _here(name) + FILE_SUFFIX if target is None else _name(target)
    check_target(out, name, force)
    check_encoded_name(out)
    before = _deletable(name, out) if delete_source else None
    from l3c.convert import files

    raw = open_any(name)
    options = files.EncodeOptions(
        model, effort, strip, history, pixels, preview, device, threads, everything, max_memory
    )
    with drafting(_local(out)) as draft:
        try:
            encoded = files.encode_file(raw, name, draft, options, progress)
        except InputError as error:
            if pixels or files.is_known(raw):
                raise
            raise InputError(f"{error}; everything=True keeps the file itself") from error
        missing = files.check_encoded(raw, draft.content(), name, options) if verify or before else ()
        done = Converted(_path(name), _path(out), len(raw), encoded.size, encoded.kept, encoded.notes)
        return _written(done, draft, missing, force, before)


def decode_file(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str] | None = None,
    *,
    force: bool = False,
    verify: bool = False,
    delete_source: bool = False,
    region: Region | None = None,
    preview: bool = False,
    device: str = "auto",
    threads: int | None = None,
    max_memory: int | None = None,
    progress: Callable[[float], None] = _unwatched,
) -> Converted:
    """Decode an l3c file to a picture's file, or to the file that it keeps, as `l3c decode` does.

    The result appears whole or not at all, and has the time and the permissions of the source.

    source: a path, or a URL. target: the picture, a path or a URL of a store that fsspec writes to, its format by
    suffix (PNG without one); by default the source's name without ".l3c", with a suffix appended where its own cannot
    hold the picture, of a URL in this folder. A file that was kept is given back itself, unless the target names
    another format, which gets its pixels. force: overwrite it. verify: read the result and compare it before anything
    is written; a note says what it lacks of the source. delete_source: as for `encode_file`. region: (x, y, width,
    height): only these pixels, for which little else is read and decoded. preview: only a small picture, at most 320
    pixels a side, without metadata. Both need a target. The other options are those of `l3c.decode`.

    Raises InputError for a target that is the source, a folder, in no folder, on the web, named as an l3c file, or of a
    format that cannot hold the picture, and where the source's name gives none; TargetExistsError, which is a
    FileExistsError too; else as `l3c.decode` does, and OSError. Messages name the file.
    """
    name, out = _name(source), None if target is None else _name(target)
    if region is not None or preview:
        if out is None or verify or delete_source or (preview and region is not None):
            raise InputError(
                f"{name}: a region or a preview needs a target, and cannot be verified, nor the source deleted"
            )
        check_decoded_name(out)
        check_target(out, name, force)
        return _decode_part(name, out, region, threads, max_memory, force)
    if out is None:
        check_source_name(name)
    else:
        check_decoded_name(out)
        check_target(out, name, force)
    from l3c.convert import files
    from l3c.errors import naming

    raw = open_any(name)
    if out is None:
        with naming(name):
            out = _here(files.target_name(name, files.contents_of(raw)))
        check_target(out, name, force)
    before = _deletable(name, out) if delete_source else None
    options = files.DecodeOptions(max_memory, device, threads)
    with drafting(_local(out)) as draft:
        decoded = files.decode_file(raw, name, out, draft, options, progress, named=target is not None)
        missing = files.check_decoded(raw, draft.content(), name, out, options) if verify or before else ()
        notes = (files.dropping(decoded.dropped),) if decoded.dropped else ()
        done = Converted(_path(name), _path(out), len(raw), draft.size, decoded.kept, notes)
        return _written(done, draft, missing, force, before)


def _decode_part(
    name: str, out: str, region: Region | None, threads: int | None, max_memory: int | None, force: bool
) -> Converted:
    """region: None for the preview."""
    from l3c.convert.part import decode_part

    data, _ = decode_part(name, out, region, threads, max_memory)
    mode = None if is_remote(name) else attributes_of(Path(name)).mode
    _write(_path(out), data, force, Attributes(mode=mode))  # a part of a picture is no older than its making
    return Converted(_path(name), _path(out), 0, len(data), "")


def _name(path: str | os.PathLike[str]) -> str:
    """Of a file, a path or a URL. Raises InputError for another type."""
    try:
        return os.fsdecode(path)
    except TypeError:
        raise InputError(f"a file by its path is needed, not {type(path).__name__}") from None


def _path(name: str) -> Path | str:
    return name if is_remote(name) else Path(name)


def _here(name: str) -> str:
    """A file's name; of a URL that of a file in this folder."""
    return path_of(name).name if is_remote(name) else name


def _deletable(name: str, out: str) -> Source:
    """Raises InputError where a source cannot be deleted."""
    for file in (name, out):
        if is_remote(file) or is_special(Path(file)):
            raise InputError(f"{file}: is a URL, a device or a pipe; delete_source needs files")
    return Source(name)


def _local(name: str) -> str | None:
    """A path; None for a URL."""
    return None if is_remote(name) else name


def _written(done: Converted, data: Draft, missing: tuple[str, ...], force: bool, before: Source | None) -> Converted:
    """The result, written, and the source removed where nothing of it is missing."""
    _write(done.target, data, force, NEW if isinstance(done.source, str) else attributes_of(done.source))
    deleted = before is not None and not missing
    if before is not None and deleted:
        before.delete(str(done.target), done.bytes_out)
    subject = "the source is kept, since the result" if before is not None else "the result"
    lacking = (f"{subject} lacks {', '.join(missing)}",) if missing else ()
    return replace(done, notes=(*done.notes, *lacking), deleted=deleted)


def _write(target: Path | str, data: bytes | Draft, force: bool, attributes: Attributes) -> None:
    try:
        if isinstance(target, str):
            put(target, whole(data.content()) if isinstance(data, Draft) else data, force)
        elif isinstance(data, Draft):
            data.become(target, replace=force, attributes=attributes)
        else:
            write_whole(target, data, replace=force, attributes=attributes)
    except FileExistsError:
        raise _exists(str(target), FORCE) from None


FORCE = "force=True"
"""What overwrites targets, in Python."""


def check_target(name: str, source: str | None, force: bool, remedy: str = FORCE) -> None:
    """Raise InputError where writing would destroy something, before any work is done.

    source: None where it is a stream; it and name may be URLs. remedy: what overwrites targets, in messages.
    """
    if name == source:
        raise InputError(f"{name}: is the source itself")
    if is_remote(name):
        if name.startswith(WEB):
            raise InputError(f"{name}: is on the web, which takes no results; name a file, or a URL of a store")
        if name.endswith("/"):
            raise InputError(f"{name}: is a folder")
        fs, within = file_system(name)
        with reaching(name):
            if not force and fs.exists(within):
                raise _exists(name, remedy)
        return
    path = Path(name)
    if path.is_dir():
        raise InputError(f"{name}: is a folder")
    if source is not None and not is_remote(source) and path.exists() and path.samefile(source):
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
