"""Write which files of models are released, with lengths and SHA-256: scripts/list_weights.py [FOLDER]."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from l3c.models.fetch import LIST, files_of
from l3c.storage.atomic import write_whole

ROOT = Path(__file__).parents[1]


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "weights"
    target = ROOT / "src" / "l3c" / "models" / LIST.name
    write_whole(target, (json.dumps(files_of(folder), indent=1) + "\n").encode())
    print(target)


if __name__ == "__main__":
    main()
