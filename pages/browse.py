"""Browse: the films of a data set as a wall of posters, and charts of the data set."""

from functools import partial

import streamlit as st

from genreclf.data.catalogue import Catalogue
from genreclf.errors import UserError
from genreclf.public import is_public
from genreclf.ui import corrections, data, frame
from genreclf.ui.add_films import added
from genreclf.ui.browse import figures, quality
from genreclf.ui.browse import filters as browse_filters
from genreclf.ui.browse.fetch_panel import fetch_panel, has_news
from genreclf.ui.browse.filters import PAGE_KEY
from genreclf.ui.thumbnails import poster_wall

FILMS_PER_PAGE = 24


def main() -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.title("Browse", width="content")
        if not is_public() and st.button("Add films", icon=":material/add:", type="tertiary", key="browse_add"):
            st.switch_page(added.PAGE)
    added.notice()
    above = st.container()
    try:
        catalogue = data.current_catalogue()
    except UserError:
        with above:  # the full set also helps visitors without a usable data set
            fetch_panel()
        raise
    views = {"Films": _films, "Genres": figures.genre_bars}
    if catalogue.labels.sum(axis=1).max() > 1:
        views["Genre pairs"] = figures.genre_pairs
    if catalogue.has_overviews:
        views |= {"Overview lengths": figures.length_histogram, "Words": figures.words}
    views["Data quality"] = quality.findings_list
    if catalogue.problems:
        views[f"Left out ({len(catalogue.problems):,})"] = figures.problem_table
    if not is_public():
        views["Corrections"] = corrections.panel
    frame.show_tabs({name: partial(view, catalogue) for name, view in views.items()}, key="view")
    with above if has_news() else st.container():
        fetch_panel()


def _films(catalogue: Catalogue) -> None:
    """The filters, the count, and one page of posters."""
    filters = browse_filters.choose(catalogue)
    found = browse_filters.select(catalogue, filters)
    pages = -(-len(found) // FILMS_PER_PAGE)
    page = 1
    frame.check_address(PAGE_KEY, list(map(str, range(1, pages + 1))), "page of films")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        total = f"{len(catalogue):,} film{'s' * (len(catalogue) != 1)}"
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            st.markdown(f"**{total if filters.is_empty else f'{len(found):,} of {total}'}**", width="content")
            if not filters.is_empty:
                st.button("Clear filters", type="tertiary", icon=":material/close:", key="clear_filters",
                          on_click=browse_filters.clear)  # fmt: skip
        if pages > 1:
            page = st.pagination(pages, key=PAGE_KEY, width=360, bind="query-params")
    if not len(found):
        _nothing_found()
        return
    shown = found[(page - 1) * FILMS_PER_PAGE : page * FILMS_PER_PAGE]
    poster_wall(catalogue, shown, browse_filters.notes(catalogue, filters, shown))
    if pages > 1:
        with st.container(horizontal=True, horizontal_alignment="center"):
            below = f"{PAGE_KEY}_below_{page}"  # a widget for each page, so that it starts at that page
            st.pagination(pages, default=page, key=below, width=360, on_change=_turn_page, args=(below,))


def _nothing_found() -> None:
    with st.container(border=True, horizontal_alignment="center"):
        st.markdown("No film matches all filters. Remove a filter, or show all films.", width="content")
        st.button("Show all films", on_click=browse_filters.clear, key="show_all_films")


def _turn_page(below: str) -> None:
    """Follow the page buttons below the wall."""
    st.session_state[PAGE_KEY] = st.session_state[below]


frame.run(main)
