"""Try your own: predictions for the visitor's own poster, overview, or both, by models trained on real films."""

from functools import partial

import streamlit as st
from PIL import Image

from genreclf.data.posters import MAX_BYTES, PosterError, open_poster, poster_array
from genreclf.errors import UserError
from genreclf.models import model_label
from genreclf.predict.film import load_examples, poster_notes, predict_film, read_overview, read_poster
from genreclf.ui import data, frame, results
from genreclf.ui.explain import section
from genreclf.ui.explain.film import image_key, user_film
from genreclf.ui.text import plain, warn
from genreclf.units import listed

OVERVIEW, UPLOADS, EXAMPLE = "try_overview", "try_uploads", "try_example"
EXAMPLES = load_examples()
IMAGE_TYPES = ("jpg", "jpeg", "png", "webp")


def fill_in(key: str) -> None:
    """Fill in a worked example's overview and use its poster ("" clears both)."""
    st.session_state[OVERVIEW] = EXAMPLES[key].overview if key else ""
    st.session_state[EXAMPLE] = key
    st.session_state[UPLOADS] = st.session_state.get(UPLOADS, 0) + 1  # a new uploader, as its file cannot be removed


@st.cache_data(scope="session", max_entries=3, show_spinner="Reading the poster…")
def open_upload(file_id: str, _content: bytes) -> tuple[Image.Image, str]:
    """An uploaded file as an image with its cache key, decoded once and stored in this visitor's session only."""
    image = read_poster(_content)
    return image, image_key(image)


def choose_poster() -> tuple[Image.Image | None, str]:
    """The uploaded poster, or the example's, with its cache key; shows an error if the file cannot be used."""
    uploaded = st.file_uploader("Poster", IMAGE_TYPES, key=f"try_poster_{st.session_state.get(UPLOADS, 0)}",
                                max_upload_size=MAX_BYTES // 10**6,
                                help="JPEG, PNG or WebP. Without it, only overview models predict.")  # fmt: skip
    try:
        if uploaded is not None:
            return open_upload(uploaded.file_id, uploaded.getvalue())
        if example := EXAMPLES.get(st.session_state.get(EXAMPLE, "")):
            return open_poster(example.poster), ""
    except UserError as error:
        st.error(plain(str(error)), icon=":material/broken_image:")
    except PosterError:
        st.caption("This example's poster is missing from the sample; its overview is filled in.")
    return None, ""


def main() -> None:
    st.title("Try your own")
    st.write(
        "Upload a poster, type a plot summary, or both, and see which genres the models suggest. Nothing you upload or "
        "type is stored: it stays in memory while the page is open and is never written to disk."
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

    if example := EXAMPLES.get(st.session_state.get(EXAMPLE, "")):
        st.caption(f"{example.what} The poster was drawn for the sample, and the overview was written for this page.")

    left, right = st.columns(2, gap="medium")
    with left:
        image, cache_key = choose_poster()
        if image is not None:
            st.image(image, width=200, alt="The poster given to the models")
            for note in poster_notes(image):
                st.info(note, icon=":material/info:")
    with right:
        typed = st.text_area("Overview", key=OVERVIEW, height=170, placeholder="What is the film about?")
        overview = read_overview(typed or "", data.vocabulary(available))
        for note in overview.notes if overview else ():
            st.warning(note, icon=":material/info:")
        pressed = st.button("Predict genres", key="try_predict", type="primary", icon=":material/category:")

    if image is None and overview is None:
        message = "Nothing to predict from yet: upload a poster, write an overview, or choose one of the examples."
        (st.warning if pressed else st.info)(message, icon=":material/touch_app:")
        return

    chosen = results.pick_models(available, key="try_models")
    predictors = []
    for weights in chosen:
        try:
            predictors.append(data.predictor(weights))
        except UserError as error:
            warn(error)
    text = overview.text if overview else None
    predictions = predict_film(predictors, None if image is None else partial(poster_array, image), text)
    predicted = {prediction.weights.model for prediction in predictions}
    others = [model_label(each.spec.name) for each in predictors if each.spec.name not in predicted]
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
