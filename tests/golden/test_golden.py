"""Files that were written once decode to the same pixels for ever, and are written the same way today."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import l3c
from l3c import errors
from l3c.container.constants import METADATA
from l3c.isa import supported_isas
from tests.checks import CHANNELS
from tests.golden.cases import cases, damaged_files, kept_files, pages
from tests.golden.make import FOLDER, make
from tests.strange.arrays import same

FILES = sorted(FOLDER.glob("*.l3c"))
SAMPLES = sorted((FOLDER / "samples").glob("*.l3c"))
DAMAGED = sorted((FOLDER / "errors").glob("*.l3c"))
ERRORS = json.loads((FOLDER / "errors" / "errors.json").read_text())
NAMES = [f"{layout}-{kind}" for layout in CHANNELS for kind in ("1x1", "row", "black", "noise", "scene", "tiles")]


def test_all_cases_have_their_files() -> None:
    assert {path.stem for path in FILES} == set(cases()) > set(NAMES)
    assert set(ERRORS) == {path.stem for path in DAMAGED} == set(damaged_files())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_golden_file_decodes_to_its_picture(path: Path) -> None:
    with Image.open(path.with_suffix(".png")) as image:
        expected = np.asarray(image)
    np.testing.assert_array_equal(l3c.decode(path.read_bytes()), expected)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_golden_samples_and_pages_come_back_to_the_bit(path: Path) -> None:
    if path.with_suffix(".bin").exists():
        assert l3c.original(path.read_bytes()) == path.with_suffix(".bin").read_bytes()
        return
    found = l3c.open(path.read_bytes()).pages
    for number, page in enumerate(found):
        assert same(page.samples, np.load(path.with_name(f"{path.stem}-{number}.npy")))
    assert not path.with_name(f"{path.stem}-{len(found)}.npy").exists()


def test_golden_samples_have_all_kinds() -> None:
    found = [l3c.info(path.read_bytes()) for path in SAMPLES]
    assert {path.stem for path in SAMPLES} == {*pages(), *kept_files()}
    assert {"int8", "int16", "int32", "uint32", "uint64", "float16", "float32", "float64"} < {i.dtype for i in found}
    assert any(info.deflated_tiles for info in found)
    assert len({info.history for info in found}) > 2


@pytest.mark.parametrize("isa", supported_isas())
def test_every_instruction_set_decodes_them(isa: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from l3c.wave import presets

    monkeypatch.setenv("L3C_ISA", isa)
    presets.load.cache_clear()
    try:
        for path in FILES:
            l3c.verify(path.read_bytes())
        model = presets.load("wave", 3)
        assert model is not None
        assert model.isa == isa
    finally:
        presets.load.cache_clear()


def test_encoding_gives_the_golden_files_byte_for_byte(tmp_path: Path) -> None:
    make(tmp_path / "again")
    for path in [*FILES, *DAMAGED]:
        again = tmp_path / "again" / path.relative_to(FOLDER)
        assert again.read_bytes() == path.read_bytes(), path.name


@pytest.mark.parametrize("path", DAMAGED, ids=lambda path: path.stem)
def test_a_damaged_file_raises_its_error(path: Path) -> None:
    expected = getattr(errors, ERRORS[path.stem])
    with pytest.raises(errors.L3CError) as caught:
        l3c.decode(path.read_bytes())
    assert type(caught.value) is expected


def test_every_error_of_a_file_has_an_example() -> None:
    assert set(ERRORS.values()) == {"FormatError", "VersionError", "ChecksumError", "ModelError", "LimitError"}


def test_metadata_is_in_the_golden_files() -> None:
    for layout in CHANNELS:
        info = l3c.info((FOLDER / f"{layout}-metadata.l3c").read_bytes())
        case = cases()[f"{layout}-metadata"]
        assert info.metadata == {METADATA[tag]: len(value) for tag, value in case.metadata.items()}


def test_tiles_are_stored_and_coded() -> None:
    for layout in CHANNELS:
        info = l3c.info((FOLDER / f"{layout}-tiles.l3c").read_bytes())
        assert 0 < info.stored_tiles < info.tiles


def test_the_golden_files_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < 440_000
