"""What the sections of Evaluate stand on: the films, the answers that are known, and asking for those that are not."""

import hashlib
import math
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from genreclf.data.catalogue import Catalogue
from genreclf.errors import UserError
from genreclf.evaluation.predictions import ModelPredictions, SplitPredictions
from genreclf.evaluation.stored import catalogue_predictions, stored_predictions
from genreclf.evaluation.wording import SPLITS
from genreclf.genres import GENRES
from genreclf.models import SPECS, model_label
from genreclf.predict.predictor import Predictor
from genreclf.ui import data
from genreclf.ui.text import plain
from genreclf.units import duration, listed
from genreclf.weights.folder import Weights, covered_by_fusion

AT_ONCE = 30.0  # seconds; so long a visitor waits without having asked
_A_FILM = {"cnn": 0.003, "lstm": 0.004, "overview": 0.015, "poster": 0.06, "fusion": 0.08}  # seconds on two cores
_A_START = 1.5  # seconds to load a model
_TENSORFLOW = 5.0  # seconds to import
_AGAIN = "evaluate_again"  # session: the key of weights to be asked once more
_ASKED, _FAULTS = "evaluate_asked", "evaluate_faults"  # session: about what to ask or not, and what came of it


@dataclass(frozen=True)
class Known:
    """What is known of a split's films.

    Attributes:
        answers: of the models that answered, now or before.
        waiting: weights that were not asked about these films yet: the quick ones first, and last those that need not
            be, as their answers come along with another's.
    """

    predictions: SplitPredictions
    waiting: list[Weights]

    @property
    def seconds(self) -> float:
        """How long asking the waiting ones takes, about."""
        films, models = (
            len(self.predictions),
            {weights.model for weights in self.waiting} - covered_by_fusion(self.waiting),
        )
        first = 0.0 if "tensorflow" in sys.modules else _TENSORFLOW
        return first + sum(_A_START + films * _A_FILM.get(model, 0.01) for model in models)


def pick_split(catalogue: Catalogue) -> str:
    """Choose whose films the figures are of; test at first, or all where there is no test film."""
    held = [split for split in SPLITS if len(catalogue.in_split(split))]
    forget_unless("films_of", held)
    return st.segmented_control(
        "Films",
        held,
        default=held[0] if held[0] == "test" else "all",
        required=True,
        format_func=SPLITS.__getitem__,
        key="films_of",
        bind="query-params",
        help="The fair measure is the test films: no model has seen them, and no threshold was fitted on them.",
    )


def look_up(catalogue: Catalogue, split: str) -> Known:
    """What is known now: stored answers, and those of the baselines, which take no time."""
    rows, place = catalogue.in_split(split), (catalogue.digest, split)
    models, waiting = {}, []
    faults = st.session_state.setdefault(_FAULTS, {})
    for model, weights in data.available_weights(catalogue).items():
        told = stored_predictions(catalogue, weights, split)
        if told is None and SPECS[model].is_baseline:
            try:
                told = catalogue_predictions(catalogue, weights, data.predictor(weights), split)
            except UserError as error:
                faults[(*place, weights.sha256)] = str(error)
        if told is not None:
            models[model] = ModelPredictions(weights, told)
        elif fault := faults.get((*place, weights.sha256)):
            _say(fault, place, weights)
        else:
            waiting.append(weights)
    along = covered_by_fusion(waiting)
    waiting.sort(key=lambda weights: (weights.model in along, _A_FILM.get(weights.model, 0.0)))
    return Known(SplitPredictions(catalogue, split, rows, catalogue.labels[rows], models), waiting)


def cache_key(predictions: SplitPredictions) -> str:
    """Changes whenever the data, the split or any weights, calibration or threshold do; for caches."""
    content = hashlib.sha256(f"{predictions.catalogue.digest} {predictions.split}".encode())
    for name, told in predictions.models.items():
        content.update(f"{name} {told.weights.cache_key}".encode() + told.thresholds.tobytes())
    return content.hexdigest()


def offer(known: Known) -> None:
    """Say who has not answered yet, with a button that asks; nothing where all have, or will at once."""
    is_asked = _is_asked(known)
    if not known.waiting or (is_asked is None and known.seconds <= AT_ONCE):
        return
    names, count = listed([model_label(weights.model) for weights in known.waiting]), len(known.waiting)
    if is_asked:
        words = f"**Asking {names}.** What has answered stays; a click elsewhere makes the present one start again."
        label, icon = "Stop asking", ":material/stop:"
    else:
        time = duration(10 * math.ceil(known.seconds / 10))
        words = (
            f"**{names} {'has' if count == 1 else 'have'} not been asked about these {len(known.predictions):,} films "
            f"yet.** That takes about {time}, once; what is below is of the others."
        )
        label, icon = f"Ask {'it' if count == 1 else 'them'}", ":material/play_arrow:"
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(words, width="stretch")
        st.button(label, key="evaluate_ask", icon=icon, on_click=_ask, args=(known, not is_asked))


def ask(known: Known, place: DeltaGenerator) -> None:
    """Ask the next waiting model, where that was wanted or is quick, and run the page anew with its answers.

    Args:
        known: what is known.
        place: a container for the progress bar; the page below it stays as it is meanwhile.
    """
    is_asked, again = _is_asked(known), st.session_state.pop(_AGAIN, None)
    wanted = known.waiting if (known.seconds <= AT_ONCE if is_asked is None else is_asked) else []
    wanted = [weights for weights in known.waiting if weights.sha256 == again] or wanted
    if not wanted:
        return
    predictions, weights, label = known.predictions, wanted[0], model_label(wanted[0].model)
    more = f", then {len(wanted) - 1} more" if len(wanted) > 1 else ""
    bar = place.progress(0.0, f"Loading {label}{more}…")
    done = 0

    def show(films: int) -> None:
        nonlocal done
        done += films
        share = min(1.0, done / (len(predictions) * len(reporters)))
        bar.progress(share, f"{label}: {share:.0%} of {len(predictions):,} films{more}")

    try:
        weights.check()  # before TensorFlow is imported in vain
        data.predictor(weights)  # by way of the app's own loading, which keeps TensorFlow in order
        predictor = Predictor(weights)  # not the one that all sessions share: it shall report to this one only
        reporters = [predictor, *predictor.parts.values()]  # each sees every film
        for one in reporters:
            one.on_batch = show
        catalogue_predictions(predictions.catalogue, weights, predictor, predictions.split)
        if stored_predictions(predictions.catalogue, weights, predictions.split) is None:
            raise UserError(f"The answers of {label} could not be kept on disk; free space, or set GENRECLF_HOME.")
    except UserError as error:
        st.session_state[_FAULTS][(*_place(known), weights.sha256)] = str(error)
    st.rerun()


def pick_model(predictions: SplitPredictions, label: str = "Model", key: str = "evaluate_model") -> str:
    """Choose one of the models that answered; all sections share the choice."""
    names = list(predictions.models)
    best = "fusion" if "fusion" in names else names[0]
    return _select(label, names, best, key, model_label)


def pick_genre(predictions: SplitPredictions) -> str:
    """Choose a genre that these films have, the most frequent first; all sections share the choice."""
    counts = dict(zip(GENRES, predictions.labels.sum(axis=0, dtype=int).tolist(), strict=True))
    held = sorted((genre for genre in GENRES if counts[genre]), key=lambda genre: -counts[genre])
    return _select("Genre", held, held[0], "evaluate_genre", lambda genre: f"{genre} ({counts[genre]:,})")


def pick_from(label: str, names: list[str], default: str, key: str) -> str:
    """Choose one of these models."""
    return _select(label, names, default, key, model_label)


def forget_unless(key: str, options: Collection[str]) -> None:
    """Forget what a widget holds where it is not offered any more: for other films, or by weights that are gone."""
    if st.session_state.get(key) not in options:
        st.session_state.pop(key, None)


def _select(label: str, options: list[str], default: str, key: str, format_func: Callable[[str], str]) -> str:
    # said at every run: the browser keeps what it shows where other films have other options or other labels for them
    wished = st.session_state.get(_wished(key))
    st.session_state[key] = wished if wished in options else default
    return st.selectbox(label, options, format_func=format_func, key=key, width=260, on_change=_keep_wish, args=(key,))


def _keep_wish(key: str) -> None:
    st.session_state[_wished(key)] = st.session_state[key]


def _wished(key: str) -> str:
    return f"{key}_wished"


def _say(fault: str, place: tuple[str, str], weights: Weights) -> None:
    """Say why a model did not answer, with a button that asks it again."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(plain(fault), icon=":material/warning:", width="stretch")
        st.button("Try again", key=f"evaluate_again_{weights.model}", icon=":material/refresh:", on_click=_again,
                  args=(place, weights), help=f"Ask {model_label(weights.model)} once more.")  # fmt: skip


def _again(place: tuple[str, str], weights: Weights) -> None:
    st.session_state[_FAULTS].pop((*place, weights.sha256), None)
    if not SPECS[weights.model].is_baseline:  # those are asked whenever they are looked up
        st.session_state[_AGAIN] = weights.sha256


def _place(known: Known) -> tuple[str, str]:
    return known.predictions.catalogue.digest, known.predictions.split


def _is_asked(known: Known) -> bool | None:
    """Whether the visitor said to ask these models about these films (True) or to stop (False); None: neither yet."""
    place, wanted = st.session_state.get(_ASKED, (None, None))
    return wanted if place == _place(known) else None


def _ask(known: Known, wanted: bool) -> None:
    st.session_state[_ASKED] = (_place(known), wanted)
