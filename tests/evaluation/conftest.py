"""What the tests of the evaluation share."""

import pytest
from prediction_sets import random_labels, simulated_probabilities


@pytest.fixture(params=["float32", "float64"])
def genre(request):
    """A genre of 300 films told with some skill."""
    labels = random_labels(300)
    return labels[:, 18], simulated_probabilities(labels, 0.3)[:, 18].astype(request.param)
