"""The structure of a file, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from l3c.container.constants import (
    ALPHA_LAYOUTS,
    FIRST_MODEL,
    FLOAT,
    JPEG_START,
    KEPT_OF_JPEG,
    KEPT_STORED,
    METADATA,
    NAMED,
    NO_PICTURE,
    PLANES,
    PREVIEW,
    SIGNED,
    UNSIGNED,
    USUAL_SUFFIX,
)
from l3c.container.named import unpack_named
from l3c.container.ranges import Payloads

KIND_NAMES = {UNSIGNED: "uint", SIGNED: "int", FLOAT: "float"}  # as NumPy calls them, with the bits behind


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


@dataclass(frozen=True)
class KeptFile:
    """A file kept whole. coder: one of KEPT_CODERS. length, crc: of the file. data: what is stored of it.

    suffix: of the file's name, without the dot.
    """

    coder: int
    length: int
    crc: int
    data: bytes | memoryview
    suffix: str = USUAL_SUFFIX


class History(Protocol):
    """The source transform of an image's pixels. The kinds are in `container.history`.

    number: of the kind, in files.
    """

    number: ClassVar[int]

    @property
    def flags(self) -> int:
        """The second byte of section HIST."""
        ...

    def content(self) -> bytes:
        """What the section holds behind it."""
        ...

    @property
    def name(self) -> str:
        """For people."""
        ...

    def components(self, header: ImageHeader) -> list[Component]:
        """The components that are coded instead of the image's own."""
        ...


@dataclass(frozen=True)
class ImageHeader:
    """layout: one of PLANES. height, width: pixels. depth: bits of a sample. kind: of the samples.

    history: if known, then its planes are the components. maximum: the sample that is white, 0 where that is the
    largest of `depth` bits. extra: numbers of EXTRA_NAMES, of a further plane of one channel each.
    """

    layout: int
    height: int
    width: int
    depth: int = 8
    history: History | None = None
    kind: int = UNSIGNED
    maximum: int = 0
    extra: tuple[int, ...] = ()

    @property
    def planes(self) -> tuple[int, ...]:
        """Channels of each plane."""
        return PLANES.get(self.layout, ()) + (1,) * len(self.extra)

    @property
    def channels(self) -> int:
        return sum(self.planes)

    @property
    def samples(self) -> int:
        """Samples of the whole image."""
        return self.height * self.width * self.channels

    @property
    def parts(self) -> int:
        """Bytes of a sample."""
        return -(-self.depth // 8)

    @property
    def bits(self) -> int:
        """Of the samples' type: 1, 8, 16, 32 or 64."""
        return 1 if self.depth == 1 else next(bits for bits in (8, 16, 32, 64) if self.depth <= bits)

    @property
    def dtype(self) -> str:
        """NumPy's name of the samples' type."""
        return "bool" if self.depth == 1 else f"{KIND_NAMES[self.kind]}{self.bits}"

    @property
    def components(self) -> list[Component]:
        """Of each plane the samples' bytes, the high ones before the low ones."""
        if self.history:
            return self.history.components(self)
        return [Component(self.height, self.width, c) for c in self.planes for _ in range(self.parts)]

    @property
    def size(self) -> int:
        """Bytes of all components."""
        return sum(component.size for component in self.components)

    @property
    def is_plain(self) -> bool:
        """Whether its samples are whole bytes from 0 to 255 that a decoder or converter may have made."""
        return (self.depth, self.kind, self.maximum, self.extra) == (8, UNSIGNED, 0, ())

    @property
    def alpha_goes_along(self) -> bool:
        """Whether a graphics payload of the colours may hold the second component."""
        return self.layout in ALPHA_LAYOUTS and self.depth <= 8 and not self.extra and len(self.components) == 2


NOTHING = ImageHeader(NO_PICTURE, 0, 0)
"""The header of a kept file whose picture is not known."""


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
class Adaptation:
    """A model adapted to this image. model: its index. data: how; only the model can read it."""

    model: int
    data: bytes


@dataclass(frozen=True)
class TileEntry:
    """coder: STORED, GRAPHICS, DEFLATED, or FIRST_MODEL + index of a model, the adapted ones after the others.

    length: of the payload. crc: CRC-32 of the samples; None in a small image, all of which has one check.
    """

    coder: int
    length: int
    crc: int | None = None

    @property
    def model(self) -> int | None:
        """Index of the tile's model, or None where it has none."""
        return self.coder - FIRST_MODEL if self.coder >= FIRST_MODEL else None


@dataclass(frozen=True)
class Frame:
    """When and where a page of an animation is shown.

    left, top: its place on the canvas, pixels. duration: (numerator, denominator), seconds. disposal: what becomes of
    it then: 0 unspecified, 1 it stays, 2 the background, 3 what was there before. blend: it is laid over by its alpha.
    """

    left: int = 0
    top: int = 0
    duration: tuple[int, int] = (0, 1)
    disposal: int = 0
    blend: bool = False


@dataclass(frozen=True)
class Animation:
    """width, height: of the canvas, pixels. plays: how often it is shown, 0 for ever. background: RGBA, or none."""

    width: int
    height: int
    plays: int = 0
    background: bytes = b""


@dataclass(frozen=True)
class Page:
    """One of several pictures. kind: index of PAGE_KINDS. frame: of an animation's page. size: in the file, bytes."""

    contents: Contents
    kind: int = 0
    frame: Frame | None = None
    size: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Contents:
    """A whole file.

    tile_side: nominal side of the tiles. tiles: component by component, row by row. data: the payloads, one after
    another. palette: of layout PALETTE alone. adaptations: of models, perhaps none.
    kept: instead of models, tiles and data, where a file is kept whole. pages: instead of them, where there are
    several; the header is that of the first.
    """

    header: ImageHeader
    models: list[ModelReference]
    tile_side: int
    tiles: list[TileEntry]
    data: Payloads
    metadata: dict[bytes, bytes] = field(default_factory=dict)
    palette: Palette | None = None
    kept: KeptFile | None = None
    adaptations: list[Adaptation] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    animation: Animation | None = None

    @property
    def jpeg(self) -> KeptFile | None:
        """The JPEG file that is kept, if one is whose picture is known, whatever its name."""
        if self.kept is None or not self.has_picture:
            return None
        stored = self.kept.coder == KEPT_STORED and bytes(self.kept.data[: len(JPEG_START)]) == JPEG_START
        return self.kept if stored or self.kept.coder in KEPT_OF_JPEG else None

    @property
    def has_picture(self) -> bool:
        """Whether anything is known of its size and samples."""
        return self.header.layout != NO_PICTURE

    @property
    def named_metadata(self) -> dict[str, bytes]:
        """What came with the picture: kinds of METADATA and others, to bytes. Raises FormatError."""
        own = {METADATA[tag]: value for tag, value in self.metadata.items() if tag in METADATA}
        return own | unpack_named(self.metadata.get(NAMED, b""))

    @property
    def preview(self) -> bytes | None:
        """A small picture, lossy WebP, where one was asked for."""
        return self.metadata.get(PREVIEW)

    @classmethod
    def of_file(cls, header: ImageHeader, kept: KeptFile) -> Contents:
        """Those of a file that keeps another."""
        return cls(header, [], 0, [], b"", kept=kept)

    @classmethod
    def of_pages(cls, pages: list[Page], animation: Animation | None, metadata: dict[bytes, bytes]) -> Contents:
        """Those of several pictures, at least one."""
        return cls(pages[0].contents.header, [], 0, [], b"", metadata, pages=pages, animation=animation)
