"""Numbers of the file format. docs/format.md names them too."""

SIGNATURE = b"\x8bL3C\r\n\x1a\n"
VERSION = 1
DIGEST_BYTES = 16
DEPTH = 8

GRAY, RGB = 0, 1
CHANNELS = {GRAY: 1, RGB: 3}
LAYOUT_NAMES = {GRAY: "gray", RGB: "RGB"}

STORED, WEBP, FIRST_MODEL = 0, 1, 2
SIDE_MAX = 2**32 - 1
TILE_SIDE_MIN, TILE_SIDE_MAX = 16, 65535

HEAD, MODELS, TILES, DATA = b"HEAD", b"MODL", b"TILE", b"DATA"
ICC, EXIF, XMP = b"iccp", b"exif", b"xmpm"
METADATA = {ICC: "icc", EXIF: "exif", XMP: "xmp"}
