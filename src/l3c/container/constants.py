"""Numbers of the file format. docs/format.md names them too."""

SIGNATURE = b"\x8bL3C\r\n\x1a\n"
VERSION = 1
DIGEST_BYTES = 16
DEPTH_MAX = 16

GRAY, RGB, GRAY_ALPHA, RGBA, PALETTE, CMYK = range(6)
PLANES = {GRAY: (1,), RGB: (3,), GRAY_ALPHA: (1, 1), RGBA: (3, 1), PALETTE: (1,), CMYK: (3, 1)}
"""Channels of each plane of a layout."""

ALPHA_LAYOUTS = (GRAY_ALPHA, RGBA)
LAYOUT_NAMES = {GRAY: "gray", RGB: "RGB", GRAY_ALPHA: "gray+alpha", RGBA: "RGBA", PALETTE: "palette", CMYK: "CMYK"}
COLOURS_MAX = 256

PHOTO_CD, LEVELS, DECODED_JPEG, VIDEO, ENLARGED = 1, 2, 3, 4, 5
"""Kinds of past."""

TURNED, BLACK, EQUAL, HALVED = 1, 2, 1, 1
"""Flags of a Photo CD, of levels, and of video."""

PAIRED_PHOTO_CD, PAIRED_VIDEO = 4, 2
"""Flags of both: chroma is one component."""

PAIR = 2
"""Channels of that; no other component has so many."""

VIDEO_FORMS, VIDEO_SHIFT_MAX = 3, 20

SAMPLINGS = ("gray", "4:4:4", "4:2:2", "4:2:0")
"""Of a decoded JPEG: its flags modulo 4."""

REPEATED, FAST = 4, 8
"""Flags of a decoded JPEG."""

CUT_MAX = 15
"""Rows or columns of a decoded JPEG that were cut off."""

CORRECTED_SHARE = 16
"""Pixels of which at most one is corrected."""

STORED, WEBP, FIRST_MODEL = 0, 1, 2
SIDE_MAX = 2**32 - 1
MAX_LENGTH = 2**63 - 1
TILE_SIDE_MIN, TILE_SIDE_MAX = 16, 65535

HEAD, COLOURS, PAST, MODELS, TUNINGS, TILES, DATA = b"HEAD", b"PALT", b"PAST", b"MODL", b"TUNE", b"TILE", b"DATA"
JPEG = b"JPEG"
JPEG_STORED, JPEG_XL = 0, 1
ICC, EXIF, XMP, RESOLUTION, KEY, PNG = b"iccp", b"exif", b"xmpm", b"reso", b"ckey", b"pngc"
METADATA = {
    ICC: "icc",
    EXIF: "exif",
    XMP: "xmp",
    RESOLUTION: "resolution",
    KEY: "transparent colour",
    PNG: "png chunks",
}
PREVIEW = b"prvw"
ANCILLARY = {**METADATA, PREVIEW: "preview"}
