"""The package as it is installed, in an empty folder with no checkout on the path: a whole training works."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns

import l3c
from tests.training.pictures import write_pictures

SCRIPT = """
import sys
from pathlib import Path

import l3c
from l3c.cli import main

assert Path(l3c.__file__).is_relative_to(SITE), l3c.__file__
assert not [path for path in sys.path if Path(path or ".", "pyproject.toml").exists()], sys.path

SMALL = "features=16 blocks=1 components=3 crop=16 batch=4 valid_batch=2 valid_batches=1 iterations=20".split()
settings = [text for setting in SMALL for text in ("-p", setting)]
settings += ["-p", "train=pictures", "-p", "valid=pictures", "-W", "0"]
cpu, log = ["--device", "cpu"], ["--log-dir", "runs"]
commands = [
    ["train", "l3c_modern", "folder", "runs", *settings, *cpu],
    ["eval", "l3c_modern", "pictures", *log, *cpu],
    ["sample", "l3c_modern", "pictures", "samples", "-m", "1", *log, *cpu],
    ["export", "l3c_modern", "weights/tiny.safetensors", *log],
    ["models"],
    ["eval", "tiny", "pictures"],
    ["eval", "tiny", "pictures", "--float", *cpu],
    ["sample", "tiny", "pictures", "samples", "-m", "1", *cpu],
    ["encode", "-m", "tiny", "pictures/0.png", "0.l3c"],
    ["info", "0.l3c"],
    ["verify", "0.l3c"],
    ["decode", "0.l3c", "0.png"],
    ["train", "l3c_modern", "folder", "runs", *settings, *cpu, "--restore-restart", "tiny"],
]
for command in commands:
    print("$ l3c", *command, flush=True)
    assert main(command) == 0, command
"""


def test_everything_works_from_an_empty_folder(tmp_path: Path) -> None:
    site, empty = tmp_path / "site", tmp_path / "empty"
    copytree(Path(l3c.__file__).parent, site / "l3c", ignore=ignore_patterns("__pycache__"))
    write_pictures(empty / "pictures", 3)
    (tmp_path / "script.py").write_text(f"SITE = {str(site)!r}\n{SCRIPT}")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "L3C_"))}
    environment |= {"PYTHONPATH": str(site), "OMP_NUM_THREADS": "1", "L3C_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-P", str(tmp_path / "script.py")],
        cwd=empty, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert (empty / "0.png").is_file()
    assert {path.name for path in empty.iterdir()} == {"pictures", "runs", "samples", "weights", "0.l3c", "0.png"}
