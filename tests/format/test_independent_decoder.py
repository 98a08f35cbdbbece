"""The decoder that was written from the documents alone gives the very pixels of the golden files."""

import ast
import importlib.util
import io
import json
import random
import re
import sys
import zlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import l3c
from l3c.dct import coded, presets
from l3c.dct.compiled import DctCoder
from l3c.dct.definition.plane import Plane
from l3c.dct.keep import keep
from l3c.jpeg.file import JpegFile, ReproductionError, parse, write
from l3c.jpeg.pack import pack_header
from tests.dct import examples
from tests.jpeg.files import SETTINGS, damaged, jpeg_file
from tests.jpeg.test_pack import thumbnail

from . import independent_decoder as independent

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests/golden/v1"
DOCUMENTS = ROOT / "docs/format"
SLOW = "rgb-max"


@pytest.fixture(scope="module")
def models() -> dict[bytes, independent.Model]:
    return independent.package_models(ROOT / "src/l3c/wave/weights")


@pytest.fixture(scope="module")
def dct_models() -> dict[bytes, independent.DctModel]:
    files = sorted((ROOT / "src/l3c/dct/weights").glob("*.safetensors"))
    read = (independent.read_dct_model(path.read_bytes()) for path in files)
    return {digest[:16]: model for digest, model in read}


def decode(data: bytes, models: dict[bytes, independent.Model]) -> list[NDArray[np.generic]]:
    pages = independent.decode(data, models).pages
    return [page.samples[..., 0] if page.samples.shape[2] == 1 else page.samples for page in pages]


def test_it_stands_alone() -> None:
    tree = ast.parse(Path(independent.__file__).read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "." for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names | {"numpy"}


def test_every_model_of_the_table_is_found_by_its_digest(models: dict[bytes, independent.Model]) -> None:
    text = (DOCUMENTS / "models.md").read_text(encoding="utf-8")
    assert {digest.hex() for digest in models} == set(re.findall(r"^\| `([0-9a-f]{32})` ", text, re.MULTILINE))


def test_fused_is_rounded_once() -> None:
    tie = np.float32(2.0**-24 * (1 + 2.0**-23)), np.float32(1 - 2.0**-23)  # the product is 2^-24 - 2^-70
    odd = np.float32(1 + 2.0**-23)
    assert np.float32(np.float64(tie[0]) * np.float64(tie[1]) + odd) == 1 + 2.0**-22  # rounded twice
    assert independent.fused(*tie, odd) == odd
    assert independent.fused(-tie[0], tie[1], -odd) == -odd
    least = np.float32(2.0**-149)
    assert independent.fused(least, np.float32(0.5), np.float32(0)) == 0
    assert independent.fused(least, np.float32(1.5), np.float32(0)) == 2 * least


def test_the_annotated_file(models: dict[bytes, independent.Model]) -> None:
    text = (DOCUMENTS / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| [0-9A-F]{2} \| `([0-9A-F ]+)` \|", text, re.MULTILINE)
    y, x = np.mgrid[:10, :12]
    (pixels,) = decode(bytes.fromhex(" ".join(rows)), models)
    assert np.array_equal(pixels, 40 + (x**2 + 3 * y**2 + x * y >> 2))


def test_the_steps_of_the_worked_example(models: dict[bytes, independent.Model]) -> None:
    text = (DOCUMENTS / "wave.md").read_text(encoding="utf-8").split("<!-- steps -->")[1]
    rows = re.findall(r"^\| (\d+) \| (\d+) \|((?: `\w{8}` \|){4})$", text, re.MULTILINE)
    expected = {int(t): re.findall(r"\w{8}", crcs) for t, _, crcs in rows}
    seen = {}

    def watch(t: int, model: independent.Model) -> None:
        if t in expected:
            head = {layer.name: layer for layer in model.layers}
            tensors = [
                tensor
                for name in ("head0.0", "head0.1")
                for tensor in (head[name].weight.astype("i1"), head[name].bias.astype("<i4"))
            ]
            seen[t] = [f"{zlib.crc32(tensor.tobytes()):08x}" for tensor in tensors]

    content = independent.read_compact((GOLDEN / "gray-fast.l3c").read_bytes())
    (model,) = independent.read_models(content["MODL"], models)
    independent.WaveTile(model, 61, 83).decode(content["DATA"], watch)
    assert len(expected) == 3
    assert seen == expected


class EnoughError(Exception):
    """Ends a decoding early."""


def test_the_first_wavefronts_of_a_slow_image(models: dict[bytes, independent.Model]) -> None:
    """All of it takes a quarter of the time of the other files together."""
    content = independent.read_sections(independent.Reader((GOLDEN / f"{SLOW}.l3c").read_bytes()[9:]))
    (model,) = independent.read_models(content["MODL"], models)
    with Image.open(GOLDEN / f"{SLOW}.png") as image:
        expected = np.asarray(image)
    height, width = expected.shape[:2]
    tile = independent.WaveTile(model, height, width)

    def watch(t: int, _: independent.Model) -> None:
        if t == 99:
            raise EnoughError

    with pytest.raises(EnoughError):
        tile.decode(content["DATA"], watch)
    y, x = np.mgrid[:height, :width]
    known = x + 3 * y < 100
    assert np.array_equal(tile.result()[known], expected[known])
    assert tile.learner is not None
    assert tile.learner.steps > 20


@pytest.mark.parametrize(
    "path", sorted(path for path in GOLDEN.glob("*.l3c") if path.stem != SLOW), ids=lambda path: path.stem
)
def test_golden_images(path: Path, models: dict[bytes, independent.Model]) -> None:
    (pixels,) = decode(path.read_bytes(), models)
    with Image.open(path.with_suffix(".png")) as image:
        expected = np.asarray(image)
    assert pixels.dtype == expected.dtype
    assert np.array_equal(pixels, expected)


@pytest.mark.parametrize("path", sorted((GOLDEN / "samples").glob("*.l3c")), ids=lambda path: path.stem)
def test_golden_samples(
    path: Path, models: dict[bytes, independent.Model], dct_models: dict[bytes, independent.DctModel]
) -> None:
    kept = path.with_suffix(".bin")
    if kept.exists():
        assert independent.decode(path.read_bytes(), models, dct_models=dct_models).kept == kept.read_bytes()
        return
    expected = sorted(path.parent.glob(f"{path.stem}-[0-9].npy"))
    pages = decode(path.read_bytes(), models)
    assert len(pages) == len(expected)
    for pixels, array in zip(pages, map(np.load, expected), strict=True):
        assert pixels.dtype == array.dtype
        assert pixels.tobytes() == array.tobytes()


@pytest.mark.parametrize("name", json.loads((GOLDEN / "errors/errors.json").read_text(encoding="utf-8")))
def test_damaged_files_are_refused(name: str, models: dict[bytes, independent.Model]) -> None:
    with pytest.raises(independent.RefusedError):
        decode((GOLDEN / f"errors/{name}.l3c").read_bytes(), models)


def scene(height: int, width: int, channels: int) -> NDArray[np.uint8]:
    y, x, c = np.mgrid[:height, :width, :channels]
    noise = np.random.default_rng(1).normal(0, 4, (height, width, channels))
    result = np.clip((120 + 50 * np.sin(x / 7 + y / 11)) * (1 - 0.1 * c) + noise, 0, 255)
    return np.asarray(result, np.uint8)


def video(height: int, width: int) -> NDArray[np.uint8]:
    """A frame that was made of 4:2:0 video, with two samples that were not."""
    steps = b"".join(step.to_bytes(4, "little", signed=True) for step in (76309, 104597, -25675, -53279, 132201))
    head = independent.Head(independent.RGB, width, height, independent.UNSIGNED, 8)
    history = independent.History(head, independent.VIDEO, 1, bytes([0, 16, 1, 16]) + steps + bytes(1))
    rows, columns = -(-height // 2), -(-width // 2)
    chroma = scene(rows, columns, 2) // 4 + 100
    image = history.numbers([scene(height, width, 1), chroma[..., :1], chroma[..., 1:]]).astype(np.uint8)
    image[3, 5, 1] ^= 4
    image[-1, -1, 2] ^= 1
    return image


def drawing(channels: int) -> NDArray[np.uint8]:
    image = np.zeros((40, 40, channels), np.uint8)
    image[10:20, 5:30] = 128
    return image


MADE: dict[str, tuple[Callable[[], NDArray[Any]], str]] = {
    "two columns": (lambda: scene(20, 2, 3), "wave"),
    "three columns": (lambda: scene(24, 3, 1), "wave-max"),
    "two rows": (lambda: scene(2, 30, 3), "wave-fast"),
    "CMYK": (lambda: scene(12, 15, 4), "wave-fast"),
    "alpha along with the colours": (lambda: drawing(4), "wave"),
    "video with corrections": (lambda: video(51, 61), "wave-fast"),
    "joint chroma that learns in all layers": (lambda: video(31, 37), "wave-max"),
    "one bit": (lambda: drawing(1)[..., 0] > 0, "wave"),
    "64 bits": (lambda: scene(12, 15, 1)[..., 0].astype(np.int64) << 40, "wave-fast"),
}


@pytest.mark.parametrize("name", MADE)
def test_what_the_golden_files_lack(name: str, models: dict[bytes, independent.Model]) -> None:
    make, model = MADE[name]
    image = make()
    layout = "CMYK" if name == "CMYK" else None
    (pixels,) = decode(l3c.encode(image, model=model, layout=layout), models)
    assert pixels.dtype == image.dtype
    assert np.array_equal(pixels, image.reshape(pixels.shape))


def rewritten(file: JpegFile) -> bytes:
    """A JPEG file from its packed header and its coefficients, by the independent decoder."""
    kept = independent.unpack_header(pack_header(file))
    for into, picture in zip(kept.pictures, file.pictures, strict=True):
        assert [part.shape for part in into.coefficients] == [part.shape for part in picture.coefficients]
        into.coefficients = [part.astype(np.int64) for part in picture.coefficients]
    return independent.write_jpeg(kept)


@pytest.mark.parametrize("name", SETTINGS)
def test_jpeg_files_are_written_again(name: str) -> None:
    chance, whole = random.Random(2), jpeg_file(name, 21, 30)
    for data in (whole, *(damaged(whole, chance) for _ in range(4))):
        try:
            file = parse(data)
        except ReproductionError:
            continue
        assert rewritten(file) == data


def test_pictures_in_jpeg_files_are_written_again() -> None:
    small, large = jpeg_file("4:2:0, optimized", 24, 32), jpeg_file("progressive", 30, 30)
    data = large[:2] + thumbnail(small) + large[2:] + b"gap" + small + large + b"end"
    file = parse(data)
    assert len(file.inner) == 3
    assert rewritten(file) == data


def test_the_dictionary_is_as_the_page_lists_it() -> None:
    text = (DOCUMENTS / "jpeg.md").read_text(encoding="utf-8").split("<!-- dictionary -->")[1]
    listed = bytes.fromhex(" ".join(re.findall(r"^(?:[0-9A-F]{2} ?)+$", text, re.MULTILINE)))
    assert len(listed) > 1000
    assert independent.make_dictionary().endswith(listed)


def format_example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("format_example", ROOT / "scripts/format_example.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_worked_example_of_jpeg_files() -> None:
    file = format_example().jpeg_file()
    assert rewritten(file) == write(file)


@pytest.mark.parametrize("calibrated", [False, True])
@pytest.mark.parametrize("related", [0, 1])
def test_any_coefficients_are_decoded(calibrated: bool, related: int) -> None:
    """Also of components whose sizes fit no picture, by networks of random integers."""
    rng = np.random.default_rng(3)
    for shapes in (((3, 1, 2, 3), (1, 4, 1, 1), (2, 2, 1, 1), (1, 4, 1, 1)), ((2, 3, 1, 1),) * 3):
        planes = []
        for rows, columns, horizontal, vertical in shapes:
            bits = rng.integers(0, 16, (rows, columns, 64))
            coefficients = rng.integers(-(1 << 15), 1 << 15, (rows, columns, 64)) >> bits
            steps = (rng.integers(1, 1 << 16, 64) >> rng.integers(0, 16, 64)).clip(1)
            planes.append(Plane(coefficients.astype(np.int16), steps.astype(np.uint16), horizontal, vertical))
        assert_decoded(planes, calibrated, related)


def test_coefficients_of_a_picture_are_decoded() -> None:
    assert_decoded(examples.planes_of(examples.picture(33, 41), 70, 2), calibrated=True, related=1)


def test_gaps_in_values_are_followed() -> None:
    rng = np.random.default_rng(1)
    decay = 4 / (1 + np.arange(64)) ** 1.2
    coefficients = 5 * np.round(rng.laplace(0, decay, (24, 24, 64))).astype(np.int16)
    assert_decoded([Plane(coefficients, np.full(64, 2, np.uint16), 1, 1)], calibrated=True, related=1)


def assert_decoded(planes: list[Plane], calibrated: bool, related: int) -> None:
    payload = DctCoder(examples.random_networks(1, related), calibrated=calibrated).encode(planes)
    networks = []
    for architecture in examples.SMALL:
        stated = {**asdict(architecture), "related": related * architecture.related}
        tensors = examples.random_tensors(type(architecture)(**stated), 1 + architecture.chroma)
        networks.append(
            independent.DctNetwork(stated, {name: tensor.astype(np.int64) for name, tensor in tensors.items()})
        )
    components = [
        independent.CodedComponent(
            np.zeros(plane.coefficients.shape, np.int64), plane.steps.astype(np.int64), plane.vertical, plane.horizontal
        )
        for plane in planes
    ]
    independent.decode_coefficients(independent.DctModel(networks, calibrated), components, payload)
    for component, plane in zip(components, planes, strict=True):
        assert np.array_equal(component.coefficients, plane.coefficients)


def test_coefficient_models_are_read(dct_models: dict[bytes, independent.DctModel]) -> None:
    known = [bytes.fromhex(preset.digest)[:16] for preset in presets.PRESETS.values()]
    assert set(known) == set(dct_models)
    for model in dct_models.values():
        assert [network.architecture["chroma"] for network in model.networks] == [0, 1]


def exif(data: bytes, inner: bytes) -> bytes:
    return data[:2] + thumbnail(inner) + data[2:]


KEPT: dict[str, Callable[[], bytes]] = {
    "gray": lambda: jpeg_file("gray", 16, 20),
    "4:2:0": lambda: jpeg_file("4:2:0, optimized", 33, 24),
    "restart markers": lambda: jpeg_file("restart markers", 24, 32),
    "progressive": lambda: jpeg_file("progressive", 33, 40),
    "CMYK": lambda: jpeg_file("CMYK", 16, 16),
    "trailing bytes": lambda: jpeg_file("4:2:2", 16, 24) + b"what follows the picture",
    "thumbnail": lambda: exif(jpeg_file("progressive gray", 32, 24), jpeg_file("4:2:0, optimized", 16, 16)),
    "cut short": lambda: jpeg_file("4:4:4", 24, 24)[:-150],
}


@pytest.mark.parametrize("name", KEPT)
def test_kept_jpeg_files(name: str, dct_models: dict[bytes, independent.DctModel]) -> None:
    data = KEPT[name]()
    file = keep(data, 1, "jpeg")
    sections = independent.read_sections(independent.Reader(file[9:]))
    assert sections["FILE"][5] == 3  # the coder, behind the suffix
    decoded = independent.decode(file, {}, dct_models=dct_models)
    assert decoded.kept == data
    assert decoded.suffix == "jpeg"


def test_kept_jpeg_files_of_several_segments(dct_models: dict[bytes, independent.DctModel]) -> None:
    data = jpeg_file("4:2:0, optimized", 40, 24) + jpeg_file("progressive CMYK", 17, 16)
    with patch.object(coded, "SEGMENT_BLOCKS", 8):
        file = keep(data, 1)
    assert independent.decode(file, {}, dct_models=dct_models).kept == data
    with pytest.raises(independent.RefusedError, match="model"):
        independent.decode(file, {})


@pytest.mark.parametrize("name", ["4:4:4", "4:2:0, optimized"])
def test_pixels_of_jpeg_files_come_from_their_coefficients(
    name: str, models: dict[bytes, independent.Model], dct_models: dict[bytes, independent.DctModel]
) -> None:
    with Image.open(io.BytesIO(jpeg_file(name, 48, 64))) as image:
        pixels = np.asarray(image)
    file = l3c.encode(pixels)
    history = independent.read_compact(file)["HIST"]
    assert (history[0], history[4]) == (independent.DECODED_JPEG, 3)
    (page,) = independent.decode(file, models, dct_models).pages
    assert np.array_equal(page.samples, pixels)
