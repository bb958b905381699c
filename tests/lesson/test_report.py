import re

import pytest

from genreclf.lesson.figures import figures, recorded
from genreclf.lesson.progress import Progress
from genreclf.lesson.report import report_html
from genreclf.lesson.steps import STEPS


@pytest.fixture
def progress() -> Progress:
    made = Progress()
    for step in STEPS:
        made.answer(step.key, next(iter(step.question.options), step.question.start))
        made.seen[step.key] = [f"You saw **{step.key}** & <script>alert(1)</script>"]
    return made


def test_the_report_has_every_answer_the_truth_what_was_seen_and_the_final_table(progress):
    html = report_html(progress, "Ada <b>")
    for number, step in enumerate(STEPS, 1):
        assert f"<h2>{number}. {step.title}</h2>" in html
        assert f"<dd>{step.question.written(figures()[step.question.truth])}</dd>" in html.replace("&#39;", "'")
        assert f"<strong>{step.key}</strong>" in html
    assert "Ada &lt;b&gt;" in html
    assert "<script>alert(1)</script>" not in html
    assert html.count("data-figure=") >= 3
    assert "Fusion" in html
    assert "{" not in re.sub(r"<(script|style).*?</\1>", "", html, flags=re.DOTALL)  # no field is left unfilled


def test_the_report_fetches_nothing(progress):
    html = report_html(progress)
    assert "default-src 'none'" in html
    assert not re.findall(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=[\"']?http", html)


def test_only_what_was_answered_is_in_the_report_with_ones_own_training():
    progress = Progress()
    progress.answer("overfitting", 3)
    html = report_html(progress, live={"overfitting": recorded("overfitting", "LSTM")})
    assert html.count("<h2>") == 2
    assert "Your own training" in html
