"""Step "fooling" of the lesson: a plot and a poster of the visitor's own that models get wrong."""

from dataclasses import asdict
from functools import partial
from typing import Any

import streamlit as st
from PIL import Image

from genreclf.data.posters import PosterError, open_poster, poster_array
from genreclf.genres import GENRES
from genreclf.lesson.fooling import MODELS, PLOTS, Guess, guess_of, summary, tally, telling_words
from genreclf.models import SPECS, model_label
from genreclf.predict.film import UNFAMILIAR, load_examples, predict_film
from genreclf.predict.predictor import load_networks
from genreclf.ui import data, look, results, upload
from genreclf.ui.lesson import progress
from genreclf.ui.serving import visitor
from genreclf.ui.text import plain
from genreclf.units import listed, percent
from genreclf.weights.folder import Weights, known_words

PLACE = "lesson_fooling"  # of this uploader, and the prefix of keys
TEXT, GENRE, POSTER = f"{PLACE}_text", f"{PLACE}_genre", f"{PLACE}_poster"
NONE, OWN = "none", "own"
POSTERS = {NONE: "None", "horror": "Horror", "comedy": "Comedy", OWN: "Your own"}  # by example
POSTER_WIDTH = 84  # pixels
TRIES = 30  # that are kept
PLACES = ("first", "second", "third")


def before(answer: float | str | None) -> None:
    """Nothing is needed to answer the question."""


def after(answer: float | str) -> list[str]:
    """Draw the form and what the models guessed of the last film; returns who was fooled."""
    found = data.available_weights(None)
    available = {model: found[model] for model in MODELS if model in found}
    if not available:
        results.no_weights("The models' guesses will appear here.")
        return []
    note = progress.current().note("fooling")
    film, answers = st.columns(2, gap="medium")
    with film:
        image, text = _write(available)
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            genre = st.selectbox("Which genre would anybody give it?", GENRES, index=None, key=GENRE,
                                 width="stretch", persist_state="session", placeholder="Choose a genre")  # fmt: skip
            pressed = st.button("Ask the models", key=f"{PLACE}_ask", type="primary", icon=":material/psychology_alt:")
        st.caption(
            ":material/bolt: Live, with the models for real films; the two posters to choose from are drawn. Your plot "
            "and poster are never written to disk."
        )
    with answers:
        if pressed and image is None and text is None:
            st.warning("Write a plot, or choose a poster, first.", icon=":material/touch_app:")
        elif pressed and genre is None:
            st.warning("Choose the genre that anybody would give it, too.", icon=":material/touch_app:")
        elif pressed:
            note["tries"] = [*note.get("tries", ()), _ask(available, image, text, genre)][-TRIES:]
        if not note.get("tries"):
            st.info("The models’ first guesses will appear here. Start with one of the plots, then write a better one.",
                    icon=":material/theater_comedy:")  # fmt: skip
            return []
        return _show(note["tries"])


def _write(available: dict[str, Weights]) -> tuple[Image.Image | None, str | None]:
    """Draw what the film is made of; returns its poster and its overview, each None if there is none."""
    with st.container(horizontal=True, gap="small", key=f"{PLACE}_plots"):
        for key, plot in PLOTS.items():
            st.button(plot.name, key=f"{PLACE}_plot_{key}", on_click=_fill_in, args=(key,))
    typed = st.text_area("Your plot", key=TEXT, height=104, persist_state="session",
                         max_chars=visitor.most_characters(),
                         placeholder="What happens in your film? Or begin with one of these plots.")  # fmt: skip
    text = upload.read_typed(typed or "", known_words(available.values()))
    chosen = st.segmented_control("Poster", list(POSTERS), default=NONE, required=True, key=POSTER,
                                  format_func=POSTERS.__getitem__, persist_state="session")  # fmt: skip
    image = None
    if chosen == OWN:
        uploaded = upload.choose(PLACE)
        image = uploaded.image if uploaded else None
    elif chosen != NONE:
        try:
            image = open_poster(load_examples()[chosen].poster)
        except PosterError:
            st.caption("This poster is missing from the sample.")
    if image is not None:
        st.image(image, width=look.pixels(POSTER_WIDTH), alt="The poster given to the models")
        upload.show_notes(image)
    return image, text


def _fill_in(key: str) -> None:
    """Fill in a plot to start with, and its genre."""
    st.session_state[TEXT], st.session_state[GENRE] = PLOTS[key].text, PLOTS[key].genre


def _ask(available: dict[str, Weights], image: Image.Image | None, text: str | None, genre: str) -> dict[str, Any]:
    """What the models guess of a film, to be kept: plain values, without the poster and the plot."""
    with st.spinner("Asking the models…"):
        given = image is not None, text is not None
        able = [weights for weights in available.values() if SPECS[weights.model].can_predict(*given)]
        load_networks(able, *given)
        predictors = [data.predictor(weights) for weights in able]
        predictions = predict_film(predictors, None if image is None else partial(poster_array, image), text)
        guesses = []
        for prediction, predictor in zip(predictions, predictors, strict=True):
            guess = guess_of(prediction, genre)
            if guess.model == "lstm" and guess.is_fooled and text:
                guess = guess_of(prediction, genre, telling_words(predictor, text, guess.genre))
            guesses.append(asdict(guess))
    unfamiliar = any(prediction.unfamiliar for prediction in predictions)
    return {"poster": given[0], "plot": given[1], "genre": genre, "guesses": guesses, "unfamiliar": unfamiliar}


def _show(tries: list[dict[str, Any]]) -> list[str]:
    """Draw the models' verdicts on the last film; returns sentences on it and on all films."""
    last = tries[-1]
    genre, guesses = last["genre"], {each["model"]: Guess(**each) for each in last["guesses"]}
    st.markdown(f"**{plain(genre)}** for you. The models:")
    for model in MODELS:
        with st.container(border=True, gap="xxsmall", key=f"{PLACE}_answer_{model}"):
            _verdict(model, guesses.get(model), genre)
    if "fusion" in guesses and not (last["poster"] and last["plot"]):
        had, lacking = ("poster", "plot") if last["poster"] else ("plot", "poster")
        st.caption(f"Fusion went by the {had} alone. Add a {lacking} and ask again: does it change its mind?")
    if last["unfamiliar"]:
        st.caption(f":material/warning: {UNFAMILIAR}")
    seen = [summary(guesses.values(), genre)]
    for guess in guesses.values():
        if guess.words:
            seen.append(f"For {model_label(guess.model)}, {_words(guess)} spoke most for {plain(guess.genre)}.")
    every = [[Guess(**each) for each in attempt["guesses"]] for attempt in tries]
    return [*seen, *([tally(every)] if len(every) > 1 else [])]


def _verdict(model: str, guess: Guess | None, genre: str) -> None:
    """Draw whether a model was fooled, and by what."""
    label = model_label(model)
    if guess is None:
        st.markdown(f"**{label}** needs {'a poster' if SPECS[model].input == 'poster' else 'a plot'}.")
        return
    badge = ":green-badge[:material/check: Fooled]" if guess.is_fooled else ":gray-badge[Not fooled]"
    st.markdown(f"**{label}** · first guess **{plain(guess.genre)}** {percent(guess.probability)} {badge}")
    if guess.is_fooled:
        place = PLACES[guess.place - 1] if guess.place <= len(PLACES) else f"number {guess.place}"
        because = f" {_words(guess)} spoke most for {plain(guess.genre)}." if guess.words else ""
        st.caption(f"{plain(genre)} is {place}, with {percent(guess.person_probability)}.{because}")


def _words(guess: Guess) -> str:
    """The words that misled a model, in quotation marks."""
    return listed([f"“{plain(word)}”" for word in guess.words])
