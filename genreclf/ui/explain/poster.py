"""Where on a poster a model finds a genre: the bare poster beside the one with a heatmap over it."""

import numpy as np
import plotly.colors
import streamlit as st
from PIL import Image
from scipy.ndimage import binary_dilation, binary_erosion

from genreclf.explain.changes import hottest
from genreclf.explain.heatmap import heatmap
from genreclf.models import SPECS, model_label
from genreclf.ui import data
from genreclf.ui.explain.film import Film
from genreclf.weights.folder import Weights

SCALE = "Viridis"  # from dark to light without a break, for colour-blind readers and on paper too
_PLACES = (("at the top left", "at the top", "at the top right"), ("at the left", "in the middle", "at the right"),
           ("at the bottom left", "at the bottom", "at the bottom right"))  # fmt: skip


def show(film: Film, weights: Weights, genre: str, key: str) -> None:
    """Draw the view: both posters, the strength, and how to read them."""
    picture = film.picture()
    if picture is None:
        st.info("There is no poster to look at. Give one to see where on it the model looks.", icon=":material/image:")
        return
    label = model_label(weights.model)
    heat = heat_of(film, weights, genre)
    posters, words = st.columns([3, 2], gap="medium")
    with words:
        strength = st.slider("Strength of the heatmap", 0, 100, 50, format="%d %%", key=f"{key}_strength",
                             persist_state="session")  # fmt: skip
        st.image(_scale(), width="stretch", alt="The colour scale: dark violet, blue, green, then bright yellow")
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            st.caption("speaks little for it", width="content")
            st.caption("speaks most for it", width="content")
        if heat.any():
            st.write(
                f"{label} finds {genre} most of all **{place(heat)}**. The white line holds what speaks most for it, "
                "at most a quarter of the poster."
            )
        else:
            st.write(f"Nothing on this poster speaks for {genre}, as {label} sees it: the heatmap is empty.")
        st.caption(
            "How to read it: the brighter a place, the more of what the model's last layers found there speaks for the "
            "genre (Grad-CAM). It shows where, not why, and not what speaks against it; it is as coarse as those "
            "layers are." + (" Of Fusion only the side of the poster shows." if SPECS[weights.model].parts else "")
        )
    with posters, st.grid(2, min_column_width=100, wrap=False, gap="small"):
        st.image(picture, width="stretch", alt="The bare poster")
        over = f"The poster with a heatmap over it: {genre} is found most of all {place(heat)}" if heat.any() else (
            "The poster under an empty heatmap"
        )  # fmt: skip
        st.image(overlay(picture, heat, strength / 100), width="stretch", alt=over)


def heat_of(film: Film, weights: Weights, genre: str) -> np.ndarray:
    """How much each place of a film's poster speaks for a genre, float32 ``(height, width)`` in 0..1."""
    return _heat(film.cache_key, bool(film.overview), weights.cache_key, genre, film, weights)


@st.cache_data(scope="session", max_entries=40, show_spinner="Looking at the poster…")
def _heat(cache_key: str, told: bool, key: str, genre: str, _film: Film, _weights: Weights) -> np.ndarray:
    predictor = data.predictor(_weights)
    if predictor.parts and not told:
        predictor = predictor.parts["poster"]  # it answered alone
    return heatmap(predictor, _film.poster(predictor.spec.poster_size), genre)


def overlay(picture: Image.Image, heat: np.ndarray, strength: float) -> np.ndarray:
    """Lay a heatmap over a poster, with a line around its hottest places, at most a quarter of it.

    Args:
        picture: the poster, RGB.
        heat: float ``(height, width)`` in 0..1 of any size; it is stretched over the whole poster.
        strength: share of the heatmap's colours in the result, 0..1; at 0 the poster is bare.

    Returns:
        uint8 ``(height, width, 3)`` of the poster's size.
    """
    poster = np.asarray(picture.convert("RGB"), np.float32)
    if strength <= 0:
        return poster.astype(np.uint8)
    heat = stretched(heat, picture)
    blended = (1 - strength) * poster + strength * _colours()[np.rint(heat * 255).astype(int)]
    inside = hottest(heat)
    blended[binary_dilation(inside, iterations=2) & ~inside] = 20
    blended[inside & ~binary_erosion(inside, iterations=2)] = 255
    return np.rint(blended).astype(np.uint8)


def stretched(heat: np.ndarray, image: Image.Image) -> np.ndarray:
    """A heatmap in an image's size, float32 ``(height, width)`` in 0..1."""
    resized = Image.fromarray(heat.astype(np.float32)).resize(image.size, Image.Resampling.BILINEAR)
    return np.clip(np.asarray(resized), 0, 1)


def place(heat: np.ndarray) -> str:
    """Where on the poster the most heat is, in words: "at the top left"; its ninths are compared."""
    rows = np.array_split(heat, 3, axis=0)
    ninths = [[cell.mean() for cell in np.array_split(row, 3, axis=1)] for row in rows]
    row, column = np.unravel_index(np.argmax(ninths), (3, 3))
    return _PLACES[row][column]


@st.cache_data(show_spinner=False)
def _colours() -> np.ndarray:
    """The colours of heat 0..255, float32 ``(256, 3)``."""
    levels = plotly.colors.sample_colorscale(SCALE, np.linspace(0, 1, 256), colortype="tuple")
    return np.float32(levels) * 255


def _scale() -> np.ndarray:
    """The colours from left to right, uint8 ``(12, 512, 3)``."""
    return np.tile(np.repeat(_colours(), 2, axis=0), (12, 1, 1)).astype(np.uint8)
