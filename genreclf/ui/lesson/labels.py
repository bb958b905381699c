"""Step "labels" of the lesson: five doubted labels to judge, and the word count fitted before and after."""

from dataclasses import asdict

import streamlit as st

from genreclf.data.thumbnails import thumbnails
from genreclf.errors import UserError
from genreclf.evaluation.bootstrap import Difference
from genreclf.evaluation.charts import differences_chart
from genreclf.lesson import sample
from genreclf.lesson.figures import figures
from genreclf.lesson.labels import Change, Comparison, Doubt, doubts, retrain
from genreclf.ui import look
from genreclf.ui.lesson import progress, replay
from genreclf.ui.text import plain, warn
from genreclf.units import listed, percent

_JUDGEMENTS = {"yes": "Yes", "no": "No", "keep": "Not sure"}
_YOURS, _ALL_FIVE = "Your labels, on the sample", "All five corrected, on the sample (recorded)"


def before(answer: float | str | None) -> None:
    """Draw the doubted labels, to be judged."""
    judged = progress.current().note("labels").setdefault("judged", {})
    most = int(sample.films().labels.sum(axis=1).max())
    with st.grid("auto", min_column_width=280, gap="small", key="lesson_labels_films") as grid:
        for doubt in doubts():
            with grid.cell(), st.container(border=True, gap="xsmall", height="stretch"):
                _film(doubt)
                key = f"lesson_labels_{doubt.film}"
                st.session_state.setdefault(key, judged.get(doubt.film, "keep"))
                judged[doubt.film] = st.segmented_control(
                    f"Is it {plain(doubt.genre)}?", list(_JUDGEMENTS), format_func=_JUDGEMENTS.__getitem__, key=key,
                    required=True,
                )  # fmt: skip
    st.caption(
        f"The data set has at most {most} genres per film, so some are missing. The models doubt labels that they have "
        "learned from; they may be wrong. Nobody else sees your answers, and no data is changed."
    )


def after(answer: float | str) -> list[str]:
    """Draw the button that trains, and the differences it made, beside that on real films."""
    notes, known = progress.current().note("labels"), figures()
    changes = _changes(notes["judged"])
    may_train = replay.may_train()
    if may_train:
        _offer(changes, notes)
    else:
        replay.say_untrained()
    ours = _retrained(notes) if may_train else None
    recorded = Difference("after", "before", "bce", known["labels_difference"], known["labels_low"],
                          known["labels_high"], known["test_films"])  # fmt: skip
    value, low, high = known["labels_few"]
    few = Difference("after", "before", "bce", value, low, high, len(sample.films().in_split("test")))
    first = {_YOURS: ours.difference} if ours else {} if may_train else {_ALL_FIVE: few}
    rows = first | {f"{percent(known['labels_share'])} put right, on real films": recorded}
    if ours:
        _metrics(ours)
    st.markdown(
        f":material/history: **Recorded on real films**{', for comparison' * may_train}: "
        f"{percent(known['labels_share'])} of the training films had the genres of another film, and were then put "
        "right."
    )
    look.chart(differences_chart(rows, "What correcting labels changes", look.colours()), "lesson_labels_chart")
    return _seen(answer, changes, notes, ours)


def _offer(changes: list[Change], notes: dict) -> None:
    """Draw the button that trains on the visitor's labels."""
    count = f"{len(changes)} label{'s' * (len(changes) != 1)}"
    films, test = (len(sample.films().in_split(split)) for split in ("train", "test"))
    st.markdown(
        f":material/bolt: **Live, on the sample:** you changed **{count}** of {films:,} training films. The word count "
        f"is trained twice, on the old labels and on yours, and both versions answer the same {test} test films."
    )
    st.button("Retrain and compare", key="lesson_labels_retrain", type="primary", icon=":material/model_training:",
              disabled=not changes, on_click=notes.update, kwargs={"trained": changes},
              help=None if changes else "First disagree with at least one label above.")  # fmt: skip


def _film(doubt: Doubt) -> None:
    """Draw a film with its poster, its genres and the doubt about it."""
    films = sample.films()
    position = films.position(doubt.film)
    film = films.films.iloc[position]
    with st.container(horizontal=True, gap="small", wrap=False):
        st.image(thumbnails(films, [doubt.film])[0], width=look.pixels(84), alt=f"Poster of {film['title']}")
        with st.container(gap="xsmall"):
            st.markdown(f"**{plain(films.display_name(position))}**")
            st.caption(plain(" · ".join(film["genres"])))
            has = "is labelled" if doubt.labelled else "is not labelled"
            st.markdown(f"It {has} **{plain(doubt.genre)}**. The models give it {percent(doubt.probability)}.",
                        help=plain(f"The mean of {doubt.models}, which doubt the label."))  # fmt: skip
    st.caption(plain(film["overview"]))


def _changes(judged: dict[str, str]) -> list[Change]:
    """The labels that differ from what the visitor judged."""
    return [
        (doubt.film, doubt.genre) for doubt in doubts() if judged[doubt.film] == ("no" if doubt.labelled else "yes")
    ]


@st.cache_data(max_entries=64, show_spinner="Training the word count twice…")
def _retrain(changes: tuple[Change, ...]) -> Comparison:
    """There are few ways to judge five labels, so a whole class trains few times."""
    return retrain(changes)


def _retrained(notes: dict) -> Comparison | None:
    """The comparison of what was trained last, None before; kept in the notes."""
    if not notes.get("trained"):
        return None
    if notes.get("compared_for") != notes["trained"]:
        try:
            found = _retrain(tuple(notes["trained"]))
        except UserError as error:
            del notes["trained"]
            warn(error)
            return None
        notes["compared_for"], notes["compared"] = notes["trained"], asdict(found)
    return Comparison.from_json(notes["compared"])


def _metrics(ours: Comparison) -> None:
    difference = ours.difference
    with st.grid(4, min_column_width=120, key="lesson_labels_metrics"):
        st.metric("BCE, old labels", f"{ours.before:.5f}")
        st.metric("BCE, your labels", f"{ours.after:.5f}")
        st.metric("Difference", f"{difference.value:+.5f}",
                  help=f"95 % confidence interval: {difference.low:+.5f} to {difference.high:+.5f}.")  # fmt: skip
        st.metric("Significant?", "Yes" if difference.significant else "No")


def _seen(answer: float | str, changes: list[Change], notes: dict, ours: Comparison | None) -> list[str]:
    said = "would" if answer == "yes" else "would not"
    seen = [f"You said that {len(doubts())} corrected labels {said} make the model significantly better."]
    if changes:
        films = sample.films()
        named = [f"{plain(genre)} of {plain(films.display_name(films.position(film)))}" for film, genre in changes]
        seen.append(f"You would change these labels: {listed(named)}.")
    if ours is None:
        return seen
    found, many = ours.difference, len(notes["trained"])
    contains = "does not contain 0" if found.significant else "contains 0, so it may be chance"
    seen.append(
        f"With {many} label{'s' * (many != 1)} changed, the BCE of the word count went from {ours.before:.5f} to "
        f"{ours.after:.5f}. The interval of the difference, {found.low:+.5f} to {found.high:+.5f}, {contains}."
    )
    if notes["trained"] != changes:
        seen.append("You have changed your mind since: retrain to see what it does.")
    return seen
