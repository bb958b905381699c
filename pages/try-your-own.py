"""Try your own: predictions for the visitor's own poster, overview, or both, by models trained on real films."""

from collections.abc import Collection
from functools import partial

import streamlit as st
from PIL import Image
from streamlit.delta_generator import DeltaGenerator

from genreclf.data.posters import PosterError, open_poster, poster_array
from genreclf.errors import UserError
from genreclf.genres import GENRES, NUM_GENRES
from genreclf.models import SPECS, model_label
from genreclf.predict.film import load_examples, predict_film
from genreclf.predict.predictor import load_networks
from genreclf.public import is_public, limits
from genreclf.ui import data, frame, results, upload
from genreclf.ui.explain import section
from genreclf.ui.explain.film import user_film
from genreclf.ui.serving import visitor
from genreclf.ui.text import plain, warn
from genreclf.units import listed
from genreclf.weights.folder import Weights, known_words

OVERVIEW, EXAMPLE = "try_overview", "try_example"
EXAMPLES = load_examples()
OWN, SHIPPED = "own", "shipped"
POSTER_WIDTH = 84  # pixels


def fill_in(key: str) -> None:
    """Fill in a worked example's overview and use its poster ("" clears both)."""
    st.session_state.pop(OVERVIEW, None)  # Streamlit would keep what was typed before until the next click
    st.session_state[OVERVIEW] = EXAMPLES[key].overview if key else ""
    st.session_state[EXAMPLE] = key
    upload.forget("try")


def remove_poster() -> None:
    """Go on without a poster."""
    st.session_state[EXAMPLE] = ""
    upload.forget("try")


def choose_poster() -> tuple[Image.Image | None, str]:
    """The uploaded poster, or the example's, with its cache key; draws it, or what is wrong with it."""
    with st.container(horizontal=True, wrap=False, gap="small", key="try_poster"):
        about = st.container(gap="xsmall")
        with about:
            uploaded, example = upload.choose("try"), EXAMPLES.get(st.session_state.get(EXAMPLE, ""))
            if uploaded is not None:
                st.session_state[EXAMPLE] = ""  # the text is not the whole example any more
                image, name, cache_key = uploaded.image, uploaded.name, uploaded.cache_key
            elif example:
                try:
                    image, name, cache_key = open_poster(example.poster), "The example's poster", ""
                except PosterError:
                    st.caption("This example's poster is missing from the sample; its overview is filled in.")
                    return None, ""
            else:
                return None, ""
            with st.container(horizontal=True, gap="small", vertical_alignment="center"):
                st.caption(plain(name), width="content")
                st.button("Remove", key="try_remove", type="tertiary", icon=":material/close:", on_click=remove_poster)
        if image is not None:
            st.image(image, width=POSTER_WIDTH, alt="The poster given to the models")
    if image is not None:
        upload.show_notes(image)
    return image, cache_key


def write_overview(vocabulary: Collection[str]) -> tuple[str | None, bool]:
    """The overview that the models read, if any, and whether the button was pressed; draws what is wrong with it."""
    typed = st.text_area("Overview", key=OVERVIEW, height=104, persist_state="session",
                         placeholder="What is the film about?",
                         max_chars=visitor.most_characters())  # fmt: skip
    text = upload.read_typed(typed or "", vocabulary)
    return text, st.button("Predict genres", key="try_predict", type="primary", icon=":material/category:")


def choose_weights() -> dict[str, Weights]:
    """The models that answer: those for real films, or those that were trained on the chosen data set's own genres."""
    try:
        catalogue = data.current_catalogue()
        own = data.own_weights(catalogue)
    except UserError:  # the data set cannot be used; this page needs none
        return data.available_weights(None)
    if not own:
        if catalogue.genres != GENRES:
            st.caption(plain(
                f"These models learned from IMDb films and answer in their {NUM_GENRES} genres. "
                + ("No model here knows those of the chosen data set." if is_public() else
                   "For the genres of the chosen data set, train a model on it and press Use in the app.")
            ))  # fmt: skip
        return data.available_weights(None)
    count, name = len(next(iter(own.values())).genres), data.current_source().label
    labels = {OWN: f"{name} ({count} genres)", SHIPPED: f"IMDb films ({NUM_GENRES} genres)"}
    chosen = st.segmented_control(
        "Models trained on", list(labels), required=True, default=OWN, format_func=labels.__getitem__,
        key="try_trained_on", persist_state="session",
    )  # fmt: skip
    return own if chosen == OWN else data.available_weights(None)


def main() -> None:
    st.title("Try your own")
    st.caption("Upload a poster, type a plot summary, or both.")
    available = choose_weights()
    if not available:
        results.no_weights("Each model's top three genres will appear here as bars.")
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="try_examples"):
        for key, example in EXAMPLES.items():
            st.button(example.name, key=f"try_example_{key}", help=example.what, on_click=fill_in, args=(key,))
        st.button("Start over", key="try_clear", type="tertiary", icon=":material/backspace:", on_click=fill_in,
                  args=("",))  # fmt: skip

    given, answer = st.columns(2, gap="medium")
    with given:
        image, cache_key = choose_poster()
        text, pressed = write_overview(known_words(available.values()))
    if image is None and text is None:
        message = "Nothing to predict from yet: upload a poster, write an overview, or choose one of the examples."
        (answer.warning if pressed else answer.info)(message, icon=":material/touch_app:")
    else:
        show_answers(available, image, cache_key, text, answer)
    away = f", when you do nothing for {limits().idle_minutes:g} minutes," if is_public() else ""
    st.caption(
        "Poster and text stay while you visit other pages, in memory: they are never written to disk, and are "
        f"forgotten when you press *Start over*{away} or a minute after you close the app in your browser."
    )


def show_answers(
    available: dict[str, Weights], image: Image.Image | None, cache_key: str, text: str | None, beside: DeltaGenerator
) -> None:
    """Draw the models' predictions for what is given, the first one ``beside`` it, and why they predict them."""
    chosen = results.pick_models(available, key="try_models")
    given = image is not None, text is not None
    with beside, visitor.turn():
        load_networks(chosen, *given)
        predictors = []
        for weights in chosen:
            try:
                if SPECS[weights.model].can_predict(*given):
                    predictors.append(data.predictor(weights))
            except UserError as error:
                warn(error)
        if not chosen:
            st.info("Choose a model below to see its predictions.", icon=":material/touch_app:")
        predictions = predict_film(predictors, None if image is None else partial(poster_array, image), text)
    predictions = results.fusion_first(predictions)
    place = beside.container()
    key = st.session_state.get(EXAMPLE, "")
    if example := EXAMPLES.get(key):
        beside.caption(
            f"{example.what} The poster was drawn for the sample, and the overview was written for this page."
        )
    others = [model_label(each.model) for each in chosen if not SPECS[each.model].can_predict(*given)]
    gains = [f"to see the predictions of {listed(others)} too"] if others else []
    if with_one_part := [prediction.label for prediction in predictions if prediction.fallback_part]:
        gains.append(f"to let {listed(with_one_part)} use both")
    if gains:  # one of the two inputs is given, so the other one is missing
        what = "Add a poster" if image is None else "Add an overview"
        beside.caption(f":material/info: {what} {listed(gains)}.")
    if predictions:
        results.show(predictions, None, "try", beside=place)
        section.show(user_film(image, text, cache_key), predictions, key="try_why", about=key)


frame.run(main)
