"""Amounts as people read them."""

import pytest

from genreclf.units import duration, size


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0 s"), (89, "89 s"), (90, "2 min"), (3600, "60 min"), (7500, "2 h 05 min")]
)
def test_a_span_of_time_in_words(seconds, said):
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("count", "said"), [(0, "1 kB"), (640_200, "640 kB"), (38_400_000, "38 MB"), (2_000_000_000, "2,000 MB")]
)
def test_a_size_in_words(count, said):
    assert size(count) == said
