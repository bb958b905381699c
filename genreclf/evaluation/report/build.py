"""An evaluation as one HTML file, to read without the app or internet, to archive, or to hand in.

Each section's function returns the values that ``report.html`` shows in it, or None to leave the section out.
"""

import base64
import io
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from genreclf.data.thumbnails import thumbnails
from genreclf.errors import UserError
from genreclf.evaluation import charts, poster_vs_overview, wording
from genreclf.evaluation.bootstrap import difference, intervals
from genreclf.evaluation.confident import confident_errors, confident_hits, label_issues
from genreclf.evaluation.counts import count
from genreclf.evaluation.genres import GENRE_METRICS, genre_table, substitutions, threshold_table
from genreclf.evaluation.histories import history_of, reference_histories, training_table
from genreclf.evaluation.metrics import METRICS, NAMES
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.evaluation.reliability import calibration_table, reliability
from genreclf.evaluation.report.page import Figures, render
from genreclf.evaluation.scoreboard import OTHER_FILMS, OTHER_FILMS_NOTE, score_table, sources, split_scoreboard
from genreclf.files import atomic_path, writing
from genreclf.models import model_label
from genreclf.palette import DARK, LIGHT
from genreclf.units import percent

FILMS = 8  # posters in one place
_PAIR_METRICS = ("bce", "micro_f1", "top1")  # for which all pairs of models are compared
_POSTER_WIDTH, _QUALITY = 136, 70  # pixels, and JPEG quality up to 95

Section = dict[str, Any] | None
OnProgress = Callable[[int, int], None]


def write_report(
    predictions: SplitPredictions, path: Path, n_resamples: int = 1000, on_progress: OnProgress | None = None
) -> Path:
    """Write an evaluation as one file of about 9 MB, most of it the library that draws its charts.

    Args:
        predictions: what to evaluate.
        path: where to write; an existing file is replaced when the new one is complete.
        n_resamples: number of resamples for the confidence intervals.
        on_progress: called with (finished sections, all sections).

    Returns:
        the path.

    Raises:
        UserError: the file cannot be written, or there are no predictions of any model.
    """
    if not predictions.models:
        raise UserError("No model has predictions for these films, so there is nothing to report; train one first.")
    content = report_html(predictions, n_resamples, on_progress)
    with writing(Path(path)), atomic_path(Path(path)) as temporary:
        temporary.write_text(content, "utf-8")
    return Path(path)


def report_html(predictions: SplitPredictions, n_resamples: int = 1000, on_progress: OnProgress | None = None) -> str:
    """The report as a string; arguments as in ``write_report``."""
    report, sections = _Report(predictions, n_resamples), {}
    for done, (name, compute) in enumerate(_SECTIONS.items()):
        if on_progress:
            on_progress(done, len(_SECTIONS))
        if (content := compute(report)) is not None:
            sections[name] = content
    return render(
        Path(__file__).parent / "report.html",
        report.figures,
        sections=sections,
        predictions=predictions,
        films=" ".join(filter(None, [wording.films_sentence(predictions), wording.twins_sentence(predictions)])),
        scope=[*wording.scope_sentences(predictions), wording.macro_sentence(predictions)],
        metrics={NAMES[name]: meaning for name, meaning in METRICS.items()},
        best=model_label(poster_vs_overview.FUSION),
    )


class _Report:
    """The predictions and the charts drawn so far."""

    def __init__(self, predictions: SplitPredictions, n_resamples: int):
        self.predictions, self.n_resamples = predictions, n_resamples
        self.figures = Figures((LIGHT.including(predictions.models), DARK.including(predictions.models)))
        self.chart = self.figures.chart

    def wall(self, notes: Mapping[int, Iterable[str]]) -> list[dict[str, Any]]:
        """Posters of the first films, by position in the split, each with its name, genres and notes."""
        predictions, positions = self.predictions, list(notes)[:FILMS]
        rows = [int(predictions.rows[position]) for position in positions]
        jpegs = thumbnails(predictions.catalogue, predictions.catalogue.films["id"].iloc[rows].tolist())
        return [
            {
                "jpeg": _small(jpeg),
                "name": predictions.catalogue.display_name(row),
                "lines": [", ".join(predictions.catalogue.films["genres"].iloc[row]), *notes[position]],
            }
            for jpeg, row, position in zip(jpegs, rows, positions, strict=True)
        ]

    def guesses(self, positions: np.ndarray, models: list[str]) -> list[dict[str, Any]]:
        """Posters of the first of these films with each model's most probable genre."""
        shown = positions[:FILMS].tolist()
        return self.wall({each: wording.best_guesses(self.predictions, each, models) for each in shown})

    def by_model(self, compute: Callable[[str], Any]) -> dict[str, Any]:
        """A part of a section for each model, by its label."""
        return {model_label(name): compute(name) for name in self.predictions.models}


def _scoreboard(report: _Report) -> Section:
    scores = split_scoreboard(report.predictions)
    spans = intervals(report.predictions, n_resamples=report.n_resamples)

    def part(metric: str) -> dict[str, Any]:
        of_models = {model: by_metric[metric] for model, by_metric in spans.items()}
        table = score_table(scores, metric, of_models)[["Model", metric, "from", "to"]]
        return {
            "chart": report.chart(charts.scoreboard, scores, of_models, metric),
            "table": table.dropna(subset=[metric]).rename(columns=NAMES),
        }

    return {
        "metrics": {NAMES[metric]: part(metric) for metric in METRICS},
        "table": score_table(scores).rename(columns=NAMES),
        "note": OTHER_FILMS_NOTE if any(score.label.endswith(OTHER_FILMS) for score in scores) else "",
        "sources": sources(scores),
    }


def _differences(report: _Report) -> Section:
    predictions = report.predictions
    pairs = list(combinations(predictions.models, 2))
    if not pairs:
        return None

    def sentence(first: str, second: str, metric: str) -> str:
        return wording.difference_sentence(difference(predictions, first, second, metric, report.n_resamples))

    posters, overviews = poster_vs_overview.models_by_input(predictions)
    main = [sentence(overviews[0], posters[0], metric) for metric in METRICS] if posters and overviews else []
    return {
        "title": f"{model_label(posters[0])} and {model_label(overviews[0])}" if main else "",
        "sentences": main,
        "metrics": {NAMES[metric]: [sentence(*pair, metric) for pair in pairs] for metric in _PAIR_METRICS},
        "note": wording.DIFFERENCES,
    }


def _genres(report: _Report) -> Section:
    predictions, table = report.predictions, genre_table(report.predictions)
    models = list(predictions.models)
    present = table[table["films"] > 0].rename(columns={"genre": "Genre", "films": "Films"})
    present = present.sort_values("Films", ascending=False, kind="stable")

    def part(metric: str) -> dict[str, Any]:
        wide = present.pivot(index=["Genre", "Films"], columns="model", values=metric)[models].reset_index()
        wide = wide.sort_values("Films", ascending=False, kind="stable")
        return {
            "chart": report.chart(charts.genre_bars, table, metric),
            "table": wide.rename(columns={name: model_label(name) for name in models}),
        }

    metrics = {NAMES[metric]: part(metric) for metric in GENRE_METRICS}
    films = present.drop_duplicates("Genre").set_index("Genre")["Films"].to_dict()
    shown, limit = charts.most_frequent(films)
    curves = {
        f"{genre} ({films[genre]:,})": report.chart(charts.precision_recall_chart, predictions, genre, models)
        for genre in shown
    }
    return {"metrics": metrics, "curves": curves, "note": limit.strip()}


def _substitutions(report: _Report) -> Section:
    def heatmap(model: str) -> dict[str, Any]:
        predictions = report.predictions
        table = substitutions(predictions.labels, predictions.of(model).chosen, predictions.genres)
        return report.chart(charts.substitution_heatmap, table, model_label(model))

    return {"models": report.by_model(heatmap)}


def _thresholds(report: _Report) -> Section:
    labels = report.predictions.labels
    most = int(labels.sum(axis=0).argmax())

    def part(model: str) -> dict[str, Any]:
        counts = count(labels, report.predictions.of(model).chosen).at(most)
        return {
            "table": threshold_table(report.predictions, model),
            "chart": report.chart(charts.confusion_matrix, counts, report.predictions.genres[most], model_label(model)),
        }

    return {"models": report.by_model(part)}


def _calibration(report: _Report) -> Section:
    predictions = report.predictions

    def curve(model: str) -> dict[str, Any]:
        both = (predictions.uncalibrated(model), predictions.of(model).probabilities)
        before, after = (None if each is None else reliability(predictions.labels, each) for each in both)
        return report.chart(charts.reliability_chart, before, after, model)

    return {"table": calibration_table(predictions), "models": report.by_model(curve)}


def _poster_vs_overview(report: _Report) -> Section:
    predictions = report.predictions
    posters, overviews = poster_vs_overview.models_by_input(predictions)
    if not posters or not overviews:
        return None
    fusion: dict[str, Any] | None = None
    if poster_vs_overview.has_fusion(predictions):
        models = [poster_vs_overview.better_part(predictions), poster_vs_overview.FUSION]
        gains = poster_vs_overview.fusion_gains(predictions).items()
        fusion = {name: report.guesses(films, models) for name, films in gains}
        fusion["summary"] = wording.fusion_sentences(predictions)

    def part(first: str, second: str) -> dict[str, Any]:
        groups = poster_vs_overview.contrast(predictions, first, second)
        names = wording.contrast_names(first, second)
        table = pd.DataFrame({"": names.values(), "Films": [len(films) for films in groups.values()]})
        leads = poster_vs_overview.genre_lead(predictions, first, second, report.n_resamples)
        return {
            "table": table.assign(Share=table["Films"] / len(predictions)),
            "walls": {names[group]: report.guesses(films, [first, second]) for group, films in groups.items()},
            "leads": wording.leads_sentences(leads, first, second),
            "chart": report.chart(charts.lead_chart, leads, first, second),
        }

    pairs = {f"{model_label(a)} and {model_label(b)}": part(a, b) for a in posters for b in overviews}
    return {"fusion": fusion, "pairs": pairs}


def _films(report: _Report) -> Section:
    def wall(table: pd.DataFrame, sign: str) -> list[dict[str, Any]]:
        return report.wall({
            int(film.position): [f"{sign} {film.genre}, {percent(film.probability)}"] for film in table.itertuples()
        })  # fmt: skip

    def walls(model: str) -> dict[str, Any]:
        return {
            "hits": wall(confident_hits(report.predictions, model, FILMS), "✓"),
            "errors": wall(confident_errors(report.predictions, model, FILMS), "✗"),
        }

    models = report.by_model(walls)
    try:
        notes = wording.label_issue_notes(label_issues(report.predictions, 2 * FILMS))  # a film may have two
    except UserError:  # no poster model, or no text model
        return {"models": models, "label_issues": None}
    caption = wording.LABEL_ISSUES if notes else wording.NO_LABEL_ISSUES
    return {"models": models, "label_issues": report.wall(notes), "label_issue_caption": caption}


def _training(report: _Report) -> Section:
    weights = {name: model.weights for name, model in report.predictions.models.items() if model.weights}
    table = training_table(weights)
    whole = dict.fromkeys(("Best epoch", "Max epochs", "Train films"), "Int64")  # also where some are missing
    ours = [history_of(each, model_label(name)) for name, each in weights.items()]
    histories = [history for history in ours if history] + reference_histories(weights.values())
    return {
        "table": table.astype(whole) if len(table) else None,
        "histories": [(each, report.chart(charts.training_curves, each)) for each in histories],
    }


_SECTIONS: dict[str, Callable[[_Report], Section]] = {
    "scoreboard": _scoreboard,
    "differences": _differences,
    "genres": _genres,
    "substitutions": _substitutions,
    "thresholds": _thresholds,
    "calibration": _calibration,
    "poster-vs-overview": _poster_vs_overview,
    "films": _films,
    "training": _training,
}


@lru_cache(maxsize=1000)  # a film may be on several walls
def _small(jpeg: bytes) -> str:
    """Shrink a poster; base64."""
    image = Image.open(io.BytesIO(jpeg), formats=["JPEG"])
    image.thumbnail((_POSTER_WIDTH, 4 * _POSTER_WIDTH))
    stream = io.BytesIO()
    image.convert("RGB").save(stream, "JPEG", quality=_QUALITY, optimize=True)
    return base64.b64encode(stream.getvalue()).decode()
