"""Predict the genres of films from posters and overviews with trained models."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import numpy as np

from genreclf.data.overviews import Encoder, PieceEncoder, first_words, has_words
from genreclf.data.posters import Size
from genreclf.errors import UserError
from genreclf.models import ModelSpec, get_spec
from genreclf.models.baselines import BASELINE_CLASSES
from genreclf.models.network import GENRES as PROBABILITIES
from genreclf.models.network import MAPS, Graph, Network, frozen_weights, load_graph, structure_of
from genreclf.weights.folder import Weights
from genreclf.weights.storage import read_arrays

MAX_LOGIT = 12.0  # a probability of .999994; float32 resolves no more near 1
REPORTED = 32  # films between two reports of progress; a batch may be smaller
Posters = np.ndarray | None  # uint8 (n, *size, 3), in the model's size
Overviews = Sequence[str] | None  # n strings
NETWORKS = 5  # in memory at once: those of a weights set; loading one again takes a tenth to half of a second
_networks: dict[str, Network] = {}  # by model and checksum, the one used last at the end
_networks_lock, _loading = Lock(), dict[str, Lock]()  # those in memory answer while others are loaded


@dataclass(frozen=True)
class GenrePrediction:
    """A model's prediction of one genre for one film: its probability, and whether that reaches the threshold."""

    genre: str
    probability: float
    chosen: bool


@dataclass(frozen=True)
class Predictions:
    """A model's predictions for n films.

    Attributes:
        probabilities: calibrated, float32 ``(n, genres)``, in the order of ``Weights.genres``.
        unfamiliar: whether a poster is unlike those that the model learned from, bool ``(n,)``; False where it has none
            or cannot tell.
        parts: by name, the predictions of those of its parts that had an input.
    """

    probabilities: np.ndarray
    unfamiliar: np.ndarray
    parts: "Mapping[str, Predictions]" = field(default_factory=dict)


class Predictor:
    """A loaded model, from posters and overviews to calibrated probabilities.

    Example:
        >>> from genreclf import Predictor, find_weights
        >>> tfidf = Predictor(find_weights("tfidf"))
        >>> tfidf.predict(overviews=["A sheriff hunts the outlaw who burned his town."]).shape
        (1, 25)

    ONNX Runtime runs the networks; neither Keras nor TensorFlow is imported.

    Args:
        weights: the model's weights (see ``genreclf.find_weights``).
        load: whether to load the network now, or with the first prediction.

    Attributes:
        weights: as given.
        spec: the model's properties.
        parts: the predictors of the models that it combines, by name; empty for most models.
        on_batch: called after every ``REPORTED`` films or more with their number, and at the end, unless it is None.

    Raises:
        UserError: the weights are damaged or do not fit the model.
    """

    def __init__(self, weights: Weights, load: bool = True):
        self.weights = weights
        self.spec: ModelSpec = get_spec(weights.model)
        self.parts: dict[str, Predictor] = {}
        self.on_batch: Callable[[int], None] | None = None
        with readable(weights):
            if self.spec.is_baseline:
                self._baseline = BASELINE_CLASSES[weights.model].load(weights.file, len(weights.card["genres"]))
                return
            self.parts = {name: Predictor(part, load=False) for name, part in weights.parts().items()}
            if load:
                _ = self.network
            if self.spec.tokens:
                self._encoder = PieceEncoder() if self.spec.tokens == "pieces" else Encoder(weights.vocabulary())

    @property
    def network(self) -> Network:
        """The network with its weights: one copy for all predictors, loaded again if others were used since."""
        key = _network_key(self.weights)
        if (network := _used_again(key)) is not None:
            return network
        with _loading.setdefault(key, Lock()):
            if (network := _used_again(key)) is not None:  # another thread has loaded it
                return network
            with _networks_lock:
                while len(_networks) >= NETWORKS:
                    del _networks[next(iter(_networks))]
            with readable(self.weights):
                network = Network(*read_network(self.weights))
            with _networks_lock:
                _networks[key] = network
            return network

    def predict(self, posters: Posters = None, overviews: Overviews = None, films: int | None = None) -> np.ndarray:
        """Predict calibrated probabilities for n films.

        Args:
            posters: uint8 ``(n, *size, 3)`` in the model's size (``spec.poster_size``); other models ignore them.
            overviews: n strings; models without overviews ignore them. A model of both uses the poster alone if a
                string contains no word or there are no strings, and the overview alone if there are no posters.
            films: n, for a baseline that uses neither; otherwise it is derived.

        Returns:
            float32 ``(n, len(weights.genres))`` in 0..1.

        Raises:
            UserError: an input that the model needs is missing, or the posters have another size.
        """
        return self.predict_with_parts(posters, overviews, films).probabilities

    def predict_with_parts(
        self, posters: Posters = None, overviews: Overviews = None, films: int | None = None
    ) -> Predictions:
        """Predict like ``predict``, with what else is known of the films; each network runs once."""
        if not self.spec.parts:
            if self.weights.familiarity:
                return self.predict_with_features(posters, overviews)[0]
            probabilities = self._calibrated(self.raw(posters, overviews, films))
            return Predictions(probabilities, np.zeros(len(probabilities), bool))
        self._check_inputs(posters, overviews)
        if posters is None or overviews is None:
            name = self.spec.fallback_part(posters is not None, overviews is not None)
            of_part = self.parts[name].predict_with_parts(posters, overviews)
            return dataclasses.replace(of_part, parts={name: of_part})
        pairs = {name: part.predict_with_features(posters, overviews) for name, part in self.parts.items()}
        parts = {name: pair[0] for name, pair in pairs.items()}
        features = np.concatenate([pair[1] for pair in pairs.values()], axis=1)
        probabilities = self._calibrated(self._in_batches([PROBABILITIES], features)[0])
        unfamiliar = np.any([each.unfamiliar for each in parts.values()], axis=0)
        for film, text in enumerate(overviews):
            if name := self.spec.fallback_part(True, has_words(text)):
                probabilities[film] = parts[name].probabilities[film]
        return Predictions(probabilities, unfamiliar, parts)

    def raw(self, posters: Posters = None, overviews: Overviews = None, films: int | None = None) -> np.ndarray:
        """Predict uncalibrated probabilities of all genres on the card, float32 ``(n, genres)``.

        The inputs are those of ``predict``; fusion needs both.
        """
        if self.spec.parts:
            return self._in_batches([PROBABILITIES], part_rows(self.parts, posters, overviews))[0]
        if not self.spec.is_baseline:
            return self._run([PROBABILITIES], posters, overviews)[0]
        self._check_inputs(posters, overviews)
        if self.spec.input == "none":
            given = next((values for values in (overviews, posters) if values is not None), ())
            overviews = [""] * (len(given) if films is None else films)
        return self._baseline.predict([first_words(text) for text in overviews])

    def predict_with_features(self, posters: Posters, overviews: Overviews) -> tuple[Predictions, np.ndarray]:
        """Predict as a part of another model.

        Returns:
            the predictions, and the input of the other model: the log-odds of all genres on the card, followed by the
            output of the layer ``features``, float32 ``(n, genres + features)``.
        """
        raw, features = self._run([PROBABILITIES, "features"], posters, overviews)
        calibration, familiarity = self.weights.calibration, self.weights.familiarity
        log_odds = calibration.log_odds(raw).clip(-MAX_LOGIT, MAX_LOGIT).astype(np.float32)
        unfamiliar = familiarity.is_unfamiliar(features) if familiarity else np.zeros(len(raw), bool)
        return Predictions(self._calibrated(raw), unfamiliar), np.concatenate([log_odds, features], axis=1)

    def features(self, posters: Posters = None, overviews: Overviews = None) -> np.ndarray:
        """Compute the rows of ``predict_with_features``, float32 ``(n, genres + features)``."""
        return self.predict_with_features(posters, overviews)[1]

    def layers(self, names: Sequence[str], posters: Posters = None, overviews: Overviews = None) -> list[np.ndarray]:
        """Compute the outputs of ``spec.layers`` or some of them, float32 ``(n, width)`` each.

        Fusion needs both inputs, or a row of its parts' features per film as ``posters``, float32 ``(n, width)``.
        """
        if self.spec.parts:
            given = posters is not None and posters.ndim == 2
            return self._in_batches(names, posters if given else part_rows(self.parts, posters, overviews))
        return self._run(names, posters, overviews)

    def maps(self, posters: np.ndarray) -> list[np.ndarray]:
        """Compute the feature maps of which ``poster`` takes means, each float32 ``(n, h, w, channels)``.

        Those of the fine-tuned network come first, then those of the frozen one; of each first the last maps.
        """
        names = [name for name in self.network.outputs if name.endswith(MAPS)]
        return self._run(sorted(names, key=lambda name: ("frozen" in name, "fine" in name)), posters, None)

    def weight(self, name: str) -> np.ndarray:
        """Read one of a network's learned arrays, float32, by the name of Keras's variable, such as ``genres/bias``.

        Raises:
            KeyError: the network has no such variable.
        """
        # a Sequential model's begin with its name
        found = {each.name.removeprefix(f"{self.spec.name}/"): each for each in self.network.weights}[name]
        with readable(self.weights):
            return read_arrays(self.weights.file, {found.source: found.shape})[found.source]

    def column(self, genre: str) -> int:
        """The column of the network's output that belongs to a genre which the model answers for."""
        return int(self.weights.columns[self.weights.genres.index(genre)])

    def _calibrated(self, raw: np.ndarray) -> np.ndarray:
        """Calibrated probabilities of the genres that the model answers for."""
        return self.weights.calibration.apply(raw if self.weights.answers is None else raw[:, self.weights.columns])

    def _check_inputs(self, posters: Posters, overviews: Overviews) -> None:
        spec = self.spec
        if not spec.can_predict(posters is not None, overviews is not None):
            needed = {"poster": "a poster", "overview": "an overview"}.get(spec.input, "a poster or an overview")
            raise UserError(f"The model {spec.name} needs {needed}; provide one.")

    def _run(self, outputs: Sequence[str], posters: Posters, overviews: Overviews) -> list[np.ndarray]:
        """Run the network on all films, batch by batch."""
        self._check_inputs(posters, overviews)
        if self.spec.uses_poster:
            if posters.shape[1:3] != self.spec.poster_size:
                height, width = self.spec.poster_size
                raise UserError(f"The model {self.spec.name} needs posters of {width}×{height} pixels; scale them.")
            return self._in_batches(outputs, posters)
        overviews = [first_words(text) for text in overviews]
        # batches of similar length, since each is padded to its longest overview
        order = np.argsort([len(text.split()) for text in overviews], kind="stable")
        computed = self._in_batches(outputs, [overviews[position] for position in order])
        in_order = [np.empty_like(values) for values in computed]
        for values, target in zip(computed, in_order, strict=True):
            target[order] = values
        return in_order

    def _in_batches(self, outputs: Sequence[str], inputs: Any) -> list[np.ndarray]:
        batches, network, size, reported = [], self.network, self.spec.batch_size, 0
        for start in range(0, max(1, len(inputs)), size):
            batches.append(network(self._encode(inputs[start : start + size]), outputs))
            if not all(np.isfinite(values).all() for values in batches[-1]):
                raise UserError(
                    f"The weights in {self.weights.folder} give predictions that are not finite numbers; "
                    f"{self.weights.remedy()}."
                )
            done = min(start + size, len(inputs))
            if self.on_batch and (done - reported >= REPORTED or done == len(inputs)):
                self.on_batch(done - reported)
                reported = done
        return [np.concatenate(values) for values in zip(*batches, strict=True)]

    def _encode(self, batch: Any) -> np.ndarray:
        """A batch as the network takes it."""
        if self.spec.tokens:
            return self._encoder(batch)
        scale = np.float32(1 if self.spec.parts else 255)
        return np.asarray(batch, np.float32) / scale

    @property
    def parameters(self) -> int:
        """The number of a network's learned parameters."""
        return self.network.parameters + sum(part.parameters for part in self.parts.values())

    def top(self, probabilities: np.ndarray, count: int = 3, fallback_part: str = "") -> list[GenrePrediction]:
        """List the most probable genres of a film, the most probable first.

        Args:
            probabilities: of one film, ``(genres,)``, from ``predict``.
            count: how many genres.
            fallback_part: the part that predicted it alone (see ``ModelSpec.fallback_part``), whose thresholds apply.
        """
        weights = self.parts[fallback_part].weights if fallback_part else self.weights
        return top_genres(weights.genres, probabilities, weights.thresholds, count)


def top_genres(
    genres: Sequence[str], probabilities: np.ndarray, thresholds: np.ndarray, count: int | None = 3
) -> list[GenrePrediction]:
    """List the most probable genres of a film, the most probable first; all three have one item per genre."""
    return [
        GenrePrediction(genres[genre], float(probabilities[genre]), bool(probabilities[genre] >= thresholds[genre]))
        for genre in np.argsort(-probabilities, kind="stable")[:count]
    ]


def predict_all(
    predictors: Iterable[Predictor],
    posters: Callable[[Size], np.ndarray] | None,
    overviews: Overviews,
    films: int,
) -> dict[str, Predictions]:
    """Predict the same n films with several models, running each network once: Fusion predicts for its parts, too.

    Args:
        predictors: the models.
        posters: returns the films' posters in a model's size, uint8 ``(n, *size, 3)``; None if there are none.
        overviews: n strings, or None if there are none.
        films: n.

    Returns:
        the predictions by the model's name; models that need a missing input are left out.
    """
    given = posters is not None, overviews is not None
    able = [each for each in predictors if each.spec.can_predict(*given)]
    load_networks((each.weights for each in able), *given)
    predictions: dict[str, Predictions] = {}
    from_parts: dict[str, Predictions] = {}  # by the cache key of the part's weights
    for predictor in sorted(able, key=lambda predictor: not predictor.spec.parts):
        spec, key = predictor.spec, predictor.weights.cache_key
        if key in from_parts:
            predictions[spec.name] = from_parts[key]
        else:
            predicted = predictor.predict_with_parts(
                posters(spec.poster_size) if posters and spec.uses_poster else None,
                overviews if spec.uses_overview else None,
                films,
            )
            predictions[spec.name] = predicted
            from_parts |= {predictor.parts[name].weights.cache_key: part for name, part in predicted.parts.items()}
    return predictions


def load_networks(models: Iterable[Weights], poster: bool = True, overview: bool = True) -> None:
    """Load the networks together that models and their parts need for given inputs.

    ONNX Runtime prepares one while the weights of the next are read. What is wrong with one is raised when it is used.
    """
    missing = {}
    for weights in models:
        spec = get_spec(weights.model)
        if spec.is_baseline or not spec.can_predict(poster, overview):
            continue
        with suppress(UserError):
            parts, alone = weights.parts(), spec.fallback_part(poster, overview)
            for each in [parts[alone]] if alone else [weights, *parts.values()]:
                if (key := _network_key(each)) not in _networks:
                    missing[key] = each
    if len(missing) > 1:
        with ThreadPoolExecutor(2) as pool:
            for weights in missing.values():
                pool.submit(Predictor, weights)


def part_rows(parts: Mapping[str, Predictor], posters: Posters, overviews: Overviews) -> np.ndarray:
    """Compute the input of a model of parts: the ``features`` of all parts side by side, float32 ``(n, width)``."""
    return np.concatenate([part.features(posters, overviews) for part in parts.values()], axis=1)


def read_network(weights: Weights) -> tuple[Graph, dict[str, np.ndarray]]:
    """Read the graph of a model and all arrays that it takes, by the names of its inputs.

    Raises:
        UserError, OSError, ValueError, KeyError: the weights are damaged or of another model.
    """
    spec = get_spec(weights.model)
    graph = load_graph(spec, structure_of(spec, weights.card))
    own = [each for each in graph.weights if not each.is_frozen]
    stored = read_arrays(weights.file, {each.source: each.shape for each in own})
    return graph, {each.name: stored[each.source] for each in own} | frozen_weights(graph)


@contextmanager
def readable(weights: Weights) -> Iterator[None]:
    """Read weights that are as their card says; UserError in place of what is raised otherwise."""
    weights.check()
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, MemoryError) as error:
        reason = f" ({str(error).splitlines()[0][:200]})" if str(error) else ""
        raise UserError(
            f"The weights in {weights.folder} do not fit the model {weights.model}{reason}; {weights.remedy()}."
        ) from error


def _network_key(weights: Weights) -> str:
    return f"{weights.model} {weights.sha256}"


def _used_again(key: str) -> Network | None:
    """A network that is in memory, which becomes the one used last."""
    with _networks_lock:
        network = _networks.pop(key, None)
        if network is not None:
            _networks[key] = network
        return network
