"""A small HTTP server on 127.0.0.1 that can misbehave: drop connections, ignore ranges, change its files."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Served:
    """One file and how it is served."""

    content: bytes
    ranges: bool = True
    etag: str | None = '"one"'
    length: str = "known"  # "known", "chunked" as GitHub's archives, or "close" as HTTP/1.0
    drops: list[int] = field(default_factory=list)  # the next responses break off after this many bytes
    statuses: list[int] = field(default_factory=list)  # the next responses have these error codes
    delay: float = 0.0  # seconds before the response


@dataclass
class Request:
    """A request and its response."""

    path: str
    headers: dict[str, str]
    status: int = 0
    sent: int = 0


class ArchiveServer:
    """Serves ``files`` by path and records the ``requests``."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.files: dict[str, Served] = {}
        self.requests: list[Request] = []

    def url(self, path: str) -> str:
        return self.address + path


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    archive: ArchiveServer

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.close_connection = True
        request = Request(self.path, dict(self.headers))
        self.archive.requests.append(request)
        served = self.archive.files.get(self.path)
        if served is None or served.statuses:
            request.status = served.statuses.pop(0) if served else 404
            self.send_error(request.status)
            return
        time.sleep(served.delay)
        start = self._start(served)
        whole = len(served.content)
        if start >= whole > 0:
            request.status = 416
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{whole}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = served.content[start:]
        request.status = 206 if start else 200
        self.send_response(request.status)
        if served.etag:
            self.send_header("ETag", served.etag)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{whole - 1}/{whole}")
        if served.length == "known":
            self.send_header("Content-Length", str(len(body)))
        elif served.length == "chunked":
            self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Connection", "close")
        self.end_headers()
        whole_body = not served.drops
        if not whole_body:
            body = body[: served.drops.pop(0)]
        with suppress(BrokenPipeError, ConnectionResetError):  # the client stopped
            self._send(body, served.length, whole_body, request)

    def _start(self, served: Served) -> int:
        range_header = self.headers.get("Range", "")
        if not served.ranges or not range_header:
            return 0
        if self.headers.get("If-Range", served.etag) != served.etag:
            return 0
        return int(range_header.removeprefix("bytes=").rstrip("-"))

    def _send(self, body: bytes, length: str, whole: bool, request: Request) -> None:
        for start in range(0, len(body), 8192):
            piece = body[start : start + 8192]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if length == "chunked" else piece)
            request.sent += len(piece)
        if length == "chunked" and whole:
            self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()


@contextmanager
def serving() -> Iterator[ArchiveServer]:
    """Serve while the block runs."""
    handler = type("Handler", (_Handler,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        handler.archive = ArchiveServer(f"http://127.0.0.1:{http.server_port}")
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield handler.archive
        finally:
            http.shutdown()
            thread.join()
