"""Step "start" of the lesson: what one number for all genres can do, and what the base rates add to a training."""

import numpy as np
import streamlit as st

from genreclf.evaluation.metrics import base_rate_loss, bce
from genreclf.lesson import charts, sample
from genreclf.lesson.figures import figures, recorded
from genreclf.ui import look
from genreclf.ui.lesson import progress, replay
from genreclf.units import NO_BREAK_SPACE

KEY = "start"
HALF = 50  # percent: where the output of a fresh network starts


def before(answer: float | str | None) -> None:
    """Draw a slider for one probability that is answered for every genre of every film, and its loss."""
    percent = st.slider("Your probability for every genre of every film", 1, 99, HALF, format=f"%d{NO_BREAK_SPACE}%%",
                        key="lesson_start_constant", persist_state="session")  # fmt: skip
    losses, base_rates = sample_losses()
    note = progress.current().note(KEY)
    best = note["best"] = min(note.get("best", HALF), percent, key=losses.__getitem__)
    with st.container(horizontal=True, gap="large", key="lesson_start_losses"):
        st.metric(f"BCE of {percent} %", f"{losses[percent]:.3f}", width="content")
        st.metric(f"Your best: {best} %", f"{losses[best]:.3f}", width="content")
        st.metric("Base rates", f"{base_rates:.3f}", width="content")
    st.caption(
        "Lower is better. Can one number for all genres beat the base rates, which have one per genre? Computed on the "
        "sample’s validation films."
    )


def after(answer: float | str) -> list[str]:
    """Draw the two recorded trainings."""
    replay.mark_recorded()
    half, rates = recorded("start-half", "Starts at 50 %"), recorded("start-rates", "Starts at the base rates")
    look.chart(charts.starts_chart(half, rates, look.colours()), "lesson_start_curves")
    (losses, base_rates), best = sample_losses(), progress.current().note(KEY).get("best", HALF)
    gain, first = figures()["start_gain"], half.epochs["val_loss"]
    later = next((epoch for epoch, loss in enumerate(first, 1) if loss < rates.epochs["val_loss"].iloc[0]), None)
    catch_up = f"needs {later} epochs to get" if later else "never gets"
    return [
        f"The best single probability that you found is {best} %: its BCE is {losses[best]:.3f}. Answering 50 % costs "
        f"{losses[HALF]:.3f}, and the base rates, one probability for each genre, {base_rates:.3f}.",
        f"You expected the line to lower the LSTM’s loss by {float(answer):.1%}; it lowers it by {gain:.1%}, from "
        f"{half.facts.best_loss:.4f} to {rates.facts.best_loss:.4f}.",
        f"The training that starts at 50 % {catch_up} where the other one is after one.",
    ]


@st.cache_data(max_entries=1, show_spinner=False)
def sample_losses() -> tuple[dict[int, float], float]:
    """The BCE of each constant answer on the sample's validation films, by percent, and that of the base rates."""
    films = sample.films()
    train, val = (films.in_split(split) for split in ("train", "val"))
    labels = films.labels[val]
    constants = {percent: bce(labels, np.full(labels.shape, percent / 100)) for percent in range(1, 100)}
    return constants, base_rate_loss(films.labels, train, val)
