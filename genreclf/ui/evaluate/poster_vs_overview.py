"""Evaluate, poster or overview: films that one model gets and the other does not, and what fusion makes of both."""

import numpy as np
import pandas as pd
import streamlit as st

from genreclf.evaluation import charts
from genreclf.evaluation.poster_vs_overview import (
    FUSION,
    better_part,
    contrast,
    fusion_gains,
    genre_lead,
    has_fusion,
    models_by_input,
    top1_correct,
)
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.evaluation.wording import best_guesses, contrast_names, fusion_words, leads_words
from genreclf.models import SPECS, model_label
from genreclf.ui import look
from genreclf.ui.evaluate import state
from genreclf.ui.evaluate.poster_wall import wall
from genreclf.ui.text import plain
from genreclf.units import percent

_VIEWS = {"models": "Two models", "fusion": "Fusion and its parts"}
_FUSION = {"gained": "Fusion gains", "lost": "Fusion loses"}


def show(predictions: SplitPredictions) -> None:
    """Two models, or what fusion gains."""
    looking, reading = models_by_input(predictions)
    if not looking or not reading:
        missing = "looks at posters" if not looking else "reads overviews"
        with st.container(border=True):
            st.markdown(f"**No model that {missing} has answered for these films.** Here you would see which films a "
                        "poster gives away, which an overview, and which neither.")  # fmt: skip
        return
    st.markdown("A model *gets* a film when the genre it thinks most probable is one of the film's.")
    view = "models"
    if has_fusion(predictions):
        view = st.segmented_control("Compare", list(_VIEWS), default="models", required=True, wrap=True,
                                    format_func=_VIEWS.__getitem__, key="evaluate_contrast")  # fmt: skip
    if view == "fusion":
        _fusion(predictions)
    else:
        _two(predictions, looking, reading)


def _two(predictions: SplitPredictions, looking: list[str], reading: list[str]) -> None:
    """Who of two models gets which films, and which genres each tells better."""
    with st.container(horizontal=True):
        first = state.pick_from("Looks at posters", looking, looking[0], "evaluate_looks")
        second = state.pick_from("Reads overviews", reading, reading[0], "evaluate_reads")
    groups, names = contrast(predictions, first, second), contrast_names(first, second)
    with st.grid(4, min_column_width=130):
        for group, positions in groups.items():
            st.metric(names[group], f"{len(positions):,}", border=True,
                      help=f"{percent(len(positions) / len(predictions))} of the films.")  # fmt: skip
    st.caption(f"Films by who gets them; together they are all {len(predictions):,}.")
    group = _pick_group(names, groups, "first", "evaluate_group")
    notes = {int(at): _said(predictions, int(at), [first, second]) for at in groups[group]}
    wall(predictions, groups[group], notes, f"{group}_{first}_{second}")

    st.subheader("Which genres show in a poster, which in an overview")
    leads = _leads(state.cache_key(predictions), first, second, predictions)
    st.markdown(plain(leads_words(leads, first, second)))
    look.chart(charts.lead_chart(leads, first, second, look.colours()), "evaluate_leads")


def _fusion(predictions: SplitPredictions) -> None:
    """What it is worth to look and to read: fusion against the better of its parts."""
    st.subheader("What fusion adds")
    with st.grid(3, min_column_width=130):
        for model in (*SPECS[FUSION].parts, FUSION):
            found = int(top1_correct(predictions, model).sum())
            st.metric(f"{model_label(model)} gets", f"{found:,}", border=True,
                      help=f"{percent(found / len(predictions))} of the films.")  # fmt: skip
    st.caption(f"Of {len(predictions):,} films.")
    st.markdown(plain(fusion_words(predictions)))
    gains = fusion_gains(predictions)
    group = _pick_group(_FUSION, gains, "gained", "evaluate_fusion_group")
    notes = {int(at): _said(predictions, int(at), [better_part(predictions), FUSION]) for at in gains[group]}
    wall(predictions, gains[group], notes, group)


def _pick_group(names: dict[str, str], films: dict[str, np.ndarray], default: str, key: str) -> str:
    return st.segmented_control("Look at the films", list(names), default=default, required=True, wrap=True,
                                format_func=lambda one: f"{names[one]} ({len(films[one]):,})", key=key)  # fmt: skip


def _said(predictions: SplitPredictions, position: int, models: list[str]) -> str:
    """What each model thinks most probable, as Markdown."""
    return "  \n".join(best_guesses(predictions, position, models, ":material/check:", ":material/close:"))


@st.cache_data(max_entries=40, show_spinner="Drawing the films anew…")
def _leads(cache_key: str, first: str, second: str, _predictions: SplitPredictions) -> pd.DataFrame:
    return genre_lead(_predictions, first, second)
