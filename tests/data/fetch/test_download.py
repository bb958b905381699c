"""Downloads that are interrupted, and addresses that do not work."""

import pytest
from archive_server import Served, serving
from fetching import CSV, ZIP, Place, fetch_error, packed

from genreclf.data.fetch import download
from genreclf.data.fetch.download import FetchStopped


def interrupt(place: Place, after: int) -> None:
    """Make a first call that ends with part of the archive."""
    place.posters.drops = [after, 0, 0]
    fetch_error(place, "keeps failing .*run it again to continue")
    assert not place.complete()
    place.server.requests.clear()


def test_a_second_call_continues_where_the_first_ended(place):
    size = len(place.posters.content)
    interrupt(place, 200_000)
    place.fetch()
    (request,) = place.requests()
    start = int(request.headers["Range"].removeprefix("bytes=").removesuffix("-"))
    assert start == 200_000 // download.CHUNK * download.CHUNK  # the unfinished piece is lost
    assert request.headers["If-Range"] == '"one"'
    assert (request.status, request.sent) == (206, size - start)
    assert place.requests(CSV) == []
    assert place.complete()


def test_a_call_continues_after_a_lost_connection(place):
    place.posters.drops = [200_000, 100_000]
    place.fetch()
    assert [request.status for request in place.requests()] == [200, 206, 206]
    assert place.complete()


def test_progress_resets_the_count_of_failures(place, monkeypatch):
    monkeypatch.setattr(download, "PROGRESS", 50_000)
    place.posters.drops = [70_000] * 5
    place.fetch()
    assert len(place.requests()) == 6


def test_starts_over_without_range_support(place):
    place.posters.ranges = False
    place.posters.drops = [200_000]
    place.fetch()
    assert [(request.status, "Range" in request.headers) for request in place.requests()] == [(200, False), (200, True)]
    assert place.complete()


def test_starts_over_when_the_file_changed(place):
    interrupt(place, 200_000)
    place.server.files[ZIP] = Served(packed(top="other/"), etag='"two"')
    place.fetch()
    assert [request.status for request in place.requests()] == [200]
    assert place.complete()


def test_starts_over_when_a_weakly_tagged_file_changed(place):
    place.posters.etag = 'W/"one"'
    interrupt(place, 200_000)
    place.server.files[ZIP] = Served(packed(top="other/"), etag='W/"two"')
    place.fetch()
    assert "If-Range" not in place.requests()[0].headers
    assert [request.status for request in place.requests()] == [206, 200]
    assert place.complete()


def test_starts_over_when_the_range_is_past_the_end(place):
    interrupt(place, 400_000)
    place.server.files[ZIP] = Served(packed()[:300_000], length="chunked")  # shorter than what is there
    fetch_error(place, "damaged or not a zip file")
    assert [request.status for request in place.requests()] == [416, 200]


def test_a_complete_part_is_not_downloaded_again(place):
    """The server never sent the size, and the last call ended just before the part was put in place."""
    place.posters.length = "chunked"
    size = len(place.posters.content)
    with pytest.raises(FetchStopped):
        place.fetch(
            should_stop=lambda: any(event.stage == "posters" and event.done == size for event in place.progress)
        )
    place.fetch()
    assert [request.status for request in place.requests()] == [200, 416]
    assert place.complete()


def test_another_address_starts_over(place):
    interrupt(place, 200_000)
    place.server.files["/mirror.zip"] = Served(packed(top="mirror/"))
    place.fetch(posters_url=place.server.url("/mirror.zip"))
    assert [request.status for request in place.requests("/mirror.zip")] == [200]
    assert place.complete()


def test_chunked_archive_without_a_size(place):
    place.posters.length = "chunked"
    place.posters.drops = [200_000]
    place.fetch()
    assert [request.status for request in place.requests()] == [200, 206]
    first = next(event for event in place.progress if event.stage == "posters")
    assert first.total is None
    assert place.complete()


@pytest.mark.parametrize("status", [500, 503, 429])
def test_retries_after_a_temporary_error(place, status):
    place.posters.statuses = [status, status]
    place.fetch()
    assert len(place.requests()) == 3


def test_gives_up_after_a_few_errors(place):
    place.posters.statuses = [503] * 9
    fetch_error(place, "the posters .*503 Service Unavailable")
    assert len(place.requests()) == 3


def test_a_slow_server_is_a_timeout(place, monkeypatch):
    monkeypatch.setattr(download, "TIMEOUT", (1.0, 0.05))
    monkeypatch.setattr(download, "RETRIES", 1)
    place.table.delay = 0.2
    fetch_error(place, "did not answer in time")


def test_a_file_that_is_not_there(place):
    url = place.server.url("/moved.zip")
    assert url in fetch_error(place, "404 Not Found.*address", posters_url=url)
    assert len(place.requests("/moved.zip")) == 1


def test_a_server_that_is_down(place):
    with serving() as other:
        url = other.url(ZIP)
    fetch_error(place, "127.0.0.1:.* does not accept connections; check the internet connection", table_url=url)


def test_a_name_that_does_not_resolve(place):
    fetch_error(
        place, "no-such-host.invalid cannot be found; check the internet", table_url="http://no-such-host.invalid/t"
    )


@pytest.mark.parametrize(
    "url", ["table.csv", "ftp://host/table.csv", "http://", "http://[::1/", "file:///etc/passwd", ""]
)
def test_an_invalid_address(place, url):
    fetch_error(place, "is not a web address; use one that starts with http", table_url=url)
