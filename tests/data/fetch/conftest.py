import pytest
from archive_server import Served, serving
from fetching import CSV, TABLE, ZIP, Place, packed

from genreclf.data.fetch import download


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")  # the server is local, and names must fail to resolve here
    monkeypatch.setattr(download, "TIMEOUT", (1.0, 1.0))
    monkeypatch.setattr(download, "BACKOFF", 0.01)
    monkeypatch.setattr(download, "RETRIES", 2)
    with serving() as server:
        server.files = {ZIP: Served(packed()), CSV: Served(TABLE, etag=None)}
        yield Place(tmp_path / "home" / "imdb", server)
