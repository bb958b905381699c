"""The view "Poster": the poster next to a copy with a heatmap of the evidence for a genre."""

import numpy as np
import plotly.colors
import streamlit as st
from PIL import Image, ImageFilter

from genreclf.explain.changes import hottest
from genreclf.explain.heatmap import heatmap, resized, sums_regions
from genreclf.models import SPECS, ModelSpec, model_label
from genreclf.ui import data
from genreclf.ui.explain.film import Film, cached
from genreclf.ui.text import plain
from genreclf.weights.folder import Weights

SCALE = "Viridis"  # brightness rises steadily: readable for colour-blind users and in print
LARGE_SHARE = 0.2  # of all heat, in a ninth of the poster
_PLACES = (("at the top left", "at the top", "at the top right"), ("at the left", "in the middle", "at the right"),
           ("at the bottom left", "at the bottom", "at the bottom right"))  # fmt: skip


def show(film: Film, weights: Weights, genre: str, key: str) -> None:
    """Draw both posters, the strength slider, the colour scale and a reading guide."""
    image = film.display_image()
    if image is None:
        st.info("There is no poster. Add one to see which regions the model relies on.", icon=":material/image:")
        return
    label = model_label(weights.model)
    heat = heat_of(film, weights, genre)
    posters, guide = st.columns([3, 2], gap="medium")
    with guide:
        strength = st.slider("Strength of the heatmap", 0, 100, 50, format="%d %%", key=f"{key}_strength",
                             persist_state="session")  # fmt: skip
        scale = np.tile(np.repeat(_colours(), 2, axis=0), (12, 1, 1)).astype(np.uint8)
        st.image(scale, width="stretch", alt="The colour scale: dark violet, blue, green, then bright yellow")
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            st.caption("weak evidence", width="content")
            st.caption("strongest evidence", width="content")
        if heat.any():
            st.write(
                f"{label} finds the strongest evidence for {plain(genre)} **{place(heat)}** of the poster. The white "
                "outline marks the strongest evidence, up to a quarter of the poster."
            )
        else:
            st.write(f"{label} finds no evidence for {plain(genre)} on this poster, so the heatmap is empty.")
        st.caption(
            f"How to read it: {method(SPECS[weights.model])} The map shows where the evidence is, not why, and leaves "
            "out evidence against the genre."
            + (f" For {label}, only its poster half is shown." if SPECS[weights.model].parts else "")
        )
    with posters, st.grid(2, min_column_width=100, wrap=False, gap="small"):
        st.image(image, width="stretch", alt="The poster")
        where = f"the strongest evidence for {genre} is {place(heat)}" if heat.any() else "the heatmap is empty"
        st.image(overlay(image, heat, strength / 100), width="stretch", alt=f"The poster with a heatmap: {where}")


def method(spec: ModelSpec) -> str:
    """What brightness means in a model's heatmap: sentences."""
    if sums_regions(spec):
        return (
            "the brighter a region, the more its features in the model's last layers raise the probability of the "
            "genre (class activation map, Zhou et al. 2016). The map is as coarse as those layers."
        )
    return (
        "the brighter a region, the lower the probability of the genre when a small square there is painted in the "
        "poster's mean colour (occlusion, Zeiler & Fergus 2014). A square is an eighth of the poster wide and high; "
        "what only several squares together would change is not seen."
    )


@cached(show_spinner="Computing the heatmap…")
def heat_of(film: Film, weights: Weights, genre: str) -> np.ndarray:
    """The heatmap of a film's poster, float32 ``(height, width)`` in 0..1."""
    predictor = data.predictor(weights)
    if predictor.parts and not film.overview:
        predictor = predictor.parts["poster"]  # the part that predicted
    return heatmap(predictor, film.poster(predictor.spec.poster_size), genre)


def overlay(image: Image.Image, heat: np.ndarray, strength: float) -> np.ndarray:
    """Blend a poster with a heatmap of any size and outline the strongest evidence, at most a quarter of the poster.

    Returns uint8 ``(height, width, 3)`` in the poster's size; ``strength`` is the share of the heatmap's colours, 0..1.
    """
    poster = np.asarray(image.convert("RGB"), np.float32)
    if strength <= 0:
        return poster.astype(np.uint8)
    heat = resized(heat, image.size)
    blended = (1 - strength) * poster + strength * _colours()[np.rint(heat * 255).astype(int)]
    inside = hottest(heat)
    mask = Image.fromarray(np.pad(inside, 2))  # padded, so that the outline is closed at the poster's edge
    grown, shrunk = (
        np.asarray(mask.convert("L").filter(each(5)))[2:-2, 2:-2] > 0
        for each in (ImageFilter.MaxFilter, ImageFilter.MinFilter)
    )
    blended[grown & ~inside] = 20
    blended[inside & ~shrunk] = 255
    return np.rint(blended).astype(np.uint8)


def place(heat: np.ndarray) -> str:
    """The ninth of the poster with the most heat, in words: "at the top left"; or that no ninth has much of it."""
    rows = np.array_split(heat, 3, axis=0)
    ninths = [[cell.mean() for cell in np.array_split(row, 3, axis=1)] for row in rows]
    if np.max(ninths) < LARGE_SHARE * np.sum(ninths):
        return "in many places"
    row, column = np.unravel_index(np.argmax(ninths), (3, 3))
    return _PLACES[row][column]


@st.cache_data(show_spinner=False)
def _colours() -> np.ndarray:
    """The colours of heat 0..255, float32 ``(256, 3)``."""
    levels = plotly.colors.sample_colorscale(SCALE, np.linspace(0, 1, 256), colortype="tuple")
    return np.asarray(levels, np.float32) * 255
