"""The view "Words": an overview with each word shaded by its effect on a genre, and a table of the strongest words."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from genreclf.calibration import logit, sigmoid
from genreclf.explain.changes import words_of
from genreclf.explain.words import WordEffect, affordable_variants, leave_groups_out, leave_one_out
from genreclf.models import SPECS, model_label
from genreclf.ui import data
from genreclf.ui.explain.film import Film, cached
from genreclf.ui.text import plain
from genreclf.units import NO_BREAK_SPACE
from genreclf.weights.folder import Weights

# blue and orange as red, green, blue of 0..255: colour-blind readers can distinguish them; never without a sign
FOR, AGAINST = "59,118,196", "214,124,32"
DARKEST = 0.6  # opacity of the strongest word's colour
LEAST = 0.15  # of the strongest word's effect; weaker words are not shaded
STRONGEST = 10  # words in the table


def show(film: Film, weights: Weights, genre: str, key: str) -> None:
    """Draw the view: the overview with its words shaded, the table, and how to read them."""
    if not film.overview:
        st.info("There is no overview. Add one to see which of its words count.", icon=":material/notes:")
        return
    label = model_label(weights.model)
    quick = is_long(film, weights) and st.toggle(
        "Quick",
        value=True,
        key=f"{key}_quick",
        persist_state="session",
        help="Removes groups of neighbouring words first, then single words of the groups that matter most. Removing "
        "every word on its own is more exact, but takes seconds for a text as long as this one.",
    )
    effects = effects_of(film, weights, genre, quick)
    text, numbers = st.columns([3, 2], gap="medium")
    read = sum(effect.read for effect in effects)
    with text:
        st.markdown(shaded(film.overview, effects))
        if read < len(effects):
            st.caption(f"{label} reads only the first {read} words of this overview; the others have no effect.")
        st.markdown(  # not a caption, whose pale letters are hard to read on these colours
            f":small[{_swatch(FOR, 'a word⁺')} is evidence for {plain(genre)}, "
            f"{_swatch(AGAINST, 'a word⁻')} against it; the stronger the colour, the stronger the evidence. Words "
            "without colour hardly matter.]"
        )
    with numbers:
        if any(effect.effect for effect in effects):
            st.table(table(effects), border="horizontal", hide_index=True, width="stretch",
                     alt=f"The words that matter most for {genre} according to {label}.")  # fmt: skip
        else:
            st.write(f"No word of this overview changes the probability of {plain(genre)} for {label}.")
    st.caption(
        "How to read it: 'Without' is the probability when only this word is removed. Single words do not show how "
        "words work together: if two words mean the same, removing either may change nothing."
        + (" In quick mode, words that were only removed as a group share its effect evenly." if quick else "")
    )


def is_long(film: Film, weights: Weights) -> bool:
    """Whether predicting without each word of a film's overview takes more than about a second."""
    words = len(words_of(film.overview))
    return words > affordable_variants(SPECS[weights.model], words)


@cached(show_spinner="Predicting without each word…")
def effects_of(film: Film, weights: Weights, genre: str, quick: bool = False) -> list[WordEffect]:
    """The effect of each word of a film's overview on a genre, in the text's order."""
    predictor = data.predictor(weights)
    poster = film.poster(predictor.spec.poster_size)
    return (leave_groups_out if quick else leave_one_out)(predictor, film.overview, genre, poster)


def shaded(text: str, effects: Sequence[WordEffect]) -> str:
    """An overview as Markdown, each word shaded by its effect, with ⁺ or ⁻ after those that count."""
    strongest = max((abs(effect.effect) for effect in effects), default=0.0)
    parts, at = [], 0
    for effect in sorted(effects, key=lambda effect: effect.start):
        share, word = effect.effect / (strongest or 1), plain(text[effect.start : effect.end])
        if abs(share) >= LEAST:
            word = _swatch(FOR if share > 0 else AGAINST, word + ("⁺" if share > 0 else "⁻"), abs(share))
        parts += [plain(text[at : effect.start]), word]
        at = effect.end
    return " ".join("".join([*parts, plain(text[at:])]).split())


def table(effects: Sequence[WordEffect]) -> pd.DataFrame:
    """``Word | Effect | With | Without``: the strongest words, each occurrence on its own, formatted for people."""
    rows = []
    for effect in effects:
        without = effect.probability_without
        if effect.effect:
            rows.append((plain(effect.word), float(sigmoid(logit(np.array(without)) + effect.effect)), without))
    found = pd.DataFrame(rows, columns=["Word", "With", "Without"])
    found.insert(1, "Effect", found["With"] - found["Without"])
    found = found.sort_values("Effect", key=lambda change: -change.abs(), kind="stable")[:STRONGEST]
    found["Effect"] = found["Effect"].map(points)
    found[["With", "Without"]] = found[["With", "Without"]].map(lambda share: f"{100 * share:.1f}{NO_BREAK_SPACE}%")
    return found


def points(change: float) -> str:
    """A change of a probability in percentage points: ``0.123`` is "+12.3 points"."""
    sign = "+" if change > 0 else "−"
    size = f"{100 * abs(change):.1f}"
    if float(size) == 0:
        return f"{sign}<0.1{NO_BREAK_SPACE}points" if change else f"0{NO_BREAK_SPACE}points"
    return f"{sign}{size}{NO_BREAK_SPACE}points"


def _swatch(colour: str, markdown: str, share: float = 0.7) -> str:
    return f':color[{markdown}]{{background="rgba({colour},{DARKEST * share:.2f})"}}'
