"""Predict the genres of films from posters and overviews with trained models."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import numpy as np

from genreclf.data.overviews import Encoder, PieceEncoder, first_words, has_words
from genreclf.data.posters import Size
from genreclf.errors import UserError
from genreclf.genres import GENRES, NUM_GENRES
from genreclf.models import ModelSpec, create_model, get_spec
from genreclf.models.baselines import BASELINE_CLASSES
from genreclf.weights.folder import Weights
from genreclf.weights.storage import load_weights

if TYPE_CHECKING:
    import keras

MAX_LOGIT = 12.0  # a probability of .999994; float32 resolves no more near 1
Posters = np.ndarray | None  # uint8 (n, *size, 3), in the model's size
Overviews = Sequence[str] | None  # n strings
_Function = Callable[[np.ndarray], np.ndarray]  # from a batch of a network's input
_networks: "WeakValueDictionary[str, keras.Model]" = WeakValueDictionary()  # those in use, by model and checksum


@dataclass(frozen=True)
class GenrePrediction:
    """A model's prediction of one genre for one film: its probability, and whether that reaches the threshold."""

    genre: str
    probability: float
    chosen: bool


class Predictor:
    """A loaded model, from posters and overviews to calibrated probabilities.

    Example:
        >>> from genreclf import Predictor, find_weights
        >>> tfidf = Predictor(find_weights("tfidf"))
        >>> tfidf.predict(overviews=["A sheriff hunts the outlaw who burned his town."]).shape
        (1, 25)

    Loading a Keras model imports Keras's backend: TensorFlow, unless ``KERAS_BACKEND`` names another.

    Args:
        weights: the model's weights (see ``genreclf.find_weights``).

    Attributes:
        weights: as given.
        spec: the model's properties.
        keras_model: the Keras model with its weights, which is shared and must not be changed; not for baselines.
        parts: the predictors of the models that it combines, by name; empty for most models.
        on_batch: called after every batch with its number of films, unless it is None.

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
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, MemoryError) as error:
            reason = f" ({str(error).splitlines()[0][:200]})" if str(error) else ""
            raise UserError(
                f"The weights in {weights.folder} do not fit the model {weights.model}{reason}; {weights.remedy()}."
            ) from error

    def _load_keras(self) -> None:
        # one copy per network: fusion's parts are often used on their own as well
        key = f"{self.weights.model} {self.weights.sha256}"
        network = _networks.get(key)
        if network is None:
            trained_with = (self.weights.card.get("settings") or {}).get("model_options") or {}
            options = {name: trained_with[name] for name in self.spec.structure if name in trained_with}
            network = create_model(self.weights.model, pretrained=False, **options)
            load_weights(network, self.weights.file)
            _networks[key] = network
        self.keras_model: keras.Model = network
        self.parts = {name: Predictor(part) for name, part in self.weights.parts().items()}
        if self.spec.tokens:
            self._encoder = PieceEncoder() if self.spec.tokens == "pieces" else Encoder(self.weights.vocabulary())
        self._functions: dict[tuple[str, ...], _Function] = {}  # see ``_up_to``

    def predict(self, posters: Posters = None, overviews: Overviews = None, films: int | None = None) -> np.ndarray:
        """Predict calibrated probabilities for n films.

        Args:
            posters: uint8 ``(n, *size, 3)`` in the model's size (``spec.poster_size``); other models ignore them.
            overviews: n strings; models without overviews ignore them. A model of both uses the poster alone if a
                string contains no word or there are no strings, and the overview alone if there are no posters.
            films: n, for a baseline that uses neither; otherwise it is derived.

        Returns:
            float32 ``(n, 25)`` in 0..1.

        Raises:
            UserError: an input that the model needs is missing, or the posters have another size.
        """
        return self.predict_with_parts(posters, overviews, films)[0]

    def predict_with_parts(
        self, posters: Posters = None, overviews: Overviews = None, films: int | None = None
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Predict like ``predict``, and also return the predictions of a model's parts; each network runs once.

        Returns:
            the model's probabilities, and by name those of its parts that had an input, all float32 ``(n, 25)``.
        """
        if not self.spec.parts:
            return self.weights.calibration.apply(self.raw(posters, overviews, films)), {}
        self._check_inputs(posters, overviews)
        if posters is None or overviews is None:
            name = self.spec.fallback_part(posters is not None, overviews is not None)
            probabilities = self.parts[name].predict(posters, overviews)
            return probabilities, {name: probabilities}
        pairs = {name: part.predict_with_features(posters, overviews) for name, part in self.parts.items()}
        part_probabilities = {name: pair[0] for name, pair in pairs.items()}
        features = np.concatenate([pair[1] for pair in pairs.values()], axis=1)
        probabilities = self.weights.calibration.apply(self._in_batches(self._up_to(), features))
        for film, text in enumerate(overviews):
            if part := self.spec.fallback_part(True, has_words(text)):
                probabilities[film] = part_probabilities[part][film]
        return probabilities, part_probabilities

    def raw(self, posters: Posters = None, overviews: Overviews = None, films: int | None = None) -> np.ndarray:
        """Predict uncalibrated probabilities like ``predict``, float32 ``(n, 25)``; fusion needs both inputs."""
        if self.spec.parts:
            return self._in_batches(self._up_to(), part_rows(self.parts, posters, overviews))
        if not self.spec.is_baseline:
            return self._run(self._up_to(), posters, overviews)
        self._check_inputs(posters, overviews)
        if self.spec.input == "none":
            given = next((values for values in (overviews, posters) if values is not None), ())
            overviews = [""] * (len(given) if films is None else films)
        return self._baseline.predict([first_words(text) for text in overviews])

    def predict_with_features(self, posters: Posters, overviews: Overviews) -> tuple[np.ndarray, np.ndarray]:
        """Predict as a part of another model.

        Returns:
            the calibrated probabilities, float32 ``(n, 25)``, and the input of the other model: their log-odds followed
            by the output of the layer ``features``, float32 ``(n, 25 + features)``.
        """
        rows = self._run(self._up_to("genres", "features"), posters, overviews)
        calibration = self.weights.calibration
        probabilities = calibration.apply(rows[:, :NUM_GENRES].copy())
        rows[:, :NUM_GENRES] = calibration.log_odds(rows[:, :NUM_GENRES]).clip(-MAX_LOGIT, MAX_LOGIT)
        return probabilities, rows

    def features(self, posters: Posters = None, overviews: Overviews = None) -> np.ndarray:
        """Compute the rows of ``predict_with_features``, float32 ``(n, 25 + features)``."""
        return self.predict_with_features(posters, overviews)[1]

    def layer(self, name: str, posters: Posters = None, overviews: Overviews = None) -> np.ndarray:
        """Compute the output of a layer that has one vector per film: float32 ``(n, width)``."""
        return self._run(self._up_to(name), posters, overviews)

    def _up_to(self, *layers: str) -> _Function:
        """The compiled network, or the part of it up to these layers, with their outputs side by side."""
        if layers not in self._functions:
            function = _cut(self.keras_model, layers) if layers else self.keras_model
            self._functions[layers] = _compiled(self.keras_model, function)
        return self._functions[layers]

    def _check_inputs(self, posters: Posters, overviews: Overviews) -> None:
        spec = self.spec
        if not spec.can_predict(posters is not None, overviews is not None):
            needed = {"poster": "a poster", "overview": "an overview"}.get(spec.input, "a poster or an overview")
            raise UserError(f"The model {spec.name} needs {needed}; provide one.")

    def _run(self, call: _Function, posters: Posters, overviews: Overviews) -> np.ndarray:
        """Apply a function of the network's input to all films, batch by batch."""
        self._check_inputs(posters, overviews)
        if self.spec.uses_poster:
            if posters.shape[1:3] != self.spec.poster_size:
                height, width = self.spec.poster_size
                raise UserError(f"The model {self.spec.name} needs posters of {width}×{height} pixels; scale them.")
            return self._in_batches(lambda batch: call(batch.astype(np.float32) / 255.0), posters)
        overviews = [first_words(text) for text in overviews]
        # batches of similar length, since each is padded to its longest overview
        order = np.argsort([len(text) for text in overviews], kind="stable")
        outputs = self._in_batches(call, [overviews[position] for position in order])
        in_order = np.empty_like(outputs)
        in_order[order] = outputs
        return in_order

    def _in_batches(self, call: _Function, inputs: Any) -> np.ndarray:
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
    def parameters(self) -> int:
        """The number of learned parameters of a Keras model."""
        return int(self.keras_model.count_params()) + sum(part.parameters for part in self.parts.values())

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
    overviews: Overviews,
    films: int,
) -> dict[str, np.ndarray]:
    """Predict the same n films with several models, running each network once: Fusion predicts for its parts, too.

    Args:
        predictors: the models.
        posters: returns the films' posters in a model's size, uint8 ``(n, *size, 3)``; None if there are none.
        overviews: n strings, or None if there are none.
        films: n.

    Returns:
        the probabilities by the model's name, float32 ``(n, 25)``; models that need a missing input are left out.
    """
    predictions: dict[str, np.ndarray] = {}
    from_parts: dict[str, np.ndarray] = {}  # by the cache key of the part's weights
    for predictor in sorted(predictors, key=lambda predictor: not predictor.spec.parts):
        spec, key = predictor.spec, predictor.weights.cache_key
        if key in from_parts:
            predictions[spec.name] = from_parts[key]
        elif spec.can_predict(posters is not None, overviews is not None):
            predictions[spec.name], parts = predictor.predict_with_parts(
                posters(spec.poster_size) if posters and spec.uses_poster else None,
                overviews if spec.uses_overview else None,
                films,
            )
            from_parts |= {predictor.parts[name].weights.cache_key: part for name, part in parts.items()}
    return predictions


def part_rows(parts: Mapping[str, Predictor], posters: Posters, overviews: Overviews) -> np.ndarray:
    """Compute the input of a model of parts: the ``features`` of all parts side by side, float32 ``(n, width)``."""
    return np.concatenate([part.features(posters, overviews) for part in parts.values()], axis=1)


def _cut(model: "keras.Model", layers: Sequence[str]) -> "keras.Model":
    import keras

    if isinstance(model, keras.Sequential):  # its layers do not expose their output tensors
        return keras.Sequential(model.layers[: model.layers.index(model.get_layer(layers[0])) + 1])
    outputs = [model.get_layer(layer).output for layer in layers]
    return keras.Model(model.input, keras.ops.concatenate(outputs, axis=-1) if len(layers) > 1 else outputs[0])


def _compiled(model: "keras.Model", function: "keras.Model") -> _Function:
    """Compile a function of a model's input for batches of any size; LSTMs are 30 times slower otherwise."""
    import keras

    if keras.backend.backend() != "tensorflow":
        return lambda batch: np.asarray(function.predict_on_batch(batch))
    import tensorflow as tf

    # traced once for batches of any size and length; predict_on_batch would be traced again for the first few
    signature = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in model.inputs]
    # a partial, because TensorFlow takes the same lambda of several models for one function that it traces too often
    call = tf.function(partial(function, training=False), input_signature=signature, autograph=False)
    return lambda batch: call(batch).numpy()
