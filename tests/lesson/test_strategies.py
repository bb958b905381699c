import math

import numpy as np
import pytest

from genreclf.lesson import sample
from genreclf.lesson.strategies import STRATEGIES, answers, scores


def test_saying_no_is_accurate_and_useless():
    never, labels = scores("never"), sample.predictions("test").labels
    assert never.accuracy == pytest.approx(1 - labels.mean())
    assert never.recall == 0
    assert never.bce > scores("coin").bce == pytest.approx(math.log(2))


def test_accuracy_cannot_tell_base_rates_from_saying_no():
    never, rates = scores("never"), scores("rates")
    assert (rates.accuracy, rates.recall) == (never.accuracy, never.recall)
    assert rates.bce < never.bce / 4


def test_only_the_real_model_is_good_in_everything():
    found = {strategy: scores(strategy) for strategy in STRATEGIES}
    assert max(found, key=lambda each: found[each].accuracy) == min(found, key=lambda each: found[each].bce) == "fusion"
    assert found["fusion"].recall > found["drama"].recall > 0


def test_answers_are_yes_or_no_to_every_genre():
    shape = sample.predictions("test").labels.shape
    for strategy in STRATEGIES:
        given = answers(strategy)
        assert given.chosen.shape == given.probabilities.shape == shape
        assert ((given.probabilities >= 0) & (given.probabilities <= 1)).all()
    assert answers("drama").chosen.sum() == shape[0]
    assert np.array_equal(answers("coin").chosen, answers("coin").chosen)
