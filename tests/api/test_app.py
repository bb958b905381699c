"""The JSON API: the command's numbers, and one sentence for whatever else it is given."""

import asyncio
import base64
import io
import json
import random
import re
import tempfile
import threading
import tracemalloc
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from PIL import Image
from typer.testing import CliRunner

from genreclf import paths, public
from genreclf.api import app as api
from genreclf.api import reading
from genreclf.api.answers import Engine
from genreclf.cli.app import app as commands
from genreclf.data.catalogue import load_table
from genreclf.predict import turns
from genreclf.predict.predictor import Predictor
from genreclf.predict.turns import Turns
from genreclf.public import LIMITS
from genreclf.weights import find_weights

PLOT = "A ghost haunts the old house at night, and the family that lives there hides from it in the cellar."


@pytest.fixture(scope="module")
def engine():
    return Engine([Predictor(find_weights(model, "imdb", "imdb")) for model in ("cnn", "lstm", "tfidf")], LIMITS)


@pytest.fixture
def app(engine):
    return api.create_app(engine, Turns(2, 4))


@pytest.fixture(scope="module")
def poster() -> bytes:
    return load_table(paths.SAMPLE).posters[0].path.read_bytes()


async def asked(
    app, method: str, path: str, body: bytes = b"", kind: str = "application/json", gate: asyncio.Event | None = None,
    **headers: str,
):  # fmt: skip
    """An answer: its status, its headers, and what is in it; with a gate, the end of the body is sent once it opens."""
    path, _, query = path.partition("?")
    sent = [(name.encode(), value.encode()) for name, value in {"content-type": kind, **headers}.items()]
    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode(),
             "headers": sent, "client": ("192.0.2.7", 1), "server": ("api", 80), "scheme": "http",
             "http_version": "1.1", "root_path": ""}  # fmt: skip
    chunks = [body[at : at + 65536] for at in range(0, len(body), 65536)] or [b""]
    messages, found = iter(enumerate(chunks, 1)), []

    async def receive() -> dict:
        number, chunk = next(messages)
        if gate and number == len(chunks):
            await gate.wait()
        return {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}

    async def send(message: dict) -> None:
        found.append(message)

    await app(scope, receive, send)
    content = b"".join(message.get("body", b"") for message in found[1:])
    known = {name.decode(): value.decode() for name, value in found[0]["headers"]}
    is_json = known.get("content-type", "").startswith("application/json")
    return SimpleNamespace(status=found[0]["status"], headers=known, raw=content,
                           content=json.loads(content) if is_json else content.decode())  # fmt: skip


def ask(app, given: object, query: str = "", **headers: str):
    body = given if isinstance(given, bytes) else json.dumps(given).encode()
    return asyncio.run(asked(app, "POST", f"/predict{query}", body, **headers))


def form(**fields: str | bytes) -> dict:
    body = b""
    for name, value in fields.items():
        file = '; filename="my poster.jpg"' if isinstance(value, bytes) else ""
        content = value if isinstance(value, bytes) else value.encode()
        body += f'--b\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + content + b"\r\n"
    return {"given": body + b"--b--\r\n", "kind": "multipart/form-data; boundary=b"}


def png(width: int, height: int) -> bytes:
    stream = io.BytesIO()
    Image.new("P", (width, height)).save(stream, "PNG")
    return stream.getvalue()


# Answers


def test_one_film_is_answered_as_by_the_command(app, poster, tmp_path):
    (tmp_path / "poster.jpg").write_bytes(poster)
    arguments = ["--models", "cnn,lstm,tfidf", "--weights", "imdb", "--top", "5", "--json"]
    shown = CliRunner().invoke(
        commands, ["predict", "--poster", str(tmp_path / "poster.jpg"), "--overview", PLOT, *arguments]
    )
    command = json.loads(shown.stdout)
    in_json = {"overview": PLOT, "poster": base64.b64encode(poster).decode()}
    for answer in (ask(app, in_json, "?top=5"), ask(app, **form(overview=PLOT, poster=poster), query="?top=5")):
        assert answer.status == 200
        assert answer.content == command


def test_several_films_come_back_in_their_order_and_none_is_dropped(app, poster):
    encoded = base64.b64encode(poster).decode()
    films = [
        {"id": "a", "overview": PLOT},
        {"id": "b", "overview": "..."},
        {"id": "c", "poster": encoded},
        {"id": "d"},
        {"id": "e", "overview": PLOT, "poster": encoded},
        {"id": "f", "poster": base64.b64encode(b"no image").decode()},
        {"overview": "Two friends fall in love in Paris, and marry in the end."},
    ]
    found = ask(app, {"films": films}).content["films"]
    assert [each.get("id") for each in found] == ["a", "b", "c", "d", "e", "f", None]
    assert ["problem" in each for each in found] == [False, True, False, True, False, True, False]
    for film, answer in zip(films, found, strict=True):
        if "problem" not in answer:
            one = ask(app, {name: value for name, value in film.items() if name != "id"}).content
            assert {name: answer[name] for name in ("predictions", "notes")} == one


def test_models_and_top_choose(app):
    found = ask(app, {"overview": PLOT}, "?models=lstm,TF-IDF&top=1").content["predictions"]
    assert {model: len(genres) for model, genres in found.items()} == {"lstm": 1, "tfidf": 1}


def test_cards_and_health_say_what_answers_and_where_nothing_is(app, engine):
    cards = asyncio.run(asked(app, "GET", "/models")).content["models"]
    assert [card["model"] for card in cards] == ["cnn", "lstm", "tfidf"]
    for card in cards:
        assert set(card["thresholds"]) == set(card["genres"])
        assert 0 < card["metrics"]["test"]["bce"] < 1
    health = asyncio.run(asked(app, "GET", "/health")).content
    assert health["status"] == "ok"
    assert health["models"] == list(engine.predictors)
    assert str(paths.PROJECT) not in json.dumps([cards, health])


def test_the_pages_load_nothing_from_anywhere(app):
    page = asyncio.run(asked(app, "GET", "/docs"))
    assert page.status == 200
    assert not re.search(r"<(script|link|img|iframe)|https?://(?!api)|@import|url\(", page.content)
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for path in ("/docs/", "/models/"):
        assert asyncio.run(asked(app, "GET", path)).status == 404
    described = asyncio.run(asked(app, "GET", "/openapi.json")).content
    assert set(described["paths"]) == {"/predict", "/models", "/health"}
    assert set(described["paths"]["/predict"]["post"]["requestBody"]["content"]) == {"application/json",
                                                                                     "multipart/form-data"}  # fmt: skip


# What cannot be used


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({}, 400),
        ({"overview": ""}, 400),
        ({"overview": "!!! ..."}, 400),
        ({"overview": "word " * 2000}, 400),
        ({"films": []}, 400),
        ({"films": [{"overview": PLOT}] * (LIMITS.films + 1)}, 400),
        ({"poster": base64.b64encode(b"<html>").decode()}, 400),
        ({"poster": base64.b64encode(png(6000, 6000)).decode()}, 400),
        ({"poster": "äöü"}, 422),
        ({"poster": "no base64!"}, 422),
        ({"overview": 5}, 422),
        ({"overview": None, "plot": PLOT}, 422),
        ({"films": "all"}, 422),
        ({"films": [PLOT]}, 422),
        ({"films": [{"overview": PLOT}], "overview": PLOT}, 422),
        ([], 422),
        (None, 422),
        (7, 422),
        (b"", 400),
        (b"{", 400),
        (b"[" * 200_000, 400),
        (b'{"overview": "\xff"}', 400),
        (b'{"overview": NaN}', 422),
        (b'{"overview": "a", "overview": "b"}', 422),
        (b'{"id": "\\ud800", "overview": "a ghost"}', 422),
        ({"id": "1" * 201, "overview": PLOT}, 422),
        ({"id": 1, "overview": PLOT}, 422),
    ],
)
def test_what_cannot_be_used_gets_one_sentence(app, given, status):
    answer = ask(app, given)
    assert answer.status == status
    assert set(answer.content) == {"detail"}
    assert answer.content["detail"].rstrip(".!?") != answer.content["detail"]
    assert "Traceback" not in answer.content["detail"]
    assert len(answer.content["detail"]) < 400


@pytest.mark.parametrize(
    ("query", "status"),
    [("?models=nosuch", 400), ("?models=", 400), ("?models=fusion", 400), ("?models=cnn", 400), ("?top=0", 400),
     ("?top=26", 400), ("?top=many", 422), ("?top=1&top=2", 400),
     ("?model=lstm", 400), (f"?{quote('models[]')}=lstm", 400)],
)  # fmt: skip
def test_arguments_are_used_or_refused(app, query, status):
    answer = ask(app, {"overview": PLOT}, query)
    assert answer.status == status
    assert isinstance(answer.content["detail"], str)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"overview": PLOT, "plot": PLOT}, 422),
        ({"poster": "a text"}, 422),
        ({"overview": b"a file"}, 422),
        ({"poster": b"no image"}, 400),
        ({"poster": bytes(LIMITS.upload_bytes + 1)}, 400),
        ({"poster": bytes(LIMITS.upload_bytes + 300_000)}, 413),
    ],
)
def test_a_form_is_checked_too(app, fields, status):
    assert ask(app, **form(**fields)).status == status


@pytest.mark.parametrize("body", [
    b'{"films": [' + b"[]," * 3_000_000 + b"[]]}",
    b"[" * 5_000_000,
    b"{" + b",".join(b'"%d":1' % number for number in range(400_000)) + b"}",
    b'{"films": [' + b",".join([b'{"overview": "a ghost"}'] * 100_000) + b"]}",
], ids=["empty lists", "nested", "fields", "films"])  # fmt: skip
def test_a_body_of_very_many_parts_is_refused_before_it_takes_memory(app, body):
    tracemalloc.start()
    try:
        answer = ask(app, body)
        taken = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert answer.status == 400
    assert taken < 80_000_000  # of which the body takes twice its size, because it comes in pieces


def test_requests_that_are_sent_at_once_take_bounded_memory(app, monkeypatch):
    monkeypatch.setattr(reading, "AT_ONCE", 2)
    large = json.dumps({"overview": "x" * (LIMITS.request_bytes - 100)}).encode()

    async def send_slowly(parts: int) -> list:
        gate = asyncio.Event()
        senders = [asyncio.create_task(asked(app, "POST", "/predict", large, gate=gate)) for _ in range(parts)]
        await asyncio.sleep(0.2)
        gate.set()
        return [each.status for each in await asyncio.gather(*senders)]

    assert sorted(asyncio.run(send_slowly(4))) == [400, 400, 503, 503]  # the text is too long
    monkeypatch.setenv(public.VARIABLE, "1")
    assert sorted(asyncio.run(send_slowly(2))) == [400, 503]  # nobody takes more than half
    monkeypatch.delenv(public.VARIABLE)
    assert asyncio.run(send_slowly(2)) == [400, 400]  # what was taken is given back


def test_a_poster_is_never_written_to_the_disk(app, monkeypatch):
    written = []
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda *arguments, **options: written.append(1) or io.BytesIO())
    noise = Image.frombytes("RGB", (1000, 1400), random.Random(0).randbytes(3 * 1000 * 1400))
    stream = io.BytesIO()
    noise.save(stream, "PNG")
    assert 4_000_000 < len(stream.getvalue()) < LIMITS.upload_bytes
    assert ask(app, **form(overview=PLOT, poster=stream.getvalue())).status == 200
    assert not written


def test_who_leaves_while_sending_is_no_error(app):
    async def leave() -> list:
        messages = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])
        scope = {"type": "http", "method": "POST", "path": "/predict", "raw_path": b"/predict", "query_string": b"",
                 "headers": [(b"content-type", b"application/json")], "client": ("192.0.2.7", 1)}  # fmt: skip

        async def receive() -> dict:
            return next(messages)

        async def send(message: dict) -> None:
            pass

        await app(scope, receive, send)

    asyncio.run(leave())


def test_other_kinds_and_sizes_and_addresses_are_refused(app):
    assert ask(app, b"overview=x", kind="application/x-www-form-urlencoded").status == 415
    assert ask(app, b"--b", kind="multipart/form-data").status == 400
    assert ask(app, b"x" * (LIMITS.request_bytes + 1)).status == 413
    assert ask(app, b"{}", **{"content-length": str(LIMITS.request_bytes + 1)}).status == 413
    for method, path, status in [("GET", "/predict", 405), ("GET", "/../README.md", 404), ("PUT", "/models", 405)]:
        answer = asyncio.run(asked(app, method, path))
        assert answer.status == status
        assert set(answer.content) == {"detail"}


def test_every_answer_has_safe_headers_and_no_other_site_may_read_it(app):
    for answer in (ask(app, {}), asyncio.run(asked(app, "GET", "/health", origin="https://evil.example.org"))):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert "access-control-allow-origin" not in answer.headers


def test_a_bug_shows_no_traceback(app, engine, monkeypatch):
    monkeypatch.setattr(engine, "answer", lambda *arguments: 1 / 0)

    async def failing():
        with pytest.raises(ZeroDivisionError):  # for the log
            await asked(app, "POST", "/predict", json.dumps({"overview": PLOT}).encode())

    asyncio.run(failing())


# The queue


def test_more_questions_than_there_is_room_for_are_refused_and_the_others_answered(engine, monkeypatch):
    monkeypatch.setattr(turns, "LOOK", 0.01)
    gate, app = threading.Event(), api.create_app(engine, Turns(1, 2))
    answer = engine.answer
    monkeypatch.setattr(engine, "answer", lambda *given: (gate.wait(20), answer(*given))[1])
    body = json.dumps({"overview": PLOT}).encode()

    async def flood() -> list:
        questions = [asyncio.create_task(asked(app, "POST", "/predict?models=tfidf", body)) for _ in range(10)]
        await asyncio.sleep(0.3)
        assert (await asked(app, "GET", "/health")).content["waiting"] == 2
        gate.set()
        return await asyncio.gather(*questions)

    found = asyncio.run(flood())
    assert sorted(each.status for each in found) == [200] * 3 + [503] * 7
    assert all(int(each.headers["retry-after"]) > 0 for each in found if each.status == 503)


def test_in_public_one_address_asks_a_bounded_number_of_times(app, monkeypatch):
    body = {"overview": PLOT}
    assert {ask(app, body, "?models=tfidf").status for _ in range(LIMITS.answers + 5)} == {200}
    monkeypatch.setenv(public.VARIABLE, "1")
    statuses = [ask(app, body, "?models=tfidf").status for _ in range(LIMITS.answers + 5)]
    assert statuses[: LIMITS.answers] == [200] * LIMITS.answers
    assert statuses[-1] == 429
