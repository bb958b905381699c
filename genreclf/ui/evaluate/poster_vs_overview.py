"""Evaluate, poster or overview: the films and genres that one input reveals and the other does not, and fusion."""

import numpy as np
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
from genreclf.evaluation.wording import best_guesses, contrast_names, fusion_sentences, leads_sentences
from genreclf.models import SPECS, model_label
from genreclf.ui import look
from genreclf.ui.evaluate import state
from genreclf.ui.evaluate.films import wall
from genreclf.ui.text import plain
from genreclf.units import percent

_VIEWS = ("Two models", "Fusion and its parts")
_leads = state.cached(genre_lead, show_spinner="Resampling the films…")


def show(predictions: SplitPredictions) -> None:
    """Draw the comparison of two models, or of fusion and its parts."""
    poster_models, overview_models = models_by_input(predictions)
    if not poster_models or not overview_models:
        missing = "an overview" if poster_models else "a poster"
        lacking = predictions.catalogue.lacks(True, True)
        then = (f"They have no {lacking}, so there is nothing to compare." if lacking else
                "The films that a poster, an overview or neither gives away will appear here.")  # fmt: skip
        with st.container(border=True):
            st.markdown(f"**There are no predictions of {missing} model for these films.** {then}")
        return
    st.markdown("A model gets a film *right* when the genre it finds most probable is one of the film's genres.")
    view = _VIEWS[0]
    if has_fusion(predictions):
        view = st.segmented_control("Compare", _VIEWS, default=view, required=True, wrap=True,
                                    key="evaluate_contrast", persist_state="session")  # fmt: skip
    if view == _VIEWS[0]:
        _two_models(predictions, poster_models, overview_models)
    else:
        _fusion(predictions)


def _two_models(predictions: SplitPredictions, poster_models: list[str], overview_models: list[str]) -> None:
    with st.container(horizontal=True):
        first = state.pick_from("Poster model", poster_models, "", "evaluate_poster_model")
        second = state.pick_from("Overview model", overview_models, "", "evaluate_overview_model")
    groups, names = contrast(predictions, first, second), contrast_names(first, second)
    _counts({names[group]: len(films) for group, films in groups.items()}, len(predictions))
    st.caption(f"All {len(predictions):,} films, by which of the models gets them right.")
    _films(predictions, names, groups, "first", [first, second], "evaluate_group")

    st.header("Which genres show in a poster, which in an overview")
    leads = _leads(predictions, first, second)
    st.markdown(plain(leads_sentences(leads, first, second)))
    look.chart(charts.lead_chart(leads, first, second, state.colours(predictions)), "evaluate_leads")


def _fusion(predictions: SplitPredictions) -> None:
    st.header("What fusion adds")
    correct = {
        f"{model_label(model)} right": int(top1_correct(predictions, model).sum())
        for model in (*SPECS[FUSION].parts, FUSION)
    }
    _counts(correct, len(predictions))
    st.caption(f"Out of {len(predictions):,} films.")
    st.markdown(plain(fusion_sentences(predictions)))
    names = {"gained": "Gained by Fusion", "lost": "Lost by Fusion"}
    models = [better_part(predictions), FUSION]
    _films(predictions, names, fusion_gains(predictions), "gained", models, "evaluate_fusion_group")


def _counts(counts: dict[str, int], films: int) -> None:
    with st.grid(len(counts), min_column_width=130):
        for name, count in counts.items():
            st.metric(name, f"{count:,}", border=True, help=f"{percent(count / films)} of the films.")


def _films(
    predictions: SplitPredictions, names: dict[str, str], groups: dict[str, np.ndarray], default: str,
    models: list[str], key: str,
) -> None:  # fmt: skip
    """Draw the choice of a group and its films, each with the models' most probable genres."""
    group = st.segmented_control("Films to show", list(names), default=default, required=True, wrap=True,
                                 format_func=lambda name: f"{names[name]} ({len(groups[name]):,})",
                                 key=key, persist_state="session")  # fmt: skip
    notes = {
        int(at): "  \n".join(best_guesses(predictions, int(at), models, ":material/check:", ":material/close:"))
        for at in groups[group]
    }
    wall(predictions, groups[group], notes, f"{group}_{'_'.join(models)}")
