"""docs/format says what the code does: tags, numbers, tables, and what scripts/format_example.py makes."""

from __future__ import annotations

import importlib.util
import re
from types import ModuleType
from zlib import crc32

import pytest

from l3c.coding import tables
from l3c.container import constants, read
from l3c.jpeg import idct, idct_fast, notes, pack, standard
from l3c.jpeg.file import BITS, MOST_INNER
from l3c.jpeg.layout import FREE_VISITS, MOST_CODES, MOST_VISITS_A_BLOCK, MOST_VISITS_A_BYTE
from l3c.wave import presets
from l3c.wave.definition import architecture, learning
from tests.house.sources import ROOT

DOCUMENTS = ROOT / "docs" / "format"
NEW_TAGS = {b"PAST": b"HIST", b"TUNE": b"ADPT"}
"""Tags as the code may still have them, to the documents'."""

WORDS_MAX, LINE_MAX = 25, 100
"""Words of a sentence, and characters of a line, in prose."""


def example() -> ModuleType:
    """The script that makes the blocks."""
    spec = importlib.util.spec_from_file_location("format_example", ROOT / "scripts" / "format_example.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SCRIPT = example()


def text(page: str) -> str:
    return (DOCUMENTS / page).read_text(encoding="utf-8")


def section(page: str, number: str) -> str:
    """A numbered section of a page, up to the next heading of its level or a higher one."""
    found = re.search(rf"^(#+) {re.escape(number)} .*?(?=^#{{1,9}} |\Z)", text(page), re.MULTILINE | re.DOTALL)
    assert found is not None, f"{page} has no section {number}"
    return found[0]


def rows(part: str) -> list[list[str]]:
    """Cells of all lines of tables."""
    lines = [line for line in part.splitlines() if line.startswith("|") and not line.startswith("| ---")]
    return [[cell.strip().strip("`") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def numbered(part: str) -> dict[int, list[str]]:
    """Rows that begin with a number."""
    return {int(row[0]): row[1:] for row in rows(part) if row[0].isdigit()}


@pytest.mark.parametrize("name", SCRIPT.BLOCKS)
def test_blocks_are_what_the_script_makes(name: str) -> None:
    _, _, inside, _ = SCRIPT.place(name)
    assert inside == f"\n\n{SCRIPT.BLOCKS[name]()}\n\n", "run scripts/format_example.py --write"


def test_the_example_decodes() -> None:
    import l3c

    assert len(SCRIPT.file()) <= 256
    assert (l3c.decode(SCRIPT.file()) == SCRIPT.picture()).all()


def test_critical_sections_and_their_order() -> None:
    cells = [row[1] for row in rows(section("container.md", "2.2")) if row[0].startswith(("of ", "that "))]
    found = [tuple(tag.encode() for tag in re.findall(r"\b[A-Z]{4}\b", cell)) for cell in cells]
    assert found == [tuple(NEW_TAGS.get(tag, tag) for tag in order) for order in read.ORDERS]


def test_ancillary_sections() -> None:
    tags = {row[0].encode() for row in rows(section("container.md", "2.9").partition("`reso`:")[0])[1:]}
    assert tags == set(constants.ANCILLARY)
    assert set(re.findall('"([a-z0-9 ]+)"', section("container.md", "2.9").replace("\n", " "))) == set(
        constants.NAMED_METADATA
    )


def test_signature_and_version() -> None:
    (row,) = (row for row in rows(section("container.md", "2.1")) if row[0] == "signature")
    assert bytes.fromhex(row[2].strip("`")) == constants.SIGNATURE
    assert constants.SIGNATURE.hex(" ").upper() in section("README.md", "1.5")
    assert constants.VERSION == 1


def test_layouts_and_their_planes() -> None:
    layouts = numbered(section("container.md", "2.3.1").partition("| kind |")[0])
    found = {number: tuple(int(n) for n in re.findall(r"\d", cells[1])) for number, cells in layouts.items()}
    assert found == constants.PLANES


def test_extra_planes() -> None:
    extra = [cells for cells in numbered(section("container.md", "2.3.1").partition("| kind |")[2]).values()]
    assert [cells[0].partition(":")[0] for cells in extra] == list(constants.EXTRA_NAMES)


def test_sample_types() -> None:
    kinds = {number: cells[1] for number, cells in numbered(section("container.md", "2.3.2")).items()}
    assert kinds == {
        constants.UNSIGNED: f"1 .. {constants.NARROW_BITS_MAX}, 64",
        constants.SIGNED: ", ".join(map(str, constants.SIGNED_BITS)),
        constants.FLOAT: ", ".join(map(str, constants.FLOAT_BITS)),
    }


def test_coders() -> None:
    coders = [(row[0], row[1].split()[0].strip(":,")) for row in rows(section("container.md", "2.7.2"))[1:4]]
    names = {constants.STORED: "stored", constants.GRAPHICS: "graphics", constants.DEFLATED: "deflate"}
    assert {int(number): name for number, name in coders} == names
    assert f"{constants.FIRST_MODEL} + *i*" in section("container.md", "2.7.2")


def test_kept_files() -> None:
    (row,) = (row for row in rows(section("container.md", "2.10")) if row[0] == "coder" and row[1] == "u8")
    for number, name in constants.KEPT_CODERS.items():
        assert f"{number} {name}" in row[2]


def test_kinds_of_pages() -> None:
    kinds = {number: cells[0] for number, cells in numbered(section("container.md", "2.11")).items()}
    for number, name in enumerate(constants.PAGE_KINDS):
        assert f"| {number} | {name}" in section("container.md", "2.11")
    assert max(kinds) == constants.DISPOSALS - 1


def test_kinds_of_history() -> None:
    kinds = {cells[0].partition(" (")[0]: number for number, cells in numbered(section("history.md", "3.1")).items()}
    assert kinds == {
        "Photo CD": constants.PHOTO_CD,
        "value table": constants.VALUE_TABLE,
        "decoded JPEG": constants.DECODED_JPEG,
        "video frame": constants.VIDEO,
        "upscaled pixels": constants.UPSCALED,
        "residuals": constants.RESIDUALS,
        "colour table": constants.COLOUR_TABLE,
    }


def test_flags_of_histories() -> None:
    flags = {number: cells[2] for number, cells in numbered(section("history.md", "3.1")).items()}
    rotated, black = constants.ROTATED, constants.BLACK
    joint = constants.JOINT_PHOTO_CD
    assert flags[1] == f"{rotated} rotated, {black} black, {joint} joint chroma"
    assert flags[2] == f"RGB only: {constants.EQUAL} equal, or {constants.LESS_GREEN} less green"
    assert flags[3].endswith(f"plus {constants.NEAREST} nearest, plus {constants.FAST} fast")
    rows_flag, joint = constants.SUBSAMPLED_ROWS, constants.JOINT_VIDEO
    assert flags[4] == f"{rows_flag} subsampled rows, {joint} joint chroma"


def test_limits() -> None:
    limits = {row[0]: row[1] for row in rows(section("README.md", "1.7")) if len(row) == 2}
    assert limits["models; adaptations"] == f"{read.MAX_MODELS}; {read.MAX_MODELS}"
    assert limits["nominal tile side"] == f"{constants.TILE_SIDE_MIN} .. {constants.TILE_SIDE_MAX}"
    assert limits["extra planes"] == str(constants.EXTRA_MAX)
    assert limits["colours of a palette"] == str(constants.COLOURS_MAX)
    assert limits["pages"] == f"{constants.PAGES_MAX:,}"
    assert limits["values in a value table"] == f"{constants.TABLE_VALUES_MAX:,}"
    assert limits["preview"] == f"{constants.PREVIEW_SIDE_MAX} pixels a side"
    assert f"samples / {constants.SYMBOLS_A_BYTE} " in section("README.md", "1.7")


def test_tables_of_the_mixture() -> None:
    stated = {row[0]: int(row[3], 16) for row in rows(section("entropy.md", "4.5"))[1:]}
    mantissas, shifts = tables.inverse_scale_tables()
    arrays = {
        "LOGISTIC[i]": tables.sigmoid_table(),
        "EXP[i]": tables.exponential_table(),
        "SHIFT[i]": shifts,
        "MANTISSA[i]": mantissas,
    }
    assert stated == {name: crc32(table.astype("<i4").tobytes()) for name, table in arrays.items()}


def test_tables_of_the_inverse_transforms() -> None:
    cells = [row[1:] for row in rows(section("history.md", "3.5.2")) if row[0] not in ("W", "A")]
    found = [[int(cell) for cell in row] for row in cells]
    assert found == [*idct.weights()[:4].astype(int).tolist(), *idct_fast.SCALES.reshape(8, 8).tolist()]


def offsets(part: str) -> tuple[tuple[int, int], ...]:
    return tuple((int(y), int(x)) for y, x in re.findall(r"\((-?\d),(-?\d)\)", part))


def test_neighbours() -> None:
    assert offsets(section("wave.md", "5.1")) == (*architecture.NEIGHBOURS, *architecture.CACHED_POSITIONS)
    assert offsets(section("wave.md", "5.12")) == architecture.AHEAD


def test_keys_of_models() -> None:
    for number, fields, first in (
        ("6.2", architecture.Architecture(), architecture.FIRST_FIELDS),
        ("6.3", learning.Learning(), ()),
    ):
        keys = {row[0] for row in rows(section("models.md", number))[1:]}
        assert keys == set(vars(fields))
        assert set(first) <= keys


def test_numbers_of_jpeg_files() -> None:
    packed, layout = section("jpeg.md", "9.1"), section("jpeg.md", "9.3")
    assert f"0 .. {MOST_INNER}" in packed
    assert 1 << int(re.findall(r"at most 2\^(\d+)", packed)[0]) == pack.MOST_LENGTH
    assert f"more than 2^{MOST_CODES.bit_length() - 1} codes" in layout
    assert f"more than {BITS} times *length* blocks" in layout
    visits = f"min({MOST_VISITS_A_BYTE} *length*, {MOST_VISITS_A_BLOCK} *blocks*) + 2^{FREE_VISITS.bit_length() - 1}"
    assert visits in layout
    assert f"more than {notes.most_ends(0) + 1} + floor(n / 32) ends" in section("jpeg.md", "9.5")
    stated = section("jpeg.md", "9.8")
    assert f"{len(standard.dictionary()):,} bytes" in stated
    assert f"`{crc32(standard.dictionary()):08x}`" in stated


def test_flags_of_notes() -> None:
    flags = numbered(section("jpeg.md", "9.5").partition("| flag |")[2])
    named = (
        notes.ONES,
        notes.WITHOUT_RESTARTS,
        notes.RUN_LIMIT,
        notes.ZERO_RUNS,
        notes.BREAKS,
        notes.ENDS,
        notes.APART,
    )
    assert tuple(flags) == named
    assert sum(flags) == notes.ALL_FLAGS


def test_every_model_of_the_package_is_listed() -> None:
    stated = {row[0] for row in rows(section("models.md", "6.5"))}
    assert {preset.digest for preset in presets.PRESETS.values()} <= stated


@pytest.mark.parametrize("page", sorted(path.name for path in DOCUMENTS.glob("*.md")))
def test_prose_is_short(page: str) -> None:
    prose = re.sub(r"^```.*?^```", "", text(page), flags=re.MULTILINE | re.DOTALL)
    lines = [line for line in prose.splitlines() if not line.startswith(("|", "    ", "#"))]
    assert not [line for line in lines if len(line) > LINE_MAX]
    for paragraph in re.split(r"\n\s*\n|\n(?=\* |\d+\. )", "\n".join(lines)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", re.sub(r"`[^`]*`", "x", paragraph))
        for sentence in re.split(r"(?<=[.:;])\s+", plain):
            assert len(re.findall(r"[\w'-]*[A-Za-z][\w'-]*", sentence)) <= WORDS_MAX, sentence
