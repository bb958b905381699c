"""From a poster or an overview to probabilities, one film or many, with trained weights."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np

from genreclf.errors import UserError
from genreclf.genres import GENRES, NUM_GENRES
from genreclf.models import ModelSpec, create_model, get_spec
from genreclf.models.baselines import BASELINE_CLASSES
from genreclf.overviews import Encoder
from genreclf.weights import Weights

if TYPE_CHECKING:
    import keras

BATCH = 256


@dataclass(frozen=True)
class GenrePrediction:
    """One genre of a film as a model sees it: its probability, and whether that reaches the genre's threshold."""

    genre: str
    probability: float
    chosen: bool


class Predictor:
    """A trained model, loaded: arrays in, calibrated probabilities out.

    Loading a Keras model imports Keras's backend, TensorFlow unless ``KERAS_BACKEND`` says otherwise; a baseline does
    not.

    Args:
        weights: which (see ``genreclf.weights.find_weights``).

    Raises:
        UserError: the weights are damaged or do not fit the model.
    """

    def __init__(self, weights: Weights):
        self.weights = weights
        self.spec: ModelSpec = get_spec(weights.model)
        weights.check()
        try:
            if self.spec.is_baseline:
                self._baseline = BASELINE_CLASSES[weights.model].load(weights.file)
            else:
                self._load_keras()
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise UserError(
                f"The weights in {weights.folder} do not fit the model {weights.model}; restore them or train it again."
            ) from error

    def _load_keras(self) -> None:
        self._model = create_model(self.weights.model)
        self._model.load_weights(self.weights.file)
        if self.spec.input == "overview":
            self._encoder = Encoder(self.weights.vocabulary())
        self._call = _compiled(self._model)

    def predict(self, posters: np.ndarray | None = None, overviews: Sequence[str] | None = None) -> np.ndarray:
        """Calibrated probabilities of n films.

        Args:
            posters: uint8 ``(n, 64, 64, 3)``, for a model that looks at posters.
            overviews: n strings, for a model that reads; a baseline that looks at nothing takes either.

        Returns:
            float32 ``(n, 25)`` in 0..1.

        Raises:
            UserError: what this model needs is missing.
        """
        return self.weights.calibration.apply(self.raw(posters, overviews))

    def raw(self, posters: np.ndarray | None = None, overviews: Sequence[str] | None = None) -> np.ndarray:
        """The probabilities before calibration (see ``predict``)."""
        if self.spec.input == "none":
            count = len(overviews) if overviews is not None else len(posters if posters is not None else ())
            return self._baseline.predict([""] * count)
        if self.spec.input == "poster":
            if posters is None:
                raise UserError(f"The model {self.spec.name} looks at posters; give it one.")
            return self._in_batches([posters[start : start + BATCH] for start in range(0, len(posters), BATCH)])
        if overviews is None:
            raise UserError(f"The model {self.spec.name} reads overviews; give it one.")
        if self.spec.is_baseline:
            return self._baseline.predict(overviews)
        # like lengths together: a batch is as wide as its longest overview
        order = np.argsort([len(text) for text in overviews], kind="stable")
        batches = [
            self._encoder([overviews[position] for position in order[start : start + BATCH]])
            for start in range(0, len(order), BATCH)
        ]
        probabilities = np.empty((len(order), NUM_GENRES), np.float32)
        probabilities[order] = self._in_batches(batches)
        return probabilities

    def _in_batches(self, batches: list[np.ndarray]) -> np.ndarray:
        if not batches:
            return np.zeros((0, NUM_GENRES), np.float32)
        if self.spec.input == "poster":
            return np.concatenate([self._call(batch.astype(np.float32) / 255.0) for batch in batches])
        return np.concatenate([self._call(batch) for batch in batches])

    @property
    def keras_model(self) -> "keras.Model":
        """The Keras model with its weights; not to be changed."""
        return self._model

    @property
    def parameters(self) -> int:
        """How many numbers were learnt, of a Keras model."""
        return int(self._model.count_params())

    def can_answer(self, has_poster: bool, has_overview: bool) -> bool:
        """Whether what is given is enough for this model."""
        return {"poster": has_poster, "overview": has_overview}.get(self.spec.input, True)

    def top(self, probabilities: np.ndarray, count: int = 3) -> list[GenrePrediction]:
        """The most probable genres of one film's ``(25,)`` probabilities, best first."""
        thresholds = self.weights.thresholds
        return [
            GenrePrediction(GENRES[genre], float(probabilities[genre]), bool(probabilities[genre] >= thresholds[genre]))
            for genre in np.argsort(-probabilities, kind="stable")[:count]
        ]


def _compiled(model: "keras.Model") -> Callable[[np.ndarray], np.ndarray]:
    """The model as a function of a batch; calling it directly would be 30 times slower for the LSTM."""
    import keras

    if keras.backend.backend() != "tensorflow":
        return lambda batch: np.asarray(model.predict_on_batch(batch))
    import tensorflow as tf

    # traced once for batches of any size and length; predict_on_batch would be traced again for the first few
    signature = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in model.inputs]
    call = tf.function(lambda inputs: model(inputs, training=False), input_signature=signature, autograph=False)
    return lambda batch: call(batch).numpy()
