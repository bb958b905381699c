"""From a poster or an overview to probabilities, one film or many, with trained weights."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary
from zipfile import BadZipFile

import numpy as np

from genreclf.data.overviews import Encoder, PieceEncoder, split_words
from genreclf.errors import UserError
from genreclf.genres import GENRES, NUM_GENRES
from genreclf.models import ModelSpec, create_model, films_at_once, get_spec
from genreclf.models.baselines import BASELINE_CLASSES
from genreclf.weights.folder import Weights
from genreclf.weights.storage import load_numbers

if TYPE_CHECKING:
    import keras

ROWS = 512  # films whose posters are copied at once
MAX_LOGIT = 12.0  # a probability of .999994; float32 tells no more apart near 1
_networks: "WeakValueDictionary[str, keras.Model]" = WeakValueDictionary()  # in use, by family and weights' key


@dataclass(frozen=True)
class GenrePrediction:
    """One genre of a film as a model sees it: its probability, and whether that reaches the genre's threshold."""

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

    Loading a Keras model imports Keras's backend, TensorFlow unless ``KERAS_BACKEND`` says otherwise; a baseline does
    not.

    Args:
        weights: which (see ``genreclf.weights.folder.find_weights``).

    Attributes:
        weights: as given.
        spec: facts of the model's family.
        parts: the predictors it is made of, by name; none for most models.
        on_batch: called with the films in it after every batch; None calls nothing.

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
                f"The weights in {weights.folder} do not fit the model {weights.model}; restore them or train it again."
            ) from error

    def _load_keras(self) -> None:
        held = (self.weights.card.get("settings") or {}).get("model_options") or {}
        options = {name: held[name] for name in self.spec.structure if name in held}
        # fusion's parts are often in use on their own, too
        cache_key = f"{self.weights.model} {self.weights.sha256}"
        self._model = _networks.get(cache_key)
        if self._model is None:
            self._model = create_model(self.weights.model, start=False, **options)
            load_numbers(self._model, self.weights.file)
            _networks[cache_key] = self._model
        self.parts = {name: Predictor(part) for name, part in self.weights.parts().items()}
        if self.spec.tokens:
            self._encoder = PieceEncoder() if self.spec.tokens == "pieces" else Encoder(self.weights.vocabulary())
        self._call = _compiled(self._model, self._model)
        self._layers: dict[str, Callable[[np.ndarray], np.ndarray]] = {}  # see ``layer``

    def predict(
        self, posters: np.ndarray | None = None, overviews: Sequence[str] | None = None, films: int | None = None
    ) -> np.ndarray:
        """Calibrated probabilities of n films.

        Args:
            posters: uint8 ``(n, *size, 3)`` in the model's size (``spec.poster_size``), for a model that looks at them.
            overviews: n strings, for a model that reads. One that does both goes by the poster alone where a string
                holds no word, or where there are no strings, and by the overviews alone where there are no posters.
            films: n, for a baseline that does neither; else worked out.

        Returns:
            float32 ``(n, 25)`` in 0..1.

        Raises:
            UserError: what this model needs is missing, or the posters have another size.
        """
        if self.spec.parts:
            return self._together(posters, overviews)
        return self.weights.calibration.apply(self.raw(posters, overviews, films))

    def raw(
        self, posters: np.ndarray | None = None, overviews: Sequence[str] | None = None, films: int | None = None
    ) -> np.ndarray:
        """The probabilities before calibration (see ``predict``); a model of parts must be given both inputs."""
        spec = self.spec
        if spec.input == "none":
            given = overviews if overviews is not None else posters if posters is not None else ()
            return self._baseline.predict([""] * (len(given) if films is None else films))
        if spec.is_baseline:
            if overviews is None:
                raise UserError(f"The model {spec.name} reads overviews; give it one.")
            return self._baseline.predict(overviews)
        if spec.parts:
            return self._in_batches(self._call, part_rows(self.parts, posters, overviews))
        return self._run(self._call, posters, overviews)

    def features(self, posters: np.ndarray | None = None, overviews: Sequence[str] | None = None) -> np.ndarray:
        """What a model of parts is given of this one: its calibrated log-odds, then its layer ``features``.

        Returns:
            float32 ``(n, 25 + features)``.
        """
        if not hasattr(self, "_features"):
            import keras

            outputs = [*self._model.outputs, self._model.get_layer("features").output]
            both = keras.Model(self._model.input, keras.ops.concatenate(outputs, axis=-1))
            self._features = _compiled(self._model, both)
        rows = self._run(self._features, posters, overviews)
        log_odds = self.weights.calibration.log_odds(rows[:, :NUM_GENRES])
        rows[:, :NUM_GENRES] = log_odds.clip(-MAX_LOGIT, MAX_LOGIT)
        return rows

    def layer(self, name: str, posters: np.ndarray | None = None, overviews: Sequence[str] | None = None) -> np.ndarray:
        """What a layer inside the model gives of n films; neither of a baseline nor of a model of parts.

        Args:
            name: of a layer that gives one vector a film.
            posters: see ``predict``.
            overviews: see ``predict``.

        Returns:
            float32 ``(n, width)``.
        """
        if name not in self._layers:
            self._layers[name] = _compiled(self._model, _up_to(self._model, name))
        return self._run(self._layers[name], posters, overviews)

    def predict_with_parts(
        self, posters: np.ndarray, overviews: Sequence[str]
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """What a model of parts says of n films, and what each part says, from one look of each part.

        Args:
            posters: see ``predict``.
            overviews: n strings; where one holds no word, the poster's answer is the answer.

        Returns:
            float32 ``(n, 25)`` as of ``predict``, and as much of each part by name; rounding may differ.
        """
        rows = part_rows(self.parts, posters, overviews)
        log_odds, start = {}, 0
        for name, part in self.parts.items():
            log_odds[name] = rows[:, start : start + NUM_GENRES]
            start += NUM_GENRES + part.keras_model.get_layer("features").output.shape[-1]
        of_parts = {name: 1 / (1 + np.exp(-said)) for name, said in log_odds.items()}
        told = np.array([bool(split_words(text)) for text in overviews], bool)
        together = self.weights.calibration.apply(self._in_batches(self._call, rows))
        return np.where(told[:, None], together, of_parts["poster"]), of_parts

    def _together(self, posters: np.ndarray | None, overviews: Sequence[str] | None) -> np.ndarray:
        if posters is None and overviews is None:
            raise UserError(f"The model {self.spec.name} needs a poster or an overview; give it one.")
        if posters is None:
            return self.parts["overview"].predict(None, overviews)
        if overviews is None:
            return self.parts["poster"].predict(posters)
        told = np.array([bool(split_words(text)) for text in overviews], bool)
        if told.all():
            return self.weights.calibration.apply(self.raw(posters, overviews))
        probabilities = np.empty((len(told), NUM_GENRES), np.float32)
        for start in range(0, len(told), ROWS):  # a whole catalogue's posters would not fit into memory at once
            rows = np.arange(start, min(start + ROWS, len(told)))
            both, silent = rows[told[rows]], rows[~told[rows]]
            if len(both):
                raw = self.raw(posters[both], [overviews[row] for row in both])
                probabilities[both] = self.weights.calibration.apply(raw)
            if len(silent):
                probabilities[silent] = self.parts["poster"].predict(posters[silent])
        return probabilities

    def _run(
        self,
        call: Callable[[np.ndarray], np.ndarray],
        posters: np.ndarray | None,
        overviews: Sequence[str] | None,
    ) -> np.ndarray:
        """What a function of the model's input gives for all films, batch by batch."""
        spec = self.spec
        if spec.uses_poster:
            if posters is None:
                raise UserError(f"The model {spec.name} looks at posters; give it one.")
            if posters.shape[1:3] != spec.poster_size:
                height, width = spec.poster_size
                raise UserError(f"The model {spec.name} looks at posters of {width}×{height} pixels; scale them to it.")
            return self._in_batches(lambda batch: call(batch.astype(np.float32) / 255.0), posters)
        if overviews is None:
            raise UserError(f"The model {spec.name} reads overviews; give it one.")
        # like lengths together: a batch is as wide as its longest overview
        order = np.argsort([len(text) for text in overviews], kind="stable")
        found = self._in_batches(call, [overviews[position] for position in order])
        sorted_back = np.empty_like(found)
        sorted_back[order] = found
        return sorted_back

    def _in_batches(self, call: Callable[[np.ndarray], np.ndarray], inputs: Any) -> np.ndarray:
        if not len(inputs):
            return np.zeros((0, NUM_GENRES), np.float32)
        size = films_at_once(self.spec)
        batches = (inputs[start : start + size] for start in range(0, len(inputs), size))
        encode = self._encoder if self.spec.tokens else np.asarray
        answers = []
        for batch in batches:
            answers.append(call(encode(batch)))
            if self.on_batch:
                self.on_batch(len(batch))
        return np.concatenate(answers)

    @property
    def keras_model(self) -> "keras.Model":
        """The Keras model with its weights; not to be changed."""
        return self._model

    @property
    def parameters(self) -> int:
        """How many numbers were learnt, of a Keras model."""
        return int(self._model.count_params()) + sum(part.parameters for part in self.parts.values())

    def top(self, probabilities: np.ndarray, count: int = 3, fallback_part: str = "") -> list[GenrePrediction]:
        """The most probable genres of one film's ``(25,)`` probabilities, best first.

        Args:
            probabilities: from ``predict``.
            count: how many genres.
            alone: the part that answered alone (see ``ModelSpec.fallback_part``); its thresholds then decide.
        """
        thresholds = (self.parts[fallback_part].weights if fallback_part else self.weights).thresholds
        return [
            GenrePrediction(GENRES[genre], float(probabilities[genre]), bool(probabilities[genre] >= thresholds[genre]))
            for genre in np.argsort(-probabilities, kind="stable")[:count]
        ]


def part_rows(
    parts: Mapping[str, Predictor], posters: np.ndarray | None, overviews: Sequence[str] | None
) -> np.ndarray:
    """What a model of parts is given of n films: every part's ``features`` side by side, float32 ``(n, width)``."""
    return np.concatenate([part.features(posters, overviews) for part in parts.values()], axis=1)


def _up_to(model: "keras.Model", layer: str) -> "keras.Model":
    """A model's first layers as a model that gives what one of them does."""
    import keras

    if isinstance(model, keras.Sequential):  # its layers do not know which tensor they give in it
        count = [each.name for each in model.layers].index(layer) + 1
        return keras.Sequential(model.layers[:count])
    return keras.Model(model.input, model.get_layer(layer).output)


def _compiled(model: "keras.Model", asked: "keras.Model") -> Callable[[np.ndarray], np.ndarray]:
    """A function of a batch of a model's input, which gives what the model asked makes of it.

    Calling it directly would be 30 times slower for the LSTM.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        return lambda batch: np.asarray(asked.predict_on_batch(batch))
    import tensorflow as tf

    # traced once for batches of any size and length; predict_on_batch would be traced again for the first few
    signature = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in model.inputs]
    call = tf.function(lambda inputs: asked(inputs, training=False), input_signature=signature, autograph=False)
    return lambda batch: call(batch).numpy()
