"""What a file says, as data."""

from __future__ import annotations

from dataclasses import dataclass, field

from l3c.container.constants import FIRST_MODEL, METADATA, PAIR, PLANES, PREVIEW, SAMPLINGS


@dataclass(frozen=True)
class Component:
    """What tiles hold: bytes [height, width, channels]."""

    height: int
    width: int
    channels: int

    @property
    def size(self) -> int:
        """Bytes."""
        return self.height * self.width * self.channels


@dataclass(frozen=True, kw_only=True)
class Corrected:
    """A past that gives most pixels, from luma and smaller chroma.

    count: pixels that are corrected. packed: their places and differences. paired: chroma is one component.
    """

    count: int = 0
    packed: bytes = b""
    paired: bool = False

    def chroma(self, height: int, width: int) -> list[Component]:
        """One component of two channels, or two."""
        return [Component(height, width, PAIR)] if self.paired else 2 * [Component(height, width, 1)]


@dataclass(frozen=True, kw_only=True)
class PhotoCd(Corrected):
    """The image was made from PhotoYCC planes.

    turned: it is its source turned a quarter counterclockwise. black: the source's last row is black, whatever the
    planes say.
    """

    turned: bool = False
    black: bool = False
    name = "Photo CD, chroma halved"

    def components(self, height: int, width: int) -> list[Component]:
        """Luma, and chroma of half the height and width, for an image of this size."""
        height, width = (width, height) if self.turned else (height, width)
        return [Component(height, width, 1), *self.chroma((height + 1) // 2, (width + 1) // 2)]


@dataclass(frozen=True, kw_only=True)
class Video(Corrected):
    """The image is a frame of video. halved: chroma has half the height too. numbers: those of the conversion."""

    halved: bool
    numbers: tuple[int, ...]

    @property
    def name(self) -> str:
        """For people."""
        return f"video frame, 4:2:{0 if self.halved else 2}"

    def components(self, height: int, width: int) -> list[Component]:
        """Luma, and chroma of half the width and maybe height."""
        rows = (height + 1) // 2 if self.halved else height
        return [Component(height, width, 1), *self.chroma(rows, (width + 1) // 2)]


@dataclass(frozen=True)
class Repeated:
    """Each pixel of a smaller image of this layout and depth was repeated, rows times down and columns times across."""

    rows: int
    columns: int
    layout: int
    depth: int

    @property
    def name(self) -> str:
        """For people."""
        return f"pixels repeated {self.columns} x {self.rows}"

    def size(self, height: int, width: int) -> tuple[int, int]:
        """Of the smaller image; its last row and column may be repeated less often."""
        return -(-height // self.rows), -(-width // self.columns)

    def components(self, height: int, width: int) -> list[Component]:
        """Those of the smaller image."""
        return ImageHeader(self.layout, *self.size(height, width), self.depth).components


@dataclass(frozen=True)
class Levels:
    """Ranks among the values that occur are coded. gray: all channels are equal. tables: those values, rising."""

    gray: bool
    tables: tuple[tuple[int, ...], ...]

    @property
    def name(self) -> str:
        """For people."""
        few = f"{max(map(len, self.tables))} values"
        return f"gray in RGB, {few}" if self.gray else few

    @property
    def bits(self) -> int:
        """Of a rank."""
        return max(1, *((len(table) - 1).bit_length() for table in self.tables))

    def components(self, height: int, width: int) -> list[Component]:
        """The upper 8 bits of the ranks; the others packed, each row in whole bytes."""
        channels, low = len(self.tables), self.bits - 8
        upper = Component(height, width, channels)
        return [upper, Component(height, -(-width * channels * low // 8), 1)] if low > 0 else [upper]


@dataclass(frozen=True)
class JpegFile:
    """A JPEG file kept whole. coder: JPEG_STORED or JPEG_XL. length, crc: of the file. data: what is stored of it."""

    coder: int
    length: int
    crc: int
    data: bytes | memoryview


@dataclass(frozen=True)
class DecodedJpeg:
    """The image is what a JPEG decoder made of `file`, but for what is to be added to its samples.

    sampling: index of SAMPLINGS. repeated: chroma is, where others interpolate it. top, left: rows and columns of the
    file's picture that were cut off above and on the left. fast: its samples were made by libjpeg's fast method.
    """

    sampling: int
    repeated: bool
    file: JpegFile
    top: int = 0
    left: int = 0
    fast: bool = False

    @property
    def name(self) -> str:
        """For people."""
        return f"decoded JPEG, {SAMPLINGS[self.sampling]}" + ", fast transform" * self.fast

    @property
    def halved(self) -> tuple[bool, bool]:
        """Whether chroma has half the height, and half the width."""
        return self.sampling == 3, self.sampling >= 2

    @property
    def channels(self) -> int:
        return 3 if self.sampling else 1

    def components(self, height: int, width: int) -> list[Component]:
        """What is to be added, modulo 256."""
        return [Component(height, width, self.channels)]


Past = PhotoCd | Levels | DecodedJpeg | Video | Repeated


@dataclass(frozen=True)
class ImageHeader:
    """layout: one of PLANES. height, width: pixels. depth: bits of a sample, 1..16.

    past: if known, then its planes are the components.
    """

    layout: int
    height: int
    width: int
    depth: int = 8
    past: Past | None = None

    @property
    def channels(self) -> int:
        return sum(PLANES[self.layout])

    @property
    def samples(self) -> int:
        """Samples of the whole image."""
        return self.height * self.width * self.channels

    @property
    def components(self) -> list[Component]:
        """Of each plane the samples' bytes, the high ones before the low ones."""
        if self.past:
            return self.past.components(self.height, self.width)
        parts = range(-(-self.depth // 8))
        return [Component(self.height, self.width, channels) for channels in PLANES[self.layout] for _ in parts]

    @property
    def size(self) -> int:
        """Bytes of all components."""
        return sum(component.size for component in self.components)


@dataclass(frozen=True)
class Palette:
    """colours: red, green and blue of each, 3 bytes. alphas: opacity of the first, a byte each; others are opaque."""

    colours: bytes
    alphas: bytes = b""


@dataclass(frozen=True)
class ModelReference:
    """digest: the first 16 bytes of the model's SHA-256. name: for people; only the digest counts."""

    digest: bytes
    name: str


@dataclass(frozen=True)
class Tuning:
    """A model tuned to this image. model: its index. data: how; only the model can read it."""

    model: int
    data: bytes


@dataclass(frozen=True)
class TileEntry:
    """coder: STORED, WEBP, or FIRST_MODEL + index of a model, the tuned ones after the others.

    length: of the payload. crc: CRC-32 of the samples.
    """

    coder: int
    length: int
    crc: int

    @property
    def model(self) -> int | None:
        """Index of the tile's model, or None where it has none."""
        return self.coder - FIRST_MODEL if self.coder >= FIRST_MODEL else None


@dataclass(frozen=True)
class Contents:
    """A whole file.

    tile_side: nominal side of the tiles. tiles: component by component, row by row. data: the payloads, one after
    another. palette: of layout PALETTE alone.
    jpeg: instead of models, tiles and data, where a JPEG file is kept. tunings: of models, perhaps none.
    """

    header: ImageHeader
    models: list[ModelReference]
    tile_side: int
    tiles: list[TileEntry]
    data: bytes | memoryview
    metadata: dict[bytes, bytes] = field(default_factory=dict)
    palette: Palette | None = None
    jpeg: JpegFile | None = None
    tunings: list[Tuning] = field(default_factory=list)

    @property
    def named_metadata(self) -> dict[str, bytes]:
        """What came with the picture: kinds of METADATA to bytes."""
        return {METADATA[tag]: value for tag, value in self.metadata.items() if tag in METADATA}

    @property
    def preview(self) -> bytes | None:
        """A small picture, lossy WebP, where one was asked for."""
        return self.metadata.get(PREVIEW)

    @classmethod
    def of_jpeg(cls, header: ImageHeader, jpeg: JpegFile) -> Contents:
        """Those of a file that keeps a JPEG file."""
        return cls(header, [], 0, [], b"", jpeg=jpeg)
