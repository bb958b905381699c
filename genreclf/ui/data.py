"""The chosen data set and the trained models, loaded once for all sessions."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import streamlit as st

from genreclf.data.catalogue import IMAGES_NAME, TABLE_NAME, Catalogue, load_catalogue
from genreclf.data.overviews import has_words
from genreclf.data.sources import Source, default_source, get_source
from genreclf.errors import UserError
from genreclf.evaluation import stored
from genreclf.models import SPECS
from genreclf.predict.film import FilmPrediction, catalogue_poster
from genreclf.predict.predictor import Predictor
from genreclf.training.backends import hide_gpu
from genreclf.weights.folder import VOCABULARY, Weights, covered_by_fusion, find_weights, weights_set_for

SOURCE_KEY = "data"  # also the query parameter
_LOADING = "Predicting; the first time brings TensorFlow, which takes about 5 seconds…"


def current_source() -> Source:
    """The data set chosen in the sidebar."""
    key = st.session_state.get(SOURCE_KEY)
    return get_source(key) if key else default_source()


def choose_source(key: str) -> None:
    """Choose a data set from now on, for this session and in its address; for use in callbacks."""
    st.session_state[SOURCE_KEY] = key
    st.query_params[SOURCE_KEY] = key


def current_catalogue() -> Catalogue:
    """The films of the chosen data set (UserError where it is not usable)."""
    folder = current_source().folder
    return _catalogue(str(folder), _changed(folder / TABLE_NAME), _changed(folder / IMAGES_NAME))


def predictor(weights: Weights) -> Predictor:
    """A loaded model, shared by all sessions and never changed; the first Keras one imports TensorFlow (5 s)."""
    return _predictor(str(weights.folder), weights.cache_key, weights)


def weights_for(model: str, catalogue: Catalogue | None) -> Weights | None:
    """The weights of a model that answer for a data set (None: for a poster or overview from anywhere)."""
    return find_weights(model, weights_set_for(catalogue))


def all_predictions(catalogue: Catalogue, weights: Weights) -> np.ndarray:
    """Probabilities of all films, float32 ``(n, 25)``; seconds the first time, then from memory or disk."""
    return _all_predictions(catalogue.digest, weights.cache_key, catalogue, weights)


def vocabulary(available: Mapping[str, Weights]) -> frozenset[str] | None:
    """The words that the first of these models with a list of words knows, or None where none has one."""
    for weights in available.values():
        if (weights.folder / VOCABULARY).is_file():
            return _vocabulary(str(weights.folder), weights.sha256, weights)
    return None


def film_predictions(
    catalogue: Catalogue, position: int, models: Sequence[Weights], on_error: Callable[[UserError], None]
) -> list[FilmPrediction]:
    """Predict one film of a catalogue with several models, each network running once.

    Args:
        catalogue: the films.
        position: the film's.
        models: the weights; predictions for all films, if stored, are read from disk.
        on_error: called with the reason if a model cannot predict; it is left out.
    """
    film, covered = catalogue.films.iloc[position], covered_by_fusion(models)
    found: dict[str, np.ndarray] = {}  # by the weights' cache key
    with st.spinner(_LOADING):  # a cache inside a cache shows none of its own
        for weights in sorted(models, key=lambda weights: weights.model in covered):  # fusion before its parts
            key = weights.cache_key
            try:
                if key not in found:
                    found |= _film_probabilities(catalogue.digest, film["id"], key, catalogue, position, weights)
            except UserError as error:
                on_error(error)
    return [
        FilmPrediction(
            weights,
            found[weights.cache_key],
            SPECS[weights.model].fallback_part(True, has_words(film["overview"])),
        )
        for weights in models
        if weights.cache_key in found
    ]


@st.cache_resource(max_entries=4, show_spinner="Checking the films…")
def _catalogue(folder: str, table_changed: float, images_changed: float) -> Catalogue:
    return load_catalogue(Path(folder))


@st.cache_resource(max_entries=12, show_spinner=_LOADING)
def _predictor(folder: str, cache_key: str, _weights: Weights) -> Predictor:
    if not SPECS[_weights.model].is_baseline:
        hide_gpu()
        import keras

        # Streamlit clears Keras's session after each script run. That drops what TensorFlow has compiled (0.5 s at the
        # next prediction) and the state of a model that another visitor's run is loading at that moment.
        keras.backend.clear_session = lambda free_memory=True: None
    return Predictor(_weights)


@st.cache_resource(max_entries=24, show_spinner="Predicting all films, once…")
def _all_predictions(digest: str, cache_key: str, _catalogue: Catalogue, _weights: Weights) -> np.ndarray:
    known = stored.stored_predictions(_catalogue, _weights)
    return known if known is not None else stored.catalogue_predictions(_catalogue, _weights, predictor(_weights))


@st.cache_resource(max_entries=4, show_spinner=False)
def _vocabulary(folder: str, key: str, _weights: Weights) -> frozenset[str]:
    return frozenset(_weights.vocabulary())


@st.cache_data(max_entries=2000, show_spinner=False)
def _film_probabilities(
    digest: str, film_id: str, cache_key: str, _catalogue: Catalogue, _position: int, _weights: Weights
) -> dict[str, np.ndarray]:
    """A film's probabilities according to a model and its parts, each float32 ``(25,)``, by the weights' cache key."""
    known = stored.stored_predictions(_catalogue, _weights)
    if known is not None:
        return {cache_key: known[_position]}
    model = predictor(_weights)
    size = model.spec.poster_size
    posters = catalogue_poster(_catalogue.poster_path(film_id), size)[None] if size else None
    probabilities, parts = model.predict_with_parts(posters, [_catalogue.films["overview"].iloc[_position]])
    return {cache_key: probabilities[0]} | {
        model.parts[name].weights.cache_key: of_part[0] for name, of_part in parts.items()
    }


def _changed(path: Path) -> float:
    return path.stat().st_mtime if path.exists() else 0.0
