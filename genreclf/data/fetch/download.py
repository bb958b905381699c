"""Resumable download of a file: received bytes stay in ``<target>.part``, and the next call requests the rest.

The file's address, ETag, date and size are in ``<target>.part.json``, so that a partial file is only continued with
bytes of the same file; a server that cannot continue sends the file from its start.
"""

import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import requests
from requests import exceptions
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError, ReadTimeoutError

from genreclf.errors import UserError
from genreclf.fields import LARGEST_WHOLE, Fields
from genreclf.files import is_regular, read_json, write_json, writing

TIMEOUT = (10.0, 30.0)  # seconds to connect, and between two pieces of the body
RETRIES = 4  # in a row, without PROGRESS between them
PROGRESS = 2**20  # bytes after which failures are counted from zero again
BACKOFF = 1.0  # seconds before the first retry, doubled with each
CHUNK = 2**16  # bytes read at a time
MARGIN = 16 * 2**20  # bytes to leave free, for the file system's own needs


class FetchStopped(UserError):
    """The caller requested a stop; the bytes received so far are kept."""


class _Transient(Exception):
    """An attempt failed, but another may succeed; the message says why."""


def stop_if(should_stop: Callable[[], bool] | None) -> None:
    """Raise ``FetchStopped`` if the caller requests a stop."""
    if should_stop is not None and should_stop():
        raise FetchStopped("The download was stopped; run it again to continue where it left off.")


def require_room(folder: Path, needed: int) -> None:
    """Raise a ``UserError`` if ``needed`` bytes do not fit on the disk of an existing folder."""
    free = shutil.disk_usage(folder).free
    if free < needed + MARGIN:
        raise UserError(
            f"The disk of {folder} has {free / 1e6:,.0f} MB left but {(needed + MARGIN) / 1e6:,.0f} MB are needed; "
            "free some space or choose another folder."
        )


def download(
    url: str,
    target: Path,
    *,
    what: str,
    limit: int,
    estimate: int | None = None,
    unpacked: float = 0.0,
    on_bytes: Callable[[int, int | None], None],
    should_stop: Callable[[], bool] | None = None,
) -> None:
    """Download the file at ``url`` to ``target``, resuming an earlier partial download.

    Args:
        target: where the complete file ends up; its folder exists.
        what: the file's name in messages, such as "the table".
        limit: maximum number of bytes to accept.
        estimate: its approximate size in bytes, used if the server does not report it.
        unpacked: disk space needed later for the unpacked contents, as a multiple of the file's size.
        on_bytes: called with the number of bytes received and the total (None if unknown).

    Raises:
        UserError: the address is wrong, the host cannot be reached, the server refuses, the connection keeps
            breaking, the file is larger than ``limit``, or it cannot be written.
        FetchStopped: ``should_stop`` returned true.
    """
    part = _Part(url, target)
    failures, furthest = 0, part.size
    while not part.is_whole:
        stop_if(should_stop)
        try:
            for is_start in part.receive():
                if max(part.size, part.total or 0) > limit:
                    part.clear()
                    raise UserError(
                        f"{url} sends more than the {limit:,} bytes {what} may have; check the address or use another."
                    )
                total = part.total or estimate
                if is_start:
                    require_room(target.parent, round((total or part.size) * (1 + unpacked)) - part.size)
                on_bytes(part.size, total and max(total, part.size))
                stop_if(should_stop)
        except _Transient as problem:
            if part.size >= furthest + PROGRESS:
                failures, furthest = 0, part.size
            failures += 1
            if failures > RETRIES:
                raise UserError(
                    f"The download of {what} from {url} keeps failing ({problem}); check the connection and run it "
                    "again to continue, or use another address."
                ) from problem
            until = time.monotonic() + BACKOFF * 2 ** (failures - 1)
            while (left := until - time.monotonic()) > 0:
                stop_if(should_stop)
                time.sleep(min(left, 0.2))
    with writing(target):
        os.replace(part.path, target)
        part.facts_file.unlink(missing_ok=True)


class _Part:
    """The bytes received so far, and the facts about their file (address, ETag, date, size)."""

    def __init__(self, url: str, target: Path) -> None:
        self.url = url
        self.path = target.with_name(f"{target.name}.part")
        self.facts_file = target.with_name(f"{target.name}.part.json")
        facts = Fields(read_json(self.facts_file))
        if facts.text("url") != url or not is_regular(self.path):
            facts = Fields(None)
        self.etag, self.modified = (facts.text(name) or None for name in ("etag", "modified"))
        self.total = facts.whole("total", 0, LARGEST_WHOLE)
        self.size = self.path.stat().st_size if facts.values else 0
        self.is_whole = self.total is not None and self.size == self.total
        self.is_connected = False  # whether the server has answered in this call

    def receive(self) -> Iterator[bool]:
        """Make one request; yields True before its first piece and False after each piece that was appended."""
        # "identity": a range of a compressed response could not be appended to an uncompressed one.
        headers = {"Accept-Encoding": "identity", "User-Agent": "genreclf"}
        if self.size:
            headers["Range"] = f"bytes={self.size}-"
            # If-Range never matches a weak tag, so a weak one is only compared in `_accept`.
            version = self.etag or self.modified
            if version and not version.startswith("W/"):
                headers["If-Range"] = version
        try:
            with requests.get(self.url, headers=headers, stream=True, timeout=TIMEOUT) as response:
                self.is_connected = True
                if not self._accept(response):
                    return
                yield True
                for chunk in response.iter_content(CHUNK):
                    with writing(self.path), self.path.open("ab") as file:
                        file.write(chunk)
                    self.size += len(chunk)
                    yield False
        except requests.RequestException as error:
            raise self._translate(error) from error
        if self.total not in (None, self.size):
            raise _Transient(f"{self.size:,} of {self.total:,} bytes arrived")
        self.is_whole = True

    def clear(self) -> None:
        """Discard all bytes."""
        with writing(self.path):
            self.path.write_bytes(b"")  # before the new facts, which must never describe old bytes
            self.facts_file.unlink(missing_ok=True)
        self.size, self.etag, self.modified, self.total = 0, None, None, None

    def _accept(self, response: requests.Response) -> bool:
        """Prepare to append the body; False if there is nothing to append, or a new request is needed."""
        code, headers = response.status_code, response.headers
        if code == 416 and self.size:
            self.is_whole = headers.get("Content-Range") == f"bytes */{self.size}"
            if not self.is_whole:
                self.clear()
            return False
        status = f"{code} {response.reason}".strip()
        if code in (408, 425, 429) or code >= 500:
            raise _Transient(f"the server answered {status}")
        if code not in (200, 206):
            raise UserError(f"{self.url} cannot be downloaded (the server answered {status}); check the address.")
        is_encoded = headers.get("Content-Encoding", "identity") != "identity"
        if code == 206:
            if not self.size:
                raise _Transient("the server sent a piece that was not requested")
            span = re.fullmatch(rf"bytes {self.size}-\d+/(\d+|\*)", headers.get("Content-Range", ""))
            total = int(span[1]) if span and span[1] != "*" else None
            is_other_file = self.etag != headers.get("ETag") or (self.total and total and self.total != total)
            if not span or is_encoded or is_other_file:
                self.clear()
                return False
            self.total = self.total or total
            return True
        self.clear()
        length = headers.get("Content-Length", "")
        self.etag, self.modified = headers.get("ETag"), headers.get("Last-Modified")
        if not is_encoded:
            self.total = int(length) if length.isdigit() else None
            with writing(self.facts_file):
                facts = {"url": self.url, "etag": self.etag, "modified": self.modified, "total": self.total}
                write_json(self.facts_file, facts)
        return True

    def _translate(self, error: requests.RequestException) -> Exception:
        """Translate an error into a message for the user, or into a reason to try again."""
        if isinstance(error, ValueError):  # requests' errors for an address without a scheme or host, or a wrong one
            return UserError(f"{self.url!r} is not a web address; use one that starts with http:// or https://.")
        host = urlsplit(self.url).netloc
        cause = error.args[0] if error.args else error
        cause = getattr(cause, "reason", cause)
        if isinstance(error, exceptions.SSLError):
            return UserError(f"The connection to {host} is not secure ({cause}); use another network or address.")
        # Once connected, the same errors mean an unstable connection.
        if not self.is_connected and isinstance(cause, NewConnectionError | ConnectTimeoutError):
            problem = "cannot be found" if isinstance(cause, NameResolutionError) else "does not accept connections"
            return UserError(f"{host} {problem}; check the internet connection and the address, or use another.")
        if isinstance(error, requests.Timeout) or isinstance(cause, ReadTimeoutError):
            return _Transient("the server did not answer in time")
        if isinstance(
            error, requests.ConnectionError | exceptions.ChunkedEncodingError | exceptions.ContentDecodingError
        ):
            return _Transient("the connection broke")
        return UserError(f"{self.url} cannot be downloaded ({error}); check the address or use another.")
