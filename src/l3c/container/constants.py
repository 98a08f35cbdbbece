"""Numbers of the file format. docs/format names them too."""

SIGNATURE = b"\x8bL3C\r\n\x1a\n"
"""A byte that is no ASCII, the name, and the ends of line that a transfer as text would change (as PNG has)."""

COMPACT = b"\x8bL3C\x81"
"""Signature and version of a compact file: the highest bit of a version says so."""

SIGNATURES = (SIGNATURE, COMPACT)
"""How l3c files begin."""

VERSION = 1  # of the format, in every file (1.6)
FILE_SUFFIX = ".l3c"  # of names of files (1.5)
MAX_NAME = 255  # bytes of the name of a model (1.7)
DIGEST_BYTES = 16  # half a SHA-256: 2^64 models before two are expected to collide

UNSIGNED, SIGNED, FLOAT = range(3)
"""Kinds of samples (2.3.2)."""

KIND_SHIFT = 6
"""A byte holds a kind above six bits of depth less 1."""

SIGNED_BITS = (8, 16, 32, 64)  # sizes of signed samples: those of arrays (2.3.2)
FLOAT_BITS = (16, 32, 64)  # sizes of floating-point samples: half, single and double precision of IEEE 754 (2.3.2)
NARROW_BITS_MAX = 32
"""Unsigned samples have any number of bits up to this one, or 64."""

DEEP_BITS = range(9, 17)
"""Samples of so many bits, in two components, may be coded as one (2.7.4)."""

WIDE_BITS_MIN = 17
"""Samples of so many bits have more values than tables and models take as they are."""

GRAY, RGB, GRAY_ALPHA, RGBA, PALETTE, CMYK, YCBCR, LAB, ICC_LAB, ITU_LAB = range(10)
"""Layouts: what the channels of an image mean (2.3)."""

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

ALPHA_LAYOUTS = (GRAY_ALPHA, RGBA)  # those whose last plane is alpha
# what users call layouts
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
COLOURS_MAX = 256  # of a palette: indices are bytes

EXTRA_NAMES = ("unspecified", "alpha", "associated alpha")
"""Kinds of extra planes, by their numbers."""

EXTRA_MAX = 16
"""Extra planes of an image: as many as TIFF readers commonly take."""

PAGE_KINDS = ("page", "thumbnail", "mask", "still")
"""Of the pages of a file, by their numbers."""

PAGES_MAX = 65536  # (1.7): bounds what an index of pages takes
DISPOSALS = 4
"""What becomes of a frame after its time: 0 unspecified, 1 it stays, 2 the background, 3 what was there before."""

BLEND = 16
"""Flag of a frame that is laid over the canvas by its alpha."""

PHOTO_CD = 1  # kinds of history (3.1): Photo CD
VALUE_TABLE = 2  # kind of history: samples that are indices of a table
DECODED_JPEG = 3  # kind of history: pixels that were decoded from a JPEG file
VIDEO = 4  # kind of history: a frame of video
UPSCALED = 5  # kind of history: upscaled pixels
RESIDUALS = 6  # kind of history: differences of wide samples
COLOUR_TABLE = 7  # kind of history: pixels that are indices of a table of colours

LEFT = 0  # predictor of wide samples: the left neighbour
ABOVE = 1  # predictor of wide samples: the upper neighbour
PLANE = 2  # predictor of wide samples: left + upper - upper left

BLOCK_MIN = 16  # pixels: least side of the blocks in which wide samples are predicted
BLOCK_MAX = 65536  # pixels: greatest side of those blocks

TABLE_VALUES_MAX = 65536
"""Values in a table: ranks have 16 bits at most (1.7)."""

ROTATED = 1  # flag of a Photo CD: the source is the image turned a quarter clockwise
BLACK = 2  # flag of a Photo CD: the source's last row is black
EQUAL = 1  # flag of a value table: all channels are equal
LESS_GREEN = 2  # flag of a value table: red and blue are coded less green, and all channels have one table
SUBSAMPLED_ROWS = 1  # flag of video: chroma has half the rows too (4:2:0)

JOINT_PHOTO_CD = 4  # flag of a Photo CD: chroma is one component
JOINT_VIDEO = 2  # flag of video: chroma is one component

JOINT_CHROMA = 2
"""Channels of that; no other component has so many."""

VIDEO_FORMS = 3  # how many ways of rounding video has: `history.video.convert` names them
# bits of a step's fraction: a step of 2 levels at 20 bits and 255 levels of luma are below 2^30 (3.6)
VIDEO_SHIFT_MAX = 20

SAMPLINGS = ("gray", "4:4:4", "4:2:2", "4:2:0")
"""Of a decoded JPEG: its flags modulo 4."""

NEAREST = 4  # flag of a decoded JPEG: chroma was upsampled by repeating
FAST = 8  # flag of a decoded JPEG: libjpeg's fast inverse DCT made its pixels

CUT_MAX = 15
"""Rows or columns of a decoded JPEG that were cut off: less than a unit of 16."""

CORRECTED_SHARE = 16
"""Pixels of which at most one is corrected (3.2.1): bounds the memory of corrections to a byte a pixel."""

STORED = 0  # coder of a tile: its bytes as they are (2.7.2)
GRAPHICS = 1  # coder of a tile: the graphics coder
DEFLATED = 2  # coder of a tile: a deflate stream
FIRST_MODEL = 3  # coders from here on are models of MODL, then adaptations
SIDE_MAX = 2**32 - 1  # pixels: what 32 bits hold (1.7)
DEFAULT_MAX_MEMORY = 4 << 30
"""Bytes that encoding or decoding may take where the caller names no limit (1.7). By taste: most machines have more."""

MAX_LENGTH = 2**63 - 1  # bytes: file offsets have 63 bits on all systems (1.7)
TILE_SIDE_MIN = 16  # pixels (1.7): bounds how many tiles an index has for a size
TILE_SIDE_MAX = 65535  # pixels: rows and columns of a tile fit 16 bits (1.7)

HEAD = b"HEAD"  # tags of critical sections (2.2) are in capitals: the image's header
COLOURS = b"PALT"  # the palette
HISTORY = b"HIST"  # the history: what was done to the pixels
MODELS = b"MODL"  # the models that tiles name
ADAPTATIONS = b"ADPT"  # what models are adapted by
TILES = b"TILE"  # the index of tiles
DATA = b"DATA"  # payloads, or pages
SOLE = b"SOLE"  # instead of MODELS, TILES and DATA: one tile for each component, of a small image
FILE = b"FILE"  # a file that is kept whole
PAGES = b"PAGE"  # the index of pages
KEPT_STORED = 0  # coder of a kept file: as it is (2.10)
KEPT_JPEG_XL = 1  # coder of a kept JPEG file: JPEG XL
KEPT_DEFLATED = 2  # coder of a kept file: a deflate stream
KEPT_COEFFICIENTS = 3  # coder of a kept JPEG file: its coefficients by a model
KEPT_OF_JPEG = frozenset({KEPT_JPEG_XL, KEPT_COEFFICIENTS})  # coders that make a JPEG file anew
# what users call the coders
KEPT_CODERS = {
    KEPT_STORED: "stored",
    KEPT_JPEG_XL: "JPEG XL",
    KEPT_DEFLATED: "deflate",
    KEPT_COEFFICIENTS: "coefficients",
}
SUFFIX_MAX = 32
"""Bytes of a kept file's suffix (2.10)."""

USUAL_SUFFIX = "jpg"
"""The suffix that an empty one stands for in a file, which saves most kept files three bytes."""

NO_SUFFIX = "."
"""The mark of a file's name without a suffix: no suffix holds a dot."""

JPEG_START = b"\xff\xd8\xff"  # the marker SOI, and the first byte of the next
ICC = b"iccp"  # tags of ancillary sections (2.9) are in small letters: an ICC profile
EXIF = b"exif"  # a block of EXIF
XMP = b"xmpm"  # a packet of XMP
RESOLUTION = b"reso"  # pixels in a unit of length
KEY = b"ckey"  # the transparent colour
PNG = b"pngc"  # chunks of PNG
# what users call metadata that has a section of its own
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

NAMED = b"more"  # the section of all other metadata, by name
NAME_MAX = 63  # bytes of such a name
PREVIEW = b"prvw"  # a small picture for quick looks
PREVIEW_SIDE_MAX = 320
"""Pixels a side of a preview (1.7). By taste."""

SYMBOLS_A_BYTE = 4096
"""Samples that a byte of a model's payload may hold at most. A symbol's frequency is at most 2^16 - 255 of 2^16, and a
step of rANS with it makes the state at least 255 / 2^17 larger, relatively: 2,850 samples a byte. A smaller payload is
damaged, and without this bound a file of 100 bytes could ask for hours of work."""

SEEN_CHUNKS = frozenset({b"tRNS", b"acTL", b"fcTL", b"fdAT"})
"""Ancillary chunks of PNG that are pixels: in section pngc they would show another picture than the tiles hold."""

CHUNK_MAX = 2**31 - 1
"""Bytes of a chunk of PNG: PNG's own limit."""

# all sections that a reader may skip, and what users call them
ANCILLARY = {**METADATA, NAMED: "more", PREVIEW: "preview"}
