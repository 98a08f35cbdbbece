"""What is trained on is what is coded."""

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from l3c.dct.definition.features import Statistics, counted
from l3c.dct.definition.plane import Plane, SymbolMeter, code_plane, surroundings
from l3c.errors import InputError
from l3c.training.dct.export import exported
from l3c.training.dct.net import Net
from l3c.training.dct.planes import BLOCKS, INDEX, SLOPES, STATISTICS, Planes, join, write_planes
from tests.dct.examples import SMALL, picture


@pytest.fixture
def planes(tmp_path: Path) -> Planes:
    files = []
    for quality, subsampling in ((70, 2), (95, 0), (85, 1)):
        content = io.BytesIO()
        picture(40 + quality % 7, 52, quality).save(content, "JPEG", quality=quality, subsampling=subsampling)
        files.append((f"{quality}.jpg", content.getvalue()))
    assert write_planes(tmp_path, [*files, ("no.jpg", b"\xff\xd8")], "here") == 3
    return Planes(tmp_path)


def components(planes: Planes, number: int) -> list[Plane]:
    found = planes.files[number]["planes"]
    return [Plane(planes.plane(p)[1:, 1:-1], np.array(p["steps"], np.uint16), p["h"], p["v"]) for p in found]


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("component", [0, 1, 2])
def test_surroundings_are_those_of_the_definition(planes: Planes, number: int, component: int) -> None:
    known = components(planes, number)
    plane = planes.files[number]["planes"][component]
    bordered = planes.plane(plane)
    rows, columns = plane["rows"], plane["columns"]
    statistics = Statistics()
    for t in range(columns + 2 * (rows - 1)):
        y = np.array([y for y in range(rows) if 0 <= t - 2 * y < columns])
        x = t - 2 * y
        if not len(y):
            continue
        expected = surroundings(known, component, bordered, y, x, statistics.levels())
        given, coefficients = planes.around(planes.files[number], component, y, x)
        assert np.array_equal(coefficients, known[component].coefficients[y, x])
        for name, value in vars(expected).items():
            assert np.array_equal(value, getattr(given, name)), name
        before = np.where(x > 0, bordered[y + 1, x, 0], bordered[y, x + 1, 0])
        statistics.add(counted(coefficients, before).sum(axis=0), len(y))


@pytest.mark.parametrize(("chroma", "related"), [(0, 0), (1, 0), (1, 1)])
def test_integers_cost_what_the_float_network_says(planes: Planes, chroma: int, related: int) -> None:
    torch.manual_seed(chroma)
    if related:
        planes.relate()
    net = Net(replace(SMALL[chroma], components=3, related=related))
    with torch.no_grad():
        for parameter in (net.last, net.h2, net.h2b):
            parameter.add_(0.05 * torch.randn_like(parameter))
    net.quantized = True
    file = planes.files[1]
    plane = file["planes"][chroma]
    y, x = (a.ravel() for a in np.mgrid[: plane["rows"], : plane["columns"]])
    batch = join([(*planes.around(file, chroma, y, x), np.array(plane["steps"], np.int64), 1.0)])
    with torch.no_grad():
        bits = float(net.cost(batch)[1].sum())
    meter = SymbolMeter()
    code_plane(exported(net), components(planes, 1), chroma, meter)
    assert meter.bits == pytest.approx(bits, rel=0.01)


def test_batches_weigh_files_by_their_bytes(planes: Planes) -> None:
    batch = planes.draw(np.random.default_rng(1), 4, 16, chroma=True)
    assert len(batch.coefficients) == len(batch.weights) == 64
    assert (np.diff(batch.last) <= 0).all()
    assert set(batch.weights.tolist()) <= {np.float32(file["weight"]) for file in planes.files}


def test_chroma_is_of_files_that_have_it(tmp_path: Path) -> None:
    files = []
    for name, mode in (("a", "L"), ("b", "L"), ("c", "RGB")):
        content = io.BytesIO()
        picture(16, 16).convert(mode).save(content, "JPEG")
        files.append((name, content.getvalue()))
    write_planes(tmp_path / "mixed", files, "mixed")
    assert len(Planes(tmp_path / "mixed").draw(np.random.default_rng(1), 3, 5, chroma=True).last) == 15
    write_planes(tmp_path / "gray", files[:2], "gray")
    with pytest.raises(InputError, match="gray: all JPEG files are gray"):
        Planes(tmp_path / "gray").draw(np.random.default_rng(1), 3, 5, chroma=True)


def test_what_was_cut_is_derived_anew_or_named(planes: Planes) -> None:
    """A run that is killed leaves no such files; older versions and full disks do."""
    planes.relate()
    slopes = planes.slopes.copy()
    for name in (STATISTICS, SLOPES):
        path = planes.folder / name
        whole = path.read_bytes()
        for content in (whole[:-7], b"", whole[:40]):
            path.write_bytes(content)
            again = Planes(planes.folder)
            again.relate()
            assert np.array_equal(again.statistics, planes.statistics)
            assert np.array_equal(again.slopes, slopes)
            assert path.read_bytes() == whole
    index = (planes.folder / INDEX).read_text()
    for text, said in (("{", "damaged"), ("[]", "damaged"), ('{"source": "x", "files": []}', "index is empty")):
        (planes.folder / INDEX).write_text(text)
        with pytest.raises(InputError, match=said) as caught:
            Planes(planes.folder)
        assert str(planes.folder) in str(caught.value)
    (planes.folder / INDEX).write_text(index)
    with (planes.folder / BLOCKS).open("r+b") as file:
        file.truncate(1000)
    with pytest.raises(InputError, match="damaged"):
        Planes(planes.folder)


def test_nothing_is_written_under_its_name_before_it_is_whole(tmp_path: Path) -> None:
    content = io.BytesIO()
    picture(16, 16).save(content, "JPEG")

    def files() -> Iterator[tuple[str, bytes]]:
        yield "a", content.getvalue()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_planes(tmp_path, files(), "here")
    assert not list(tmp_path.iterdir())


def test_networks_learn(planes: Planes) -> None:
    torch.manual_seed(1)
    net = Net(SMALL[0])
    optimizer = torch.optim.AdamW(net.parameters(), lr=5e-3)
    costs = []
    for step in range(12):
        cost, _ = net.cost(planes.draw(np.random.default_rng(step), 3, 20, chroma=False))
        optimizer.zero_grad()
        cost.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        costs.append(cost.item())
    assert np.mean(costs[-3:]) < 0.9 * np.mean(costs[:3])
