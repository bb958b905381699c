"""What all steps of the lesson share: the way through them, the question and its reveal, and the explanation."""

from functools import partial
from importlib import import_module
from types import ModuleType

import streamlit as st

from genreclf.evaluation.histories import History
from genreclf.lesson.figures import figures, filled
from genreclf.lesson.progress import Progress
from genreclf.lesson.steps import STEPS, Question, Step
from genreclf.ui import frame, glossary
from genreclf.ui.lesson import progress as visitors
from genreclf.ui.lesson import replay
from genreclf.ui.serving import visitor
from genreclf.units import NO_BREAK_SPACE, typeset

NUMBER = "step"  # query parameter and session: the step shown, from 1


def choose() -> Step:
    """Draw the page's title and the way through the steps; returns the one to show."""
    numbers = [str(number) for number, _ in enumerate(STEPS, 1)]
    frame.check_address(NUMBER, numbers, "step")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute",
                      key="lesson_way"):  # fmt: skip
        st.title("Lesson", width="content", anchor=False)
        default = None if NUMBER in st.session_state else "1"
        number = st.segmented_control("Step", numbers, default=default, key=NUMBER, required=True, bind="query-params",
                                      label_visibility="collapsed", width="content")  # fmt: skip
    return STEPS[numbers.index(number)]


def show(step: Step) -> None:
    """Draw a step: its text and question, and after the reveal its control, what was seen, and the explanation."""
    progress, module = visitors.current(), import_module(f"genreclf.ui.lesson.{step.key}")
    answer = progress.answers.get(step.key)
    st.header(f"{STEPS.index(step) + 1}. {step.title}", anchor=False)
    minutes, is_presenting = sum(each.minutes for each in STEPS), frame.is_presenting()
    if not is_presenting:
        st.caption(f"About {step.minutes} of {minutes} minutes. Steps answered: {len(progress.done)} of {len(STEPS)}.")
    st.markdown(filled(step.lead))
    terms = partial(glossary.terms, step.terms, f"lesson_{step.key}_terms")
    if not is_presenting:
        terms()
        _before(module, answer)
    if answer is None:
        _ask(step, progress)
    else:
        _reveal(step.question, answer, replay.keeps_answer(step.key))
    if is_presenting:  # a large screen is small: the question comes first
        _before(module, answer)
    if answer is not None:
        with st.container(key="lesson_control"), visitor.turn():
            seen = [typeset(sentence) for sentence in module.after(answer)]
        progress.seen[step.key] = seen
        if not replay.keeps_answer(step.key):
            _explain(step, seen)
    _ways(step)
    if is_presenting:
        terms()


def _before(module: ModuleType, answer: float | str | None) -> None:
    with visitor.turn():
        module.before(answer)


def _ask(step: Step, progress: Progress) -> None:
    """Draw the question with its form; the answer is kept when *Reveal* is pressed."""
    question, key, text = step.question, f"lesson_answer_{step.key}", filled(step.question.text)
    with st.container(border=True, key="lesson_question"):
        st.markdown(f"**{text}**")
        with st.container(horizontal=True, vertical_alignment="bottom" if question.options else "center", gap="medium"):
            if question.options:
                st.radio(text, list(question.options), format_func=question.options.__getitem__, key=key, index=None,
                         label_visibility="collapsed", width="stretch")  # fmt: skip
            else:
                marks = (question.low, question.high, question.start, question.step)
                low, high, start, by = (round(question.scale * mark, question.decimals or None) for mark in marks)
                form = f"%.{question.decimals}f{f'{NO_BREAK_SPACE}%%' if question.scale > 1 else ''}"
                st.slider(text, low, high, start, by, format=form, key=key, label_visibility="collapsed")
            st.button("Reveal", type="primary", icon=":material/visibility:", key="lesson_reveal",
                      disabled=st.session_state.get(key) is None, on_click=_keep, args=(step, progress))  # fmt: skip


def _keep(step: Step, progress: Progress) -> None:
    chosen = st.session_state[f"lesson_answer_{step.key}"]
    progress.answer(step.key, chosen if step.question.options else chosen / step.question.scale)


def _reveal(question: Question, answer: float | str, waits: bool) -> None:
    """Draw the answer that was given beside the right one, or where that will come from if it ``waits``."""
    with st.container(border=True, key="lesson_question"):
        st.markdown(f"**{filled(question.text)}**")
        with st.container(horizontal=True, gap="medium"):
            st.metric("You said", question.written(answer), width="content")
            if not waits:
                st.metric("Answer", question.written(figures()[question.truth]), width="content")
        if waits:
            st.caption("Watch the training below: the answer comes at its end.")


def _explain(step: Step, seen: list[str]) -> None:
    """Draw what the visitor saw, and the explanation."""
    if seen:
        st.subheader("What you saw", anchor=False)
        st.markdown("\n".join(f"- {sentence}" for sentence in seen))
    with st.container(border=True, key="lesson_explanation"):
        st.markdown(filled(step.explanation))


def _ways(step: Step) -> None:
    """Draw the buttons to the step before and the one after."""
    place = STEPS.index(step) + 1
    with st.container(horizontal=True, gap="small", key="lesson_ways"):
        st.button("Previous step", key="lesson_previous", icon=":material/chevron_left:", disabled=place == 1,
                  on_click=_go, args=(place - 1,))  # fmt: skip
        st.button("Next step", key="lesson_next", icon=":material/chevron_right:", disabled=place == len(STEPS),
                  on_click=_go, args=(place + 1,))  # fmt: skip


def _go(place: int) -> None:
    st.session_state[NUMBER] = str(place)


def take_home() -> None:
    """Draw what is at the end of every step: the report to download, and the way to begin again."""
    progress = visitors.current()
    # now, because a download is made without the session
    live = {step.key: history for step in progress.done if (history := replay.live_history(step.key))}
    st.divider()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="lesson_home"):
        name = st.text_input("Your name", key="lesson_name", placeholder="for the report, if you like", max_chars=60,
                             width=260, persist_state="session")  # fmt: skip
        st.download_button(
            "Download my lesson", partial(_report, progress, name, live), file_name="genreclf-lesson.html",
            mime="text/html", key="lesson_report", icon=":material/download:", on_click="ignore",
            disabled=not progress.done,
            help="One HTML file with your answers, what you saw, the curves and the final table.",
        )  # fmt: skip
        with st.popover("Start over", icon=":material/restart_alt:", type="tertiary", disabled=not progress.done):
            st.markdown("Your answers and all you saw will be forgotten.")
            st.button("Forget my answers", key="lesson_forget", on_click=_forget, args=(progress,))


def _report(progress: Progress, name: str, live: dict[str, History]) -> str:
    from genreclf.lesson.report import report_html

    return report_html(progress, name, live)


def _forget(progress: Progress) -> None:
    progress.clear()
    replay.forget()
    st.session_state[NUMBER] = "1"
    for key in map(str, list(st.session_state)):
        if key.startswith("lesson_") and not key.startswith("lesson_progress"):
            del st.session_state[key]
