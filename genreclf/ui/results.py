"""The predictions for one film on Compare and Try your own: a card per model, and details in an expander."""

from collections.abc import Iterable, Sequence
from enum import Enum

import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from genreclf.genres import GENRES
from genreclf.models import SPECS, model_label
from genreclf.predict.film import UNFAMILIAR, FilmPrediction
from genreclf.predict.predictor import GenrePrediction
from genreclf.public import is_public
from genreclf.ui import data, frame, look
from genreclf.ui.text import plain
from genreclf.units import first_of, listed, percent
from genreclf.weights.folder import Weights

_NAMED = 5  # genres in a sentence; of more, the rest is counted
DEFAULT_MODELS = ("cnn", "lstm", "fusion")
_INPUTS = {"poster": "from the poster", "overview": "from the overview", "both": "from poster and overview",
           "none": "the same for every film"}  # fmt: skip


class Verdict(Enum):
    """What a model made of one genre of a film; only a genre that is picked is right or wrong."""

    RIGHT = "✓", "Right", "right", ":green[:material/check:] Right"
    WRONG = "✗", "Wrong", "wrong", ":red[:material/close:] Wrong"
    CLOSE = "○", "Close", "close, but below its threshold", ":gray[:material/circle: Close, but below its threshold]"
    NOT_PICKED = "–", "Not picked", "not picked", ":gray[:material/remove: Not picked]"

    def __init__(self, sign: str, word: str, words: str, markdown: str):
        self.sign, self.word, self.words, self.markdown = sign, word, words, markdown


def verdict(each: GenrePrediction, true_genres: Sequence[str]) -> Verdict:
    """The verdict on one of a model's most probable genres, given the film's true ones."""
    if each.genre in true_genres:
        return Verdict.RIGHT if each.chosen else Verdict.CLOSE
    return Verdict.WRONG if each.chosen else Verdict.NOT_PICKED


def pick_models(
    available: dict[str, Weights], key: str, has_posters: bool = True, has_overviews: bool = True
) -> list[Weights]:
    """Draw the choice among the models with weights: CNN, LSTM and fusion are selected at first.

    Those that could not predict the films anyway are not said to lack weights.
    """
    default = [model for model in DEFAULT_MODELS if model in available] or list(available)[:2]
    chosen = st.pills("Models", list(available), selection_mode="multi", default=default, format_func=model_label,
                      key=key, wrap=True, persist_state="session",
                      help="Add other models and the baselines: the base rates (how common each genre is, whatever the "
                           "film) and TF-IDF, which counts the overview's words. A good model beats both.")  # fmt: skip
    usable = [model for model in DEFAULT_MODELS if SPECS[model].can_predict(has_posters, has_overviews)]
    if missing := [model_label(model) for model in usable if model not in available]:
        lacking = f"{listed(missing)} {'are' if len(missing) > 1 else 'is'} not trained on these genres yet"
        if is_public():
            st.caption(f"{lacking}.")
        frame.link_to_training(f"{lacking}: train one")
    return [weights for model, weights in available.items() if model in chosen]


def no_weights(what: str, genres: Sequence[str] = GENRES) -> None:
    """Draw the note that takes the place of results if no model has weights, or none that know any of these genres.

    Args:
        what: what will be here, a sentence.
        genres: those of the data set.
    """
    label, reason = "Train a model", "There is no trained model yet."
    if tuple(genres) != GENRES and data.available_weights(None):
        label = "Train a model on these films"
        names = listed(first_of(genres, _NAMED))
        reason = f"No model knows any of these {len(genres):,} genres yet."
        remedy = "" if is_public() else "Train a model on these films, then press Use in the app. "
        what = f"They are {names}; the shipped models learned others. {remedy}{what}"
    with st.container(border=True):
        st.markdown(f"**{reason}** {plain(what)}")
        frame.link_to_training(label)


def fusion_first(predictions: Sequence[FilmPrediction]) -> list[FilmPrediction]:
    """The predictions in the order in which they are shown: a model of both inputs before all others."""
    return sorted(predictions, key=lambda prediction: not SPECS[prediction.weights.model].parts)


def show(
    predictions: Sequence[FilmPrediction], true_genres: Sequence[str] | None, key: str, beside: DeltaGenerator
) -> None:
    """Draw the predictions for a film: the first one beside the film, the others below it, then the details.

    Args:
        predictions: one per model, the most important first (see ``fusion_first``); at least one.
        true_genres: the film's true genres; None if they are unknown, and then no verdicts are shown.
        key: prefix of the elements' keys, different on each page.
        beside: where to draw the first card.
    """
    first, *others = _cards(predictions)
    with beside.container(border=True, key=f"{key}_answer"):
        _card(first, true_genres, key)
    if others:
        grid = st.grid("auto", min_column_width=300, border=True)
        for card in others:
            with grid.cell():
                _card(card, true_genres, key)
    close = "" if true_genres is None else " *Close* is a true genre whose bar ends before the line."
    st.caption(f"The thin line is the genre's threshold: a model picks a genre when its bar reaches the line.{close}")
    with st.expander("Numbers and sources", icon=":material/table_rows:", key=f"{key}_details"):
        st.table(table(predictions, true_genres).style.format({"Probability": percent}), border="horizontal",
                 hide_index=True, width="content",
                 alt="The top three genres of each model with their probabilities, as above.")  # fmt: skip
        lines = [f"- **{prediction.label}**: {plain(provenance(prediction))}" for prediction in predictions]
        st.markdown("\n".join(lines))
        st.caption(
            "Thresholds were set on validation films. Test BCE is the error of a model's probabilities on films it has "
            "not seen: lower is better."
        )


def _cards(predictions: Sequence[FilmPrediction]) -> list[list[FilmPrediction]]:
    """The predictions of each card: a model that predicts by one of its parts shares its card with that part."""
    cards, shared = [], set()
    for prediction in predictions:
        part = prediction.weights.parts().get(prediction.fallback_part)
        same = [each for each in predictions if part and each.weights.cache_key == part.cache_key]
        shared |= {each.weights.model for each in same}
        cards.append([prediction, *same])
    return [card for card in cards if card[0].weights.model not in shared]


def table(predictions: Sequence[FilmPrediction], true_genres: Sequence[str] | None) -> pd.DataFrame:
    """``Model | Genre | Probability``: the top three of each model, and ``Verdict`` if the true genres are known."""
    rows = [
        (prediction.label, each.genre, each.probability, verdict(each, true_genres or ()).markdown)
        for prediction in predictions
        for each in prediction.top()
    ]
    found = pd.DataFrame(rows, columns=["Model", "Genre", "Probability", "Verdict"])
    return found if true_genres is not None else found.drop(columns="Verdict")


def comment(prediction: FilmPrediction, true_genres: Sequence[str] | None) -> str:
    """A sentence or two about the genres that a model picked, and those it got right, missed, nearly picked, added.

    A genre that is picked but has no bar, because its threshold is low, comes with its probability.
    """
    label, chosen, top = prediction.label, prediction.chosen(), prediction.top()
    shown = {each.genre for each in top}
    named = {
        each.genre: each.genre if each.genre in shown else f"{each.genre} ({percent(each.probability)})"
        for each in prediction.top(None)
    }

    def names(genres: Iterable[str]) -> str:
        return listed([named.get(genre, genre) for genre in genres])

    if true_genres is None:
        return f"{label} picks {names(chosen)}." if chosen else f"No genre reaches {label}'s threshold."
    close = [each.genre for each in top if verdict(each, true_genres) is Verdict.CLOSE]
    verb, threshold = ("were", "their thresholds") if len(close) > 1 else ("was", "its threshold")
    nearly = f" {listed(close)} {verb} close, but below {threshold}." if close else ""
    missed = [genre for genre in true_genres if genre in named and genre not in (*chosen, *close)]
    if unknown := [genre for genre in true_genres if genre not in named]:
        nearly += f" It does not know {listed(unknown, 'or')}."
    if not chosen:
        return f"No genre reaches {label}'s threshold{f'; it missed {listed(missed)}' if missed else ''}.{nearly}"
    right = [genre for genre in chosen if genre in true_genres]
    added = [genre for genre in chosen if genre not in true_genres]
    parts = [f"got {names(right)} right"] if right else []
    if missed or not (close or unknown):
        parts.append(f"missed {listed(missed)}" if missed else "missed nothing")
    parts.append(f"wrongly added {names(added)}" if added else "added nothing wrong")
    return f"{label} {listed(parts)}.{nearly}"


def provenance(prediction: FilmPrediction) -> str:
    """The origin and quality of the weights that predicted, in one line."""
    weights = prediction.weights
    card, name = weights.card, weights.folder.parent.name
    origins = {
        "promoted": "Weights trained by the owner of this server"
        if is_public()
        else f"Weights of your run {card.get('run', '')}, chosen on Train",
        "shipped": f"Shipped weights “{name}”",
    }
    parts = [origins.get(weights.origin, f"Weights “{name}”")]
    if not SPECS[weights.model].is_baseline:
        parts.append(f"{card['recipe']} recipe")
    if trained := (card.get("films") or {}).get("train"):
        further, settings = card.get("further_films"), card.get("settings") or {}
        origin = f", {further:,} of them from “{settings.get('further_films')}”" if further else ""
        start = ", starting from trained weights" if card.get("initial_weights") else ""
        parts.append(f"trained on {trained:,} films{origin}{start}")
    if (bce := (card["metrics"].get("test") or {}).get("bce")) is not None:
        parts.append(f"test BCE {bce:.3f}")
    hint = " That score needs both inputs; with only one, expect worse." if prediction.fallback_part else ""
    return f"{', '.join(parts)}.{hint}"


def _card(card: Sequence[FilmPrediction], true_genres: Sequence[str] | None, key: str) -> None:
    prediction = card[0]
    model, part = prediction.weights.model, prediction.fallback_part
    names = listed([f"**{each.label}**" for each in card])
    with st.container(gap="xxsmall"):
        st.markdown(f"{names} · {f'from the {part} only' if part else _INPUTS[SPECS[model].input]}")
        _bars(prediction, true_genres, f"{key}_prediction_{model}")
        st.markdown(plain(comment(prediction, true_genres)))
        if prediction.unfamiliar:
            st.caption(f":material/warning: {UNFAMILIAR}")


def _bars(prediction: FilmPrediction, true_genres: Sequence[str] | None, key: str) -> None:
    """Draw the top three as bars from 0 to 100 %, with genres on the left, probabilities and verdicts on the right."""
    top, colours = prediction.top(), look.colours()
    rows, thresholds = list(range(len(top))), [prediction.threshold(each.genre) for each in top]
    figure = go.Figure(
        go.Bar(
            x=[100 * each.probability for each in top], y=rows, orientation="h", width=0.52,
            marker={"color": colours.model(prediction.weights.model)}, hoverinfo="text",
            hovertext=[
                f"{look.short(each.genre)}: {percent(each.probability)}, {'picked' if each.chosen else 'not picked'} "
                f"(threshold {percent(threshold)})"
                for each, threshold in zip(top, thresholds, strict=True)
            ],
        )
    )  # fmt: skip
    figure.add_scatter(x=[None], y=[None], yaxis="y2", showlegend=False)  # an axis without a trace is not drawn
    for row, threshold in enumerate(thresholds):
        figure.add_shape(type="line", x0=100 * threshold, x1=100 * threshold, y0=row - 0.4, y1=row + 0.4,
                         line={"color": colours.ink, "width": 1.5})  # fmt: skip
    figure.update_xaxes(range=[0, 100], tickvals=[0, 50, 100], ticktext=["0", "50", "100 %"], fixedrange=True)
    # both columns of labels are axis labels, for which Plotly makes room however narrow the chart is
    side = {"tickvals": rows, "range": [len(top) - 0.4, -0.6], "showgrid": False, "fixedrange": True}
    figure.update_layout(
        showlegend=False,
        yaxis={**side, "ticktext": [look.short(each.genre) for each in top], "ticklabelstandoff": 6},
        yaxis2={**side, "ticktext": [_label(each, true_genres) for each in top], "ticklabelstandoff": 10,
                "overlaying": "y", "side": "right"},
    )  # fmt: skip
    said = ["" if true_genres is None else f" ({verdict(each, true_genres).words})" for each in top]
    found = (f"{each.genre} {percent(each.probability)}{words}" for each, words in zip(top, said, strict=True))
    alt = f"{prediction.label}'s three most probable genres: {'; '.join(found)}."
    look.show(figure, key=key, height=120, alt=alt)


def _label(each: GenrePrediction, true_genres: Sequence[str] | None) -> str:
    """The probability next to a bar, with the verdict in its colour if the true genres are known."""
    if true_genres is None:
        return percent(each.probability)
    found, colours = verdict(each, true_genres), look.colours()
    colour = colours.verdict(found is Verdict.RIGHT) if each.chosen else colours.mixed(colours.ink, 0.68)
    return f'<span style="color:{colour}">{percent(each.probability)}  <b>{found.sign} {found.word}</b></span>'
