"""The predictions for one film on Compare and Try your own: bars, a table, a comment, and the weights' origin."""

from collections.abc import Sequence
from dataclasses import astuple

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from genreclf.models import SPECS, model_label
from genreclf.predict.film import FilmPrediction
from genreclf.ui import look
from genreclf.ui.text import plain
from genreclf.units import listed, percent
from genreclf.weights.folder import Weights

DEFAULT_MODELS = ("cnn", "lstm", "fusion")
MARKS = {True: "✓", False: "✗"}
WORDS = {True: "Right", False: "Wrong"}
_TABLE_MARKS = {True: ":green[:material/check:] Right", False: ":red[:material/close:] Wrong"}
_INPUTS = {"poster": "from the poster", "overview": "from the overview", "both": "from poster and overview",
           "none": "whatever the film"}  # fmt: skip


def pick_models(available: dict[str, Weights], key: str) -> list[Weights]:
    """Draw the choice among the models with weights: CNN, LSTM and fusion are selected at first."""
    missing = [model_label(model) for model in DEFAULT_MODELS if model not in available]
    chosen = st.pills(
        "Models",
        list(available),
        selection_mode="multi",
        default=[model for model in DEFAULT_MODELS if model in available] or list(available)[:2],
        format_func=model_label,
        key=key,
        wrap=True,
        persist_state="session",
        help="Add other models and the baselines: the base rates (how common each genre is, whatever the film) and "
        "TF-IDF, which counts the overview's words. A good model beats both.",
    )
    if missing:
        what = "them and promote the runs" if len(missing) > 1 else "it and promote the run"
        label = f"{listed(missing)} {'have' if len(missing) > 1 else 'has'} no trained weights yet: train {what}"
        st.page_link("pages/train.py", label=label, icon=":material/model_training:")
    return [weights for model, weights in available.items() if model in chosen]


def no_weights() -> None:
    """Draw the note that takes the place of results if no model has weights."""
    with st.container(border=True):
        st.markdown("**There is no trained model yet.** Each model's top three genres will appear here as bars.")
        st.page_link("pages/train.py", label="Train a model and promote its run", icon=":material/model_training:")


def show(predictions: Sequence[FilmPrediction], true_genres: Sequence[str] | None, key: str) -> None:
    """Draw the predictions for a film.

    Args:
        predictions: one per model.
        true_genres: the film's true genres; None if they are unknown, and then no verdicts are shown.
        key: prefix of the elements' keys, different on each page.
    """
    grid = st.grid("auto", min_column_width=300, border=True)
    for prediction in predictions:
        with grid.cell():
            _card(prediction, true_genres, f"{key}_answer_{prediction.weights.model}")
    st.caption(
        "The thin line is the genre's threshold, set on validation films: a model picks a genre when its bar reaches "
        "the line. Test BCE is the error of a model's probabilities on films it has not seen: lower is better."
    )
    st.table(
        table(predictions, true_genres).style.format({"Probability": percent}),
        border="horizontal",
        hide_index=True,
        width="content",
        alt="The top three genres of each model with their probabilities, as above.",
    )


def table(predictions: Sequence[FilmPrediction], true_genres: Sequence[str] | None) -> pd.DataFrame:
    """``Model | Genre | Probability``: the top three of each model, and ``Verdict`` if the true genres are known."""
    rows = []
    for prediction in predictions:
        for genre, probability, _ in map(astuple, prediction.top()):
            row = {"Model": prediction.label, "Genre": genre, "Probability": probability}
            if true_genres is not None:
                row["Verdict"] = _TABLE_MARKS[genre in true_genres]
            rows.append(row)
    return pd.DataFrame(rows)


def comment(prediction: FilmPrediction, true_genres: Sequence[str] | None) -> str:
    """One sentence about the genres that a model picked, and those it got right, missed and added."""
    label, chosen = prediction.label, prediction.chosen()
    if not chosen:
        return f"No genre reaches {label}'s threshold{f'; it missed {listed(true_genres)}' if true_genres else ''}."
    if true_genres is None:
        return f"{label} picks {listed(chosen)}."
    right = [genre for genre in chosen if genre in true_genres]
    missed = [genre for genre in true_genres if genre not in chosen]
    added = [genre for genre in chosen if genre not in true_genres]
    parts = [
        f"got {listed(right)} right" if right else "",
        f"missed {listed(missed)}" if missed else "missed nothing",
        f"wrongly added {listed(added)}" if added else "added nothing wrong",
    ]
    return f"{label} {listed([part for part in parts if part])}."


def provenance(weights: Weights) -> str:
    """One line about the origin and quality of weights."""
    card, name = weights.card, weights.folder.parent.name
    origins = {"promoted": f"Promoted run {card.get('run', '')}".strip(), "shipped": f"Shipped weights “{name}”"}
    parts = [origins.get(weights.origin, f"Weights “{name}”")]
    if not SPECS[weights.model].is_baseline:
        parts.append(f"{card['recipe']} recipe")
    if trained := (card.get("films") or {}).get("train"):
        parts.append(f"trained on {trained:,} films")
    if (bce := (card["metrics"].get("test") or {}).get("bce")) is not None:
        parts.append(f"test BCE {bce:.3f}")
    return ", ".join(parts) + "."


def _card(prediction: FilmPrediction, true_genres: Sequence[str] | None, key: str) -> None:
    spec, part = SPECS[prediction.weights.model], prediction.fallback_part
    st.markdown(f"**{spec.label}** · {f'from the {part} only' if part else _INPUTS[spec.input]}")
    _bars(prediction, true_genres, key)
    st.markdown(comment(prediction, true_genres))
    hint = " That score needs both inputs; with only one, expect worse." if part else ""
    st.caption(plain(provenance(prediction.weights) + hint))


def _bars(prediction: FilmPrediction, true_genres: Sequence[str] | None, key: str) -> None:
    """Draw the top three as bars on a fixed axis, with genres on the left, probabilities and verdicts on the right."""
    top = prediction.top()
    rows = list(range(len(top)))
    figure = go.Figure(
        go.Bar(
            x=[100 * each.probability for each in top],
            y=rows,
            orientation="h",
            width=0.52,
            marker={"color": look.colours().model(prediction.weights.model)},
            hovertemplate=[_hover(prediction, each.genre, each.probability) for each in top],
        )
    )
    figure.add_scatter(x=[None], y=[None], yaxis="y2", showlegend=False)  # an axis without a trace is not drawn
    for row, each in zip(rows, top, strict=True):
        threshold = 100 * prediction.threshold(each.genre)
        figure.add_shape(type="line", x0=threshold, x1=threshold, y0=row - 0.4, y1=row + 0.4,
                         line={"color": look.colours().ink, "width": 1.5})  # fmt: skip
    figure.update_xaxes(range=[0, 100], tickvals=[0, 50, 100], ticktext=["0", "50", "100 %"], fixedrange=True)
    figure.update_yaxes(tickvals=rows, range=[len(top) - 0.4, -0.6], showgrid=False, fixedrange=True)
    # the labels on both sides are axis labels, for which Plotly makes room however narrow the chart is
    figure.update_layout(
        showlegend=False,
        yaxis={"ticktext": [each.genre for each in top], "ticklabelstandoff": 6},
        yaxis2={
            "tickvals": rows, "range": [len(top) - 0.4, -0.6], "showgrid": False, "fixedrange": True,
            "ticktext": [_label(each.genre, each.probability, true_genres) for each in top],
            "overlaying": "y", "side": "right", "ticklabelstandoff": 10,
        },
    )  # fmt: skip
    look.show(figure, key=key, height=136, alt=_alt(prediction, true_genres))


def _label(genre: str, probability: float, true_genres: Sequence[str] | None) -> str:
    if true_genres is None:
        return percent(probability)
    right = genre in true_genres
    text = f"{percent(probability)}  <b>{MARKS[right]} {WORDS[right]}</b>"
    return f'<span style="color:{look.colours().verdict(right)}">{text}</span>'


def _hover(prediction: FilmPrediction, genre: str, probability: float) -> str:
    threshold = prediction.threshold(genre)
    verb = "picked" if probability >= threshold else "not picked"
    return f"{genre}: {percent(probability)}, {verb} (threshold {percent(threshold)})<extra></extra>"


def _alt(prediction: FilmPrediction, true_genres: Sequence[str] | None) -> str:
    parts = []
    for each in prediction.top():
        verdict = "" if true_genres is None else f", {WORDS[each.genre in true_genres].lower()}"
        parts.append(f"{each.genre} {percent(each.probability)}{verdict}")
    return f"{prediction.label}'s three most probable genres: {'; '.join(parts)}."
