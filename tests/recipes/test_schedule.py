import math

import pytest

from genreclf.recipes.settings import SETTINGS, Recipe

SCHEDULES = tuple(SETTINGS["schedule"].choices)


def rates(schedule: str, epochs: int, warmup: float = 0.0) -> list[float]:
    return Recipe(epochs, learning_rate=1e-3, schedule=schedule, warmup_epochs=warmup).learning_rates()


def test_the_reports_schedule_is_constant_for_ten_epochs_then_falls_by_a_tenth():
    values = rates("report", 40)
    assert values[:10] == [1e-3] * 10
    for epoch in range(10, 40):
        assert values[epoch] == pytest.approx(values[epoch - 1] * math.exp(-0.1))


def test_the_cosine_falls_from_the_base_to_a_hundredth():
    values = rates("cosine", 20)
    assert values[0] == pytest.approx(1e-3)
    assert values[10] == pytest.approx(1e-3 * (0.01 + 0.99 / 2))
    assert values == sorted(values, reverse=True)
    assert 1e-5 < values[-1] < 3e-5
    assert rates("cosine", 1000)[-1] == pytest.approx(1e-5, rel=1e-3)


def test_constant_is_constant():
    assert set(rates("constant", 7)) == {1e-3}


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_warmup_climbs_to_the_base(schedule):
    values = rates(schedule, 30, warmup=3)
    assert values[:4] == pytest.approx([0.25e-3, 0.5e-3, 0.75e-3, 1e-3])
    assert max(values) <= 1e-3


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize(("epochs", "warmup"), [(1, 0), (1, 1), (1, 5), (2, 2)])
def test_short_trainings_have_a_rate(schedule, epochs, warmup):
    for value in rates(schedule, epochs, warmup):
        assert 0 < value <= 1e-3


@pytest.mark.parametrize(("epochs", "warmup"), [(1, 0), (3, 2)])
def test_an_unknown_schedule_is_an_error(epochs, warmup):
    with pytest.raises(ValueError, match="'steps'"):
        rates("steps", epochs, warmup)
