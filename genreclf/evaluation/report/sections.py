"""The sections of a report, each a function that writes its part of the page."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from itertools import combinations

import numpy as np

import genreclf
from genreclf.evaluation import charts
from genreclf.evaluation.bootstrap import difference, intervals
from genreclf.evaluation.confusion import matrices, substitutions
from genreclf.evaluation.counts import before_calibration, reliability
from genreclf.evaluation.histories import history_of, reference_histories
from genreclf.evaluation.metrics import METRICS, NAMES
from genreclf.evaluation.per_genre import FIGURES, genre_table
from genreclf.evaluation.references import ELSEWHERE, ELSEWHERE_WORDS, sources, standings
from genreclf.evaluation.report.films import Report, contrast_section, films_section
from genreclf.evaluation.tables import calibration_table, score_table, sides, threshold_table, training_table
from genreclf.evaluation.wording import DIFFERENCES, difference_words
from genreclf.genres import GENRES
from genreclf.models import model_label

_QUICK = ("bce", "micro_f1", "top1")  # figures in which all pairs of models are compared


def _scoreboard(report: Report) -> None:
    """All models in every figure."""
    predictions, page = report.predictions, report.page
    page.section("Scoreboard")
    scores = standings(predictions)
    spans = intervals(predictions, times=report.times)

    def one(figure: str) -> None:
        page.text(METRICS[figure])
        of_models = {model: found[figure] for model, found in spans.items()}
        page.chart(partial(charts.scoreboard, scores, of_models, figure))
        table = score_table(scores, figure, of_models)[["Model", figure, "from", "to"]]
        page.table(table.dropna(subset=[figure]).rename(columns=NAMES))

    page.choice("Figure", {NAMES[figure]: partial(one, figure) for figure in METRICS})
    page.heading("All figures")
    page.table(score_table(scores).rename(columns=NAMES))
    page.text("For BCE lower is better, for all others higher.", "note")
    if any(score.label.endswith(ELSEWHERE) for score in scores):
        page.text(ELSEWHERE_WORDS, "note")
    page.points(f"{'; '.join(labels)}: {source}." for source, labels in sources(scores).items())


def _differences(report: Report) -> None:
    """Whether two models surely differ."""
    predictions, page = report.predictions, report.page
    pairs = list(combinations(predictions.models, 2))
    if not pairs:
        return
    page.section("Is the difference sure?")
    looking, reading = sides(predictions)
    if looking and reading:
        page.heading(f"{model_label(looking[0])} and {model_label(reading[0])}")
        found = [difference(predictions, reading[0], looking[0], figure, report.times) for figure in METRICS]
        page.points(difference_words(one) for one in found)
    page.heading("Every pair")

    def all_pairs(figure: str) -> None:
        page.points(difference_words(difference(predictions, *pair, figure, report.times)) for pair in pairs)

    page.choice("Figure", {NAMES[figure]: partial(all_pairs, figure) for figure in _QUICK})
    page.text(DIFFERENCES, "note")


def _genres(report: Report) -> None:
    """All genres, model by model."""
    predictions, page = report.predictions, report.page
    page.section("Genres")
    table = genre_table(predictions)
    names = {"genre": "Genre", "films": "Films"} | {name: model_label(name) for name in predictions.models}

    def one(figure: str) -> None:
        page.chart(partial(charts.genre_bars, table, figure))
        wide = table.pivot(index=["genre", "films"], columns="model", values=figure).reset_index()
        wide = wide[["genre", "films", *predictions.models]].sort_values("films", ascending=False, kind="stable")
        wide = wide[wide["films"] > 0]
        page.table(wide.rename(columns=names), 2)

    page.choice("Figure", {NAMES[figure]: partial(one, figure) for figure in FIGURES}, NAMES["f1"])
    page.heading("Precision against recall")
    films = predictions.labels.sum(axis=0, dtype=int)
    held = [int(genre) for genre in np.argsort(-films, kind="stable") if films[genre]]

    def curve(genre: int) -> None:
        page.chart(partial(charts.precision_recall_chart, predictions, GENRES[genre], list(predictions.models)))

    page.choice("Genre", {f"{GENRES[genre]} ({films[genre]:,})": partial(curve, genre) for genre in held})


def _choices(report: Report) -> None:
    """Which wrong genre comes where a true one is missed."""
    predictions, page = report.predictions, report.page
    page.section("What is chosen instead")

    def one(model: str) -> None:
        told = predictions.of(model)
        page.chart(partial(charts.substitution_heatmap, substitutions(predictions.labels, told.chosen), told.label))

    report.by_model(one)


def _thresholds(report: Report) -> None:
    """What each model's thresholds do."""
    predictions, page = report.predictions, report.page
    page.section("Thresholds and confusion")
    page.text(
        "A model chooses a genre where its probability reaches the genre's threshold, which was fitted on validation "
        "films. Found, missed, false alarms and rightly left are the four cells of a genre's confusion matrix, in "
        "films. The last columns say where the threshold would stand for the best F1 on just these films, which has "
        "seen their genres, and for a wished precision; a dash says that no threshold reaches it."
    )
    matrix_of = {name: matrices(predictions.labels, told.chosen) for name, told in predictions.models.items()}
    most = int(predictions.labels.sum(axis=0).argmax())

    def one(model: str) -> None:
        page.table(threshold_table(predictions, model), 3)
        page.chart(partial(charts.matrix, matrix_of[model][most], GENRES[most], model_label(model)))

    report.by_model(one)


def _calibration(report: Report) -> None:
    """Whether probabilities can be taken at their word."""
    predictions, page = report.predictions, report.page
    page.section("Calibration")
    page.text(
        "After training, two numbers a model are fitted on validation films that make its probabilities more or less "
        "sure of themselves, without changing their order (Platt scaling). ECE, the expected calibration error, is "
        "the mean gap between what was predicted and what came true: lower is better."
    )
    page.table(calibration_table(predictions), 4)

    def one(model: str) -> None:
        told = predictions.of(model)
        before, after = (
            reliability(predictions.labels, values)
            for values in (before_calibration(predictions, model), told.probabilities)
        )
        page.chart(partial(charts.reliability_chart, before, after, model))

    report.by_model(one)


def _training(report: Report) -> None:
    """How the models came to be."""
    predictions, page = report.predictions, report.page
    page.section("Training")
    weights = [told.weights for told in predictions.models.values()]
    table = training_table(weights)
    if len(table):
        page.table(table.astype(dict.fromkeys(("Best epoch", "of epochs", "Train films"), "Int64")), 4)
    histories = [history for history in map(history_of, weights) if history] + reference_histories(weights)
    for history in histories:
        page.heading(history.label)
        verdict = history.verdict
        page.text(" ".join([f"{verdict.headline}.", *verdict.figures, verdict.next_step]))
        page.chart(partial(charts.training_curves, history))
    if not histories:
        page.text("No training curves were kept with these weights.", "note")


def _method(report: Report) -> None:
    """What all this stands on."""
    predictions, page = report.predictions, report.page
    page.section("How this was measured")
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    page.points([
        f"Made {now} by genreclf {genreclf.__version__}.",
        f"Data: {predictions.catalogue.folder.name}, digest {predictions.catalogue.digest[:16]}…, {len(predictions):,} films.",
        "Weights: " + "; ".join(
            f"{told.label} {told.weights.sha256[:12]}… ({told.weights.origin})" for told in predictions.models.values()
        ) + ".",
        *(f"{NAMES[name]}: {words}" for name, words in METRICS.items()),
    ])  # fmt: skip


SECTIONS: tuple[Callable[[Report], None], ...] = (
    _scoreboard, _differences, _genres, _choices, _thresholds, _calibration, contrast_section, films_section, _training,
    _method,
)  # fmt: skip
