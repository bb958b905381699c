"""Changes to Streamlit: garbage collection after each run of a page, uploads, and what one visitor may compute."""

import asyncio
import gc
import os
import sys
import time
from contextlib import suppress

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartParser
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.fragment import MemoryFragmentStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import RerunData, ScriptRunner, get_script_run_ctx
from streamlit.runtime.state import SessionState
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

from genreclf.api.headers import in_utf8
from genreclf.processes import keep_memory_small, release_memory

SESSION_FILES, SESSION_BYTES = 2, 42_000_000  # uploads of one session that its page has not read yet
ALL_BYTES = 130_000_000  # the same of all sessions
RECEIVED_AT_ONCE, RECEIVING_SECONDS = 8, 20  # each takes up to twice its size in memory
SLOWEST = 400_000  # bytes a second of a large upload, which may take longer
FRAME_BYTES = 1_000_000  # of a request, around a file
GRACE = 60  # seconds
NEW_MODULES = 100  # new imports that make another exclusion worthwhile; TensorFlow imports thousands
_allowed: dict[str, tuple[int, int]] = {}  # files and bytes of sessions that may upload more (see ``allow_uploads``)
_excluded_modules = 0  # in this process, like the collector
BURST, SHARE = 10.0, 0.1  # seconds of a core that a session may compute at once while others do, and then per second
LONGEST_PAUSE, TOGETHER = 5.0, 10.0  # seconds: of a pause; between two sessions that compute at the same time


def spare_modules() -> None:
    """Exclude what has been imported so far from garbage collection.

    Streamlit collects garbage after every run of a page, and of each part that refreshes by itself. Searching what
    Plotly, pandas and scikit-learn have imported takes 60 ms each time, ten times as long as the rest of a small part,
    and finds nothing, because modules stay. To be called after a page has imported what it needs; further calls return
    at once.
    """
    global _excluded_modules
    if len(sys.modules) >= _excluded_modules + NEW_MODULES:
        _excluded_modules = len(sys.modules)
        gc.collect()  # otherwise present garbage would never be freed
        gc.freeze()


def bound_memory() -> None:
    """Bound what the server keeps in memory: uploads, ended sessions, and what was freed; once a process.

    Streamlit keeps every uploaded file until two minutes after its session ended and one more session came, however
    many there are, and writes those above 1 MB to a temporary file. Here most stay in memory, a few are received
    at a time, a session holds few files until the page has read them (see ``let_go``), and a closed page's session is
    removed after ``GRACE`` seconds, in which a lost connection may come back.
    """
    if MultiPartParser.spool_max_size > SESSION_BYTES:
        return
    keep_memory_small()
    gc.callbacks.append(_after_collection)
    MultiPartParser.spool_max_size = SESSION_BYTES + 1
    parse, add, disconnect, shut_down = (
        MultiPartParser.parse, MemoryUploadedFileManager.add_file, WebsocketSessionManager.disconnect_session,
        AppSession.shutdown,
    )  # fmt: skip
    receiving = asyncio.Semaphore(RECEIVED_AT_ONCE)
    ends: dict[str, asyncio.TimerHandle] = {}

    async def parse_in_turn(parser: MultiPartParser) -> FormData:
        if type(parser) is not MultiPartParser:  # the API's, in the same process
            return await parse(parser)
        length = int(parser.headers.get("content-length", 0))
        if length > max([SESSION_BYTES, *(most for _, most in _allowed.values())]) + FRAME_BYTES:
            raise HTTPException(413, "The file is too large")
        parser.headers = in_utf8(parser.headers)
        parser.max_files, parser.max_fields, parser.max_part_size = 1, 1, 10_000  # what Streamlit's pages send
        try:
            async with receiving, asyncio.timeout(RECEIVING_SECONDS + length / SLOWEST):
                return await parse(parser)
        except TimeoutError:
            raise HTTPException(408, "The upload took too long") from None

    def add_file(manager: MemoryUploadedFileManager, session_id: str, file: UploadedFileRec) -> None:
        with manager._lock:
            own = [len(each.data) for each in manager.file_storage.get(session_id, {}).values() if each.data]
            everything = manager._total_bytes
        size = len(file.data)
        files, most = _allowed.get(session_id, (SESSION_FILES, SESSION_BYTES))
        if size and (len(own) >= files or sum(own) + size > most or everything + size > ALL_BYTES):
            raise HTTPException(413, "Too many uploads at once")
        add(manager, session_id, file)

    def disconnect_session(manager: WebsocketSessionManager, session_id: str) -> None:
        disconnect(manager, session_id)
        manager._uploaded_file_mgr.remove_session_files(session_id)
        _allowed.pop(session_id, None)
        if session_id in ends:  # it had come back
            ends.pop(session_id).cancel()

        def end() -> None:
            ends.pop(session_id, None)
            if not manager.is_active_session(session_id):
                manager.close_session(session_id)

        with suppress(RuntimeError):  # the server is shutting down
            ends[session_id] = asyncio.get_running_loop().call_later(GRACE, end)

    def shutdown(session: AppSession) -> None:
        shut_down(session)
        # the server's loop keeps the last session until another one comes, so what the visitor gave is taken out of it
        session._session_state, session._client_state = SessionState(), ClientState()
        session._fragment_storage, session._browser_queue = MemoryFragmentStorage(), ForwardMsgQueue()

    AppSession.shutdown = shutdown  # type: ignore[method-assign, assignment]
    MultiPartParser.parse = parse_in_turn  # type: ignore[method-assign, assignment]
    MemoryUploadedFileManager.add_file = add_file  # type: ignore[method-assign, assignment]
    WebsocketSessionManager.disconnect_session = disconnect_session  # type: ignore[method-assign, assignment]


def _after_collection(phase: str, info: dict[str, int]) -> None:
    """Return memory to the system when Streamlit has collected all garbage, after a run of a page or a part of it."""
    if phase == "stop" and info["generation"] == 2:
        release_memory()


def allow_uploads(files: int, total: int) -> None:
    """Let this session hold more files, and bytes in total, that its page has not read yet, until it leaves the page.

    To be called whenever the page is drawn: a lost connection also ends it.
    """
    if (context := get_script_run_ctx()) is not None:
        _allowed[context.session_id] = files, total


def forget_uploads() -> None:
    """Drop the uploads of this session that no page has read, because the visitor went on before they arrived."""
    if (context := get_script_run_ctx()) is not None:
        _allowed.pop(context.session_id, None)
        context.uploaded_file_mgr.remove_session_files(context.session_id)


def let_go(file: UploadedFile) -> None:
    """Drop the content of an uploaded file that has been read; for Streamlit the file stays, so that nothing reruns."""
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        context.uploaded_file_mgr.add_file(context.session_id, UploadedFileRec(file.file_id, file.name, file.type, b""))
    file.seek(0)
    file.truncate()


def serve_anyone() -> None:
    """In public: no session computes more than its share, and no message has a path of the machine; once a process.

    Pages are drawn by Python, which draws one at a time. While others use the app, too, a session that has computed for
    ``BURST`` seconds therefore pauses before it draws again, so long that on average it takes ``SHARE`` of a core.
    """
    run, create = ScriptRunner._run_script, AppSession._create_new_session_message
    if run.__name__ == "run_in_share":
        return
    accounts: dict[str, tuple[float, float]] = {}  # by session: seconds computed beyond its share, and when

    def owed(session: str) -> float:
        seconds, since = accounts.get(session, (0.0, 0.0))
        return max(0.0, seconds - SHARE * (time.monotonic() - since))

    def run_in_share(runner: ScriptRunner, rerun_data: RerunData) -> None:
        session, now = runner._session_id, time.monotonic()
        if any(other != session and now - since < TOGETHER for other, (_, since) in list(accounts.items())):
            time.sleep(min(LONGEST_PAUSE, max(0.0, owed(session) - BURST) / SHARE))
        began = time.thread_time()
        try:
            run(runner, rerun_data)
        finally:
            spent = owed(session) + time.thread_time() - began
            accounts[session] = min(spent, BURST + LONGEST_PAUSE * SHARE), time.monotonic()
            if len(accounts) > 1000:
                for each in [each for each in accounts if not owed(each)]:
                    del accounts[each]

    def create_without_path(*args, **kwargs) -> ForwardMsg:
        message = create(*args, **kwargs)
        message.new_session.main_script_path = os.path.basename(message.new_session.main_script_path)
        return message

    ScriptRunner._run_script = run_in_share  # type: ignore[method-assign, assignment]
    AppSession._create_new_session_message = create_without_path  # type: ignore[method-assign]
