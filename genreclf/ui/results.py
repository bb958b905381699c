"""What models say about one film, the same on Compare and Try your own: bars, a table, a comment, and whose weights."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from genreclf.data.catalogue import Catalogue
from genreclf.errors import UserError
from genreclf.models import SPECS, model_label
from genreclf.predict.film import Answer
from genreclf.ui import data, look
from genreclf.ui.text import plain
from genreclf.units import listed, percent
from genreclf.weights.folder import Weights

DEFAULT_MODELS = ("cnn", "lstm", "fusion")
MARKS = {True: "✓", False: "✗"}
WORDS = {True: "Right", False: "Wrong"}
_TABLE_MARKS = {True: ":green[:material/check:] Right", False: ":red[:material/close:] Wrong"}
_INPUTS = {"poster": "from the poster", "overview": "from the overview", "both": "from poster and overview",
           "none": "whatever the film"}  # fmt: skip


def answering(catalogue: Catalogue | None) -> dict[str, Weights]:
    """The weights that can answer by model; what is damaged is said and left out."""
    found = {}
    for model in SPECS:
        try:
            weights = data.weights_for(model, catalogue)
        except UserError as error:
            st.warning(plain(str(error)), icon=":material/warning:")
            continue
        if weights is not None:
            found[model] = weights
    return found


def pick_models(available: dict[str, Weights], key: str) -> list[Weights]:
    """Choose among the models that have weights: CNN, LSTM and fusion at first, the others on demand."""
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
        help="Add the other models and the baselines: base rates know only how frequent each genre is, "
        "TF-IDF counts the overview's words. A good model beats both.",
    )
    if missing:
        what = "them and promote the runs" if len(missing) > 1 else "it and promote the run"
        label = f"{listed(missing)} cannot answer yet: train {what}"
        st.page_link("pages/train/page.py", label=label, icon=":material/model_training:")
    return [weights for model, weights in available.items() if model in chosen]


def no_weights() -> None:
    """In place of results where no model has weights."""
    with st.container(border=True):
        st.markdown("**No trained model can answer yet.** Here you would see each model's top three genres as bars.")
        st.page_link("pages/train/page.py", label="Train a model and promote its run", icon=":material/model_training:")


def show(answers: Sequence[Answer], true_genres: Sequence[str] | None, key: str) -> None:
    """Show what the models say about a film.

    Args:
        answers: one a model.
        true_genres: what is right; None where nobody knows, and no verdict is given then.
        key: of the elements, different on each page.
    """
    grid = st.grid("auto", min_column_width=300, border=True)
    for answer in answers:
        with grid.cell():
            _card(answer, true_genres, f"{key}_answer_{answer.weights.model}")
    st.caption(
        "The thin line is the genre's threshold, set on validation films: a model chooses a genre whose probability "
        "reaches it. Test BCE is the error of a model's probabilities on films it has not seen: lower is better."
    )
    st.table(
        table(answers, true_genres).style.format({"Probability": percent}),
        border="horizontal",
        hide_index=True,
        width="content",
        alt="The top three genres of each model with their probabilities, as above.",
    )


def table(answers: Sequence[Answer], true_genres: Sequence[str] | None) -> pd.DataFrame:
    """``Model | Genre | Probability``, the top three of each model, and ``Verdict`` where the true genres are known."""
    rows = []
    for answer in answers:
        for prediction in answer.top():
            row = {"Model": answer.label, "Genre": prediction.genre, "Probability": prediction.probability}
            if true_genres is not None:
                row["Verdict"] = _TABLE_MARKS[prediction.genre in true_genres]
            rows.append(row)
    return pd.DataFrame(rows)


def comment(answer: Answer, true_genres: Sequence[str] | None) -> str:
    """What a model got right, missed and added, in words."""
    chosen = answer.chosen()
    if true_genres is None:
        return f"{answer.label} chooses {listed(chosen)}." if chosen else f"{answer.label} is sure of no genre."
    right = [genre for genre in chosen if genre in true_genres]
    missed = [genre for genre in true_genres if genre not in chosen]
    added = [genre for genre in chosen if genre not in true_genres]
    parts = [
        f"right on {listed(right)}" if right else "" if chosen else "chose no genre",
        f"missed {listed(missed)}" if missed else "missed nothing",
        f"added {listed(added)}" if added else "added nothing" if chosen else "",
    ]
    return f"{answer.label}: {'; '.join(filter(None, parts))}."


def provenance(weights: Weights) -> str:
    """Which weights answer, and how good they are, in a line."""
    card, name = weights.card, weights.folder.parent.name
    whose = {"promoted": f"Promoted run {card.get('run', '')}".strip(), "shipped": f"Shipped weights “{name}”"}
    parts = [whose.get(weights.origin, f"Weights “{name}”")]
    if not SPECS[weights.model].is_baseline:
        parts.append(f"{card['recipe']} recipe")
    if trained := (card.get("films") or {}).get("train"):
        parts.append(f"learnt from {trained:,} films")
    if (bce := (card["metrics"].get("test") or {}).get("bce")) is not None:
        parts.append(f"test BCE {bce:.3f}")
    return ", ".join(parts) + "."


def _card(answer: Answer, true_genres: Sequence[str] | None, key: str) -> None:
    spec = SPECS[answer.weights.model]
    st.markdown(
        f"**{spec.label}** · {f'from the {answer.fallback_part} alone' if answer.fallback_part else _INPUTS[spec.input]}"
    )
    _bars(answer, true_genres, key)
    st.markdown(comment(answer, true_genres))
    said = provenance(answer.weights)
    st.caption(
        plain(f"{said} Measured with poster and overview; one alone tells less." if answer.fallback_part else said)
    )


def _bars(answer: Answer, true_genres: Sequence[str] | None, key: str) -> None:
    """The top three as bars: genres at the left, probability and verdict at the right, on a fixed axis."""
    top = answer.top()
    rows = list(range(len(top)))
    figure = go.Figure(
        go.Bar(
            x=[100 * prediction.probability for prediction in top],
            y=rows,
            orientation="h",
            width=0.52,
            marker={"color": look.model_colour(answer.weights.model)},
            hovertemplate=[_hover(answer, prediction.genre, prediction.probability) for prediction in top],
        )
    )
    figure.add_scatter(x=[None], y=[None], yaxis="y2", showlegend=False)  # an axis without a trace is not drawn
    for row, prediction in zip(rows, top, strict=True):
        threshold = 100 * answer.threshold(prediction.genre)
        figure.add_shape(type="line", x0=threshold, x1=threshold, y0=row - 0.4, y1=row + 0.4,
                         line={"color": look.ink(), "width": 1.5})  # fmt: skip
    figure.update_xaxes(range=[0, 100], tickvals=[0, 50, 100], ticktext=["0", "50", "100 %"], fixedrange=True)
    figure.update_yaxes(tickvals=rows, range=[len(top) - 0.4, -0.6], showgrid=False, fixedrange=True)
    # labels on both sides are axis labels: those make room for themselves, however narrow the chart
    figure.update_layout(
        showlegend=False,
        yaxis={"ticktext": [prediction.genre for prediction in top], "ticklabelstandoff": 6},
        yaxis2={
            "tickvals": rows, "range": [len(top) - 0.4, -0.6], "showgrid": False, "fixedrange": True,
            "ticktext": [_label(prediction.genre, prediction.probability, true_genres) for prediction in top],
            "overlaying": "y", "side": "right", "ticklabelstandoff": 10,
        },
    )  # fmt: skip
    look.show(figure, key=key, height=136, alt=_in_words(answer, true_genres))


def _label(genre: str, probability: float, true_genres: Sequence[str] | None) -> str:
    if true_genres is None:
        return percent(probability)
    right = genre in true_genres
    text = f"{percent(probability)}  <b>{MARKS[right]} {WORDS[right]}</b>"
    return f'<span style="color:{look.verdict_colour(right)}">{text}</span>'


def _hover(answer: Answer, genre: str, probability: float) -> str:
    threshold = answer.threshold(genre)
    verb = "chosen" if probability >= threshold else "not chosen"
    return f"{genre}: {percent(probability)}, {verb} (threshold {percent(threshold)})<extra></extra>"


def _in_words(answer: Answer, true_genres: Sequence[str] | None) -> str:
    parts = []
    for prediction in answer.top():
        verdict = "" if true_genres is None else f", {WORDS[prediction.genre in true_genres].lower()}"
        parts.append(f"{prediction.genre} {percent(prediction.probability)}{verdict}")
    return f"{answer.label}'s three most probable genres: {'; '.join(parts)}."
