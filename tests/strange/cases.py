"""Every kind of strange file, by its number."""

from __future__ import annotations

from collections.abc import Callable

from tests.strange import (
    bmp_cases,
    gif_cases,
    netpbm_cases,
    odd_tiff_cases,
    other_cases,
    png_cases,
    tiff_cases,
    webp_cases,
)
from tests.strange.case import Case

KINDS: dict[str, Callable[[int], Case]] = {
    "tiff": tiff_cases.case,
    "odd": odd_tiff_cases.case,
    "png": png_cases.case,
    "netpbm": netpbm_cases.case,
    "bmp": bmp_cases.case,
    "gif": gif_cases.case,
    "webp": webp_cases.case,
    "other": other_cases.case,
}
SHARES = {"tiff": 20, "odd": 2, "png": 12, "netpbm": 4, "bmp": 4, "gif": 2, "webp": 2, "other": 2}
"""Of all files, how many are of a kind."""


def make(kind: str, number: int) -> Case:
    """The file of a number; the same on every machine."""
    return KINDS[kind](number)
