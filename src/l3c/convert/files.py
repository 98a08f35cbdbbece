"""One file to an l3c file and back, for single files and folders alike: options, results, names, and losses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import PurePath
from typing import Any
from zlib import crc32

import numpy as np

from l3c import api
from l3c.container.constants import EXTRA_NAMES, FILE_SUFFIX, LAYOUT_NAMES, PAGE_KINDS, PREVIEW, UNSIGNED
from l3c.container.kept_file import is_suffix
from l3c.container.lazy import read_in_pieces
from l3c.container.ranges import Shelf
from l3c.container.read import read_file
from l3c.container.structure import Contents, Palette
from l3c.container.write import write_file
from l3c.errors import EngineError, InputError, L3CError, LimitError, ModelError, exceeding, naming
from l3c.images import formats
from l3c.images.description import Description
from l3c.images.metadata import same
from l3c.images.picture import OF_PIXELS, Picture, stripped
from l3c.storage.draft import Draft
from l3c.storage.large import LargeFile, whole
from l3c.threads import at_work, lone_threads, sparing, thread_count

APPENDED = (".png", ".tif", ".pam", ".gif", ".webp", ".jpg")
"""All that may be appended to a name whose own suffix cannot hold a picture."""

CAMERA = "raw"
"""The format of cameras' own files. Most are TIFF files within, whose first picture is a preview: their names tell."""

JPEG_SUFFIXES = frozenset(formats.BY_NAME["JPEG"].suffixes)  # what JPEG files are called

TAKEN = frozenset(suffix for suffix, form in formats.BY_SUFFIX.items() if form.knows or form.whole)
"""Files that a folder run encodes, by their suffixes in small letters."""

LOSSY = {"JPEG": "JPEG", "MPO": "JPEG"}
"""Formats, as a picture names its source, of which pixels are never all."""


def unwatched(share: float) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class EncodeOptions:
    """As of `l3c.encode`. strip: leave metadata out. pixels: of lossy files too, never the file itself.

    everything: files that are no pictures, or none that can be read, are kept whole. max_memory: bytes beside the file,
    for each file; None is 4 GiB.
    """

    model: str = "wave"
    effort: int = api.DEFAULT_EFFORT
    strip: bool = False
    history: bool = True
    pixels: bool = False
    preview: bool = False
    device: str = "auto"
    threads: int | None = None
    everything: bool = False
    max_memory: int | None = None


@dataclass(frozen=True)
class DecodeOptions:
    """As of `l3c.decode`."""

    max_memory: int | None = None
    device: str = "auto"
    threads: int | None = None


DEFAULT = DecodeOptions()  # reading a picture needs no options of its own


@dataclass(frozen=True)
class Encoded:
    """size: of the l3c file, bytes. kept: format of the file that it keeps whole, "" where it holds pixels.

    samples: of the pixels. notes: what a person should know.
    """

    size: int
    kept: str = ""
    samples: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decoded:
    """kept: the format of the picture's file, where it is the one that was kept whole, else "".

    size: width and height, pixels. dropped: kinds of metadata that its format cannot hold.
    """

    kept: str
    size: tuple[int, int]
    dropped: tuple[str, ...] = ()


def kept_format(raw: bytes | LargeFile, name: str) -> str:
    """The format of a file that is kept whole for what it is, since its pixels take more bytes; "" for others."""
    form = whole_format(raw, name)
    return form.name if form and is_lossy(raw, form) else ""


def whole_format(raw: bytes | LargeFile, name: str) -> formats.Format | None:
    """The format of a file, if it is one whose files are kept whole wherever that is smaller."""
    named = formats.BY_SUFFIX.get(PurePath(name).suffix.lower())
    form = named if named and named.name == CAMERA else formats.format_of(raw)
    if form and form.name == "TIFF" and is_camera_file(raw):
        return formats.BY_NAME[CAMERA]
    return form if form and form.whole else None


def is_known(raw: bytes | LargeFile) -> bool:
    """Whether a file is a picture of a format that is taken, be it damaged."""
    form = formats.format_of(raw)
    return form is not None and bool(form.knows)


def is_camera_file(tiff: bytes | LargeFile) -> bool:
    """Whether a TIFF file is a camera's, whatever its name."""
    from l3c.images.read import describe
    from l3c.images.tiff import CAMERA_FILE

    try:
        return describe(tiff, "").refused == CAMERA_FILE
    except L3CError:  # a damaged file: its reader says why
        return False


def is_lossy(raw: bytes | LargeFile, form: formats.Format) -> bool:
    """Whether a file was made with loss, for all that is known here."""
    if not form.knows or not form.lossless:
        return True
    from l3c.images.read import describe

    try:
        return describe(raw, "").lossy
    except L3CError:  # damaged: what is left of it is in the file
        return True


def encode_file(
    raw: bytes | LargeFile,
    name: str,
    draft: Draft,
    options: EncodeOptions,
    progress: Callable[[float], None] = unwatched,
) -> Encoded:
    """A file's pixels and metadata, or the file itself where it must come back or is smaller, into a draft.

    name: of the file, for messages and its suffix. Raises L3CError naming it, MemoryError.
    """
    with naming(name, ModelError, EngineError):
        form = "" if options.pixels else kept_format(raw, name)
        if form:
            return keep_file(raw, name, form, draft, options, progress)
        try:
            picture = read_picture(raw, name, options)
        except (InputError, LimitError) as error:
            if not options.everything and (options.pixels or whole_format(raw, name) is None):
                raise
            return replace(keep_file(raw, name, "", draft, options, progress), notes=(reason(error, name),))
        data = api.encode_picture_parts(
            stripped(picture) if options.strip else picture,
            model=options.model,
            threads=options.threads,
            device=options.device,
            effort=options.effort,
            history=options.history,
            preview=options.preview,
            max_memory=options.max_memory,
            progress=progress,
            shelf=shelf_beside(draft, picture),
        )
        if len(data) < len(raw) or options.pixels or options.strip:
            lossy = LOSSY.get(picture.source_format)
            note = f"a {lossy}'s own file is smaller than its pixels without loss; the pixels were encoded"
            data.write_into(draft.begin(len(data)))
            return Encoded(len(data), samples=samples_of(picture), notes=(note,) if lossy else ())
        return keep_file(raw, name, picture.source_format, draft, options, progress)


def shelf_beside(draft: Draft, picture: Picture) -> Shelf | None:
    """Where the tiles of a large picture wait for their turn in the file; None where they may do so in memory."""
    file = draft.aside(picture.samples.nbytes)
    return None if file is None else Shelf(file)


def outlook(raw: bytes | LargeFile, name: str, options: EncodeOptions) -> str:
    """What `encode_file` would encode, for people: from the file's header alone. Raises InputError for no picture."""
    from l3c.images.read import describe

    form = "" if options.pixels else kept_format(raw, name)
    if form:
        return f"the {form} file itself"
    with naming(name):
        try:
            described = describe(raw, name)
        except InputError:
            if not options.everything:
                raise
            return "the file itself"
    return f"{described.width} x {described.height} pixels"


def reason(error: L3CError, name: str) -> str:
    """Why a file is kept whole that is no picture."""
    return f"kept whole: {str(error).removeprefix(name).removeprefix(': ')}"


def keep_file(
    raw: bytes | LargeFile,
    name: str,
    form: str,
    draft: Draft,
    options: EncodeOptions,
    progress: Callable[[float], None] = unwatched,
) -> Encoded:
    """The file itself, whatever it is, into a draft."""
    raw = whole(raw)
    data = api.keep_file(
        raw,
        kept_suffix(raw, name),
        model=options.model,
        threads=options.threads,
        max_memory=options.max_memory,
        progress=progress,
    )
    notes = ["its metadata is part of it and was kept; --pixels leaves it out"] if options.strip else []
    if options.preview:
        try:
            data = with_preview(data, read_picture(raw, name, options))
        except (InputError, LimitError) as error:
            notes.append(f"has no preview: {str(error).removeprefix(f'{name}: ')}")
    draft.fill(data)
    return Encoded(len(data), form, notes=tuple(notes))


def kept_suffix(raw: bytes, name: str) -> str:
    """The suffix of a file's name, without the dot, as it is kept; "" where it has none."""
    suffix = PurePath(name).suffix[1:]
    return suffix if suffix.isprintable() and is_suffix(suffix) else ""


def with_preview(data: bytes, picture: Picture) -> bytes:
    """An l3c file that keeps a file, with a small picture of what that shows."""
    from l3c.images.preview import make_preview

    contents = read_file(data)
    height, width = picture.samples.shape[:2]
    samples = picture.samples.reshape(height, width, -1)
    small = make_preview(samples, contents.header, picture.palette)
    return write_file(replace(contents, metadata={**contents.metadata, PREVIEW: small}))


def samples_of(picture: Picture) -> int:
    """How many it has, on all pages."""
    return sum(page.samples.size for page in picture.pages or (picture,))


def decode_file(
    raw: bytes | LargeFile,
    name: str,
    target: str,
    draft: Draft,
    options: DecodeOptions,
    progress: Callable[[float], None] = unwatched,
    *,
    named: bool = False,
) -> Decoded:
    """The file that was kept, or a picture in the format of the target's suffix, PNG without one, into a draft.

    named: the target is not `target_name`'s: of a kept file, its pixels are meant where its format is another one.
    Raises L3CError naming the file or the target.
    """
    with naming(name):
        contents = contents_of(raw)
        size = contents.header.width, contents.header.height
        if contents.kept is not None:
            data = api.original_of(contents, threads=options.threads, max_memory=options.max_memory, progress=progress)
    if contents.kept is not None and not (named and wants_pixels(data, contents.kept.suffix, target)):
        draft.fill(data)
        return Decoded(form_of(data, contents.kept.suffix), size if contents.has_picture else (0, 0))
    picture = decoded(contents, name, options, progress)
    from l3c.images.write import write_picture

    expected = sum(page.samples.nbytes for page in picture.pages or (picture,))
    with naming(target or "the picture"), at_work(), sparing(lone_threads(options.threads)):
        dropped = write_picture(picture, draft.begin(expected), target)
    return Decoded("", size, tuple(dropped))


def dropping(kinds: tuple[str, ...]) -> str:
    """What to tell of metadata that a target does not have, for people."""
    return f"the format cannot hold {', '.join(kinds)}, which was dropped"


def wants_pixels(data: bytes, suffix: str, target: str) -> bool:
    """Whether a target's name asks for pixels of a kept file, in another format than the file's.

    Raises InputError where it asks for a format that is neither the file's nor lossless.
    """
    wanted = PurePath(target).suffix.lower()
    form = form_of(data, suffix)
    own = JPEG_SUFFIXES if form == "JPEG" else {f".{suffix.lower()}"}
    if wanted in formats.LOSSY and wanted not in own:
        raise InputError(f"{target}: the file holds a {form} file, not {wanted[1:]}")
    return wanted in formats.WRITTEN and formats.BY_SUFFIX[wanted].name.lower() != form.lower()


def form_of(data: bytes, suffix: str) -> str:
    """The format of a file that is kept, for people. suffix: as it is kept."""
    form = whole_format(data, f"x.{suffix}") or formats.format_of(data)
    return form.name if form else suffix.upper() or "kept"


def target_name(source: str, contents: Contents) -> str:
    """The name of an l3c file's picture: the source's without .l3c, with a suffix that can hold it.

    A file that was kept has its own suffix again. Raises InputError where no format can hold the picture.
    """
    stem = stem_of(source)
    own = PurePath(stem).suffix.lower()
    if contents.kept is not None:
        return kept_name(stem, contents.kept.suffix)
    from l3c.images.write import can_hold, formats_for

    picture = outline(contents)
    if own and can_hold(own, picture):
        return stem
    for suffix in formats_for(picture):
        return stem + suffix
    raise InputError(f"{source}: no format that l3c writes can hold {contents.header.layout}")


def kept_name(stem: str, suffix: str) -> str:
    """The name of a file that was kept, as it was. suffix: its own, without the dot.

    Where the l3c file was not named after it ("photo.l3c"), its suffix is appended.
    """
    own, wanted = PurePath(stem).suffix.lower(), f".{suffix.lower()}"
    return stem if not suffix or own == wanted or {own, wanted} <= JPEG_SUFFIXES else f"{stem}.{suffix}"


def possible_names(source: str) -> list[str]:
    """All that `target_name` may give, whatever the file holds."""
    stem = stem_of(source)
    return [stem, *(stem + suffix for suffix in APPENDED)]


def stem_of(source: str) -> str:
    """The name of an l3c file without its suffix."""
    return source[: -len(FILE_SUFFIX)]


def outline(contents: Contents) -> Picture:
    """The picture of an l3c file, with samples of nothing: all that a format must be able to hold."""
    if contents.pages:
        pages = tuple(replace(outline(p.contents), kind=PAGE_KINDS[p.kind], frame=p.frame) for p in contents.pages)
        metadata = contents.named_metadata
        return replace(pages[0], kind="page", frame=None, metadata=metadata, pages=pages, animation=contents.animation)
    header = contents.header
    shape = (header.height, header.width, header.channels)[: 2 + (header.channels > 1)]
    samples = np.broadcast_to(np.zeros((), header.dtype), shape)
    white = header.maximum or (1 << header.depth) - 1
    maximum = white if header.kind == UNSIGNED and white != (1 << header.bits) - 1 else None
    extra = tuple(EXTRA_NAMES[number] for number in header.extra)
    layout = LAYOUT_NAMES[header.layout]
    return Picture(samples, contents.named_metadata, "", layout, contents.palette, extra, maximum)


def check_encoded(
    raw: bytes | LargeFile, data: bytes | LargeFile, name: str, options: EncodeOptions
) -> tuple[str, ...]:
    """The parts of a file that its l3c file loses, for people. Raises InputError where it gives something else."""
    with naming(name):
        contents, raw = contents_of(data), whole(raw)
        if contents.kept is not None:
            if api.original_of(contents, threads=options.threads, max_memory=options.max_memory) != raw:
                raise InputError("the encoded file does not give back the file")
            return ()
        picture = read_picture(raw, name, options)
        back = decoded(contents, name, DecodeOptions(options.max_memory, options.device, options.threads))
        differing = differences(picture, back)
        left = sorted(set(differing) & (set(picture.metadata) - OF_PIXELS)) if options.strip else []
        if set(differing) - set(left):
            raise InputError(f"the encoded file does not give back its {', '.join(differing)}")
        with at_work():
            lost = not_given_back(raw, back, name, contents)
    lossy = LOSSY.get(picture.source_format)
    return (f"the {lossy} file itself",) if lossy else tuple(sorted({*left, *lost}))


def not_given_back(raw: bytes, picture: Picture, name: str, contents: Contents) -> list[str]:
    """What of a source's file the one that its l3c file is decoded to lacks, by both files' own bytes.

    Another library reads the source too, where there is one: what it finds otherwise counts as lost.
    """
    from l3c.images.receipt import lost_in, second_opinion

    lost = lost_in(raw, picture, name, target_name(name + FILE_SUFFIX, contents))
    if second_opinion(raw, picture) is False:
        lost.append("pixels that another library reads otherwise")
    return lost


def check_decoded(
    raw: bytes | LargeFile, data: bytes | LargeFile, name: str, target: str, options: DecodeOptions
) -> tuple[str, ...]:
    """The parts of an l3c file that a picture's file does not give back. Raises InputError where the pixels differ."""
    with naming(name):
        contents = contents_of(raw)
        if is_file_itself(contents, data):
            return ()
        differing = differences(decoded(contents, name, options), read_picture(data, target, options))
        if "samples" in differing:
            raise InputError("the written picture has other pixels")
        if contents.kept is not None:
            differing += lost_of_kept(contents, whole(data), name, options)
    return tuple(dict.fromkeys(differing))


def lost_of_kept(contents: Contents, data: bytes, name: str, options: DecodeOptions) -> list[str]:
    """What of a file that is kept another file lacks: its metadata, and, where it was made with loss, itself."""
    from l3c.images.receipt import not_given_back

    assert contents.kept is not None
    threads = lone_threads(options.threads)
    original = api.original_of(contents, threads=threads, max_memory=options.max_memory)
    try:
        return not_given_back(original, data, name)
    except L3CError:  # no reader of its own tells what it holds
        return [f"the {form_of(original, contents.kept.suffix)} file itself"]


def is_file_itself(contents: Contents, data: bytes | LargeFile) -> bool:
    """Whether data are the file that is kept, by its length and checksum."""
    kept = contents.kept
    return kept is not None and kept.length == len(data) and kept.crc == crc32(whole(data))


def encoded_adds_nothing(data: bytes, raw: bytes | LargeFile, name: str) -> bool:
    """Whether an l3c file holds nothing that a file does not hold: all its pixels, and none but its metadata."""
    try:
        contents = read_file(data)
        if contents.kept is not None:
            return is_file_itself(contents, raw)
        return is_within(decoded(contents, name, DecodeOptions()), read_picture(raw, name))
    except L3CError:
        return False


def decoded_adds_nothing(file: bytes, data: bytes | LargeFile, name: str) -> bool:
    """Whether a file, of this name, holds nothing that an l3c file does not hold."""
    try:
        contents = contents_of(data)
        if is_file_itself(contents, file):
            return True
        if kept_format(file, name):  # more than its pixels
            return False
        return is_within(read_picture(file, name), decoded(contents, name, DecodeOptions()))
    except L3CError:
        return False


def is_within(one: Picture, other: Picture) -> bool:
    """Whether two pictures have the same samples, and the first no metadata that the other has not."""
    alike = all(other.metadata.get(kind) == value for kind, value in one.metadata.items())
    return alike and not differences(replace(one, metadata={}), replace(other, metadata={}))


def contents_of(data: bytes | LargeFile) -> Contents:
    """What an l3c file holds; payloads of a large one are read when they are decoded. Raises as `read_file`."""
    return read_file(data) if isinstance(data, bytes) else read_in_pieces(data)


def is_intact(data: bytes) -> bool:
    """Whether every section of an l3c file has the checksum that it should have."""
    try:
        read_file(data)
    except L3CError:
        return False
    return True


def is_picture(data: bytes, name: str) -> bool:
    """Whether a picture's file can be read as a whole."""
    try:
        read_picture(data, name)
    except L3CError:
        return False
    return True


def read_picture(raw: bytes | LargeFile, name: str, options: EncodeOptions | DecodeOptions = DEFAULT) -> Picture:
    """The picture of a file in memory. Raises LimitError before reading it, or encoding it, takes too much memory."""
    from l3c.codec import encoding_memory
    from l3c.images import read

    def allow(description: Description) -> None:
        needed = read.memory_needed(description)
        if isinstance(options, EncodeOptions):
            pages = description.pages or (description,)
            threads = thread_count(options.threads)
            needed = max(needed, *(encoding_needed(page, threads) for page in pages))
            encoding_memory.check(needed, options.max_memory)
        elif needed > (limit := encoding_memory.limit_of(options.max_memory)):
            raise exceeding("reading takes", needed, limit)

    with at_work(), naming(name), sparing(lone_threads(options.threads)):
        picture = read.read_bytes(raw, name, allow)
    if isinstance(raw, LargeFile):
        raw.check()
    return picture


def encoding_needed(page: Description, threads: int) -> int:
    """Bytes that encoding a page takes."""
    from l3c.codec import encoding_memory

    bits = 8 * page.samples_size // max(1, page.width * page.height * page.channels)
    return encoding_memory.memory_needed(page.height, page.width, page.channels, bits, threads)


def decoded(
    contents: Contents, name: str, options: DecodeOptions, progress: Callable[[float], None] = unwatched
) -> Picture:
    """The picture of an l3c file; errors name the file."""
    with naming(name):
        return api.decode_picture(
            contents,
            threads=options.threads,
            device=options.device,
            max_memory=options.max_memory,
            progress=progress,
        )


OF_THE_FILE = {"source_format", "layout"}
"""Fields that tell of the file a picture came from, or (layout) may be left for the channels to tell."""


def differences(one: Picture, other: Picture) -> list[str]:
    """Names of the differences: fields of Picture, for metadata its kinds."""
    differing = ["layout"] if layout_of(one) != layout_of(other) else []
    for field in fields(Picture):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if field.name in OF_THE_FILE or equal(a, b):
            continue
        differing += (
            sorted(k for k in a | b if not same(k, a.get(k), b.get(k))) if isinstance(a, dict) else [field.name]
        )
    return differing


def layout_of(picture: Picture) -> object:
    """The meaning of its samples."""
    return picture.layout_name, picture.palette is not None, picture.channels


def equal(a: Any, b: Any) -> bool:
    """Arrays by type, shape and the bits of each element; pictures by all they are; lists by elements; else by ==.

    Palettes may differ in black that no index needs: TIFF and GIF have as many colours as their bits can count.
    """
    if isinstance(a, np.ndarray):
        if not isinstance(b, np.ndarray) or a.dtype != b.dtype:
            return False
        if a.dtype.kind == "f":  # by bits: NaN is as good as itself, and -0 is not 0
            a, b = (np.ascontiguousarray(v).view(f"u{v.dtype.itemsize}") for v in (a, b))
        return np.array_equal(a, b)
    if isinstance(a, Picture):
        return isinstance(b, Picture) and not differences(a, b)
    if isinstance(a, Palette):
        return isinstance(b, Palette) and (a.colours.rstrip(b"\0"), a.alphas) == (b.colours.rstrip(b"\0"), b.alphas)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(equal(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)
