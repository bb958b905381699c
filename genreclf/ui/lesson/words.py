"""Step "words" of the lesson: which words a word count goes by, and whom it beats."""

import streamlit as st

from genreclf.data.splits import SPLITS
from genreclf.evaluation.metrics import base_rate_loss
from genreclf.evaluation.wording import SPLITS as SPLIT_NAMES
from genreclf.lesson import charts, sample
from genreclf.lesson.figures import shipped
from genreclf.models.baselines import Tfidf
from genreclf.runs.folder import Run
from genreclf.ui import look
from genreclf.ui.data import CACHE_KEYS
from genreclf.ui.lesson import progress, replay
from genreclf.ui.text import plain
from genreclf.units import listed
from genreclf.weights.folder import Weights, read_weights

KEY, MODEL = "words", "tfidf"
LIVE_SECONDS = 5
FIRST_GENRE = "Horror"
WORDS = 10  # of each kind


def before(answer: float | str | None) -> None:
    """Draw nothing: the question needs no chart."""


def after(answer: float | str) -> list[str]:
    """Draw the words that a word count goes by, from real films or from the sample, and the models' errors."""
    if replay.choose(KEY) == replay.RECORDED:
        seen = [_words(shipped(MODEL))]
        look.chart(charts.rivals_chart(look.colours()), "lesson_words_rivals")
    else:
        run = replay.live_run(KEY, MODEL, "word count", LIVE_SECONDS)
        seen = [_words(read_weights(run.folder, "chosen"))] if run else []
    run = replay.find_run(KEY)
    return [*seen, *(_score(run) if run else [])]


def _words(weights: Weights) -> str:
    """Draw the choice of a genre, and its words; returns what is to be seen."""
    note, genres = progress.current().note(KEY), [genre for genre in weights.genres if genre != "N/A"]
    key = "lesson_words_genre"
    default = note.get("genre") if note.get("genre") in genres else FIRST_GENRE
    genre = st.selectbox("Genre", genres, genres.index(default), key=key, persist_state="session")
    note["genre"] = genre
    best, worst = _model(weights).strongest(weights.genres.index(genre), WORDS)
    for colour, sign, label, words in (("blue", "add", "for", best), ("orange", "remove", "against", worst)):
        badges = " ".join(f":{colour}-badge[{plain(word)}]" for word in words)
        st.markdown(f":{colour}[:material/{sign}:] **Most {label} {plain(genre)}:** {badges}")
    quoted = [listed([f"“{plain(word)}”" for word in words[:3]]) for words in (best, worst)]
    return f"For {plain(genre)}, the strongest words are {quoted[0]}; the strongest against it {quoted[1]}."


def _score(run: Run) -> list[str]:
    """What the visitor's own word count reaches on the sample."""
    found = run.exit.metrics
    if not found:
        return []
    base_rates = _base_rates()
    scores = [f"{scores['bce']:.3f} on {SPLIT_NAMES[split].lower()} (base rates: {base_rates[split]:.3f})"
              for split, scores in found.items() if split in base_rates and "bce" in scores]  # fmt: skip
    return [f"Your own word count, learned from the sample alone, has a BCE of {listed(scores)}."]


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs=CACHE_KEYS)
def _model(weights: Weights) -> Tfidf:
    return Tfidf.load(weights.file, len(weights.card["genres"]))


@st.cache_data(max_entries=1, show_spinner=False)
def _base_rates() -> dict[str, float]:
    """The loss of the base rates on the sample's validation and test films."""
    rows = {split: sample.films().in_split(split) for split in SPLITS}
    return {split: base_rate_loss(sample.films().labels, rows["train"], rows[split]) for split in ("val", "test")}
