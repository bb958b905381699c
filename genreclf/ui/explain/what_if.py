"""What if: another overview or a cut poster, and how far a model's probabilities move."""

import hashlib
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from PIL import Image

from genreclf.errors import UserError
from genreclf.explain.changes import crop, hide, hottest, without, words_of
from genreclf.genres import GENRES
from genreclf.models import SPECS, model_label
from genreclf.predict.film import predict_film, read_overview
from genreclf.ui import data, look
from genreclf.ui.explain.film import Film
from genreclf.ui.explain.poster import heat_of, scaled_to
from genreclf.ui.explain.words import effects_of, is_long, points
from genreclf.ui.text import plain
from genreclf.units import listed, percent
from genreclf.weights.folder import Weights

ROWS = 5  # genres shown
WORDS = 12  # that may be taken out by a click
HEIGHT = 280


def show(film: Film, weights: Weights, genre: str, key: str) -> None:
    """Draw the view: what to change at the left, the probabilities before and after at the right."""
    spec = SPECS[weights.model]
    # every film has widgets of its own, and so has every start from anew
    cache_key = hashlib.sha256(f"{film.cache_key} {film.overview}".encode()).hexdigest()[:12]
    times = f"{key}_again"
    own = f"{key}_{cache_key}_{st.session_state.get(times, 0)}"
    result = st.empty()  # first, as on a phone the bars are far below what is changed
    left, right = st.columns(2, gap="medium")
    with left:
        overview = _other_overview(film, weights, genre, own) if spec.uses_overview and film.overview else film.overview
        image = _other_poster(film, weights, genre, own) if spec.uses_poster and film.load_poster else None
        st.button("Back to the film as it is", key=f"{key}_back", icon=":material/undo:", type="tertiary",
                  on_click=_start_again, args=(times,))  # fmt: skip
    other = film.changed(overview, image)
    before, after = probabilities(film, weights), probabilities(other, weights)
    if after is None:
        result.info("Nothing is left for this model to read.", icon=":material/notes:")
        return
    result.markdown(_moved(before, after, genre))
    with right:
        look.show(_bars(before, after, genre, weights.model), key=f"{key}_bars", height=HEIGHT,
                  alt=_in_words(before, after, genre))  # fmt: skip
        st.caption(
            f"How to read it: the upper, fainter bar is what {model_label(weights.model)} says of the film as it is, "
            "the lower one what it says of your change. Nobody made a film like your change: about what a model has "
            "never seen its answer may be odd."
        )


def probabilities(film: Film, weights: Weights) -> np.ndarray | None:
    """What a model says about a film, float32 ``(25,)``; None where there is nothing for it to go by."""
    return _probabilities(film.overview, film.cache_key, weights.cache_key, film, weights)


@st.cache_data(scope="session", max_entries=100, show_spinner=False)
def _probabilities(overview: str, cache_key: str, key: str, _film: Film, _weights: Weights) -> np.ndarray | None:
    answers = predict_film([data.predictor(_weights)], _film.load_poster, _film.overview or None)
    return answers[0].probabilities if answers else None


def _start_again(times: str) -> None:
    st.session_state[times] = st.session_state.get(times, 0) + 1


def _other_overview(film: Film, weights: Weights, genre: str, key: str) -> str:
    """The overview as the visitor wants it."""
    typed = st.text_area("Overview", film.overview, key=f"{key}_text", height=150, persist_state="page",
                         help="Change it, then press Ctrl + Enter or click elsewhere.")  # fmt: skip
    kept = read_overview(typed or "")
    if kept is None:
        return ""
    words = _strongest(film.changed(kept.text, None), weights, genre)
    taken = st.pills(f"Take out words that count for or against {genre}", words, selection_mode="multi",
                     format_func=plain, key=f"{key}_words_{genre}_{weights.model}", persist_state="page",
                     wrap=True) if words else []  # fmt: skip
    return taken_out(kept.text, taken)


def _strongest(film: Film, weights: Weights, genre: str) -> list[str]:
    """The words that count most, in lower case."""
    effects = effects_of(film, weights, genre, quick=is_long(film, weights))
    strongest = sorted(effects, key=lambda effect: -abs(effect.effect))
    return list(dict.fromkeys(effect.word.lower() for effect in strongest if effect.effect))[:WORDS]


def taken_out(text: str, taken: Sequence[str]) -> str:
    """A text without some words, given in lower case, wherever they occur."""
    return without(text, [word for word in words_of(text) if word.word.lower() in taken])


def _other_poster(film: Film, weights: Weights, genre: str, key: str) -> Image.Image | None:
    """The poster as the visitor wants it; None where it is as it was."""
    image = film.load_image()
    controls, shown = st.columns([3, 2], gap="small")
    with controls:
        across, down = (
            st.slider(f"Keep this part of the poster's {side}", 0, 100, (0, 100), format="%d %%", key=f"{key}_{name}",
                      persist_state="page")
            for side, name in (("width", "across"), ("height", "down"))
        )  # fmt: skip
        hidden = st.checkbox("Hide the hottest places", key=f"{key}_hide", persist_state="page",
                             help=f"What speaks most for {genre}, at most a quarter of the poster, is painted in "
                             "the mean colour.")  # fmt: skip
    if hidden:
        heat = scaled_to(heat_of(film, weights, genre), image)
        image = Image.fromarray(hide(np.asarray(image), hottest(heat)))
    with shown:
        try:
            image = crop(image, box_of(across, down))
        except UserError as error:
            st.warning(plain(str(error)), icon=":material/crop:")
            return None
        st.image(image, width=120, alt="The poster as the model now sees it")
    return image if hidden or (*across, *down) != (0, 100, 0, 100) else None


def box_of(across: tuple[int, int], down: tuple[int, int]) -> tuple[float, float, float, float]:
    """Left, top, right and bottom in 0..1 of two ranges in per cent; a range without width is made a little wider."""
    (left, right), (top, bottom) = ((min(low, 99), max(high, low + 1, 1)) for low, high in (across, down))
    return left / 100, top / 100, min(right, 100) / 100, min(bottom, 100) / 100


def shown_genres(before: np.ndarray, after: np.ndarray, genre: str) -> list[int]:
    """The genre and those that were or are most probable, as the film was."""
    largest = np.argsort(-np.maximum(before, after), kind="stable")
    others = [int(at) for at in largest if GENRES[at] != genre]
    return sorted([GENRES.index(genre), *others[: ROWS - 1]], key=lambda at: -before[at])


def _moved(before: np.ndarray, after: np.ndarray, genre: str) -> str:
    was, now = (float(told[GENRES.index(genre)]) for told in (before, after))
    if np.array_equal(before, after):
        return f"{genre}: **{percent(now)}**. Change something, and see it move."
    return f"{genre}: {percent(was)} before, **{percent(now)}** after ({points(now - was)})."


def _bars(before: np.ndarray, after: np.ndarray, genre: str, model: str) -> go.Figure:
    rows = shown_genres(before, after, genre)
    colour, at = look.colours().model(model), list(range(len(rows)))
    figure = go.Figure()
    for name, told, shift, shade in (("before", before, -0.19, look.see_through(colour, 0.4)),
                                     ("after", after, 0.19, colour)):  # fmt: skip
        figure.add_bar(
            x=[100 * told[row] for row in rows], y=[row + shift for row in at], orientation="h", width=0.34, name=name,
            marker={"color": shade}, showlegend=False, yaxis="y",
            hovertemplate=[f"{GENRES[row]} {name}: {percent(told[row])}<extra></extra>" for row in rows],
        )  # fmt: skip
    figure.add_scatter(x=[None], y=[None], yaxis="y2", showlegend=False)  # an axis without a trace is not drawn
    figure.update_xaxes(range=[0, 100], tickvals=[0, 50, 100], ticktext=["0", "50", "100 %"], fixedrange=True)
    axis = {"tickvals": at, "range": [len(rows) - 0.4, -0.6], "showgrid": False, "fixedrange": True}
    labels = [f"{percent(before[row])} → {percent(after[row])}" for row in rows]
    figure.update_layout(
        yaxis={**axis, "ticktext": [GENRES[row] for row in rows], "ticklabelstandoff": 6},
        yaxis2={**axis, "ticktext": labels, "overlaying": "y", "side": "right", "ticklabelstandoff": 10},
    )
    return figure


def _in_words(before: np.ndarray, after: np.ndarray, genre: str) -> str:
    rows = [f"{GENRES[at]} {percent(before[at])} and {percent(after[at])}" for at in shown_genres(before, after, genre)]
    return f"Probabilities before and after the change: {listed(rows)}."
