"""Imports point one way, as the architecture says."""

import re

import pytest

from tests.house.graph import back_arrows, circles, floors, module_graph, room_graph
from tests.house.sources import PACKAGE, ROOT, imports, modules, top

TORCH_USERS = ("training", "published")
FLOORS_MAX = 11
ARCHITECTURE = ROOT / "docs" / "architecture.md"
ENGINE_USERS = {
    "isa",
    "coding.compiled",
    "dct.compiled",
    "graphics.compiled",
    "images.compiled",
    "jpeg.entropy_compiled",
    "wave.compiled",
}
"""The compiled module is reached through these alone."""


def test_rooms_and_modules_have_no_circle() -> None:
    assert not circles(room_graph())
    assert not circles(module_graph())


def test_every_arrow_leads_down() -> None:
    assert not back_arrows(room_graph())
    assert max(floors(room_graph()).values()) <= FLOORS_MAX


def test_the_architecture_shows_the_arrows() -> None:
    rows = re.findall(r"^\| `src/l3c/(\w+)(?:\.py)?` \|.*\| ([^|]*) \|$", ARCHITECTURE.read_text(), re.MULTILINE)
    shown = {
        "" if part == "__init__" else part: [name for name in cell.split(", ") if name != "nothing"]
        for part, cell in rows
    }
    arrows = {room: sorted(targets - {"errors"}) for room, targets in room_graph().items()}
    assert shown == arrows


@pytest.mark.parametrize("room", sorted(room_graph()))
def test_only_the_command_line_points_at_training(room: str) -> None:
    assert "training" not in room_graph()[room] or room == "cli"


def test_only_training_and_the_published_networks_import_torch() -> None:
    users = {name for name, path in modules().items() if any(i.split(".")[0] == "torch" for i in imports(path))}
    assert {top(f"l3c.{name}") for name in users} <= set(TORCH_USERS)


def test_the_compiled_module_has_few_doors() -> None:
    users = {
        name for name, path in modules().items() if any(i.split(".")[:2] == ["l3c", "_engine"] for i in imports(path))
    }
    assert users == ENGINE_USERS


def test_the_definition_of_coding_knows_neither_engine_nor_pictures() -> None:
    for name, path in modules().items():
        if top(f"l3c.{name}") in ("coding", "container"):
            assert not {"PIL", "torch", "safetensors"} & {imported.split(".")[0] for imported in imports(path)}


def test_the_definition_of_the_wave_networks_is_numpy_alone() -> None:
    for name, path in modules().items():
        if name.startswith("wave.definition"):
            others = {i for i in imports(path) if i.startswith("l3c.") and "compiled" in i}
            assert not others, f"{name} imports {others}"


def test_every_room_is_a_part_of_the_package() -> None:
    parts = {path.name.removesuffix(".py") for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert parts - {"__init__", "__pycache__"} == set(room_graph()) - {""}
