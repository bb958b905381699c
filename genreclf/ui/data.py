"""The chosen data set and the trained models, loaded once for all sessions."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from genreclf.data.catalogue import Catalogue, data_state, load_table
from genreclf.data.corrections import apply_corrections, corrections_state
from genreclf.data.overviews import has_words
from genreclf.data.search import FilmSearch
from genreclf.data.sources import Source, default_source, get_source
from genreclf.errors import UserError
from genreclf.evaluation import stored
from genreclf.models import SPECS
from genreclf.predict.film import FilmPrediction, catalogue_poster
from genreclf.predict.predictor import Predictor, load_networks
from genreclf.ui.serving import visitor
from genreclf.ui.text import warn
from genreclf.weights import folder as weights_folder
from genreclf.weights.folder import Weights, covered_by_fusion, find_weights

SOURCE_KEY = "data"  # also the query parameter
CACHE_KEYS: dict[str | type, Callable[[Any], Any]] = {  # for the ``hash_funcs`` of Streamlit's caches
    Catalogue: lambda catalogue: catalogue.digest,
    Weights: lambda weights: f"{weights.folder} {weights.cache_key}",
}
# of what depends on overviews and posters alone: corrected genres change no prediction
_INPUT_KEYS = CACHE_KEYS | {Catalogue: lambda catalogue: catalogue.inputs_digest}
_LOADING = "Predicting…"


def current_source() -> Source:
    """The data set chosen in the sidebar."""
    key = st.session_state.get(SOURCE_KEY)
    return get_source(key) if key else default_source()


def choose_source(key: str) -> None:
    """Choose a data set for this session and its address; to be called in callbacks."""
    st.session_state[SOURCE_KEY] = key
    st.query_params[SOURCE_KEY] = key


def current_catalogue() -> Catalogue:
    """The films of the chosen data set (UserError if it cannot be used)."""
    folder = current_source().folder
    return _catalogue(folder, _state(folder), corrections_state(folder))


def weights_for(model: str, catalogue: Catalogue | None) -> Weights | None:
    """The weights of a model for a data set (None: for a poster or an overview from anywhere)."""
    return find_weights(model) if catalogue is None else weights_folder.weights_for(model, catalogue)


def own_weights(catalogue: Catalogue, on_error: Callable[[UserError], None] = warn) -> dict[str, Weights]:
    """The weights that were promoted for a data set with genres of its own, by model; none for other sets.

    They answer for a poster or an overview from anywhere, too.
    """
    weights_set = weights_folder.weights_set_for(catalogue.folder, catalogue.genres)
    if weights_set in weights_folder.WEIGHTS_SETS:
        return {}
    promoted = {each.model for each in weights_folder.promoted_weights() if each.weights_set == weights_set}
    return {model: weights for model, weights in available_weights(catalogue, on_error).items() if model in promoted}


def available_weights(catalogue: Catalogue | None, on_error: Callable[[UserError], None] = warn) -> dict[str, Weights]:
    """The weights for a data set (see ``weights_for``) by model; ``on_error`` reports those that cannot be used.

    Models that need an input which the data set lacks are left out (see ``genreclf.models.left_out``).
    """
    found = {}
    for model, spec in SPECS.items():
        if catalogue is not None and not spec.can_predict(catalogue.has_posters, catalogue.has_overviews):
            continue
        try:
            weights = weights_for(model, catalogue)
        except UserError as error:
            on_error(error)
            continue
        if weights is not None:
            found[model] = weights
    return found


@st.cache_resource(max_entries=12, show_spinner=_LOADING, hash_funcs=_INPUT_KEYS)
def predictor(weights: Weights) -> Predictor:
    """A loaded model, shared by all sessions and never changed."""
    return Predictor(weights)


@st.cache_resource(max_entries=24, show_spinner="Predicting all films, once…", hash_funcs=_INPUT_KEYS)
def all_predictions(catalogue: Catalogue, weights: Weights) -> np.ndarray:
    """Probabilities of all films, float32 ``(n, genres)``; takes seconds once, then they are in memory or on disk."""
    known = stored.stored_predictions(catalogue, weights)
    return known if known is not None else stored.catalogue_predictions(catalogue, weights, predictor(weights))


@st.cache_resource(max_entries=2, show_spinner=False, hash_funcs=_INPUT_KEYS)
def film_search(catalogue: Catalogue) -> FilmSearch:
    """The search in a data set's films."""
    return FilmSearch(catalogue)


def film_predictions(
    catalogue: Catalogue, position: int, models: Sequence[Weights], on_error: Callable[[UserError], None]
) -> list[FilmPrediction]:
    """Predict one film of a catalogue with several models, each network running once.

    Args:
        catalogue: the films.
        position: the film's position in it.
        models: the weights; if predictions for all films are stored, they are read from disk.
        on_error: called with the reason if a model cannot predict; it is left out.
    """
    given = given_inputs(catalogue, position)
    models = [weights for weights in models if SPECS[weights.model].can_predict(*given)]
    covered = covered_by_fusion(models)
    found: dict[str, np.ndarray] = {}  # by the weights' cache key
    with visitor.turn(), st.spinner(_LOADING):  # a cache inside a cache shows none of its own
        for weights in sorted(models, key=lambda weights: weights.model in covered):  # fusion before its parts
            try:
                if weights.cache_key not in found:
                    found |= _film_probabilities(catalogue, position, weights, models)
            except UserError as error:
                on_error(error)
    predictions = []
    for weights in models:
        if weights.cache_key not in found:
            continue
        unfamiliar = False
        try:
            unfamiliar = _is_unfamiliar(catalogue, position, weights)
        except UserError as error:  # stored probabilities need neither the network nor the poster
            on_error(error)
        part = SPECS[weights.model].fallback_part(*given)
        predictions.append(FilmPrediction(weights, found[weights.cache_key], part, unfamiliar))
    return predictions


def given_inputs(catalogue: Catalogue, position: int) -> tuple[bool, bool]:
    """Whether a film has a poster, and an overview with a word."""
    film = catalogue.films.iloc[position]
    return catalogue.poster(film["id"]) is not None, has_words(film["overview"])


@st.cache_resource(max_entries=4, show_spinner=False)
def _catalogue(folder: Path, state: str, corrected: tuple[int, ...]) -> Catalogue:
    return apply_corrections(_table(folder, state))


@st.cache_resource(max_entries=4, show_spinner="Checking the films…")
def _table(folder: Path, state: str) -> Catalogue:
    """The films without corrections, since a table of many films takes seconds to load and to check."""
    return load_table(folder)


_states: dict[Path, tuple[str, float]] = {}


def _state(folder: Path) -> str:
    """The ``data_state`` of a folder; it takes longer with more films, so a twentieth of the time is spent on it."""
    state, due = _states.get(folder, ("", 0.0))
    if (started := time.monotonic()) >= due:
        state = data_state(folder)
        _states[folder] = state, time.monotonic() + 20 * (time.monotonic() - started)
    return state


@st.cache_data(max_entries=2000, show_spinner=False, hash_funcs=_INPUT_KEYS)
def _film_probabilities(
    catalogue: Catalogue, position: int, weights: Weights, _models: Sequence[Weights]
) -> dict[str, np.ndarray]:
    """A film's probabilities according to a model and its parts, each float32 ``(genres,)``, by the weights' cache key.

    ``_models`` are those that are asked next; they are loaded together.
    """
    known = stored.stored_predictions(catalogue, weights)
    if known is not None:
        return {weights.cache_key: known[position]}
    load_networks(_models)
    film, model = catalogue.films.iloc[position], predictor(weights)
    size = model.spec.poster_size
    poster = catalogue.poster(film["id"])
    posters = catalogue_poster(poster, size)[None] if size and poster else None
    overviews = [film["overview"]] if catalogue.has_overviews else None
    predicted = model.predict_with_parts(posters, overviews, films=1)
    of_parts = {model.parts[name].weights.cache_key: part.probabilities[0] for name, part in predicted.parts.items()}
    return {weights.cache_key: predicted.probabilities[0], **of_parts}


def _is_unfamiliar(catalogue: Catalogue, position: int, weights: Weights) -> bool:
    """Whether a film's poster is unlike those that a model learned from; never for the films that it learned from."""
    model = next((part for part in weights.parts().values() if part.familiarity), weights)
    if not (model.familiarity and given_inputs(catalogue, position)[0]):
        return False
    if catalogue.table_digest in (model.card.get("data_digest"), model.card.get("further_digest")):
        return False
    return _looks_unfamiliar(catalogue, position, model)


@st.cache_data(max_entries=2000, show_spinner=False, hash_funcs=_INPUT_KEYS)
def _looks_unfamiliar(catalogue: Catalogue, position: int, weights: Weights) -> bool:
    model, film_id = predictor(weights), catalogue.films["id"].iloc[position]
    poster = catalogue_poster(catalogue.poster(film_id), model.spec.poster_size)
    return bool(model.predict_with_parts(poster[None]).unfamiliar[0])
