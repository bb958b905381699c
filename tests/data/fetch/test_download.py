"""Downloads that break off, and addresses that do not work."""

import pytest
from archive_server import Served, serving
from fetching import CSV, ZIP, Place, fails, packed

from genreclf.data.fetch import download
from genreclf.data.fetch.imdb import FetchStopped


def interrupt(place: Place, after: int) -> None:
    """A first call that ends with part of the archive."""
    place.posters.drops = [after, 0, 0]
    fails(place, "keeps failing .*run it again to continue")
    assert not place.complete()
    place.server.asked.clear()


def test_second_call_continues_where_the_first_broke_off(place):
    size = len(place.posters.content)
    interrupt(place, 200_000)
    place.fetch()
    (asked,) = place.asked()
    start = int(asked.headers["Range"].removeprefix("bytes=").removesuffix("-"))
    assert start == 200_000 // download.CHUNK * download.CHUNK  # the piece under way is lost
    assert asked.headers["If-Range"] == '"one"'
    assert (asked.status, asked.sent) == (206, size - start)
    assert place.asked(CSV) == []
    assert place.complete()


def test_continues_within_one_call(place):
    place.posters.drops = [200_000, 100_000]
    place.fetch()
    assert [asked.status for asked in place.asked()] == [200, 206, 206]
    assert place.complete()


def test_progress_makes_attempts_count_from_one_again(place, monkeypatch):
    monkeypatch.setattr(download, "PROGRESS", 50_000)
    place.posters.drops = [70_000] * 5
    place.fetch()
    assert len(place.asked()) == 6


def test_starts_over_without_range_support(place):
    place.posters.ranges = False
    place.posters.drops = [200_000]
    place.fetch()
    assert [(asked.status, "Range" in asked.headers) for asked in place.asked()] == [(200, False), (200, True)]
    assert place.complete()


def test_starts_over_when_the_file_changed(place):
    interrupt(place, 200_000)
    place.server.files[ZIP] = Served(packed(top="other/"), etag='"two"')
    place.fetch()
    assert [asked.status for asked in place.asked()] == [200]
    assert place.complete()


def test_starts_over_when_a_weakly_tagged_file_changed(place):
    place.posters.etag = 'W/"one"'
    interrupt(place, 200_000)
    place.server.files[ZIP] = Served(packed(top="other/"), etag='W/"two"')
    place.fetch()
    assert "If-Range" not in place.asked()[0].headers
    assert [asked.status for asked in place.asked()] == [206, 200]
    assert place.complete()


def test_starts_over_when_the_range_cannot_be_met(place):
    interrupt(place, 400_000)
    place.server.files[ZIP] = Served(packed()[:300_000], length="chunked")  # shorter than what is there
    fails(place, "damaged or not a zip file")
    assert [asked.status for asked in place.asked()] == [416, 200]


def test_nothing_follows_a_part_that_is_whole(place):
    """The server never named the size, and the last call broke off just before the part was put in place."""
    place.posters.length = "chunked"
    size = len(place.posters.content)
    with pytest.raises(FetchStopped):
        place.fetch(
            should_stop=lambda: any(event.stage == "posters" and event.done == size for event in place.progress)
        )
    place.fetch()
    assert [asked.status for asked in place.asked()] == [200, 416]
    assert place.complete()


def test_another_address_starts_over(place):
    interrupt(place, 200_000)
    place.server.files["/mirror.zip"] = Served(packed(top="mirror/"))
    place.fetch(posters_url=place.server.url("/mirror.zip"))
    assert [asked.status for asked in place.asked("/mirror.zip")] == [200]
    assert place.complete()


def test_chunked_archive_without_a_size(place):
    place.posters.length = "chunked"
    place.posters.drops = [200_000]
    place.fetch()
    assert [asked.status for asked in place.asked()] == [200, 206]
    first = next(event for event in place.progress if event.stage == "posters")
    assert first.total is None
    assert place.complete()


@pytest.mark.parametrize("status", [500, 503, 429])
def test_tries_again_after_a_passing_error(place, status):
    place.posters.statuses = [status, status]
    place.fetch()
    assert len(place.asked()) == 3


def test_gives_up_after_a_few_errors(place):
    place.posters.statuses = [503] * 9
    fails(place, "the posters .*503 Service Unavailable")
    assert len(place.asked()) == 3


def test_a_slow_server_is_a_timeout(place, monkeypatch):
    monkeypatch.setattr(download, "TIMEOUT", (1.0, 0.05))
    monkeypatch.setattr(download, "RETRIES", 1)
    place.table.delay = 0.2
    fails(place, "did not answer in time")


def test_a_file_that_is_not_there(place):
    url = place.server.url("/moved.zip")
    assert url in fails(place, "404 Not Found.*check the address or use another", posters_url=url)
    assert len(place.asked("/moved.zip")) == 1


def test_nobody_listens(place):
    with serving() as other:
        url = other.url(ZIP)
    fails(place, "127.0.0.1:.* does not take connections; check the internet connection", table_url=url)


def test_a_name_that_does_not_resolve(place):
    fails(place, "no-such-host.invalid cannot be found; check the internet", table_url="http://no-such-host.invalid/t")


@pytest.mark.parametrize(
    "url", ["table.csv", "ftp://host/table.csv", "http://", "http://[::1/", "file:///etc/passwd", ""]
)
def test_an_address_that_is_none(place, url):
    fails(place, "is not a web address; use one that starts with http", table_url=url)
