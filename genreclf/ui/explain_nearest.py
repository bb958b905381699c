"""The films that a model finds most like this one, each leading to Compare."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from genreclf.catalogue import Catalogue
from genreclf.errors import UserError
from genreclf.explain.nearest import Neighbour, film_vector, film_vectors, has_vectors, nearest
from genreclf.models import SPECS, ModelSpec, model_label
from genreclf.ui import data
from genreclf.ui.explain_film import Film
from genreclf.ui.thumbnails import poster_wall
from genreclf.units import percent
from genreclf.weights import Weights

COUNT = 5
FEW = 1000  # films that a model trained from nothing looks through in a second or two
OFFERS = {"all": "Look through all {} films", "test": "Only through the {} test films"}


def show(film: Film, weights: Weights, genre: str, key: str) -> None:
    """Draw the view: the posters, or a button where the model must look through the films first."""
    catalogue = data.current_catalogue()
    predictor = data.predictor(weights)
    if predictor.parts and not (film.scaled and film.overview):  # one part answered alone
        weights = predictor.parts["poster" if film.scaled else "overview"].weights
    split = _looked_through(catalogue, weights)
    if not split:
        _ask(catalogue, weights, list(OFFERS), key)
        return
    found = nearest_of(film, catalogue, weights, split)
    if not found:
        st.info("There is no other film to be near to.", icon=":material/theaters:")
        return
    alike = sum(genre in catalogue.films["genres"].iloc[neighbour.position] for neighbour in found)
    of = "films" if split == "all" else "test films"
    st.write(f"Of the {len(found)} nearest {of}, {alike or 'none'} {'is' if alike == 1 else 'are'} {genre}.")
    notes = {neighbour.position: f"Similarity {neighbour.similarity:.2f}" for neighbour in found}
    poster_wall(catalogue, [neighbour.position for neighbour in found], notes)
    st.caption(
        "How to read it: of the films of the data set in the sidebar, these are the ones in which the last layer of "
        f"{_label(weights)} before its output finds most nearly the same; a similarity of 1 is no difference. It is "
        "the same for every genre, and does not say that people would find the films alike."
    )
    if split != "all":
        _ask(catalogue, weights, ["all"], key)


def nearest_of(film: Film, catalogue: Catalogue, weights: Weights, split: str) -> list[Neighbour]:
    """The nearest films of a split that was looked through, or is now."""
    return _nearest(catalogue.digest, film.id, film.overview, film.mark, weights.key, split, film, catalogue, weights)


@st.cache_data(scope="session", max_entries=60, show_spinner="Comparing the films…")
def _nearest(
    digest: str, film_id: str, overview: str, mark: str, key: str, split: str,
    _film: Film, _catalogue: Catalogue, _weights: Weights,
) -> list[Neighbour]:  # fmt: skip
    predictor = data.predictor(_weights)
    if film_id:
        which: int | np.ndarray = _catalogue.position(film_id)
    else:
        which = film_vector(predictor, _film.poster(predictor.spec.poster_size), _film.overview or None)
    return nearest(_catalogue, _weights, which, COUNT, predictor, split)


def _looked_through(catalogue: Catalogue, weights: Weights) -> str:
    """The split whose films the model has looked through, all of them if it can; "" for none."""
    if len(catalogue) <= FEW and not _is_slow(SPECS[weights.model]):
        return "all"
    return next((split for split in OFFERS if has_vectors(catalogue, weights, split)), "")


def _ask(catalogue: Catalogue, weights: Weights, splits: Sequence[str], key: str) -> None:
    """Offer to look through the films of some splits, and do it; what is found is kept on disk."""
    spec, place = SPECS[weights.model], st.empty()
    counts = {split: len(catalogue.in_split(split)) for split in splits}
    with place.container():
        if len(splits) > 1:
            st.write(
                f"{_label(weights)} has to look through the films before it can tell which are nearest. That takes "
                f"{'minutes' if _is_slow(spec) else 'seconds'} for thousands of films, and is done once."
            )
        with st.container(horizontal=True):
            pressed = [
                split
                for split, count in counts.items()
                if count
                and st.button(OFFERS[split].format(f"{count:,}"), key=f"{key}_{split}", icon=":material/search:")
            ]
    if not pressed:
        return
    split, done = pressed[0], 0
    total = counts[split] * max(1, len(spec.parts))
    bar = place.progress(0.0, "Looking through the films…")

    def on_batch(films: int) -> None:
        nonlocal done
        done += films
        share = min(1.0, done / total)
        bar.progress(share, f"Looking through the films: {percent(share)}")

    film_vectors(catalogue, weights, split, on_batch)
    if not has_vectors(catalogue, weights, split):
        raise UserError("What the model found cannot be kept; make room on the disk that genreclf writes to.")
    st.rerun()


def _is_slow(spec: ModelSpec) -> bool:
    return bool(spec.stands_on or spec.parts)


def _label(weights: Weights) -> str:
    return model_label(weights.model)
