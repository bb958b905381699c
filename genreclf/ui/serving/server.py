"""The app's server around Streamlit: who is let in and for how long, and what browsers may do with its answers.

Streamlit's own pages, uploads and websockets pass through this module, at home and in public. The limits of public
servers are those of ``genreclf.public.limits``.
"""

import asyncio
import os
import re
import socket
import sys
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from urllib.parse import parse_qs

import psutil
import streamlit as st
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config, net_util
from streamlit.config_option import ConfigOption
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import get_instance
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from genreclf import public
from genreclf.api.headers import SafeAnswers
from genreclf.errors import UserError
from genreclf.predict.turns import Pace
from genreclf.public import limits
from genreclf.ui import streamlit_patches

FRAMES = "GENRECLF_FRAME_ANCESTORS"  # the sites that may show a public server in a frame
AWAY = "away"  # the address of the page for a visitor who was let go
LOOPBACK = ("127.0.0.1", "localhost", "::1")
ARRIVALS, ARRIVALS_PER_MINUTE = 80, 40  # new sessions of one address: at once, as of a class, and then
LARGEST_MESSAGE, MOST_FILES = 256_000, 5  # bytes of a message from a page; files that it asks to upload at once
REFUSAL_SECONDS = 1.0
_CLOSED = 1000  # sessions let go that are remembered, so that they do not come back by themselves
_MESSAGES = ("rerun_script", "stop_script", "file_urls_request", "app_heartbeat", "deferred_file", "dataframe_chunk")
_WITHHELD = re.compile(
    r"/(_stcore/(metrics|agent/.*|script-health-check)|auth/.*|oauth2callback)$"
)  # about the server, not for visitors
_UPLOAD = re.compile(r"/_stcore/upload_file/([^/]+)/[^/]+$")
_POLICY = {  # Streamlit writes styles and the project's page.html scripts into the page; nothing comes from elsewhere
    "default-src": "'self'", "script-src": "'self' 'unsafe-inline'", "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:", "font-src": "'self' data:", "connect-src": "'self'",
    "media-src": "'self' data: blob:", "worker-src": "'self' blob:", "object-src": "'none'", "base-uri": "'self'",
    "form-action": "'self'",
}  # fmt: skip


@dataclass
class Door:
    """Who is in: open sessions, when each was used last, and which were let go."""

    sessions: dict[int, str] = field(default_factory=dict)  # connection to session, "" before Streamlit has named it
    addresses: dict[int, str] = field(default_factory=dict)  # of the same connections
    closed: deque[str] = field(default_factory=lambda: deque(maxlen=_CLOSED))
    arrivals: Pace = field(default_factory=lambda: Pace(ARRIVALS, ARRIVALS_PER_MINUTE))
    uploads: Pace = field(default_factory=lambda: Pace(public.LIMITS.uploads, public.LIMITS.uploads))

    def is_crowd(self, address: str) -> bool:
        """Whether one address has half of all places, so that the others have to be left for other visitors."""
        most = max(2, limits().sessions // 2)
        return sum(each == address for each in self.addresses.values()) >= most

    @property
    def is_full(self) -> bool:
        """Whether no further session is let in."""
        return len(self.sessions) >= limits().sessions


def policy() -> dict[str, str]:
    """The content security policy of the app's answers, by directive."""
    frames = os.environ.get(FRAMES, "").strip() if public.is_public() else ""
    if re.search(r"[;,\n]", frames):
        raise UserError(f"{FRAMES} is {frames!r}; set it to addresses of sites with blanks between them.")
    return _POLICY | {"frame-ancestors": f"'self' {frames}" if frames else "'none'"}


class OnlyThisMachine:
    """At home: pages for the names of this machine only, so that no other site can reach the app by a name of its own.

    Streamlit itself refuses other names' websockets (``server.allowedHosts``), but says nothing to the visitor.
    """

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not is_host_allowed(Headers(scope=scope).get("host")):
            answer = PlainTextResponse(
                "This app answers as localhost only. To reach it by another name, start it with HOST=0.0.0.0 make app, "
                "or list the names in STREAMLIT_SERVER_ALLOWED_HOSTS.",
                403,
            )
            await answer(scope, receive, send)
        else:
            await self.app(scope, receive, send)


class ForVisitors:
    """In public: lets in a bounded number of visitors, lets go of idle ones, and bounds what each uploads."""

    def __init__(self, app: ASGIApp, door: Door):
        self.app, self.door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._visit(scope, receive, send)
            return
        if scope["type"] == "http" and (answer := self._answer(scope)) is not None:
            await answer(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _answer(self, scope: Scope) -> HTMLResponse | PlainTextResponse | None:
        """What is answered in Streamlit's place, if anything."""
        path, headers = scope["path"], Headers(scope=scope)
        if path.endswith(f"/{AWAY}"):
            return away(scope)
        if _WITHHELD.search(path):
            return PlainTextResponse("Not here", 404)
        if (found := _UPLOAD.search(path)) and scope["method"] == "PUT":
            if int(headers.get("content-length", "0")) > limits().upload_bytes + streamlit_patches.FRAME_BYTES:
                return PlainTextResponse("The file is too large", 413)
            if wait := self.door.uploads.take(found[1]):
                return PlainTextResponse("Too many uploads", 429, {"Retry-After": str(1 + int(wait))})
        is_page = scope["method"] == "GET" and "text/html" in headers.get("accept", "")
        return full(scope) if is_page and self.door.is_full else None

    async def _visit(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A websocket: a session, from its page's first message until the visitor leaves or is idle for too long."""
        names = Headers(scope=scope).get("sec-websocket-protocol", "").split(",")
        known = names[2].strip() if len(names) > 2 else ""
        address = (scope.get("client") or ("",))[0]
        is_crowd = self.door.is_crowd(address)
        if known in self.door.closed or self.door.is_full or is_crowd or self.door.arrivals.take(address):
            await receive()  # the request to connect
            await asyncio.sleep(REFUSAL_SECONDS)  # who tries again at once would take much of the server's time
            await send({"type": "websocket.close", "code": 1013})  # before it is accepted: status 403
            return
        connection, used, let_go = id(scope), time.monotonic(), False
        self.door.sessions[connection] = ""  # Streamlit names it; a visitor may claim any name
        self.door.addresses[connection] = address

        async def receive_in_time() -> Message:
            nonlocal used, let_go
            while True:
                left = used + 60 * limits().idle_minutes - time.monotonic()
                try:
                    message = await asyncio.wait_for(receive(), max(left, 0.01))
                except TimeoutError:
                    let_go = True
                    await send({"type": "websocket.close", "code": 1001})
                    return {"type": "websocket.disconnect", "code": 1001}
                if (data := message.get("bytes")) is None:
                    return message
                if len(data) > LARGEST_MESSAGE:
                    await send({"type": "websocket.close", "code": 1009})
                    return {"type": "websocket.disconnect", "code": 1009}
                kind, is_click = _kind(data)
                if is_click:
                    used = time.monotonic()
                if kind in _MESSAGES or kind is None:  # Streamlit refuses what it cannot read
                    return message

        async def send_and_name(message: Message) -> None:
            if message["type"] == "websocket.send" and not self.door.sessions[connection]:
                self.door.sessions[connection] = _session_of(message.get("bytes") or b"")
            await send(message)

        try:
            await self.app(scope, receive_in_time, send_and_name)
        finally:
            session = self.door.sessions.pop(connection)
            del self.door.addresses[connection]
            if let_go and session:
                self.door.closed.append(session)
                get_instance().close_session(session)


def _kind(data: bytes) -> tuple[str | None, bool]:
    """The kind of a page's message, None if it cannot be read, and whether the visitor has done something."""
    try:
        message = BackMsg.FromString(data)
    except Exception:  # protobuf's own, or one of Python's
        return None, False
    kind = message.WhichOneof("type")
    if kind == "file_urls_request" and len(message.file_urls_request.file_names) > MOST_FILES:
        return "too many files", False
    if kind == "backend_operation_request":  # a download, or what would change the server
        kind = message.backend_operation_request.WhichOneof("payload")
    return kind or "", kind == "rerun_script" and not message.rerun_script.is_auto_rerun


def _session_of(data: bytes) -> str:
    message = ForwardMsg.FromString(data)
    return message.new_session.initialize.session_id if message.WhichOneof("type") == "new_session" else ""


def full(scope: Scope) -> HTMLResponse:
    """The page for a visitor for whom there is no room."""
    text = f"All places are taken (there are {limits().sessions}). Please try again in a few minutes."
    return _page("This server is full", text, f"/{scope['path'].lstrip('/')}", "Try again", 503, {"Retry-After": "60"})


def away(scope: Scope) -> HTMLResponse:
    """The page for a visitor who did nothing for so long that the session was closed."""
    given = parse_qs(scope["query_string"].decode("latin-1")).get("back", [""])[0]
    back = given if re.fullmatch(r"/(?![/\\])[\w/?&=%.-]*", given) else "./"
    text = (
        f"It was closed after {limits().idle_minutes:g} minutes without a click, to make room for others. Anything you "
        "uploaded or typed has been deleted."
    )
    return _page("Your visit has ended", text, back, "Start again")


def _page(title: str, text: str, link: str, label: str, status: int = 200, headers: dict[str, str] | None = None):
    values = {"title": title, "text": text, "link": link, "label": label}
    filled = (Path(__file__).parent / "notice.html").read_text("utf-8")
    for name, value in values.items():
        filled = filled.replace(f"{{{name}}}", escape(value))
    return HTMLResponse(filled, status, {"Cache-Control": "no-store", **(headers or {})})


def middleware() -> list[Middleware]:
    """What each request passes through before Streamlit, the outermost first; sets Streamlit up for the mode."""
    _set_up()
    guard = Middleware(ForVisitors, door=Door()) if public.is_public() else Middleware(OnlyThisMachine)
    try:
        limits()
        return [Middleware(SafeAnswers, policy=policy()), guard]
    except UserError as error:
        sys.exit(f"genreclf: {error}")


def _set_up() -> None:
    net_util.get_external_ip = _unknown  # it would ask a server on the internet, at start or for a foreign page
    net_util.get_internal_ip = _unknown
    is_own = is_local_address() and not config.is_manually_set("server.allowedHosts")
    if public.is_public():
        _set("server.maxUploadSize", limits().upload_bytes // 10**6)
        _set(
            "client.showErrorDetails", "none"
        )  # wherever the server was started, and .streamlit/config.toml is not read
    elif is_own:
        _set("server.allowedHosts", list(LOOPBACK))


def _set(option: str, value: object) -> None:
    config.set_option(option, value, ConfigOption.STREAMLIT_DEFINITION)


def _unknown() -> None:
    return None


def is_local_address() -> bool:
    """Whether only this machine can reach the server."""
    return config.get_option("server.address") in LOOPBACK


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """While the server runs: bound its memory, and first say what it opens and to whom."""
    _set_up()  # again: what starts the server may have read the configuration anew
    streamlit_patches.bound_memory()
    if public.is_public():
        streamlit_patches.serve_anyone()
    if message := notice():
        print(message, file=sys.stderr, flush=True)
    yield


def _addresses() -> str:
    """Where others on the network find this server, a sentence; "" if they cannot."""
    if is_local_address():
        return ""
    found = [
        each.address for of in psutil.net_if_addrs().values() for each in of
        if each.family == socket.AF_INET and not each.address.startswith("127.")
    ]  # fmt: skip
    port = config.get_option("server.port")
    return f" On this network: {' '.join(f'http://{address}:{port}' for address in found)}" if found else ""


def notice() -> str:
    """What the server opens, for the terminal; "" at home for this machine only."""
    where = (
        f"{config.get_option('server.address') or 'every address of this machine'}:{config.get_option('server.port')}"
    )
    if public.is_public():
        return (
            f"Public on {where}: visitors look, ask and replay recorded trainings; nobody trains, deletes or adds "
            f"anything. There are {limits().sessions} places; visitors who do nothing for {limits().idle_minutes:g} "
            f"minutes lose theirs.{_addresses()}"
        )
    if is_local_address():
        return ""
    return (
        f"Open on {where}, not only to this machine: whoever reaches it can train models without end, delete runs and "
        "films, change labels, replace the models in use, download the full set (265 MB), and read names of this "
        "machine's folders. Only do this in a network that you trust; for a class or the internet use `make public`."
    )
