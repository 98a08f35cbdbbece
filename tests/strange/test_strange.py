"""A sample of the strange files, and their writers judged by other readers; `make strange` goes through thousands."""

from __future__ import annotations

import io
import warnings

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from tests.strange import readers
from tests.strange.cases import KINDS, make
from tests.strange.judge import FAULTS, judge
from tests.strange.png_reader import TRAILING
from tests.strange.truth import differences

SAMPLE = {"tiff": 400, "odd": 60, "png": 200, "netpbm": 100, "bmp": 100, "gif": 50, "webp": 50, "other": 60}
EVERY = 97
"""Numbers are taken this far apart, so that the sample is another one than the first files of a whole run."""


@pytest.mark.parametrize("kind", KINDS)
def test_strange_files_are_refused_or_come_back_equal(kind: str) -> None:
    faults = []
    for number in range(0, SAMPLE[kind] * EVERY, EVERY):
        case = make(kind, number)
        verdict = judge(case)
        if verdict.kind in FAULTS:
            faults.append((case.name, verdict, case.features))
    assert not faults


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"other"}))
def test_readers_read_what_was_written(kind: str) -> None:
    for number in range(60):
        case = make(kind, number)
        if "uint24" not in case.features and not case.truth.opaque:  # tifffile takes 24 bits for big-endian
            assert differences(case.truth, readers.read(case.data, case.suffix)) == ([], []), case.name


def test_libpng_reads_what_was_written() -> None:
    for number in range(60):
        case = make("png", number)
        page = case.truth.pages[0]
        found = imagecodecs.png_decode(case.data.removesuffix(TRAILING))
        scale = 255 // page.largest[0] if page.largest[0] < 255 else 1
        assert np.array_equal(found.reshape(page.samples.shape), page.samples * scale), case.name


def test_pillow_reads_the_frames_that_were_written() -> None:
    for number in range(60):
        case = make("gif", number)
        with Image.open(io.BytesIO(case.data)) as image:
            assert getattr(image, "n_frames", 1) == len(case.truth.pages)
            page = case.truth.pages[0]
            found = np.array(image.convert("RGBA" if page.extra else "RGB"))
        if found.shape == page.samples.shape:
            seen = page.samples[..., 3] > 0 if page.extra else np.ones(found.shape[:2], bool)
            assert np.array_equal(found[seen], page.samples[seen]), case.name


@pytest.mark.parametrize("kind", KINDS)
def test_a_number_gives_one_file_for_ever(kind: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert make(kind, 11).data == make(kind, 11).data
