"""Shared by the tests of the evaluation."""

import pytest
from prediction_sets import random_labels, simulated_probabilities


@pytest.fixture(params=["float32", "float64"])
def genre(request):
    """The labels of a genre and the probabilities of a moderately skilled model for 300 films."""
    labels = random_labels(300)
    return labels[:, 18], simulated_probabilities(labels, 0.3)[:, 18].astype(request.param)
