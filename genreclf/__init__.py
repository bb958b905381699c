"""genreclf: predict a film's genres from its poster and its overview.

    from pathlib import Path
    import genreclf

    catalogue = genreclf.load_catalogue(Path("assets/sample"))
    predictor = genreclf.Predictor(genreclf.find_weights("lstm"))
    probabilities = predictor.predict(overviews=catalogue.films["overview"].tolist())
    print(predictor.top(probabilities[0]))

Importing this is quick; Keras and TensorFlow are imported only to train, or when a Keras model is built.
"""

from genreclf.data.catalogue import Catalogue, load_catalogue
from genreclf.data.splits import split_of
from genreclf.errors import UserError
from genreclf.genres import GENRES
from genreclf.models import create_model, list_models
from genreclf.predict.predictor import Predictor
from genreclf.weights.folder import Weights, find_weights

__version__ = "0.1.0"
__all__ = [
    "GENRES", "Catalogue", "Predictor", "UserError", "Weights", "create_model", "find_weights", "list_models",
    "load_catalogue", "split_of",
]  # fmt: skip
