import math

import pytest

from genreclf.recipes.schedule import SCHEDULES, learning_rate, learning_rates


def rates(schedule: str, epochs: int, warmup: float = 0.0) -> list[float]:
    return [learning_rate(schedule, epoch, epochs, 1e-3, warmup) for epoch in range(epochs)]


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
    assert learning_rate("cosine", 20, 20, 1e-3) == pytest.approx(1e-5)


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


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_rates_of_all_epochs_are_the_epochs_rates(schedule):
    assert learning_rates(schedule, 15, 1e-3, 2) == rates(schedule, 15, 2)


def test_an_unknown_schedule_is_named():
    with pytest.raises(ValueError, match="'steps' is not one of report, cosine, constant"):
        learning_rate("steps", 0, 1, 1e-3)
