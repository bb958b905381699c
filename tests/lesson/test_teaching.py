"""The lecturers' guide knows the steps of the lesson and how long they take."""

import re

from genreclf import paths
from genreclf.lesson.steps import STEPS

GUIDE = (paths.PROJECT / "docs" / "teaching.md").read_text("utf-8")


def test_each_step_has_its_title_and_minutes_and_what_to_ask():
    found = re.findall(r"^\*\*(\d)\. (.*?)\*\* \((\d+) min\) \*Ask:\*", GUIDE, re.M)
    assert found == [(str(place), step.title, str(step.minutes)) for place, step in enumerate(STEPS, 1)]
    assert GUIDE.count("*Comes back:*") == GUIDE.count("*Say:*") == len(STEPS)


def test_the_ways_take_as_long_as_they_say():
    assert sum(step.minutes for step in STEPS) == 40
    (steps,) = re.findall(r"\| ([\d, ]+), each four minutes \|", GUIDE)
    assert len(steps.split(",")) * 4 == 20
