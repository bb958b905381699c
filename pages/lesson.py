"""Lesson: nine steps from the report's CNN to a model that is better than all baselines."""

import streamlit as st

from genreclf.lesson.steps import STEPS
from genreclf.ui import frame
from genreclf.ui.lesson import progress, steps


def main() -> None:
    st.title("Lesson")
    minutes = sum(step.minutes for step in STEPS)
    st.caption(
        f"From a network that is worse than not looking to one that names a true genre first for most films: "
        f"{len(STEPS)} steps of a few minutes, {minutes} in all. Answer, then reveal."
    )
    progress.remember()
    steps.show(steps.choose())
    steps.take_home()


frame.run(main)
