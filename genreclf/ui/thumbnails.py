"""Small posters: a wall of films, each with name and genres and a link to Compare."""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from genreclf.data.catalogue import Catalogue
from genreclf.data.sources import default_source
from genreclf.data.thumbnails import thumbnails
from genreclf.ui.data import SOURCE_KEY, current_source
from genreclf.ui.film_picker import PARAMETER
from genreclf.ui.text import plain

COMPARE_PAGE = "pages/compare.py"
LINE = 19  # characters of a name that fit below a poster
POSTER_WIDTH = 140  # pixels; two fit side by side on a phone


def poster_wall(
    catalogue: Catalogue,
    positions: Sequence[int],
    notes: Mapping[int, str] | None = None,
    button_key: str = "",
    below: Callable[[int], None] | None = None,
    key: str = "",
) -> None:
    """Draw films as posters.

    A click on a poster or on its name opens Compare (``page.html`` makes the poster a link).

    Args:
        catalogue: the films.
        positions: which of them, in order.
        notes: an additional line for some films, by position, as Markdown.
        button_key: prefix of the keys of buttons, which replace the links on Compare: there, a link looks selected.
        below: draws more below a film, by position.
        key: tells several walls on one page apart.
    """
    films = catalogue.films.iloc[list(positions)]
    posters = thumbnails(catalogue, list(films["id"]))
    with st.grid("auto", min_column_width=POSTER_WIDTH, gap="small", key=f"poster_wall{key}") as grid:
        for position, film, poster in zip(positions, films.itertuples(), posters, strict=True):
            name = film_name(catalogue, position)
            line, year = (name, "") if button_key else _one_line(name, film)
            label, text = f"**{plain(line)}**", f"**{plain(name)}**\n\n{plain(film.overview)}"
            query = compare_address(film.id)
            has_poster = catalogue.has_posters and catalogue.posters[position] is not None
            with grid.cell(), st.container(gap=None, horizontal_alignment="center", key=f"film-{key}{position}"):
                st.image(poster, width="stretch", alt=f"Poster of {name}" if has_poster else name)
                if not button_key:
                    st.page_link(COMPARE_PAGE, label=label, query_params=query, help=text)
                elif st.button(label, type="tertiary", key=f"{button_key}_{film.id}", wrap=True, help=text):
                    st.switch_page(COMPARE_PAGE, query_params=query)
                st.caption(plain(" · ".join(filter(None, [year, *film.genres]))), text_alignment="center")
                if notes and position in notes:
                    st.caption(notes[position], text_alignment="center")
                if below:
                    below(position)


def compare_address(film_id: str) -> dict[str, str]:
    """The parameters of the address at which Compare shows a film of the chosen data set."""
    source = current_source()
    return {PARAMETER: film_id} | ({} if source == default_source() else {SOURCE_KEY: source.key})


def film_name(catalogue: Catalogue, position: int) -> str:
    """A film's title and year, or its number if the title is unknown."""
    film = catalogue.films.iloc[position]
    return catalogue.display_name(position) if film["title"] else f"Film {position + 1:,}"


def _one_line(name: str, film: Any) -> tuple[str, str]:
    """The part of a name that fits below a poster (a page link has one line), and the year if it does not fit."""
    if len(name) <= LINE:
        return name, ""
    title = film.title or name
    if len(title) > LINE:
        shortened = textwrap.shorten(title, LINE, placeholder="…")
        title = shortened if shortened != "…" else title[: LINE - 1] + "…"
    year = str(film.year)
    return title, year if film.title and year.isdigit() else ""
