"""A threshold for the wish to miss no film of a genre: chosen on validation films, used on new ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from genreclf.evaluation.charts.chart import Chart, literal, make_chart
from genreclf.evaluation.counts import Counts, counts_at
from genreclf.palette import Palette, see_through
from genreclf.units import percent

GENRE, MODEL = "Horror", "fusion"
# from 0.2 to 95 %, closer where probabilities of rare genres are
THRESHOLDS = (0.002, 0.003, 0.005, 0.007, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.07,
              *(round(0.05 * step, 2) for step in range(2, 20)))  # fmt: skip
START = 0.5
_TICKS = {0.001: "0.1 %", 0.003: "0.3 %", 0.01: "1 %", 0.03: "3 %", 0.1: "10 %", 0.3: "30 %", 1.0: "100 %"}
_AXIS = {"type": "log", "range": [-3.06, 0.16], "tickvals": list(_TICKS),
         "ticktext": list(_TICKS.values()), "tickangle": 0}  # fmt: skip
_SIDES = (("val", "validation"), ("test", "new films"))


@dataclass(frozen=True)
class Wish:
    """The highest threshold that misses no validation film, and its counts there and on test films."""

    threshold: float
    val: Counts
    test: Counts


def wish(
    truth_val: np.ndarray, probabilities_val: np.ndarray, truth_test: np.ndarray, probabilities_test: np.ndarray
) -> Wish:
    """Fulfil the wish to miss no film of a genre on validation films, and see what that is worth on test films.

    Args:
        truth_val: whether each validation film has the genre, ``(n,)``.
        probabilities_val: of the genre, ``(n,)``.
        truth_test: the same for test films.
        probabilities_test: the same for test films.

    Raises:
        ValueError: no validation film has the genre.
    """
    of_films = np.asarray(probabilities_val, np.float64)[np.asarray(truth_val, bool)]
    if not len(of_films):
        raise ValueError("no validation film has the genre")
    threshold = float(of_films.min())
    return Wish(threshold, at(truth_val, probabilities_val, threshold), at(truth_test, probabilities_test, threshold))


def at(truth: np.ndarray, probabilities: np.ndarray, threshold: float) -> Counts:
    """The counts at a threshold, as plain numbers."""
    return counts_at(truth, probabilities, np.array([threshold])).at(0)


def curve(truth: np.ndarray, probabilities: np.ndarray, thresholds: Sequence[float] = THRESHOLDS) -> dict[str, list]:
    """True positives, false positives and false negatives at each threshold: lists ``tp``, ``fp`` and ``fn``."""
    counts = counts_at(truth, probabilities, np.array(thresholds))
    return {name: np.asarray(getattr(counts, name)).tolist() for name in ("tp", "fp", "fn")}


def films_chart(
    truth: np.ndarray, probabilities: np.ndarray, names: Sequence[str], threshold: float, what: str, palette: Palette
) -> Chart:
    """One mark per film at its probability, in two rows, films of the genre above; the threshold is a line.

    Args:
        truth: whether each film has the genre, bool ``(n,)``.
        probabilities: of the genre, ``(n,)``.
        names: of the films.
        threshold: from which on a film is picked.
        what: the films, such as "validation films".
        palette: the colours.
    """
    figure, spread = go.Figure(), np.random.default_rng(0).uniform(-0.28, 0.28, len(truth))
    picked = np.asarray(probabilities, np.float64) >= threshold
    kinds = (
        ("found", truth & picked, "circle", palette.right),
        ("missed", truth & ~picked, "x", palette.wrong),
        ("wrongly picked", ~truth & picked, "x-open", palette.wrong),
        ("left out", ~truth & ~picked, "circle-open", palette.mixed(palette.ink, 0.45)),
    )
    for name, chosen, symbol, colour in kinds:
        rows = np.flatnonzero(chosen).tolist()
        figure.add_scatter(
            x=np.maximum(np.asarray(probabilities, np.float64)[rows], 0.001), y=truth[rows] + spread[rows],
            mode="markers", name=f"{name} ({len(rows)})", cliponaxis=False,
            marker={"symbol": symbol, "size": 9, "color": colour, "line": {"width": 1.5, "color": colour}},
            hovertext=[f"{literal(names[row])}: {percent(probabilities[row])}, {name}" for row in rows],
            hoverinfo="text",
        )  # fmt: skip
    figure.add_vline(threshold, line={"color": palette.accent, "width": 2})
    figure.update_xaxes(title=f"Probability of {GENRE}", **_AXIS)
    figure.update_yaxes(tickvals=[0, 1], ticktext=["other", GENRE], range=[-0.5, 1.5], showgrid=False, ticksuffix=" ")
    counts = at(truth, probabilities, threshold)
    title = f"{GENRE} among the {what}"
    alt = (f"{title}: from {percent(threshold)} on, {counts.tp} of {counts.positives} are found and {counts.fp} other "
           "films picked.")  # fmt: skip
    reading = (
        "One mark per film; those right of the line are picked. The axis is stretched at its left end, where most "
        "films are: a rare genre is rarely probable."
    )  # fmt: skip
    return make_chart(figure, 230, palette, title, alt, reading)


def recorded_chart(recorded: Mapping[str, Any], threshold: float, palette: Palette, own: float | None = None) -> Chart:
    """Recall and precision by threshold on real films, from recorded counts.

    Args:
        recorded: ``thresholds``, and for ``val`` and ``test`` what ``curve`` returns.
        threshold: the one that misses no validation film.
        palette: the colours.
        own: the visitor's threshold.
    """
    figure = go.Figure()
    for split, films in _SIDES:
        tp, fp, fn = (np.array(recorded[split][name]) for name in ("tp", "fp", "fn"))
        counts = Counts(tp, fp, fn, 0)
        colour = palette.model(MODEL) if split == "test" else palette.mixed(palette.ink, 0.6)
        for name, values, dash in (("Recall", counts.recall, "7px,4px"), ("Precision", counts.precision, "solid")):
            figure.add_scatter(
                x=recorded["thresholds"], y=values, mode="lines", name=f"{name}, {films}",
                line={"color": colour, "width": 2.2, "dash": dash},
                hovertemplate=f"threshold %{{x:.1%}}: {name.lower()} on {films} %{{y:.0%}}<extra></extra>",
            )  # fmt: skip
    lines = [(threshold, "misses none", palette.accent, "solid")]
    lines += [] if own is None else [(own, "yours", palette.ink, "dot")]
    for place, (x, text, colour, dash) in enumerate(sorted(lines)):
        figure.add_vline(x, line={"color": colour, "width": 2, "dash": dash})
        outwards = "right" if place == 0 and own is not None else "left"  # so that the texts do not meet
        figure.add_annotation(
            x=np.log10(x), y=0.5, yref="paper", text=text, showarrow=False, xanchor=outwards,
            xshift=4 if outwards == "left" else -4, font={"size": 12, "color": colour},
            bgcolor=see_through(palette.paper, 0.8),
        )  # fmt: skip
    figure.update_xaxes(title=f"Threshold for {GENRE}", **_AXIS)
    figure.update_yaxes(title="Share", range=[-0.01, 1.03], tickformat=".0%", dtick=0.25)
    title = f"{GENRE} by threshold, on real films"
    reading = (
        "Recall is the share of the horror films that are found, precision the share of the picked films that are "
        "horror. The lower the threshold, the more is found, and the less of it is horror. At the line that misses "
        "none of the validation films, both are lower on new films: it was not chosen for those."
    )
    alt = f"{title}: recall falls and precision rises with the threshold; {percent(threshold)} misses no film of val."
    return make_chart(figure, 330, palette, title, alt, reading)
