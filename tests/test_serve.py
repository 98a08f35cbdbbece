"""l3c serve: what the server gives, what it refuses, and the page in a browser."""

from __future__ import annotations

import http.client
import io
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from PIL import Image

import l3c
from l3c.cli import main
from l3c.errors import InputError
from l3c.serve import gallery as galleries
from l3c.serve.gallery import Gallery
from l3c.serve.server import POLICY, ROUTES, Server
from tests.checks import smooth_picture

PICTURE = smooth_picture(300, 400, 3)
TIMEOUT = 120  # seconds that a browser may take


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pictures, a file that is none, a damaged one, and what is not to be shown."""
    root = tmp_path_factory.mktemp("served")
    photos = root / "photos"
    (photos / "sub").mkdir(parents=True)
    (photos / ".hidden").mkdir()
    data = l3c.encode(PICTURE, model="wave-fast", effort=1, history=False, metadata={"xmp": b"<x/>"})
    (photos / "a.l3c").write_bytes(data)
    (photos / "sub" / "b.l3c").write_bytes(l3c.encode(PICTURE[:90, :70, 0], model="wave-fast", effort=1))
    (photos / "sub" / "damaged.l3c").write_bytes(data[:-1000])
    (photos / "words.l3c").write_bytes(l3c.keep_file(b"words", "txt"))
    (photos / ".hidden" / "c.l3c").write_bytes(data)
    (root / "secret.l3c").write_bytes(data)
    (photos / "link.l3c").symlink_to(root / "secret.l3c")
    (photos / "plain.png").write_bytes(b"png")
    return photos


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    with Server(Gallery(folder, threads=1)) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(server: Server, path: str, host: str | None = None, method: str = "GET") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=TIMEOUT)
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", host or f"127.0.0.1:{server.port}")
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    if method == "GET":
        assert answer.getheader("Content-Security-Policy") == POLICY
        assert answer.getheader("X-Content-Type-Options") == "nosniff"
    connection.close()
    return answer.status, body


def test_files_are_listed_described_and_given(server: Server, folder: Path) -> None:
    status, body = ask(server, "/api/files")
    names = [file["name"] for file in json.loads(body)["files"]]
    assert (status, names) == (200, ["a.l3c", "sub/b.l3c", "sub/damaged.l3c", "words.l3c"])
    described = json.loads(ask(server, "/api/files/0")[1])
    assert (described["width"], described["height"], described["levels"][-1]) == (400, 300, [400, 300])
    assert described["metadata"] == {"xmp": 4}
    assert ask(server, "/file/0") == (200, (folder / "a.l3c").read_bytes())
    assert ask(server, "/?x")[1].startswith(b"<!doctype html>")


def test_pictures_are_previews_and_tiles(server: Server) -> None:
    with Image.open(io.BytesIO(ask(server, "/preview/0.png")[1])) as small:
        assert small.size == (256, 192)
    with Image.open(io.BytesIO(ask(server, "/tile/0/9/1_1.png")[1])) as tile:
        np.testing.assert_array_equal(np.asarray(tile), PICTURE[256:, 256:])


def test_costs_are_told_by_block(server: Server, folder: Path) -> None:
    status, body = ask(server, "/api/cost/0")
    found = json.loads(body)
    bits = np.array(found["bits"])
    assert (status, found["side"], bits.shape) == (200, 32, (10, 13))
    assert body == ask(server, "/api/cost/0")[1]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/files/4", 404),
        ("/api/files/9999999999", 404),
        ("/file/-1", 404),
        ("/file/../secret.l3c", 404),
        ("/file/%2e%2e%2fsecret.l3c", 404),
        ("/../../etc/passwd", 404),
        ("/tile/0/9/2_0.png", 404),
        ("/tile/0/99/0_0.png", 404),
        ("/preview/3.png", 404),
        ("/api/cost/3", 404),
        ("/api/cost/2", 422),
        ("/preview/2.png", 422),
        ("/nothing", 404),
    ],
)
def test_what_is_not_there_is_refused(server: Server, path: str, status: int) -> None:
    assert ask(server, path)[0] == status
    assert ask(server, "/api/files")[0] == 200


def test_other_names_and_methods_are_refused(server: Server) -> None:
    assert ask(server, "/api/files", host=f"evil.example:{server.port}")[0] == 403
    assert ask(server, "/api/files", host="127.0.0.1")[0] == 403
    assert ask(server, "/api/files", host=f"localhost:{server.port}")[0] == 200
    for method in ("POST", "PUT", "DELETE"):
        assert ask(server, "/file/0", method=method)[0] == 501
    assert server.server_address[0] == "127.0.0.1"


def test_memory_and_lists_are_bounded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(Gallery(folder, max_memory=1000)) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        status, text = ask(server, "/tile/0/9/0_0.png")
        assert (status, b"the limit is 1,000" in text) == (422, True)
        server.shutdown()
        thread.join()
    monkeypatch.setattr(galleries, "LISTED", 1)
    monkeypatch.setattr(galleries, "OPENED", 1)
    gallery = Gallery(folder)
    assert (len(gallery.paths), gallery.left_out) == (1, 3)
    with pytest.raises(InputError, match="is no folder"):
        Gallery(folder / "a.l3c")


def test_routes_take_numbers_alone() -> None:
    assert all("(" not in pattern.replace(r"(\d{1,9})", "") for pattern in ROUTES)


def test_the_command_tells_where(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Server, "serve_forever", lambda server: None)
    assert main(["serve", str(folder), "--port", "0", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["files"] == 4
    assert record["url"].startswith("http://127.0.0.1:")
    assert main(["serve", str(folder / "none")]) == 2
    with Server(Gallery(folder)) as taken:
        assert main(["serve", str(folder), "--port", str(taken.port)]) == 1


def test_the_page_works_in_a_browser(server: Server, tmp_path: Path) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium here")
    usual = [chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    usual += ["--window-size=800,500", "--virtual-time-budget=20000"]
    dumped = subprocess.run([*usual, "--dump-dom", f"{server.url}#0"], capture_output=True, text=True, timeout=TIMEOUT)
    assert dumped.stdout.count('src="/preview/') == 4
    assert 'id="viewer" class="open"' in dumped.stdout
    assert "400 x 300 pixels" in dumped.stdout
    shot = tmp_path / "shot.png"
    subprocess.run(
        [*usual, f"--screenshot={shot}", f"{server.url}#0"], capture_output=True, timeout=TIMEOUT, check=True
    )
    with Image.open(shot) as image:
        seen = np.asarray(image.convert("RGB").crop((70, 100, 470, 400))).reshape(-1, 3)
    assert len(np.unique(seen, axis=0)) > 1000, "the picture itself is drawn"
    dumped = subprocess.run(
        [*usual, "--dump-dom", f"{server.url}#0,cost"], capture_output=True, text=True, timeout=TIMEOUT
    )
    assert "bits a pixel" in dumped.stdout
    assert "estimated within tiles" in dumped.stdout
