"""PNG and TIFF of 16 bits in several channels, which Pillow cannot hold: through imagecodecs and tifffile."""

from __future__ import annotations

import io
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.errors import InputError, install_command
from l3c.images.png_chunks import COLOUR_TYPE_AT, DEPTH_AT, SIGNATURE

TIFF_SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
UNASSOCIATED_ALPHA = 2
PNG_GRAY = 0


def _needed(module: str, name: str) -> Any:
    try:
        return import_module(module)
    except ImportError:
        raise InputError(
            f"{name}: 16-bit pictures of several channels need {module}: {install_command('deep')}"
        ) from None


def is_deep_png(data: bytes) -> bool:
    return data.startswith(SIGNATURE) and data[DEPTH_AT : DEPTH_AT + 1] == b"\x10" and data[COLOUR_TYPE_AT] != PNG_GRAY


def read_png(data: bytes, name: str) -> NDArray[Any]:
    """uint16 [height, width, 2, 3 or 4]."""
    samples: NDArray[Any] = _needed("imagecodecs", name).png_decode(data)
    return samples


def write_png(samples: NDArray[Any], name: str) -> bytes:
    """samples: uint16 [height, width, 2, 3 or 4]."""
    return bytes(_needed("imagecodecs", name).png_encode(np.ascontiguousarray(samples), level=6))


def read_tiff(data: bytes, name: str) -> tuple[NDArray[Any], bool]:
    """(uint16 [height, width, channels], whether the channels are inks), of one page."""
    with _needed("tifffile", name).TiffFile(io.BytesIO(data)) as file:
        if len(file.pages) > 1:
            raise InputError(f"{name}: {len(file.pages)} pages; pictures of several are not supported yet")
        page = file.pages[0]
        samples = page.asarray()
        photometric, extra = page.photometric.name, [int(e) for e in page.extrasamples]
        if page.planarconfig == 2 and samples.ndim == 3:
            samples = np.moveaxis(samples, 0, -1)
    plain = {"MINISBLACK": 1, "RGB": 3, "SEPARATED": 4}.get(photometric, 0)
    fits = samples.dtype == np.uint16 and extra in ([], [UNASSOCIATED_ALPHA]) and not (plain == 4 and extra)
    if not plain or not fits or (samples.shape[2] if samples.ndim == 3 else 1) != plain + len(extra):
        raise InputError(
            f"{name}: {samples.dtype} TIFF ({photometric.lower()}, extra samples {extra}) is not supported"
        )
    return samples, plain == 4


def write_tiff(samples: NDArray[Any], inks: bool, resolution: dict[int, Any], icc: bytes | None, name: str) -> bytes:
    """samples: uint16 [height, width, 3 or 4]."""
    channels = samples.shape[2]
    if channels == 2:
        raise InputError(f"{name}: Pillow cannot read 16-bit gray with alpha from TIFF; choose png or pam")
    alpha = channels == 4 and not inks
    options: dict[str, Any] = {"extrasamples": ["unassalpha"]} if alpha else {}
    if resolution:
        x, y, unit = (resolution[tag] for tag in (282, 283, 296))
        options["resolution"] = ((x.numerator, x.denominator), (y.numerator, y.denominator))
        options["resolutionunit"] = unit
    photometric = "separated" if inks else "rgb"
    out = io.BytesIO()
    _needed("tifffile", name).imwrite(
        out, samples, photometric=photometric, planarconfig="contig", compression="zlib", predictor=False,
        iccprofile=icc, metadata=None, software=False, **options,
    )  # fmt: skip
    return out.getvalue()
