"""Deflate streams in pieces: any reader takes them, however each piece was compressed, by any number of threads."""

import io
import zlib
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

import l3c
from l3c.images import deflating, png, tiff
from l3c.images.compiled import undo_png_filters
from l3c.images.deflating import joined_adler, parts_of, raw_deflate, strategy_of, zlib_stream
from l3c.images.picture import Picture
from l3c.images.read import read_bytes
from l3c.images.tiff_directory import Reader
from l3c.images.write import write_picture
from l3c.threads import sparing
from tests.checks import smooth_picture

NOISE = np.random.default_rng(5).integers(0, 256, 300_000, dtype=np.uint8).tobytes()
REPEATS = bytes(range(200)) * 1500


def file_of(samples: Any, name: str) -> bytes:
    """A picture's file."""
    file = io.BytesIO()
    write_picture(Picture(samples), file, name)
    return file.getvalue()


def test_adler_of_parts_is_that_of_the_whole() -> None:
    for cut in (0, 1, 70_000, len(NOISE)):
        one, other = NOISE[:cut], NOISE[cut:]
        assert joined_adler(zlib.adler32(one), zlib.adler32(other), len(other)) == zlib.adler32(NOISE)


def test_the_way_follows_the_data() -> None:
    skewed = np.random.default_rng(6).geometric(0.3, 300_000).astype(np.uint8).tobytes()
    assert strategy_of(skewed, 6) == zlib.Z_RLE
    assert strategy_of(REPEATS, 6) == zlib.Z_DEFAULT_STRATEGY
    assert strategy_of(b"", 6) == zlib.Z_RLE


@pytest.mark.parametrize("level", [0, 1, 6, 9])
@pytest.mark.parametrize("data", [b"", b"a", NOISE, REPEATS])
def test_streams_are_zlib_s(data: bytes, level: int) -> None:
    assert zlib.decompress(zlib_stream(data, level)) == data
    pieces = [raw_deflate(data[:100], level, zlib.Z_RLE, False), raw_deflate(data[100:], level, zlib.Z_FIXED)]
    assert zlib.decompress(b"".join(pieces), -15) == data


def test_pieces_are_whole_rows() -> None:
    assert [len(rows) for rows in parts_of(5, deflating.PIECE // 2)] == [2, 2, 1]
    assert [len(rows) for rows in parts_of(3, 10 * deflating.PIECE)] == [1, 1, 1]


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize("kind", ["gray", "RGB", "deep", "RGBA", "bits", "drawing"])
def test_threads_and_pieces_change_no_byte(suffix: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    samples: Any = smooth_picture(61, 47, {"gray": 1, "RGBA": 4}.get(kind, 3), 3)
    samples = samples.astype(np.uint16) * 257 + 3 if kind == "deep" else samples
    samples = samples[..., 0] > 99 if kind == "bits" else samples[..., 0] if kind == "gray" else samples
    samples = np.tile(samples[:7, :6], (9, 8, 1)) if kind == "drawing" else samples
    monkeypatch.setattr(deflating, "PIECE", 1500)
    monkeypatch.setattr("l3c.images.tiff_write.STRIP", 1500)
    written = []
    for threads in (1, 3):
        with sparing(threads):
            written.append(file_of(samples, f"x.{suffix}"))
            back = read_bytes(written[0], f"x.{suffix}").samples
            assert back.dtype == samples.dtype
            np.testing.assert_array_equal(back, samples)
    assert written[0] == written[1]
    if suffix == "tif":
        np.testing.assert_array_equal(tifffile.imread(io.BytesIO(written[0])).reshape(samples.shape), samples)
    elif kind != "deep":
        np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(written[0]))), samples)


def test_photographs_take_no_more_than_before() -> None:
    """Beside Pillow's writer, which searches for matches: PNG filters by some bytes of long rows, in pieces."""
    samples = np.concatenate([smooth_picture(64, 700, 3, seed) for seed in range(3)], axis=1)
    noisy = samples ^ np.random.default_rng(7).integers(0, 4, samples.shape, dtype=np.uint8)
    usual = io.BytesIO()
    Image.fromarray(noisy).save(usual, "PNG", compress_level=6)
    assert len(file_of(noisy, "x.png")) < 1.002 * len(usual.getvalue())
    plain = io.BytesIO()
    tifffile.imwrite(plain, noisy, compression="zlib")
    assert len(file_of(noisy, "x.tif")) < 0.9 * len(plain.getvalue())


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"compression": "zlib", "predictor": 2}])
@pytest.mark.parametrize("rows", [61, 10])
def test_strips_are_read_as_tifffile_reads_them(bits: int, order: str, options: dict[str, object], rows: int) -> None:
    samples = smooth_picture(61, 47, 3, 8).astype(f"u{bits // 8}") * (1 if bits == 8 else 251)
    file = io.BytesIO()
    tifffile.imwrite(file, samples, byteorder=order, rowsperstrip=rows, photometric="rgb", **options)  # type: ignore[arg-type]
    data = file.getvalue()
    directory = next(tiff._pages(Reader(data))).directory
    for threads in (1, 2):
        with sparing(threads):
            direct = tiff.of_strips(data, directory, tiff._describe(directory, data))
        assert direct is not None
        assert direct.dtype == samples.dtype
        np.testing.assert_array_equal(direct, samples)
    np.testing.assert_array_equal(read_bytes(data, "x.tif").samples, samples)


def test_strips_that_are_not_what_tags_say_go_to_other_readers() -> None:
    samples = smooth_picture(61, 47, 3, 8)
    file = io.BytesIO()
    tifffile.imwrite(file, samples, rowsperstrip=10, photometric="rgb", compression="zlib")
    data = bytearray(file.getvalue())
    directory = next(tiff._pages(Reader(bytes(data)))).directory
    place = directory.numbers(tiff.STRIPS)[3]
    data[place + 8 : place + 40] = bytes(32)
    assert tiff.of_strips(bytes(data), directory, tiff._describe(directory, bytes(data))) is None


def test_long_rows_are_filtered_by_some_bytes_alone() -> None:
    rows = np.random.default_rng(9).integers(0, 256, (5, png.LONG_ROW + 5), dtype=np.uint8)
    above = rows[0] ^ 1
    lines = png.filtered(rows, above, 3, False)
    first = np.concatenate([[np.uint8(0)], above])[None]
    back = np.empty((6, rows.shape[1]), np.uint8)
    assert undo_png_filters(np.concatenate([first, lines]).tobytes(), 3, back, 0) == 6
    np.testing.assert_array_equal(back[1:], rows)


def test_pixels_of_kept_files_may_be_written_to() -> None:
    """Strips of an uncompressed TIFF are views of the file, which nobody may change."""
    samples = smooth_picture(61, 47, 3, 8)
    file = io.BytesIO()
    tifffile.imwrite(file, samples, photometric="rgb")
    pixels = l3c.decode(l3c.keep_file(file.getvalue(), "tif"))
    pixels += 1
    np.testing.assert_array_equal(pixels, samples + 1)
    assert not read_bytes(file.getvalue(), "x.tif").samples.flags.writeable  # not copied where only looked at
