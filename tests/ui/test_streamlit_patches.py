"""What uploads may take of the server's memory, and when they are let go."""

import asyncio
import gc
from types import SimpleNamespace

import pytest
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

from genreclf.api.headers import in_utf8
from genreclf.data.posters import MAX_BYTES
from genreclf.ui import streamlit_patches
from genreclf.ui.streamlit_patches import ALL_BYTES, SESSION_BYTES, SESSION_FILES, bound_memory


@pytest.fixture
def uploads():
    bound_memory()
    return MemoryUploadedFileManager("/upload")


def record(name: str, size: int) -> UploadedFileRec:
    return UploadedFileRec(name, f"{name}.jpg", "image/jpeg", bytes(size))


def test_a_session_holds_few_files_until_they_are_read(uploads):
    for place in range(SESSION_FILES):
        uploads.add_file("a", record(f"{place}", 10))
    with pytest.raises(HTTPException) as refused:
        uploads.add_file("a", record("more", 10))
    assert refused.value.status_code == 413
    uploads.add_file("b", record("other", 10))
    uploads.add_file("a", record("0", 0))  # as after reading it
    uploads.add_file("a", record("more", 10))


def test_one_allowed_file_fits_and_all_sessions_together_are_bounded(uploads):
    assert MAX_BYTES <= SESSION_BYTES <= ALL_BYTES
    with pytest.raises(HTTPException):
        uploads.add_file("a", record("large", SESSION_BYTES + 1))
    for session in range(ALL_BYTES // MAX_BYTES):
        uploads.add_file(f"{session}", record("poster", MAX_BYTES))
    with pytest.raises(HTTPException):
        uploads.add_file("another", record("poster", MAX_BYTES))


def test_a_page_may_let_its_visitor_upload_more_until_it_is_left(uploads, monkeypatch):
    context = SimpleNamespace(session_id="a", uploaded_file_mgr=uploads)
    monkeypatch.setattr(streamlit_patches, "get_script_run_ctx", lambda: context)
    streamlit_patches.allow_uploads(5, SESSION_BYTES + 10)
    for place in range(4):
        uploads.add_file("a", record(f"{place}", 10))
    uploads.add_file("a", record("large", SESSION_BYTES - 40))
    for session, size in (("a", 1), ("b", SESSION_BYTES + 1)):
        with pytest.raises(HTTPException):
            uploads.add_file(session, record("more", size))
    streamlit_patches.forget_uploads()
    for place in range(SESSION_FILES):
        uploads.add_file("a", record(f"{place}", 10))
    with pytest.raises(HTTPException):
        uploads.add_file("a", record("more", 10))


def test_a_closed_page_lets_go_of_its_uploads_at_once_and_of_its_session_soon(uploads, monkeypatch):
    monkeypatch.setattr(streamlit_patches, "GRACE", 0.01)
    sessions = WebsocketSessionManager(MemorySessionStorage(), uploads, ScriptCache(), None)
    closed = []
    monkeypatch.setattr(sessions, "close_session", closed.append)
    uploads.add_file("a", record("poster", 10))

    async def close() -> None:
        sessions.disconnect_session("a")
        assert not uploads.get_files("a", ["poster"])
        assert not closed
        await asyncio.sleep(0.1)

    asyncio.run(close())
    assert closed == ["a"]


def test_freed_memory_goes_back_to_the_system_after_a_full_collection(uploads, monkeypatch):
    released = []
    monkeypatch.setattr(streamlit_patches, "release_memory", lambda: released.append(True))
    gc.collect(0)
    assert not released
    gc.collect()
    assert released


@pytest.mark.parametrize(
    "kind", ["multipart/form-data; boundary=b; charset=punycode", "multipart/form-data;CHARSET=idna; boundary=b"]
)
def test_a_form_is_read_in_utf_8_whatever_its_sender_says(kind):
    headers = in_utf8(Headers({"content-type": kind, "x": "y"}))
    assert "charset" not in headers["content-type"].lower()
    assert "boundary=b" in headers["content-type"]
    assert headers["x"] == "y"
