"""Sources and targets of preparation."""

from __future__ import annotations

from pathlib import PurePosixPath

from l3c.images.formats import PICTURES


class ToPng:
    """a/b.jpg to a/b.png."""

    def takes(self, name: str) -> bool:
        return PurePosixPath(name).suffix.lower() in PICTURES

    def names(self, name: str) -> list[str]:
        return [str(PurePosixPath(name).with_suffix(".png"))]

    def longer(self, name: str) -> list[str]:
        return [f"{name}.png"]

    def others(self, name: str) -> list[str]:
        return []
