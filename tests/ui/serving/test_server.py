"""Who is let in by the app's server, for how long, and what browsers are told about its answers."""

import asyncio
import json
from contextlib import suppress
from types import SimpleNamespace

import pytest
from streamlit import config, net_util
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from genreclf import public
from genreclf.api.headers import SafeAnswers
from genreclf.errors import UserError
from genreclf.predict.turns import Pace
from genreclf.public import Limits
from genreclf.ui import streamlit_patches
from genreclf.ui.serving import server
from genreclf.ui.serving.server import Door, ForVisitors, OnlyThisMachine

PAGE = {"accept": "text/html"}


def scope(path: str = "/", kind: str = "http", method: str = "GET", query: str = "", **headers: str) -> dict:
    encoded = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": kind, "path": path, "method": method, "query_string": query.encode(), "headers": encoded,
            "client": ("192.0.2.7", 5000)}  # fmt: skip


async def drawn(scope, receive, send) -> None:
    """Answers as Streamlit would."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
    await send({"type": "http.response.body", "body": b"drawn"})


def answer(app, asked: dict) -> SimpleNamespace:
    """The status, headers and text of an app's answer."""
    sent = []

    async def send(message: dict) -> None:
        sent.append(message)

    asyncio.run(app(asked, None, send))
    headers = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    text = b"".join(message.get("body", b"") for message in sent[1:]).decode()
    return SimpleNamespace(status=sent[0]["status"], headers=headers, text=text)


@pytest.fixture
def limited(monkeypatch):
    """Set limits of a public server: ``limited(sessions=2)``."""
    monkeypatch.setenv(public.VARIABLE, "1")

    monkeypatch.setattr(server, "REFUSAL_SECONDS", 0)

    def set_to(**changes) -> Limits:
        limits = Limits(**changes)
        monkeypatch.setattr(server, "limits", lambda: limits)
        return limits

    set_to()
    return set_to


def test_every_answer_forbids_frames_guessed_types_and_other_hosts():
    found = answer(SafeAnswers(drawn, server.policy()), scope()).headers
    assert found["x-content-type-options"] == "nosniff"
    assert found["x-frame-options"] == "DENY"
    policy = dict(part.strip().split(" ", 1) for part in found["content-security-policy"].split(";"))
    assert policy["frame-ancestors"] == policy["object-src"] == "'none'"
    allowed = {source for value in policy.values() for source in value.split()}
    assert allowed <= {"'self'", "'none'", "'unsafe-inline'", "data:", "blob:"}


def test_a_public_server_may_be_shown_in_the_frames_of_named_sites_only(limited, monkeypatch):
    monkeypatch.setenv(server.FRAMES, "https://huggingface.co")
    found = answer(SafeAnswers(drawn, server.policy()), scope()).headers
    assert "frame-ancestors 'self' https://huggingface.co" in found["content-security-policy"]
    assert "x-frame-options" not in found
    monkeypatch.delenv(public.VARIABLE)
    assert "huggingface" not in answer(SafeAnswers(drawn, server.policy()), scope()).headers["content-security-policy"]


def test_at_home_a_page_is_refused_under_any_other_name(monkeypatch):
    monkeypatch.setattr(server, "is_host_allowed", lambda host: host in ("localhost:8501", "127.0.0.1:8501"))
    app = OnlyThisMachine(drawn)
    assert answer(app, scope(host="localhost:8501")).status == 200
    assert answer(app, scope(host="rebound.example.org")).status == 403


@pytest.mark.parametrize("address", server.LOOPBACK)
def test_streamlit_is_told_which_names_may_open_a_session_at_home(address, monkeypatch):
    given = {"server.address": address, "server.allowedHosts": [], "server.maxUploadSize": 100}
    monkeypatch.setattr(config, "get_option", given.__getitem__)
    monkeypatch.setattr(config, "is_manually_set", lambda option: False)
    monkeypatch.setattr(config, "set_option", lambda option, value, where: given.update({option: value}))
    server.middleware()
    assert set(given["server.allowedHosts"]) == set(server.LOOPBACK)
    given |= {"server.address": "0.0.0.0", "server.allowedHosts": []}
    server.middleware()
    assert given["server.allowedHosts"] == []
    monkeypatch.setenv(public.VARIABLE, "1")
    server.middleware()
    assert given["server.maxUploadSize"] * 10**6 == public.LIMITS.upload_bytes
    assert net_util.get_external_ip() is net_util.get_internal_ip() is None


def test_the_terminal_says_what_is_opened_and_to_whom(monkeypatch):
    where = {"server.address": "127.0.0.1", "server.port": 8501}
    monkeypatch.setattr(config, "get_option", where.__getitem__)
    assert server.notice() == ""
    where["server.address"] = "0.0.0.0"
    opened = server.notice()
    assert all(word in opened for word in ("0.0.0.0:8501", "train", "delete", "make public"))
    monkeypatch.setenv(public.VARIABLE, "1")
    assert str(public.LIMITS.sessions) in server.notice()
    assert server.notice() != opened


@pytest.mark.parametrize("variable", [public.SESSIONS, public.IDLE])
@pytest.mark.parametrize("value", ["many", "0", "-3", "nan", "1e9"])
def test_limits_that_make_no_sense_are_refused(variable, value, monkeypatch):
    monkeypatch.setenv(variable, value)
    with pytest.raises(UserError, match=variable):
        public.limits()


def test_limits_may_be_set(monkeypatch):
    monkeypatch.setenv(public.SESSIONS, "7")
    monkeypatch.setenv(public.IDLE, "1.5")
    assert (public.limits().sessions, public.limits().idle_minutes) == (7, 1.5)


# Sessions


class Visit:
    """A websocket to an app: ``say`` sends a page's messages, ``sent`` is what came back."""

    def __init__(self, app, session: str = "", address: str = "192.0.2.7"):
        protocol = {"sec_websocket_protocol": f"streamlit,token,{session}"} if session else {}
        self.scope = scope("/_stcore/stream", "websocket", **protocol) | {"client": (address, 1)}
        self.app, self.sent, self.received = app, [], asyncio.Queue()
        self.say({"type": "websocket.connect"})

    def say(self, message: dict | BackMsg) -> None:
        is_page = isinstance(message, BackMsg)
        self.received.put_nowait(
            {"type": "websocket.receive", "bytes": message.SerializeToString()} if is_page else message
        )

    async def __aenter__(self) -> "Visit":
        self.task = asyncio.create_task(self.app(self.scope, self.received.get, self._send))
        await asyncio.sleep(0.01)
        return self

    async def __aexit__(self, *error) -> None:
        self.say({"type": "websocket.disconnect", "code": 1000})
        with suppress(asyncio.CancelledError):
            await self.task

    async def _send(self, message: dict) -> None:
        self.sent.append(message)

    @property
    def is_in(self) -> bool:
        return self.sent[0]["type"] == "websocket.accept"


class Streamlit:
    """Accepts websockets, names their sessions, and keeps what it receives."""

    def __init__(self):
        self.received, self.sessions = [], 0

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "http":
            await drawn(scope, receive, send)
            return
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept"})
        self.sessions += 1
        hello = ForwardMsg()
        hello.new_session.initialize.session_id = f"session-{self.sessions}"
        await send({"type": "websocket.send", "bytes": hello.SerializeToString()})
        while (message := await receive())["type"] != "websocket.disconnect":
            self.received.append(BackMsg.FromString(message["bytes"]).WhichOneof("type"))


def rerun(by_itself: bool = False) -> BackMsg:
    message = BackMsg()
    message.rerun_script.query_string = ""
    message.rerun_script.is_auto_rerun = by_itself
    return message


def test_when_all_places_are_taken_a_page_says_so_and_no_session_opens(limited):
    limited(sessions=2)
    app = ForVisitors(Streamlit(), Door())

    async def visits() -> None:
        async with Visit(app) as first, Visit(app) as second, Visit(app) as third:
            assert [each.is_in for each in (first, second, third)] == [True, True, False]
            assert app.door.is_full
            seen = []

            async def send(message: dict) -> None:
                seen.append(message)

            await app(scope("/browse", **PAGE), None, send)
            assert seen[0]["status"] == 503
            seen.clear()
            await app(scope("/_stcore/health"), None, send)
            assert seen[0]["status"] == 200
        async with Visit(app) as fourth:
            assert fourth.is_in

    asyncio.run(visits())
    assert answer(app, scope("/browse", **PAGE)).status == 200


def test_who_does_nothing_is_let_go_at_once_and_does_not_come_back_by_itself(limited, monkeypatch):
    limited(idle_minutes=0.3 / 60)
    closed, app = [], ForVisitors(Streamlit(), Door())
    monkeypatch.setattr(server, "get_instance", lambda: SimpleNamespace(close_session=closed.append))

    async def visits() -> None:
        async with Visit(app) as idle, Visit(app) as busy:
            for _ in range(5):
                await asyncio.sleep(0.1)
                idle.say(rerun(by_itself=True))  # a chart that refreshes is no visitor
                busy.say(rerun())
            assert idle.sent[-1]["type"] == "websocket.close"
            assert closed == ["session-1"]
            assert busy.sent[-1]["type"] != "websocket.close"
        async with Visit(app, "session-1") as back, Visit(app, "session-2") as reconnected:
            assert not back.is_in
            assert reconnected.is_in
        assert closed == ["session-1"]  # who leaves may come back for a while

    asyncio.run(visits())
    assert not app.door.sessions


def test_messages_that_change_the_server_do_not_reach_it(limited):
    streamlit, messages = Streamlit(), []
    for kind in ("clear_cache", "set_run_on_save", "load_git_info", "debug_shutdown_runtime"):
        messages.append(BackMsg())
        setattr(messages[-1], kind, True)
    messages.append(BackMsg())
    messages[-1].backend_operation_request.install_skills.SetInParent()
    download = BackMsg()
    download.backend_operation_request.deferred_file.SetInParent()

    async def visit() -> None:
        async with Visit(ForVisitors(streamlit, Door())) as visit:
            for message in [*messages, rerun(), download]:
                visit.say(message)
            await asyncio.sleep(0.05)

    asyncio.run(visit())
    assert streamlit.received == ["rerun_script", "backend_operation_request"]


def test_one_address_cannot_open_sessions_without_end_and_others_still_can(limited, monkeypatch):
    monkeypatch.setattr(server, "ARRIVALS", 3)
    app = ForVisitors(Streamlit(), Door(arrivals=Pace(3, 1)))

    async def visits() -> list[bool]:
        inside = []
        for address in ["192.0.2.1"] * 5 + ["192.0.2.2"]:
            async with Visit(app, address=address) as visit:
                inside.append(visit.is_in)
        return inside

    assert asyncio.run(visits()) == [True, True, True, False, False, True]


def test_one_address_has_half_of_the_places(limited):
    limited(sessions=6)
    app = ForVisitors(Streamlit(), Door())

    async def visits() -> None:
        async with (
            Visit(app) as a,
            Visit(app) as b,
            Visit(app) as c,
            Visit(app) as d,
            Visit(app, address="192.0.2.9") as e,
        ):
            assert [each.is_in for each in (a, b, c, d, e)] == [True, True, True, False, True]

    asyncio.run(visits())
    assert not app.door.addresses


def test_a_session_is_known_by_the_name_that_streamlit_gave_it(limited, monkeypatch):
    limited(idle_minutes=0.2 / 60)
    closed, app = [], ForVisitors(Streamlit(), Door())
    monkeypatch.setattr(server, "get_instance", lambda: SimpleNamespace(close_session=closed.append))

    async def visit() -> None:
        async with Visit(app, "of-somebody-else"):
            await asyncio.sleep(0.4)

    asyncio.run(visit())
    assert closed == ["session-1"]


@pytest.mark.parametrize("kind", ["large", "files"])
def test_a_message_that_would_take_much_memory_is_not_read(kind, limited):
    message = rerun()
    if kind == "large":
        message.rerun_script.query_string = "x" * server.LARGEST_MESSAGE
    else:
        message = BackMsg()
        message.file_urls_request.file_names.extend(["poster.jpg"] * 100)
    streamlit = Streamlit()

    async def visit() -> Visit:
        async with Visit(ForVisitors(streamlit, Door())) as visit:
            visit.say(message)
            await asyncio.sleep(0.05)
        return visit

    found = asyncio.run(visit())
    assert not streamlit.received
    assert (found.sent[-1].get("code") == 1009) == (kind == "large")


# Uploads and what is withheld


def test_a_session_uploads_a_bounded_number_of_files_of_bounded_size(limited):
    app = ForVisitors(drawn, Door())
    path = "/_stcore/upload_file/session-1/file-1"
    large = str(public.LIMITS.upload_bytes * 2)
    assert answer(app, scope(path, method="PUT", content_length=large)).status == 413
    statuses = [answer(app, scope(path, method="PUT", content_length="10")) for _ in range(public.LIMITS.uploads + 1)]
    assert [each.status for each in statuses] == [200] * public.LIMITS.uploads + [429]
    assert int(statuses[-1].headers["retry-after"]) > 0
    assert answer(app, scope(path.replace("session-1", "session-2"), method="PUT")).status == 200


@pytest.mark.parametrize(
    "path", ["/_stcore/metrics", "/_stcore/agent/openapi.json", "/base/_stcore/agent/interact", "/auth/login"]
)
def test_what_describes_the_server_is_withheld(path, limited):
    assert answer(ForVisitors(drawn, Door()), scope(path)).status == 404


@pytest.mark.parametrize(
    ("back", "link"),
    [
        ("/try-your-own?data=sample", "/try-your-own?data=sample"),
        ("//evil.example.org", "./"),
        ("/\\evil.example.org", "./"),
        ("https://evil.example.org", "./"),
        ('/"><script>alert(1)</script>', "./"),
        ("", "./"),
    ],
)
def test_the_page_for_who_was_away_leads_back_to_this_server_only(back, link, limited):
    from urllib.parse import quote

    page = answer(ForVisitors(drawn, Door()), scope("/away", query=f"back={quote(back, safe='')}"))
    assert f'href="{link}"' in page.text
    assert "<script" not in page.text
    assert page.status == 200


# A session's share of the processor


def test_who_computes_without_end_pauses_and_nobody_else(monkeypatch):
    pauses, now, spent = [], [0.0], [0.0]

    def run(runner, rerun_data) -> None:
        spent[0] += rerun_data
        now[0] += rerun_data

    monkeypatch.setattr(streamlit_patches.ScriptRunner, "_run_script", run)
    monkeypatch.setattr(streamlit_patches.AppSession, "_create_new_session_message", lambda *args: ForwardMsg())
    monkeypatch.setattr(streamlit_patches, "time", SimpleNamespace(
        monotonic=lambda: now[0], thread_time=lambda: spent[0], sleep=pauses.append))  # fmt: skip
    streamlit_patches.serve_anyone()
    greedy, other = SimpleNamespace(_session_id="greedy"), SimpleNamespace(_session_id="other")
    for _ in range(20):
        streamlit_patches.ScriptRunner._run_script(greedy, 1.0)
    assert not pauses, "nobody else is here"
    streamlit_patches.ScriptRunner._run_script(other, 0.1)
    assert pauses.pop() == 0
    streamlit_patches.ScriptRunner._run_script(greedy, 1.0)
    assert pauses.pop() == pytest.approx(streamlit_patches.LONGEST_PAUSE, abs=2)
    now[0] += 1000
    streamlit_patches.ScriptRunner._run_script(other, 0.1)
    for _ in range(int(streamlit_patches.BURST)):
        streamlit_patches.ScriptRunner._run_script(greedy, 1.0)
        assert not pauses or pauses.pop() == 0


def test_a_new_session_is_not_told_where_the_app_lies(monkeypatch):
    message = ForwardMsg()
    message.new_session.main_script_path = "/home/somebody/genreclf/streamlit_app.py"
    monkeypatch.setattr(streamlit_patches.AppSession, "_create_new_session_message", lambda self: message)
    monkeypatch.setattr(streamlit_patches.ScriptRunner, "_run_script", lambda runner, rerun_data: None)
    streamlit_patches.serve_anyone()
    assert "somebody" not in str(streamlit_patches.AppSession._create_new_session_message(None))


def test_the_policy_is_one_line_of_plain_text():
    assert json.dumps(SafeAnswers(drawn, server.policy()).headers).isascii()
