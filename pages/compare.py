"""Compare: one film, its true genres beside those that the models predict."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import streamlit as st

from genreclf.data.catalogue import Catalogue
from genreclf.data.thumbnails import blank_tile
from genreclf.data.twins import with_twin
from genreclf.errors import UserError
from genreclf.evaluation.predictions import is_trained_on
from genreclf.evaluation.wording import SPLITS
from genreclf.models import SPECS, left_out
from genreclf.predict.film import catalogue_image
from genreclf.public import is_public
from genreclf.ui import corrections, data, frame, guess, look, results
from genreclf.ui.explain import section
from genreclf.ui.explain.film import catalogue_film
from genreclf.ui.film_picker import pick_film
from genreclf.ui.text import plain, show_true_genres, warn
from genreclf.units import listed
from genreclf.weights.folder import Weights, unknown_genres_note

POSTER_WIDTH, LARGE_POSTER = 88, 150  # pixels; the large one while its genres are to be guessed
HINTS = {
    "test": "No model was trained or tuned on this film, so the comparison is fair.",
    "val": "No model was trained on this film, but thresholds and the best epoch were chosen on validation films.",
    "train": "The models were trained on this film and may have memorised it. A test film allows a fair comparison.",
    "twin": "A training film has the same poster or nearly the same overview, so the models may have memorised it.",
    "other": "{models} learned from another data set. If this film is in it, {they} may have memorised it.",
}


def main() -> None:
    warned: set[str] = set()

    def warn_once(error: UserError) -> None:
        """A damaged poster is one error for each model that uses it."""
        if str(error) not in warned:
            warned.add(str(error))
            warn(error)

    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"):
        st.title("Compare", width="content")
        is_guessing = guess.switch()
    st.caption(guess.RULES if is_guessing else "Choose a film to see its true genres and what the models say.")

    catalogue = data.current_catalogue()
    available = data.available_weights(catalogue)
    game = guess.current_game(catalogue) if is_guessing else None
    position = guess.pick_film(game) if is_guessing else pick_film(catalogue, available)
    if position is None:
        if game is not None:
            guess.show_result(game, available)
        return
    film = catalogue.films.iloc[position]
    frame.name_page(catalogue.display_name(position))

    facts, answer = st.columns(2, gap="medium")
    is_hidden = game is not None and game.is_hidden
    with facts:
        show_film(catalogue, position, warn_once, available, is_hidden)
        if game is not None and not is_hidden:
            guess.show_guess(game)
        points = st.container()
    if game is not None and is_hidden:
        with answer:
            guess.ask(game)
        return
    if not available:
        with answer:
            results.no_weights("Each model's top three genres will appear here as bars.", catalogue.genres)
        return

    for sentence in filter(None, (left_out(catalogue), unknown_genres_note(available.values(), catalogue.genres))):
        st.caption(plain(sentence))
    given = data.given_inputs(catalogue, position)
    if lacking := [SPECS[model].label for model in available if not SPECS[model].can_predict(*given)]:
        st.caption(
            plain(f"This film has no {'overview' if given[0] else 'poster'}, so {listed(lacking)} cannot predict it.")
        )
    chosen = results.pick_models(available, "compare_models", catalogue.has_posters, catalogue.has_overviews)
    with answer:
        predictions = data.film_predictions(catalogue, position, chosen, on_error=warn_once)
        if not chosen:
            st.info("Choose a model below to see its predictions.", icon=":material/touch_app:")
        place = st.container()
        fair = hint(catalogue, position, chosen or list(available.values()))
        st.caption(f"**{SPLITS[film['split']]} film.** {fair} Id: {plain(film['id'])}")
    if game is not None:
        with points:
            guess.show_tally(game, guess.players(chosen, available))
    if predictions:
        predictions = results.fusion_first(predictions)
        results.show(predictions, film["genres"], "compare", beside=place)
        section.show(catalogue_film(catalogue, position), predictions, key="compare_why", about=film["id"])


def show_film(
    catalogue: Catalogue, position: int, on_error: Callable[[UserError], None], available: Mapping[str, Weights],
    is_hidden: bool,
) -> None:  # fmt: skip
    """Draw a film: its poster, and beside it the title and the true genres, to correct; below them the overview.

    With ``is_hidden``, nothing that tells its genres, and a larger poster.
    """
    film, name = catalogue.films.iloc[position], catalogue.display_name(position)
    with st.container(horizontal=True, wrap=False, gap="small", key="compare_film"):
        try:
            poster = catalogue.poster(film["id"])
            image = catalogue_image(poster) if poster else blank_tile("No poster")
            width = LARGE_POSTER if is_hidden else POSTER_WIDTH
            st.image(image, width=look.pixels(width), alt=f"Poster of {name}")
        except UserError as error:
            on_error(error)
        with st.container(gap="xsmall"):
            st.header(plain(name), anchor=False)
            if not is_hidden:
                show_true_genres(film["genres"], "compare_true_genres")
                if not is_public():
                    doubts = corrections.film_doubts(catalogue, position, available)
                    corrections.edit_film(catalogue, position, doubts)
    if not is_hidden:
        corrections.film_note(catalogue, position)
    with st.container(key="compare_overview"):
        st.text(film["overview"] or "No overview")


def hint(catalogue: Catalogue, position: int, models: Sequence[Weights]) -> str:
    """Whether the comparison of models is fair: a sentence or more."""
    split = catalogue.films["split"].iloc[position]
    if any(weights.card.get("further_digest") == catalogue.table_digest for weights in models):
        return HINTS["train"]
    elsewhere = [SPECS[weights.model].label for weights in models if not is_trained_on(weights, catalogue)]
    if len(elsewhere) == len(models):
        return HINTS["other"].format(models="The models", they="they")
    if split == "test" and with_twin(catalogue.twins, np.array([position]), catalogue.in_split("train")).any():
        split = "twin"
    if not elsewhere:
        return HINTS[split]
    ours = listed([SPECS[weights.model].label for weights in models if is_trained_on(weights, catalogue)])
    other = HINTS["other"].format(models=listed(elsewhere), they="they" if len(elsewhere) > 1 else "it")
    return f"For {ours}: {HINTS[split][0].lower()}{HINTS[split][1:]} {other}"


frame.run(main)
