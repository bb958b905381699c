"""The view "What if": edit the overview or crop the poster, and see how a model's probabilities change."""

import hashlib
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from PIL import Image

from genreclf.errors import UserError
from genreclf.explain.changes import Box, crop, hide, hottest, remove_words, words_of
from genreclf.explain.heatmap import resized
from genreclf.models import SPECS, model_label
from genreclf.predict.film import predict_film, read_overview
from genreclf.ui import data, look
from genreclf.ui.explain.film import CHANGES, Film, cached
from genreclf.ui.explain.poster import heat_of
from genreclf.ui.explain.words import effects_of, is_long, points
from genreclf.ui.serving import visitor
from genreclf.ui.text import plain
from genreclf.units import listed, percent
from genreclf.weights.folder import Weights

ROWS = 5  # genres shown
WORDS = 12  # offered for removal
HEIGHT = 280


def show(film: Film, weights: Weights, genre: str, key: str) -> None:
    """Draw the view: the changes on the left, the probabilities before and after on the right."""
    spec = SPECS[weights.model]
    # new widgets for every film and after every reset
    film_key = hashlib.sha256(f"{film.cache_key} {film.overview}".encode()).hexdigest()[:12]
    resets_key = f"{key}_resets"
    resets = st.session_state.get(resets_key, 0)
    widgets_key = f"{key}{CHANGES}{film_key}_{resets}"
    result = st.empty()  # at the top, since the bars are far below the changes on a phone
    left, right = st.columns(2, gap="medium")
    with left:
        overview = (
            _edited_overview(film, weights, genre, widgets_key)
            if spec.uses_overview and film.overview
            else film.overview
        )
        image = _edited_poster(film, weights, genre, widgets_key) if spec.uses_poster and film.load_poster else None
        st.button("Undo all changes", key=f"{key}_back", icon=":material/undo:", type="tertiary",
                  on_click=st.session_state.update, args=({resets_key: resets + 1},))  # fmt: skip
    before, after = probabilities(film, weights), probabilities(film.changed(overview, image), weights)
    if after is None:
        result.info("Nothing is left for this model to use.", icon=":material/notes:")
        return
    genres = weights.genres
    at_genre = genres.index(genre)
    was, now = float(before[at_genre]), float(after[at_genre])
    if np.array_equal(before, after):
        result.markdown(f"{plain(genre)}: **{percent(now)}**. Change something to see how the probability changes.")
    else:
        result.markdown(f"{plain(genre)}: {percent(was)} before, **{percent(now)}** after ({points(now - was)}).")
    labels = {at: f"{percent(before[at])} → {percent(after[at])}" for at in shown_genres(before, after, at_genre)}
    with right:
        rows = listed([f"{genres[at]} {label}" for at, label in labels.items()])
        look.show(_bars(before, after, labels, weights), key=f"{key}_bars", height=HEIGHT,
                  alt=f"Probabilities before and after the change: {rows}.")  # fmt: skip
        st.caption(
            f"How to read it: the upper, fainter bar is {model_label(weights.model)}'s probability for the film as it "
            "is, the lower one for the film with your changes. An edited film resembles no real one, so its prediction "
            "may be odd."
        )


@cached(show_spinner=False)
def probabilities(film: Film, weights: Weights) -> np.ndarray | None:
    """A model's probabilities for a film, float32 ``(25,)``; None if the film lacks the model's input."""
    predictions = predict_film([data.predictor(weights)], film.load_poster, film.overview or None)
    return predictions[0].probabilities if predictions else None


def _edited_overview(film: Film, weights: Weights, genre: str, key: str) -> str:
    most = visitor.most_characters()
    typed = st.text_area("Overview", film.overview[:most], key=f"{key}_text", height=150, persist_state="session",
                         max_chars=most, help="Edit it, then press Ctrl + Enter or click elsewhere.")  # fmt: skip
    kept = read_overview(typed or "").text
    if not kept:
        return ""
    edited = film.changed(kept, None)
    effects = effects_of(edited, weights, genre, quick=is_long(edited, weights))
    strongest = sorted((effect for effect in effects if effect.effect), key=lambda effect: -abs(effect.effect))
    words = list(dict.fromkeys(effect.word.lower() for effect in strongest))[:WORDS]
    if not words:
        return kept
    removed = st.pills(f"Remove words that count for or against {plain(genre)}", words, selection_mode="multi",
                       format_func=plain, key=f"{key}_words_{genre}_{weights.model}", persist_state="session",
                       wrap=True)  # fmt: skip
    return without_words(kept, removed)


def without_words(text: str, words: Sequence[str]) -> str:
    """A text without some words, given in lower case, wherever they occur."""
    return remove_words(text, [word for word in words_of(text) if word.word.lower() in words])


def _edited_poster(film: Film, weights: Weights, genre: str, key: str) -> Image.Image | None:
    """The edited poster; None if it is unchanged or the edit is not possible."""
    image = film.load_image()
    controls, shown = st.columns([3, 2], gap="small")
    with controls:
        horizontal, vertical = (
            st.slider(f"Part of the {side} to keep", 0, 100, (0, 100), format="%d %%", key=f"{key}_{side}",
                      persist_state="session")
            for side in ("width", "height")
        )  # fmt: skip
        hidden = st.checkbox("Hide the strongest evidence", key=f"{key}_hide", persist_state="session",
                             help=f"Paints the strongest evidence for {plain(genre)}, up to a quarter of the poster, "
                             "in the poster's mean colour.")  # fmt: skip
    if hidden:
        evidence = hottest(resized(heat_of(film, weights, genre), image.size))
        image = Image.fromarray(hide(np.asarray(image), evidence))
    with shown:
        try:
            image = crop(image, box_of(horizontal, vertical))
        except UserError as error:
            st.warning(plain(str(error)), icon=":material/crop:")
            return None
        st.image(image, width=120, alt="The edited poster")
    return image if hidden or (*horizontal, *vertical) != (0, 100, 0, 100) else None


def box_of(horizontal: tuple[int, int], vertical: tuple[int, int]) -> Box:
    """The rectangle for two ranges in percent; an empty range is widened to one percent."""
    (left, right), (top, bottom) = ((min(low, 99), max(high, low + 1, 1)) for low, high in (horizontal, vertical))
    return left / 100, top / 100, min(right, 100) / 100, min(bottom, 100) / 100


def shown_genres(before: np.ndarray, after: np.ndarray, genre: int) -> list[int]:
    """The indices of a genre and of those most probable before or after, in the order of the film as it was."""
    largest = np.argsort(-np.maximum(before, after), kind="stable").tolist()
    others = [at for at in largest if at != genre]
    return sorted([genre, *others[: ROWS - 1]], key=lambda at: -before[at])


def _bars(before: np.ndarray, after: np.ndarray, labels: dict[int, str], weights: Weights) -> go.Figure:
    """Two bars per genre, the genres' names on the left, the labels on the right."""
    colour, places = look.colours().model(weights.model), np.arange(len(labels))
    figure = go.Figure()
    for name, values, shift, shade in (("before", before, -0.19, look.see_through(colour, 0.4)),
                                       ("after", after, 0.19, colour)):  # fmt: skip
        figure.add_bar(
            x=[100 * values[at] for at in labels], y=places + shift, orientation="h", width=0.34,
            marker={"color": shade}, yaxis="y",
            hovertemplate=[
                f"{look.short(weights.genres[at])} {name}: {percent(values[at])}<extra></extra>" for at in labels
            ],
        )  # fmt: skip
    figure.add_scatter(x=[None], y=[None], yaxis="y2")  # an axis without a trace is not drawn
    figure.update_xaxes(range=[0, 100], tickvals=[0, 50, 100], ticktext=["0", "50", "100 %"], fixedrange=True)
    axis = {"tickvals": places, "range": [len(labels) - 0.4, -0.6], "showgrid": False, "fixedrange": True}
    figure.update_layout(
        showlegend=False,
        yaxis={**axis, "ticktext": [look.short(weights.genres[at]) for at in labels], "ticklabelstandoff": 6},
        yaxis2={**axis, "ticktext": list(labels.values()), "overlaying": "y", "side": "right", "ticklabelstandoff": 10},
    )
    return figure
