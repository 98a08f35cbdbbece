"""Headers without the Huffman codes that follow from the coefficients, and those codes again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from l3c.errors import FormatError
from l3c.jpeg.codes import optimal_code
from l3c.jpeg.entropy_compiled import count_symbols
from l3c.jpeg.layout import CODES, LENGTH_BYTES, Layout, Scan, codes_in, planes_of, segments
from l3c.jpeg.standard import NO_CODE, STANDARD_CODES, Code

CONTENT_MAX = (1 << 8 * LENGTH_BYTES) - 1 - LENGTH_BYTES  # bytes of a segment, whose length counts its own
Coefficients = list[NDArray[np.int16]]


def lean_header(
    header: bytes, layout: Layout, coefficients: Coefficients, notes: list[bytes], limit: int
) -> tuple[bytes, list[int]]:
    """The header with empty codes in place of those that follow from the coefficients, and which
    they are (format 9.7).
    """
    used = {
        number: code
        for scan in layout.scans
        for numbers, codes in ((scan.dc_numbers, scan.dc), (scan.ac_numbers, scan.ac))
        for number, code in zip(numbers, codes, strict=True)
        if number >= 0 and code not in STANDARD_CODES.values()
    }
    found = derived_codes(set(used), layout, coefficients, notes, limit)
    follow = [number for number, code in sorted(used.items()) if found.get(number) == code]
    return with_codes(header, dict.fromkeys(follow, NO_CODE)), follow


def full_header(
    header: bytes, follow: Iterable[int], layout: Layout, coefficients: Coefficients, notes: list[bytes], limit: int
) -> bytes:
    """The header with the codes that `lean_header` left out (format 9.7). Raises FormatError where
    coefficients lead to none.
    """
    numbers = set(follow)
    found = derived_codes(numbers, layout, coefficients, notes, limit)
    if set(found) != numbers:
        raise FormatError("a Huffman code does not follow from the coefficients")
    return with_codes(header, found)


def derived_codes(
    numbers: set[int], layout: Layout, coefficients: Coefficients, notes: list[bytes], limit: int
) -> dict[int, Code]:
    """Of the header's codes with these numbers, those that libjpeg would make for their scans (format 9.7)."""
    counts: dict[int, NDArray[np.uint32]] = {}
    for scan, note in zip(layout.scans, notes, strict=True):
        if not _uses(scan, numbers):
            continue
        counted = count_symbols(note, limit, planes_of(layout, scan, coefficients))
        for component, pair in enumerate(zip(scan.dc_numbers, scan.ac_numbers, strict=True)):
            for kind, number in enumerate(pair):
                counts[number] = counts.get(number, 0) + counted[component, kind]
    codes = {number: optimal_code(counts[number]) for number in numbers & set(counts)}
    return {number: code for number, code in codes.items() if code is not None}


def with_codes(header: bytes, codes: Mapping[int, Code]) -> bytes:
    """The header with other codes, by their numbers (format 9.3, 9.7). Raises FormatError where they do not fit."""
    out, at, number = [], 0, 0
    for marker, start, end in segments(header, coded=False):
        if marker != CODES:
            continue
        content = b""
        for (kind, slot), code in codes_in(header[start:end]):
            content += bytes([kind << 4 | slot]) + codes.get(number, code)
            number += 1
        if len(content) > CONTENT_MAX:
            raise FormatError("the Huffman codes of a segment are too long for it")
        out += [header[at : start - LENGTH_BYTES], (len(content) + LENGTH_BYTES).to_bytes(LENGTH_BYTES, "big"), content]
        at = end
    return b"".join([*out, header[at:]])


def _uses(scan: Scan, numbers: set[int]) -> bool:
    return bool(numbers & {*scan.dc_numbers, *scan.ac_numbers})
