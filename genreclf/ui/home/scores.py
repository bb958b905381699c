"""The scoreboard of Home: five rows; on request a chart, a table, the hardest genres, and what was measured."""

from collections.abc import Sequence

import streamlit as st

from genreclf.evaluation import charts
from genreclf.evaluation.metrics import NAMES
from genreclf.evaluation.scoreboard import SCORES, Score, bce_to_beat, hardest_genres, score_table, sources
from genreclf.public import is_public
from genreclf.ui import frame, look
from genreclf.ui.home.bars import show_bars
from genreclf.ui.text import plain
from genreclf.units import listed, percent

ROWS = 5


def show_best(scores: Sequence[Score]) -> None:
    """Draw how often each of our models' first guess is right, the best first, beside the base rates."""
    ours = sorted((score for score in scores if score.kind == "ours" and "top1" in score.metrics),
                  key=lambda score: -score.metrics["top1"])  # fmt: skip
    if not ours:
        with st.container(border=True):
            st.markdown("**This app has no trained model yet.** Its scores would appear here.")
            frame.link_to_training("Train one")
        return
    shares = [(score.label, score.metrics["top1"]) for score in ours[:ROWS]]
    show_bars([(label, share, percent(share), False) for label, share in shares], look.colours().accent)
    films = {(score.weights.card.get("films") or {}).get("test") for score in ours[:ROWS] if score.weights}
    where = f"{films.pop():,} test films" if len(films) == 1 and films != {None} else "test films"
    base = next((score.metrics.get("top1") for score in scores if score.model == "prior"), None)
    st.caption(
        f"How often a model's first guess is one of the film's genres, on {where} that no model learned from."
        + (f" Always answering with the most common genre is right for {percent(base)}." if base is not None else "")
    )


def show(scores: Sequence[Score]) -> None:
    """Draw the whole scoreboard and what it means."""
    st.markdown(
        "The first score is **binary cross-entropy (BCE)**: how far a model's probabilities are from the truth, "
        "averaged over all 25 genres. A perfect model scores 0, **lower is better**, and confident mistakes cost the "
        "most. For the other scores higher is better. Accuracy is not shown: answering “no” to every genre is right "
        "nine times out of ten. The project grew out of coursework reports with two neural networks, a CNN for posters "
        "and an LSTM for overviews. Their CNN does worse than the base rates (how common each genre is, whatever the "
        "film), so every model is shown next to simple baselines."
    )
    look.chart(charts.scoreboard(scores, {}, "bce", look.colours(), bce_to_beat(scores)), key="score_chart")
    look.score_table(score_table(scores), ("Model", "Kind", *SCORES), key="score_table",
                     alt="The scores of all models, the lowest BCE first.")  # fmt: skip
    _hardest(scores)
    st.markdown("**What the scores were measured on**")
    st.caption("\n".join(f"- {sentence}" for sentence in measured_on(scores)))
    st.caption(
        "The embedded sample is for trying things out. Its posters are drawn by code and its overviews were written "
        "for this project, so scores on it say nothing about real posters."
    )


def measured_on(scores: Sequence[Score]) -> list[str]:
    """Which films and weights the scores come from, as sentences in Markdown."""
    measured: dict[str, list[str]] = {}  # sentence → labels
    promoted = []
    for score in scores:
        if score.weights is None:
            continue
        card = score.weights.card
        films = card.get("films") or {}
        sentence = (
            f"trained on {films.get('train', 0):,} films of the data set “{plain(card.get('data', '?'))}” (digest "
            f"{str(card.get('data_digest', ''))[:8]}…), measured on its {films.get('test', 0):,} test films"
        )
        measured.setdefault(sentence, []).append(score.label)
        if score.weights.origin == "promoted":
            promoted.append(
                f"{score.label} uses weights that the owner of this server has trained." if is_public()
                else f"{score.label} uses the weights of your own run {plain(str(card.get('run', '?')))}; "
                "*Train* leads back to the shipped ones."
            )  # fmt: skip
    sentences = [f"{listed(labels)}: {how}." for how, labels in measured.items()]
    if measured:
        sentences += promoted or ["All these weights are the ones shipped with the app."]
    sentences += [f"{'; '.join(labels)}: {source}." for source, labels in sources(scores).items()]
    return [
        *sentences,
        "The other references were measured on validation films of the same public set, not on our test films, so "
        "small differences mean little.",
    ]


def _hardest(scores: Sequence[Score]) -> None:
    """Draw the genres on which each model does worst, in an expander; nothing if no card lists them."""
    table = hardest_genres(scores)
    if table.empty:
        return
    with st.expander("What each model finds hardest", icon=":material/psychology_alt:"):
        st.caption(
            "The genres on which each model does worst, measured on the test films. Precision: of the films it "
            "labelled with the genre, the share that really have it. Recall: of the films with the genre, the share it "
            "found. F1 is low if either of them is low."
        )
        columns = st.column_config
        configs = {
            name: columns.NumberColumn(NAMES[name], format="%.2f", width=80, alignment="right")
            for name in ("f1", "precision", "recall")
        } | {
            "model": columns.TextColumn("Model", width=105, pinned=True),
            "genre": columns.TextColumn("Genre", width=100),
            "films": columns.NumberColumn("Test films", width=85, alignment="right"),
        }
        st.dataframe(table, hide_index=True, height="content", key="hardest_genres",
                     column_config=look.widened(configs),
                     alt="The genres with the lowest F1 of every model.")  # fmt: skip
