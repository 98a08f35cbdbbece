"""Sources and targets of preparation."""

from __future__ import annotations

from pathlib import PurePosixPath

from l3c.bulk.kinds import PICTURES


class ToPng:
    """a/b.jpg to a/b.png."""

    def takes(self, name: str) -> bool:
        return PurePosixPath(name).suffix.lower() in PICTURES

    def target(self, name: str) -> str:
        return str(PurePosixPath(name).with_suffix(".png"))
