import numpy as np
import pytest

from genreclf.lesson.figures import figures
from genreclf.lesson.threshold import START, THRESHOLDS, curve, films_chart, recorded_chart, wish
from genreclf.palette import PALETTES

TRUTH = np.array([1, 1, 0, 0, 1, 0], bool)
PROBABILITIES = np.array([0.9, 0.2, 0.6, 0.1, 0.4, 0.3], np.float32)


def test_a_wish_misses_no_validation_film():
    new = np.array([0.5, 0.1, 0.3, 0.05, 0.7, 0.0])
    found = wish(TRUTH, PROBABILITIES, TRUTH, new)
    assert found.threshold == pytest.approx(0.2)
    assert (found.val.tp, found.val.fp, found.val.fn) == (3, 2, 0)
    assert (found.test.tp, found.test.fp, found.test.fn) == (2, 1, 1)
    assert found.test.precision == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match="no validation film"):
        wish(~TRUTH & TRUTH, PROBABILITIES, TRUTH, new)


def test_a_curve_counts_films_at_every_threshold():
    counts = curve(TRUTH, PROBABILITIES, (0.05, 0.35, 0.95))
    assert counts == {"tp": [3, 2, 0], "fp": [3, 1, 0], "fn": [0, 1, 3]}


def test_thresholds_rise_and_contain_the_start():
    assert list(THRESHOLDS) == sorted(set(THRESHOLDS))
    assert START in THRESHOLDS


def test_the_chart_of_films_has_a_mark_for_each():
    names = [f"Film {number} <b>" for number in range(6)]
    chart = films_chart(TRUTH, PROBABILITIES, names, 0.35, "validation films", PALETTES["light"])
    marks = {trace.name: len(trace.x) for trace in chart.figure.data}
    assert marks == {"found (2)": 2, "missed (1)": 1, "wrongly picked (1)": 1, "left out (2)": 2}
    assert "<b>" not in "".join(chart.figure.data[0].hovertext)
    assert "2 of 3" in chart.alt


def test_the_recorded_curve_is_drawn_with_both_thresholds():
    known = figures()
    chart = recorded_chart(known["horror_curve"], known["horror_threshold"], PALETTES["dark"], 0.3)
    assert len(chart.figure.data) == 4  # recall and precision, twice
    assert [shape.x0 for shape in chart.figure.layout.shapes] == [known["horror_threshold"], 0.3]
    for line in chart.figure.data:
        values = np.array(line.y, float)
        assert ((values >= 0) & (values <= 1) | np.isnan(values)).all()
