"""What a student takes home: the lesson with their own answers and figures, as one HTML file."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markupsafe import Markup

from genreclf.evaluation.charts import Chart, training_curves
from genreclf.evaluation.histories import History
from genreclf.evaluation.metrics import METRICS, NAMES
from genreclf.evaluation.report.page import Figures, render
from genreclf.evaluation.scoreboard import SCORES, score_table, scoreboard
from genreclf.lesson import charts
from genreclf.lesson.figures import figures, filled, recorded, report_history, shipped_weights
from genreclf.lesson.progress import Progress
from genreclf.lesson.steps import STEPS, Step

_MARKDOWN = MarkdownIt("commonmark", {"html": False})


def report_html(progress: Progress, name: str = "", live: dict[str, History] | None = None) -> str:
    """Write the report of the steps that were answered.

    Args:
        progress: the student's answers and what they saw.
        name: the student's name, or "".
        live: the histories of the student's own trainings, by step.

    Returns:
        an HTML document that needs nothing else, about 5 MB, most of it the library that draws its charts.
    """
    drawn = Figures()
    sections = [_section(step, progress, drawn, (live or {}).get(step.key)) for step in progress.done]
    table = score_table(scoreboard(shipped_weights()))
    return render(
        Path(__file__).parent / "report.html",
        drawn,
        name=" ".join(name.split()),
        sections=sections,
        steps=len(STEPS),
        scores=table[["Model", "Kind", *SCORES]].rename(columns=NAMES),
        metrics={NAMES[metric]: METRICS[metric] for metric in SCORES},
        test_films=figures()["test_films"],
    )


def _section(step: Step, progress: Progress, drawn: Figures, live: History | None) -> dict[str, Any]:
    question, answer = step.question, progress.answers[step.key]
    draw = _CHARTS.get(step.key)
    return {
        "number": STEPS.index(step) + 1,
        "title": step.title,
        "lead": _html(filled(step.lead)),
        "question": filled(question.text),
        "answer": question.written(answer),
        "truth": question.written(figures()[question.truth]),
        "seen": [_html(sentence) for sentence in progress.seen.get(step.key, [])],
        "explanation": _html(filled(step.explanation)),
        "charts": [drawn.chart(draw(answer))] if draw else [],
        "live": drawn.chart(partial(training_curves, live)) if live else None,
    }


def _html(text: str) -> Markup:
    """Markdown as HTML; what is HTML in it is shown literally."""
    html = _MARKDOWN.render(text).strip()
    return Markup(re.sub(r"^<p>(.*)</p>$", r"\1", html) if html.count("<p>") == 1 else html)


def _report_chart(answer: Any) -> Callable[..., Chart]:
    return partial(charts.report_chart, report_history("cnn"), guess=answer)


def _starts_chart(answer: Any) -> Callable[..., Chart]:
    return partial(charts.starts_chart, recorded("start-half", "half"), recorded("start-rates", "rates"))


def _overfitting_chart(answer: Any) -> Callable[..., Chart]:
    return partial(charts.overfitting_chart, recorded("overfitting", "LSTM"), mark=int(answer))


_CHARTS = {"report": _report_chart, "start": _starts_chart, "overfitting": _overfitting_chart}
