"""Step "eyes" of the lesson: kernels, and for one poster the maps and the first guess of two networks."""

import random
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import streamlit as st

from genreclf import paths
from genreclf.data.catalogue import Catalogue
from genreclf.explain.kernels import feature_maps, kernels, mosaic, pattern_share, random_kernels, strongest
from genreclf.lesson import sample
from genreclf.lesson.figures import shipped
from genreclf.models import model_label
from genreclf.predict.film import FilmPrediction, catalogue_poster
from genreclf.ui import data, look
from genreclf.ui.explain.film import Film, catalogue_film
from genreclf.ui.explain.poster import heat_of, overlay, place
from genreclf.ui.lesson import progress
from genreclf.ui.results import Verdict
from genreclf.ui.text import plain, show_true_genres, warn
from genreclf.units import listed, percent
from genreclf.weights.folder import Weights, read_weights

LAYERS = {  # that are shown, by model
    "cnn": {"First layer": "conv_1", "Last layer": "conv_4b"},
    "poster": {"First layer": "stem", "Last layer": "top"},
}
SHOWN_MAPS = 3
MAP_SIZE, KERNEL_SIZE, KERNELS_IN_ROW = (72, 108), (26, 26), 9  # pixels; at most
HEAT, HEAT_WIDTH = 0.5, 130  # share of the heatmap's colours; pixels


class Panel(NamedTuple):
    """Kernels to look at: whose they are, a picture of them, and how ordered they are, 0..1."""

    name: str
    picture: np.ndarray
    order: float


def before(answer: float | str | None) -> None:
    """Draw the kernels of the first layers, beside random numbers."""
    with st.grid(3, min_column_width=180, gap="medium", key="lesson_eyes_kernels") as grid:
        for panel in _panels():
            with grid.cell(), st.container(gap="xsmall"):
                st.markdown(f"**{panel.name}**")
                st.image(panel.picture, alt=f"Tiles of 3×3 coloured squares: {panel.name}")
                st.caption(f"{percent(panel.order)} order")
    st.caption(
        "Each tile is a *kernel*: a pattern of 3×3 pixels that the first layer looks for everywhere on the poster. "
        "*Order* is 100 % for a clean edge or spot in one colour."
    )


def after(answer: float | str) -> list[str]:
    """Draw a poster of the sample and what both networks make of it; returns their guesses and where they looked."""
    catalogue, note = sample.films(), progress.current().note("eyes")
    test = catalogue.films["id"].to_numpy()[catalogue.in_split("test")].tolist()
    film_id = note.get("film") if note.get("film") in test else test[0]
    position = catalogue.position(film_id)
    _choose(test, test.index(film_id))
    models = [read_weights(paths.SHIPPED_WEIGHTS / "sample" / model, "shipped") for model in LAYERS]
    predictions = data.film_predictions(catalogue, position, models, on_error=warn)
    poster, *columns = st.columns([2, 4, 4], gap="medium")
    film = catalogue_film(catalogue, position)
    with poster, st.container(gap="xsmall"):
        name = plain(catalogue.display_name(position))
        st.image(film.display_image(), width=look.pixels(150), alt=f"Poster of {name}")
        st.markdown(f"**{name}**")
        show_true_genres(film.genres, "lesson_eyes_true")
    seen, right = [], note.setdefault("right", {}).setdefault(film_id, {})
    for prediction, column in zip(predictions, columns, strict=False):
        with column:
            where = _show(catalogue, position, film, prediction)
        (guess,), label = prediction.top(1), prediction.label
        right[prediction.weights.model] = guess.genre in film.genres
        seen.append(
            f"**{name}**: {label}’s first guess is {plain(guess.genre)} ({percent(guess.probability)}), "
            f"{'a true genre' if guess.genre in film.genres else 'which is wrong'}. It looked {where}."
        )
    st.caption(
        ":material/bolt: Live, on the sample, whose posters are drawn; both networks were trained on drawn posters, "
        "too. On the coloured poster, the bright places count most for the first guess. A grey *map* is bright where "
        "one kernel finds its pattern; shown are the three maps that vary most."
    )
    return [*seen, _tally(note["right"], models)]


def _show(catalogue: Catalogue, position: int, film: Film, prediction: FilmPrediction) -> str:
    """Draw a network's first guess, where it looked and its maps; returns the place in words."""
    weights, (guess,) = prediction.weights, prediction.top(1)
    heat, image = heat_of(film, weights, guess.genre), film.display_image()
    where = place(heat)
    verdict = Verdict.RIGHT if guess.genre in film.genres else Verdict.WRONG
    st.markdown(f"**{prediction.label}**: {plain(guess.genre)} {percent(guess.probability)} {verdict.markdown}")
    with st.container(horizontal=True, wrap=False, gap="small"):
        with st.container(gap="xxsmall", width=look.pixels(HEAT_WIDTH)):
            st.image(overlay(image, heat, HEAT), width=look.pixels(HEAT_WIDTH),
                     alt=f"The poster with a heatmap: the evidence for {guess.genre} is {where}")  # fmt: skip
            st.caption(f"Evidence for {plain(guess.genre)}")
        with st.container(gap="xxsmall"):
            for layer, picture in _maps(catalogue, position, weights).items():
                st.image(picture, alt=f"Three maps of {prediction.label}'s {layer.lower()}")
                st.caption(layer)
    return where


def _choose(films: list[str], place: int) -> None:
    """Draw the buttons that lead from poster to poster."""
    others = films[:place] + films[place + 1 :]
    ways = {
        "Previous": ("chevron_left", films[place - 1 : place]),
        "Next": ("chevron_right", films[place + 1 : place + 2]),
        "Random": ("shuffle", others),
    }
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="lesson_eyes_ways"):
        for label, (icon, choice) in ways.items():
            st.button(f"{label} poster", key=f"lesson_eyes_{label.lower()}", icon=f":material/{icon}:",
                      disabled=not choice, on_click=_go, args=(choice,))  # fmt: skip


def _go(films: list[str]) -> None:
    progress.current().note("eyes")["film"] = random.choice(films)


def _tally(right: dict[str, dict[str, bool]], models: Sequence[Weights]) -> str:
    """How often each network was right on the posters seen so far, and on all new posters of the sample: a sentence."""
    seen, everywhere = [], []
    for weights in models:
        count, label = sum(each.get(weights.model, False) for each in right.values()), model_label(weights.model)
        seen.append(f"{count} of {len(right)} for {label}")
        everywhere.append(f"{percent(weights.card['metrics']['test']['top1'])} for {label}")
    films = models[0].card["films"]["test"]
    return (
        f"First guesses that were a true genre: {listed(seen)}. "
        f"On all {films:,} new posters of the sample: {listed(everywhere)}."
    )


@st.cache_data(max_entries=1, show_spinner="Reading the kernels…")
def _panels() -> list[Panel]:
    learned = {model: kernels(data.predictor(shipped(model))) for model in LAYERS}
    shown = {
        "Random numbers": random_kernels(len(learned["cnn"])),
        f"{model_label('cnn')}, trained on posters": learned["cnn"],
        f"{model_label('poster')}, trained on photographs": learned["poster"],
    }
    return [
        Panel(name, mosaic(found, _columns(len(found)), KERNEL_SIZE), float(pattern_share(found).mean()))
        for name, found in shown.items()
    ]


def _columns(count: int) -> int:
    """How many of ``count`` tiles are in a row, so that all rows are full if possible."""
    rows = -(-count // KERNELS_IN_ROW)
    return -(-count // rows)


@st.cache_data(max_entries=60, show_spinner="Looking through the network…", hash_funcs=data.CACHE_KEYS)
def _maps(catalogue: Catalogue, position: int, weights: Weights) -> dict[str, np.ndarray]:
    """The maps of a network's first and last layer that vary most, a picture each."""
    predictor, film_id = data.predictor(weights), catalogue.films["id"].iloc[position]
    poster = catalogue_poster(catalogue.poster(film_id), predictor.spec.poster_size)
    found = {}
    for name, layer in LAYERS[weights.model].items():
        maps = feature_maps(predictor, poster, layer)
        found[name] = mosaic(np.moveaxis(maps[..., strongest(maps, SHOWN_MAPS)], -1, 0), SHOWN_MAPS, MAP_SIZE)
    return found
