"""What importing and using the package loads: start-up time is a feature."""

import subprocess
import sys

import pytest

ALLOWED = {
    "l3c",
    "l3c.api",
    "l3c.container",
    "l3c.container.coefficients",
    "l3c.container.constants",
    "l3c.container.cursor",
    "l3c.container.deep",
    "l3c.container.kept_file",
    "l3c.container.lazy",
    "l3c.container.named",
    "l3c.container.pages",
    "l3c.container.history",
    "l3c.container.read",
    "l3c.container.reference",
    "l3c.container.streams",
    "l3c.container.structure",
    "l3c.container.tiling",
    "l3c.container.unknown",
    "l3c.container.write",
    "l3c.errors",
    "l3c.image",
    "l3c.plugins",
    "l3c.plugins.registration",
}
"""All of the package that `import l3c` loads; of other packages it loads nothing but the standard library."""

HEAVY = {"torch", "imagecodecs", "tifffile", "matplotlib", "scipy", "yaml", "l3c.training", "l3c.published"}
ENCODE = "import numpy, l3c; l3c.decode(l3c.encode(numpy.arange(1200, dtype=numpy.uint8).reshape(20, 20, 3)))"
HELP = "import l3c.cli; l3c.cli.make_parser()"


def loaded_by(code: str) -> set[str]:
    """Modules that a fresh interpreter has after running the code, and did not have before."""
    script = f"import sys; before = set(sys.modules)\n{code}\nprint(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_loads_little() -> None:
    loaded = loaded_by("import l3c")
    assert {name for name in loaded if name.split(".")[0] == "l3c"} == ALLOWED
    assert {name.split(".")[0] for name in loaded} - {"l3c"} <= sys.stdlib_module_names


def test_parsing_arguments_loads_little() -> None:
    loaded = {name.split(".")[0] for name in loaded_by(HELP)}
    assert loaded - {"l3c"} <= sys.stdlib_module_names


@pytest.mark.parametrize("code", [ENCODE, "import l3c; l3c.register_pillow()"], ids=["encode and decode", "Pillow"])
def test_using_the_package_loads_nothing_heavy(code: str) -> None:
    assert not HEAVY & loaded_by(code)


def test_coding_arrays_needs_no_picture_library() -> None:
    assert "PIL" not in loaded_by(ENCODE)
