"""Compare: one film, its true genres beside what the models say."""

import streamlit as st

from genreclf.errors import UserError
from genreclf.predict.film import catalogue_image
from genreclf.ui import data, frame, results
from genreclf.ui.explain import section
from genreclf.ui.explain.film import catalogue_film
from genreclf.ui.film_picker import pick_film
from genreclf.ui.text import plain

SPLITS = {"train": "Train split", "val": "Validation split", "test": "Test split"}
HINTS = {
    "test": "No model has seen this film: the fair comparison.",
    "val": "No model was trained on this film, but thresholds and the best epoch were chosen on films like it.",
    "train": "The models were trained on this film, so they may have memorised it; a test film is the fair comparison.",
    "elsewhere": "Models trained on this data set learn from this film; those below were trained on another data set.",
}


def main() -> None:
    shown: set[str] = set()

    def warn(error: UserError) -> None:
        """Show what is wrong with a poster once, though several models use it."""
        if str(error) not in shown:
            shown.add(str(error))
            st.warning(plain(str(error)), icon=":material/warning:")

    st.title("Compare")
    st.write("Choose a film and see each model's top three genres beside the true ones, and why.")

    catalogue = data.current_catalogue()
    position = pick_film(catalogue)
    film = catalogue.films.iloc[position]
    available = data.available_weights(catalogue)

    poster, facts = st.columns([1, 3], gap="medium")
    with poster:
        try:
            image = catalogue_image(catalogue.poster_path(film["id"]))
            st.image(image, width=220, alt=f"Poster of {catalogue.display_name(position)}")
        except UserError as error:
            warn(error)
    with facts:
        st.subheader(plain(catalogue.display_name(position)), anchor=False)
        if film["title"]:
            st.caption(f"Film {position + 1:,} of {len(catalogue):,} · {plain(film['id'])}")
        st.text(film["overview"])
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.markdown("**True genres**", width="content")
            for genre in film["genres"]:
                st.badge(plain(genre), color="green", icon=":material/check:")
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.badge(SPLITS[film["split"]], color="orange" if film["split"] == "train" else "gray")
            seen_here = any(weights.card.get("data_digest") == catalogue.digest for weights in available.values())
            is_elsewhere = film["split"] == "train" and available and not seen_here
            st.caption(HINTS["elsewhere" if is_elsewhere else film["split"]], width="content")

    if not available:
        results.no_weights()
        return

    chosen = results.pick_models(available, key="compare_models")
    answers = data.film_predictions(catalogue, position, chosen, on_error=warn)
    if answers:
        results.show(answers, film["genres"], key="compare")
        section.show(catalogue_film(catalogue, position), answers, key="compare_why")
    elif not chosen:
        st.info("Choose a model above to see its answer.", icon=":material/touch_app:")


frame.run(main)
