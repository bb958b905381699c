"""The section "Why?" below the predictions on Compare and Try your own: what a prediction is based on."""

from collections.abc import Callable, Sequence

import streamlit as st

from genreclf.errors import UserError
from genreclf.genres import NUM_GENRES
from genreclf.models import SPECS, model_label
from genreclf.predict.film import FilmPrediction
from genreclf.ui.choice import remembered
from genreclf.ui.explain import nearest, poster, sides, what_if, words
from genreclf.ui.explain.film import Film
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
def show(film: Film, predictions: Sequence[FilmPrediction], key: str) -> None:
    """Draw the section: the choice of a model, a genre and a view; only the chosen view is computed.

    Args:
        film: the film to explain.
        predictions: what the models shown above predict for it.
        key: prefix of the elements' keys, different on each page.
    """
    st.header("Why?", anchor=False)
    st.write("Choose a model to see which regions and words it relies on, and what would change its prediction.")
    by_model = {prediction.weights.model: prediction for prediction in predictions}
    choices = st.container(horizontal=True, gap="medium")
    with choices:
        model = st.pills("Model", list(by_model), key=f"{key}_model", format_func=model_label,
                         persist_state="session", wrap=True)  # fmt: skip
    if model is None:
        return
    prediction, views = by_model[model], views_of(model)
    if not views:
        st.info(
            f"{prediction.label} gives every film the same prediction, so nothing in this film can change it.",
            icon=":material/functions:",
        )
        return
    genres = genres_of(prediction, film.genres)
    with choices:
        genre = st.pills("Genre", genres, required=True, wrap=True, **remembered(f"{key}_genre", genres, genres[0]))
    st.markdown(summary(prediction, genre, film.genres))
    view = st.pills("View", views, default=views[0], required=True, key=f"{key}_view", persist_state="session",
                    wrap=True)  # fmt: skip
    try:
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


def genres_of(prediction: FilmPrediction, true_genres: Sequence[str]) -> list[str]:
    """The genres to choose from: the model's top three, then the true ones that are not among them."""
    top = [each.genre for each in prediction.top()]
    return [*top, *(genre for genre in true_genres if genre not in top)]


def summary(prediction: FilmPrediction, genre: str, true_genres: Sequence[str]) -> str:
    """A genre's probability, whether the model picks it, and whether that is right: a sentence."""
    (found,) = (each for each in prediction.top(NUM_GENRES) if each.genre == genre)
    verb = "reaches" if found.chosen else "is below"
    sentence = f"{prediction.label} gives {genre} **{percent(found.probability)}**, which {verb} its threshold"
    if true_genres:
        sentence += f"; it {'is' if genre in true_genres else 'is not'} a true genre of this film"
    return f"{sentence}."
