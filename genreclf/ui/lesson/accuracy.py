"""Step "accuracy" of the lesson: strategies that never look at a film, and what accuracy says of them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from genreclf.data.thumbnails import thumbnails
from genreclf.lesson import sample
from genreclf.lesson.figures import figures
from genreclf.lesson.strategies import STRATEGIES, YES, Scores, answers, scores
from genreclf.ui import look
from genreclf.ui.lesson import progress
from genreclf.ui.text import plain
from genreclf.units import listed, percent

FILM = "casablanca-1942"  # of test, with three genres, Drama among them
_ALL_NO = "never"


def before(answer: float | str | None) -> None:
    """Draw a film and its labels."""
    films = sample.films()
    position = films.position(FILM)
    film = films.films.iloc[position]
    with st.container(horizontal=True, gap="medium", wrap=False, key="lesson_accuracy_film"):
        st.image(thumbnails(films, [FILM])[0], width=look.pixels(112), alt=f"Poster of {film['title']}")
        with st.container(gap="xsmall"):
            st.markdown(f"**{plain(films.display_name(position))}**: one film, {len(films.genres)} labels")
            labels = films.labels[position].astype(bool)
            _tiles(
                [(genre, has, "green" if has else "gray", "") for genre, has in zip(films.genres, labels, strict=True)]
            )


def after(answer: float | str) -> list[str]:
    """Draw a choice of strategies, the answers of one about the film, and the scores of all."""
    st.markdown(":material/bolt: **Live, on the sample**, films that come with the app: choose how to answer this one.")
    chosen = st.segmented_control("Strategy", list(STRATEGIES), format_func=STRATEGIES.__getitem__, default=_ALL_NO,
                                  required=True, wrap=True, key="lesson_accuracy_strategy",
                                  persist_state="session", label_visibility="collapsed")  # fmt: skip
    tried = progress.current().note("accuracy").setdefault("tried", [])
    if chosen not in tried:
        tried.append(chosen)
    right = _answers(chosen)
    found = {strategy: scores(strategy) for strategy in STRATEGIES}
    films = len(sample.predictions("test"))
    st.markdown(f"**On all {films} test films of the sample**, which no model has learned from:")
    _table(found, chosen)
    no, best = found[_ALL_NO], found["fusion"]
    seen = [
        f"You said {percent(float(answer))}. On real films always saying no is right for "
        f"{percent(figures()['nothing'])} of the labels, on the sample’s test films for {percent(no.accuracy)}, and it "
        "finds none of their genres.",
        f"**{STRATEGIES[chosen]}** gets {right} of {len(sample.films().genres)} labels of this film right. On all test "
        f"films: {_sentence(found[chosen])}.",
    ]
    if len(tried) > 1:
        named = [f"{STRATEGIES[each]} ({percent(found[each].accuracy)})" for each in sorted(tried, key=_accuracy)]
        seen.append(f"You tried {listed(named)}: by accuracy, looking at the film is worth only "
                    f"{100 * (best.accuracy - no.accuracy):.0f} points more than always saying no; by recall, "
                    f"{100 * (best.recall - no.recall):.0f}.")  # fmt: skip
    return seen


def _answers(strategy: str) -> int:
    """Draw a strategy's answers about the film; returns how many are right."""
    test = sample.predictions("test")
    row = int(np.flatnonzero(test.catalogue.films["id"].to_numpy()[test.rows] == FILM)[0])
    chosen, labels = answers(strategy).chosen[row], test.labels[row].astype(bool)
    _tiles([(genre, yes, *(("green", ":material/check: ") if yes == has else ("red", ":material/close: ")))
            for genre, yes, has in zip(test.genres, chosen, labels, strict=True)])  # fmt: skip
    return int((chosen == labels).sum())


def _tiles(labels: Sequence[tuple[str, bool, str, str]]) -> None:
    """Draw one tile per genre: its name, yes or no, a colour, and a sign."""
    st.markdown(" ".join(
        f":{colour}-badge[{sign}{plain(genre)}: {'**yes**' if yes else 'no'}]" for genre, yes, colour, sign in labels
    ))  # fmt: skip


def _accuracy(strategy: str) -> float:
    return -scores(strategy).accuracy


def _sentence(found: Scores) -> str:
    return (f"accuracy {percent(found.accuracy)}, {percent(found.recall)} of the true genres found (recall), BCE "
            f"{found.bce:.2f}")  # fmt: skip


def _table(found: dict[str, Scores], chosen: str) -> None:
    """Draw the scores of all strategies, the most accurate first."""
    rows = sorted(found, key=_accuracy)
    table = pd.DataFrame({
        "Strategy": [f"{STRATEGIES[each]}{' ◂' if each == chosen else ''}" for each in rows],
        "Accuracy": [percent(found[each].accuracy) for each in rows],
        "Recall": [percent(found[each].recall) for each in rows],
        "BCE": [f"{found[each].bce:.2f}" for each in rows],
    })  # fmt: skip
    right = {name: st.column_config.TextColumn(alignment="right", help=help) for name, help in (
        ("Accuracy", "The share of all yes-or-no answers that are right. Higher is better."),
        ("Recall", "The share of the true genres that were found. Higher is better."),
        ("BCE", "How far the probabilities are from the truth; confident mistakes cost most. Lower is better."),
    )}  # fmt: skip
    st.dataframe(table, hide_index=True, height="content", key="lesson_accuracy_table", column_config=right,
                 alt="Accuracy, recall and BCE of each strategy, the most accurate first.")  # fmt: skip
    st.caption(
        "The most accurate is at the top. The base rates, too, say no to everything, because no genre is "
        f"{percent(YES)} likely; yet their BCE is far lower, because they do not claim to be certain. Only Fusion, "
        "which looks at the poster and reads the overview, is good at all three."
    )
