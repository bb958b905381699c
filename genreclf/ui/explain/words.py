"""What each word of an overview adds to a genre or takes away: the text shaded, and the strongest words as a table."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st
from scipy.special import expit, logit

from genreclf.data.overviews import split_words
from genreclf.explain.words import WordEffect, gradient_effects, leave_one_out
from genreclf.models import SPECS, model_label
from genreclf.ui import data
from genreclf.ui.explain.film import Film
from genreclf.ui.text import plain
from genreclf.units import NO_BREAK_SPACE
from genreclf.weights.folder import Weights

# blue and orange, red, green and blue of 0..255: colour-blind readers tell them apart; never without a sign
FOR, AGAINST = "59,118,196", "214,124,32"
DARKEST = 0.6  # how much of the page the colour of the strongest word covers
LEAST = 0.15  # of the strongest word's effect: what has less is not shaded
STRONGEST = 10  # words in the table
LONG = {"words": 150, "pieces": 60}  # words of an overview that takes a second, by what a model cuts overviews into


def show(film: Film, weights: Weights, genre: str, key: str) -> None:
    """Draw the view: the overview with its words shaded, the table, and how to read them."""
    if not film.overview:
        st.info("There is no overview to read. Give one to see which of its words count.", icon=":material/notes:")
        return
    label = model_label(weights.model)
    quick = is_long(film, weights) and st.toggle(
        "Quick",
        value=True,
        key=f"{key}_quick",
        persist_state="session",
        help="Follow the model's gradient once, instead of asking it again without each word, which takes "
        "seconds for a text as long as this one: less exact, but at once.",
    )
    effects = effects_of(film, weights, genre, quick)
    text, numbers = st.columns([3, 2], gap="medium")
    read = sum(effect.read for effect in effects)
    with text:
        st.markdown(shaded(film.overview, effects))
        if read < len(effects):
            st.caption(f"{label} reads the first {read} words of this overview; the others do not count.")
        st.caption(
            f"{_swatch(FOR, 'a word⁺')} speaks for {genre}, {_swatch(AGAINST, 'a word⁻')} against it; the stronger the "
            "colour, the more. Words without a colour hardly count."
        )
    with numbers:
        if any(effect.effect for effect in effects):
            st.table(table(effects), border="horizontal", hide_index=True, width="stretch",
                     alt=f"The words that count most for {genre} as {label} sees it.")  # fmt: skip
        else:
            st.write(f"No word of this overview moves what {label} says about {genre}.")
    st.caption(
        "How to read it: take this one word out, and the probability with it becomes the probability without it. One "
        "word alone does not tell about pairs: where two words say the same, taking out either may change nothing."
        + (" The quick way guesses this from the model's slope, without taking the word out." if quick else "")
    )


def is_long(film: Film, weights: Weights) -> bool:
    """Whether asking a model again without each word of a film's overview takes a second or more."""
    spec = SPECS[weights.model]
    reading = [one.tokens for one in (spec, *(SPECS[part] for part in spec.parts)) if one.tokens]
    return bool(reading) and len(split_words(film.overview)) >= min(LONG[tokens] for tokens in reading)


def effects_of(film: Film, weights: Weights, genre: str, quick: bool = False) -> list[WordEffect]:
    """What each word of a film's overview adds to a genre, in the text's order."""
    return _effects(film.overview, film.cache_key, weights.cache_key, genre, quick, film, weights)


@st.cache_data(scope="session", max_entries=60, show_spinner="Reading the overview without each of its words…")
def _effects(
    overview: str, cache_key: str, key: str, genre: str, quick: bool, _film: Film, _weights: Weights
) -> list[WordEffect]:
    predictor = data.predictor(_weights)
    poster = _film.poster(predictor.spec.poster_size)
    return (gradient_effects if quick else leave_one_out)(predictor, overview, genre, poster)


def shaded(text: str, effects: Sequence[WordEffect]) -> str:
    """An overview as Markdown, each word shaded by its effect, with ⁺ or ⁻ after those that count."""
    strongest = max((abs(effect.effect) for effect in effects), default=0.0)
    parts, at = [], 0
    for effect in sorted(effects, key=lambda effect: effect.start):
        share = effect.effect / strongest if strongest else 0.0
        parts += [plain(text[at : effect.start]), _shade(text[effect.start : effect.end], share)]
        at = effect.end
    return " ".join("".join([*parts, plain(text[at:])]).split())


def table(effects: Sequence[WordEffect]) -> pd.DataFrame:
    """``Word | Effect | With | Without``: the strongest words, each occurrence for itself, as people read it."""
    found = sorted((effect for effect in effects if effect.effect), key=lambda effect: -abs(moved(effect)))
    rows = [
        {
            "Word": plain(effect.word),
            "Effect": points(moved(effect)),
            "With": f"{100 * with_it(effect):.1f}{NO_BREAK_SPACE}%",
            "Without": f"{100 * effect.probability_without:.1f}{NO_BREAK_SPACE}%",
        }
        for effect in found[:STRONGEST]
    ]
    return pd.DataFrame(rows)


def with_it(effect: WordEffect) -> float:
    """The probability of the whole overview, from what is left without a word and what the word adds."""
    return float(expit(logit(effect.probability_without) + effect.effect))


def moved(effect: WordEffect) -> float:
    """How far a word moves the probability, -1..1."""
    return with_it(effect) - effect.probability_without


def points(change: float) -> str:
    """A change of a probability in percentage points: ``0.123`` is "+12.3 points"."""
    sign = "+" if change > 0 else "−"
    size = f"{100 * abs(change):.1f}"
    if float(size) == 0:
        return f"{sign}<0.1{NO_BREAK_SPACE}points" if change else f"0{NO_BREAK_SPACE}points"
    return f"{sign}{size}{NO_BREAK_SPACE}points"


def _shade(word: str, share: float) -> str:
    if abs(share) < LEAST:
        return plain(word)
    colour, sign = (FOR, "⁺") if share > 0 else (AGAINST, "⁻")
    return _swatch(colour, plain(word) + sign, abs(share))


def _swatch(colour: str, markdown: str, share: float = 0.7) -> str:
    return f':color[{markdown}]{{background="rgba({colour},{DARKEST * share:.2f})"}}'
