"""What the sections of Evaluate share: the films, the predictions for them, and the choices of a model and a genre."""

import hashlib
import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from genreclf.data.catalogue import Catalogue
from genreclf.errors import UserError
from genreclf.evaluation.predictions import (
    SplitPredictions,
    can_predict_all,
    is_trained_on,
    judge,
    left_aside,
    predictions_of,
    run_name,
    run_weights,
    unique_name,
)
from genreclf.evaluation.stored import catalogue_predictions, stored_predictions
from genreclf.evaluation.tables import PredictionTable
from genreclf.evaluation.wording import SPLITS
from genreclf.models import SPECS, model_label
from genreclf.palette import Palette
from genreclf.predict.predictor import Predictor, load_networks
from genreclf.public import is_public
from genreclf.runs.folder import Run
from genreclf.ui import data, look
from genreclf.ui.choice import remembered
from genreclf.ui.frame import check_address
from genreclf.ui.text import plain, warn
from genreclf.ui.train.current_run import timezone
from genreclf.units import duration, listed
from genreclf.weights.folder import Weights, covered_by_fusion, find_weights, weights_set_for

AT_ONCE = 2.0  # seconds after which the page shows what has been computed so far
AUTOMATIC = 30.0  # seconds: predictions that take no longer are computed without a click
_SECONDS_PER_FILM = {"cnn": 0.004, "lstm": 0.003, "overview": 0.006, "poster": 0.025, "fusion": 0.03}  # on two cores
_LOADING = 0.5  # seconds to load a model
_SCOPES = ("models that know all genres", "all models, on the genres that they share")
# keys of the session's state
_WANTED = "evaluate_wanted_predictions"  # (data digest, split), and whether to compute the pending predictions
_FAULTS = "evaluate_faults"  # messages by data digest, split and SHA-256 of the weights; or _RETRY
_RETRY = ""  # instead of a message, after a click on "Try again"


@dataclass(frozen=True)
class State:
    """The predictions for a split's films.

    Attributes:
        predictions: those that are known.
        pending: by name, weights whose predictions are missing: the fast models first, and last the parts of fusion,
            whose predictions are computed along with it.
    """

    predictions: SplitPredictions
    pending: dict[str, Weights]

    @property
    def place(self) -> tuple[str, str]:
        """The data's digest and the split."""
        return self.predictions.catalogue.digest, self.predictions.split

    @property
    def seconds(self) -> float:
        """An estimate of how long it takes to compute the missing predictions."""
        covered, films = covered_by_fusion(self.pending.values()), len(self.predictions)
        models = [weights.model for name, weights in self.pending.items() if name not in covered]
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
    known = not available or any(is_trained_on(weights, catalogue) for weights in available)
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


def pick_inputs(catalogue: Catalogue) -> Catalogue:
    """Where some films of a set lack a poster or an overview, choose what all of those to evaluate on have."""
    if len(with_inputs(catalogue, True, True)) == len(catalogue):
        return catalogue
    options = {"a poster and an overview": (True, True), "a poster": (True, False), "an overview": (False, True),
               "either": (False, False)}  # fmt: skip
    chosen = st.segmented_control(
        "With", list(options), default=next(iter(options)), required=True, wrap=True, key="evaluate_inputs",
        persist_state="session", help="All models are measured on the same films, so on those that have what each of "
        "them needs. Fusion needs only one of the two.",
    )  # fmt: skip
    return with_inputs(catalogue, *options[chosen])


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs=data.CACHE_KEYS)
def with_inputs(catalogue: Catalogue, poster: bool, overview: bool) -> Catalogue:
    """See ``Catalogue.with_inputs``; kept, as finding twins takes a while for many films."""
    return catalogue.with_inputs(poster, overview)


def load(
    catalogue: Catalogue, split: str, runs: Sequence[Run] = (), tables: Sequence[PredictionTable] = (),
    whole: Catalogue | None = None,
) -> State:  # fmt: skip
    """Load the stored predictions and compute those of the baselines, which takes no time.

    ``whole`` has also the films that lack an input of a model; ``runs`` and ``tables`` stand beside the weights in use.
    """
    models, pending, faults = [], dict[str, Weights](), st.session_state.setdefault(_FAULTS, {})
    found, run_ids = _all_weights(catalogue, runs)
    aside = left_aside(found, catalogue.genres, True)
    if any(weights.genres for weights in aside.values()) and _pick_scope() != _SCOPES[0]:
        aside = left_aside(found, catalogue.genres, False)
    for name, weights in found.items():
        if name in aside:
            continue
        model, source = weights.model, run_ids.get(name, "")
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
            models.append(predictions_of(weights, probabilities, part, name, source))
        elif fault := faults.get(fault_key, _RETRY):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.warning(plain(fault), icon=":material/warning:", width="stretch")
                st.button("Try again", key=f"evaluate_retry_{source or model}", icon=":material/refresh:",
                          on_click=faults.update, args=({fault_key: _RETRY},))  # fmt: skip
        else:
            pending[name] = weights
    covered = covered_by_fusion(pending.values())
    order = sorted(pending, key=lambda name: (name in covered, _SECONDS_PER_FILM.get(pending[name].model, 0.0)))
    predictions = judge(catalogue, split, models, whole, aside)
    for table in tables:
        try:
            models.append(table.judged_on(catalogue, split, [*pending, *(each.name for each in models)]))
            predictions = judge(catalogue, split, models, whole, aside)
        except UserError as error:  # it has nothing in common with these films
            models.pop()
            warn(error)
    return State(predictions, {name: pending[name] for name in order})


def _pick_scope() -> str:
    """Choose between all genres of a set, for models that were trained on them, and all models, on fewer genres."""
    return st.segmented_control("Judge", _SCOPES, default=_SCOPES[0], required=True, wrap=True, key="evaluate_scope",
                                persist_state="session")  # fmt: skip


def _all_weights(catalogue: Catalogue, runs: Sequence[Run]) -> tuple[dict[str, Weights], dict[str, str]]:
    """The weights in use and those of runs that can predict all of these films, and the runs' ids, by name."""
    found = data.available_weights(catalogue)
    for model in set(SPECS) - set(found):  # those that know no genre of the set are to be named
        with suppress(UserError):
            if weights := find_weights(model, weights_set_for(catalogue.folder, catalogue.genres)):
                found[model] = weights
    found, run_ids = {model: found[model] for model in SPECS if model in found}, {}
    for run in runs:
        name = unique_name(run_name(run, timezone()), found)
        try:
            found[name], run_ids[name] = run_weights(run), run.id
        except UserError as error:
            warn(error)
    return {name: weights.answering(catalogue.genres) for name, weights in found.items()
            if can_predict_all(SPECS[weights.model], catalogue)}, run_ids  # fmt: skip


def show_pending(state: State) -> None:
    """Name the models whose predictions are missing, with a button to compute them or to stop that."""
    wanted = state.wanted
    if not state.pending or (wanted is None and state.seconds <= AUTOMATIC):
        return
    names = plain(listed([model_label(name) for name in state.pending]))
    if is_public():
        st.info(f"For so many films, the owner of this server would have to prepare the predictions of {names}.",
                icon=":material/public:")  # fmt: skip
        return
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
    pending = {name: each for name, each in state.pending.items() if (*state.place, each.sha256) in faults}
    if not pending and (state.seconds <= AUTOMATIC if wanted is None else wanted):
        pending = state.pending
    if not pending:
        return
    until = time.monotonic() + AT_ONCE
    place.progress(0.0, "Loading the models…")
    load_networks(pending.values())
    for index, (name, weights) in enumerate(pending.items()):
        _compute(
            state, name, weights, f", then {len(pending) - index - 1} more" if index + 1 < len(pending) else "", place
        )
        if time.monotonic() > until:
            break
    st.rerun()


def _compute(state: State, name: str, weights: Weights, more: str, place: DeltaGenerator) -> None:
    """Compute and store the predictions of one model; note a fault of its weights."""
    predictions, label, done = state.predictions, plain(model_label(name)), 0
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
    """A key that changes with the data, the films and genres, and any weights, calibration or threshold."""
    scope = (predictions.catalogue.digest, predictions.split, predictions.genres)
    content = hashlib.sha256(repr(scope).encode() + predictions.rows.tobytes())
    for name, model in predictions.models.items():
        content.update(f"{name} {model.cache_key}".encode() + model.thresholds.tobytes())
    return content.hexdigest()


# a decorator that caches what is computed from predictions
cached = partial(st.cache_data, max_entries=100, hash_funcs={SplitPredictions: cache_key})
number_column = partial(st.column_config.NumberColumn, alignment="right")


def show_table(table: pd.DataFrame, column_config: Mapping[str, Any], height: int | Literal["content"] = "content",
               **options: Any) -> None:  # fmt: skip
    """Draw a table without its index; ``options`` are a key and an alt text."""
    st.dataframe(table, hide_index=True, height=height, placeholder="–", column_config=look.widened(column_config),
                 **options)  # fmt: skip


def pick_model(predictions: SplitPredictions) -> str:
    """Choose one of the models with predictions; all sections share the choice."""
    return pick_from("Model", list(predictions.models), "fusion", "evaluate_model")


def pick_genre(predictions: SplitPredictions) -> str:
    """Choose one of the films' genres, the most common first; all sections share the choice."""
    counts = dict(zip(predictions.genres, predictions.labels.sum(axis=0, dtype=int).tolist(), strict=True))
    genres = sorted((genre for genre in counts if counts[genre]), key=lambda genre: -counts[genre])
    return pick_from("Genre", genres, genres[0], "evaluate_genre", lambda genre: f"{genre} ({counts[genre]:,})")


def colours(predictions: SplitPredictions) -> Palette:
    """The colours of the visitor's theme, with those of the runs and tables among these models."""
    return look.colours().including(predictions.models)


def pill_label(model: str) -> str:
    """A model's name where Streamlit reads Markdown; those of our models have none."""
    return model_label(model) if model in SPECS else plain(model)


def pick_from(
    label: str, options: list[str], default: str, key: str, format_func: Callable[[str], str] = model_label
) -> str:
    """Choose one of some models or other options; the default is the first if it is not among them."""
    chosen = remembered(key, options, default if default in options else options[0])
    return st.selectbox(label, options, format_func=format_func, width=260, **chosen)
