"""The view "Similar films": the films most similar to this one according to a model, each linked to Compare."""

from collections.abc import Sequence

import streamlit as st

from genreclf.data.catalogue import Catalogue
from genreclf.errors import UserError
from genreclf.explain.nearest import Neighbour, film_vector, film_vectors, nearest, stored_vectors
from genreclf.models import SPECS, ModelSpec, model_label
from genreclf.public import LIMITS, is_public
from genreclf.ui import data
from genreclf.ui.explain.film import Film, cached
from genreclf.ui.text import plain
from genreclf.ui.thumbnails import poster_wall
from genreclf.units import percent
from genreclf.weights.folder import Weights

COUNT = 5
FEW = 1200  # films that a model without pretrained layers processes in a second or two
OFFERS = {"all": "Process all {} films", "test": "Process only the {} test films"}


def show(film: Film, weights: Weights, genre: str, key: str) -> None:
    """Draw the view: the posters, or a button if the model has to process the films first."""
    catalogue = data.current_catalogue()
    predictor = data.predictor(weights)
    if predictor.parts and not (film.load_poster and film.overview):
        missing, given = ("overview", "poster") if film.load_poster else ("poster", "overview")
        st.write(f"There is no {missing}, so {model_label(weights.model)} uses only its {given} part, "
                 f"{model_label(given)}.")  # fmt: skip
        weights = predictor.parts[given].weights
    spec = SPECS[weights.model]
    catalogue = catalogue.with_inputs(spec.uses_poster, spec.uses_overview)
    split = _processed_split(catalogue, weights)
    offers = [each for each in OFFERS if not is_public() or len(catalogue.in_split(each)) <= LIMITS.computed_films]
    if not split and not offers:
        st.info("For so many films, the owner of this server has to prepare this view.", icon=":material/public:")
        return
    if not split:
        _offer(catalogue, weights, offers, key)
        return
    found = nearest_of(film, catalogue, weights, split)
    if not found:
        st.info("There is no other film to compare with.", icon=":material/theaters:")
        return
    with_genre = sum(genre in catalogue.films["genres"].iloc[neighbour.position] for neighbour in found)
    st.write(plain(how_many(with_genre, len(found), "film" if split == "all" else "test film", genre)))
    notes = {neighbour.position: f"Similarity {neighbour.similarity:.2f}" for neighbour in found}
    poster_wall(catalogue, list(notes), notes, button_key=f"{key}_near")
    st.caption(
        "How to read it: these films of the data set in the sidebar look most alike to the last hidden layer of "
        f"{model_label(weights.model)}; a similarity of 1 means no difference. They are the same for every genre, and "
        "people might not find them alike."
    )
    if split != "all" and "all" in offers:
        _offer(catalogue, weights, ["all"], key)


def how_many(with_genre: int, count: int, film: str, genre: str) -> str:
    """How many of the most similar films have a genre, a sentence; ``film``: "film" or "test film"."""
    verb = "has" if with_genre == 1 else "have"
    return f"Of the {count} most similar {film}{'s' * (count > 1)}, {with_genre or 'none'} {verb} the genre {genre}."


@cached(show_spinner="Comparing the films…")
def nearest_of(film: Film, catalogue: Catalogue, weights: Weights, split: str) -> list[Neighbour]:
    """The films of a split that are most similar to a film."""
    predictor = data.predictor(weights)
    if film.id and film.id in set(catalogue.films["id"]):
        return nearest(catalogue, weights, catalogue.position(film.id), COUNT, predictor, split)
    vector = film_vector(predictor, film.poster(predictor.spec.poster_size), film.overview or None)
    return nearest(catalogue, weights, vector, COUNT, predictor, split)


def _processed_split(catalogue: Catalogue, weights: Weights) -> str:
    """The split whose films the model has processed or processes at once, all if possible; "" if there is none."""
    if len(catalogue) <= FEW and not _is_slow(SPECS[weights.model]):
        return "all"
    return next((split for split in OFFERS if stored_vectors(catalogue, weights, split) is not None), "")


def _offer(catalogue: Catalogue, weights: Weights, splits: Sequence[str], key: str) -> None:
    """Offer to process the films of some splits, and do it; the results are stored on disk."""
    spec, place = SPECS[weights.model], st.empty()
    counts = {split: len(catalogue.in_split(split)) for split in splits}
    with place.container():
        if len(splits) > 1:
            st.write(
                f"{spec.label} has to process the films before similar ones can be found. This takes "
                f"{'minutes' if _is_slow(spec) else 'seconds'} for thousands of films, but only once."
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
    bar = place.progress(0.0, "Processing the films…")

    def on_batch(films: int) -> None:
        nonlocal done
        done += films
        share = min(1.0, done / total)
        bar.progress(share, f"Processing the films: {percent(share)}")

    film_vectors(catalogue, weights, split, on_batch)
    if stored_vectors(catalogue, weights, split) is None:
        raise UserError("The results cannot be stored; free space on the disk that genreclf writes to.")
    st.rerun()


def _is_slow(spec: ModelSpec) -> bool:
    return bool(spec.pretrained or spec.parts)
