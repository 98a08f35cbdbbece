"""l3c.open: slices equal those of all samples, and only what they need is read."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow

import l3c
from l3c import image as lazy
from l3c.container.lazy import read_lazily
from l3c.errors import ChecksumError, FormatError, InputError, LimitError
from l3c.history.photo_cd import convert as photo_cd
from l3c.images.picture import Picture
from tests.checks import encode_tiled, noise, packaged_model, plain, smooth_picture
from tests.history.sources import photo_cd_planes
from tests.server import serving

KEYS: dict[str, Any] = {
    "a box": np.s_[5:30, 40:61],
    "all": np.s_[:],
    "dots": np.s_[...],
    "dots and a column": np.s_[..., 2],
    "a pixel": np.s_[7, 9],
    "the last row": np.s_[-1],
    "a column": np.s_[:, 50],
    "steps": np.s_[1:60:7, 2::5],
    "backwards": np.s_[::-1, 60:10:-3],
    "beyond": np.s_[60:1000, 80:],
    "nothing": np.s_[10:10, 4:8],
    "an array": np.s_[np.array([3, 1, 60])],
    "rows before dots": np.s_[3:9, ...],
}


def tiled(samples: NDArray[Any], side: int = 32) -> bytes:
    return encode_tiled(samples, packaged_model(samples.shape[2], side))


def ramp16(height: int, width: int) -> NDArray[np.uint16]:
    return (np.arange(height * width * 3, dtype=np.uint64) * 40503 >> 7).astype(np.uint16).reshape(height, width, 3)


def turned() -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.rot90(photo_cd.redo(*photo_cd_planes(160, 131), True)))


FILES: dict[str, Any] = {
    "RGB in tiles": lambda: tiled(smooth_picture(67, 91, 3)),
    "gray in tiles": lambda: tiled(smooth_picture(67, 91, 1)),
    "RGBA": lambda: l3c.encode(np.concatenate([smooth_picture(67, 91, 3), noise(67, 91, 1)], 2)),
    "16 bits": lambda: l3c.encode(ramp16(67, 91)),
    "few of 16 bits": lambda: l3c.encode((smooth_picture(67, 91, 1).astype(np.uint16) * 3 + 7)[..., 0] * 11),
    "10 bits": lambda: l3c.encode((ramp16(80, 91)[..., 0] >> 6) * 64),
    "1 bit": lambda: l3c.encode(noise(67, 91, 1)[..., 0] > 99),
    "gray in RGB": lambda: l3c.encode(np.repeat(smooth_picture(67, 91, 1), 3, 2)),
    "flat": lambda: l3c.encode(np.full((67, 91, 3), 9, np.uint8)),
    "a drawing": lambda: l3c.encode(np.kron(noise(7, 10, 3) & 128, np.ones((10, 10, 1), np.uint8))),
    "Photo CD": lambda: l3c.encode(photo_cd.redo(*photo_cd_planes(130, 151))),
    "Photo CD, turned": lambda: l3c.encode(turned()),
}


@pytest.fixture(scope="module", params=FILES)
def file(request: pytest.FixtureRequest) -> bytes:
    data: bytes = FILES[request.param]()
    return data


@pytest.mark.parametrize("key", KEYS)
def test_a_slice_is_that_of_the_samples(file: bytes, key: str) -> None:
    expected = l3c.decode(file)[KEYS[key]]
    found = l3c.open(file)[KEYS[key]]
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    np.testing.assert_array_equal(found, expected)


def test_every_small_region_of_an_image_with_a_past(file: bytes) -> None:
    whole, image = l3c.decode(file), l3c.open(file)
    height, width = whole.shape[:2]
    for y, x in [(0, 0), (1, 1), (height - 4, width - 5), (31, 30), (height - 3, 0)]:
        np.testing.assert_array_equal(image[y : y + 3, x : x + 4], whole[y : y + 3, x : x + 4])


def test_corrections_belong_to_their_region() -> None:
    pixels = photo_cd.redo(*photo_cd_planes(130, 150))
    pixels[40:50:3, 60] ^= 1
    file = l3c.encode(pixels)
    assert l3c.info(file).history
    for key in (np.s_[38:45, 55:70], np.s_[43, 60], np.s_[44:48], np.s_[:, 61:]):
        np.testing.assert_array_equal(l3c.open(file)[key], pixels[key])


@pytest.mark.parametrize("key", [np.s_[200], np.s_[:, 91], np.s_[-68], np.s_[0, 0, 0, 0]])
def test_what_is_out_of_bounds_is_an_index_error(key: Any) -> None:
    with pytest.raises(IndexError):
        l3c.open(FILES["RGB in tiles"]())[key]


def test_it_looks_like_an_array() -> None:
    image = l3c.open(FILES["16 bits"]())
    assert (len(image), image.ndim, image.shape, image.dtype) == (67, 3, (67, 91, 3), np.uint16)
    np.testing.assert_array_equal(np.asarray(image), image.samples)
    assert np.asarray(image, np.float32).dtype == np.float32


def test_regions_are_checked() -> None:
    image = l3c.open(FILES["gray in tiles"]())
    np.testing.assert_array_equal(image.region(3, 5, 10, 20), image.samples[5:25, 3:13])
    for region in [(-1, 0, 5, 5), (0, 0, 0, 5), (90, 0, 2, 1), (0, 60, 1, 8)]:
        with pytest.raises(InputError, match="the image is 91 x 67 pixels"):
            image.region(*region)


class Counted:
    """Bytes that remember which were read."""

    def __init__(self, data: bytes) -> None:
        self.data, self.size, self.parts = data, len(data), list[tuple[int, int]]()

    def read(self, start: int, stop: int) -> bytes:
        self.parts.append((start, stop))
        return self.data[start:stop]


def test_only_the_tiles_of_a_region_are_read() -> None:
    data = encode_tiled(noise(512, 512, 3), packaged_model(3, 128))
    counted = Counted(data)
    image = lazy.Image(*read_lazily(counted))
    assert sum(stop - start for start, stop in counted.parts) < 100_000
    counted.parts.clear()
    np.testing.assert_array_equal(image[130:140, 250:260], noise(512, 512, 3)[130:140, 250:260])
    assert sum(stop - start for start, stop in counted.parts) < 0.15 * len(data)


def test_files_and_urls_are_read_lazily(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    path = tmp_path / "a.l3c"
    path.write_bytes(FILES["RGB in tiles"]())
    expected = l3c.decode(path.read_bytes())[10:50, 3:9]
    for source in (path, str(path), path.as_uri()):
        np.testing.assert_array_equal(l3c.open(source)[10:50, 3:9], expected)


def test_much_metadata_before_the_pixels_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.l3c"
    path.write_bytes(l3c.encode(smooth_picture(20, 20, 3), metadata={"icc": bytes(200_000)}))
    image = l3c.open(path)
    assert image.metadata == {"icc": bytes(200_000)}
    np.testing.assert_array_equal(image[3], smooth_picture(20, 20, 3)[3])


@pytest.mark.parametrize("cut", [0, 5, 9, 12, 40, 200, -3])
def test_a_file_that_ends_early_is_an_error_when_opened(cut: int, tmp_path: Path) -> None:
    path = tmp_path / "a.l3c"
    path.write_bytes(FILES["RGB in tiles"]()[:cut])
    with pytest.raises(FormatError):
        l3c.open(path)


def test_a_tile_that_is_damaged_is_an_error_when_it_is_wanted(tmp_path: Path) -> None:
    path, data = tmp_path / "a.l3c", bytearray(encode_tiled(noise(64, 64, 3), packaged_model(3, 32)))
    data[-100] ^= 1
    path.write_bytes(data)
    image = l3c.open(path)
    np.testing.assert_array_equal(image[:32], noise(64, 64, 3)[:32])
    with pytest.raises(FormatError, match="tile 3"):
        image[60, 60]
    data[20] ^= 255
    path.write_bytes(data)
    with pytest.raises(ChecksumError):
        l3c.open(path)


def test_memory_is_that_of_the_region() -> None:
    data = tiled(smooth_picture(2000, 1500, 3), 64)
    image = l3c.open(data, threads=1, max_memory=9_200_000)
    assert image[:64, :64].shape == (64, 64, 3)
    with pytest.raises(LimitError):
        _ = image.samples


def test_a_kept_jpeg_file_has_parts_too(tmp_path: Path) -> None:
    pytest.importorskip("imagecodecs")
    file = io.BytesIO()
    Pillow.fromarray(smooth_picture(40, 50, 3)).save(file, "JPEG")
    path = tmp_path / "a.jpg.l3c"
    path.write_bytes(l3c.encode_jpeg(file.getvalue()))
    image = l3c.open(path)
    np.testing.assert_array_equal(image[3:9, 4], image.samples[3:9, 4])


@pytest.mark.parametrize("name", FILES)
def test_every_file_has_a_preview(name: str) -> None:
    preview = l3c.open(FILES[name]()).preview(40)
    assert preview.dtype == np.uint8
    assert max(preview.shape[:2]) == 40
    assert preview.shape[2] == (4 if name == "RGBA" else 3)


def test_a_preview_in_the_file_needs_no_samples(tmp_path: Path) -> None:
    picture = smooth_picture(400, 600, 3)
    plainly, data = l3c.encode(picture), l3c.encode(picture, preview=True)
    assert len(plainly) < len(data) < len(plainly) + 20_000
    assert "preview" in l3c.info(data).metadata
    assert l3c.open(data).metadata == {}
    np.testing.assert_array_equal(l3c.decode(data), picture)
    path = tmp_path / "a.l3c"
    path.write_bytes(data)
    image = l3c.open(path)
    small = np.asarray(Pillow.fromarray(picture).resize((320, 213), Pillow.Resampling.BOX)).astype(int)
    assert np.abs(image.preview() - small).mean() < 8
    assert "samples" not in image.__dict__
    assert image.preview(100).shape == (67, 100, 3)


def test_a_palette_with_clear_colours_has_a_clear_preview() -> None:
    palette = l3c.Palette(bytes(range(12)), b"\0")
    data = l3c.encode(plain(noise(20, 20, 1)) & 3, palette=palette, preview=True)
    assert l3c.open(data).preview().shape == (20, 20, 4)


@pytest.mark.parametrize("lazily", [False, True])
def test_an_image_can_be_pickled(lazily: bool, tmp_path: Path) -> None:
    pages = [Picture(noise(20, 30, 3)), Picture(noise(7, 9, 1)[..., 0])]
    for name, data in (
        ("one", l3c.encode(pages[0].samples, effort=1, metadata={"xmp": b"<x/>"})),
        ("pages", l3c.encode_pages(pages, effort=1)),
        ("kept", l3c.keep_file(b"text", "txt")),
    ):
        path = tmp_path / f"{name}.l3c"
        path.write_bytes(data)
        image = l3c.open(path if lazily else data)
        again = pickle.loads(pickle.dumps(image))
        assert (again.shape, again.metadata, len(again.pages)) == (image.shape, image.metadata, len(image.pages))
        if name != "kept":
            np.testing.assert_array_equal(again.pages[-1].samples, image.pages[-1].samples)
            np.testing.assert_array_equal(again[3:9, 4:6], image[3:9, 4:6])


def test_a_server_that_knows_no_ranges_gives_parts_too(tmp_path: Path) -> None:
    picture = smooth_picture(60, 90, 3)
    (tmp_path / "x.l3c").write_bytes(l3c.encode(picture, model="wave-fast"))
    with serving(tmp_path) as url:
        assert np.array_equal(l3c.open(f"{url}/x.l3c")[5:9, 50:60], picture[5:9, 50:60])


def test_bytes_that_nobody_asked_for_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.l3c").write_bytes(l3c.encode(smooth_picture(60, 90, 3), model="wave-fast"))
    with serving(tmp_path) as url:
        ranges = lazy.UrlRanges(f"{url}/x.l3c")
        monkeypatch.setattr(ranges._fs, "cat_file", lambda *_, **__: b"abc")
        with pytest.raises(InputError, match="3 bytes came where 10 were asked for"):
            ranges.read(5, 15)


@pytest.mark.parametrize("side", [0, -1, float("nan")])
def test_a_preview_of_no_size_is_refused(side: int) -> None:
    with pytest.raises(InputError, match="at least 1"):
        l3c.open(l3c.encode(smooth_picture(9, 9, 3))).preview(side)


def test_an_image_stands_in_a_with_statement_and_keeps_no_file_open(tmp_path: Path) -> None:
    path = tmp_path / "x.l3c"
    path.write_bytes(tiled(smooth_picture(67, 91, 3)))
    with l3c.open(path) as image:
        part = image[3:5, 4:9]
    np.testing.assert_array_equal(image[3:5, 4:9], part)
    path.rename(tmp_path / "y.l3c")
    with pytest.raises(FileNotFoundError), l3c.open(path):
        pass


def test_the_size_is_width_and_height() -> None:
    for shape in ((2, 5), (2, 5, 3)):
        image = l3c.open(l3c.encode(np.zeros(shape, np.uint8)))
        assert (image.size, image.shape) == ((5, 2), shape)
        assert image.size == image.pages[0].size


@pytest.mark.parametrize("name", ["RGB in tiles", "gray in tiles", "RGBA", "16 bits", "a kept JPEG"])
def test_notebooks_show_a_preview(name: str) -> None:
    kept = io.BytesIO()
    Pillow.fromarray(smooth_picture(67, 91, 3)).save(kept, "JPEG")
    data = FILES[name]() if name in FILES else l3c.encode_jpeg(kept.getvalue())
    image = l3c.open(data)
    png = image._repr_png_()
    assert png is not None
    with Pillow.open(io.BytesIO(png)) as shown:
        assert (shown.format, shown.size) == ("PNG", image.size)
        np.testing.assert_array_equal(np.asarray(shown), image.preview())


def test_a_large_image_is_shown_small_and_what_is_none_as_text(tmp_path: Path) -> None:
    png = l3c.open(l3c.encode(np.zeros((20, 700), np.uint8)))._repr_png_()
    assert png is not None
    with Pillow.open(io.BytesIO(png)) as shown:
        assert shown.size == (320, 9)
    assert l3c.open(l3c.keep_file(b"text", "txt"))._repr_png_() is None
    path = tmp_path / "x.l3c"
    path.write_bytes(tiled(smooth_picture(67, 91, 3)))
    image = l3c.open(path)
    path.unlink()
    assert image._repr_png_() is None
