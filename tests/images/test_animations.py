"""GIF and WebP: frames as they are stored, times and disposal; Pillow shows the same of what is written."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from l3c.container.structure import Animation, Frame
from l3c.errors import InputError
from l3c.images.formats import format_of
from l3c.images.read import describe, read_bytes
from l3c.images.receipt import lost_in, second_opinion
from l3c.images.write import can_hold, formats_for, write_picture
from tests.images.pictures import GRAY, ICC, RGB, XMP, exif_block, saved

BIG = Image.fromarray(np.tile(RGB, (3, 3, 1)))


def frames(mode: str) -> list[Image.Image]:
    found = []
    for i in range(4):
        image = BIG.copy()
        ImageDraw.Draw(image).ellipse((4 + 5 * i, 3, 14 + 5 * i, 20), fill=(255, 40 * i, 0))
        found.append(image.convert(mode) if mode != "P" else image.quantize(17 + 30 * i))
    return found


def shown(data: bytes) -> list[tuple[np.ndarray[Any, Any], object]]:
    found = []
    with Image.open(io.BytesIO(data)) as image:
        for i in range(getattr(image, "n_frames", 1)):
            image.seek(i)
            found.append((np.asarray(image.convert("RGBA")), image.info.get("duration")))
    return found


def check(data: bytes, suffix: str) -> None:
    picture, file = read_bytes(data, "x"), io.BytesIO()
    assert write_picture(picture, file, "x" + suffix) == []
    again = read_bytes(file.getvalue(), "x")
    assert again.animation == picture.animation
    for one, other in zip(picture.pages, again.pages, strict=True):
        np.testing.assert_array_equal(one.samples, other.samples)
        assert (one.frame, one.layout) == (other.frame, other.layout)
    for one_shown, other_shown in zip(shown(data), shown(file.getvalue()), strict=True):
        np.testing.assert_array_equal(one_shown[0], other_shown[0])
        assert one_shown[1] == other_shown[1]
    assert lost_in(data, picture, "x", "x" + suffix) == []
    assert formats_for(picture)[0] in (suffix, ".png")
    assert not can_hold(".tif", picture)


@pytest.mark.parametrize("disposal", [0, 1, 2, 3])
@pytest.mark.parametrize("mode", ["P", "L"])
def test_gif(disposal: int, mode: str) -> None:
    first, *rest = frames(mode)
    data = saved(
        first,
        "GIF",
        save_all=True,
        append_images=rest,
        duration=[50, 70, 0, 120],
        loop=disposal,
        disposal=disposal,
        comment=b"made",
    )
    picture = read_bytes(data, "x.gif")
    assert picture.animation is not None
    assert (len(picture.pages), picture.animation.plays) == (4, [0, 2, 3, 4][disposal])
    assert picture.metadata == {"comment": b"made"}
    check(data, ".gif")


@pytest.mark.parametrize("interlace", [0, 1])
def test_a_still_gif_is_a_plain_picture(interlace: int) -> None:
    image = frames("P")[2]
    data = saved(image, "GIF", interlace=interlace, transparency=3)
    picture, file = read_bytes(data, "x.gif"), io.BytesIO()
    assert not picture.pages
    np.testing.assert_array_equal(picture.samples, np.asarray(Image.open(io.BytesIO(data))))
    assert second_opinion(data, picture) is True
    write_picture(picture, file, "x.gif")
    np.testing.assert_array_equal(shown(data)[0][0], shown(file.getvalue())[0][0])


def test_a_gif_keeps_its_extensions() -> None:
    data = saved(frames("P")[0], "GIF")
    blocks = b"\x21\xff\x0bICCRGBG1012" + b"\xff" + ICC[:255] + b"\x03" + ICC[255:258] + b"\0"
    packet = b"\x21\xff\x0bXMP DataXMP" + XMP + b"\1" + bytes(range(255, -1, -1)) + b"\0"
    other = b"\x21\xff\x0bMGK8BIM0000\x02ab\0\x21\x01\x0c" + bytes(12) + b"\x01x\0"
    at = 13 + (3 << ((data[10] & 7) + 1))
    whole = data[:at] + blocks + packet + other + data[at:]
    picture = read_bytes(whole, "x.gif")
    assert (picture.metadata["icc"], picture.metadata["xmp"]) == (ICC[:258], XMP)
    assert lost_in(whole, picture, "x.gif", "x.gif") == []
    assert lost_in(whole + b"end", picture, "x.gif", "x.gif") == ["3 bytes after its end"]


def test_half_a_gif_is_refused() -> None:
    data = saved(frames("P")[0], "GIF")
    for cut in (5, 20, len(data) // 2, len(data) - 1):
        with pytest.raises(InputError, match=r"^x\.gif: (cannot be read: .|not a picture)"):
            read_bytes(data[:cut], "x.gif")
    short = data[:-40] + b"\0\x3b"
    with pytest.raises(InputError, match=r"^x\.gif: cannot be read"):
        read_bytes(short, "x.gif")


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_webp(mode: str) -> None:
    first, *rest = frames(mode)
    data = saved(
        first,
        "WEBP",
        save_all=True,
        append_images=rest,
        duration=[50, 70, 10, 120],
        loop=3,
        lossless=True,
        exif=exif_block(),
        icc_profile=ICC,
        xmp=XMP,
    )
    picture = read_bytes(data, "x.webp")
    assert picture.metadata == {"exif": exif_block(), "icc": ICC, "xmp": XMP}
    assert picture.animation is not None
    assert (picture.animation.plays, picture.animation.width) == (3, 39)
    check(data, ".webp")


def test_webp_knows_what_is_lossy() -> None:
    for options, lossy in (({"lossless": True}, False), ({"quality": 80}, True)):
        data = saved(BIG.convert("RGBA"), "WEBP", **options)
        assert describe(data, "x").lossy is lossy
        assert ("the WEBP file itself" in lost_in(data, read_bytes(data, "x"), "x", "x.webp")) is lossy
        assert second_opinion(data, read_bytes(data, "x")) in (True, None)
        form = format_of(data)
        assert form is not None
        assert form.whole


def test_what_a_format_cannot_move_is_refused() -> None:
    gif = saved(frames("P")[0], "GIF", save_all=True, append_images=frames("P")[1:], duration=50)
    with pytest.raises(InputError, match=r"^x\.png: PNG cannot hold"):
        write_picture(read_bytes(gif, "x"), io.BytesIO(), "x.png")
    with pytest.raises(InputError, match=r"^x\.tif: TIFF cannot hold an animation; choose gif$"):
        write_picture(read_bytes(gif, "x"), io.BytesIO(), "x.tif")
    from dataclasses import replace

    from l3c.images.picture import Picture

    moving = Picture(
        RGB, pages=(Picture(RGB, frame=Frame(duration=(1, 30))), Picture(RGB)), animation=Animation(13, 11)
    )
    for suffix, reason in ((".gif", "palettes"), (".webp", "durations")):
        with pytest.raises(InputError, match=reason):
            write_picture(moving, io.BytesIO(), "x" + suffix)
    write_picture(moving, io.BytesIO(), "x.png")
    other = replace(moving, pages=(moving.pages[0], Picture(GRAY)))
    with pytest.raises(InputError, match="frames of other colours"):
        write_picture(other, io.BytesIO(), "x.png")


def test_several_comments_stay_several() -> None:
    data = saved(frames("P")[0], "GIF")
    whole = data[:-1] + b"\x21\xfe\x03one\0\x21\xfe\x04two\n\0\x3b"
    picture, file = read_bytes(whole, "x.gif"), io.BytesIO()
    write_picture(picture, file, "x.gif")
    assert file.getvalue().count(b"\x21\xfe") == 2
    assert read_bytes(file.getvalue(), "x.gif").metadata == picture.metadata


def test_chunks_of_frames_that_are_not_shown_are_named() -> None:
    first, *rest = frames("RGB")
    data = saved(first, "PNG", save_all=True, append_images=rest)
    at = data.index(b"acTL") - 4
    control, still = data[at : at + 20], data[:at] + data[at + 20 :]
    for odd in (still, still[:-12] + control + still[-12:]):
        picture = read_bytes(odd, "x.png")
        assert not picture.pages
        assert lost_in(odd, picture, "x", "x.png") == ["chunks of frames that are not shown"]
