"""The films on Home: one with its true genres and a model's top three beside them, and the posters of a few more."""

import random
from html import escape

import numpy as np
import streamlit as st

from genreclf.data.catalogue import Catalogue
from genreclf.data.thumbnails import thumbnails
from genreclf.evaluation.predictions import is_trained_on
from genreclf.evaluation.stored import stored_predictions
from genreclf.models import model_label
from genreclf.predict.film import FilmPrediction
from genreclf.ui import data, frame, look
from genreclf.ui.home.bars import show_bars
from genreclf.ui.text import plain, show_true_genres
from genreclf.ui.thumbnails import COMPARE_PAGE, compare_address, film_name, poster_wall
from genreclf.units import listed, percent
from genreclf.weights.folder import Weights

MORE = 5  # posters, a row
OVERVIEW = 220  # characters
_NUMBERS = ("none", "one", "two", "three")
_ELSEWHERE = "The models learned from another data set."
_FAIR = {
    "test": "No model learned from this film.",
    "val": "The models were tuned on this film.",
    "train": "The models learned from this film.",
}


def show(catalogue: Catalogue) -> None:
    """Draw the film of this visit, answered if the predictions of a model are stored; none is loaded here."""
    position = _positions(catalogue)[0]
    row, name = catalogue.films.iloc[position], film_name(catalogue, position)
    with st.container(horizontal=True, gap="medium", wrap=False, key=f"film-{position}"):
        with st.container(key="home_poster"):
            st.image(thumbnails(catalogue, [row["id"]])[0], width="stretch", alt=f"Poster of {name}")
        with st.container(gap="small"):
            st.header(plain(name), anchor=False)
            _overview(row["overview"])
            show_true_genres(row["genres"], "home_true_genres", "True genres")
            prediction = _prediction(catalogue, position)
            if prediction:
                fair = _FAIR[row["split"]] if is_trained_on(prediction.weights, catalogue) else _ELSEWHERE
                _show_answer(prediction, row["genres"], fair)
            can_ask = bool(prediction or _available(catalogue))
            if not can_ask:
                st.caption(plain(f"No model knows the {len(catalogue.genres):,} genres of these films yet."))
            with st.container(horizontal=True, gap="small", key="home_links"):
                if can_ask:
                    label = "Why? Ask all models" if prediction else "Ask the models"
                    st.page_link(COMPARE_PAGE, label=label, icon=":material/compare:",
                                 query_params=compare_address(row["id"]))  # fmt: skip
                else:
                    frame.link_to_training("Train a model")
                st.page_link("pages/try-your-own.py", label="Try your own", icon=":material/upload:")
                st.page_link("pages/lesson.py", label="Take the lesson", icon=":material/school:")


def show_more(catalogue: Catalogue) -> None:
    """Draw the posters of a few other films."""
    if others := _positions(catalogue)[1:]:
        st.header("More films to ask about")
        poster_wall(catalogue, others)


def _positions(catalogue: Catalogue) -> list[int]:
    """The films of this visit, chosen at random: test films, on which the comparison is fair, if there are any."""
    visit = frame.visit("films")
    if visit.get("digest") != catalogue.digest:
        films = catalogue.in_split("test") if len(catalogue.in_split("test")) else np.arange(len(catalogue))
        chosen = random.sample([int(film) for film in films], min(len(films), 1 + MORE))
        visit.update(digest=catalogue.digest, positions=chosen)
    return visit["positions"]


def _prediction(catalogue: Catalogue, position: int) -> FilmPrediction | None:
    """The stored prediction of fusion, else of the best other model; None where no model's are stored.

    Models trained on the genres of this very data set are few and were just made, so they are asked.
    """
    best_first = sorted(
        _available(catalogue).values(),
        key=lambda each: (each.model != "fusion", (each.card["metrics"].get("test") or {}).get("bce", np.inf)),
    )
    for weights in best_first:
        stored = stored_predictions(catalogue, weights)
        if stored is not None and np.isfinite(stored[position]).all():  # it is not where the film lacks an input
            return FilmPrediction(weights, stored[position])
    own = data.own_weights(catalogue, on_error=lambda error: None)
    for weights in best_first:
        if weights.model in own and (found := data.film_predictions(catalogue, position, [weights], lambda _: None)):
            return found[0]
    return None


def _available(catalogue: Catalogue) -> dict[str, Weights]:
    return data.available_weights(catalogue, on_error=lambda error: None)  # Compare and Evaluate report it


def _overview(text: str) -> None:
    """The beginning of an overview; on a phone a few lines of it (see ``page.css``)."""
    if text:
        cut = text if len(text) <= OVERVIEW else text[:OVERVIEW].rsplit(" ", 1)[0] + " …"
        st.html(f'<p class="overview">{escape(cut)}</p>')


def _show_answer(prediction: FilmPrediction, true_genres: list[str], fair: str) -> None:
    """The model's top three as bars, and how many of the true genres are among them."""
    label, top, colours = model_label(prediction.weights.model), prediction.top(), look.colours()
    st.markdown(f"**{label}'s top {_NUMBERS[len(top)]}**")
    rows = [
        (each.genre, each.probability, percent(each.probability), each.genre in true_genres) for each in top
    ]  # fmt: skip
    show_bars(rows, colours.model(prediction.weights.model))
    found = [each.genre for each in top if each.genre in true_genres]
    unknown = [genre for genre in true_genres if genre not in prediction.weights.genres]
    missed = [genre for genre in true_genres if genre not in (*found, *unknown)]
    hits = f"Right: {listed(found)}." if found else "None of the true genres is among them." if missed else ""
    hits += f" Missed: {listed(missed)}." if found and missed else ""
    hits += f" {label} does not know {listed(unknown, 'or')}." if unknown else ""
    first = f" The first guess, {top[0].genre}, is wrong." if found and top[0].genre not in true_genres else ""
    st.caption(plain(f"{hits}{first} {fair}".strip()))
