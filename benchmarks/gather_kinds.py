"""Gathers pictures of many kinds into folders, as `graphics.py` reads them.

    python benchmarks/gather_kinds.py FOLDER --unpacked DIR --pillow DIR --shared DIR [--pdf DIR]

--unpacked: a folder with the wheels of scikit-image and matplotlib, unpacked. --pillow: its sources, unpacked.
--shared: a folder with `graphics`, `pngsuite` and `valid` (photographs). --pdf: PDF files of documents, of which two
pages each become pictures of 300 dots per inch by `pdftoppm`.

What is made by rule and not found is said in the names of `graphics.py`: soft alpha, mixed pages and rendered depth.
"""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Iterator
from pathlib import Path
from warnings import catch_warnings, simplefilter

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from l3c.storage.atomic import whole_file

SMALL = 4096  # pixels below which a picture counts as small
MODES = ("1", "L", "LA", "P", "RGB", "RGBA")
PAGES = (5, 9)  # of a document: beyond its title and contents
PHOTOGRAPHS = 6  # that other kinds are made of, the first by name with fewer pixels than LARGE
LARGE = 400_000
DRAWN = ("chessboard_GRAY", "chessboard_RGB", "color", "horse", "logo", "microaneurysms", "page", "phantom", "text")
"""Of scikit-image: drawings, tests and text."""

FEATHER = 12  # pixels: radius of the blur of a mask
SHADOW = 0.6  # opacity of a shadow

Bytes = NDArray[np.uint8]


def opened(paths: Iterator[Path]) -> Iterator[tuple[str, Image.Image]]:
    """Name and first picture of files that Pillow reads as 8 bits or fewer, each once."""
    seen: set[bytes] = set()
    for path in sorted(paths):
        try:
            with catch_warnings():
                simplefilter("ignore")
                with Image.open(path) as image:
                    image.load()
        except Exception:  # a file that is damaged on purpose, or of a format that is none of pictures
            continue
        key = repr((image.mode, image.size, image.getpalette())).encode() + image.tobytes()
        if image.mode in MODES and key not in seen:
            seen.add(key)
            yield f"{path.stem}_{path.suffix[1:]}", image


def small(paths: Iterator[Path]) -> Iterator[tuple[str, Image.Image]]:
    return ((name, image) for name, image in opened(paths) if image.width * image.height < SMALL)


def palettes(paths: Iterator[Path]) -> Iterator[tuple[str, Image.Image]]:
    return ((name, image) for name, image in opened(paths) if image.mode == "P" and image.width * image.height >= SMALL)


def soft(photograph: Image.Image) -> Image.Image:
    """A photograph cut out by an ellipse with a soft edge, colours under full transparency black, above a shadow."""
    width, height = photograph.size
    down, across = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    mask = Image.fromarray(((down**2 + across**2 < 0.6) * 255).astype(np.uint8))
    alpha = np.asarray(mask.filter(ImageFilter.GaussianBlur(FEATHER / 4)), np.float64) / 255
    shadow = np.roll(
        np.asarray(mask.filter(ImageFilter.GaussianBlur(FEATHER)), np.float64) / 255, (FEATHER, FEATHER), (0, 1)
    )
    both = alpha + (1 - alpha) * shadow * SHADOW
    rgb = np.asarray(photograph.convert("RGB"), np.float64) * (alpha / np.maximum(both, 1e-9))[..., None]
    return Image.fromarray(np.rint(np.dstack([rgb * (both[..., None] > 0), both * 255])).astype(np.uint8))


def mixed(page: Image.Image, photographs: list[Image.Image]) -> Image.Image:
    """A page with photographs in it."""
    out = page.convert("RGB").resize((1240, 1754), Image.Resampling.BOX)
    for number, photograph in enumerate(photographs):
        out.paste(photograph.convert("RGB"), (100 + 150 * number, 200 + 700 * number))
    return out


def rendered_depth(seed: int) -> Image.Image:
    """Distances to spheres above a plane, as a depth camera gives: 8 bits."""
    random = np.random.default_rng(seed)
    down, across = np.mgrid[0:480, 0:640].astype(np.float64)
    depth = 40 + 200 * (480 / (down + 240) - 0.6)
    for _ in range(12):
        y, x, radius, near = random.uniform((0, 0, 20, 20), (480, 640, 110, 170))
        inside = radius**2 - (down - y) ** 2 - (across - x) ** 2
        depth = np.where(inside > 0, np.minimum(depth, near + 60 - np.sqrt(np.maximum(inside, 0)) / 2), depth)
    return Image.fromarray(np.clip(np.rint(depth), 0, 255).astype(np.uint8))


def measured_depth(path: Path) -> Image.Image:
    """Disparities of a stereo pair, unknown ones as 0: 8 bits."""
    with np.load(path) as arrays:
        values = arrays[arrays.files[0]]
    values = np.where(np.isfinite(values), values, 0)
    return Image.fromarray(np.rint(values / values.max() * 255).astype(np.uint8))


def documents(folder: Path, way: str, work: Path) -> Iterator[tuple[str, Image.Image]]:
    for path in sorted(folder.rglob("*.pdf")):
        for page in PAGES:
            place = ["-f", str(page), "-l", str(page), "-singlefile", "-r", "300", way]
            made = subprocess.run(["pdftoppm", *place, path, work / "page"], check=False, capture_output=True)
            for file in work.glob("page.p?m"):
                with Image.open(file) as image:
                    image.load()
                file.unlink()
                if made.returncode == 0 and np.ptp(np.asarray(image.convert("L"))):
                    yield f"{path.stem}-{page:02}", image


def kinds(options: argparse.Namespace) -> Iterator[tuple[str, str, Image.Image]]:
    """(kind, name, picture)."""
    skimage, images = options.unpacked / "skimage/data", options.unpacked / "matplotlib/mpl-data/images"
    tests = options.pillow / "Tests/images"
    found = {
        "icons": opened(images.glob("*.png")),
        "small, Pillow": small(p for p in tests.rglob("*") if p.is_file()),
        "small, PngSuite": small(
            p for p in (options.shared / "pngsuite").glob("*.png") if not p.stem.startswith("bad")
        ),
        "palettes": palettes(p for p in tests.rglob("*") if p.is_file()),
        "screenshots of manuals and figures": opened((options.shared / "graphics").glob("*.png")),
        "drawings of scikit-image": opened(p for p in skimage.glob("*.*") if p.stem in DRAWN),
        "microscopy": opened(skimage / f"{name}.png" for name in ("cell", "ihc")),
        "textures": opened(skimage / f"{name}.png" for name in ("brick", "grass", "gravel")),
    }
    for kind, pictures in found.items():
        yield from ((kind, name, image) for name, image in pictures)
    every = (
        image for image in opened((options.shared / "valid").iterdir()) if image[1].width * image[1].height < LARGE
    )
    photographs = [image for image, _ in zip(every, range(PHOTOGRAPHS), strict=False)]
    for name, image in photographs:
        yield "photographs", name, image
        yield "soft alpha", name, soft(image)
    yield "depth maps", "motorcycle", measured_depth(skimage / "motorcycle_disp.npz")
    yield from (("depth maps", f"rendered-{seed}", rendered_depth(seed)) for seed in range(3))
    if options.pdf:
        pages = list(documents(options.pdf, "-gray", options.folder))
        yield from (("documents, 1 bit", *page) for page in documents(options.pdf, "-mono", options.folder))
        yield from (("documents, gray", *page) for page in pages)
        for number, (name, page) in enumerate(pages[::4]):
            two = [photographs[(2 * number + n) % len(photographs)][1] for n in range(2)]
            yield "pages with photographs", name, mixed(page, two)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--unpacked", type=Path, required=True)
    parser.add_argument("--pillow", type=Path, required=True)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--pdf", type=Path)
    options = parser.parse_args()
    options.folder.mkdir(exist_ok=True, parents=True)
    for kind, name, image in kinds(options):
        (options.folder / kind).mkdir(exist_ok=True)
        image.info.pop("icc_profile", None)
        with whole_file(options.folder / kind / f"{name}.png") as file:
            image.save(file, "PNG")


if __name__ == "__main__":
    main()
