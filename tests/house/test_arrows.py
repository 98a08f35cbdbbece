"""Imports point one way, as the architecture says."""

import re

import pytest

from tests.house.sources import PACKAGE, ROOT, imports, modules, top

LEAVES = {"errors", "_engine", "__version__"}
ARROWS = {
    "": {"api", "image", "images", "container"},
    "image": {"api", "codec", "container", "images", "remote"},
    "plugins": {"api", "container", "image", "images"},
    "remote": set(),
    "places": {"remote"},
    "models": {"places", "storage"},
    "loaded": {"places"},
    "storage": {"remote"},
    "convert": {"api", "images", "codec", "container", "jpeg"},
    "__main__": {"cli"},
    "cli": {
        "api",
        "bulk",
        "convert",
        "storage",
        "prepare",
        "training",
        "models",
        "image",
        "images",
        "codec",
        "container",
        "jpeg",
    },
    "bulk": {"api", "convert", "codec", "container", "remote", "storage"},
    "prepare": {"bulk", "convert", "codec", "remote"},
    "api": {"images", "codec", "container", "jpeg"},
    "jpeg": {"container", "history", "engine"},
    "images": {"container"},
    "codec": {"container", "history", "jpeg", "wave", "published"},
    "history": set(),
    "training": {"api", "codec", "container", "published", "wave", "engine", "places", "storage"},
    "digest": set(),
    "published": {"coding", "digest", "engine", "places", "loaded", "storage"},
    "wave": {"coding", "digest", "engine", "places", "loaded"},
    "engine": {"coding"},
    "coding": set(),
    "container": set(),
    "errors": set(),
}
EXCEPTIONS = {
    ("images.pillow_plugin", "api"): "the plugin is a user of the API, which imports it only to register it",
    ("api", "plugins"): "the same holds of imageio's",
    ("coding", "engine"): "it is imported when a user codes; the definitions beside it need no engine",
    ("engine", "wave"): "its typed face takes networks as the wave family defines them",
}
BY_NAME = {("codec", "published"): "families of models are imported when a model of theirs is asked for"}
TORCH_USERS = ("training", "published")
ARCHITECTURE = ROOT / "docs" / "architecture.md"


def arrows() -> set[tuple[str, str]]:
    """(module, part of the house it imports)."""
    found = set()
    for name, path in modules().items():
        for imported in imports(path):
            if imported.split(".")[0] == "l3c" and top(imported) != top(f"l3c.{name}"):
                found.add((name, top(imported)))
    return found


def test_every_part_of_the_house_is_in_the_table() -> None:
    parts = {path.name.removesuffix(".py") for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert parts - {"__init__", "__pycache__"} <= set(ARROWS)


def test_imports_follow_the_arrows() -> None:
    wrong = []
    for name, part in sorted(arrows()):
        if part not in ARROWS[top(f"l3c.{name}")] | LEAVES and (name, part) not in EXCEPTIONS:
            wrong.append(f"l3c.{name} imports l3c.{part}")
    assert not wrong


def test_every_arrow_is_used() -> None:
    used = {(top(f"l3c.{name}"), part) for name, part in arrows()} | set(BY_NAME)
    assert not {(part, target) for part, targets in ARROWS.items() for target in targets} - used


def test_the_architecture_shows_the_arrows() -> None:
    rows = re.findall(r"^\| `src/l3c/(\w+)(?:\.py)?` \|.*\| ([^|]*) \|$", ARCHITECTURE.read_text(), re.MULTILINE)
    shown = {"" if part == "__init__" else part: cell.split(", ") for part, cell in rows}
    assert shown == {part: sorted(targets) or ["nothing"] for part, targets in ARROWS.items()}


@pytest.mark.parametrize("part", [part for part in ARROWS if part != "training"])
def test_only_the_command_line_points_at_training(part: str) -> None:
    assert "training" not in ARROWS[part] or part == "cli"


def test_the_arrows_have_no_circle() -> None:
    left = {part: targets & set(ARROWS) for part, targets in ARROWS.items()}
    while left:
        free = {part for part, targets in left.items() if not targets & set(left)}
        assert free, f"a circle among {sorted(left)}"
        left = {part: targets for part, targets in left.items() if part not in free}


def test_only_training_and_the_published_networks_import_torch() -> None:
    users = {name for name, path in modules().items() if any(i.split(".")[0] == "torch" for i in imports(path))}
    assert {top(f"l3c.{name}") for name in users} <= set(TORCH_USERS)


def test_only_the_engine_imports_the_compiled_module() -> None:
    assert {top(f"l3c.{name}") for name, part in arrows() if part == "_engine"} == {"engine"}


def test_the_definition_of_coding_knows_neither_engine_nor_pictures() -> None:
    for name, path in modules().items():
        if top(f"l3c.{name}") in ("coding", "container"):
            assert not {"PIL", "torch", "safetensors"} & {imported.split(".")[0] for imported in imports(path)}
