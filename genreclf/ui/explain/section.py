"""Why a model says what it says: the section below the answers on Compare and Try your own."""

from collections.abc import Callable, Sequence

import streamlit as st

from genreclf.errors import UserError
from genreclf.models import SPECS, model_label
from genreclf.predict.film import FilmPrediction
from genreclf.ui.explain import nearest, poster, sides, what_if, words
from genreclf.ui.explain.film import Film
from genreclf.ui.text import plain
from genreclf.units import percent
from genreclf.weights.folder import Weights

View = Callable[[Film, Weights, str, str], None]
VIEWS: dict[str, View] = {
    "Poster": poster.show,
    "Words": words.show,
    "Both sides": sides.show,
    "Nearest films": nearest.show,
    "What if": what_if.show,
}


@st.fragment
def show(film: Film, answers: Sequence[FilmPrediction], key: str) -> None:
    """Draw the section: a model and a genre to choose, then what its answer rests on; only what is shown is computed.

    Args:
        film: whose genres are explained.
        answers: what the models that are shown say about it.
        key: of the elements, different on each page.
    """
    st.subheader("Why?", anchor=False)
    st.write("Choose a model, and see what it looked at, which words counted, and what would change its answer.")
    by_model = {answer.weights.model: answer for answer in answers}
    choices = st.container(horizontal=True, gap="medium")
    with choices:
        model = _choose("Model", list(by_model), f"{key}_model", format_func=model_label)
    if model is None:
        return
    answer = by_model[model]
    views = views_of(model)
    if not views:
        st.info(
            f"{answer.label} says of every film how frequent each genre is: nothing in this film moves it.",
            icon=":material/functions:",
        )
        return
    with choices:
        genre = _choose_genre(genres_of(answer, film.genres), f"{key}_genre")
    st.markdown(in_short(answer, genre, film.genres))
    view = _choose("Look at", views, f"{key}_view", required=True)
    try:
        VIEWS[view](film, answer.weights, genre, key)
    except UserError as error:
        st.warning(plain(str(error)), icon=":material/warning:")


def views_of(model: str) -> list[str]:
    """The views that a model has something to show in."""
    spec = SPECS[model]
    possible = {
        "Poster": spec.uses_poster,
        "Words": spec.uses_overview,
        "Both sides": bool(spec.parts),
        "Nearest films": not spec.is_baseline,
        "What if": spec.uses_poster or spec.uses_overview,
    }
    return [view for view in VIEWS if possible[view]]


def genres_of(answer: FilmPrediction, true_genres: Sequence[str]) -> list[str]:
    """The genres to ask about: the model's top three, then the true ones that are not among them."""
    top = [prediction.genre for prediction in answer.top()]
    return [*top, *(genre for genre in true_genres if genre not in top)]


def in_short(answer: FilmPrediction, genre: str, true_genres: Sequence[str]) -> str:
    """A model's probability of a genre, whether it chooses it, and whether that is right: a sentence."""
    told = next(prediction for prediction in answer.top(25) if prediction.genre == genre)
    verb = "reaches" if told.chosen else "is below"
    said = [f"{answer.label} gives {genre} **{percent(told.probability)}**, which {verb} its threshold"]
    if true_genres:
        said.append(f"it {'is' if genre in true_genres else 'is not'} a true genre of this film")
    return f"{'; '.join(said)}."


def _choose(
    label: str, options: list[str], key: str, required: bool = False, format_func: Callable[[str], str] = str
) -> str | None:
    """One of a few, by a click; it stays while it is offered, else it is the first again, or none."""
    return st.pills(label, options, default=options[0] if required else None, required=required, key=key,
                    format_func=format_func, persist_state="session", wrap=True)  # fmt: skip


def _choose_genre(genres: list[str], key: str) -> str:
    """One of the genres: the one that was clicked last where it is among them, else the most probable."""
    clicked = st.session_state.get(_clicked(key))
    st.session_state[key] = clicked if clicked in genres else genres[0]
    return st.pills("Genre", genres, required=True, key=key, on_change=_keep_click, args=(key,), wrap=True)


def _keep_click(key: str) -> None:
    st.session_state[_clicked(key)] = st.session_state[key]


def _clicked(key: str) -> str:
    return f"{key}_clicked"
