"""Packed pictures: the pixels of a folder, in one file that is checked before it is used."""

import logging
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from l3c.cli import main
from l3c.errors import InputError
from l3c.training.packed import Packed, Reduction, Source, open_packs, pack, write_pack
from l3c.training.picture_files import list_pictures, read_rgb
from tests.training.pictures import write_pictures


def test_a_pack_has_the_pixels_of_a_folder(tmp_path: Path) -> None:
    write_pictures(tmp_path / "a", 3, 40, 48)
    write_pictures(tmp_path / "a" / "b", 2, 33, 20)
    paths = list_pictures(str(tmp_path / "a"))
    assert main(["prepare", "pack", str(tmp_path / "a"), "-o", str(tmp_path / "a.pack"), "--min-size", "8"]) == 0
    (packed,) = open_packs(str(tmp_path / "*.pack"))
    assert packed.names == [path.name for path in paths]
    for i, path in enumerate(paths):
        np.testing.assert_array_equal(packed.read(i), read_rgb(path))


def test_pictures_are_reduced_by_seed_and_name(tmp_path: Path) -> None:
    write_pictures(tmp_path / "a", 4, 60, 80)
    source = Source(str(tmp_path / "a"), Reduction(0.25, 0.6, 1))
    assert pack([source], tmp_path / "1.pack") == pack([source], tmp_path / "2.pack")
    assert (tmp_path / "1.pack").read_bytes() == (tmp_path / "2.pack").read_bytes()
    packed = Packed(tmp_path / "1.pack")
    assert len(set(packed.widths)) > 1
    assert 20 <= packed.widths.min() <= packed.widths.max() <= 48
    size = int(packed.widths[0]), int(packed.heights[0])
    expected = Image.open(tmp_path / "a" / "0.png").resize(size, Image.Resampling.LANCZOS)
    np.testing.assert_array_equal(packed.read(0), np.asarray(expected))
    pack([source], tmp_path / "3.pack", min_size=33)
    assert Packed(tmp_path / "3.pack").heights.min() >= 33


def test_damaged_and_small_pictures_are_named_and_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_pictures(tmp_path / "a", 3)
    (tmp_path / "a" / "1.png").write_bytes((tmp_path / "a" / "1.png").read_bytes()[:1000])
    with caplog.at_level(logging.WARNING):
        pack([Source(str(tmp_path / "a"))], tmp_path / "a.pack")
    assert Packed(tmp_path / "a.pack").names == ["0.png", "2.png"]
    assert "1.png" in caplog.text
    with pytest.raises(InputError, match="no picture is left"):
        pack([Source(str(tmp_path / "a"), Reduction(0.2, 0.2))], tmp_path / "b.pack", min_size=16)
    assert not (tmp_path / "b.pack").exists()


def damages() -> list[tuple[str, int, bytes]]:
    """Name, place (from the end where negative), bytes."""
    return [
        ("not a file", 0, b"PNG"),
        ("cut off", 8, b"\xff\xff\xff\x7f"),
        ("does not fit", -43, b"\xff\xff\xff"),
        ("does not fit", -43, bytes(8)),
        ("sizes or names", -35, bytes(8)),
        ("do not fill", -35, b"\x05"),
        ("sizes or names", -1, b"\n"),
    ]


@pytest.mark.parametrize(("reason", "place", "value"), damages())
def test_a_damaged_pack_is_refused(reason: str, place: int, value: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.pack"
    write_pack(path, [("a", np.zeros((4, 6, 3), np.uint8)), ("b", np.ones((5, 3, 3), np.uint8))])
    data = bytearray(path.read_bytes())
    at = place % len(data)
    data[at : at + len(value)] = value
    path.write_bytes(data)
    with pytest.raises(InputError, match=reason):
        Packed(path)


def test_a_pack_that_is_cut_off_or_missing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.pack"
    write_pack(path, [("a", np.zeros((4, 6, 3), np.uint8))])
    whole = path.read_bytes()
    for size in (0, 7, 20, len(whole) - 5):
        path.write_bytes(whole[:size])
        with pytest.raises(InputError):
            Packed(path)
    with pytest.raises(InputError, match="no such packed file"):
        open_packs(str(tmp_path / "other.pack"))


def test_wrong_arguments_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(write_pictures(tmp_path / "a", 1))
    assert main(["prepare", "pack", folder, "-o", str(tmp_path / "a.zip")]) == 2
    assert main(["prepare", "pack", folder, "-o", str(tmp_path / "a.pack"), "--scale", "0.6", "0.25"]) == 2
    assert "not rising factors" in capsys.readouterr().err


def test_damage_is_named_and_ends_with_1_and_nothing_to_pack_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, target = write_pictures(tmp_path / "a", 3), tmp_path / "a.pack"
    command = ["prepare", "pack", str(folder), "-o", str(target), "--min-size", "8"]
    assert main([*command, "-q"]) == 0
    assert not capsys.readouterr().err
    (folder / "1.png").write_bytes((folder / "1.png").read_bytes()[:1000])
    (folder / "text.png").write_bytes(b"text")
    assert main(command) == 1
    said = capsys.readouterr()
    assert "2 that cannot be used left out" in said.out
    assert all(said.err.count(f"{name}: ") == 1 for name in ("1.png", "text.png"))
    assert Packed(target).names == ["0.png", "2.png"]
    for name in ("0.png", "2.png"):
        (folder / name).write_bytes(b"text")
    assert main(command) == 1
    assert "no picture is left" in capsys.readouterr().err
    for path in folder.iterdir():
        path.unlink()
    assert main(command) == 2
    write_pictures(folder, 1)
    assert main([*command, "--scale", "0.2", "0.2"]) == 0
