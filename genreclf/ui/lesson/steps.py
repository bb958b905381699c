"""What all steps of the lesson share: the way through them, the question and its reveal, and the explanation."""

from importlib import import_module

import streamlit as st

from genreclf.lesson.figures import figures
from genreclf.lesson.progress import Progress
from genreclf.lesson.steps import STEPS, Question, Step
from genreclf.ui import frame, glossary
from genreclf.ui.lesson import progress as visitors

NUMBER = "step"  # query parameter and session: the step shown, from 1


def choose() -> Step:
    """Draw the way through the steps; returns the one to show."""
    frame.check_address(NUMBER, [str(number) for number, _ in enumerate(STEPS, 1)], "step")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="lesson_way"):
        number = st.pagination(len(STEPS), key=NUMBER, bind="query-params", width=420)
        done = len(visitors.current().done)
        st.caption(f"{done} of {len(STEPS)} answered", width="content")
    return STEPS[number - 1]


def show(step: Step) -> None:
    """Draw a step: its text and question, and after the reveal its control, what was seen, and the explanation."""
    progress, module = visitors.current(), import_module(f"genreclf.ui.lesson.{step.key}")
    answer = progress.answers.get(step.key)
    st.header(f"{STEPS.index(step) + 1}. {step.title}", anchor=False)
    st.markdown(step.lead.format_map(figures()))
    glossary.terms(step.terms, "lesson_terms")
    module.before(answer)
    if answer is None:
        _ask(step, progress)
    else:
        _reveal(step.question, answer)
        with st.container(key="lesson_control"):
            seen = module.after(answer)
        progress.seen[step.key] = seen
        if seen:
            st.subheader("What you saw", anchor=False)
            st.markdown("\n".join(f"- {sentence}" for sentence in seen))
        with st.container(border=True, key="lesson_explanation"):
            st.markdown(step.explanation.format_map(figures()))
    _ways(step)


def _ask(step: Step, progress: Progress) -> None:
    """Draw the question with its form; the answer is kept when *Reveal* is pressed."""
    question, key = step.question, f"lesson_answer_{step.key}"
    text = f"**{question.text.format_map(figures())}**"
    with st.container(border=True, key="lesson_question"):
        if question.options:
            st.radio(text, list(question.options), format_func=question.options.__getitem__, key=key,
                     index=None)  # fmt: skip
        else:
            values = [question.scale * value for value in (question.low, question.high, question.start, question.step)]
            values = [round(value, question.decimals) if question.decimals else round(value) for value in values]
            form = f"%.{question.decimals}f{' %%' if question.scale > 1 else ''}"
            st.slider(text, *values, format=form, key=key)
        chosen = st.session_state.get(key)
        st.button("Reveal", type="primary", icon=":material/visibility:", key="lesson_reveal", disabled=chosen is None,
                  on_click=_keep, args=(step, progress))  # fmt: skip


def _keep(step: Step, progress: Progress) -> None:
    chosen = st.session_state[f"lesson_answer_{step.key}"]
    progress.answer(step.key, chosen if step.question.options else chosen / step.question.scale)


def _reveal(question: Question, answer: float | str) -> None:
    """Draw the answer that was given beside the right one."""
    truth = figures()[question.truth]
    with st.container(border=True, key="lesson_question"):
        st.markdown(f"**{question.text.format_map(figures())}**")
        given, right = st.columns(2, gap="small")
        given.metric("You said", question.written(answer))
        right.metric("It is", question.written(truth))


def _ways(step: Step) -> None:
    """Draw the buttons to the step before and the one after."""
    place = STEPS.index(step) + 1
    with st.container(horizontal=True, gap="small", key="lesson_ways"):
        st.button("Previous step", key="lesson_previous", icon=":material/chevron_left:", disabled=place == 1,
                  on_click=_go, args=(place - 1,))  # fmt: skip
        st.button("Next step", key="lesson_next", icon=":material/chevron_right:", disabled=place == len(STEPS),
                  on_click=_go, args=(place + 1,))  # fmt: skip


def _go(place: int) -> None:
    st.session_state[NUMBER] = place
