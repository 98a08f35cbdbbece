"""TIFF: taken as its tags say, or refused with the reason; tags, pages and depths come back."""

import io
import struct
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from l3c.errors import InputError
from l3c.images.picture import Picture
from l3c.images.read import describe, read_bytes
from l3c.images.receipt import lost_in, second_opinion
from l3c.images.tiff_directory import Directory, Reader, Tag, Writer, canonical, tag_of
from l3c.images.write import can_hold, write_picture
from tests.images.pictures import GRAY, ICC, RGB, RGB16, XMP, exif_block, saved, tiff

tifffile = pytest.importorskip("tifffile")
SAMPLES = np.random.default_rng(0).integers(0, 2**31, (9, 7, 5))


def made(samples: NDArray[Any], **options: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, samples, **{"metadata": None, "software": False} | options)
    return file.getvalue()


def written(picture: Picture, name: str = "x.tif") -> bytes:
    file = io.BytesIO()
    assert write_picture(picture, file, name) == []
    return file.getvalue()


def of(dtype: str, channels: int) -> NDArray[Any]:
    samples = SAMPLES[..., :channels] if channels > 1 else SAMPLES[..., 0]
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return (samples / 3e7 - 20).astype(kind)
    return samples.astype(np.uint64).astype(f"u{kind.itemsize}").view(kind)


@pytest.mark.parametrize(
    "dtype", ["uint8", "uint16", "uint32", "int8", "int16", "int32", "float16", "float32", "float64"]
)
@pytest.mark.parametrize(
    ("channels", "photometric", "extra", "layout", "kinds"),
    [
        (1, "minisblack", [], None, ()),
        (2, "minisblack", [2], None, ()),
        (2, "minisblack", [0], "gray", ("unspecified",)),
        (3, "rgb", [], None, ()),
        (4, "rgb", [2], None, ()),
        (4, "rgb", [1], "RGB", ("associated alpha",)),
        (5, "rgb", [2, 0], "RGB", ("alpha", "unspecified")),
        (4, "separated", [], "CMYK", ()),
        (5, "separated", [0], "CMYK", ("unspecified",)),
    ],
)
def test_samples_of_every_type_and_layout_come_back(
    dtype: str, channels: int, photometric: str, extra: list[int], layout: str | None, kinds: tuple[str, ...]
) -> None:
    samples = of(dtype, channels)
    for planar in ("contig", "separate") if channels > 1 else ("contig",):
        stored = np.moveaxis(samples, -1, 0) if planar == "separate" else samples
        data = made(stored, photometric=photometric, extrasamples=extra or None, planarconfig=planar)
        picture = read_bytes(data, "x.tif")
        np.testing.assert_array_equal(picture.samples, samples)
        assert (picture.samples.dtype, picture.layout, picture.extra) == (samples.dtype, layout, kinds)
    again = written(picture)
    np.testing.assert_array_equal(tifffile.imread(io.BytesIO(again)), samples)
    assert read_bytes(again, "x.tif").extra == kinds
    assert lost_in(data, picture, "x.tif", "x.tif") == []


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32"])
def test_polarity_is_resolved_at_every_depth(dtype: str) -> None:
    samples = of(dtype, 1)
    picture = read_bytes(made(samples, photometric="miniswhite"), "x.tif")
    np.testing.assert_array_equal(picture.samples, np.iinfo(dtype).max - samples)
    bits = made(GRAY > 99, photometric="miniswhite")
    np.testing.assert_array_equal(read_bytes(bits, "x.tif").samples, GRAY <= 99)


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_depths_between_8_and_16_are_kept(bits: int) -> None:
    pytest.importorskip("imagecodecs")
    samples = of("uint16", 1) >> (16 - bits)
    data = written(Picture(samples, maximum=2**bits - 1))
    picture = read_bytes(data, "x.tif")
    np.testing.assert_array_equal(picture.samples, samples)
    assert (picture.maximum, tifffile.TiffFile(io.BytesIO(data)).pages[0].bitspersample) == (2**bits - 1, bits)
    with pytest.raises(InputError, match="PNG cannot hold"):
        write_picture(picture, io.BytesIO(), "x.png")


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_an_orientation_is_kept_and_not_applied(dtype: str, orientation: int) -> None:
    samples = RGB.astype(dtype)
    picture = read_bytes(tiff(samples, [(274, 3, 1, bytes([orientation, 0, 0, 0]))]), "x.tif")
    np.testing.assert_array_equal(picture.samples, samples)
    assert ("exif" in picture.metadata) == (orientation != 1)
    again = tifffile.TiffFile(io.BytesIO(written(picture))).pages[0].tags
    assert (again[274].value if 274 in again else 1) == orientation


def directory(order: str, *tags: Tag) -> Directory:
    return Directory(order, 0, {tag.number: tag for tag in tags})


@pytest.mark.parametrize("order", ["<", ">"])
def test_tags_come_back_with_their_directories(order: str) -> None:
    gps = directory(order, Tag(1, 2, 2, b"N\0"), Tag(2, 5, 3, struct.pack(order + "6I", 48, 1, 8, 1, 30, 7)))
    exif = directory(order, Tag(33434, 5, 1, struct.pack(order + "II", 1, 125)), Tag(37500, 7, 9, b"makernote"))
    tags = [
        Tag(270, 2, 8, b"a title\0"), Tag(315, 2, 3, b"me\0"), Tag(33723, 7, 6, b"\x1c\2\5\0\1a"),
        Tag(34675, 7, len(ICC), ICC), Tag(700, 1, len(XMP), XMP),
        Tag(33550, 12, 3, struct.pack(order + "3d", 1, 2, 0)), Tag(65000, 16, 1, struct.pack(order + "Q", 7)),
        tag_of(order, 34665, 4, [0]), tag_of(order, 34853, 4, [0]),
    ]  # fmt: skip
    tags = [Tag(t.number, t.type, t.count, t.data, {34665: exif, 34853: gps}.get(t.number)) for t in tags]
    data = with_tags(order, tags)
    picture = read_bytes(data, "x.tif")
    assert picture.metadata.keys() == {"exif", "icc", "xmp"}
    assert (picture.metadata["icc"], picture.metadata["xmp"]) == (ICC, XMP)
    back = written(picture)
    reader = Reader(back)
    found = next(iter(reader.chain(reader.first)))
    assert reader.order == order
    for tag in tags:
        if tag.inner is None and tag.type != 16:
            assert (found.tags[tag.number].type, found.tags[tag.number].data) == (tag.type, tag.data)
    for number, inner in ((34665, exif), (34853, gps)):
        again = found.tags[number].inner
        assert again is not None
        assert {n: t.data for n, t in again.tags.items()} == {n: t.data for n, t in inner.tags.items()}
    assert lost_in(data, picture, "x.tif", "x.tif") == []
    assert read_bytes(written(picture, "x.png"), "x.png").metadata == picture.metadata
    assert Image.open(io.BytesIO(back)).getexif().get_ifd(34853)[1] == "N"


def with_tags(order: str, tags: list[Tag]) -> bytes:
    """An RGB TIFF with more tags."""
    file = io.BytesIO()
    writer = Writer(file, order)
    place = writer.place(RGB.tobytes())
    own = [(256, 4, [13]), (257, 4, [11]), (258, 3, [8, 8, 8]), (259, 3, [1]), (262, 3, [2]), (273, 4, [place])]
    own += [(277, 3, [3]), (278, 4, [11]), (279, 4, [RGB.nbytes])]
    writer.page([tag_of(order, n, kind, values) for n, kind, values in own] + tags)
    return file.getvalue()


def test_an_exif_block_means_the_same_wherever_it_lies() -> None:
    block = exif_block()
    again = read_bytes(written(Picture(RGB, {"exif": block})), "x.tif").metadata["exif"]
    assert canonical(again) == canonical(block)
    assert canonical(b"nonsense") == b"nonsense"


@pytest.mark.parametrize("step", [256, 257, 1])
def test_palettes_keep_how_their_colours_stand_for_8_bits(step: int) -> None:
    table = (np.arange(768).reshape(3, 256) * 7 % 256).astype(np.uint16) * np.uint16(step)
    data = made(GRAY, photometric="palette", colormap=table)
    picture = read_bytes(data, "x.tif")
    assert picture.palette is not None
    assert picture.palette.colours == (table.T // step).astype(np.uint8).tobytes()
    np.testing.assert_array_equal(tifffile.TiffFile(io.BytesIO(written(picture))).pages[0].colormap, table)


def test_colours_of_16_bits_are_kept() -> None:
    table = (np.arange(768).reshape(3, 256) * 79).astype(np.uint16)
    picture = read_bytes(made(GRAY, photometric="palette", colormap=table), "x.tif")
    np.testing.assert_array_equal(tifffile.TiffFile(io.BytesIO(written(picture))).pages[0].colormap, table)
    with pytest.raises(InputError, match="PNG cannot hold a palette of 16 bits; choose tif"):
        write_picture(picture, io.BytesIO(), "x.png")


def test_pages_and_their_thumbnails_come_back() -> None:
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        options = {"metadata": None, "software": False}
        writer.write(RGB, subifds=2, description="first", **options)
        writer.write(RGB[::2, ::2].copy(), subfiletype=1, **options)
        writer.write(GRAY > 99, subfiletype=4, photometric="mask", **options)
        writer.write(RGB16[..., 0], photometric="minisblack", description="second", **options)
    picture = read_bytes(file.getvalue(), "x.tif")
    assert [page.kind for page in picture.pages] == ["page", "thumbnail", "mask", "page"]
    back = written(picture)
    with tifffile.TiffFile(io.BytesIO(back)) as again:
        assert (len(again.pages), len(again.pages[0].pages)) == (2, 2)
        np.testing.assert_array_equal(again.pages[0].pages[1].asarray(), GRAY > 99)
        np.testing.assert_array_equal(again.pages[1].asarray(), RGB16[..., 0])
        assert [page.description for page in again.pages] == ["first", "second"]
    assert lost_in(file.getvalue(), picture, "x.tif", "x.tif") == []
    with pytest.raises(InputError, match="PNG cannot hold 4 pages; choose tif"):
        write_picture(picture, io.BytesIO(), "x.png")


def test_nan_keeps_its_payload() -> None:
    bits = np.array([[0x7FC00001, 0xFFC01234, 0x80000000], [0x7F800001, 1, 0]], np.uint32)
    picture = read_bytes(made(bits.view(np.float32)), "x.tif")
    np.testing.assert_array_equal(picture.samples.view(np.uint32), bits)
    np.testing.assert_array_equal(read_bytes(written(picture), "x.tif").samples.view(np.uint32), bits)


def altered(tag: int, kind: int, before: int, after: int) -> bytes:
    """An RGB TIFF with another value of a tag."""
    return tiff(RGB).replace(struct.pack("<HHII", tag, kind, 1, before), struct.pack("<HHII", tag, kind, 1, after))


REFUSED = {
    "slices": (tiff(RGB, [(32997, 4, 1, struct.pack("<I", 2))]), "2 slices"),
    "photometric": (altered(262, 3, 2, 32844), "photometric 32844"),
    "a camera's file": (tiff(RGB, [(50706, 1, 4, b"\1\4\0\0")]), "raw file"),
    "compression": (altered(259, 3, 1, 34887), "34887 .LERC. is not supported"),
    "inks": (made(of("uint8", 4), photometric="separated", extratags=[(332, 3, 1, 2, True)]), "inks other than CMYK"),
    "subsampled": (altered(262, 3, 2, 6), "subsampled YCbCr"),
    "mixed bits": (tiff(RGB)[:8] + struct.pack("<3H", 5, 6, 5) + tiff(RGB)[14:], "5, 6, 5 bits"),
    "data outside": (altered(273, 4, 14, 9999), "end after the file"),
    "data left out": (altered(279, 4, RGB.nbytes, 0), "sparse"),
    "a circle": (tiff(RGB)[:-4] + struct.pack("<I", len(tiff(RGB)) - 4 - 9 * 12 - 2), "met twice"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_rest_is_refused_with_the_reason(name: str) -> None:
    data, reason = REFUSED[name]
    with pytest.raises(InputError, match=f"^x.tif: .*{reason}"):
        read_bytes(data, "x.tif")


def test_ycbcr_and_lab_are_kept_as_their_samples() -> None:
    for photometric, layout in ((6, "YCbCr"), (8, "Lab"), (9, "ICC Lab"), (10, "ITU Lab")):
        stated = struct.pack("<HHII", 262, 3, 1, photometric)
        data = tiff(RGB, [(530, 3, 2, struct.pack("<HH", 1, 1))]).replace(struct.pack("<HHII", 262, 3, 1, 2), stated)
        picture = read_bytes(data, "x.tif")
        assert picture.layout == layout
        np.testing.assert_array_equal(picture.samples, RGB)
        again = read_bytes(written(picture), "x.tif")
        np.testing.assert_array_equal(again.samples, RGB)
        assert again.layout == layout


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK"])
def test_two_libraries_agree(mode: str) -> None:
    image = Image.fromarray(RGB).convert("L" if mode == "LA" else "RGB").convert(mode)
    data = saved(image, "TIFF")
    assert second_opinion(data, read_bytes(data, "x")) is True
    assert describe(data, "x").refused is None


def test_bits_of_several_channels_come_back() -> None:
    picture = read_bytes(written(Picture(RGB > 99)), "x.tif")
    np.testing.assert_array_equal(picture.samples, RGB > 99)
    assert can_hold(".tif", picture)
    assert not can_hold(".png", picture)


@pytest.mark.parametrize("suffix", [".tif", ".png"])
def test_repeated_tags_are_kept_in_their_order(suffix: str) -> None:
    data = made(RGB16, photometric="rgb", description="first", metadata={"axes": "YXS"})
    picture = read_bytes(data, "x.tif")
    assert lost_in(data, picture, "x.tif", "x" + suffix) == []
    with tifffile.TiffFile(io.BytesIO(data)) as before, tifffile.TiffFile(io.BytesIO(written(picture))) as after:
        texts = [[tag.value for tag in file.pages.first.tags if tag.code == 270] for file in (before, after)]
    assert texts[0] == texts[1]
    assert len(texts[0]) > 1


def test_a_repeated_tag_of_the_layout_is_named() -> None:
    data = made(GRAY, photometric="minisblack", extratags=[(65000, "H", 1, 3, True)])
    data = data.replace(struct.pack("<HHI", 65000, 3, 1), struct.pack("<HHI", 256, 3, 1))
    assert "a second tag 256" in lost_in(data, read_bytes(data, "x.tif"), "x.tif", "x.tif")


def test_zeros_that_fill_up_a_file_are_no_content() -> None:
    data = made(GRAY)
    picture = read_bytes(data, "x.tif")
    assert lost_in(data + bytes(14), picture, "x.tif", "x.tif") == []
    assert len(lost_in(data + bytes(20), picture, "x.tif", "x.tif")) == 1
    assert len(lost_in(data + b"\0\0\0\1", picture, "x.tif", "x.tif")) == 1
