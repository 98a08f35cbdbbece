"""Numbers of the file format. docs/format names them too."""

SIGNATURE = b"\x8bL3C\r\n\x1a\n"
VERSION = 1
DIGEST_BYTES = 16

UNSIGNED, SIGNED, FLOAT = range(3)
"""Kinds of samples."""

KIND_SHIFT = 6
"""A byte holds a kind above six bits of depth less 1."""

SIGNED_BITS = (8, 16, 32, 64)
FLOAT_BITS = (16, 32, 64)
NARROW_BITS_MAX = 32
"""Unsigned samples have any number of bits up to this one, or 64."""

WIDE_BITS_MIN = 17
"""Samples of so many bits have more values than tables and models take as they are."""

GRAY, RGB, GRAY_ALPHA, RGBA, PALETTE, CMYK, YCBCR, LAB, ICC_LAB, ITU_LAB = range(10)
PLANES = {
    GRAY: (1,),
    RGB: (3,),
    GRAY_ALPHA: (1, 1),
    RGBA: (3, 1),
    PALETTE: (1,),
    CMYK: (3, 1),
    YCBCR: (3,),
    LAB: (3,),
    ICC_LAB: (3,),
    ITU_LAB: (3,),
}
"""Channels of each plane of a layout."""

NO_PICTURE = 255
"""Layout of a header that no file has: of a kept file whose picture, if it is one, is not known."""

ALPHA_LAYOUTS = (GRAY_ALPHA, RGBA)
LAYOUT_NAMES = {
    GRAY: "gray",
    RGB: "RGB",
    GRAY_ALPHA: "gray+alpha",
    RGBA: "RGBA",
    PALETTE: "palette",
    CMYK: "CMYK",
    YCBCR: "YCbCr",
    LAB: "Lab",
    ICC_LAB: "ICC Lab",
    ITU_LAB: "ITU Lab",
}
COLOURS_MAX = 256

EXTRA_NAMES = ("unspecified", "alpha", "associated alpha")
"""Kinds of extra planes, by their numbers."""

EXTRA_MAX = 16
"""Extra planes of an image: as many as TIFF readers commonly take."""

PAGE_KINDS = ("page", "thumbnail", "mask", "still")
"""Of the pages of a file, by their numbers."""

PAGES_MAX = 65536
DISPOSALS = 4
"""What becomes of a frame after its time: 0 unspecified, 1 it stays, 2 the background, 3 what was there before."""

BLEND = 16
"""Flag of a frame that is laid over the canvas by its alpha."""

PHOTO_CD, VALUE_TABLE, DECODED_JPEG, VIDEO, UPSCALED, RESIDUALS = 1, 2, 3, 4, 5, 6
"""Kinds of history."""

LEFT, ABOVE, PLANE = 0, 1, 2
"""Predictors of wide samples: the left neighbour, the upper one, left + upper - upper left."""

BLOCK_MIN, BLOCK_MAX = 16, 65536
"""Sides of the blocks in which wide samples are predicted."""

TABLE_VALUES_MAX = 65536
"""Values in a table."""

ROTATED, BLACK, EQUAL, SUBSAMPLED_ROWS = 1, 2, 1, 1
"""Flags of a Photo CD, of levels, and of video."""

JOINT_PHOTO_CD, JOINT_VIDEO = 4, 2
"""Flags of both: chroma is one component."""

JOINT_CHROMA = 2
"""Channels of that; no other component has so many."""

VIDEO_FORMS, VIDEO_SHIFT_MAX = 3, 20

SAMPLINGS = ("gray", "4:4:4", "4:2:2", "4:2:0")
"""Of a decoded JPEG: its flags modulo 4."""

NEAREST, FAST = 4, 8
"""Flags of a decoded JPEG."""

CUT_MAX = 15
"""Rows or columns of a decoded JPEG that were cut off."""

CORRECTED_SHARE = 16
"""Pixels of which at most one is corrected."""

STORED, WEBP, DEFLATED, FIRST_MODEL = 0, 1, 2, 3
SIDE_MAX = 2**32 - 1
MAX_LENGTH = 2**63 - 1
TILE_SIDE_MIN, TILE_SIDE_MAX = 16, 65535

HEAD, COLOURS, HISTORY, MODELS, ADAPTATIONS, TILES, DATA = b"HEAD", b"PALT", b"HIST", b"MODL", b"ADPT", b"TILE", b"DATA"
FILE, PAGES = b"FILE", b"PAGE"
KEPT_STORED, KEPT_JPEG_XL, KEPT_DEFLATED = 0, 1, 2
KEPT_CODERS = {KEPT_STORED: "stored", KEPT_JPEG_XL: "JPEG XL", KEPT_DEFLATED: "deflate"}
SUFFIX_MAX = 32
"""Bytes of a kept file's suffix."""

USUAL_SUFFIX, NO_SUFFIX = "jpg", "."
"""What no suffix says in a file, and what says that there is none."""

JPEG_START = b"\xff\xd8\xff"
ICC, EXIF, XMP, RESOLUTION, KEY, PNG = b"iccp", b"exif", b"xmpm", b"reso", b"ckey", b"pngc"
METADATA = {
    ICC: "icc",
    EXIF: "exif",
    XMP: "xmp",
    RESOLUTION: "resolution",
    KEY: "transparent colour",
    PNG: "png chunks",
}
NAMED_METADATA = (
    "bit depth",
    "bmp header",
    "byte order",
    "comment",
    "gif extensions",
    "iptc",
    "jp2 boxes",
    "png palette",
    "tiff tags",
    "trailing bytes",
    "webp chunks",
)
"""Kinds that have no section of their own. A file may hold others: what a reader does not know it keeps."""

NAMED, NAME_MAX = b"more", 63
PREVIEW = b"prvw"
PREVIEW_SIDE_MAX = 320
"""Pixels a side of a preview."""

SYMBOLS_A_BYTE = 4096
"""Samples that a byte of a model's payload may hold at most. A symbol's frequency is at most 2^16 - 255 of 2^16, and a
step of rANS with it makes the state at least 255 / 2^17 larger, relatively: 2,850 samples a byte. A smaller payload is
damaged, and without this bound a file of 100 bytes could ask for hours of work."""

SEEN_CHUNKS = frozenset({b"tRNS", b"acTL", b"fcTL", b"fdAT"})
"""Ancillary chunks of PNG that are pixels: in section pngc they would show another picture than the tiles hold."""

CHUNK_MAX = 2**31 - 1
"""Bytes of a chunk of PNG."""
ANCILLARY = {**METADATA, NAMED: "more", PREVIEW: "preview"}
