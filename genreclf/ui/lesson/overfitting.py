"""Step "overfitting" of the lesson: an LSTM that memorises its films, and the epoch at which to stop it."""

from typing import Any

import streamlit as st

from genreclf.evaluation.histories import History
from genreclf.lesson import charts
from genreclf.lesson.figures import recorded
from genreclf.lesson.steps import BY_KEY
from genreclf.ui import look
from genreclf.ui.lesson import replay

KEY, RECORD = "overfitting", "overfitting"
LIVE: dict[str, Any] = {  # as recorded, with larger steps, because the sample has a fifth of the films
    "epochs": 6, "batch_size": 128, "learning_rate": 0.005, "teacher": "", "word_dropout": 0.0, "word_vectors": False,
    "schedule": "constant", "warmup_epochs": 0.0, "patience": 0,
    "model_options": {"lstm_dropout": 0.0, "recurrent_dropout": 0.0, "dense_dropout": 0.0},
}  # fmt: skip
LIVE_SECONDS = 40


def before(answer: float | str | None) -> None:
    """Draw the training loss alone, with a mark that follows the slider; after the reveal, nothing."""
    if answer is None:
        mark = int(st.session_state.get(f"lesson_answer_{KEY}", BY_KEY[KEY].question.start))
        chart = charts.overfitting_chart(_record(), look.colours(), mark, validation=False)
        look.show(chart.figure, "lesson_overfitting_training", charts.QUESTION_HEIGHT, chart.alt)


def after(answer: float | str) -> list[str]:
    """Draw the validation loss with the visitor's epoch and the best one, or train the same on the sample."""
    mark = int(answer)
    if replay.choose(KEY) == replay.RECORDED:
        look.chart(charts.overfitting_chart(_record(), look.colours(), mark), "lesson_overfitting_revealed")
    else:
        replay.live_run(KEY, "lstm", "overfit on purpose", LIVE_SECONDS, **LIVE)
    return [*_recorded(mark), *_live()]


def _record() -> History:
    return recorded(RECORD, "LSTM without dropout")


def _recorded(mark: int) -> list[str]:
    history = _record()
    losses, best = history.epochs["val_loss"], history.facts.best_epoch or 1
    lowest, last = losses.min(), losses.iloc[-1]
    here = losses.iloc[min(mark, len(losses)) - 1]
    if mark == best:
        stopped = f"You would stop after epoch {mark}, which is the best one: {here:.3f} on validation films."
    else:
        apart = abs(mark - best)
        when = f"epoch{'s' * (apart > 1)} too {'early' if mark < best else 'late'}"
        stopped = (
            f"You would stop after epoch {mark}, {apart} {when}: {here:.3f} on validation films, "
            f"{here - lowest:.3f} worse than after epoch {best}."
        )
    trained = history.epochs["loss"].iloc[-1]
    never = f"Never stopping costs {last - lowest:.3f}: after epoch {len(losses)} the loss is {last:.3f} on validation "
    return [stopped, f"{never}films, though it is {trained:.3f} on training films."]


def _live() -> list[str]:
    history = replay.live_history(KEY)
    if history is None:
        return []
    facts, last = history.facts, history.epochs.iloc[-1]
    return [f"On the sample, your own training was best after epoch {facts.best_epoch} of {facts.epochs}, with "
            f"{facts.best_loss:.3f} on validation films; it ended at {last['val_loss']:.3f}, and at {last['loss']:.3f} "
            "on training films."]  # fmt: skip
