"""A wall of posters, each with its film's name and genres, that leads to Compare."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from genreclf.data.catalogue import Catalogue
from genreclf.data.thumbnails import thumbnails
from genreclf.ui.data import SOURCE_KEY, current_source
from genreclf.ui.film_picker import PARAMETER
from genreclf.ui.text import plain

COMPARE_PAGE = "pages/compare.py"
LINE = 19  # letters of a name that fit below a poster
POSTER_WIDTH = 140  # pixels; a phone then shows two beside each other


def poster_wall(catalogue: Catalogue, positions: Sequence[int], notes: Mapping[int, str] | None = None) -> None:
    """Show films as posters.

    A click on a name opens Compare here; on a poster, in a new tab, as Streamlit's images do.

    Args:
        catalogue: the films.
        positions: which of them, in order.
        notes: a line more for some films, by position, as Markdown.
    """
    films = catalogue.films.iloc[list(positions)]
    source = current_source().label  # which is what the sidebar's picker writes into the address
    with st.grid("auto", min_column_width=POSTER_WIDTH, gap="small", key="poster_wall") as grid:
        for position, film, poster in zip(
            positions, films.itertuples(), thumbnails(catalogue, list(films["id"])), strict=True
        ):
            name = film_name(catalogue, position)
            shown, year = _in_one_line(name, film)
            with grid.cell(), st.container(gap=None, horizontal_alignment="center"):
                st.image(
                    poster,
                    width="stretch",
                    alt=f"Poster of {name}",
                    link="compare?" + urlencode({PARAMETER: film.id, SOURCE_KEY: source}),
                )
                st.page_link(
                    COMPARE_PAGE,
                    label=f"**{plain(shown)}**",
                    query_params={PARAMETER: film.id},
                    help=f"**{plain(name)}**\n\n{plain(film.overview)}",
                )
                st.caption(plain(" · ".join([year] * bool(year) + film.genres)), text_alignment="center")
                if notes and position in notes:
                    st.caption(notes[position], text_alignment="center")


def film_name(catalogue: Catalogue, position: int) -> str:
    """A film's title and year, or its number where titles are not known."""
    film = catalogue.films.iloc[position]
    return catalogue.display_name(position) if film["title"] else f"Film {position + 1:,}"


def _in_one_line(name: str, film: Any) -> tuple[str, str]:
    """What of a name fits below its poster, as a page link shows one line only; and the year, where it does not."""
    if len(name) <= LINE:
        return name, ""
    title = film.title or name
    if len(title) > LINE:
        words = textwrap.shorten(title, LINE, placeholder="…")
        title = words if words != "…" else title[: LINE - 1] + "…"
    return title, str(film.year) if film.title and film.year is not pd.NA else ""
