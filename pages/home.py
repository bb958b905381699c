"""Home: one film with a model's answer, the models' scores in short, and how they were measured."""

import streamlit as st

from genreclf.genres import GENRES
from genreclf.ui import data, frame


def main() -> None:
    st.title("genreclf: film genres from posters and overviews")
    st.markdown("How much do a poster and a short plot summary (an overview) reveal about a film's genres?")
    # with what a fresh server imports while the title can be seen already, here and below
    from genreclf.ui.home import film

    catalogue = data.current_catalogue()
    film.show(catalogue)
    _scores("on real films" if catalogue.is_sample else "" if catalogue.genres == GENRES else "on IMDb films")
    film.show_more(catalogue)


def _scores(where: str) -> None:
    """Draw the scores, with ``where`` they were measured if that is not on the films shown."""
    from genreclf.evaluation.scoreboard import scoreboard
    from genreclf.ui.home import scores as home_scores

    st.header(f"How often a model's first guess is right {where}".strip())
    scores = scoreboard(data.available_weights(None).values())
    home_scores.show_best(scores)
    details = st.expander("How this was measured", icon=":material/analytics:", key="home_measured", on_change="rerun")
    if details.open:
        with details:
            home_scores.show(scores)


frame.run(main)
