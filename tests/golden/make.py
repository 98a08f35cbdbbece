"""Make the golden files anew: `python -m tests.golden.make`.

On purpose only: a file that changes is a change of the format, of a model or of what the encoder writes, and from the
first release on old files stay beside new ones. For each picture NAME.l3c and NAME.png, the pixels it must decode to;
in samples/ files of other samples and of several pages with their arrays, and files that keep others;
in errors/ damaged files, and errors.json with the class of each one's error.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from tests.checks import plain
from tests.golden.cases import cases, damaged_files, kept_files, pages

FOLDER = Path(__file__).parent / "v1"


def make(folder: Path) -> None:
    """Write everything; what was in the folder is removed."""
    files, damaged = {name: (case.encode(), case.picture) for name, case in cases().items()}, damaged_files()
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "errors").mkdir(parents=True)
    for name, (data, picture) in files.items():
        (folder / f"{name}.l3c").write_bytes(data)
        Image.fromarray(plain(picture)).save(folder / f"{name}.png", optimize=True)
    for name, (data, _) in damaged.items():
        (folder / "errors" / f"{name}.l3c").write_bytes(data)
    (folder / "samples").mkdir()
    for name, (data, arrays) in pages().items():
        (folder / "samples" / f"{name}.l3c").write_bytes(data)
        for number, array in enumerate(arrays):
            np.save(folder / "samples" / f"{name}-{number}.npy", array)
    for name, (data, file) in kept_files().items():
        (folder / "samples" / f"{name}.l3c").write_bytes(data)
        (folder / "samples" / f"{name}.bin").write_bytes(file)
    expected = {name: error.__name__ for name, (_, error) in damaged.items()}
    (folder / "errors" / "errors.json").write_text(json.dumps(expected, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    make(FOLDER)
    print(f"{FOLDER}: {sum(path.stat().st_size for path in FOLDER.rglob('*') if path.is_file()):,} bytes")
