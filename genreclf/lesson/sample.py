"""The embedded sample as the lesson uses it: without anyone's corrections, and with the predictions that come with it.

So all visitors see the same films and figures, whatever data set is chosen and whatever was promoted.
"""

from collections.abc import Sequence
from functools import lru_cache

from genreclf import paths
from genreclf.data.catalogue import Catalogue, load_table
from genreclf.evaluation.predictions import SplitPredictions, judge, predictions_of
from genreclf.evaluation.stored import catalogue_predictions
from genreclf.weights.folder import read_weights

MODELS = ("cnn", "poster", "lstm", "overview")  # those with one input, which doubt labels


@lru_cache(maxsize=1)
def films() -> Catalogue:
    """The sample's films."""
    return load_table(paths.SAMPLE)


@lru_cache(maxsize=8)
def predictions(split: str, models: Sequence[str] = ("fusion",)) -> SplitPredictions:
    """What the shipped models say of a split's films; stored with the project, so no network is loaded.

    Args:
        split: ``"train"``, ``"val"`` or ``"test"``.
        models: their names, a tuple.
    """
    found = [read_weights(paths.SHIPPED_WEIGHTS / "sample" / model, "shipped") for model in models]
    return judge(
        films(),
        split,
        [predictions_of(weights, catalogue_predictions(films(), weights, split=split)) for weights in found],
    )
