"""Compare: one film, its true genres beside those that the models predict."""

import numpy as np
import streamlit as st

from genreclf.data.thumbnails import blank_tile
from genreclf.data.twins import with_twin
from genreclf.errors import UserError
from genreclf.evaluation.wording import SPLITS
from genreclf.models import left_out
from genreclf.predict.film import catalogue_image
from genreclf.ui import data, frame, results
from genreclf.ui.explain import section
from genreclf.ui.explain.film import catalogue_film
from genreclf.ui.film_picker import pick_film
from genreclf.ui.text import plain, warn

HINTS = {
    "test": "No model was trained or tuned on this film, so the comparison is fair.",
    "val": "No model was trained on this film, but thresholds and the best epoch were chosen on validation films.",
    "train": "The models were trained on this film and may have memorised it. A test film allows a fair comparison.",
    "twin": "A training film has the same poster or nearly the same overview, so the models may have memorised it.",
    "other": "This data set trains models on this film, but those below were trained on another data set.",
}


def main() -> None:
    warned: set[str] = set()

    def warn_once(error: UserError) -> None:
        """A damaged poster is one error for each model that uses it."""
        if str(error) not in warned:
            warned.add(str(error))
            warn(error)

    st.title("Compare")
    st.write("Choose a film to see each model's top three genres beside the true ones, and why it predicts them.")

    catalogue = data.current_catalogue()
    position = pick_film(catalogue)
    film = catalogue.films.iloc[position]
    frame.name_page(catalogue.display_name(position))
    available = data.available_weights(catalogue)

    poster, facts = st.columns([1, 3], gap="medium")
    with poster:
        try:
            image = catalogue_image(catalogue.poster(film["id"])) if catalogue.has_posters else blank_tile("No poster")
            st.image(image, width=220, alt=f"Poster of {catalogue.display_name(position)}")
        except UserError as error:
            warn_once(error)
    with facts:
        st.header(plain(catalogue.display_name(position)), anchor=False)
        if film["title"]:
            st.caption(f"Film {position + 1:,} of {len(catalogue):,} · {plain(film['id'])}")
        st.text(film["overview"] or "No overview")
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.markdown("**True genres**", width="content")
            for genre in film["genres"]:
                st.markdown(f":green-badge[:material/check: {plain(genre)}]", width="content")
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            split, digests = film["split"], {weights.card.get("data_digest") for weights in available.values()}
            st.badge(f"{SPLITS[split]} film", color="orange" if split == "train" else "gray")
            hint = split
            if digests and catalogue.digest not in digests:
                hint = "other" if split == "train" else split
            elif with_twin(catalogue.twins, np.array([position]), catalogue.in_split("train")).any():
                hint = "twin" if split != "train" else split
            st.caption(HINTS[hint], width="content")

    if not available:
        results.no_weights()
        return

    if sentence := left_out(catalogue):
        st.caption(plain(sentence))
    chosen = results.pick_models(available, "compare_models", catalogue.has_posters, catalogue.has_overviews)
    predictions = data.film_predictions(catalogue, position, chosen, on_error=warn_once)
    if predictions:
        results.show(predictions, film["genres"], key="compare")
        section.show(catalogue_film(catalogue, position), predictions, key="compare_why")
    elif not chosen:
        st.info("Choose a model above to see its predictions.", icon=":material/touch_app:")


frame.run(main)
