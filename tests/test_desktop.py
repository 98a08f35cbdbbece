"""The desktop: the MIME type and the thumbnailer, as real programs of the desktop see them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

import l3c
from l3c.desktop import MIME, data_home, places
from tests.checks import smooth_picture
from tests.cli.conftest import Run, folder, run  # noqa: F401

PICTURE = smooth_picture(300, 400, 3)
TIMEOUT = 60  # seconds that programs of the desktop may take
PATIENCE = 300
"""Seconds until a thumbnail is there: services make them when the processor is idle."""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of a user of our own."""
    base = tmp_path / "home"
    for name, where in (("HOME", base), ("XDG_DATA_HOME", base / "data"), ("XDG_CACHE_HOME", base / "cache"),
                        ("XDG_CONFIG_HOME", base / "config")):  # fmt: skip
        where.mkdir(parents=True, exist_ok=True)
        monkeypatch.setenv(name, str(where))
    return base


@pytest.fixture
def photo(folder: Path) -> Path:  # noqa: F811
    """A file without the suffix of its kind, and one with it."""
    Path("photo.l3c").write_bytes(l3c.encode(PICTURE, model="wave-fast", effort=1, history=False))
    shutil.copy("photo.l3c", "unnamed")
    return folder / "photo.l3c"


def test_what_is_installed_is_removed(run: Run, home: Path) -> None:  # noqa: F811
    done = run("desktop", "--install")
    assert done.lines == [f"{place}: written" for place in places()]
    entry = places()[1].read_text()
    assert f"MimeType={MIME};" in entry
    assert f"TryExec={sys.executable}\n" in entry
    removed = json.loads(run("desktop", "--remove", "--json").out)
    assert removed["files"] == [str(place) for place in places()]
    assert not any(place.exists() for place in places())
    assert run("desktop", "--remove").lines == []


def test_relative_folders_do_not_count(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "data")
    assert data_home() == home / ".local" / "share"


def test_thumbnails_are_png_files_of_the_size(run: Run, photo: Path) -> None:  # noqa: F811
    done = run("desktop", "--thumbnail", "photo.l3c", "small.png", "--size", "100")
    assert (done.code, done.err) == (0, "")
    with Image.open("small.png") as image:
        assert (image.format, image.size) == ("PNG", (100, 75))
    before = Path("small.png").stat().st_ino
    assert run("desktop", "--thumbnail", "photo.l3c", "small.png").code == 0
    assert Path("small.png").stat().st_ino == before, "services have the file open"
    Path("words.txt").write_text("words")
    run("encode", "words.txt", "--everything", "-q")
    refused = run("desktop", "--thumbnail", "words.txt.l3c", "no.png")
    assert (refused.code, refused.lines) == (2, ["l3c: words.txt.l3c: keeps a file that is no picture"])


def test_a_thumbnail_of_a_preview_decodes_nothing(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:  # noqa: F811
    Path("carried.l3c").write_bytes(l3c.encode(PICTURE, model="wave-fast", effort=1, history=False, preview=True))
    monkeypatch.setattr(l3c.Image, "samples", property(lambda image: pytest.fail("decoded")))
    assert run("desktop", "--thumbnail", "carried.l3c", "small.png").code == 0


def test_the_desktop_knows_the_type_by_its_signature(run: Run, photo: Path) -> None:  # noqa: F811
    for program in ("gio", "update-mime-database"):
        if shutil.which(program) is None:
            pytest.skip(f"no {program} here")
    run("desktop", "--install")
    command = ["gio", "info", "-a", "standard::content-type", "unnamed"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=TIMEOUT)
    assert f"standard::content-type: {MIME}" in done.stdout


@pytest.fixture
def bus() -> Iterator[dict[str, str]]:
    """A session bus of our own, with the environment that leads to it."""
    for program in ("dbus-daemon", "gdbus", "/usr/lib/x86_64-linux-gnu/tumbler-1/tumblerd"):
        if shutil.which(program) is None:
            pytest.skip(f"no {program} here")
    daemon = subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", "--print-address"], stdout=subprocess.PIPE, text=True
    )
    assert daemon.stdout is not None
    yield {**os.environ, "DBUS_SESSION_BUS_ADDRESS": daemon.stdout.readline().strip()}
    daemon.terminate()
    daemon.wait(TIMEOUT)
    daemon.stdout.close()


def test_the_thumbnail_service_of_file_managers_uses_it(
    run: Run,  # noqa: F811
    photo: Path,
    bus: dict[str, str],
    home: Path,
) -> None:
    run("desktop", "--install")
    service = subprocess.Popen(
        ["/usr/lib/x86_64-linux-gnu/tumbler-1/tumblerd"], env=bus, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    name = "org.freedesktop.thumbnails.Thumbnailer1"
    subprocess.run(["gdbus", "wait", "--session", "--timeout", "30", name], env=bus, check=True, timeout=TIMEOUT)
    queue = ["gdbus", "call", "--session", "--dest", name, "--object-path", "/" + name.replace(".", "/")]
    queue += ["--method", f"{name}.Queue", f"['{photo.as_uri()}']", f"['{MIME}']", "large", "default", "0"]
    subprocess.run(queue, env=bus, check=True, capture_output=True, timeout=TIMEOUT)
    made: list[Path] = []
    for _ in range(10 * PATIENCE):
        made = [path for path in (home / "cache" / "thumbnails").rglob("*.png") if "fail" not in path.parts]
        if made:
            break
        time.sleep(0.1)
    service.terminate()
    service.wait(TIMEOUT)
    with Image.open(made[0]) as image:
        assert max(image.size) == 256
