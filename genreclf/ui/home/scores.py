"""The scoreboard of Home: a chart, a table, and what the figures were measured on."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from genreclf.evaluation import charts
from genreclf.evaluation.metrics import METRICS, NAMES
from genreclf.evaluation.scoreboard import SCORES, Score, bce_to_beat, hardest_genres
from genreclf.ui import look
from genreclf.ui.text import plain


def score_chart(scores: Sequence[Score]) -> None:
    """One mark per model on the axis of BCE, with the base rates' line to beat."""
    look.chart(charts.scoreboard(scores, {}, "bce", look.colours(), bce_to_beat(scores)), key="score_chart")


def score_table(scores: Sequence[Score]) -> None:
    """All figures, the best BCE first."""
    rows = [
        {"Model": score.label, "Kind": [score.kind]} | {NAMES[name]: score.metrics.get(name) for name in SCORES}
        for score in scores
    ]
    columns = st.column_config
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height="content",
        key="score_table",
        placeholder="–",
        column_config={
            "Model": columns.TextColumn(pinned=True, width=165),
            "Kind": columns.MultiselectColumn(
                options=["baseline", "reference", "ours"], color=["gray", "yellow", "primary"], width=90,
                help="Baselines are here to be beaten; references are the reports’ and other public figures.",
            ),
        }
        | {
            NAMES[name]: columns.NumberColumn(format="%.3f", help=METRICS[name], width=width, alignment="right")
            for name, width in zip(SCORES, (70, 85, 90, 70, 70, 110), strict=True)
        },
        alt="The figures of every model, the lowest BCE first.",
    )  # fmt: skip


def hardest(scores: Sequence[Score]) -> None:
    """What each model is worst at, behind a line; nothing where no card says it."""
    table = hardest_genres(scores)
    if table.empty:
        return
    with st.expander("What each model finds hardest", icon=":material/psychology_alt:"):
        st.caption(
            "The genres in which each model does worst on the test films. Precision: of the films it gave the genre, "
            "the share that have it. Recall: of the films that have it, the share it found. F1 is low if either is."
        )
        columns = st.column_config
        figures = (("f1", "F1", 60), ("precision", "Precision", 85), ("recall", "Recall", 70))
        st.dataframe(
            table,
            hide_index=True,
            height="content",
            key="hardest_genres",
            column_config={
                "model": columns.TextColumn("Model", width=105, pinned=True),
                "genre": columns.TextColumn("Genre", width=100),
                "films": columns.NumberColumn("Test films", width=85, alignment="right"),
            }
            | {
                name: columns.NumberColumn(label, format="%.2f", width=width, alignment="right")
                for name, label, width in figures
            },
            alt="The genres with the lowest F1 of every model.",
        )


def measured_on(scores: Sequence[Score]) -> list[str]:
    """What the figures were measured on and with which weights, as sentences in Markdown."""
    sets: dict[tuple, list[Score]] = {}
    for score in scores:
        if score.weights:
            card = score.weights.card
            films, digest = card.get("films", {}), str(card.get("data_digest", ""))[:8]
            key = (card.get("data", "?"), digest, films.get("train", 0), films.get("test", 0))
            sets.setdefault(key, []).append(score)
    sentences = []
    for (name, digest, train, test), members in sets.items():
        who = ", ".join(score.label for score in members)
        sentences.append(
            f"{who}: measured on the {test:,} test films of the data set “{plain(name)}” (digest {digest}…) after "
            f"learning from {train:,} others."
        )
    promoted = [score for score in scores if score.weights and score.weights.origin == "promoted"]
    for score in promoted:
        sentences.append(
            f"{score.label} answers with weights of your own run {plain(str(score.weights.card.get('run', '?')))} in "
            "place of the shipped ones."
        )
    if sets and not promoted:
        sentences.append("The weights that answer are the ones shipped with the app.")
    sources: dict[str, list[str]] = {}
    for score in scores:
        if score.source:
            sources.setdefault(score.source, []).append(score.label)
    sentences += [f"{'; '.join(labels)}: {source}." for source, labels in sources.items()]
    sentences.append(
        "The references' validation films are of the same public set, but they are not our test films: small "
        "differences mean little."
    )
    return sentences
