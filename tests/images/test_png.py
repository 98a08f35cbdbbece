"""PNG: all kinds of samples, chunks wherever they stand, animations; damage is refused with its place."""

import io
import struct
import zlib

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from l3c.errors import InputError
from l3c.images.compiled import undo_png_filters
from l3c.images.png_chunks import SIGNATURE, chunk, chunks_of, pack
from l3c.images.read import read_bytes
from l3c.images.receipt import lost_in, second_opinion
from l3c.images.write import write_picture
from l3c.threads import sparing
from tests.images.pictures import RGB, RGB16, XMP, exif_block, png, saved

KINDS = [
    (0, 1),
    (0, 2),
    (0, 4),
    (0, 8),
    (0, 16),
    (2, 8),
    (2, 16),
    (3, 1),
    (3, 2),
    (3, 4),
    (3, 8),
    (4, 8),
    (4, 16),
    (6, 8),
    (6, 16),
]
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
PASSES = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]


def filtered(rows: NDArray[np.uint8], step: int) -> bytes:
    """Rows of bytes, each by the filter of its number, byte by byte as the standard has it."""
    out, above = bytearray(), [0] * rows.shape[1]
    for number, row in enumerate(rows.tolist()):
        kind = number % 5
        out.append(kind)
        for i, value in enumerate(row):
            a = row[i - step] if i >= step else 0
            b, c = above[i], above[i - step] if i >= step else 0
            p = a + b - c
            nearest = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
            out.append((value - (0, a, b, (a + b) // 2, nearest)[kind]) & 255)
        above = row
    return bytes(out)


def rows_of(samples: NDArray[np.integer], bits: int) -> NDArray[np.uint8]:
    """[height, bytes a row] of [height, width, channels]."""
    if bits >= 8:
        return samples.astype(">u2" if bits == 16 else np.uint8).reshape(len(samples), -1).view(np.uint8)
    each = np.unpackbits(samples.astype(np.uint8), axis=2)[..., 8 - bits :]
    return np.packbits(each.reshape(len(samples), -1), axis=1)


def made(
    colour: int, bits: int, interlaced: bool, extra: list[tuple[bytes, bytes]] | None = None
) -> tuple[bytes, NDArray[np.integer]]:
    """A file and its samples [height, width, channels], as they are in it."""
    height, width, channels = 13, 11, CHANNELS[colour]
    samples = np.random.default_rng(bits + colour).integers(0, 1 << bits, (height, width, channels))
    step = max(1, bits * channels // 8)
    if interlaced:
        parts = [samples[t::d, left::r] for t, left, d, r in PASSES]
        raw = b"".join(filtered(rows_of(part, bits), step) for part in parts if part.size)
    else:
        raw = filtered(rows_of(samples, bits), step)
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, int(interlaced)))]
    if colour == 3:
        chunks.append((b"PLTE", bytes((7 * i) % 256 for i in range(3 << bits))))
    chunks += [*(extra or []), (b"IDAT", zlib.compress(raw)[:20]), (b"IDAT", zlib.compress(raw)[20:]), (b"IEND", b"")]
    return SIGNATURE + b"".join(chunk(*c) for c in chunks), samples


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(("colour", "bits"), KINDS)
def test_every_kind_is_read_exactly_and_written_back(colour: int, bits: int, interlaced: bool) -> None:
    data, samples = made(colour, bits, interlaced)
    picture = read_bytes(data, "x.png")
    scale = 255 // (2**bits - 1) if colour == 0 and 1 < bits < 8 else 1
    found = picture.samples if picture.samples.ndim == 3 else picture.samples[..., None]
    np.testing.assert_array_equal(found, samples * scale)
    assert picture.samples.dtype == (bool if (colour, bits) == (0, 1) else np.uint16 if bits == 16 else np.uint8)
    assert lost_in(data, picture, "x.png", "x.png") == []
    file = io.BytesIO()
    assert write_picture(picture, file, "x.png") == []
    again = read_bytes(file.getvalue(), "x.png")
    np.testing.assert_array_equal(again.samples, picture.samples)
    assert (again.palette, again.metadata) == (picture.palette, picture.metadata)
    assert file.getvalue()[24] == bits
    assert second_opinion(data, picture) in (True, None)


@pytest.mark.parametrize(("colour", "bits"), [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16)])
def test_transparency_is_kept_for_every_kind(colour: int, bits: int) -> None:
    clear = struct.pack(f">{CHANNELS[colour]}H", *[2**bits - 1] * CHANNELS[colour])
    data, _ = made(colour, bits, False, [(b"tRNS", clear), (b"bKGD", clear)])
    picture, file = read_bytes(data, "x.png"), io.BytesIO()
    write_picture(picture, file, "x.png")
    kept = {kind: content for kind, content in chunks_of(file.getvalue())}
    assert (kept[b"tRNS"], kept[b"bKGD"]) == (clear, clear)
    with pytest.raises(InputError, match=r"TIFF cannot hold a transparent colour; choose png"):
        write_picture(picture, io.BytesIO(), "x.tif")


def with_chunk(kind: bytes, content: bytes, behind: bool = False) -> bytes:
    data = saved(RGB, "PNG")
    at = data.index(b"IEND") - 4 if behind else 33
    return data[:at] + chunk(kind, content) + data[at:]


@pytest.mark.parametrize("behind", [False, True])
def test_metadata_is_found_before_and_behind_the_data(behind: bool) -> None:
    exif = exif_block()
    assert read_bytes(with_chunk(b"eXIf", exif, behind), "x").metadata == {"exif": exif}
    text = with_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP, behind)
    assert read_bytes(text, "x").metadata == {"xmp": XMP}
    assert read_bytes(with_chunk(b"tEXt", b"A\0b", behind), "x").metadata == {"png chunks": pack([(b"tEXt", b"A\0b")])}


ODD = {
    "a profile that cannot be inflated": (b"iCCP", b"ICC Profile\0\0nonsense"),
    "a named profile": (b"iCCP", b"sRGB IEC61966-2.1\0\0" + zlib.compress(bytes(range(200)))),
    "a large text": (b"zTXt", b"Big\0\0" + zlib.compress(bytes(3_000_000))),
    "a pixel aspect": (b"pHYs", struct.pack(">IIB", 3, 2, 0)),
    "a resolution of nothing": (b"pHYs", bytes(9)),
    "a compressed XMP": (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(XMP)),
    "a suggested palette": (b"PLTE", bytes(range(12))),
    "a private chunk": (b"prVt", b"IDAT"),
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_odd_comes_back(name: str) -> None:
    data, file = with_chunk(*ODD[name]), io.BytesIO()
    picture = read_bytes(data, "x")
    assert write_picture(picture, file, "y.png") == []
    assert sorted(c for c in chunks_of(data) if c[0] != b"IDAT") == sorted(
        c for c in chunks_of(file.getvalue()) if c[0] != b"IDAT"
    )
    assert lost_in(data, picture, "x", "x.png") == []


def test_a_palette_that_spells_a_chunk_does_no_harm() -> None:
    image = Image.fromarray(RGB).quantize(4)
    image.putpalette(b"IDATIDATIDAT")
    data = saved(image, "PNG")
    at = data.index(b"PLTE") + 4 + 12 + 4
    data = data[:at] + chunk(b"bKGD", b"\1") + chunk(b"hIST", bytes(8)) + data[at:]
    file = io.BytesIO()
    write_picture(read_bytes(data, "x"), file, "x.png")
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(file.getvalue()))), np.asarray(image))


def test_what_is_not_given_back_is_named() -> None:
    data = saved(RGB, "PNG") + bytes(20)
    assert lost_in(data, read_bytes(data, "x"), "x", "x.png") == ["20 bytes after its end"]
    palette = saved(Image.fromarray(RGB).quantize(4), "PNG")
    at = palette.index(b"IDAT") - 4
    longer = palette[:at] + chunk(b"tRNS", bytes(9)) + palette[at:]
    picture = read_bytes(longer, "x")
    assert picture.palette is not None
    assert picture.palette.alphas == b""
    assert lost_in(longer, picture, "x", "x.png") == ["chunk tRNS, which is invalid"]


def short() -> bytes:
    rows = np.concatenate([np.zeros((11, 1), np.uint8), RGB.reshape(11, -1)], axis=1)
    return with_data(zlib.compress(rows[:4].tobytes()))


def with_data(content: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 13, 11, 8, 2, 0, 0, 0))
    return SIGNATURE + header + chunk(b"IDAT", content) + chunk(b"IEND", b"")


ROWS = bytes(40 * 11)
DAMAGED = {
    "a text's checksum": (
        saved(RGB, "PNG")[:33] + chunk(b"tEXt", b"a\0b")[:-1] + b"\0" + saved(RGB, "PNG")[33:],
        "byte 33: the checksum of its chunk tEXt is wrong",
    ),
    "rows that are missing": (short(), "its data end before the last pixel"),
    "rows too many": (with_data(zlib.compress(ROWS + b"\0")), "its data go on after the last pixel"),
    "data without an end": (with_data(zlib.compress(ROWS)[:-6]), "its data"),
    "a filter that is unknown": (with_data(zlib.compress(b"\5" + ROWS[1:])), "row 0 has filter 5"),
    "no end": (saved(RGB, "PNG")[:-12], "before its chunk IEND"),
    "a critical chunk that is unknown": (with_chunk(b"CRIT", b""), "its critical chunk CRIT is unknown"),
    "a palette twice": (
        with_chunk(b"PLTE", bytes(3)).replace(chunk(b"PLTE", bytes(3)), 2 * chunk(b"PLTE", bytes(3))),
        "palette is misplaced",
    ),
    "an impossible header": (png(RGB.reshape(11, 39), 8, 1), "colour type 1 of 8 bits"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damage_is_refused_with_its_place(name: str) -> None:
    data, reason = DAMAGED[name]
    with pytest.raises(InputError, match=f"^x.png: cannot be read: .*{reason}"):
        read_bytes(data, "x.png")


@pytest.mark.parametrize("values", [3, 256])  # few, so that the choice of Paeth's filter is often among equals
@pytest.mark.parametrize("step", [1, 2, 3, 4, 6, 8])
def test_filters_are_undone_in_rows_of_any_length(step: int, values: int) -> None:
    for width in (*range(1, 11), 200):
        rows = np.random.default_rng(width).integers(0, values, (11, width * step), dtype=np.uint8)
        lines, out = np.frombuffer(filtered(rows, step), np.uint8).reshape(11, -1), np.zeros_like(rows)
        for top, stop in ((0, 1), (1, 4), (4, 4), (4, 11)):
            assert undo_png_filters(lines[top:stop].tobytes(), step, out, top) == stop - top
            np.testing.assert_array_equal(out[:stop], rows[:stop])
            assert not out[stop:].any()


def test_rows_that_do_not_fit_are_refused() -> None:
    out = np.zeros((3, 6), np.uint8)
    for count, step, top in ((7, 5, 0), (7, 0, 0), (7, 9, 0), (7, 4, 0), (8, 3, 0), (14, 3, 2), (7, 3, 4)):
        with pytest.raises(ValueError, match=r"rows|row has|bytes of a pixel"):
            undo_png_filters(bytes(count), step, out, top)
    assert undo_png_filters(bytes([0] * 7 + [5] * 7), 3, out, 1) == 1


@pytest.mark.parametrize("threads", [1, 2])
def test_wide_pixels_are_read_in_bands(monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    from l3c.images import png as module

    for colour, bits in KINDS:
        data, _ = made(colour, bits, False)
        whole = read_bytes(data, "x").samples
        monkeypatch.setattr(module, "BAND", 200)
        with sparing(threads):
            np.testing.assert_array_equal(read_bytes(data, "x").samples, whole)
        monkeypatch.setattr(module, "BAND", 1 << 20)
    file = io.BytesIO()
    write_picture(read_bytes(png(RGB16, 16, 2), "x"), file, "x.png")
    np.testing.assert_array_equal(read_bytes(file.getvalue(), "x").samples, RGB16)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_wrong_filter_is_named_by_its_row_in_any_band(monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    from l3c.images import png as module

    monkeypatch.setattr(module, "BAND", 200)
    for row in (0, 1, 6, 10):
        rows = np.frombuffer(ROWS, np.uint8).reshape(11, -1).copy()
        rows[row, 0] = 9
        reason = f"row {row} has filter 9"
        with sparing(threads), pytest.raises(InputError, match=reason):
            read_bytes(with_data(zlib.compress(rows.tobytes())), "x")


def test_chunks_that_are_pixels_are_no_metadata() -> None:
    from l3c.errors import FormatError
    from l3c.images.picture import Picture

    for kind in (b"IDAT", b"IEND", b"fdAT", b"acTL"):
        with pytest.raises(FormatError, match="is no metadata"):
            write_picture(Picture(RGB, {"png chunks": pack([(kind, b"")])}), io.BytesIO(), "x.png")


@pytest.mark.parametrize("default", [False, True])
def test_animations_come_back_frame_by_frame(default: bool) -> None:
    frames = [Image.fromarray(RGB), Image.fromarray(255 - RGB), Image.fromarray(RGB // 2)]
    frames[2].paste((1, 2, 3), (2, 2, 6, 7))
    data = saved(
        frames[0], "PNG", save_all=True, append_images=frames[1:], duration=[100, 70, 30], loop=3, disposal=1,
        default_image=default,
    )  # fmt: skip
    picture, file = read_bytes(data, "x.png"), io.BytesIO()
    assert len(picture.pages) == 3
    assert picture.animation is not None
    assert (picture.animation.plays, picture.pages[0].kind) == (3, "still" if default else "page")
    write_picture(picture, file, "x.png")
    again = read_bytes(file.getvalue(), "x.png")
    for one, other in zip(picture.pages, again.pages, strict=True):
        np.testing.assert_array_equal(one.samples, other.samples)
        assert (one.frame, one.kind) == (other.frame, other.kind)
    for i in range(3):
        one_image, other_image = Image.open(io.BytesIO(data)), Image.open(io.BytesIO(file.getvalue()))
        one_image.seek(i)
        other_image.seek(i)
        np.testing.assert_array_equal(np.asarray(one_image.convert("RGBA")), np.asarray(other_image.convert("RGBA")))
    assert lost_in(data, picture, "x", "x.png") == []


def test_a_profile_that_unpacks_to_very_much_stays_packed() -> None:
    bomb = b"a\0\0" + zlib.compress(bytes((1 << 24) + 1))
    data = saved(RGB, "PNG")
    data = data[:33] + chunk(b"iCCP", bomb) + data[33:]
    picture = read_bytes(data, "x")
    assert "icc" not in picture.metadata
    assert bomb in picture.metadata["png chunks"]
