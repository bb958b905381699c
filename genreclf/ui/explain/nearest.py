"""The films that a model finds most like this one, each leading to Compare."""

from collections.abc import Sequence
from urllib.parse import urlencode

import numpy as np
import streamlit as st

from genreclf.data.catalogue import Catalogue
from genreclf.data.thumbnails import thumbnails
from genreclf.errors import UserError
from genreclf.explain.nearest import Neighbour, film_vector, film_vectors, has_vectors, nearest
from genreclf.models import SPECS, ModelSpec, model_label
from genreclf.ui import data
from genreclf.ui.explain.film import Film
from genreclf.ui.film_picker import PARAMETER
from genreclf.ui.text import plain
from genreclf.ui.thumbnails import COMPARE_PAGE, POSTER_WIDTH, film_name
from genreclf.units import percent
from genreclf.weights.folder import Weights

COUNT = 5
FEW = 1000  # films that a model trained from nothing looks through in a second or two
OFFERS = {"all": "Look through all {} films", "test": "Only through the {} test films"}


def show(film: Film, weights: Weights, genre: str, key: str) -> None:
    """Draw the view: the posters, or a button where the model must look through the films first."""
    catalogue = data.current_catalogue()
    predictor = data.predictor(weights)
    if predictor.parts and not (film.load_poster and film.overview):
        part, does = ("poster", "looks") if film.load_poster else ("overview", "reads")
        st.write(f"{_label(weights)} answered with its part that {does}, {model_label(part)}, alone.")
        weights = predictor.parts[part].weights
    split = _looked_through(catalogue, weights)
    if not split:
        _ask(catalogue, weights, list(OFFERS), key)
        return
    found = nearest_of(film, catalogue, weights, split)
    if not found:
        st.info("There is no other film to be near to.", icon=":material/theaters:")
        return
    alike = sum(genre in catalogue.films["genres"].iloc[neighbour.position] for neighbour in found)
    st.write(how_many(alike, len(found), "films" if split == "all" else "test films", genre))
    _wall(catalogue, found, key)
    st.caption(
        "How to read it: of the films of the data set in the sidebar, these are the ones in which the last layer of "
        f"{_label(weights)} before its output finds most nearly the same; a similarity of 1 is no difference. It is "
        "the same for every genre, and does not say that people would find the films alike."
    )
    if split != "all":
        _ask(catalogue, weights, ["all"], key)


def how_many(alike: int, count: int, films: str, genre: str) -> str:
    """How many of the nearest films have the genre, a sentence."""
    if alike == count > 1:
        return f"All {count} nearest {films} are {genre}."
    if count == 1:
        return f"The nearest of the {films} is {'' if alike else 'not '}{genre}."
    if not alike:
        return f"None of the {count} nearest {films} is {genre}."
    return f"Of the {count} nearest {films}, {alike} {'is' if alike == 1 else 'are'} {genre}."


def _wall(catalogue: Catalogue, found: Sequence[Neighbour], key: str) -> None:
    """The posters with a button for each film, as on Compare a link to Compare looks chosen, over its poster."""
    source = data.current_source().label
    posters = thumbnails(catalogue, [neighbour.id for neighbour in found])
    with st.grid("auto", min_column_width=POSTER_WIDTH, gap="small") as grid:
        for neighbour, poster in zip(found, posters, strict=True):
            name, film = film_name(catalogue, neighbour.position), catalogue.films.iloc[neighbour.position]
            address = {PARAMETER: neighbour.id}
            with grid.cell(), st.container(gap=None, horizontal_alignment="center"):
                link = f"compare?{urlencode({**address, data.SOURCE_KEY: source})}"
                st.image(poster, width="stretch", alt=f"Poster of {name}", link=link)
                if st.button(f"**{plain(name)}**", type="tertiary", key=f"{key}_near_{neighbour.id}", wrap=True,
                             help=plain(film["overview"])):  # fmt: skip
                    st.switch_page(COMPARE_PAGE, query_params=address)
                st.caption(plain(" · ".join(film["genres"])), text_alignment="center")
                st.caption(f"Similarity {neighbour.similarity:.2f}", text_alignment="center")


def nearest_of(film: Film, catalogue: Catalogue, weights: Weights, split: str) -> list[Neighbour]:
    """The nearest films of a split that was looked through, or is now."""
    return _nearest(
        catalogue.digest, film.id, film.overview, film.cache_key, weights.sha256, split, film, catalogue, weights
    )


@st.cache_data(scope="session", max_entries=60, show_spinner="Comparing the films…")
def _nearest(
    digest: str, film_id: str, overview: str, cache_key: str, key: str, split: str,
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
    return bool(spec.pretrained or spec.parts)


def _label(weights: Weights) -> str:
    return model_label(weights.model)
