import json

import pytest

from genreclf.evaluation.histories import History
from genreclf.lesson import charts
from genreclf.lesson.figures import figures, report_history
from genreclf.palette import DARK, LIGHT

TRAINING, VALIDATION = [0.5, 0.4, 0.3, 0.2, 0.1], [0.41, 0.33, 0.36, 0.42, 0.47]


def history(validation=VALIDATION, model="lstm"):
    start = {"event": "start", "base_rate_loss": 0.31}
    epochs = [{"event": "epoch", "epoch": epoch, "loss": loss, "val_loss": val}
              for epoch, (loss, val) in enumerate(zip(TRAINING, validation, strict=True), 1)]  # fmt: skip
    return History(("test", *validation), [start, *epochs], "Test", model)


def levels(chart):
    """The heights of the horizontal lines, and their labels."""
    lines = [shape.y0 for shape in chart.figure.layout.shapes if shape.y0 == shape.y1]
    return dict(zip([note.text for note in chart.figure.layout.annotations], lines, strict=True))


def marks(chart):
    """The epochs of the vertical lines."""
    return [shape.x0 for shape in chart.figure.layout.shapes if shape.x0 == shape.x1]


def axes(chart):
    return [list(axis.range) for axis in (chart.figure.layout.xaxis, chart.figure.layout.yaxis)]


def test_the_report_chart_shows_so_many_epochs_and_tells_no_more():
    chart = charts.report_chart(history(model="cnn"), LIGHT, shown=2)
    assert list(chart.figure.data[0].x) == [1, 2]
    assert "0.36" not in json.dumps(chart.figure.to_dict()["data"], default=list)
    assert "lowest" not in chart.alt


@pytest.mark.parametrize("guess", [0.15, 0.25, 0.31, 0.35])
def test_the_guess_is_a_level_and_moves_no_axis(guess):
    whole = charts.report_chart(history(model="cnn"), DARK)
    chart = charts.report_chart(history(model="cnn"), DARK, shown=2, guess=guess)
    assert axes(chart) == axes(whole)
    low, high = axes(chart)[1]
    assert low < guess < high
    found = levels(chart)
    assert found.pop("base rates") == 0.31
    assert list(found.values()) == [guess]
    assert f"{guess:.3f}" in next(iter(found))


def test_the_recorded_report_never_reaches_the_base_rates():
    chart = charts.report_chart(report_history("cnn"), LIGHT)
    assert min(chart.figure.data[0].y) > levels(chart)["base rates"] == figures()["prior_val"]


def test_both_starts_are_named_on_the_chart():
    rates = history([0.30, 0.28, 0.27, 0.26, 0.25])
    chart = charts.starts_chart(history(), rates, LIGHT)
    assert [list(line.y) for line in chart.figure.data] == [VALIDATION, [0.30, 0.28, 0.27, 0.26, 0.25]]
    assert {line.name for line in chart.figure.data} <= {note.text for note in chart.figure.layout.annotations}
    assert "0.3300" in chart.alt
    assert "0.2500" in chart.alt


def test_the_validation_loss_is_hidden_until_the_reveal():
    before = charts.overfitting_chart(history(), LIGHT, 4, validation=False)
    after = charts.overfitting_chart(history(), LIGHT, 4)
    assert axes(before) == axes(after)
    assert len(before.figure.data) == 1
    assert marks(before) == [4]
    assert marks(after) == [4, 2]
    assert list(after.figure.data[1].y) == VALIDATION
    assert "0.33" not in before.alt + str(before.figure.to_dict()["data"])
    assert "epoch 2" in after.alt


def test_the_best_epoch_and_the_visitors_may_be_the_same():
    assert marks(charts.overfitting_chart(history(), LIGHT, 2)) == [2]
    assert marks(charts.overfitting_chart(history(), LIGHT)) == [2]


def test_the_rivals_are_the_base_rates_the_reports_and_ours():
    found = {score.label: score.metrics["bce"] for score in charts.rivals()}
    assert found["Base rates"] == pytest.approx(figures()["prior_test"])
    assert found["TF-IDF"] == pytest.approx(figures()["tfidf_test"])
    assert [bce for label, bce in found.items() if "report's recipe" in label] == pytest.approx(
        [figures()["lstm_reference_test"], figures()["cnn_reference_test"]]
    )
    assert figures()["public_lstm"] in found.values()
    assert len(charts.rivals_chart(LIGHT).figure.layout.yaxis.categoryarray) == len(found) == 7
