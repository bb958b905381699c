"""The API's application: its addresses, what it reads of a request, and what it answers when something is wrong."""

import asyncio
import base64
import binascii
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio.to_thread
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from jinja2 import Environment
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.types import Message

import genreclf
from genreclf.api.answers import Engine, GivenFilm
from genreclf.api.headers import SafeAnswers
from genreclf.errors import UserError
from genreclf.predict.turns import Busy, Pace, Turns
from genreclf.public import is_public, without_paths

POLICY = {"default-src": "'none'", "style-src": "'unsafe-inline'", "base-uri": "'none'", "form-action": "'none'",
          "frame-ancestors": "'none'"}  # fmt: skip
READING_SECONDS, SLOWEST = 30, 100_000  # to receive a request, and bytes a second of a large one
BODY = 40_000_000  # bytes of a request: some posters in JSON, which takes a third more
_ARGUMENTS = ("models", "top")


class Film(BaseModel):
    """A film: its overview, its poster, or both."""

    model_config = ConfigDict(extra="forbid", strict=True)
    id: str | None = Field(None, max_length=200, description="comes back with the answer")
    overview: str | None = Field(None, description="a plot summary in English")
    poster: str | None = Field(None, description="a JPEG, PNG or WebP file in base64")


class Films(BaseModel):
    """Several films, answered in their order."""

    model_config = ConfigDict(extra="forbid", strict=True)
    films: list[Film]


class Genre(BaseModel):
    """A genre, its probability from 0 to 1, and whether that reaches the model's threshold."""

    genre: str
    probability: float
    chosen: bool


class Answer(BaseModel):
    """The most probable genres by model, the most probable first, and what to bear in mind."""

    id: str | None = None
    predictions: dict[str, list[Genre]] | None = None
    notes: list[str] | None = None
    problem: str | None = Field(None, description="why there are no predictions, where several films were given")


class Answers(BaseModel):
    """The answers for several films, one each."""

    films: list[Answer]


class Problem(BaseModel):
    """What is wrong, and what helps: a sentence."""

    detail: str


_PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "Something that was given cannot be used."},
    413: {"model": Problem, "description": "The request is too large."},
    415: {"model": Problem, "description": "The request is neither JSON nor a form."},
    422: {"model": Problem, "description": "A field is unknown or of another kind."},
    429: {"model": Problem, "description": "Too many questions in a short time; Retry-After says how long to wait."},
    503: {"model": Problem, "description": "Too many are waiting; Retry-After says how long to wait."},
}
_BODY = {"required": True, "content": {
    "application/json": {"schema": {"oneOf": [Film.model_json_schema(), Films.model_json_schema()]}},
    "multipart/form-data": {"schema": {"type": "object", "properties": {
        "overview": {"type": "string"}, "poster": {"type": "string", "format": "binary"}}}},
}}  # fmt: skip


def create_app(engine: Engine, turns: Turns) -> SafeAnswers:
    """The API as an ASGI application.

    Args:
        engine: what answers.
        turns: the queue that all questions go through.
    """
    app = FastAPI(
        title="genreclf", version=genreclf.__version__, docs_url=None, redoc_url=None,
        description="How much do a film's poster and plot summary reveal about its genres? Ask the models.",
    )  # fmt: skip
    asked, room = Pace(engine.limits.answers, engine.limits.answers), turns.at_once + turns.most
    inside: set[object] = set()

    @app.post("/predict", response_model=Answer | Answers, response_model_exclude_unset=True, responses=_PROBLEMS,
              openapi_extra={"requestBody": _BODY})  # fmt: skip
    async def predict(request: Request, models: str | None = None, top: int = 3) -> JSONResponse:
        """Predict the genres of one film (a form with `overview` and `poster`, or JSON) or of several (JSON)."""
        if unknown := [name for name in request.query_params if name not in _ARGUMENTS]:
            raise HTTPException(400, f"There is no argument {unknown[0][:60]!r}; there are models and top.")
        films, is_one = await _read(request)
        address = request.client.host if request.client else ""
        if is_public():
            asked.check(address, "questions")
        if len(inside) >= room:
            raise Busy(f"{turns.most} questions are waiting already; try again in a minute.", 30.0)
        question = object()
        inside.add(question)
        try:
            owner = address if is_public() else str(id(question))  # at home, programs may ask in parallel
            answers = await anyio.to_thread.run_sync(_answer, owner, films, models, top, limiter=limiter())
        finally:
            inside.discard(question)
        if is_one and "problem" in answers[0]:
            raise UserError(answers[0]["problem"])
        return JSONResponse(answers[0] if is_one else {"films": answers})

    def _answer(owner: str, films: Sequence[GivenFilm], models: str | None, top: int) -> list[dict[str, Any]]:
        with turns.turn(owner):
            return engine.answer(films, models, top)

    limiters: list[anyio.CapacityLimiter] = []

    def limiter() -> anyio.CapacityLimiter:  # to be made in the event loop
        if not limiters:
            limiters.append(anyio.CapacityLimiter(room))
        return limiters[0]

    @app.get("/models")
    async def models() -> JSONResponse:
        """The cards of the models: inputs, genres, thresholds, how they were trained, and their scores."""
        return JSONResponse({"models": engine.cards()})

    @app.get("/health")
    async def health() -> JSONResponse:
        """Whether the server answers, for which models, and how many questions are waiting."""
        return JSONResponse({"status": "ok", "version": genreclf.__version__, "models": list(engine.predictors),
                             "waiting": turns.waiting})  # fmt: skip

    @app.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> HTMLResponse:
        return HTMLResponse(_docs(app, engine, str(request.base_url).rstrip("/")))

    @app.get("/", include_in_schema=False)
    async def root(request: Request) -> RedirectResponse:
        return RedirectResponse(f"{request.scope.get('root_path', '')}/docs")

    @app.exception_handler(Busy)
    async def busy(request: Request, error: Busy) -> JSONResponse:
        status = 429 if str(error).startswith("Too many") else 503
        return _problem(status, str(error), {"Retry-After": str(1 + int(error.seconds))})

    @app.exception_handler(UserError)
    async def unusable(request: Request, error: UserError) -> JSONResponse:
        return _problem(400, str(error))

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> JSONResponse:
        return _problem(error.status_code, str(error.detail))

    @app.exception_handler(RequestValidationError)
    async def misread(request: Request, error: RequestValidationError) -> JSONResponse:
        return _problem(422, _sentence(error.errors()))

    @app.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> JSONResponse:
        return _problem(500, "The server failed because of a bug; its log says more.")

    async def _read(request: Request) -> tuple[list[GivenFilm], bool]:
        """The films of a request, and whether it is about one."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in ("application/json", "multipart/form-data"):
            raise HTTPException(415, "Send JSON (application/json) or a form (multipart/form-data).")
        length = request.headers.get("content-length", "")
        most = BODY if kind == "application/json" else engine.limits.upload_bytes + 200_000
        too_large = HTTPException(413, f"The request is larger than {most / 1e6:.1f} MB; send less at once.")
        if length.isdigit() and int(length) > most:
            raise too_large
        received = 0

        async def receive() -> Message:
            nonlocal received
            message = await request.receive()
            received += len(message.get("body", b""))
            if received > most:
                raise too_large
            return message

        limited = Request(request.scope, receive)
        try:
            async with asyncio.timeout(READING_SECONDS + (int(length) if length.isdigit() else 0) / SLOWEST):
                return await (_json(limited) if kind == "application/json" else _form(limited))
        except TimeoutError:
            raise HTTPException(408, "The request took too long to arrive; send it again.") from None

    return SafeAnswers(app, POLICY)


async def _form(request: Request) -> tuple[list[GivenFilm], bool]:
    try:
        form = await request.form(max_files=1, max_fields=4, max_part_size=1_000_000)
    except (MultiPartException, HTTPException) as error:
        if isinstance(error, HTTPException) and error.status_code == 413:
            raise
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
        return [GivenFilm(None, overview, None if poster is None else await poster.read())], True
    finally:
        await form.close()


async def _json(request: Request) -> tuple[list[GivenFilm], bool]:
    body = await request.body()
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        raise HTTPException(400, "The body is not JSON, or nested too deep.") from None
    is_one = not (isinstance(given, dict) and "films" in given)
    try:
        films = [Film.model_validate(given)] if is_one else Films.model_validate(given).films
    except ValidationError as error:
        raise HTTPException(422, _sentence(error.errors(include_input=False, include_url=False))) from None
    return [GivenFilm(film.id, film.overview, _decoded(film.poster)) for film in films], is_one


def _decoded(poster: str | None) -> bytes | None:
    try:
        return None if poster is None else base64.b64decode(poster, validate=True)
    except (binascii.Error, ValueError):
        raise HTTPException(422, "A poster is not base64; encode the bytes of its file.") from None


def _sentence(errors: Sequence[Any]) -> str:
    """What is wrong with the first field that cannot be read."""
    first = errors[0]
    place = ".".join(str(part) for part in first["loc"] if part not in ("body", "query"))[:80] or "The body"
    return f"{place}: {first['msg'].rstrip('.')}."


def _problem(status: int, sentence: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"detail": without_paths(sentence)}, status, headers)


def _docs(app: FastAPI, engine: Engine, address: str) -> str:
    """The page that explains the API, made from its OpenAPI description; it loads nothing."""
    template = (Path(__file__).parent / "docs.html").read_text("utf-8")
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(template).render(
        api=app.openapi(), limits=engine.limits, models=engine.predictors, address=address
    )
