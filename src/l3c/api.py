"""Encode, decode, describe and verify: what users import from `l3c`."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from l3c.container.coefficients import read_coded
from l3c.container.constants import (
    ANCILLARY,
    DEFAULT_MAX_MEMORY,
    DEFLATED,
    EXTRA_MAX,
    EXTRA_NAMES,
    FLOAT,
    GRAPHICS,
    GRAY,
    GRAY_ALPHA,
    JPEG_START,
    KEPT_CODERS,
    KEPT_COEFFICIENTS,
    LAYOUT_NAMES,
    METADATA,
    NAMED,
    NAMED_METADATA,
    PAGE_KINDS,
    PALETTE,
    PLANES,
    PNG,
    PREVIEW,
    RGB,
    RGBA,
    SIGNED,
    STORED,
    SUFFIX_MAX,
    UNSIGNED,
)
from l3c.container.cursor import Buffer
from l3c.container.kept_file import is_suffix
from l3c.container.named import check_chunks, pack_named
from l3c.container.ranges import Parts, Shelf
from l3c.container.read import read_file
from l3c.container.structure import NOTHING, Animation, Contents, Frame, ImageHeader, ModelReference, Page, Palette
from l3c.container.write import write_file
from l3c.errors import FormatError, InputError, exceeding

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeGuard

    from numpy.typing import NDArray
    from PIL.Image import Image as PillowImage

    from l3c.images.description import Description
    from l3c.images.picture import Picture

# of metadata that has a section of its own, by the names that users see
TAGS = {name: tag for tag, name in METADATA.items()}
LAYOUTS = {name: layout for layout, name in LAYOUT_NAMES.items()}  # by the names that users see
BY_CHANNELS = {1: GRAY, 2: GRAY_ALPHA, 3: RGB, 4: RGBA}  # the layout of an array that comes without one
DEFAULT_EFFORT = 2
"""Of 1 to 9: the last without a search for adaptations, which more than doubles the time (docs/models.md, Effort)."""

EFFORT_MAX = 9
"""At which encoding takes 30 to 36 times as long as at 1 (docs/models.md, Effort). By taste."""

# NumPy's kind of a dtype to the format's; bool, of kind "b", counts as unsigned
KINDS = {"u": UNSIGNED, "i": SIGNED, "f": FLOAT}
# integers of the sizes that the format has (container.md, 2.3.2)
TYPES = ("bool", *(f"{kind}{bits}" for kind in ("uint", "int") for bits in (8, 16, 32, 64)))
# those of IEEE 754 that NumPy has everywhere; longdouble differs between machines
FLOAT_TYPES = ("float16", "float32", "float64")


File = Buffer | str | os.PathLike[str]
"""What functions take that read an l3c file: its bytes, its path, or a URL that fsspec reaches."""


def _content(file: File) -> Buffer:
    """A file's bytes. Raises InputError for what is no path, OSError where it cannot be read."""
    if isinstance(file, Buffer):
        return file
    from l3c.storage.source import content_of

    content: Buffer = content_of(file)
    return content


def _quiet(share: float) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class Info:
    """What a file says of itself, without decoding it.

    layout: "gray", "RGB", "gray+alpha", "RGBA", "palette", "CMYK", "YCbCr", "Lab", "ICC Lab" or "ITU Lab"; empty of a
    kept file whose picture is not known. depth: bits of a sample. dtype: of the samples. maximum: the sample that is
    white, None of floats and signed samples. extra: kinds of the planes beyond the layout's. models: name and digest
    (hexadecimal, 32 digits) of each. tiles: how many; stored_tiles: how many of them hold plain samples;
    graphics_tiles: how many the graphics coder; deflated_tiles: how many a deflate stream. adaptation_size: bytes
    that adapt models to the image. tile_side: nominal side, pixels. metadata: kind to bytes. size: of the file,
    bytes. bits_per_subpixel: 8 size / samples. history: the source transform that was undone, or None.
    kept_size: bytes of the file that is kept, None where pixels are; kept_suffix: of its name, without the dot;
    kept_coder: "coefficients" (of a JPEG file), "JPEG XL", "deflate" or "stored".
    pages: of a file with several pictures each one's description (size: of its part of the file), none of others;
    what is said of the whole is that of the first. kind: of a page. animation: width, height, plays and background of
    the canvas, and of each page frame: left, top, duration, disposal, blend; else None.
    """

    layout: str
    height: int
    width: int
    depth: int
    models: tuple[tuple[str, str], ...]
    tile_side: int
    tiles: int
    stored_tiles: int
    graphics_tiles: int
    metadata: dict[str, int]
    size: int
    bits_per_subpixel: float
    history: str | None = None
    kept_size: int | None = None
    kept_suffix: str | None = None
    kept_coder: str | None = None
    adaptation_size: int = 0
    dtype: str = "uint8"
    maximum: int | None = None
    extra: tuple[str, ...] = ()
    deflated_tiles: int = 0
    pages: tuple[Info, ...] = ()
    kind: str = "page"
    animation: dict[str, Any] | None = None
    frame: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as `l3c info --json` prints them."""
        return asdict(self)


def encode(
    array: NDArray[Any] | PillowImage,
    /,
    *,
    model: str = "wave",
    threads: int | None = None,
    device: str = "auto",
    layout: str | None = None,
    palette: Palette | None = None,
    extra: Sequence[str] = (),
    maximum: int | None = None,
    metadata: dict[str, bytes] | None = None,
    effort: int = DEFAULT_EFFORT,
    history: bool = True,
    preview: bool = False,
    max_memory: int | None = None,
    progress: Any = _quiet,
) -> bytes:
    """Encode an image without loss.

    array: bool (1 bit), integers of 8 to 64 bits, signed or not, or floats of 16, 32 or 64 bits (every bit is
    kept, those of NaN too), in any memory layout: [height, width] or [height, width, 1] gray, [height,
    width, 2] gray and alpha, [height, width, 3] in the order red, green, blue, [height, width, 4] with alpha. Colours
    under transparent pixels are kept. layout: "CMYK" for four channels that are inks, "YCbCr", "Lab", "ICC Lab" or
    "ITU Lab" for three, "palette" for uint8 indices of `palette`; None goes by the channels. extra: of channels beyond
    the layout's, at most 16, each "alpha", "associated alpha" or "unspecified". maximum: of unsigned samples the one
    that is white, if it is not the largest of the dtype, such as 4095. model: a name from `l3c models`. threads: None
    uses every processor; the bytes do not depend on it. device: "auto", "cpu" or "cuda", for exported networks; the
    bytes do not depend on it either. metadata: "icc", "exif", "xmp" and the other kinds as bytes, kept as they are.
    effort: 1 (fastest) to 9 (smallest): how long models are adapted to the image, from 3 on. A higher one never gives a
    larger file, and none makes decoding slower; above 2, other processors may find other files, which decode alike.
    history: look for a source transform of the pixels, and undo it if there is one. preview: add a small picture,
    some kB, that `l3c.open(...).preview()` shows at once (needs Pillow). max_memory: bytes that encoding may take
    beside the array; None is 4 GiB. Histories that may take more (108 bytes a pixel for video and Photo CD, 64 for
    decoded JPEG) are not looked for. progress: called with the share done, 0..1.

    A Pillow image is taken with its mode (CMYK, YCbCr and LAB stay what they are), palette, transparency, profile,
    EXIF, XMP, resolution, texts and comment; what `layout`, `palette`, `extra` or `metadata` say counts instead. Of
    several frames it is the one that is shown.

    Raises InputError for other arrays, modes or efforts, LimitError before more memory is taken than is allowed,
    ModelError for an unknown model, EngineError for a device that is not there.

    >>> import l3c, numpy as np
    >>> image = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    >>> bool((l3c.decode(l3c.encode(image)) == image).all())
    True
    """
    return bytes(
        encode_parts(
            array,
            model=model,
            threads=threads,
            device=device,
            layout=layout,
            palette=palette,
            extra=extra,
            maximum=maximum,
            metadata=metadata,
            effort=effort,
            history=history,
            preview=preview,
            max_memory=max_memory,
            progress=progress,
        )
    )


def encode_parts(
    array: NDArray[Any] | PillowImage,
    /,
    *,
    model: str = "wave",
    threads: int | None = None,
    device: str = "auto",
    layout: str | None = None,
    palette: Palette | None = None,
    extra: Sequence[str] = (),
    maximum: int | None = None,
    metadata: dict[str, bytes] | None = None,
    effort: int = DEFAULT_EFFORT,
    history: bool = True,
    preview: bool = False,
    max_memory: int | None = None,
    progress: Any = _quiet,
    shelf: Shelf | None = None,
) -> Parts:
    """As `encode`, without a copy of all that was encoded. shelf: where tiles wait, rather than in memory."""
    from l3c.codec import encoding_memory
    from l3c.codec.candidates import Settings, smallest_file
    from l3c.codec.proof import Expected
    from l3c.threads import thread_count

    if is_pillow_image(array):
        from l3c.images.by_pillow import picture_of

        image = picture_of(array)
        array, layout, palette = image.samples, layout or image.layout, palette or image.palette
        extra, metadata = extra or image.extra, image.metadata if metadata is None else metadata
    if effort not in range(1, EFFORT_MAX + 1):
        raise InputError(f"effort {effort}: needs 1 to {EFFORT_MAX}")
    limit = encoding_memory.limit_of(max_memory)
    needed = encoding_memory.memory_needed(*_size(array), thread_count(threads))
    encoding_memory.check(needed, max_memory)
    samples = _samples(array)
    header = _header(samples, layout, palette, tuple(extra), maximum)
    sections = _sections(metadata or {})
    if preview:
        from l3c.images.preview import make_preview

        sections[PREVIEW] = make_preview(samples, header, palette)
    settings = Settings(model, device, threads, effort, history, limit, progress, shelf)
    return smallest_file(header, Expected(samples, sections, palette), settings)


def is_pillow_image(given: object) -> TypeGuard[PillowImage]:
    """Whether it is an image of Pillow's, which is not imported for that."""
    pillow = sys.modules.get("PIL.Image")
    return pillow is not None and isinstance(given, pillow.Image)


def encode_pages(
    pages: Sequence[Picture],
    /,
    *,
    animation: Animation | None = None,
    metadata: dict[str, bytes] | None = None,
    progress: Any = _quiet,
    **options: Any,
) -> bytes:
    """Encode several pictures into one file, in their order.

    pages: `l3c.Picture` of each: its samples, and what else `encode` takes (layout, palette, extra, maximum, metadata);
    its kind; of an animation its frame. animation: the canvas, if it is one. metadata: of the file as a whole.
    options: as for `encode`, for all pages.

    Raises as `encode` does, InputError for no pages, or pages that have pages.
    """
    for page in pages:
        if not hasattr(page, "samples"):
            raise InputError(f"pages: needs an l3c.Picture for each, as l3c.Picture(array), not {type(page).__name__}")
    if not pages or any(page.pages for page in pages):
        raise InputError("a file of pages has at least one, and those have no pages of their own")
    from l3c.threads import part_of

    coded = []
    for number, page in enumerate(pages):
        data = encode_picture(page, progress=part_of(progress, number, len(pages)), **options)
        if page.kind not in PAGE_KINDS:
            raise InputError(f"page of kind {page.kind!r}: there are {', '.join(PAGE_KINDS)}")
        if animation is None and page.frame is not None:
            raise InputError("frames belong to an animation")
        coded.append(Page(read_file(data), PAGE_KINDS.index(page.kind), page.frame))
    if animation is not None:
        coded = [replace(page, frame=page.frame or Frame()) for page in coded]
    contents = Contents.of_pages(coded, animation, _sections(metadata or {}))
    try:
        data = write_file(contents)
        right = read_file(data) == contents
    except (FormatError, ValueError):  # negative or huge numbers, or a background of other than 4 bytes
        right = False
    if not right:
        raise InputError("pages, frames or an animation with numbers that no file can hold")
    return data


def encode_picture(picture: Picture, /, **options: Any) -> bytes:
    """As `encode`, of a picture and all that came with it, or as `encode_pages` where it has pages."""
    return bytes(encode_picture_parts(picture, **options))


def encode_picture_parts(picture: Picture, /, *, shelf: Shelf | None = None, **options: Any) -> Parts:
    """As `encode_picture`, without a copy of all that was encoded. shelf: as of `encode_parts`, of a single page."""
    if picture.pages:
        data = encode_pages(picture.pages, animation=picture.animation, metadata=picture.metadata, **options)
        return Parts([data])
    return encode_parts(
        picture.samples,
        layout=picture.layout,
        palette=picture.palette,
        extra=picture.extra,
        maximum=picture.maximum,
        metadata=picture.metadata,
        shelf=shelf,
        **options,
    )


def header_of(picture: Picture, /) -> ImageHeader:
    """What a file of these samples says of them. Raises InputError as `encode` does."""
    return _header(_samples(picture.samples), picture.layout, picture.palette, picture.extra, picture.maximum)


def keep_file(
    data: Buffer,
    suffix: str = "",
    /,
    *,
    model: str = "wave",
    threads: int | None = None,
    max_memory: int | None = None,
    progress: Any = _quiet,
) -> bytes:
    """Keep any file byte for byte: a JPEG file as `encode_jpeg` does, others deflated or as they are.

    suffix: of its name, without the dot, by which it gets its name again. Where the file is a picture in a known format
    its size and layout are noted, and `decode` and `open` give its pixels.

    model, progress: as for `encode_jpeg`, of JPEG files. max_memory: bytes, None is 4 GiB; a JPEG file whose
    coefficients take more is kept as it is.

    Raises InputError for a suffix that no name has, LimitError for a file that takes more only to be copied.
    """
    from l3c.codec.kept import pack
    from l3c.codec.models import check_name
    from l3c.dct.keep import can_keep, keep
    from l3c.images.known import header_of

    data = bytes(data)
    if not is_suffix(suffix):
        raise InputError(f"suffix {suffix!r}: up to {SUFFIX_MAX} bytes, without dots, slashes and colons")
    if can_keep(data):
        check_name(model)
        return keep(data, threads, suffix, max_memory, model, progress)
    header = None if data.startswith(JPEG_START) else header_of(data)
    return write_file(Contents.of_file(header or NOTHING, pack(data, suffix, max_memory)))


def encode_jpeg(
    data: Buffer,
    /,
    *,
    model: str = "wave",
    threads: int | None = None,
    max_memory: int | None = None,
    progress: Any = _quiet,
) -> bytes:
    """Keep a JPEG file byte for byte: its coefficients by a model, or as it is where it would not come back so.

    `original` gives the file back, `decode` its pixels. model: of coefficients, or of pixels, which has one beside it
    (docs/jpeg.md). threads, progress: as for `encode`. max_memory: bytes, None is 4 GiB; a file whose coefficients
    take more is kept as it is.

    Raises InputError for what is no JPEG file, ModelError for a damaged model.
    """
    from l3c.codec.models import check_name
    from l3c.dct.keep import keep

    check_name(model)
    return keep(bytes(data), threads, max_memory=max_memory, model=model, progress=progress)


def original(
    file: File, /, *, threads: int | None = None, max_memory: int | None = None, progress: Any = _quiet
) -> bytes:
    """The file that was kept (`encode_jpeg`, `keep_file`). Raises InputError for pixels, else as `decode`.

    file: as for `decode`.
    """
    return original_of(read_file(_content(file)), threads=threads, max_memory=max_memory, progress=progress)


def original_of(
    contents: Contents, /, *, threads: int | None = None, max_memory: int | None = None, progress: Any = _quiet
) -> bytes:
    """As `original`, of a file that `container.read.read_file` has read."""
    from l3c.codec.kept import original

    return original(contents, threads, max_memory, progress)


def decode(
    file: File,
    /,
    *,
    threads: int | None = None,
    device: str = "auto",
    max_memory: int | None = None,
    progress: Any = _quiet,
) -> NDArray[Any]:
    """Decode a file: [height, width] for gray and palette indices, else [height, width, channels]; C-contiguous.

    The dtype is the one that was encoded. `l3c.open` gives palette and metadata too, and the pages of files that have
    several.

    file: its bytes, its path, or a URL that fsspec reaches. A str is always a path or a URL.

    threads, device: as for `encode`. max_memory: bytes that decoding may take beside the file; None is 4 GiB. Every
    tile's pixels are checked.

    The pixels of a JPEG file that was kept are those of Pillow's decoder here; others differ from it by a level or so.
    Those of other files that were kept are what `l3c.images` reads of them.

    Raises FormatError (truncated, damaged), VersionError, ChecksumError, ModelError, LimitError; where an earlier
    version kept a JPEG file, or pixels that once were one, as JPEG XL, DependencyError without the extra `jpeg`; of a
    JPEG file InputError where its pixels cannot be decoded. Of paths also OSError, such as FileNotFoundError, and
    InputError for a str that no path can be.

    >>> import l3c, numpy as np
    >>> l3c.decode(l3c.encode(np.zeros((2, 5), np.uint8))).shape
    (2, 5)
    """
    contents = read_file(_content(file))
    return decode_contents(contents, threads=threads, device=device, max_memory=max_memory, progress=progress)


def decode_contents(
    contents: Contents,
    /,
    *,
    threads: int | None = None,
    device: str = "auto",
    max_memory: int | None = None,
    progress: Any = _quiet,
) -> NDArray[Any]:
    """As `decode`, of a file that `container.read.read_file` has read."""
    from l3c.codec.decode import decode_samples
    from l3c.threads import thread_count

    if contents.pages:
        raise InputError(f"the file holds {len(contents.pages)} pages: take them from l3c.open(...).pages")
    if contents.jpeg is not None:
        from l3c.codec.kept import check_pixels
        from l3c.dct.keep import pixels

        check_pixels(contents, max_memory)
        return pixels(original_of(contents, threads=threads, max_memory=max_memory, progress=progress))
    if contents.kept is not None:
        return kept_picture(contents, threads=threads, max_memory=max_memory, progress=progress).samples
    return decode_samples(contents, thread_count(threads), max_memory, progress, device)


def decode_picture(
    data: Buffer | Contents,
    /,
    *,
    threads: int | None = None,
    device: str = "auto",
    max_memory: int | None = None,
    progress: Any = _quiet,
) -> Picture:
    """All that a file holds: samples, what came with them, pages. Of a kept file what its reader gives.

    data: a file, or what `container.read.read_file` has read of it. max_memory: for all pages together. Raises as
    `decode` does.
    """
    contents = data if isinstance(data, Contents) else read_file(data)
    if contents.kept is not None:
        return kept_picture(contents, threads=threads, max_memory=max_memory, progress=progress)
    options: dict[str, Any] = {"threads": threads, "device": device, "max_memory": max_memory}
    if not contents.pages:
        return _picture(contents, decode_contents(contents, progress=progress, **options))
    _check_pages(contents.pages, threads, max_memory)
    from l3c.threads import part_of

    pages = []
    for number, page in enumerate(contents.pages):
        share = part_of(progress, number, len(contents.pages))
        picture = _picture(page.contents, decode_contents(page.contents, progress=share, **options))
        options["max_memory"] = max(0, _limit_of(options["max_memory"]) - _bytes_of(page.contents))
        pages.append(replace(picture, kind=PAGE_KINDS[page.kind], frame=page.frame))
    return _of_pages(pages, contents)


def _of_pages(pages: list[Picture], contents: Contents) -> Picture:
    """The picture that has these pages. contents: of the file."""
    whole = replace(pages[0], kind=PAGE_KINDS[0], frame=None, metadata=contents.named_metadata)
    return replace(whole, pages=tuple(pages), animation=contents.animation)


def _picture(contents: Contents, samples: NDArray[Any]) -> Picture:
    """Samples of a page, and what came with them."""
    from l3c.images.picture import Picture

    header = contents.header
    return Picture(
        samples,
        contents.named_metadata,
        layout=LAYOUT_NAMES[header.layout],
        palette=contents.palette,
        extra=tuple(EXTRA_NAMES[number] for number in header.extra),
        maximum=_maximum(header),
    )


def _maximum(header: ImageHeader) -> int | None:
    """The white sample, where it is not the largest of the dtype."""
    if header.kind != UNSIGNED or (not header.maximum and header.depth == header.bits):
        return None
    return header.maximum or (1 << header.depth) - 1


def _check_pages(pages: Sequence[Page], threads: int | None, max_memory: int | None) -> None:
    """Raise LimitError where a page and the samples of those before it take more than that together."""
    from l3c.codec.decode import memory_needed
    from l3c.threads import thread_count

    limit, needed, held = _limit_of(max_memory), 0, 0
    for contents in (page.contents for page in pages):
        own = _bytes_of(contents)
        needed = max(needed, held + (memory_needed(contents, thread_count(threads)) if contents.tiles else own))
        held += own
    if needed > limit:
        raise exceeding(f"the {len(pages)} pages take", needed, limit)


def _limit_of(max_memory: int | None) -> int:

    return DEFAULT_MAX_MEMORY if max_memory is None else max_memory


def _bytes_of(contents: Contents) -> int:
    """Of the samples, in their array."""
    return contents.header.samples * -(-contents.header.bits // 8)


def kept_picture(
    contents: Contents, /, *, threads: int | None = None, max_memory: int | None = None, progress: Any = _quiet
) -> Picture:
    """The picture in a file that was kept, as `l3c.images` reads it.

    Raises InputError where it is none, FormatError, ChecksumError, LimitError, DependencyError.
    """
    import io

    from l3c.codec.kept import check_pixels
    from l3c.images.read import read_picture

    assert contents.kept is not None
    suffix = contents.kept.suffix
    if not contents.has_picture:
        raise InputError(f"the file keeps a .{suffix} file, no picture that is known here: take the file itself")
    check_pixels(contents, max_memory)
    data = original_of(contents, threads=threads, max_memory=max_memory, progress=progress)
    allow = partial(_check_reading, held=len(data), max_memory=max_memory)
    return read_picture(io.BytesIO(data), f"the kept .{suffix} file", allow)


def _check_reading(description: Description, held: int, max_memory: int | None) -> None:
    """Raise LimitError where reading the picture that a kept file is takes more, whatever its header declares.

    held: bytes that are taken already: the file itself.
    """
    from l3c.images.read import memory_needed

    limit, needed = _limit_of(max_memory), held + memory_needed(description)
    if needed > limit:
        raise exceeding("reading the picture of the kept file takes", needed, limit)


def info(file: File, /) -> Info:
    """Describe a file without decoding it. Every section's checksum is tested. Raises as `decode` does.

    file: as for `decode`.

    >>> import l3c, numpy as np
    >>> l3c.info(l3c.encode(np.zeros((2, 5), np.uint8))).layout
    'gray'
    """
    data = _content(file)
    return describe(read_file(data), memoryview(data).nbytes)


def _models(contents: Contents) -> list[ModelReference]:
    """All that decoding asks for."""
    files = [contents.kept, getattr(contents.header.history, "file", None)]
    coded = [file for file in files if file is not None and file.coder == KEPT_COEFFICIENTS]
    return contents.models + [read_coded(file.data).model for file in coded]


def describe(contents: Contents, size: int) -> Info:
    """Info of a file of `size` bytes that was read already."""
    header, kept, animation = contents.header, contents.kept, contents.animation
    coders = [entry.coder for entry in contents.tiles]
    return Info(
        layout=LAYOUT_NAMES.get(header.layout, ""),
        height=header.height,
        width=header.width,
        depth=header.depth,
        models=tuple((m.name, m.digest.hex()) for m in _models(contents)),
        tile_side=contents.tile_side,
        tiles=len(contents.tiles),
        stored_tiles=coders.count(STORED),
        graphics_tiles=coders.count(GRAPHICS),
        metadata=_sizes(contents),
        size=size,
        bits_per_subpixel=8 * size / max(1, _samples_of(contents)),
        history=header.history.name if header.history else None,
        kept_size=kept.length if kept else None,
        kept_suffix=kept.suffix if kept else None,
        kept_coder=KEPT_CODERS[kept.coder] if kept else None,
        adaptation_size=sum(len(adaptation.data) for adaptation in contents.adaptations),
        dtype=header.dtype,
        maximum=(header.maximum or (1 << header.depth) - 1) if header.kind == UNSIGNED else None,
        extra=tuple(EXTRA_NAMES[number] for number in header.extra),
        deflated_tiles=coders.count(DEFLATED),
        pages=tuple(_page_info(page) for page in contents.pages),
        animation={**asdict(animation), "background": animation.background.hex()} if animation else None,
    )


def _page_info(page: Page) -> Info:
    described = describe(page.contents, page.size)
    return replace(described, kind=PAGE_KINDS[page.kind], frame=asdict(page.frame) if page.frame else None)


def _samples_of(contents: Contents) -> int:
    pages = [page.contents.header for page in contents.pages] or [contents.header]
    return sum(header.samples for header in pages)


def _sizes(contents: Contents) -> dict[str, int]:
    """Kinds of metadata, and the preview, to bytes."""
    own = {ANCILLARY[tag]: len(value) for tag, value in contents.metadata.items() if tag != NAMED}
    return own | {name: len(value) for name, value in contents.named_metadata.items() if name not in own}


def verify(file: File, /, *, threads: int | None = None, max_memory: int | None = None) -> Info:
    """Decode everything, compare every checksum, and describe the file. Raises as `decode` does.

    file: as for `decode`.

    >>> import l3c, numpy as np
    >>> l3c.verify(l3c.encode(np.zeros((2, 5), np.uint8))).width
    5
    """
    data = _content(file)
    contents = read_file(data)
    if contents.kept is not None:
        original_of(contents, threads=threads, max_memory=max_memory)
    else:
        for page in [page.contents for page in contents.pages] or [contents]:
            decode_contents(page, threads=threads, max_memory=max_memory)
    return describe(contents, memoryview(data).nbytes)


@dataclass(frozen=True)
class Salvaged:
    """What was left of a damaged file. samples: 0 where tiles are lost (of signed samples and floats the least number).

    lost: a line for each thing that is. picture: the same with all that came with it; its pages, of files that have
    several, are those of which anything is left, and samples, layout and palette are of the first. places: (x, y,
    width, height) of the pixels that are 0 for that reason.
    """

    samples: NDArray[Any]
    layout: str
    palette: Palette | None
    metadata: dict[str, bytes]
    lost: list[str]
    picture: Picture
    places: list[tuple[int, int, int, int]] = field(default_factory=list)

    @property
    def intact(self) -> NDArray[Any]:
        """bool [height, width]: whether a pixel is as it was encoded, in all channels. Made when it is asked for."""
        import numpy as np

        mask = np.ones(self.samples.shape[:2], np.bool_)
        for x, y, width, height in self.places:
            mask[y : y + height, x : x + width] = False
        return mask


def salvage(file: File, /, *, threads: int | None = None, max_memory: int | None = None) -> Salvaged:
    """Decode what is intact of a damaged file; every tile that is given passes its checksum.

    file: as for `decode`. Raises FormatError where nothing can be had, LimitError and ModelError as `decode` does.

    >>> import l3c, numpy as np
    >>> whole = l3c.encode(np.random.default_rng(0).normal(128, 9, (90, 90)).astype(np.uint8))
    >>> l3c.salvage(whole[:-10]).lost[0]
    'the last 6 bytes of the tiles are missing'
    """
    from l3c.container.damaged import read_damaged, read_damaged_pages

    data = _content(file)
    several = read_damaged_pages(data)
    contents, lost = several or read_damaged(data)
    if several is None:
        picture, tiles, places = _salvaged(contents, threads, max_memory)
    else:
        _check_pages(contents.pages, threads, max_memory)
        pages, tiles, found = [], [], []
        for number, page in enumerate(contents.pages):
            salvaged, reasons, places = _salvaged(page.contents, threads, max_memory)
            found.append(places)
            pages.append(replace(salvaged, kind=PAGE_KINDS[page.kind], frame=page.frame))
            tiles += [f"page {number}: {reason}" for reason in reasons]
        picture, places = _of_pages(pages, contents), found[0]
    layout = LAYOUT_NAMES[contents.header.layout]
    return Salvaged(picture.samples, layout, picture.palette, picture.metadata, lost + tiles, picture, places)


def _salvaged(
    contents: Contents, threads: int | None, max_memory: int | None
) -> tuple[Picture, list[str], list[tuple[int, int, int, int]]]:
    from l3c.codec.salvage import salvage_samples
    from l3c.threads import thread_count

    samples, lost, places = salvage_samples(contents, thread_count(threads), max_memory)
    return _picture(contents, samples), lost, places


def _samples(given: Any) -> NDArray[Any]:
    """[height, width, channels], in this machine's byte order."""
    import numpy as np

    array = np.asarray(given)
    shape = "x".join(map(str, array.shape))
    if array.ndim == 2:
        array = array[..., None]
    if isinstance(given, str | os.PathLike):
        raise InputError(f"{given!r}: needs an array; l3c.encode_file takes files")
    if array.dtype.name not in TYPES + FLOAT_TYPES or array.ndim != 3 or 0 in array.shape:
        raise InputError(
            f"array of {array.dtype} {shape}: needs {', '.join(TYPES + FLOAT_TYPES)}; height x width (gray) or "
            "height x width x 2 (with alpha), 3 (RGB) or 4 (RGBA), more with `extra`"
        )
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _size(given: Any) -> tuple[int, int, int, int]:
    """Height, width, channels and bits of a sample; of what is no image, of none of them."""
    import numpy as np

    array = np.asarray(given)
    if array.ndim not in (2, 3):
        return 0, 0, 0, 0
    height, width, channels = (*array.shape, 1)[:3]
    return height, width, channels, 8 * array.itemsize


def _header(
    samples: NDArray[Any], layout: str | None, palette: Palette | None, extra: tuple[str, ...], maximum: int | None
) -> ImageHeader:
    height, width, channels = samples.shape
    own = channels - len(extra)
    name = layout or ("palette" if palette else LAYOUT_NAMES.get(BY_CHANNELS.get(own, -1)))
    if name is None:
        shape = "x".join(map(str, samples.shape))
        raise InputError(
            f"array of {samples.dtype} {shape}: {own} channels, where gray, RGB and alpha have 1 to 4; "
            f"`extra` names {len(extra)} more"
        )
    if name not in LAYOUTS:
        raise InputError(f"layout {name!r}: there are {', '.join(LAYOUTS)}")
    if len(extra) > EXTRA_MAX or not set(extra) <= set(EXTRA_NAMES):
        raise InputError(f"extra planes {extra}: at most {EXTRA_MAX}, each one of {', '.join(EXTRA_NAMES)}")
    if sum(PLANES[LAYOUTS[name]]) != own:
        raise InputError(f"layout {name!r} has {sum(PLANES[LAYOUTS[name]])} channels, the array {own}")
    depth, white = _depth(samples, maximum)
    kind = KINDS.get(samples.dtype.kind, UNSIGNED)
    numbers = tuple(map(EXTRA_NAMES.index, extra))
    header = ImageHeader(LAYOUTS[name], height, width, depth, kind=kind, maximum=white, extra=numbers)
    _check_palette(samples, header, palette)
    return header


def _depth(samples: NDArray[Any], maximum: int | None) -> tuple[int, int]:
    """Bits of a sample, and the maximum that a header says: 0 for that of these bits."""
    bits = 1 if samples.dtype == bool else 8 * samples.dtype.itemsize
    if maximum is None or maximum == (1 << bits) - 1:
        return bits, 0
    depth = maximum.bit_length()
    if samples.dtype.kind != "u" or not 1 < depth <= bits or (depth <= bits // 2 and bits > 8) or 32 < depth < 64:
        raise InputError(f"a maximum of {maximum} for samples of {samples.dtype}")
    if int(samples.max()) > maximum:
        raise InputError(f"a sample of {samples.max()}, the maximum is {maximum}")
    return depth, 0 if maximum == (1 << depth) - 1 else maximum


def _check_palette(samples: NDArray[Any], header: ImageHeader, palette: Palette | None) -> None:
    if (header.layout == PALETTE) != (palette is not None):
        raise InputError("a palette belongs to indices, and indices need one")
    if palette is None:
        return
    count, rest = divmod(len(palette.colours), 3)
    if rest or not 1 <= count <= 256 or len(palette.alphas) > count or header.depth != 8:
        raise InputError("a palette has 1 to 256 colours of 3 bytes, at most as many alphas, and uint8 indices")
    if samples.max() >= count:
        raise InputError(f"index {samples.max()} of a palette of {count} colours")


def _sections(metadata: dict[str, bytes]) -> dict[bytes, bytes]:
    """Metadata by kind to the sections that hold it."""
    for kind, value in metadata.items():
        if kind not in TAGS and kind not in NAMED_METADATA:
            raise InputError(f"metadata {kind!r}: only {', '.join(sorted([*TAGS, *NAMED_METADATA]))} are kept")
        if not isinstance(value, bytes | bytearray | memoryview):
            raise InputError(f"metadata {kind!r}: {type(value).__name__}, needs bytes")
    sections = {TAGS[kind]: bytes(value) for kind, value in metadata.items() if kind in TAGS}
    if PNG in sections:
        try:
            check_chunks(sections[PNG])
        except FormatError as error:
            raise InputError(f"metadata 'png chunks': {error}") from error
    named = {kind: bytes(value) for kind, value in metadata.items() if kind not in TAGS}
    return sections | ({NAMED: pack_named(named)} if named else {})
