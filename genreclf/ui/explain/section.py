"""The section "Why?" below the predictions on Compare and Try your own: what a prediction is based on."""

from collections.abc import Callable, Sequence

import streamlit as st

from genreclf.errors import UserError
from genreclf.models import SPECS, model_label
from genreclf.predict.film import FilmPrediction
from genreclf.ui.choice import remembered
from genreclf.ui.explain import nearest, poster, sides, what_if, words
from genreclf.ui.explain.film import Film
from genreclf.ui.serving import visitor
from genreclf.ui.text import plain
from genreclf.units import percent
from genreclf.weights.folder import Weights

View = Callable[[Film, Weights, str, str], None]
VIEWS: dict[str, View] = {
    "Poster": poster.show,
    "Words": words.show,
    "Poster vs. overview": sides.show,
    "Similar films": nearest.show,
    "What if": what_if.show,
}


@st.fragment
def show(film: Film, predictions: Sequence[FilmPrediction], key: str, about: str = "") -> None:
    """Draw the section: the choice of a model, a genre and a view; only the chosen view is computed.

    It opens on the most probable genre of the first model if that combines others, which visitors ask about first.

    Args:
        film: the film to explain.
        predictions: what the models shown above predict for it, in their order.
        key: prefix of the elements' keys, different on each page.
        about: names the film; a genre chosen for one film is not kept for another.
    """
    st.header("Why?", anchor=False)
    by_model = {prediction.weights.model: prediction for prediction in predictions}
    first = next(iter(by_model))
    choices = st.container(horizontal=True, gap="medium")
    with choices:
        model = st.pills("Model", list(by_model), default=first if SPECS[first].parts else None, key=f"{key}_model",
                         format_func=model_label, persist_state="session", wrap=True)  # fmt: skip
    if model is None:
        st.write("Choose a model to see which regions and words it relies on, and what would change its prediction.")
        return
    prediction, views = by_model[model], views_of(model)
    if not views:
        st.info(
            f"{prediction.label} gives every film the same prediction, so nothing in this film can change it.",
            icon=":material/functions:",
        )
        return
    labels = genre_labels(prediction, film.genres)
    genres = list(labels)
    with choices:
        genre = st.selectbox("Why, or why not", genres, format_func=labels.__getitem__, width=260,
                             **remembered(f"{key}_genre", genres, genres[0], about))  # fmt: skip
    st.markdown(summary(prediction, genre, film.genres))
    default = "Words" if film.load_poster is None and "Words" in views else views[0]
    view = st.pills("View", views, default=default, required=True, key=f"{key}_view", persist_state="session",
                    wrap=True)  # fmt: skip
    try:
        with visitor.turn():
            VIEWS[view](film, prediction.weights, genre, key)
    except UserError as error:
        st.warning(plain(str(error)), icon=":material/warning:")


def views_of(model: str) -> list[str]:
    """The views that have something to show for a model."""
    spec = SPECS[model]
    has = {
        "Poster": spec.uses_poster,
        "Words": spec.uses_overview,
        "Poster vs. overview": bool(spec.parts),
        "Similar films": not spec.is_baseline,
        "What if": spec.uses_poster or spec.uses_overview,
    }
    return [view for view in VIEWS if has[view]]


def genre_labels(prediction: FilmPrediction, true_genres: Sequence[str]) -> dict[str, str]:
    """All genres, the most probable first, each with a label: its probability, and whether it is a true one."""
    return {
        each.genre: f"{each.genre} · {percent(each.probability)}{' · true' * (each.genre in true_genres)}"
        for each in prediction.top(None)
    }


def summary(prediction: FilmPrediction, genre: str, true_genres: Sequence[str]) -> str:
    """A genre's probability, whether the model picks it, and whether that is right: a sentence."""
    (found,) = (each for each in prediction.top(None) if each.genre == genre)
    verb = "reaches" if found.chosen else "is below"
    sentence = f"{prediction.label} gives {plain(genre)} **{percent(found.probability)}**, which {verb} its threshold"
    if true_genres:
        sentence += f"; it {'is' if genre in true_genres else 'is not'} a true genre of this film"
    return f"{sentence}."
