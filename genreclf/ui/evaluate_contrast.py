"""Evaluate, poster or overview: films that one model gets and the other does not, and what fusion makes of both."""

import pandas as pd
import streamlit as st

from genreclf.evaluation import charts
from genreclf.evaluation.answers import SplitAnswers
from genreclf.evaluation.contrast import FUSION, better_part, contrast, fusion_gains, genre_lead
from genreclf.evaluation.summaries import has_fusion, sides
from genreclf.evaluation.words import fusion_words, groups_of, leads_words
from genreclf.models import model_label
from genreclf.ui import evaluate_state as state
from genreclf.ui import look
from genreclf.ui.evaluate_wall import wall
from genreclf.ui.text import plain
from genreclf.units import percent

_FUSION = {"gained": "Fusion gains", "lost": "Fusion loses"}


def show(answers: SplitAnswers) -> None:
    """Counts, walls, genres, and what fusion gains."""
    looking, reading = sides(answers)
    if not looking or not reading:
        missing = "looks at posters" if not looking else "reads overviews"
        with st.container(border=True):
            st.markdown(f"**No model that {missing} has answered for these films.** Here you would see which films a "
                        "poster gives away, which an overview, and which neither.")  # fmt: skip
        return
    st.markdown("A model *gets* a film when the genre it thinks most probable is one of the film's.")
    with st.container(horizontal=True):
        first = state.pick_from("Looks at posters", looking, looking[0], "evaluate_looks")
        second = state.pick_from("Reads overviews", reading, reading[0], "evaluate_reads")
    groups, names = contrast(answers, first, second), groups_of(first, second)
    gains = fusion_gains(answers) if has_fusion(answers) else {}
    with st.grid(4, min_column_width=130):
        for group, positions in groups.items():
            st.metric(names[group], f"{len(positions):,}", border=True,
                      help=f"{percent(len(positions) / len(answers))} of the films.")  # fmt: skip
    st.caption(f"Films by who gets them; together they are all {len(answers):,}.")
    if gains:
        st.markdown(f"**Looking and reading together:** {plain(fusion_words(answers))}")

    labels = {**names, **(_FUSION if gains else {})}
    films = groups | gains
    state.forget_unless("evaluate_group", labels)
    group = st.segmented_control("Look at the films", list(labels), default="first", required=True, wrap=True,
                                 format_func=lambda one: f"{labels[one]} ({len(films[one]):,})",
                                 key="evaluate_group")  # fmt: skip
    asked = [better_part(answers), FUSION] if group in _FUSION else [first, second]
    notes = {int(at): _said(answers, int(at), asked) for at in films[group]}
    wall(answers, films[group], notes, f"{group}_{first}_{second}")

    st.subheader("Which genres show in a poster, which in an overview")
    leads = _leads(state.mark(answers), first, second, answers)
    st.markdown(plain(leads_words(leads, first, second)))
    look.chart(charts.lead_chart(leads, first, second, look.colours()), "evaluate_leads")


def _said(answers: SplitAnswers, position: int, models: list[str]) -> str:
    """What each model thinks most probable, as Markdown."""
    lines = []
    for model in models:
        genre, right = answers.best_guess(model, position)
        lines.append(f":material/{'check' if right else 'close'}: {model_label(model)}: {genre}")
    return "  \n".join(lines)


@st.cache_data(max_entries=40, show_spinner="Drawing the films anew…")
def _leads(mark: str, first: str, second: str, _answers: SplitAnswers) -> pd.DataFrame:
    return genre_lead(_answers, first, second)
