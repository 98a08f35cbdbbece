"""The five models that the paper's authors released: what is known of them."""

from __future__ import annotations

from typing import NamedTuple

PAGE = "http://data.vision.ee.ethz.ch/mentzerf/l3c_models"
"""Where the README of the authors' code (github.com/fab-jul/L3C-PyTorch) has the archives."""


class Publication(NamedTuple):
    """name: here. network: of `KINDS`. experiment: its identifier, with which its folder's name begins.

    archive: its file's name. trained_on: the data set. model, data: the configurations that it was trained with.
    """

    name: str
    network: str
    experiment: str
    trained_on: str
    archive: str
    model: str
    data: str

    @property
    def url(self) -> str:
        """Where the authors' page has the archive."""
        return f"{PAGE}/{self.archive}"


# as their page lists them
PUBLICATIONS = (
    Publication("l3c", "l3c", "0306_0001", "Open Images", "L3C.tar.gz", "l3c", "open_images"),
    Publication(
        "rgb-shared", "rgb-shared", "0306_0002", "Open Images", "RGB_Shared.tar.gz", "rgb_shared", "open_images"
    ),
    Publication("rgb", "rgb", "0306_0003", "Open Images", "RGB.tar.gz", "rgb", "open_images"),
    Publication("l3c-imagenet32", "l3c", "0524_0004", "ImageNet32", "L3C_inet32.tar.gz", "l3c", "imagenet32"),
    Publication("l3c-imagenet64", "l3c", "0524_0005", "ImageNet64", "L3C_inet64.tar.gz", "l3c", "imagenet64"),
)


def publication(name: str) -> Publication | None:
    """By its name here, in any case, or its identifier."""
    wanted = name.lower()
    return next((p for p in PUBLICATIONS if wanted in (p.name, p.experiment)), None)


def publication_of(folder: str) -> Publication | None:
    """Of an experiment's folder, by the identifier with which its name begins."""
    return next((p for p in PUBLICATIONS if folder.split(" ")[0] == p.experiment), None)


def table() -> str:
    """Aligned columns."""
    rows = [("Name", "Network", "Experiment", "Trained on", "Address")]
    rows += [(p.name, p.network, p.experiment, p.trained_on, p.url) for p in PUBLICATIONS]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
