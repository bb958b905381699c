"""A wall of posters, each with its film's name and genres, that leads to Compare."""

from collections.abc import Mapping, Sequence

import streamlit as st

from genreclf.catalogue import Catalogue
from genreclf.thumbnails import thumbnails
from genreclf.ui.data import SOURCE_KEY, current_source
from genreclf.ui.film_picker import PARAMETER
from genreclf.ui.text import plain

COMPARE_PAGE = "pages/compare/page.py"
POSTER_WIDTH = 132  # pixels; a phone then shows two beside each other


def poster_wall(catalogue: Catalogue, positions: Sequence[int], notes: Mapping[int, str] | None = None) -> None:
    """Show films as posters.

    A click on a name opens Compare here; on a poster, in a new tab, as Streamlit's images do.

    Args:
        catalogue: the films.
        positions: which of them, in order.
        notes: a line more for some films, by position, as Markdown.
    """
    films = catalogue.films.iloc[list(positions)]
    source = current_source().key
    with st.grid("auto", min_column_width=POSTER_WIDTH, gap="small", key="poster_wall") as grid:
        for position, film, poster in zip(
            positions, films.itertuples(), thumbnails(catalogue, list(films["id"])), strict=True
        ):
            name = film_name(catalogue, position)
            with grid.cell(), st.container(gap=None, horizontal_alignment="center"):
                st.image(
                    poster,
                    width="stretch",
                    alt=f"Poster of {name}",
                    link=f"compare?{PARAMETER}={film.id}&{SOURCE_KEY}={source}",
                )
                st.button(
                    f"**{plain(name)}**",
                    key=f"open_{film.id}",
                    type="tertiary",
                    wrap=True,  # a page link would cut long titles
                    help=plain(film.overview),
                    on_click=_open_film,
                    args=(film.id,),
                )
                st.caption(plain(" · ".join(film.genres)), text_alignment="center")
                if notes and position in notes:
                    st.caption(notes[position], text_alignment="center")


def _open_film(film_id: str) -> None:
    st.switch_page(COMPARE_PAGE, query_params={PARAMETER: film_id})  # the data set stays chosen


def film_name(catalogue: Catalogue, position: int) -> str:
    """A film's title and year, or its number where titles are not known."""
    film = catalogue.films.iloc[position]
    return catalogue.display_name(position) if film["title"] else f"Film {position + 1:,}"
