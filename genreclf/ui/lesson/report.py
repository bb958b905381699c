"""Step "report" of the lesson: where the report's CNN ends, beside the base rates."""

import streamlit as st

from genreclf.lesson import charts
from genreclf.lesson.figures import SHOWN_EPOCHS, figures, report_history
from genreclf.lesson.steps import BY_KEY
from genreclf.ui import look
from genreclf.ui.lesson import replay

KEY, MODEL = "report", "cnn"
LIVE = {"recipe": "reference", "epochs": 8}  # of the same recipe, on the sample
LIVE_SECONDS = 45


def before(answer: float | str | None) -> None:
    """Draw the first epochs, and the guess as a line that follows its slider; after the reveal, nothing."""
    if answer is None:
        guess = st.session_state.get(f"lesson_answer_{KEY}", BY_KEY[KEY].question.start)
        chart = charts.report_chart(report_history(MODEL), look.colours(), SHOWN_EPOCHS, guess)
        look.show(chart.figure, "lesson_report_first", charts.QUESTION_HEIGHT, chart.alt)


def after(answer: float | str) -> list[str]:
    """Replay the whole training, or train the same network on the sample; compare it with the guess."""
    guess = float(answer)
    if replay.choose(KEY) == replay.RECORDED:
        replay.replay(KEY, report_history(MODEL), guess)
    else:
        replay.live_run(KEY, MODEL, "the report’s CNN", LIVE_SECONDS, **LIVE)
    return [*_recorded(guess), *_live()]


def _recorded(guess: float) -> list[str]:
    history, base_rates = report_history(MODEL), figures()["prior_val"]
    facts, better = history.facts, int((history.epochs["val_loss"] < base_rates).sum())
    best = facts.best_loss or 0.0
    off = "just as you said" if abs(best - guess) < 0.0005 else (
        f"{abs(best - guess):.3f} {'higher' if best > guess else 'lower'} than you said"
    )  # fmt: skip
    hoped = "You expected it to beat the base rates" if guess < base_rates else "You did not expect it to beat them"
    return [
        f"The report’s CNN is at its best after epoch {facts.best_epoch} of {facts.epochs}, with {best:.3f}: {off}.",
        f"It beats the base rates, {base_rates:.3f}, in **{better or 'none'}** of {facts.epochs} epochs. {hoped}.",
    ]


def _live() -> list[str]:
    history = replay.live_history(KEY)
    if history is None or history.facts.best_loss is None:
        return []
    facts, base_rates = history.facts, history.facts.base_rate_loss or 0.0
    verb = "beat" if history.facts.best_loss < base_rates else "did not beat"
    return [f"On the sample, your own training {verb} the base rates in {facts.epochs} epochs: {facts.best_loss:.3f} "
            f"at best, against {base_rates:.3f}."]  # fmt: skip
