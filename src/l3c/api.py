"""Encode, decode, describe and verify: what users import from `l3c`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from l3c.container.constants import (
    ANCILLARY,
    GRAY,
    GRAY_ALPHA,
    JPEG_XL,
    LAYOUT_NAMES,
    METADATA,
    PAIR,
    PALETTE,
    PREVIEW,
    RGB,
    RGBA,
    STORED,
    WEBP,
)
from l3c.container.cursor import Buffer
from l3c.container.read import read_file
from l3c.container.structure import Contents, ImageHeader, Palette, Repeated
from l3c.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

TAGS = {name: tag for tag, name in METADATA.items()}
LAYOUTS = {name: layout for layout, name in LAYOUT_NAMES.items()}
BY_CHANNELS = {1: GRAY, 2: GRAY_ALPHA, 3: RGB, 4: RGBA}
DEFAULT_EFFORT, EFFORT_MAX = 2, 9
DEPTHS = {"bool": 1, "uint8": 8, "uint16": 16}


def _quiet(share: float) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class Info:
    """What a file says of itself, without decoding it.

    layout: "gray", "RGB", "gray+alpha", "RGBA", "palette" or "CMYK". depth: bits of a sample. models: name and digest
    (hexadecimal, 32 digits) of each. tiles: how many; stored_tiles: how many of them hold plain samples;
    webp_tiles: how many lossless WebP. tuning_size: bytes that tune models to the image.
    tile_side: nominal side, pixels. metadata: kind to bytes. size: of the file,
    bytes. bits_per_subpixel: 8 size / samples. history: what was done to the pixels and is undone in the file, or None.
    jpeg_size: bytes of the JPEG file that is kept, None where pixels are; jpeg_coder: "JPEG XL" or "stored".
    """

    layout: str
    height: int
    width: int
    depth: int
    models: tuple[tuple[str, str], ...]
    tile_side: int
    tiles: int
    stored_tiles: int
    webp_tiles: int
    metadata: dict[str, int]
    size: int
    bits_per_subpixel: float
    history: str | None = None
    jpeg_size: int | None = None
    jpeg_coder: str | None = None
    tuning_size: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as `l3c info --json` prints them."""
        return asdict(self)


def encode(
    array: NDArray[Any],
    /,
    *,
    model: str = "wave",
    threads: int | None = None,
    device: str = "auto",
    layout: str | None = None,
    palette: Palette | None = None,
    metadata: dict[str, bytes] | None = None,
    effort: int = DEFAULT_EFFORT,
    history: bool = True,
    preview: bool = False,
    progress: Any = _quiet,
) -> bytes:
    """Encode an image without loss.

    array: bool (1 bit), uint8 or uint16, in any memory layout: [height, width] or [height, width, 1] gray, [height,
    width, 2] gray and alpha, [height, width, 3] in the order red, green, blue, [height, width, 4] with alpha. Colours
    under transparent pixels are kept. layout: "CMYK" for four channels that are inks, "palette" for uint8 indices of
    `palette`; None goes by the channels. model: a name from `l3c models`. threads: None uses every processor; the
    bytes do not depend on it. device: "auto", "cpu" or "cuda", for exported networks; the bytes do not depend on it
    either. metadata: "icc", "exif", "xmp" and the other kinds as bytes, kept as they are.
    effort: 1 (fastest) to 9 (smallest): how long models are tuned to the image, from 3 on. A higher one never gives a
    larger file, and none makes decoding slower; above 2, other processors may find other files, which decode alike.
    history: look for what was done to the pixels before, and undo it where it is found. preview: add a small picture,
    some kB, that `l3c.open(...).preview()` shows at once (needs Pillow). progress: called with the share done, 0..1.

    Raises InputError for other arrays or efforts, ModelError for an unknown model, EngineError for a device that is not
    there.

    >>> import l3c, numpy as np
    >>> image = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    >>> bool((l3c.decode(l3c.encode(image)) == image).all())
    True
    """
    from l3c.codec.encode import encode_components, encode_drawing
    from l3c.codec.models import find_model

    if effort not in range(1, EFFORT_MAX + 1):
        raise InputError(f"effort {effort}: needs 1 to {EFFORT_MAX}")
    samples = _samples(array)
    header = _header(samples, layout, palette)
    sections = {_tag(kind): _content(kind, value) for kind, value in (metadata or {}).items()}
    if preview:
        from l3c.images.preview import make_preview

        sections[PREVIEW] = make_preview(samples, header, palette)
    jpeg = _of_jpeg(samples, header, sections) if history else None
    undone = _undone(samples, header, model, device) if history else _as_is(samples, header)
    plain, header, components = header, *undone
    channels = sorted({c.channels for c in header.components})
    models = {count: find_model(model, count, device) for count in channels}
    files = [encode_components(header, components, models, sections, threads, progress, palette, effort)]
    if isinstance(header.past, Repeated):  # WebP sees repeats itself, and in drawings more than those
        files += encode_drawing(*_as_is(samples, plain), sections, palette)
    return min(files if jpeg is None else [*files, jpeg], key=len)


def encode_jpeg(data: Buffer, /, *, threads: int | None = None) -> bytes:
    """Keep a JPEG file byte for byte: transcoded by libjxl and proven, or as it is where that is refused or larger.

    `original` gives the file back, `decode` its pixels. threads: as for `encode`.

    Raises InputError for what is no JPEG file, DependencyError without the extra `jpeg`.
    """
    from l3c.codec.threads import thread_count
    from l3c.jpeg.keep import keep

    return keep(bytes(data), thread_count(threads))


def original(data: Buffer, /, *, threads: int | None = None, max_memory: int | None = None) -> bytes:
    """The JPEG file that `encode_jpeg` was given. Raises InputError where the file holds pixels, else as `decode`."""
    return original_of(read_file(data), threads=threads, max_memory=max_memory)


def original_of(contents: Contents, /, *, threads: int | None = None, max_memory: int | None = None) -> bytes:
    """As `original`, of a file that `container.read.read_file` has read."""
    from l3c.codec.threads import thread_count
    from l3c.jpeg import keep

    if contents.jpeg is None:
        raise InputError("the file holds pixels, no JPEG file")
    return keep.original(contents.header, contents.jpeg, thread_count(threads), max_memory)


def decode(
    data: Buffer,
    /,
    *,
    threads: int | None = None,
    device: str = "auto",
    max_memory: int | None = None,
    progress: Any = _quiet,
) -> NDArray[Any]:
    """Decode a file: [height, width] for gray and palette indices, else [height, width, channels]; C-contiguous.

    bool where samples have 1 bit, uint8 up to 8, uint16 above. `l3c.open` gives palette and metadata too.

    threads, device: as for `encode`. max_memory: bytes that decoding may take beside the file; None is 4 GiB. Every
    tile's pixels are checked.

    The pixels of a JPEG file that was kept are those of Pillow's decoder here; others differ from it by a level or so.

    Raises FormatError (truncated, damaged), VersionError, ChecksumError, ModelError, LimitError; of a JPEG file,
    or pixels that once were one, DependencyError without the extra `jpeg`; of a JPEG file InputError where its
    pixels cannot be decoded.

    >>> import l3c, numpy as np
    >>> l3c.decode(l3c.encode(np.zeros((2, 5), np.uint8))).shape
    (2, 5)
    """
    contents = read_file(data)
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
    from l3c.codec.threads import thread_count

    if contents.jpeg is not None:
        from l3c.jpeg.keep import pixels

        return pixels(original_of(contents, threads=threads, max_memory=max_memory))
    return decode_samples(contents, thread_count(threads), max_memory, progress, device)


def info(data: Buffer, /) -> Info:
    """Describe a file without decoding it. Every section's check sum is tested. Raises as `decode` does.

    >>> import l3c, numpy as np
    >>> l3c.info(l3c.encode(np.zeros((2, 5), np.uint8))).layout
    'gray'
    """
    return describe(read_file(data), memoryview(data).nbytes)


def describe(contents: Contents, size: int) -> Info:
    """Info of a file of `size` bytes that was read already."""
    header, jpeg = contents.header, contents.jpeg
    return Info(
        layout=LAYOUT_NAMES[header.layout],
        height=header.height,
        width=header.width,
        depth=header.depth,
        models=tuple((m.name, m.digest.hex()) for m in contents.models),
        tile_side=contents.tile_side,
        tiles=len(contents.tiles),
        stored_tiles=sum(entry.coder == STORED for entry in contents.tiles),
        webp_tiles=sum(entry.coder == WEBP for entry in contents.tiles),
        metadata={ANCILLARY[tag]: len(value) for tag, value in contents.metadata.items()},
        size=size,
        bits_per_subpixel=8 * size / header.samples,
        history=header.past.name if header.past else None,
        jpeg_size=None if jpeg is None else jpeg.length,
        jpeg_coder=None if jpeg is None else "JPEG XL" if jpeg.coder == JPEG_XL else "stored",
        tuning_size=sum(len(tuning.data) for tuning in contents.tunings),
    )


def verify(data: Buffer, /, *, threads: int | None = None, max_memory: int | None = None) -> Info:
    """Decode everything, compare every check sum, and describe the file. Raises as `decode` does.

    >>> import l3c, numpy as np
    >>> l3c.verify(l3c.encode(np.zeros((2, 5), np.uint8))).width
    5
    """
    contents = read_file(data)
    whole = decode_contents if contents.jpeg is None else original_of
    whole(contents, threads=threads, max_memory=max_memory)
    return describe(contents, memoryview(data).nbytes)


@dataclass(frozen=True)
class Salvaged:
    """What was left of a damaged file. samples: 0 where tiles are lost. lost: a line for each thing that is."""

    samples: NDArray[Any]
    layout: str
    palette: Palette | None
    metadata: dict[str, bytes]
    lost: list[str]


def salvage(data: Buffer, /, *, threads: int | None = None, max_memory: int | None = None) -> Salvaged:
    """Decode what is intact of a damaged file; every tile that is given passes its check sum.

    Raises FormatError where nothing can be had, LimitError and ModelError as `decode` does.

    >>> import l3c, numpy as np
    >>> whole = l3c.encode(np.full((40, 40), 7, np.uint8))
    >>> l3c.salvage(whole[:-10]).lost[0]
    'the last 6 bytes of the tiles are missing'
    """
    from l3c.codec.salvage import salvage_samples
    from l3c.codec.threads import thread_count
    from l3c.container.damaged import read_damaged

    contents, lost = read_damaged(data)
    samples, tiles = salvage_samples(contents, thread_count(threads), max_memory)
    metadata = contents.named_metadata
    return Salvaged(samples, LAYOUT_NAMES[contents.header.layout], contents.palette, metadata, lost + tiles)


def register_pillow() -> None:
    """Let Pillow open and save `.l3c`: `Image.open("x.l3c")`, `im.save("x.l3c")`. Registering twice does no harm.

    >>> import l3c
    >>> l3c.register_pillow()
    """
    from l3c.images.pillow_plugin import register

    register()


def register_imageio() -> None:
    """Let imageio read and write `.l3c`: `iio.imread("x.l3c")`, `iio.imwrite("x.l3c", array)`.

    >>> import l3c
    >>> l3c.register_imageio()
    """
    from l3c.plugins.imageio_plugin import register

    register()


def _samples(array: NDArray[Any]) -> NDArray[Any]:
    import numpy as np

    array = np.asarray(array)
    shape = "x".join(map(str, array.shape))
    if array.ndim == 2:
        array = array[..., None]
    if array.dtype.name not in DEPTHS or array.ndim != 3 or array.shape[2] not in BY_CHANNELS or 0 in array.shape:
        raise InputError(
            f"array of {array.dtype} {shape}: needs bool, uint8 or uint16, height x width (gray) or "
            "height x width x 2 (with alpha), 3 (RGB) or 4 (RGBA)"
        )
    return array


def _header(samples: NDArray[Any], layout: str | None, palette: Palette | None) -> ImageHeader:
    height, width, channels = samples.shape
    name = layout or ("palette" if palette else LAYOUT_NAMES[BY_CHANNELS[channels]])
    if name not in LAYOUTS:
        raise InputError(f"layout {name!r}: there are {', '.join(LAYOUTS)}")
    header = ImageHeader(LAYOUTS[name], height, width, DEPTHS[samples.dtype.name])
    if header.channels != channels:
        raise InputError(f"layout {name!r} has {header.channels} channels, the array {channels}")
    _check_palette(samples, header, palette)
    return header


def _undone(
    samples: NDArray[Any], header: ImageHeader, model: str, device: str
) -> tuple[ImageHeader, list[NDArray[Any]]]:
    """The planes of a past that was found, if the model has gray, else the samples' own."""
    from l3c.codec.models import codes
    from l3c.codec.past import undo
    from l3c.codec.pasts.chroma import pair

    found = undo(samples, header)
    if found is None or not codes(model, 1, device):
        return _as_is(samples, header)
    return pair(*found) if codes(model, PAIR, device) else found


def _as_is(samples: NDArray[Any], header: ImageHeader) -> tuple[ImageHeader, list[NDArray[Any]]]:
    from l3c.codec.planes import to_components

    return header, to_components(samples, header)


def _of_jpeg(samples: NDArray[Any], header: ImageHeader, metadata: dict[bytes, bytes]) -> bytes | None:
    """The file of an image that a JPEG decoder made; None for others."""
    from l3c.codec.encode import encode_differences
    from l3c.codec.pasts import decoded_jpeg

    found = decoded_jpeg.undo(samples, header)
    return None if found is None else encode_differences(*found, metadata)


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


def _tag(kind: str) -> bytes:
    if kind not in TAGS:
        raise InputError(f"metadata {kind!r}: only {', '.join(sorted(TAGS))} are kept")
    return TAGS[kind]


def _content(kind: str, value: Buffer) -> bytes:
    if not isinstance(value, bytes | bytearray | memoryview):
        raise InputError(f"metadata {kind!r}: {type(value).__name__}, needs bytes")
    return bytes(value)
