"""The server: a page, lists and pictures, to browsers of this machine alone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files

from l3c.errors import InputError, L3CError
from l3c.serve.gallery import Gallery

LOOPBACK = "127.0.0.1"  # the address of this machine that no other one reaches

PATIENCE = 30.0
"""Seconds that a browser may take to ask, or to take an answer."""

AGE = 3600
"""Seconds that a browser may keep pictures."""

NUMBER = r"(\d{1,9})"  # of a file, a level, a column or a row

POLICY = "default-src 'none'; img-src 'self'; connect-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
"""What the page may load: nothing from elsewhere."""

JSON = "application/json"  # media type of lists
PNG = "image/png"  # media type of pictures
Answer = tuple[str, bytes]


class Server(ThreadingHTTPServer):
    """Serves a gallery; `url` is where. port: 0 takes a free one. Raises OSError where the port is taken."""

    daemon_threads = True

    def __init__(self, gallery: Gallery, port: int = 0) -> None:
        self.gallery = gallery
        super().__init__((LOOPBACK, port), Handler)
        self.port = int(self.server_address[1])
        self.names = {f"{host}:{self.port}" for host in (LOOPBACK, "localhost")}

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}/"


def page(gallery: Gallery) -> Answer:
    return "text/html; charset=utf-8", files("l3c.serve").joinpath("page.html").read_bytes()


def listed(gallery: Gallery) -> Answer:
    record = {"folder": str(gallery.folder), "files": gallery.listed(), "left_out": gallery.left_out}
    return JSON, json.dumps(record).encode()


ROUTES: dict[str, Callable[..., Answer]] = {
    "/": page,
    "/api/files": listed,
    f"/api/files/{NUMBER}": lambda gallery, n: (JSON, json.dumps(gallery.described(n)).encode()),
    f"/api/cost/{NUMBER}": lambda gallery, n: (JSON, json.dumps(gallery.cost(n)).encode()),
    f"/preview/{NUMBER}.png": lambda gallery, n: (PNG, gallery.preview(n)),
    f"/tile/{NUMBER}/{NUMBER}/{NUMBER}_{NUMBER}.png": lambda gallery, *place: (PNG, gallery.tile(*place)),
    f"/file/{NUMBER}": lambda gallery, n: ("application/octet-stream", gallery.path(n).read_bytes()),
}
"""Pattern of a path to what answers it, from the gallery and the path's numbers."""


class Handler(BaseHTTPRequestHandler):
    """Answers GET alone."""

    server: Server
    timeout = PATIENCE
    protocol_version = "HTTP/1.1"
    server_version = "l3c"
    sys_version = ""

    def do_GET(self) -> None:
        if self.headers.get("Host") not in self.server.names:  # another site's name that leads here
            self._send(HTTPStatus.FORBIDDEN, "text/plain", b"not the name of this server")
            return
        path = self.path.partition("?")[0]
        for pattern, answer in ROUTES.items():
            if found := re.fullmatch(pattern, path):
                self._answer(answer, [int(number) for number in found.groups()])
                return
        self._send(HTTPStatus.NOT_FOUND, "text/plain", b"no such page")

    def _answer(self, answer: Callable[..., Answer], numbers: list[int]) -> None:
        try:
            kind, body = answer(self.server.gallery, *numbers)
        except InputError as error:
            self._send(HTTPStatus.NOT_FOUND, "text/plain", str(error).encode())
        except (L3CError, OSError, MemoryError) as error:
            self._send(HTTPStatus.UNPROCESSABLE_ENTITY, "text/plain", str(error).encode())
        else:
            self._send(HTTPStatus.OK, kind, body)

    def _send(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Cache-Control", f"private, max-age={AGE}" if kind == PNG and status == 200 else "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""
