"""One file over HTTP, resumable: what arrived stays in ``<target>.part`` and the next call asks for the rest.

What the server said about the file (address, ETag, date, size) stands beside it in ``<target>.part.json``, so that a
part is only continued by bytes of the same file; a server that cannot continue sends the file from its start.
"""

import json
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import requests
from requests import exceptions as problems
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError, ReadTimeoutError

from genreclf.data.fetch.disk import require_room, writing
from genreclf.errors import UserError

TIMEOUT = (10.0, 30.0)  # seconds to connect, and between two pieces of the body
RETRIES = 4  # in a row, without PROGRESS between them
PROGRESS = 2**20  # bytes that make a new attempt worth counting from one again
BACKOFF = 1.0  # seconds before the first retry, doubled with each
CHUNK = 2**16  # bytes read at a time

OnBytes = Callable[[int, int | None], None]


class FetchStopped(UserError):
    """The caller asked to stop; what arrived is kept."""


class _Transient(Exception):
    """An attempt failed in a way that another may not; the text says how."""


def stop_if(should_stop: Callable[[], bool] | None) -> None:
    """Raise ``FetchStopped`` when the caller wants the work to end."""
    if should_stop is not None and should_stop():
        raise FetchStopped("The fetch was stopped; run it again and it continues where it was.")


def download(
    url: str,
    target: Path,
    *,
    what: str,
    limit: int,
    hint: int | None = None,
    unpacked: float = 0.0,
    on_bytes: OnBytes | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> None:
    """Bring the file at ``url`` to ``target``, continuing a part left by an earlier call.

    Args:
        target: where the whole file ends up; its folder exists.
        what: the file's name in messages, such as "the table".
        limit: the most bytes to accept.
        hint: about how many bytes it has, used where the server does not say.
        unpacked: room on the disk the contents will take later, as a multiple of the file's size.
        on_bytes: called with the bytes that are there and the bytes in all (None when unknown).

    Raises:
        UserError: the address is wrong, the host cannot be reached, the server refuses, the connection keeps
            breaking, the file is larger than ``limit``, or the disk does not take it.
        FetchStopped: ``should_stop`` returned true.
    """
    part = _Part(target, url)
    failures, furthest = 0, part.size

    def report() -> None:
        if on_bytes:
            total = part.total or hint
            on_bytes(part.size, total and max(total, part.size))

    def begin() -> None:
        expected = part.total or hint or part.size
        if max(part.total or 0, part.size) > limit:
            raise _too_large(url, what, limit)
        require_room(target.parent, round(expected * (1 + unpacked)) - part.size)
        report()

    while not (part.total is not None and part.size == part.total):
        stop_if(should_stop)
        try:
            if _attempt(part, what, limit, begin, report, should_stop):
                break
        except _Transient as problem:
            if part.size >= furthest + PROGRESS:
                failures, furthest = 0, part.size
            failures += 1
            if failures > RETRIES:
                raise UserError(
                    f"The download of {what} from {url} keeps failing ({problem}); check the connection and run it "
                    "again to continue, or use another address."
                ) from problem
            _pause(BACKOFF * 2 ** (failures - 1), should_stop)
    report()
    part.install()


class _Part:
    """The bytes that arrived so far, and what the server said about the file they belong to."""

    def __init__(self, target: Path, url: str) -> None:
        self.url, self.target = url, target
        self.path = target.with_name(target.name + ".part")
        self.facts = target.with_name(target.name + ".part.json")
        self.etag: str | None = None
        self.modified: str | None = None
        self.total: int | None = None
        self.size = 0
        self.arrived = 0  # bytes of this call
        try:
            saved = json.loads(self.facts.read_text("utf-8"))
            size = self.path.stat().st_size
            if saved["url"] == url and (saved["total"] is None or size <= saved["total"]):
                self.etag, self.modified, self.total = saved["etag"], saved["modified"], saved["total"]
                self.size = size
        except (OSError, ValueError, KeyError, TypeError):
            pass  # nothing to continue

    def headers(self) -> dict[str, str]:
        # "identity": a range of a compressed answer could not be appended to a plain one.
        headers = {"Accept-Encoding": "identity", "User-Agent": "genreclf"}
        if self.size:
            headers["Range"] = f"bytes={self.size}-"
            # If-Range compares strongly, so a weak tag would always restart; `continues` compares that one.
            if self.etag and not self.etag.startswith("W/"):
                headers["If-Range"] = self.etag
            elif self.modified and not self.etag:
                headers["If-Range"] = self.modified
        return headers

    def continues(self, response: requests.Response) -> bool:
        """Whether a 206 answer goes on exactly where this part ends, in the same file."""
        span = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
        if not span or int(span[1]) != self.size or _encoded(response):
            return False
        total = None if span[2] == "*" else int(span[2])
        if self.size == 0:
            self._describe(response, total)
        if self.total is None:
            self.total = total
        return self.etag == response.headers.get("ETag") and total in (None, self.total)

    def start_over(self, response: requests.Response | None = None) -> None:
        """Empty the part, to be filled with the body of a full answer."""
        with writing(self.path):
            self.path.write_bytes(b"")  # before the new facts, which must never describe old bytes
            self.size = 0
            self.facts.unlink(missing_ok=True)
            if response is None:
                self.etag = self.modified = self.total = None
            else:
                length = response.headers.get("Content-Length", "")
                self._describe(response, int(length) if length.isdigit() and not _encoded(response) else None)

    def append(self, chunk: bytes) -> None:
        with writing(self.path), self.path.open("ab") as file:
            file.write(chunk)
        self.size += len(chunk)
        self.arrived += len(chunk)

    def _describe(self, response: requests.Response, total: int | None) -> None:
        self.etag, self.modified = response.headers.get("ETag"), response.headers.get("Last-Modified")
        self.total = total
        if not _encoded(response):
            facts = {"url": self.url, "etag": self.etag, "modified": self.modified, "total": total}
            with writing(self.facts):
                self.facts.write_text(json.dumps(facts), "utf-8")

    def install(self) -> None:
        with writing(self.target):
            os.replace(self.path, self.target)
            self.facts.unlink(missing_ok=True)


def _attempt(
    part: _Part,
    what: str,
    limit: int,
    begin: Callable[[], None],
    report: Callable[[], None],
    should_stop: Callable[[], bool] | None,
) -> bool:
    """One request; true when the file is whole, false when it has to be asked for again from its start."""
    fresh = part.size == 0
    try:
        response = requests.get(part.url, headers=part.headers(), stream=True, timeout=TIMEOUT)
    except problems.RequestException as error:
        raise _reading_of(error, part) from error
    with response:
        if response.status_code == 416 and not fresh:
            if response.headers.get("Content-Range") == f"bytes */{part.size}":
                return True  # nothing follows what is there
            part.start_over()
            return False
        _check_status(response, part.url, what)
        if response.status_code == 206:
            if not part.continues(response):
                if fresh:
                    raise _Transient("the server sent a piece that was not asked for")
                part.start_over()
                return False
        else:
            part.start_over(response)
        begin()
        try:
            for chunk in response.iter_content(CHUNK):
                if part.size + len(chunk) > limit:
                    part.start_over()
                    raise _too_large(part.url, what, limit)
                part.append(chunk)
                report()
                stop_if(should_stop)
        except problems.RequestException as error:
            raise _reading_of(error, part) from error
    if part.total is not None and part.size != part.total:
        raise _Transient(f"{part.size:,} of {part.total:,} bytes arrived")
    return True


def _check_status(response: requests.Response, url: str, what: str) -> None:
    status = f"{response.status_code} {response.reason}".strip()
    if response.status_code in (408, 425, 429) or response.status_code >= 500:
        raise _Transient(f"the server answered {status}")
    if response.status_code not in (200, 206):
        raise UserError(
            f"{url} does not give {what} (the server answered {status}); check the address or use another one."
        )


def _reading_of(error: problems.RequestException, part: _Part) -> Exception:
    """What an exception of requests means: a sentence for the user, or a reason to try again."""
    if isinstance(error, ValueError):  # how requests marks an address without a scheme or host, or with a wrong one
        return UserError(f"{part.url!r} is not a web address; use one that starts with http:// or https://.")
    host = urlsplit(part.url).netloc
    cause = error.args[0] if error.args else error
    cause = getattr(cause, "reason", cause)
    remedy = "check the internet connection and the address, or use another one."
    if isinstance(error, problems.SSLError):
        return UserError(f"The connection to {host} is not secure ({cause}); use another network or another address.")
    if not part.arrived and isinstance(cause, NameResolutionError):  # later ones are a line that comes and goes
        return UserError(f"{host} cannot be found; {remedy}")
    if not part.arrived and isinstance(cause, NewConnectionError | ConnectTimeoutError):
        return UserError(f"{host} does not take connections; {remedy}")
    if isinstance(error, problems.Timeout) or isinstance(cause, ReadTimeoutError):
        return _Transient("the server did not answer in time")
    if isinstance(error, problems.ConnectionError | problems.ChunkedEncodingError | problems.ContentDecodingError):
        return _Transient("the connection broke off")
    return UserError(f"{part.url} cannot be fetched ({error}); check the address or use another one.")


def _encoded(response: requests.Response) -> bool:
    return response.headers.get("Content-Encoding", "identity") != "identity"


def _too_large(url: str, what: str, limit: int) -> UserError:
    return UserError(
        f"{url} sends more than the {limit:,} bytes {what} may have; check the address or use another one."
    )


def _pause(seconds: float, should_stop: Callable[[], bool] | None) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        stop_if(should_stop)
        time.sleep(min(left, 0.2))
