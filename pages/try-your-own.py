"""Try your own: predictions for the visitor's own poster, overview, or both, by models trained on real films."""

from functools import partial

import streamlit as st
from PIL import Image

from genreclf.data.posters import PosterError, open_poster, poster_array
from genreclf.errors import UserError
from genreclf.models import SPECS, model_label
from genreclf.predict.film import load_examples, poster_notes, predict_film, read_overview
from genreclf.predict.predictor import load_networks
from genreclf.ui import data, frame, results, upload
from genreclf.ui.explain import section
from genreclf.ui.explain.film import user_film
from genreclf.ui.text import plain, warn
from genreclf.units import listed
from genreclf.weights.folder import known_words

OVERVIEW, EXAMPLE = "try_overview", "try_example"
EXAMPLES = load_examples()


def fill_in(key: str) -> None:
    """Fill in a worked example's overview and use its poster ("" clears both)."""
    st.session_state[OVERVIEW] = EXAMPLES[key].overview if key else ""
    st.session_state[EXAMPLE] = key
    upload.forget()


def remove_poster() -> None:
    """Go on without a poster."""
    st.session_state[EXAMPLE] = ""
    upload.forget()


def choose_poster() -> tuple[Image.Image | None, str]:
    """The uploaded poster, or the example's, with its cache key; draws it, or what is wrong with it."""
    uploaded, example = upload.choose(), EXAMPLES.get(st.session_state.get(EXAMPLE, ""))
    if uploaded is not None:
        st.session_state[EXAMPLE] = ""  # the text is not the whole example any more
        image, name, cache_key = uploaded.image, uploaded.name, uploaded.cache_key
    elif example:
        try:
            image, name, cache_key = open_poster(example.poster), f"{example.name}: an example", ""
        except PosterError:
            st.caption("This example's poster is missing from the sample; its overview is filled in.")
            return None, ""
    else:
        return None, ""
    if image is not None:
        st.image(image, width=200, alt="The poster given to the models")
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.caption(plain(name), width="content")
        st.button("Remove", key="try_remove", type="tertiary", icon=":material/close:", on_click=remove_poster)
    for note in poster_notes(image) if image is not None else ():
        st.info(note, icon=":material/info:")
    return image, cache_key


def main() -> None:
    st.title("Try your own")
    st.write(
        "Upload a poster, type a plot summary, or both, and see which genres the models suggest. Both stay while you "
        "visit other pages, in memory: they are never written to disk, and are forgotten when you press *Start over*, "
        "or a minute after you close the app in your browser."
    )

    available = data.available_weights(None)
    if not available:
        results.no_weights()
        return

    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown("Examples", width="content")
        for key, example in EXAMPLES.items():
            st.button(example.name, key=f"try_example_{key}", icon=":material/auto_stories:", help=example.what,
                      on_click=fill_in, args=(key,))  # fmt: skip
        st.button(
            "Start over", key="try_clear", type="tertiary", icon=":material/backspace:", on_click=fill_in, args=("",)
        )

    about_example = st.container()
    left, right = st.columns(2, gap="medium")
    with left:
        image, cache_key = choose_poster()
    if example := EXAMPLES.get(st.session_state.get(EXAMPLE, "")):
        about_example.caption(
            f"{example.what} The poster was drawn for the sample, and the overview was written for this page."
        )
    with right:
        typed = st.text_area("Overview", key=OVERVIEW, height=170, persist_state="session",
                             placeholder="What is the film about?")  # fmt: skip
        overview = read_overview(typed or "", known_words(available.values()))
        for note in overview.notes:
            st.warning(note, icon=":material/info:")
        if overview.problem and typed and typed.strip():
            st.warning(
                plain(f"The {overview.problem}. Write a sentence or two about the plot."), icon=":material/info:"
            )
        pressed = st.button("Predict genres", key="try_predict", type="primary", icon=":material/category:")

    text = overview.text or None
    if image is None and text is None:
        message = "Nothing to predict from yet: upload a poster, write an overview, or choose one of the examples."
        (st.warning if pressed else st.info)(message, icon=":material/touch_app:")
        return

    chosen = results.pick_models(available, key="try_models")
    given = image is not None, text is not None
    load_networks(chosen, *given)
    predictors = []
    for weights in chosen:
        try:
            if SPECS[weights.model].can_predict(*given):
                predictors.append(data.predictor(weights))
        except UserError as error:
            warn(error)
    predictions = predict_film(predictors, None if image is None else partial(poster_array, image), text)
    others = [model_label(each.model) for each in chosen if not SPECS[each.model].can_predict(*given)]
    gains = [f"to see the predictions of {listed(others)} too"] if others else []
    if with_one_part := [prediction.label for prediction in predictions if prediction.fallback_part]:
        gains.append(f"to let {listed(with_one_part)} use both")
    if gains:  # one of the two inputs is given, so the other one is missing
        what = "Add a poster" if image is None else "Add an overview"
        st.caption(f":material/info: {what} {listed(gains)}.")
    if predictions:
        results.show(predictions, None, key="try")
        section.show(user_film(image, text, cache_key), predictions, key="try_why")


frame.run(main)
