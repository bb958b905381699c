"""The charts of an evaluation show the given numbers and explain themselves."""

import dataclasses
import json
import re
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from prediction_sets import padded, random_labels, simulated_probabilities, split_predictions

from genreclf.evaluation import charts
from genreclf.evaluation.bootstrap import intervals
from genreclf.evaluation.charts import Chart
from genreclf.evaluation.counts import Counts, count, counts_at
from genreclf.evaluation.genres import genre_table, substitutions
from genreclf.evaluation.histories import History
from genreclf.evaluation.metrics import MIN_FILMS
from genreclf.evaluation.poster_vs_overview import genre_lead
from genreclf.evaluation.predictions import ModelPredictions, SplitPredictions
from genreclf.evaluation.reliability import reliability
from genreclf.evaluation.scoreboard import Score
from genreclf.genres import GENRES
from genreclf.models import SPECS, model_label
from genreclf.palette import DARK, DASHES, LIGHT, PALETTES
from genreclf.runs.curves import Loss
from genreclf.units import percent

LABELS = random_labels(120)
PREDICTIONS = split_predictions(
    LABELS,
    0.45,
    cnn=simulated_probabilities(LABELS, 0.1),
    lstm=simulated_probabilities(LABELS, 0.3, 1),
    prior=np.full(LABELS.shape, 0.1),
)
EPOCHS = [
    {"event": "epoch", "epoch": number, "loss": 0.4 / number, "val_loss": 0.3 + 0.01 * (number - 3) ** 2}
    for number in range(1, 9)
]
SCORES = [
    Score("CNN", "cnn", "ours", {"bce": 0.21, "micro_f1": 0.5}),
    Score("LSTM", "lstm", "ours", {"bce": 0.18, "micro_f1": 0.6}),
    Score("Base rates", "prior", "baseline", {"bce": 0.23, "micro_f1": 0.4}),
    Score("CNN, in the report", "cnn", "reference", {"bce": 0.245}),
]
SPANS = {"cnn": (0.2, 0.22), "lstm": (0.17, 0.19), "prior": (0.225, 0.235)}


def history(model: str, events: list[dict], comparable: bool = True) -> History:
    return History((), events, model_label(model), model, Loss(comparable))


ALL = {
    "scoreboard": lambda palette: charts.scoreboard(SCORES, SPANS, "bce", palette),
    "genre_bars": lambda palette: charts.genre_bars(genre_table(PREDICTIONS), "f1", palette),
    "precision_recall": lambda palette: charts.precision_recall_chart(PREDICTIONS, "Western", ["cnn", "lstm"], palette),
    "threshold": lambda palette: charts.threshold_chart(
        LABELS[:, 24], PREDICTIONS.of("lstm").probabilities[:, 24], 0.6, 0.4, "Western", "lstm", palette
    ),
    "reliability": lambda palette: charts.reliability_chart(
        reliability(LABELS, PREDICTIONS.of("cnn").probabilities),
        reliability(LABELS, simulated_probabilities(LABELS, 0.5)),
        "cnn",
        palette,
    ),
    "matrix": lambda palette: charts.confusion_matrix(Counts(tp=9, fp=6, fn=7, tn=50), "War", "LSTM", palette),
    "instead": lambda palette: charts.substitution_heatmap(
        substitutions(LABELS, PREDICTIONS.of("cnn").chosen, GENRES), "CNN", palette
    ),
    "lead": lambda palette: charts.lead_chart(
        genre_lead(PREDICTIONS, "cnn", "lstm", n_resamples=50), "cnn", "lstm", palette
    ),
    "training": lambda palette: charts.training_curves(history("lstm", EPOCHS), palette),
}


def traces(chart: Chart) -> dict:
    """The named traces that hold points."""
    return {trace.name: trace for trace in chart.figure.data if trace.name}


def bars(chart: Chart) -> np.ndarray:
    """The ends of the scoreboard's intervals, ``(models, 2)``, by their lower ends."""
    marks = [trace for trace in chart.figure.data if trace.error_x.array is not None]
    return np.array(
        sorted((mark.x[0] - mark.error_x.arrayminus[0], mark.x[0] + mark.error_x.array[0]) for mark in marks)
    )


@pytest.mark.parametrize("draw", ALL.values(), ids=ALL)
def test_every_chart_has_texts_and_labelled_axes(draw):
    chart = draw(LIGHT)
    assert chart.title
    assert chart.alt.endswith(".")
    assert len(chart.reading) > 60
    assert chart.figure.layout.height == chart.height > 100
    named = [axis.title.text for axis in (*chart.figure.select_xaxes(), *chart.figure.select_yaxes())]
    rows_are_named = chart.figure.layout.yaxis.ticktext or chart.figure.layout.yaxis.categoryarray
    assert named[0], "the x axis"
    assert named[1] or rows_are_named, "the y axis"


@pytest.mark.parametrize("draw", ALL.values(), ids=ALL)
def test_themes_differ_only_in_colours(draw):
    """A report shows either, with the same texts."""
    light, dark = (json.loads(draw(palette).figure.to_json()) for palette in (LIGHT, DARK))

    def shape(value):
        if isinstance(value, dict):
            return {key: shape(part) for key, part in value.items()}
        if isinstance(value, list):
            return [shape(part) for part in value]
        return "colour" if isinstance(value, str) and value.startswith(("#", "rgb")) else value

    assert shape(light) == shape(dark)
    assert light != dark


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_models_keep_their_colours(palette):
    bars = traces(ALL["genre_bars"](palette))
    assert bars["CNN"].marker.color == palette.models["cnn"]
    assert bars["CNN"].marker.symbol != bars["LSTM"].marker.symbol
    curves = traces(ALL["precision_recall"](palette))
    assert curves["LSTM"].line.color == palette.models["lstm"]
    assert curves["CNN"].line.dash != curves["LSTM"].line.dash


def test_the_scoreboard_has_the_best_at_the_top():
    chart = ALL["scoreboard"](LIGHT)
    assert chart.figure.layout.yaxis.categoryarray == ("CNN, in the report", "Base rates", "CNN", "LSTM")
    assert chart.figure.layout.yaxis2.ticktext == ("0.245", "0.230", "0.210", "0.180")
    assert "lower is better" in chart.figure.layout.xaxis.title.text
    assert "LSTM is best with 0.180" in chart.alt
    assert bars(chart) == pytest.approx(np.array(sorted(SPANS.values())))
    up = charts.scoreboard(SCORES, {}, "micro_f1", LIGHT)
    assert up.figure.layout.yaxis.categoryarray[-1] == "LSTM"
    assert "higher is better" in up.figure.layout.xaxis.title.text
    assert "CNN, in the report" not in up.figure.layout.yaxis.categoryarray


def test_the_scoreboards_bars_are_the_bootstrap_intervals():
    found = {model: spans["bce"] for model, spans in intervals(PREDICTIONS, ["bce"], n_resamples=50).items()}
    models = PREDICTIONS.models.items()
    scores = [Score(model.label, name, "ours", PREDICTIONS.metrics()[name]) for name, model in models]
    chart = charts.scoreboard(scores, found, "bce", LIGHT)
    assert bars(chart) == pytest.approx(np.array(sorted(found.values())))


@pytest.mark.parametrize("metric", ["bce", "micro_f1"])
def test_the_scoreboard_explains_confidence_intervals(metric):
    reading = charts.scoreboard(SCORES, SPANS, metric, LIGHT).reading
    assert "95 of 100 such samples" in reading


def test_genres_are_ordered_by_their_films():
    chart = ALL["genre_bars"](LIGHT)
    rows = chart.figure.layout.yaxis.ticktext
    films = [int(row.split("(")[1].rstrip(")")) for row in rows]
    assert films == sorted(films), "Plotly counts from the bottom"
    assert len(rows) == 22, "three genres have no film"
    table = genre_table(PREDICTIONS).query("model == 'lstm' and films > 0")
    assert sorted(traces(chart)["LSTM"].x) == pytest.approx(sorted(table["f1"]))
    assert chart.height > 22 * 20


def test_the_fitted_threshold_is_on_the_precision_recall_curve():
    chart = ALL["precision_recall"](LIGHT)
    probabilities = PREDICTIONS.of("lstm").probabilities[:, 24]
    here = counts_at(LABELS[:, 24], probabilities, 0.45)
    marks = [trace for trace in chart.figure.data if trace.mode == "markers"]
    assert (marks[1].x[0], marks[1].y[0]) == pytest.approx((here.recall, here.precision))
    assert f"{LABELS[:, 24].sum()} films" in chart.alt
    assert f"{LABELS[:, 24].mean():.2f}" in chart.reading


def test_precision_recall_curves_reach_recall_zero():
    labels = padded([[1, 0, 0]] * 2 + [[0, 0, 0]] * 998)
    probabilities = padded([[0.9, 0, 0], [0.3, 0, 0]] + [[0.5, 0, 0]] * 8 + [[0.1, 0, 0]] * 990)
    chart = charts.precision_recall_chart(split_predictions(labels, cnn=probabilities), GENRES[0], ["cnn"], LIGHT)
    line = traces(chart)["CNN"]
    assert (line.x[-1], line.y[-1]) == (0.0, 1.0), "the first film found has the genre"
    assert line.x[-2] == 0.5
    assert "at <0.01, is the precision of picking films at random" in chart.reading
    wrong_first = traces(ALL["precision_recall"](LIGHT))
    assert all(line.x[-1] == 0 for name, line in wrong_first.items() if name != "random choice")
    random = traces(chart)["random choice"]
    assert set(random.y) == {2 / 1000}
    assert random.line.dash not in DASHES.values()
    assert not chart.figure.layout.annotations, "words beside the line would cover the curves"


def test_a_long_curve_is_thinned():
    labels = random_labels(3000)
    predictions = split_predictions(labels, cnn=simulated_probabilities(labels, 0.1))
    chart = charts.precision_recall_chart(predictions, "Western", ["cnn"], LIGHT)
    assert 100 < len(traces(chart)["CNN"].x) <= 300
    assert traces(chart)["CNN"].x[0] == 1.0


def test_the_threshold_chart_marks_the_current_threshold():
    probabilities = PREDICTIONS.of("lstm").probabilities[:, 24]
    lines = traces(ALL["threshold"](LIGHT))
    assert set(lines) == {"Precision", "Recall", "F1"}
    assert len({trace.line.dash for trace in lines.values()}) == 3
    at = int(np.argmin(np.abs(lines["Recall"].x - 0.6)))
    assert lines["Recall"].y[at] == pytest.approx(counts_at(LABELS[:, 24], probabilities, 0.6).recall)
    assert {mark.text for mark in ALL["threshold"](LIGHT).figure.layout.annotations} == {"fitted", "current"}
    same = charts.threshold_chart(LABELS[:, 24], probabilities, 0.4, 0.4, "Western", "lstm", LIGHT)
    assert [mark.text for mark in same.figure.layout.annotations] == ["fitted (current)"]


def test_larger_marks_stand_for_more_predictions():
    table = reliability(LABELS, simulated_probabilities(LABELS, 0.5))
    after = traces(ALL["reliability"](LIGHT))["after calibration"]
    assert list(after.x) == pytest.approx(table["predicted"].tolist())
    assert np.argmax(after.marker.size) == table["pairs"].argmax()
    assert np.argmin(after.marker.size) == table["pairs"].argmin()


def test_the_confusion_matrix_names_its_four_cells():
    chart = ALL["matrix"](LIGHT)
    texts = [annotation.text for annotation in chart.figure.layout.annotations]
    assert ["9" in texts[0], "7" in texts[1], "6" in texts[2], "50" in texts[3]] == [True] * 4
    words = ("found", "missed", "false alarm", "correctly rejected")
    assert all(word in text for word, text in zip(words, texts, strict=True))
    assert "9 films found, 7 missed, 6 false alarms, 50 correctly rejected" in chart.alt
    western = count(LABELS, PREDICTIONS.of("cnn").chosen).at(24)
    assert f"{western.tp} films found" in charts.confusion_matrix(western, "Western", "CNN", LIGHT).alt


def test_substitutions_are_read_by_row():
    labels = padded([[1, 0, 0]] * 8 + [[0, 1, 0]] * 2)
    chosen = padded([[0, 0, 1]] * 6 + [[0, 0, 0]] * 2 + [[0, 1, 0]] * 2)
    chart = charts.substitution_heatmap(substitutions(labels, chosen, GENRES), "CNN", LIGHT)
    heatmap = chart.figure.data[0]
    assert list(heatmap.y) == [f"{GENRES[0]} (8)"]
    assert list(heatmap.x) == [GENRES[2], "nothing"]
    assert heatmap.z.tolist() == [[75.0, 25.0]]
    assert f"where {GENRES[0]} was missed, {GENRES[2]} was wrongly picked in 75\u00a0%" in chart.alt


def test_substitutions_have_one_order_and_numbers_in_their_cells():
    chart = ALL["instead"](LIGHT)
    heatmap = chart.figure.data[0]
    rows = [label.split(" (")[0] for label in heatmap.y]
    assert len(rows) == 12, "the most that a phone has room for"
    in_rows = [name for name in heatmap.x if name in rows]
    assert in_rows == [name for name in rows if name in in_rows]
    for share, text in zip(np.ravel(heatmap.z), np.ravel(heatmap.text), strict=True):
        assert text == (f"{share:.0f}" if share >= 10 else "")
    assert "Only the 12 genres missed most often" in chart.reading


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("films", [12, 60, 400])
def test_the_largest_substitution_is_that_of_the_cells(seed, films):
    labels, rng = random_labels(films), np.random.default_rng([seed, films])
    chosen = (labels & (rng.random(labels.shape) < 0.5)) | (rng.random(labels.shape) < rng.random(25) / 4)
    chart = charts.substitution_heatmap(substitutions(labels, chosen, GENRES), "CNN", LIGHT)
    heatmap = chart.figure.data[0]
    counts = [int(label.split("(")[1].rstrip(")").replace(",", "")) for label in heatmap.y]
    said = re.search(r"The largest share( among[^:]*)?: where (\S+) was missed, (\S+) was .* in (\d+)", chart.reading)
    if said is None:
        assert max(counts) < MIN_FILMS
        return
    rows = [row for row, count in enumerate(counts) if not said[1] or count >= MIN_FILMS]
    columns = [column for column, name in enumerate(heatmap.x) if name != "nothing"]
    cells = np.array(heatmap.z, float)[np.ix_(rows, columns)]
    row, column = np.unravel_index(np.nanargmax(cells), cells.shape)
    assert heatmap.y[rows[row]].startswith(f"{said[2]} (")
    assert heatmap.x[columns[column]] == said[3]
    assert f"{np.nanmax(cells):.0f}" == said[4]


@pytest.mark.parametrize("metric", ["bce", "micro_f1"])
def test_the_best_and_worst_of_a_scoreboard_are_those_of_its_marks(metric):
    models = ("cnn", "lstm", "fusion", "poster")
    values = np.random.default_rng(3).permutation([0.3, 0.22, 0.41, 0.17])
    scores = [
        Score(model_label(model), model, "ours", {metric: value}) for model, value in zip(models, values, strict=True)
    ]
    chart = charts.scoreboard(scores, {}, metric, LIGHT)
    marks = {mark.y[0]: mark.x[0] for mark in chart.figure.data if mark.x[0] is not None}
    best, worst = (min, max) if metric == "bce" else (max, min)
    assert f"{best(marks, key=marks.get)} is best with {best(marks.values()):.3f}" in chart.alt
    assert f"{worst(marks, key=marks.get)} worst with {worst(marks.values()):.3f}" in chart.alt


@pytest.mark.parametrize("seed", range(4))
def test_what_is_said_of_reliability_is_that_of_the_marks(seed):
    labels = random_labels(300)
    table = reliability(labels, simulated_probabilities(labels, 0.3, seed))
    chart = charts.reliability_chart(table, table, "cnn", LIGHT)
    mark = next(trace for trace in chart.figure.data if trace.name == "after calibration")
    x, y, pairs = (np.array(each, float) for each in (mark.x, mark.y, mark.customdata))
    likely = x > 0.5
    predicted, true = (np.average(each[likely], weights=pairs.ravel()[likely]) for each in (x, y))
    assert f"average {percent(predicted)}, and {percent(true)} of their" in chart.alt


def test_leads_are_on_the_side_of_the_better_model():
    labels = random_labels(200)
    predictions = split_predictions(
        labels, cnn=simulated_probabilities(labels, 0.5), lstm=simulated_probabilities(labels, 0.0, 1)
    )
    leads = genre_lead(predictions, "cnn", "lstm", n_resamples=50)
    chart = charts.lead_chart(leads, "cnn", "lstm", LIGHT)
    significant = traces(chart)["CNN leads, significant"]
    assert (np.array(significant.x) > 0).all()
    assert len(significant.x) == int((leads["significant"] & (leads["lead"] > 0)).sum()) > 5
    assert traces(chart)["LSTM leads, not significant"].marker.symbol.endswith("-open")
    assert "CNN is significantly better on" in chart.alt
    assert "LSTM is significantly better on no genre" in chart.alt


@pytest.mark.parametrize(("first", "second"), list(permutations(SPECS, 2)))
def test_leads_are_drawn_for_every_pair_of_models(first, second):
    labels = random_labels(60)
    predictions = split_predictions(
        labels, **{first: simulated_probabilities(labels, 0.5), second: simulated_probabilities(labels, 0.4, 1)}
    )
    chart = charts.lead_chart(genre_lead(predictions, first, second, n_resamples=10), first, second, LIGHT)
    for name, trace in traces(chart).items():
        assert trace.marker.symbol.endswith("-open") == name.endswith("not significant")
    assert "one in twenty" in chart.reading


def test_a_genre_that_no_model_chose_has_no_line():
    """Plotly would draw a line without ends across half the chart."""
    low = simulated_probabilities(LABELS, 0.3)
    low[:, :12] *= 0.5
    table = genre_table(split_predictions(LABELS, 0.6, cnn=low, lstm=low, prior=simulated_probabilities(LABELS, 0.3)))
    table.loc[(table["model"] == "prior") & (table["genre"] == GENRES[0]), "precision"] = np.nan
    assert table.query("films > 0").groupby("genre")["precision"].max().isna().any()
    chart = charts.genre_bars(table, "precision", LIGHT)
    shapes = chart.figure.layout.shapes
    assert 0 < len(shapes) < len(chart.figure.layout.yaxis.ticktext)
    assert np.isfinite([end for shape in shapes for end in (shape.x0, shape.x1)]).all()


def test_averages_are_over_the_genres_that_all_models_have():
    films = ["War", "Drama", "Crime"]
    table = pd.DataFrame({"genre": films * 2, "films": [9, 8, 7] * 2, "model": ["cnn"] * 3 + ["lstm"] * 3,
                          "precision": [0.2, 0.4, np.nan, 0.3, 0.5, 0.9]})  # fmt: skip
    alt = charts.genre_bars(table, "precision", LIGHT).alt
    assert "the 2 in which all have a value" in alt
    assert alt.endswith("LSTM 0.40, CNN 0.30.")
    whole = table.fillna(0.6)
    assert charts.genre_bars(whole, "precision", LIGHT).alt.endswith("LSTM 0.57, CNN 0.40.")
    nothing = table.assign(precision=np.nan)
    assert charts.genre_bars(nothing, "precision", LIGHT).alt == "Precision of 3 genres, for each model."


def test_training_curves_mark_the_best_epoch_and_the_base_rates():
    start = {"event": "start", "films": 900, "val_films": 500, "base_rate_loss": 0.33}
    chart = charts.training_curves(history("lstm", [start, *EPOCHS]), LIGHT)
    assert list(traces(chart)["Validation"].y) == pytest.approx([epoch["val_loss"] for epoch in EPOCHS])
    best = next(trace for name, trace in traces(chart).items() if "best" in name.lower())
    assert (best.x[0], best.y[0]) == (3, pytest.approx(0.3))
    assert "base rates" in chart.figure.layout.annotations[0].text
    other = charts.training_curves(history("lstm", [start, *EPOCHS], comparable=False), LIGHT)
    assert not other.figure.layout.annotations, "another loss cannot be compared with it"


EMPTY = {
    "scoreboard": lambda: charts.scoreboard([], {}, "bce", LIGHT),
    "genre_bars": lambda: charts.genre_bars(
        genre_table(split_predictions(np.zeros((3, 25)), cnn=some_probabilities())), "f1", LIGHT
    ),
    "curve": lambda: charts.precision_recall_chart(
        split_predictions(np.zeros((3, 25)), cnn=some_probabilities()), "War", ["cnn"], LIGHT
    ),
    "threshold": lambda: charts.threshold_chart(np.zeros(3), np.ones(3), 0.5, 0.5, "War", "cnn", LIGHT),
    "instead": lambda: charts.substitution_heatmap(
        substitutions(np.zeros((3, 25)), np.ones((3, 25), bool), GENRES), "CNN", LIGHT
    ),
    "lead": lambda: charts.lead_chart(pd.DataFrame(), "cnn", "lstm", LIGHT),
    "training": lambda: charts.training_curves(history("lstm", []), LIGHT),
}


def some_probabilities() -> np.ndarray:
    return simulated_probabilities(np.zeros((3, 25)), 0.5)


@pytest.mark.parametrize("draw", EMPTY.values(), ids=EMPTY)
def test_an_empty_chart_says_why(draw):
    chart = draw()
    assert chart.figure.layout.annotations[0].text == chart.reading == chart.alt
    assert chart.reading.endswith(".")
    assert not chart.figure.data


def test_a_loss_that_blew_up_leaves_the_chart():
    losses = [0.3, 0.25, 900.0, 1290.0, float("nan"), 84058.0]
    epochs = [
        {"event": "epoch", "epoch": epoch, "loss": loss, "val_loss": loss} for epoch, loss in enumerate(losses, 1)
    ]
    assert charts.training_curves(history("lstm", epochs), LIGHT).figure.layout.yaxis.range[1] < 6


def test_fusions_curve_explains_that_its_parts_were_trained_before():
    reading = charts.training_curves(history("fusion", EPOCHS), LIGHT).reading
    assert "Only the layer that joins EfficientNet and MiniLM is trained" in reading
    other = charts.training_curves(history("lstm", EPOCHS), LIGHT).reading
    assert "joins" not in other
    assert "before calibration" in other


def test_charts_are_immutable():
    with pytest.raises(dataclasses.FrozenInstanceError):
        ALL["matrix"](LIGHT).alt = ""


# Data sets with other genres, and models that are not ours


def of_genres(genres: int, films: int = 400) -> SplitPredictions:
    """Predictions of two models for a set of this many genres, one a film, the first genres the most frequent."""
    rng = np.random.default_rng(0)
    labels = np.eye(genres, dtype=np.uint8)[(rng.random(films) ** 2 * genres).astype(int)]
    names = tuple(f"Genre {number}" for number in range(genres))
    models = {
        name: entry(name, names, simulated_probabilities(labels, skill))
        for name, skill in (("cnn", 0.1), ("lstm", 0.2))
    }
    return dataclasses.replace(PREDICTIONS, labels=labels, rows=np.arange(films), genres=names, models=models)


def entry(name: str, genres, values: np.ndarray) -> ModelPredictions:
    return ModelPredictions(name, tuple(genres), values, np.full(len(genres), 0.4), name)


def drawn_of(predictions: SplitPredictions, first: str, second: str, palette) -> dict[str, Chart]:
    """All charts of genres of two models."""
    substituted = substitutions(predictions.labels, predictions.of(second).chosen, predictions.genres)
    genre = predictions.genres[0]
    return {
        "bars": charts.genre_bars(genre_table(predictions), "f1", palette),
        "instead": charts.substitution_heatmap(substituted, predictions.of(second).label, palette),
        "lead": charts.lead_chart(genre_lead(predictions, first, second, n_resamples=20), first, second, palette),
        "curve": charts.precision_recall_chart(predictions, genre, [first, second], palette),
    }


def test_two_genres_have_charts():
    for chart in drawn_of(of_genres(2), "cnn", "lstm", LIGHT).values():
        assert chart.height < 500
        assert "Only the 40" not in chart.reading


def test_charts_of_500_genres_show_the_most_frequent_and_say_so():
    drawn = drawn_of(of_genres(500, 3000), "cnn", "lstm", LIGHT)
    for name in ("bars", "lead"):
        shown = drawn[name].figure.layout.yaxis.ticktext
        assert len(shown) == 40
        assert drawn[name].height < 1300
        assert "Only the 40 most frequent" in drawn[name].reading
    assert drawn["bars"].figure.layout.yaxis.ticktext[-1].startswith("Genre 0 ")
    assert len(drawn["instead"].figure.data[0].x) <= 26
    assert len(drawn["instead"].figure.data[0].y) == 12


def test_names_of_genres_and_models_are_shown_literally():
    hostile = "<b>%{x}</b> & <a href='javascript:0'>"
    names = [hostile, *GENRES[1:]]
    models = {name: entry(name, names, PREDICTIONS.of("lstm").probabilities) for name in ("lstm", hostile)}
    predictions = dataclasses.replace(PREDICTIONS, genres=tuple(names), models=models)
    palette = LIGHT.including(predictions.models)
    drawn = drawn_of(predictions, "lstm", hostile, palette)
    drawn["matrix"] = charts.confusion_matrix(Counts(tp=9, fp=6, fn=7, tn=50), hostile, hostile, palette)
    drawn["scores"] = charts.scoreboard([Score(hostile, hostile, "other", {"bce": 0.2})], {}, "bce", palette)
    drawn["threshold"] = charts.threshold_chart(LABELS[:, 0], LABELS[:, 0] * 0.9, 0.5, 0.5, hostile, hostile, palette)
    table = reliability(LABELS, predictions.of(hostile).probabilities)
    drawn["reliability"] = charts.reliability_chart(None, table, hostile, palette)
    drawn["empty"] = charts.precision_recall_chart(
        dataclasses.replace(predictions, labels=np.zeros_like(LABELS)), hostile, [], palette
    )
    for name, chart in drawn.items():
        content = chart.figure.to_json()
        assert "javascript" not in content or "&lt;a href" in content, name
        assert not re.search(r"<a |<b>%\{x|%\{x\}</b>|\\u003ca |\\u003cb\\u003e%", content), name
    curve = traces(drawn["curve"])
    assert any(trace.line.dash == palette.dash(hostile) for trace in curve.values())


def test_without_calibration_there_is_one_line():
    chart = charts.reliability_chart(None, reliability(LABELS, PREDICTIONS.of("cnn").probabilities), "cnn", LIGHT)
    assert list(traces(chart)) == ["as given"]
    assert "before" not in chart.alt
