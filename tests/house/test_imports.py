"""What importing and using the package loads: start-up time is a feature."""

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

ALLOWED = {"l3c", "l3c.errors"}
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


def test_encoding_a_picture_loads_no_models_of_jpeg_files(tmp_path: Path) -> None:
    Image.new("RGB", (80, 60), "red").save(tmp_path / "a.png")
    for command in ("encode", "decode"):
        name = "a.png" if command == "encode" else "a.png.l3c"
        loaded = loaded_by(f"from l3c.cli import main; main([{command!r}, '-fq', {str(tmp_path / name)!r}])")
        rooms = {".".join(module.split(".")[:2]) for module in loaded}
        assert not {"l3c.dct", "l3c.bulk", "l3c.serve", "difflib"} & rooms


def test_parsing_arguments_loads_little() -> None:
    loaded = {name.split(".")[0] for name in loaded_by(HELP)}
    assert loaded - {"l3c"} <= sys.stdlib_module_names


@pytest.mark.parametrize("code", [ENCODE, "import l3c; l3c.register_pillow()"], ids=["encode and decode", "Pillow"])
def test_using_the_package_loads_nothing_heavy(code: str) -> None:
    assert not HEAVY & loaded_by(code)


def test_coding_arrays_needs_no_picture_library() -> None:
    assert "PIL" not in loaded_by(ENCODE)
