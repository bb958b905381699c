import math

import pytest
from lesson_page import open_step, reveal, seen

from genreclf import paths
from genreclf.data.catalogue import load_catalogue
from genreclf.lesson.figures import figures
from genreclf.ui.lesson import progress, start
from genreclf.units import typeset

KEY = "start"


def test_the_loss_of_each_constant_and_of_the_base_rates():
    losses, base_rates = start.sample_losses()
    assert losses[50] == pytest.approx(math.log(2))
    catalogue = load_catalogue(paths.SAMPLE)
    share = catalogue.labels[catalogue.in_split("val")].mean()
    best = min(losses, key=losses.__getitem__)
    assert abs(best / 100 - share) < 0.01, "the best single probability is the share of positive labels"
    assert base_rates < losses[best]


def test_the_visitor_looks_for_the_best_constant():
    page = open_step(KEY)
    losses, base_rates = start.sample_losses()
    for percent in (30, 12, 70):
        page.slider(key="lesson_start_constant").set_value(percent).run()
    values = [metric.value for metric in page.metric]
    assert values == [f"{losses[70]:.3f}", f"{losses[12]:.3f}", f"{base_rates:.3f}"]
    page = reveal(page, KEY, 5.0)
    assert len(page.get("plotly_chart")) == 1
    text = seen(page, KEY)
    assert "12 %" in text
    assert f"{losses[12]:.3f}" in text
    assert typeset(f"{figures()['start_gain']:.1%}") in text
    assert typeset("5.0%") in text
    assert progress.current_of(page.session_state).note(KEY)["best"] == 12
