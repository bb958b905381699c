"""The API's application: its addresses, how they are described, and what it answers when something is wrong."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio.to_thread
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from jinja2 import Environment
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

import genreclf
from genreclf.api.answers import Engine
from genreclf.api.headers import SafeAnswers
from genreclf.api.reading import LONGEST_ID, Inbox, Read
from genreclf.errors import UserError
from genreclf.predict.turns import Busy, Pace, TooOften, Turns
from genreclf.public import is_public, without_paths

POLICY = {"default-src": "'none'", "style-src": "'unsafe-inline'", "base-uri": "'none'", "form-action": "'none'",
          "frame-ancestors": "'none'"}  # fmt: skip
_ARGUMENTS = ("models", "top")


# These describe what is given and answered; ``genreclf.api.reading`` reads it.


class Film(BaseModel):
    """A film: its overview, its poster, or both."""

    model_config = ConfigDict(extra="forbid")
    id: str | None = Field(None, max_length=LONGEST_ID, description="comes back with the answer")
    overview: str | None = Field(None, description="a plot summary in English")
    poster: str | None = Field(None, description="a JPEG, PNG or WebP file in base64")


class Films(BaseModel):
    """Several films, answered in their order."""

    model_config = ConfigDict(extra="forbid")
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


IN_A_TURN = 8  # films
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
        title="genreclf", version=genreclf.__version__, docs_url=None, redoc_url=None, redirect_slashes=False,
        description="How much do a film's poster and plot summary reveal about its genres? Ask the models.",
    )  # fmt: skip
    asked, room = Pace(engine.limits.answers, engine.limits.answers), turns.at_once + turns.most
    inbox, inside = Inbox(engine.limits), set[object]()

    @app.post("/predict", response_model=Answer | Answers, response_model_exclude_unset=True, responses=_PROBLEMS,
              openapi_extra={"requestBody": _BODY})  # fmt: skip
    async def predict(request: Request, models: str | None = None, top: int = 3) -> JSONResponse:
        """Predict the genres of one film (a form with `overview` and `poster`, or JSON) or of several (JSON)."""
        names = [name for name, _ in request.query_params.multi_items()]
        if odd := [name for name in names if name not in _ARGUMENTS or names.count(name) > 1]:
            raise HTTPException(
                400, f"The address has {odd[0][:60]!r}, or has it twice; there are {' and '.join(_ARGUMENTS)}."
            )
        address = request.client.host if request.client else ""
        if is_public():
            asked.check(address, "questions")
        async with inbox.received(request, address) as read:
            if len(inside) >= room:
                raise Busy(f"{turns.most} questions are waiting already; try again in a minute.", 30.0)
            question = object()
            inside.add(question)
            try:
                owner = address if is_public() else str(id(question))  # at home, programs may ask in parallel
                answers, is_one = await anyio.to_thread.run_sync(_answer, owner, read, models, top, limiter=limiter())
            finally:
                inside.discard(question)
        if is_one and "problem" in answers[0]:
            raise UserError(answers[0]["problem"])
        return JSONResponse(answers[0] if is_one else {"films": answers})

    def _answer(owner: str, read: Read, models: str | None, top: int) -> tuple[list[dict[str, Any]], bool]:
        with turns.turn(owner):
            films, is_one = read()
        answers: list[dict[str, Any]] = []
        for start in range(0, max(1, len(films)), IN_A_TURN):  # others are answered in between
            with turns.turn(owner):
                answers += engine.answer(films[start : start + IN_A_TURN], models, top)
        return answers, is_one

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
        status = 429 if isinstance(error, TooOften) else 503
        return _problem(status, str(error), {"Retry-After": str(1 + int(error.seconds))})

    @app.exception_handler(ClientDisconnect)
    async def left(request: Request, error: ClientDisconnect) -> JSONResponse:
        return _problem(400, "The request ended before all of it was sent.")  # to nobody

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

    return SafeAnswers(app, POLICY)


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
