"""The lesson's page in tests: opening a step and revealing its answer."""

import json
from typing import Any

from app_pages import open_address
from streamlit.testing.v1 import AppTest

from genreclf.lesson.steps import BY_KEY, STEPS
from genreclf.ui.lesson import progress


def open_step(key: str) -> AppTest:
    """The lesson at a step, nothing answered."""
    return open_address("pages/lesson.py", step=str(STEPS.index(BY_KEY[key]) + 1))


def reveal(page: AppTest, key: str, answer: float | str | None = None) -> AppTest:
    """The page after a step's question was answered; None leaves its slider where it starts."""
    question = BY_KEY[key].question
    if question.options:
        page.radio(key=f"lesson_answer_{key}").set_value(answer)
    elif answer is not None:
        page.slider(key=f"lesson_answer_{key}").set_value(answer)
    page.run()
    page.button(key="lesson_reveal").click().run()
    assert not page.exception
    return page


def seen(page: AppTest, key: str) -> str:
    """What the visitor saw in a step, as the report quotes it."""
    return "\n".join(progress.current_of(page.session_state).seen[key])


def figure(page: AppTest) -> dict[str, Any]:
    """The first Plotly chart, as Plotly reads it."""
    return json.loads(page.get("plotly_chart")[0].proto.spec)
