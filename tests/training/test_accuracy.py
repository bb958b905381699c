import numpy as np
import pytest

from genreclf.training.accuracy import GenreAccuracy


def test_a_share_of_a_genre_is_a_true_genre():
    targets = np.array([[0.5, 0.5, 0.0, 0.0]], np.float32)  # of a softmax: two genres
    metric = GenreAccuracy()
    metric.update_state(targets, np.array([[0.9, 0.1, 0.0, 0.0]], np.float32))
    assert float(metric.result()) == pytest.approx(0.75)
    metric.reset_state()
    metric.update_state(targets, np.zeros((1, 4), np.float32))
    assert float(metric.result()) == pytest.approx(0.5)  # what predicting nothing scores
