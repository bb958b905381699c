"""What the sections of Evaluate share: the films, the predictions for them, and the choices of a model and a genre."""

import hashlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from genreclf.data.catalogue import Catalogue
from genreclf.errors import UserError
from genreclf.evaluation.predictions import ModelPredictions, SplitPredictions
from genreclf.evaluation.stored import catalogue_predictions, stored_predictions
from genreclf.evaluation.wording import SPLITS
from genreclf.genres import GENRES
from genreclf.models import SPECS, model_label
from genreclf.predict.predictor import Predictor, load_networks
from genreclf.ui import data
from genreclf.ui.choice import remembered
from genreclf.ui.frame import check_address
from genreclf.ui.text import plain
from genreclf.units import duration, listed
from genreclf.weights.folder import Weights, covered_by_fusion

AT_ONCE = 2.0  # seconds after which the page shows what has been computed so far
AUTOMATIC = 30.0  # seconds: predictions that take no longer are computed without a click
_SECONDS_PER_FILM = {"cnn": 0.004, "lstm": 0.003, "overview": 0.006, "poster": 0.025, "fusion": 0.03}  # on two cores
_LOADING = 0.5  # seconds to load a model
# keys of the session's state
_WANTED = "evaluate_wanted_predictions"  # (data digest, split), and whether to compute the pending predictions
_FAULTS = "evaluate_faults"  # messages by data digest, split and SHA-256 of the weights; or _RETRY
_RETRY = ""  # instead of a message, after a click on "Try again"


@dataclass(frozen=True)
class State:
    """The predictions for a split's films.

    Attributes:
        predictions: those that are known.
        pending: weights whose predictions are missing: the fast models first, and last the parts of fusion, whose
            predictions are computed along with it.
    """

    predictions: SplitPredictions
    pending: list[Weights]

    @property
    def place(self) -> tuple[str, str]:
        """The data's digest and the split."""
        return self.predictions.catalogue.digest, self.predictions.split

    @property
    def seconds(self) -> float:
        """An estimate of how long it takes to compute the missing predictions."""
        models = {weights.model for weights in self.pending} - covered_by_fusion(self.pending)
        films = len(self.predictions)
        return sum(_LOADING + films * _SECONDS_PER_FILM.get(model, 0.01) for model in models)

    @property
    def wanted(self) -> bool | None:
        """Whether the user clicked to compute the missing predictions (True) or to stop (False); None: neither."""
        place, wanted = st.session_state.get(_WANTED, (None, None))
        return wanted if place == self.place else None


def pick_split(catalogue: Catalogue) -> str:
    """Choose the films to evaluate on: at first the test films, or all if there are none or no model learned here."""
    splits, key = [split for split in SPLITS if len(catalogue.in_split(split))], "films_of"
    available = data.available_weights(catalogue, on_error=lambda _: None).values()  # ``load`` reports errors
    known = not available or any(weights.card.get("data_digest") == catalogue.table_digest for weights in available)
    if st.session_state.get(key) not in splits:
        st.session_state.pop(key, None)
    check_address(key, [SPLITS[split] for split in splits], "choice of films")
    return st.segmented_control(
        "Films",
        splits,
        default="test" if known and "test" in splits else "all",
        required=True,
        format_func=SPLITS.__getitem__,
        key=key,
        bind="query-params",
        help="The test films are the fair measure: no model has seen them, and no threshold was fitted on them."
        if known
        else "The models learned from another data set, so all of these films are as fair a measure as its test films.",
    )


def load(catalogue: Catalogue, split: str) -> State:
    """Load the stored predictions and compute those of the baselines, which takes no time."""
    models, pending, faults = {}, [], st.session_state.setdefault(_FAULTS, {})
    for model, weights in data.available_weights(catalogue).items():
        fault_key = (catalogue.digest, split, weights.sha256)
        probabilities = stored_predictions(catalogue, weights, split)
        part = SPECS[model].fallback_part(catalogue.has_posters, catalogue.has_overviews)
        try:
            if part:
                weights.thresholds_for(part)  # a fault if the part is missing
            if probabilities is None and SPECS[model].is_baseline:
                probabilities = catalogue_predictions(catalogue, weights, data.predictor(weights), split)
        except UserError as error:
            faults[fault_key], probabilities = str(error), None
        if probabilities is not None:
            models[model] = ModelPredictions(weights, probabilities, part)
        elif fault := faults.get(fault_key, _RETRY):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.warning(plain(fault), icon=":material/warning:", width="stretch")
                st.button("Try again", key=f"evaluate_retry_{model}", icon=":material/refresh:",
                          on_click=faults.update, args=({fault_key: _RETRY},))  # fmt: skip
        else:
            pending.append(weights)
    covered = covered_by_fusion(pending)
    pending.sort(key=lambda weights: (weights.model in covered, _SECONDS_PER_FILM.get(weights.model, 0.0)))
    rows = catalogue.in_split(split)
    return State(SplitPredictions(catalogue, split, rows, catalogue.labels[rows], models), pending)


def show_pending(state: State) -> None:
    """Name the models whose predictions are missing, with a button to compute them or to stop that."""
    wanted = state.wanted
    if not state.pending or (wanted is None and state.seconds <= AUTOMATIC):
        return
    names = listed([model_label(weights.model) for weights in state.pending])
    if wanted:
        message = (
            f"**Computing the predictions of {names}.** Finished models are kept; a click restarts the current one."
        )
        label, icon = "Stop", ":material/stop:"
    else:
        message = (
            f"**There are no predictions of {names} for these {len(state.predictions):,} films yet.** Computing them "
            f"takes about {duration(10 * math.ceil(state.seconds / 10))}, once. Below are the other models."
        )
        label, icon = "Compute predictions", ":material/play_arrow:"
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(message, width="stretch")
        st.button(label, key="evaluate_compute", icon=icon,
                  on_click=lambda: st.session_state.update({_WANTED: (state.place, not wanted)}))  # fmt: skip


def compute_next(state: State, place: DeltaGenerator) -> None:
    """Compute missing predictions, if wanted or fast, and rerun the page with them: model by model, if they take long.

    The progress bar is drawn in ``place``; the page below it stays as it is meanwhile.
    """
    faults, wanted = st.session_state[_FAULTS], state.wanted
    pending = [weights for weights in state.pending if (*state.place, weights.sha256) in faults]
    if not pending and (state.seconds <= AUTOMATIC if wanted is None else wanted):
        pending = state.pending
    if not pending:
        return
    until = time.monotonic() + AT_ONCE
    place.progress(0.0, "Loading the models…")
    load_networks(pending)
    for index, weights in enumerate(pending):
        _compute(state, weights, f", then {len(pending) - index - 1} more" if index + 1 < len(pending) else "", place)
        if time.monotonic() > until:
            break
    st.rerun()


def _compute(state: State, weights: Weights, more: str, place: DeltaGenerator) -> None:
    """Compute and store the predictions of one model; note a fault of its weights."""
    predictions, label, done = state.predictions, model_label(weights.model), 0
    bar = place.progress(0.0, f"Loading {label}{more}…")

    def on_batch(films: int) -> None:
        nonlocal done
        done += films
        share = min(1.0, done / (len(predictions) * len(predictors)))
        bar.progress(share, f"{label}: {share:.0%} of {len(predictions):,} films{more}")

    try:
        predictor = Predictor(weights)  # not the shared one, because it reports progress to this session
        predictors = [predictor, *predictor.parts.values()]  # each processes every film
        for each in predictors:
            each.on_batch = on_batch
        catalogue_predictions(predictions.catalogue, weights, predictor, predictions.split)
        if stored_predictions(predictions.catalogue, weights, predictions.split) is None:
            raise UserError(f"{label}'s predictions could not be stored; free disk space, or set GENRECLF_HOME.")
    except UserError as error:
        st.session_state[_FAULTS][(*state.place, weights.sha256)] = str(error)


def cache_key(predictions: SplitPredictions) -> str:
    """A key that changes with the data, the split and any weights, calibration or threshold."""
    content = hashlib.sha256(f"{predictions.catalogue.digest} {predictions.split}".encode())
    for name, model in predictions.models.items():
        content.update(f"{name} {model.weights.cache_key}".encode() + model.thresholds.tobytes())
    return content.hexdigest()


# a decorator that caches what is computed from predictions
cached = partial(st.cache_data, max_entries=100, hash_funcs={SplitPredictions: cache_key})
# a table without its index, as high as its content; further arguments: column_config, key, alt
show_table = partial(st.dataframe, hide_index=True, height="content", placeholder="–")
number_column = partial(st.column_config.NumberColumn, alignment="right")


def pick_model(predictions: SplitPredictions) -> str:
    """Choose one of the models with predictions; all sections share the choice."""
    return pick_from("Model", list(predictions.models), "fusion", "evaluate_model")


def pick_genre(predictions: SplitPredictions) -> str:
    """Choose one of the films' genres, the most common first; all sections share the choice."""
    counts = dict(zip(GENRES, predictions.labels.sum(axis=0, dtype=int).tolist(), strict=True))
    genres = sorted((genre for genre in GENRES if counts[genre]), key=lambda genre: -counts[genre])
    return pick_from("Genre", genres, genres[0], "evaluate_genre", lambda genre: f"{genre} ({counts[genre]:,})")


def pick_from(
    label: str, options: list[str], default: str, key: str, format_func: Callable[[str], str] = model_label
) -> str:
    """Choose one of some models or other options; the default is the first if it is not among them."""
    chosen = remembered(key, options, default if default in options else options[0])
    return st.selectbox(label, options, format_func=format_func, width=260, **chosen)
