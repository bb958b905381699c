"""An evaluation as one HTML file, to read without the app and without internet, to keep, or to hand in.

Each function that computes a section returns what ``report.html`` shows of it.
"""

import base64
import io
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

import genreclf
from genreclf.data.thumbnails import thumbnails
from genreclf.errors import UserError
from genreclf.evaluation import charts
from genreclf.evaluation.bootstrap import difference, intervals
from genreclf.evaluation.confident import confident_errors, confident_hits, label_issues
from genreclf.evaluation.counts import count
from genreclf.evaluation.genres import GENRE_METRICS, genre_table, substitutions, threshold_table
from genreclf.evaluation.histories import history_of, reference_histories, training_table
from genreclf.evaluation.metrics import METRICS, NAMES
from genreclf.evaluation.poster_vs_overview import (
    FUSION,
    better_part,
    contrast,
    fusion_gains,
    genre_lead,
    has_fusion,
    models_by_input,
)
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.evaluation.reliability import calibration_table, reliability
from genreclf.evaluation.scoreboard import OTHER_FILMS, OTHER_FILMS_NOTE, score_table, sources, split_scoreboard
from genreclf.evaluation.wording import (
    DIFFERENCES,
    LABEL_ISSUES,
    NO_LABEL_ISSUES,
    SPLITS,
    best_guesses,
    contrast_names,
    difference_words,
    films_of,
    fusion_words,
    label_issue_notes,
    leads_words,
    true_genres,
)
from genreclf.files import atomic_path
from genreclf.genres import GENRES
from genreclf.models import model_label
from genreclf.palette import DARK, LIGHT, Palette
from genreclf.units import percent

FILMS = 8  # per wall of posters
_PAIR_METRICS = ("bce", "micro_f1", "top1")  # in which all pairs of models are compared
_POSTER_WIDTH, _QUALITY = 136, 70  # pixels, and JPEG quality up to 95

Section = dict[str, Any] | None


def write_report(
    predictions: SplitPredictions, path: Path, times: int = 1000, on_progress: Callable[[int, int], None] | None = None
) -> Path:
    """Write an evaluation as one file of about 8 MB, most of it the library that draws its charts.

    Args:
        predictions: what to evaluate.
        path: where to write; an existing file is replaced when the new one is complete.
        times: number of resamples for the confidence intervals.
        on_progress: called with (finished sections, all sections).

    Returns:
        the path.

    Raises:
        UserError: the file cannot be written, or there are no predictions of any model.
    """
    if not predictions.models:
        raise UserError("No model has predictions for these films, so there is nothing to report; train one first.")
    content = report_html(predictions, times, on_progress)
    try:
        with atomic_path(Path(path)) as temporary:
            temporary.write_text(content, "utf-8")
    except OSError as error:
        raise UserError(f"The report cannot be written to {path} ({error.strerror}); name another file.") from error
    return Path(path)


def report_html(
    predictions: SplitPredictions, times: int = 1000, on_progress: Callable[[int, int], None] | None = None
) -> str:
    """The same as a string; arguments as in ``write_report``."""
    from plotly.offline import get_plotlyjs

    report, sections = _Report(predictions, times), {}
    for done, (name, (title, compute)) in enumerate(_SECTIONS.items()):
        if on_progress:
            on_progress(done, len(_SECTIONS))
        content = compute(report)
        if content is not None:
            sections[name] = {"title": title, **content}
    films = "all films" if predictions.split == "all" else f"{SPLITS[predictions.split].lower()} films"
    return environment().get_template("report.html").render(
        title=f"genreclf on the {films} of {predictions.catalogue.folder.name}",
        lead=films_of(predictions),
        sections=sections,
        best=model_label(FUSION),
        light=LIGHT,
        dark=DARK,
        figures=report.figures,
        template=report.template,
        plotly=Markup(get_plotlyjs()),  # a library's script, which must not be escaped
    )  # fmt: skip


def environment() -> Environment:
    """The templates of this folder; every value that they show is escaped."""
    found = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    found.filters["number"] = _number
    found.tests["numeric"] = pd.api.types.is_numeric_dtype
    return found


class _Report:
    """The predictions with the charts and posters collected so far.

    Attributes:
        figures: each as ``{"figure": in light colours, "dark": the changes for dark ones}``.
        template: Plotly's defaults, the same in every figure and long.
    """

    def __init__(self, predictions: SplitPredictions, times: int):
        self.predictions, self.times = predictions, times
        self.figures: list[dict[str, Any]] = []
        self.template: dict[str, Any] = {}
        self._jpegs: dict[int, str] = {}

    def chart(self, draw: Callable[[Palette], charts.Chart]) -> dict[str, Any]:
        """Store a chart in both palettes; returns its texts, height and index."""
        light, dark = draw(LIGHT), draw(DARK)
        figures = [json.loads(chart.figure.to_json()) for chart in (light, dark)]
        for figure in figures:
            self.template = figure["layout"].pop("template", self.template)
        self.figures.append({"figure": figures[0], "dark": _changes(*figures)})
        texts = {name: getattr(light, name) for name in ("title", "alt", "reading", "height")}
        return texts | {"index": len(self.figures) - 1}

    def wall(self, notes: Mapping[int, Iterable[str]]) -> list[dict[str, Any]]:
        """Posters of the first films, by position in the split, each with its name, genres and notes."""
        catalogue, positions = self.predictions.catalogue, list(notes)[:FILMS]
        rows = [int(self.predictions.rows[position]) for position in positions]
        missing = [row for row in rows if row not in self._jpegs]
        found = thumbnails(catalogue, catalogue.films["id"].iloc[missing].tolist())
        self._jpegs |= {row: _small(jpeg) for row, jpeg in zip(missing, found, strict=True)}
        return [
            {
                "jpeg": self._jpegs[row],
                "name": catalogue.display_name(row),
                "lines": [", ".join(true_genres(self.predictions, position)), *notes[position]],
            }
            for row, position in zip(rows, positions, strict=True)
        ]

    def guesses(self, positions: Iterable[int], models: list[str]) -> list[dict[str, Any]]:
        """Posters of these films with each model's most probable genre."""
        return self.wall({int(each): best_guesses(self.predictions, int(each), models) for each in positions})

    def by_model(self, compute: Callable[[str], Any]) -> dict[str, Any]:
        """A part of a section for each model, by its label."""
        return {model_label(name): compute(name) for name in self.predictions.models}


def _scoreboard(report: _Report) -> Section:
    scores = split_scoreboard(report.predictions)
    spans = intervals(report.predictions, times=report.times)

    def part(metric: str) -> dict[str, Any]:
        of_models = {model: found[metric] for model, found in spans.items()}
        table = score_table(scores, metric, of_models)[["Model", metric, "from", "to"]]
        return {
            "hint": METRICS[metric],
            "chart": report.chart(partial(charts.scoreboard, scores, of_models, metric)),
            "table": table.dropna(subset=[metric]).rename(columns=NAMES),
        }

    return {
        "metrics": {NAMES[metric]: part(metric) for metric in METRICS},
        "table": score_table(scores).rename(columns=NAMES),
        "note": OTHER_FILMS_NOTE if any(score.label.endswith(OTHER_FILMS) for score in scores) else "",
        "sources": [f"{'; '.join(labels)}: {source}." for source, labels in sources(scores).items()],
    }


def _differences(report: _Report) -> Section:
    predictions = report.predictions
    pairs = list(combinations(predictions.models, 2))
    if not pairs:
        return None

    def words(first: str, second: str, metric: str) -> str:
        return difference_words(difference(predictions, first, second, metric, report.times))

    posters, overviews = models_by_input(predictions)
    main = (overviews[0], posters[0]) if posters and overviews else None
    return {
        "pair": f"{model_label(main[1])} and {model_label(main[0])}" if main else "",
        "sentences": [words(*main, metric) for metric in METRICS] if main else [],
        "metrics": {NAMES[metric]: [words(*pair, metric) for pair in pairs] for metric in _PAIR_METRICS},
        "note": DIFFERENCES,
    }


def _genres(report: _Report) -> Section:
    predictions, table = report.predictions, genre_table(report.predictions)
    names = {"genre": "Genre", "films": "Films"} | {name: model_label(name) for name in predictions.models}
    films = predictions.labels.sum(axis=0, dtype=int)

    def part(metric: str) -> dict[str, Any]:
        wide = table[table["films"] > 0].pivot(index=["genre", "films"], columns="model", values=metric).reset_index()
        wide = wide[list(names)].sort_values("films", ascending=False, kind="stable")
        return {
            "chart": report.chart(partial(charts.genre_bars, table, metric)),
            "table": wide.rename(columns=names),
        }

    return {
        "metrics": {NAMES[metric]: part(metric) for metric in GENRE_METRICS},
        "curves": {
            f"{GENRES[genre]} ({films[genre]:,})": report.chart(
                partial(charts.precision_recall_chart, predictions, GENRES[genre], list(predictions.models))
            )
            for genre in np.argsort(-films, kind="stable")
            if films[genre]
        },
    }


def _substitutions(report: _Report) -> Section:
    def heatmap(model: str) -> dict[str, Any]:
        table = substitutions(report.predictions.labels, report.predictions.of(model).chosen)
        return report.chart(partial(charts.substitution_heatmap, table, model_label(model)))

    return {"models": report.by_model(heatmap)}


def _thresholds(report: _Report) -> Section:
    labels = report.predictions.labels
    most = int(labels.sum(axis=0).argmax())

    def part(model: str) -> dict[str, Any]:
        counts = count(labels, report.predictions.of(model).chosen).at(most)
        return {
            "table": threshold_table(report.predictions, model),
            "chart": report.chart(partial(charts.confusion_matrix, counts, GENRES[most], model_label(model))),
        }

    return {"models": report.by_model(part)}


def _calibration(report: _Report) -> Section:
    predictions = report.predictions

    def curve(model: str) -> dict[str, Any]:
        before, after = (
            reliability(predictions.labels, probabilities)
            for probabilities in (predictions.uncalibrated(model), predictions.of(model).probabilities)
        )
        return report.chart(partial(charts.reliability_chart, before, after, model))

    return {"table": calibration_table(predictions), "models": report.by_model(curve)}


def _poster_vs_overview(report: _Report) -> Section:
    predictions = report.predictions
    posters, overviews = models_by_input(predictions)
    if not posters or not overviews:
        return None
    fusion: dict[str, Any] | None = None
    if has_fusion(predictions):
        gains, models = fusion_gains(predictions), [better_part(predictions), FUSION]
        fusion = {name: report.guesses(gains[name], models) for name in ("gained", "lost")}
        fusion["words"] = fusion_words(predictions)

    def part(first: str, second: str) -> dict[str, Any]:
        groups, names = contrast(predictions, first, second), contrast_names(first, second)
        rows = [
            {"": names[group], "Films": len(films), "Share": len(films) / len(predictions)}
            for group, films in groups.items()
        ]
        leads = genre_lead(predictions, first, second, report.times)
        return {
            "table": pd.DataFrame(rows),
            "walls": {names[group]: report.guesses(films, [first, second]) for group, films in groups.items()},
            "leads": leads_words(leads, first, second),
            "chart": report.chart(partial(charts.lead_chart, leads, first, second)),
        }

    pairs = {f"{model_label(a)} and {model_label(b)}": part(a, b) for a in posters for b in overviews}
    return {"fusion": fusion, "pairs": pairs}


def _films(report: _Report) -> Section:
    def walls(model: str) -> dict[str, Any]:
        return {
            f"{model_label(model)}: {words}": report.wall({
                int(film.position): [f"{sign} {film.genre}, {percent(film.probability)}"]
                for film in find(report.predictions, model, FILMS).itertuples()
            })
            for find, words, sign in (
                (confident_hits, "confident and right", "✓"),
                (confident_errors, "confident but wrong", "✗"),
            )
        }  # fmt: skip

    models = report.by_model(walls)
    try:
        notes = label_issue_notes(label_issues(report.predictions, 2 * FILMS))  # a film may have two
    except UserError:  # no poster model, or no text model
        return {"models": models, "label_issues": None}
    words = LABEL_ISSUES if notes else NO_LABEL_ISSUES
    return {"models": models, "label_issues": report.wall(notes), "label_issue_words": words}


def _training(report: _Report) -> Section:
    weights = [model.weights for model in report.predictions.models.values()]
    table = training_table(weights)
    histories = [history for history in map(history_of, weights) if history] + reference_histories(weights)
    whole = dict.fromkeys(("Best epoch", "of epochs", "Train films"), "Int64")  # also where some are missing
    return {
        "table": table.astype(whole) if len(table) else None,
        "histories": [
            {
                "label": history.label,
                "words": f"{history.verdict.headline}. "
                + " ".join([*history.verdict.figures, history.verdict.next_step]),
                "chart": report.chart(partial(charts.training_curves, history)),
            }
            for history in histories
        ],
    }


def _method(report: _Report) -> Section:
    predictions = report.predictions
    weights = [
        f"{model.label} {model.weights.sha256[:12]}… ({model.weights.origin})" for model in predictions.models.values()
    ]
    catalogue = predictions.catalogue
    return {
        "sentences": [
            f"Written {datetime.now(UTC):%Y-%m-%d %H:%M} UTC by genreclf {genreclf.__version__}.",
            f"Data: {catalogue.folder.name}, digest {catalogue.digest[:16]}…, {len(predictions):,} films.",
            f"Weights: {'; '.join(weights)}.",
            *(f"{NAMES[name]}: {words}" for name, words in METRICS.items()),
        ]
    }


_SECTIONS: dict[str, tuple[str, Callable[[_Report], Section]]] = {
    "scoreboard": ("Scoreboard", _scoreboard),
    "differences": ("Is the difference significant?", _differences),
    "genres": ("Genres", _genres),
    "substitutions": ("Substitutions", _substitutions),
    "thresholds": ("Thresholds and confusion matrices", _thresholds),
    "calibration": ("Calibration", _calibration),
    "poster-vs-overview": ("Poster or overview", _poster_vs_overview),
    "films": ("Films", _films),
    "training": ("Training", _training),
    "method": ("How this was measured", _method),
}


def _changes(light: Any, dark: Any, path: tuple = ()) -> list[list[Any]]:
    """The differences between two figures of one shape, as ``[path, value in dark]``: only their colours differ."""
    if isinstance(light, dict) and isinstance(dark, dict) and light.keys() == dark.keys():
        return [change for key in light for change in _changes(light[key], dark[key], (*path, key))]
    if isinstance(light, list) and isinstance(dark, list) and len(light) == len(dark):
        pairs = enumerate(zip(light, dark, strict=True))
        return [change for place, pair in pairs for change in _changes(*pair, (*path, place))]
    return [] if light == dark else [[list(path), dark]]


def _small(jpeg: bytes) -> str:
    """Shrink a poster; base64."""
    image = Image.open(io.BytesIO(jpeg), formats=["JPEG"])
    image.thumbnail((_POSTER_WIDTH, 4 * _POSTER_WIDTH))
    stream = io.BytesIO()
    image.convert("RGB").save(stream, "JPEG", quality=_QUALITY, optimize=True)
    return base64.b64encode(stream.getvalue()).decode()


def _number(value: Any, digits: int) -> str:
    """Format a cell of a table: fractions with so many digits, a dash if missing."""
    if pd.isna(value):
        return "–"
    return f"{value:.{digits}f}" if isinstance(value, float) else f"{value:,}"
