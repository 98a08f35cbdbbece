"""What a file says, as data."""

from __future__ import annotations

from dataclasses import dataclass, field

from l3c.container.constants import CHANNELS, FIRST_MODEL


@dataclass(frozen=True)
class ImageHeader:
    """layout: GRAY or RGB. height, width: pixels."""

    layout: int
    height: int
    width: int

    @property
    def channels(self) -> int:
        return CHANNELS[self.layout]

    @property
    def samples(self) -> int:
        """Samples of the whole image, a byte each."""
        return self.height * self.width * self.channels


@dataclass(frozen=True)
class ModelReference:
    """digest: the first 16 bytes of the model's SHA-256. name: for people; only the digest counts."""

    digest: bytes
    name: str


@dataclass(frozen=True)
class TileEntry:
    """coder: STORED, or FIRST_MODEL + index of a model. length: bytes of payload. crc: CRC-32 of the tile's samples."""

    coder: int
    length: int
    crc: int

    @property
    def model(self) -> int | None:
        """Index of the tile's model, or None where the tile is stored."""
        return self.coder - FIRST_MODEL if self.coder >= FIRST_MODEL else None


@dataclass(frozen=True)
class Contents:
    """A whole file. tile_side: nominal side of the tiles. tiles: row by row. data: the payloads, one after another."""

    header: ImageHeader
    models: list[ModelReference]
    tile_side: int
    tiles: list[TileEntry]
    data: bytes | memoryview
    metadata: dict[bytes, bytes] = field(default_factory=dict)
