"""Step "threshold" of the lesson: a threshold that misses no horror film, and what it does on new films."""

import numpy as np
import streamlit as st

from genreclf.data.thumbnails import thumbnails
from genreclf.evaluation.counts import Counts, Numbers
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.lesson import sample
from genreclf.lesson.figures import figures
from genreclf.lesson.threshold import GENRE, MODEL, START, THRESHOLDS, at, films_chart, recorded_chart
from genreclf.ui import look
from genreclf.ui.lesson import progress
from genreclf.ui.text import plain
from genreclf.units import first_of, listed, percent

_FILMS = {"val": "validation films", "test": "new films"}
_NAMED = 6  # films in a sentence


def before(answer: float | str | None) -> None:
    """Draw nothing: the question needs no more than its text."""


def after(answer: float | str) -> list[str]:
    """Draw a threshold to move on the sample's validation films, then on its new films, and the recorded curve."""
    notes, known = progress.current().note("threshold"), figures()
    st.markdown(
        f":material/bolt: **Live, on the sample:** Fusion gives each film a probability of {GENRE}. Move the threshold "
        "until no horror film among the validation films is missed. Then use it on new films."
    )
    threshold = st.select_slider(
        f"Threshold for {GENRE}", THRESHOLDS, value=START, key="lesson_threshold_value", persist_state="session",
        format_func=_written,
    )  # fmt: skip
    sides = st.columns(2, gap="medium")
    with sides[0]:
        st.subheader(f"{len(sample.predictions('val'))} validation films", anchor=False)
        val = _show("val", threshold)
    with sides[1]:
        st.subheader(f"{len(sample.predictions('test'))} new films", anchor=False)
        is_tried = notes.get("tried") == threshold
        if not is_tried:
            st.button(f"Use {_written(threshold)} on new films", key="lesson_threshold_try", type="primary",
                      icon=":material/play_arrow:", on_click=notes.update, kwargs={"tried": threshold})  # fmt: skip
            st.caption("Choose with the validation films; look here once you are happy with your choice.")
        test = _show("test", threshold) if is_tried else None
    st.markdown(f":material/history: **Recorded on real films:** the same for {known['val_films']:,} validation films "
                f"and {known['test_films']:,} new ones.")  # fmt: skip
    look.chart(recorded_chart(known["horror_curve"], known["horror_threshold"], look.colours(), threshold),
               "lesson_threshold_recorded")  # fmt: skip
    seen = [
        f"You said that {percent(float(answer))} of the picked films would be horror. On real films it is "
        f"{percent(known['horror_precision'])}: a threshold of {percent(known['horror_threshold'])} misses none of the "
        f"validation films and {percent(1 - known['horror_recall'])} of the new ones.",
        f"Your threshold, {_written(threshold)}, on the sample’s validation films: {_sentence(val)}.",
    ]
    return seen if test is None else [*seen, f"On its new films: {_sentence(test)}."]


def _show(split: str, threshold: float) -> Counts:
    """Draw a split's films, the counts at the threshold, and the films that are missed."""
    predictions = sample.predictions(split)
    truth, probabilities = _of_genre(predictions)
    names = [predictions.catalogue.display_name(row) for row in predictions.rows]
    counts = at(truth, probabilities, threshold)
    with st.grid(2, min_column_width=110, key=f"lesson_threshold_{split}"):
        st.metric("Recall", _share(counts.recall), help="The share of the horror films that are found.")
        st.metric("Precision", _share(counts.precision), help="The share of the picked films that are horror.")
    st.caption(f"{counts.tp} of {counts.positives} horror films found, {counts.fn} missed; of {counts.chosen} picked "
               f"films {counts.fp} wrongly.")  # fmt: skip
    chart = films_chart(truth, probabilities, names, threshold, _FILMS[split], look.colours())
    if split == "val":  # how to read it is said once
        look.chart(chart, f"lesson_threshold_films_{split}")
    else:
        look.show(chart.figure, f"lesson_threshold_films_{split}", chart.height, chart.alt)
    _missed(predictions, np.flatnonzero(truth & (probabilities < threshold)))
    if wrong := np.flatnonzero(~truth & (probabilities >= threshold)).tolist():
        wrong.sort(key=lambda film: -probabilities[film])
        st.caption(plain(f"Wrongly picked: {listed(first_of([names[film] for film in wrong], _NAMED))}."))
    return counts


def _of_genre(predictions: SplitPredictions) -> tuple[np.ndarray, np.ndarray]:
    """Whether each film has the genre, bool, and its probability, float64."""
    column = predictions.genres.index(GENRE)
    return predictions.labels[:, column].astype(bool), predictions.of(MODEL).probabilities[:, column].astype(np.float64)


def _missed(predictions: SplitPredictions, films: np.ndarray) -> None:
    """Draw the posters of the films that are missed."""
    if not len(films):
        return
    catalogue = predictions.catalogue
    rows = [int(predictions.rows[film]) for film in films]
    posters = thumbnails(catalogue, catalogue.films["id"].iloc[rows].tolist())
    with st.container(horizontal=True, gap="small", key=f"lesson_threshold_missed_{predictions.split}"):
        for row, poster in zip(rows, posters, strict=True):
            title = catalogue.films["title"].iloc[row]
            with st.container(width=look.pixels(84), gap=None):
                st.image(poster, width=look.pixels(84), alt=f"Poster of {title}, which is missed")
                st.caption(f":material/close: {plain(title)}")


def _sentence(counts: Counts) -> str:
    recall = f"it finds {counts.tp} of {counts.positives} horror films and misses {counts.fn}"
    return f"{recall}; of the {counts.chosen} films that it picks, {_share(counts.precision)} are horror (precision)"


def _share(value: Numbers) -> str:
    return "–" if value != value else percent(float(value))


def _written(threshold: float) -> str:
    return f"{100 * threshold:.1f} %" if threshold < 0.02 else f"{100 * threshold:.0f} %"
