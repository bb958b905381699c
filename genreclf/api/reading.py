"""What is read of a request to the API: films, in JSON or in a form, in bounded memory and time."""

import asyncio
import base64
import binascii
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import HTTPException, Request
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.types import Message

from genreclf.api.answers import GivenFilm
from genreclf.api.headers import in_utf8
from genreclf.predict.turns import Busy
from genreclf.public import Limits, is_public

READING_SECONDS, SLOWEST = 30, 100_000  # to receive a request, and bytes a second of a large one
AT_ONCE = 4  # requests of the largest size in memory together
FRAME_BYTES = 200_000  # of a form, around its poster
LONGEST_ID = 200  # characters
_FIELDS = ("id", "overview", "poster")

Read = Callable[[], tuple[list[GivenFilm], bool]]  # the films of a request, and whether it is about one


class _Form(MultiPartParser):
    """Keeps what visitors send in memory: Starlette would write a large file to the disk."""

    spool_max_size = 1 << 30


class Inbox:
    """Receives requests; ``limits`` say of which size."""

    def __init__(self, limits: Limits):
        self.limits, self._held = limits, Counter[str]()

    @asynccontextmanager
    async def received(self, request: Request, sender: str) -> AsyncIterator[Read]:
        """Hold a request's content during the block, which gets a function that reads the films in it.

        All senders' requests together take bounded memory, and in public nobody's take more than half of that.

        Raises:
            HTTPException, Busy: it cannot be read, is too large, or there is no room for it.
        """
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in ("application/json", "multipart/form-data"):
            raise HTTPException(415, "Send JSON (application/json) or a form (multipart/form-data).")
        is_json = kind == "application/json"
        most = self.limits.request_bytes if is_json else self.limits.upload_bytes + FRAME_BYTES
        too_large = HTTPException(413, f"The request is larger than {most / 1e6:.1f} MB; send less at once.")
        room, size = AT_ONCE * self.limits.request_bytes, 0

        async def receive() -> Message:
            nonlocal size
            message = await request.receive()
            new = len(message.get("body", b""))
            size += new
            self._held[sender] += new
            if size > most:
                raise too_large
            if self._held.total() > room or (is_public() and self._held[sender] > room / 2):
                raise Busy("Too much is being sent at once; send it again in a few seconds.", 5.0)
            return message

        length = request.headers.get("content-length", "")
        if length.isdigit() and int(length) > most:
            raise too_large
        limited = Request(request.scope, receive)
        try:
            try:
                async with asyncio.timeout(READING_SECONDS + (int(length) if length.isdigit() else 0) / SLOWEST):
                    read = partial(_json_films, await limited.body(), self.limits) if is_json else await _form(limited)
            except TimeoutError:
                raise HTTPException(408, "The request took too long to arrive; send it again.") from None
            yield read
        finally:
            self._held[sender] -= size
            self._held += Counter()  # without those that hold nothing


async def _form(request: Request) -> Read:
    parser = _Form(in_utf8(request.headers), request.stream(), max_files=1, max_fields=4, max_part_size=FRAME_BYTES)
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError):
        raise HTTPException(400, "The form cannot be read; send the fields overview and poster, once each.") from None
    try:
        names = [name for name, _ in form.multi_items()]
        if odd := [name for name in names if name not in ("overview", "poster") or names.count(name) > 1]:
            raise HTTPException(
                422, f"The form has {odd[0][:60]!r}, or has it twice; send overview and poster, once each."
            )
        overview, poster = form.get("overview"), form.get("poster")
        if not (overview is None or isinstance(overview, str)) or isinstance(poster, str):
            raise HTTPException(422, "In a form, overview is a text and poster is a file.")
        film = GivenFilm(None, overview, None if poster is None else await poster.read())
    finally:
        await form.close()
    return lambda: ([film], True)


def _json_films(body: bytes, limits: Limits) -> tuple[list[GivenFilm], bool]:
    # each part of a JSON text takes many times its size in memory; base64 has none of these signs
    if sum(map(body.count, (b"{", b"[", b",", b":"))) > limits.films * (limits.characters + 100):
        raise HTTPException(400, f"The body has far more parts than {limits.films} films; send less at once.")
    try:
        given = json.loads(body, object_pairs_hook=_object)
    except (ValueError, RecursionError):
        raise HTTPException(400, "The body is not JSON, or nested too deep.") from None
    if not (isinstance(given, dict) and "films" in given):
        return [_film(given, "The film")], True
    films = given["films"]
    if len(given) > 1 or not isinstance(films, list):
        raise HTTPException(422, 'Several films are given as {"films": [...]}, a list, with nothing beside it.')
    if not 1 <= len(films) <= limits.films:
        raise HTTPException(400, f"There are {len(films):,} films; give from 1 to {limits.films} in one request.")
    return [_film(film, f"Film {number}") for number, film in enumerate(films, 1)], False


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) < len(pairs):
        raise HTTPException(422, "The body has a name twice in one object; give each once.")
    return found


def _film(given: object, name: str) -> GivenFilm:
    """A film of a JSON body; ``name`` tells the sender which one it is."""
    if not isinstance(given, dict):
        raise HTTPException(422, f"{name} is not an object with an overview, a poster, or both.")
    for field, value in given.items():
        if field not in _FIELDS:
            raise HTTPException(422, f"{name} has {field[:60]!r}; a film has {', '.join(_FIELDS)}.")
        if not (value is None or isinstance(value, str)):
            raise HTTPException(422, f"{name} has something else than a text as {field}; put it in quotes.")
    film_id, poster = given.get("id"), given.get("poster")
    if film_id and (len(film_id) > LONGEST_ID or not film_id.isprintable()):
        raise HTTPException(422, f"{name} has an id that is not one line of up to {LONGEST_ID} characters.")
    try:
        content = None if poster is None else base64.b64decode(poster, validate=True)
    except (binascii.Error, ValueError):
        raise HTTPException(422, f"{name} has a poster that is not base64; encode the bytes of its file.") from None
    return GivenFilm(film_id, given.get("overview"), content)
