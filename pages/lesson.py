"""Lesson: nine steps from the report's CNN to a model that is better than all baselines."""

from genreclf.ui import frame
from genreclf.ui.lesson import progress, steps


def main() -> None:
    progress.remember()
    steps.show(steps.choose())
    steps.take_home()


frame.run(main)
