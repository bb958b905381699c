"""A strip of posters from the embedded sample, for colour."""

import streamlit as st

from genreclf import paths
from genreclf.data.catalogue import IMAGES_NAME
from genreclf.data.posters import PosterError
from genreclf.data.thumbnails import make_thumbnail

POSTERS = 9


def poster_strip() -> None:
    """Some of the sample's posters in a row; nothing where the sample is not there."""
    posters = _thumbnails()
    if posters:
        with st.grid(len(posters), min_column_width=76, wrap=False, gap="xsmall"):
            for poster in posters:
                st.image(poster, width="stretch", alt="")  # decoration
        st.caption("From the embedded sample: posters drawn by code for this project.")


@st.cache_data(show_spinner=False)
def _thumbnails() -> list[bytes]:
    files = sorted((paths.SAMPLE / IMAGES_NAME).glob("*.jpg"))
    thumbnails = []
    for file in files[:: max(1, len(files) // POSTERS)][:POSTERS]:
        try:
            thumbnails.append(make_thumbnail(file))
        except PosterError:
            continue
    return thumbnails
