"""Predict the genres of films from posters and overviews with trained models."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary
from zipfile import BadZipFile

import numpy as np

from genreclf.data.overviews import Encoder, PieceEncoder, has_words
from genreclf.data.posters import Size
from genreclf.errors import UserError
from genreclf.genres import GENRES, NUM_GENRES
from genreclf.models import ModelSpec, create_model, get_spec
from genreclf.models.baselines import BASELINE_CLASSES
from genreclf.weights.folder import Weights
from genreclf.weights.storage import load_numbers

if TYPE_CHECKING:
    import keras

MAX_LOGIT = 12.0  # a probability of .999994; float32 resolves no more near 1
_networks: "WeakValueDictionary[str, keras.Model]" = WeakValueDictionary()  # those in use, by model and checksum


@dataclass(frozen=True)
class GenrePrediction:
    """A model's prediction of one genre for one film: its probability, and whether that reaches the threshold."""

    genre: str
    probability: float
    chosen: bool


class Predictor:
    """A trained model, loaded: posters and overviews in, calibrated probabilities out.

    Example:
        >>> from genreclf import Predictor, find_weights
        >>> tfidf = Predictor(find_weights("tfidf"))
        >>> tfidf.predict(overviews=["A sheriff hunts the outlaw who burned his town."]).shape
        (1, 25)

    Loading a Keras model imports Keras's backend, TensorFlow unless ``KERAS_BACKEND`` names another; a baseline does
    without.

    Args:
        weights: the model's weights (see ``genreclf.find_weights``).

    Attributes:
        weights: as given.
        spec: the model's properties.
        parts: the predictors of the models that it combines, by name; empty for most models.
        on_batch: called after every batch with its number of films; None calls nothing.

    Raises:
        UserError: the weights are damaged or do not fit the model.
    """

    def __init__(self, weights: Weights):
        self.weights = weights
        self.spec: ModelSpec = get_spec(weights.model)
        self.parts: dict[str, Predictor] = {}
        self.on_batch: Callable[[int], None] | None = None
        weights.check()
        try:
            if self.spec.is_baseline:
                self._baseline = BASELINE_CLASSES[weights.model].load(weights.file)
            else:
                self._load_keras()
        except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, BadZipFile) as error:
            raise UserError(
                f"The weights in {weights.folder} do not fit the model {weights.model}; restore or retrain them."
            ) from error

    def _load_keras(self) -> None:
        trained_with = (self.weights.card.get("settings") or {}).get("model_options") or {}
        options = {name: trained_with[name] for name in self.spec.structure if name in trained_with}
        # one copy per network: fusion's parts are often used as models of their own, too
        key = f"{self.weights.model} {self.weights.sha256}"
        network = _networks.get(key)
        if network is None:
            network = create_model(self.weights.model, pretrained=False, **options)
            load_numbers(network, self.weights.file)
            _networks[key] = network
        self._model = network
        self.parts = {name: Predictor(part) for name, part in self.weights.parts().items()}
        if self.spec.tokens:
            self._encoder = PieceEncoder() if self.spec.tokens == "pieces" else Encoder(self.weights.vocabulary())
        self._call = _compiled(network, network)
        self._layers: dict[str, Callable[[np.ndarray], np.ndarray]] = {}  # see ``layer``

    def predict(
        self, posters: np.ndarray | None = None, overviews: Sequence[str] | None = None, films: int | None = None
    ) -> np.ndarray:
        """Predict calibrated probabilities for n films.

        Args:
            posters: uint8 ``(n, *size, 3)`` in the model's size (``spec.poster_size``); other models ignore them.
            overviews: n strings; models without overviews ignore them. A model of both predicts from the poster alone
                where the string contains no word or there are no strings, and from the overview alone without posters.
            films: n, for a baseline that uses neither; otherwise derived.

        Returns:
            float32 ``(n, 25)`` in 0..1.

        Raises:
            UserError: an input that the model needs is missing, or the posters have another size.
        """
        return self.predict_with_parts(posters, overviews, films)[0]

    def predict_with_parts(
        self, posters: np.ndarray | None = None, overviews: Sequence[str] | None = None, films: int | None = None
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Predict like ``predict``, and return what a model's parts predict too; each network runs once.

        Returns:
            the model's probabilities, and those of its parts by name, all float32 ``(n, 25)``. The dictionary is empty
            for a model without parts, and lacks a part without input.
        """
        if not self.spec.parts:
            return self.weights.calibration.apply(self.raw(posters, overviews, films)), {}
        if posters is None and overviews is None:
            raise UserError(f"The model {self.spec.name} needs a poster or an overview; provide one.")
        if posters is None or overviews is None:
            name = self.spec.fallback_part(posters is not None, overviews is not None)
            probabilities = self.parts[name].predict(posters, overviews)
            return probabilities, {name: probabilities}
        pairs = {name: part.predict_with_features(posters, overviews) for name, part in self.parts.items()}
        of_parts = {name: probabilities for name, (probabilities, _) in pairs.items()}
        features = np.concatenate([features for _, features in pairs.values()], axis=1)
        probabilities = self.weights.calibration.apply(self._in_batches(self._call, features))
        for film, text in enumerate(overviews):
            if part := self.spec.fallback_part(True, has_words(text)):
                probabilities[film] = of_parts[part][film]
        return probabilities, of_parts

    def raw(
        self, posters: np.ndarray | None = None, overviews: Sequence[str] | None = None, films: int | None = None
    ) -> np.ndarray:
        """Predict probabilities before calibration (see ``predict``); a model of parts needs both inputs."""
        spec = self.spec
        if spec.input == "none":
            given = overviews if overviews is not None else posters if posters is not None else ()
            return self._baseline.predict([""] * (len(given) if films is None else films))
        if spec.is_baseline:
            return self._baseline.predict(self._check_overviews(overviews))
        if spec.parts:
            return self._in_batches(self._call, part_rows(self.parts, posters, overviews))
        return self._run(self._call, posters, overviews)

    def predict_with_features(
        self, posters: np.ndarray | None = None, overviews: Sequence[str] | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Predict as a part of another model.

        Returns:
            the calibrated probabilities, float32 ``(n, 25)``, and the other model's input: their log-odds followed by
            the output of the layer ``features``, float32 ``(n, 25 + features)``.
        """
        if not hasattr(self, "_features"):
            import keras

            outputs = [*self._model.outputs, self._model.get_layer("features").output]
            both = keras.Model(self._model.input, keras.ops.concatenate(outputs, axis=-1))
            self._features = _compiled(self._model, both)
        rows = self._run(self._features, posters, overviews)
        calibration = self.weights.calibration
        probabilities = calibration.apply(rows[:, :NUM_GENRES].copy())
        rows[:, :NUM_GENRES] = calibration.log_odds(rows[:, :NUM_GENRES]).clip(-MAX_LOGIT, MAX_LOGIT)
        return probabilities, rows

    def features(self, posters: np.ndarray | None = None, overviews: Sequence[str] | None = None) -> np.ndarray:
        """Compute the input of a model that has this one as a part (see ``predict_with_features``)."""
        return self.predict_with_features(posters, overviews)[1]

    def layer(self, name: str, posters: np.ndarray | None = None, overviews: Sequence[str] | None = None) -> np.ndarray:
        """Compute the output of a layer inside the model for n films; not for baselines and models of parts.

        Args:
            name: the name of a layer whose output is one vector per film.
            posters: see ``predict``.
            overviews: see ``predict``.

        Returns:
            float32 ``(n, width)``.
        """
        if name not in self._layers:
            self._layers[name] = _compiled(self._model, _up_to(self._model, name))
        return self._run(self._layers[name], posters, overviews)

    def _check_overviews(self, overviews: Sequence[str] | None) -> Sequence[str]:
        if overviews is None:
            raise UserError(f"The model {self.spec.name} needs an overview; provide one.")
        return overviews

    def _run(
        self, call: Callable[[np.ndarray], np.ndarray], posters: np.ndarray | None, overviews: Sequence[str] | None
    ) -> np.ndarray:
        """Apply a function of the network's input to all films, batch by batch."""
        spec = self.spec
        if spec.uses_poster:
            if posters is None:
                raise UserError(f"The model {spec.name} needs a poster; provide one.")
            if posters.shape[1:3] != spec.poster_size:
                height, width = spec.poster_size
                raise UserError(f"The model {spec.name} needs posters of {width}×{height} pixels; scale them.")
            return self._in_batches(lambda batch: call(batch.astype(np.float32) / 255.0), posters)
        overviews = self._check_overviews(overviews)
        # batches of similar length, since each is padded to its longest overview
        order = np.argsort([len(text) for text in overviews], kind="stable")
        outputs = self._in_batches(call, [overviews[position] for position in order])
        in_order = np.empty_like(outputs)
        in_order[order] = outputs
        return in_order

    def _in_batches(self, call: Callable[[np.ndarray], np.ndarray], inputs: Any) -> np.ndarray:
        if not len(inputs):
            return np.zeros((0, NUM_GENRES), np.float32)
        encode = self._encoder if self.spec.tokens else np.asarray
        outputs = []
        for start in range(0, len(inputs), self.spec.batch_size):
            batch = inputs[start : start + self.spec.batch_size]
            outputs.append(call(encode(batch)))
            if self.on_batch:
                self.on_batch(len(batch))
        return np.concatenate(outputs)

    @property
    def keras_model(self) -> "keras.Model":
        """The Keras model with its weights; it is shared and must not be changed."""
        return self._model

    @property
    def parameters(self) -> int:
        """The number of learned parameters of a Keras model."""
        return int(self._model.count_params()) + sum(part.parameters for part in self.parts.values())

    def top(self, probabilities: np.ndarray, count: int = 3, fallback_part: str = "") -> list[GenrePrediction]:
        """List the most probable genres of a film, the most probable first.

        Args:
            probabilities: of one film, ``(25,)``, from ``predict``.
            count: how many genres.
            fallback_part: the part that predicted it alone (see ``ModelSpec.fallback_part``), whose thresholds apply.
        """
        weights = self.parts[fallback_part].weights if fallback_part else self.weights
        return top_genres(probabilities, weights.thresholds, count)


def top_genres(probabilities: np.ndarray, thresholds: np.ndarray, count: int = 3) -> list[GenrePrediction]:
    """List the most probable genres of a film, the most probable first; both arrays are ``(25,)``."""
    return [
        GenrePrediction(GENRES[genre], float(probabilities[genre]), bool(probabilities[genre] >= thresholds[genre]))
        for genre in np.argsort(-probabilities, kind="stable")[:count]
    ]


def predict_all(
    predictors: Iterable[Predictor],
    posters: Callable[[Size], np.ndarray] | None,
    overviews: Sequence[str] | None,
    films: int,
) -> dict[str, np.ndarray]:
    """Predict the same n films with several models, each network running once.

    A model of parts comes first, and its parts' predictions are those of its own run if their weights are the same.

    Args:
        predictors: the models.
        posters: gives the films' posters in a model's size, uint8 ``(n, *size, 3)``; None if there are none.
        overviews: n strings, or None if there are none.
        films: n.

    Returns:
        the probabilities by the model's name, float32 ``(n, 25)``; models that need a missing input are left out.
    """
    found: dict[str, np.ndarray] = {}
    of_parts: dict[str, np.ndarray] = {}  # by the cache key of the part's weights
    for predictor in sorted(predictors, key=lambda predictor: not predictor.spec.parts):
        spec = predictor.spec
        if not spec.can_predict(posters is not None, overviews is not None):
            continue
        known = of_parts.get(predictor.weights.cache_key)
        if known is not None:
            found[spec.name] = known
            continue
        found[spec.name], more = predictor.predict_with_parts(
            posters(spec.poster_size) if posters and spec.uses_poster else None,
            overviews if spec.uses_overview else None,
            films,
        )
        of_parts |= {predictor.parts[name].weights.cache_key: probabilities for name, probabilities in more.items()}
    return found


def part_rows(
    parts: Mapping[str, Predictor], posters: np.ndarray | None, overviews: Sequence[str] | None
) -> np.ndarray:
    """Compute the input of a model of parts: the ``features`` of all parts side by side, float32 ``(n, width)``."""
    return np.concatenate([part.features(posters, overviews) for part in parts.values()], axis=1)


def _up_to(model: "keras.Model", layer: str) -> "keras.Model":
    """Cut a model after one of its layers."""
    import keras

    if isinstance(model, keras.Sequential):  # its layers do not know their output tensors in it
        count = [each.name for each in model.layers].index(layer) + 1
        return keras.Sequential(model.layers[:count])
    return keras.Model(model.input, model.get_layer(layer).output)


def _compiled(model: "keras.Model", function: "keras.Model") -> Callable[[np.ndarray], np.ndarray]:
    """Compile a function of a model's input for batches of any size; calling it directly is 30 times slower (LSTM)."""
    import keras

    if keras.backend.backend() != "tensorflow":
        return lambda batch: np.asarray(function.predict_on_batch(batch))
    import tensorflow as tf

    # traced once for batches of any size and length; predict_on_batch would be traced again for the first few
    signature = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in model.inputs]
    call = tf.function(lambda inputs: function(inputs, training=False), input_signature=signature, autograph=False)
    return lambda batch: call(batch).numpy()
