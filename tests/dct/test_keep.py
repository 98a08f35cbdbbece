"""JPEG files of all kinds come back byte for byte; damaged files of ours are errors."""

import io
import random
import re
from dataclasses import replace
from zlib import crc32

import imagecodecs
import numpy as np
import pytest
from PIL import Image

import l3c
from l3c.container.coefficients import read_coded, write_coded
from l3c.container.constants import KEPT_JPEG_XL, KEPT_STORED, RGB
from l3c.container.read import read_file
from l3c.container.structure import NOTHING, Contents, ImageHeader, KeptFile, ModelReference
from l3c.container.write import write_file
from l3c.dct import coded as coded_jpeg
from l3c.dct.coded import Segment
from l3c.dct.families import model_for
from l3c.dct.model import DctModel
from l3c.errors import (
    ChecksumError,
    DependencyError,
    FormatError,
    InputError,
    L3CError,
    LimitError,
    ModelError,
    VersionError,
)
from l3c.jpeg.file import JpegFile
from tests.checks import plain, smooth_picture
from tests.images.pictures import ICC, exif_block, saved
from tests.jpeg.files import SETTINGS, damaged, jpeg_file

PICTURE = Image.fromarray(smooth_picture(140, 180, 3))
BASE = saved(PICTURE, "JPEG")
DEEP = bytes(imagecodecs.jpeg_encode(smooth_picture(40, 60, 3).astype(np.uint16) * 16, level=90, bitspersample=12))
SOF = BASE.index(b"\xff\xc0")
CODED = {
    "baseline": BASE,
    "4:4:4": saved(PICTURE, "JPEG", subsampling=0),
    "4:2:2": saved(PICTURE, "JPEG", subsampling=1),
    "gray": saved(PICTURE.convert("L"), "JPEG"),
    "progressive": saved(PICTURE, "JPEG", progressive=True, optimize=True),
    "restarts": saved(PICTURE, "JPEG", restart_marker_blocks=3),
    "metadata": saved(PICTURE, "JPEG", exif=exif_block(), comment=b"by hand", xmp=b"<x/>"),
    "trailing bytes": BASE + bytes(range(256)) * 4,
    "CMYK": saved(PICTURE.convert("CMYK"), "JPEG"),
    "cut": BASE[:-90],
    "a broken profile": saved(PICTURE, "JPEG", icc_profile=ICC),
    "a thumbnail": saved(PICTURE, "JPEG", exif=exif_block()[:-4] + saved(PICTURE.resize((32, 24)), "JPEG")),
    "several pictures, as phones write": saved(PICTURE, "MPO", save_all=True, append_images=[PICTURE.resize((30, 20))]),
}
CODED["bytes between segments"] = BASE[:20] + b"between" + BASE[20:]
STORED = {
    "12 bits": DEEP,
    "arithmetic coding": BASE[: SOF + 1] + b"\xc9" + BASE[SOF + 2 :],
}
CUT = BASE[:-90]
FILE = l3c.encode_jpeg(BASE)
OLD = write_file(
    Contents.of_file(
        ImageHeader(RGB, 140, 180),
        KeptFile(KEPT_JPEG_XL, len(BASE), crc32(BASE), bytes(imagecodecs.jpegxl_encode_jpeg(BASE))),
    )
)
"""As earlier versions wrote it: libjxl's transcoding."""


@pytest.mark.parametrize("name", CODED)
def test_a_file_comes_back_and_is_smaller(name: str) -> None:
    jpeg = CODED[name]
    data = l3c.encode_jpeg(jpeg, threads=1)
    assert len(data) < len(jpeg)
    assert l3c.original(data) == jpeg
    info = l3c.info(data)
    assert (info.kept_coder, info.models) == ("coefficients", (("jpeg", model_for("wave").digest[:16].hex()),))


@pytest.mark.parametrize("name", STORED)
def test_what_is_not_taken_apart_is_stored(name: str) -> None:
    jpeg = STORED[name]
    data = l3c.encode_jpeg(jpeg)
    assert len(jpeg) < len(data) < len(jpeg) + 60
    assert l3c.original(data) == jpeg
    assert (l3c.info(data).kept_coder, l3c.info(data).kept_size) == ("stored", len(jpeg))
    assert l3c.verify(data) == l3c.info(data)


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_other_files_are_refused(form: str) -> None:
    for data in (saved(PICTURE, form), b"", BASE[:SOF]):
        with pytest.raises(InputError, match="not a JPEG file"):
            l3c.encode_jpeg(data)


def test_pixels_are_those_of_pillow() -> None:
    for jpeg in (value for name, value in CODED.items() if name != "cut"):
        with Image.open(io.BytesIO(jpeg)) as image:
            np.testing.assert_array_equal(l3c.decode(l3c.encode_jpeg(jpeg)), np.asarray(image))


@pytest.mark.parametrize(("name", "reason"), [("12 bits", "cannot be decoded"), ("cut", "truncated")])
def test_pixels_that_cannot_be_had_are_refused(name: str, reason: str) -> None:
    with pytest.raises(InputError, match=f"kept whole, but its pixels.*{reason}"):
        l3c.decode(l3c.encode_jpeg((STORED | CODED)[name]))


def test_a_depth_that_no_picture_has_is_not_noted() -> None:
    """HEAD would say another kind of samples, or nothing that a reader knows."""
    for depth in (0, 1, 17, 136, 255):
        jpeg = BASE[: SOF + 4] + bytes([depth]) + BASE[SOF + 5 :]
        data = l3c.keep_file(jpeg, "jpg")
        assert l3c.original(data) == jpeg
        assert l3c.info(data).width == 0
        with pytest.raises(InputError, match="not a JPEG file"):
            l3c.encode_jpeg(jpeg)


def test_info_tells_layout_and_depth() -> None:
    found = {name: l3c.info(l3c.encode_jpeg(jpeg)) for name, jpeg in (CODED | STORED).items()}
    assert {name: i.layout for name, i in found.items() if i.layout != "RGB"} == {"gray": "gray", "CMYK": "CMYK"}
    assert {name: i.depth for name, i in found.items() if i.depth != 8} == {"12 bits": 12}
    assert (found["baseline"].width, found["baseline"].height, found["baseline"].tiles) == (180, 140, 0)


def test_pixels_have_no_original() -> None:
    with pytest.raises(InputError, match="holds pixels"):
        l3c.original(l3c.encode(plain(smooth_picture(5, 5, 1))))


def test_pillow_opens_it_as_it_would_the_jpeg_file() -> None:
    l3c.register_pillow()
    jpeg = saved(PICTURE, "JPEG", exif=exif_block())
    with Image.open(io.BytesIO(jpeg)) as expected, Image.open(io.BytesIO(l3c.encode_jpeg(jpeg))) as image:
        assert (image.format, image.mode, image.size) == ("L3C", expected.mode, expected.size)
        assert image.info["exif"] == expected.info["exif"]
        assert image.tobytes() == expected.tobytes()


def test_files_of_earlier_versions_come_back_where_libjxl_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert l3c.original(OLD) == BASE
    assert l3c.info(OLD).kept_coder == "JPEG XL"
    np.testing.assert_array_equal(l3c.decode(OLD), l3c.decode(FILE))
    monkeypatch.setattr("l3c.jpeg.transcode.available", lambda: False)
    for call in (lambda: l3c.original(OLD), lambda: l3c.decode(OLD)):
        with pytest.raises(DependencyError, match=r"pip install '.\[jpeg\]'"):
            call()
    assert l3c.original(l3c.encode_jpeg(BASE)) == BASE


def test_a_model_of_pixels_chooses_one_of_coefficients() -> None:
    pairs = {
        "wave": "jpeg",
        "wave-max": "jpeg",
        "jpeg": "jpeg",
        "wave-fast": "jpeg-fast",
        "wave-light": "jpeg-fast",
        "jpeg-fast": "jpeg-fast",
    }
    for name, used in pairs.items():
        assert l3c.info(l3c.encode_jpeg(BASE, model=name)).models[0][0] == used
    with pytest.raises(ModelError, match="no model 'wavy'"):
        l3c.encode_jpeg(BASE, model="wavy")


def test_a_model_that_is_missing_is_named() -> None:
    coded = read_coded(read_jpeg().data)
    other = replace(coded, model=ModelReference(bytes(16), "far away"))
    with pytest.raises(ModelError, match="'far away' with digest 0000"):
        l3c.original(forged(data=write_coded(other)))


def test_segments_are_coded_apart_and_bytes_do_not_depend_on_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coded_jpeg, "SEGMENT_BLOCKS", 300)
    for name in ("baseline", "4:4:4", "progressive", "several pictures, as phones write"):
        jpeg = CODED[name]
        data = l3c.encode_jpeg(jpeg, threads=1)
        kept = read_file(data).jpeg
        assert kept is not None
        assert len(read_coded(kept.data).payloads) > 1
        assert l3c.encode_jpeg(jpeg, threads=3) == data
        assert l3c.original(data, threads=3) == jpeg


def test_progress_is_told() -> None:
    shares: list[float] = []
    data = l3c.encode_jpeg(BASE, progress=shares.append)
    assert shares[-1] == 1
    shares.clear()
    assert l3c.original(data, progress=shares.append) == BASE
    assert shares[-1] == 1


@pytest.mark.parametrize("name", [name for name in CODED if name != "cut"])
def test_a_region_is_that_of_the_whole(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coded_jpeg, "SEGMENT_BLOCKS", 200)
    data = l3c.encode_jpeg(CODED[name])
    whole, image = l3c.decode(data), l3c.open(data)
    for x, y, width, height in ((0, 0, 180, 140), (17, 60, 5, 9), (0, 139, 180, 1), (3, 16, 100, 32)):
        part = image.region(x, y, width, height)
        np.testing.assert_array_equal(part, whole[y : y + height, x : x + width])


def test_a_region_of_a_damaged_file_is_what_readers_make_of_the_whole() -> None:
    """They fill in what is missing in ways of their own, so that such a file is decoded as a whole."""
    chance, compared = random.Random(3), 0
    for name in SETTINGS:
        for _ in range(6):
            jpeg = damaged(jpeg_file(name, 61, 70), chance)
            data = l3c.encode_jpeg(jpeg, threads=1)
            try:
                whole = l3c.decode(data)
            except InputError:
                continue
            np.testing.assert_array_equal(l3c.open(data)[30:50], whole[30:50])
            compared += 1
    assert compared > 30


def test_a_region_of_a_picture_that_lacks_scans_is_smoothed_as_the_whole_is() -> None:
    scans = [at.start() for at in re.finditer(b"\xff\xda", CODED["progressive"])]
    for at in scans[1::3]:
        data = l3c.encode_jpeg(CODED["progressive"][:at] + b"\xff\xd9")
        np.testing.assert_array_equal(l3c.open(data)[40:60], l3c.decode(data)[40:60])


def test_what_stands_behind_a_scan_says_nothing_of_colours() -> None:
    adobe = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\0"
    jfif = 20  # bytes up to its end: it says what the components are
    data = l3c.encode_jpeg(BASE[:2] + BASE[jfif:-2] + adobe + BASE[-2:])
    assert l3c.info(data).kept_coder == "coefficients"
    np.testing.assert_array_equal(l3c.open(data)[40:60], l3c.decode(data)[40:60])


def test_a_region_decodes_the_segments_that_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coded_jpeg, "SEGMENT_BLOCKS", 200)
    data = l3c.encode_jpeg(CODED["4:4:4"])
    decoded: list[Segment] = []
    fill = coded_jpeg.fill_segment

    def counting(model: DctModel, file: JpegFile, part: Segment, payload: bytes) -> None:
        decoded.append(part)
        fill(model, file, part, payload)

    monkeypatch.setattr(coded_jpeg, "fill_segment", counting)
    l3c.open(data)[:20]
    few = len(decoded)
    decoded.clear()
    l3c.original(data)
    assert 0 < few < len(decoded)


@pytest.mark.parametrize("data", [OLD, l3c.encode_jpeg(BASE[:-2])], ids=["JPEG XL", "without an end"])
def test_what_has_no_parts_is_decoded_once(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[bytes] = []

    def original_of(*_: object, **__: object) -> bytes:
        decoded.append(BASE)
        return BASE

    monkeypatch.setattr("l3c.api.original_of", original_of)
    image = l3c.open(data)
    np.testing.assert_array_equal(image[10:20], image[:30][10:20])
    assert len(decoded) == 1


def test_a_preview_comes_from_few_coefficients() -> None:
    image = l3c.open(FILE)
    assert image.preview(45).shape == (35, 45, 3)
    large = np.asarray(PICTURE.resize((45, 35), Image.Resampling.BOX), np.int16)
    assert np.abs(image.preview(45) - large).mean() < 3


def test_a_small_file_that_declares_a_huge_picture_is_stored() -> None:
    at = BASE.index(b"\xff\xc0") + 5
    bomb = BASE[:at] + b"\xff\xff\xff\xff" + BASE[at + 4 :]
    data = l3c.encode_jpeg(bomb)
    assert (l3c.info(data).kept_coder, l3c.info(data).width) == ("stored", 65535)
    assert l3c.original(data, max_memory=20 << 30) == bomb


def forged(**fields: object) -> bytes:
    """FILE with other fields of its JPEG section, checksums fitting."""
    return write_file(replace(read_file(FILE), kept=replace(read_jpeg(), **fields)))  # type: ignore[arg-type]


def test_memory_is_limited_before_it_is_taken() -> None:
    huge = Contents.of_file(ImageHeader(1, 60000, 60000), read_jpeg())
    for data in (write_file(huge), forged(length=1 << 50)):
        with pytest.raises(LimitError):
            l3c.original(data)
    for data in (FILE, OLD):
        with pytest.raises(LimitError):
            l3c.decode(data, max_memory=1 << 17)
    assert l3c.info(l3c.encode_jpeg(BASE, max_memory=1 << 17)).kept_coder == "stored"


def read_jpeg() -> KeptFile:
    jpeg = read_file(FILE).jpeg
    assert jpeg is not None
    return jpeg


def test_contradictions_are_refused() -> None:
    header, jpeg, old = read_file(FILE).header, read_jpeg(), read_file(OLD).jpeg
    other, one = bytes(imagecodecs.jpegxl_encode_jpeg(CODED["4:4:4"])), read_coded(jpeg.data)
    assert old is not None
    cases = {
        write_file(Contents.of_file(replace(header, width=181), old)): (FormatError, "declares 180 x 140"),
        write_file(Contents.of_file(replace(header, width=181), jpeg)): (FormatError, "HEAD says"),
        write_file(Contents.of_file(NOTHING, jpeg)): (FormatError, "no section HEAD"),
        write_file(Contents.of_file(replace(header, layout=0), jpeg)): (FormatError, "HEAD says"),
        forged(crc=1): (ChecksumError, "differs"),
        forged(coder=KEPT_JPEG_XL, data=other): (L3CError, "differs|cannot be decoded"),
        forged(data=write_coded(replace(one, segment_rows=1))): (FormatError, "segments has coefficients of 1"),
        forged(data=write_coded(replace(one, payloads=[*one.payloads, b""]))): (FormatError, "coefficients of 2"),
        forged(data=jpeg.data[:-1]): (FormatError, "coefficients of a segment"),
        forged(data=bytes(jpeg.data) + b"x"): (FormatError, "bytes too many"),
        forged(length=len(BASE) + 1): (FormatError, "HEAD says"),
        forged(coder=2): (FormatError, "deflate stream"),
        forged(coder=4): (VersionError, "coder 4"),
        forged(coder=KEPT_STORED): (FormatError, "is stored in"),
        forged(coder=KEPT_JPEG_XL, data=BASE): (FormatError, "no JPEG XL"),
    }
    for data, (kind, message) in cases.items():
        with pytest.raises(kind, match=message):
            l3c.original(data)


def test_a_head_does_not_make_a_picture_of_a_kept_file() -> None:
    """The file comes back as it was; its pixels are what a reader of its format finds, here nothing."""
    zeros = bytes(len(BASE))
    data = forged(coder=KEPT_STORED, data=zeros, crc=crc32(zeros))
    assert l3c.original(data) == zeros
    with pytest.raises(L3CError):
        l3c.decode(data)


def test_every_truncation_is_refused() -> None:
    for length in range(len(FILE)):
        with pytest.raises(L3CError):
            l3c.original(FILE[:length])


def test_damage_behind_a_forged_check_sum_is_refused() -> None:
    """What the section's CRC would notice first: the coder, the length and the file's CRC stand behind it."""
    contents = bytes(read_jpeg().data)
    for bit in range(0, 8 * len(contents), 97):
        damaged = bytearray(contents)
        damaged[bit // 8] ^= 1 << bit % 8
        try:
            assert l3c.original(forged(data=bytes(damaged)), threads=1) == BASE
        except L3CError:
            continue
    for length in range(0, len(contents), 37):
        with pytest.raises(L3CError):
            l3c.original(forged(data=contents[:length]), threads=1)
